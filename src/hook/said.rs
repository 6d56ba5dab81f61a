//! A hook's stderr, up to a limit, for the log.

use std::fmt::Write;

use log::info;

use crate::foreign;

/// The limit for one run, in bytes kept and in lines logged.
const KEPT: usize = 2048;
const LINES: usize = 8;

/// The beginning of a hook's stderr, and the number of bytes after it.
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
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        for line in lines.by_ref().take(LINES) {
            info!("{name} says: {}", foreign::plain(line).collect::<String>());
        }
        let mut rest = String::new();
        let count = lines.count();
        if count > 0 {
            let _ = write!(rest, "{count} line(s)");
        }
        if self.more > 0 {
            let _ = write!(
                rest,
                "{}{} bytes",
                if rest.is_empty() { "" } else { ", " },
                self.more
            );
        }
        if !rest.is_empty() {
            info!("{name} says more: {rest}");
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
