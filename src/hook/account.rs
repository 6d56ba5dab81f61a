//! What is counted of a hook, and shared with the thread that runs it.

use std::io;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

/// What the thread shares. No lock: to start a program may take long, where the disk hangs.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// The process group that runs; 0: none.
    pub running: AtomicI32,
    /// No other is to be started.
    pub over: AtomicBool,
    pub runs: AtomicU64,
    pub failed: AtomicU64,
    pub dropped: AtomicU64,
}

/// How a run ended.
#[derive(Debug)]
pub(super) enum End {
    Status(ExitStatus),
    /// It, or what it left behind, was killed at the end of its time.
    Killed,
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
