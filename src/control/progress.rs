//! Progress of a wait, warnings and notes, on stderr; stdout has the answer alone.

use crate::value::Joined;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

/// On a terminal, one line that is overwritten; elsewhere, in a journal for example, a line for each stage.
#[derive(Debug)]
pub struct Progress {
    terminal: bool,
    shown: Option<String>,
}

impl Progress {
    /// On stderr.
    pub fn on_stderr() -> Self {
        Self {
            terminal: io::stderr().is_terminal(),
            shown: None,
        }
    }

    /// Shows what is waited for, and the time that is left.
    pub fn show(&mut self, text: &str, left: Duration) {
        if self.terminal {
            // Cut to a line: one that wraps cannot be written over.
            let line: String = format!("waiting ({} s left): {text}", left.as_secs())
                .chars()
                .take(79)
                .collect();
            // Only if it changed, once a second: apt logs everything that a terminal gets.
            if self.shown.as_ref() != Some(&line) {
                write(&format!("\r\x1b[2K{line}"));
                self.shown = Some(line);
            }
        } else if self
            .shown
            .as_ref()
            .is_none_or(|last| *last != without_numbers(text))
        {
            self.shown = Some(without_numbers(text));
            write(&format!("waiting: {text}\n"));
        }
    }

    /// Writes a line that stays.
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

/// The text without its numbers: another count is not another stage.
fn without_numbers(text: &str) -> String {
    let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
    text.split(' ').filter(|word| !is_number(word)).joined(" ")
}

fn write(text: &str) {
    // A failed write to stderr does not stop the command.
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_no_other_stage() {
        let same = |one: &str, other: &str| without_numbers(one) == without_numbers(other);
        assert!(same(
            "web asking for 10 s, 2 session(s)",
            "web asking for 9 s, 0 session(s)"
        ));
        assert!(!same(
            "web asking for 1 s, 2 session(s)",
            "web depreferred for 1 s, 2 session(s)"
        ));
        assert!(!same("b/s1 has 2 sessions", "b/s2 has 2 sessions"));
    }
}
