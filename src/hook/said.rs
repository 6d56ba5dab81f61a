//! What a hook says at stderr, up to a bound, for the log.

use std::fmt::Write;

use log::info;

/// How much of what a hook says at stderr is kept, in octets and in lines of the log.
const KEPT: usize = 2048;
const LINES: usize = 8;

/// What a hook said at stderr: its beginning, and how much it was.
#[derive(Debug, Default)]
pub(super) struct Said {
    kept: Vec<u8>,
    more: usize,
}

impl Said {
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.kept.len()).min(bytes.len());
        let (kept, more) = bytes.split_at_checked(room).unwrap_or_default();
        self.kept.extend(kept);
        self.more += more.len();
    }

    pub(super) fn log(&self, name: &str) {
        let text = String::from_utf8_lossy(&self.kept);
        let shown = |letter: char| if letter.is_control() { ' ' } else { letter };
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        for line in lines.by_ref().take(LINES) {
            info!(
                "{name} says: {}",
                line.chars().map(shown).collect::<String>()
            );
        }
        let mut rest = String::new();
        let count = lines.count();
        if count > 0 {
            let _ = write!(rest, "{count} more line(s)");
        }
        if self.more > 0 {
            let _ = write!(
                rest,
                "{}{} more octets",
                if rest.is_empty() { "" } else { ", " },
                self.more
            );
        }
        if !rest.is_empty() {
            info!("{name} says {rest}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says_is_kept_up_to_a_bound() {
        let mut said = Said::default();
        for _ in 0..100 {
            said.take(&[b'x'; 1000]);
        }
        assert_eq!((said.kept.len(), said.more), (KEPT, 100_000 - KEPT));
    }
}
