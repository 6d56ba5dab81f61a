//! What is counted of a hook, and shared with the thread that runs it.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::child::{End, Group};

/// What the thread shares.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub group: Group,
    pub runs: AtomicU64,
    pub failed: AtomicU64,
    pub dropped: AtomicU64,
}

impl Account {
    /// Counts a run. One that failed is never seen as one that did not.
    pub fn count(&self, ended: &io::Result<End>) {
        if !matches!(ended, Ok(End::Status(status)) if status.success()) {
            self.failed.fetch_add(1, Ordering::SeqCst);
        }
        self.runs.fetch_add(1, Ordering::SeqCst);
    }
}
