//! What a person reads beside the answer: how a wait goes, warnings, notes. All of it on stderr, so that stdout holds the
//! answer alone.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Between two lines that are kept, where there is no terminal.
const PACE: Duration = Duration::from_secs(1);

/// One line that is written over on a terminal; elsewhere a line for each change, one a second at most.
#[derive(Debug)]
pub struct Progress {
    terminal: bool,
    shown: Option<(String, Instant)>,
}

impl Progress {
    /// On stderr.
    pub fn on_stderr() -> Self {
        Self { terminal: io::stderr().is_terminal(), shown: None }
    }

    /// Where the wait is, and for how long it goes on.
    pub fn show(&mut self, text: &str, left: Duration) {
        if self.terminal {
            // Cut to a line: one that wraps cannot be written over.
            let line: String =
                format!("waiting ({} s left): {text}", left.as_secs()).chars().take(79).collect();
            self.shown = Some((String::new(), Instant::now()));
            write(&format!("\r\x1b[2K{line}"));
        } else if self.shown.as_ref().is_none_or(|(last, at)| last != text && at.elapsed() >= PACE) {
            self.shown = Some((text.to_owned(), Instant::now()));
            write(&format!("waiting: {text}\n"));
        }
    }

    /// A line that stays.
    pub fn tell(&mut self, text: &str) {
        self.clear();
        write(&format!("{text}\n"));
    }

    fn clear(&mut self) {
        if self.terminal && self.shown.take().is_some() {
            write("\r\x1b[2K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn write(text: &str) {
    // Nobody reads it: the change is what counts.
    let _ = io::stderr().write_all(text.as_bytes());
}
