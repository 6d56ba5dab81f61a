//! Waiting, always with an end.

use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until something holds.
pub fn eventually(what: &str, holds: impl FnMut() -> bool) {
    within(PATIENCE, what, holds);
}

/// Waits no longer than this until something holds.
pub fn within(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < limit,
            "not within {} ms: {what}",
            limit.as_millis()
        );
        thread::sleep(Duration::from_millis(5));
    }
}
