//! Counters of a hook, shared with the thread that runs it.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::child::{End, Group};

#[derive(Debug, Default)]
pub(super) struct Account {
    pub group: Group,
    pub runs: AtomicU64,
    pub failed: AtomicU64,
    pub dropped: AtomicU64,
}

impl Account {
    /// Counts a run; `failed` first, so that a failed run is never read as a successful one.
    pub fn count(&self, ended: &io::Result<End>) {
        if !matches!(ended, Ok(End::Status(status)) if status.success()) {
            self.failed.fetch_add(1, Ordering::SeqCst);
        }
        self.runs.fetch_add(1, Ordering::SeqCst);
    }
}
