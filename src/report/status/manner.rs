//! How a status is shown: once, when all is well, or again and again; in words, in colours, as JSON.

use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use rustix::termios::tcgetwinsize;

use super::outcome::Patience;
use super::text::Paint;
use crate::failure::Outcome;
use crate::report::moment::Moment;

/// Between two attempts, where a command waits.
pub(super) const RETRY: Duration = Duration::from_millis(100);
/// Between two answers of `--watch`.
const PAUSE: Duration = Duration::from_secs(1);

/// How to show it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// JSON.
    pub json: bool,
    /// Repeat each second, until the output is closed.
    pub watch: bool,
    /// Wait until all is well, at most for this time.
    pub wait: Option<Duration>,
    /// The output is a terminal: colours, and the screen redrawn.
    pub terminal: bool,
}

/// Colours are allowed: https://no-color.org, any value but the empty one.
pub fn colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

impl Manner {
    /// How long a change may be on its way before it is a problem.
    pub fn patience(self) -> Patience {
        match self.wait {
            Some(_) => Patience::NONE,
            None => Patience::USUAL,
        }
    }

    /// Colours, or none.
    pub fn paint(self) -> Paint {
        Paint(self.terminal && colours())
    }
}

/// Shows answers in this manner.
///
/// # Errors
/// The output is closed.
pub fn shown(
    manner: Manner,
    out: &mut impl Write,
    mut answer: impl FnMut(Moment) -> (String, Outcome),
) -> io::Result<Outcome> {
    if !manner.watch {
        let end = Instant::now() + manner.wait.unwrap_or_default();
        let (mut text, mut outcome) = answer(Moment::now());
        while outcome != Outcome::Best && Instant::now() < end {
            thread::sleep(RETRY);
            (text, outcome) = answer(Moment::now());
        }
        // The exit status counts, even where the output is closed.
        let _ = out.write_all(text.as_bytes());
        return Ok(outcome);
    }
    loop {
        let (text, _) = answer(Moment::now());
        out.write_all(block(manner, text).as_bytes())?;
        out.flush()?;
        thread::sleep(PAUSE);
    }
}

fn block(manner: Manner, text: String) -> String {
    match (manner.terminal, manner.json) {
        // Cursor home, each line cleared to its end, then the rest of the screen: nothing flickers.
        (true, false) => {
            let rows = tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_row));
            // Where the terminal does not say.
            let rows = if rows == 0 { 24 } else { rows };
            let text = cut(&text, rows).replace('\n', "\u{1b}[K\n");
            format!("\u{1b}[H{text}\u{1b}[J")
        }
        (_, true) => text,
        (false, false) => text + "\n",
    }
}

/// At most one line less than the screen has: a full screen would scroll.
fn cut(text: &str, rows: usize) -> String {
    let (room, count) = (rows.saturating_sub(2).max(1), text.lines().count());
    let mut lines: Vec<&str> = text.lines().take(room).collect();
    let more = format!("… {} more lines", count.saturating_sub(room));
    if count > room {
        lines.push(&more);
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_the_screen_is_cut() {
        assert_eq!(cut("1\n2\n3\n", 24), "1\n2\n3\n");
        assert_eq!(cut("1\n2\n3\n4\n5\n", 5), "1\n2\n3\n… 2 more lines\n");
    }
}
