//! Waiting by looking. Only here does a test let time pass.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Between two looks: as long as three of them take, and a fiftieth of the time so far, so that who waits leaves the machine to the others.
fn pause(looked: Duration, waited: Duration) -> Duration {
    (looked * 3).max(waited / 50).clamp(SHORTEST, LONGEST)
}

const SHORTEST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_millis(200);

/// Tries until `attempt` succeeds and returns what it gave.
///
/// # Errors
/// After `timeout`: what was waited for, and the last attempt's error, which should say what it saw.
pub fn eventually<T>(
    timeout: Duration,
    what: &str,
    mut attempt: impl FnMut() -> Result<T>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        let begun = start.elapsed();
        match attempt() {
            Ok(value) => return Ok(value),
            Err(last) if start.elapsed() >= timeout => {
                return Err(last)
                    .with_context(|| format!("waited {timeout:?} in vain for: {what}"));
            }
            Err(_) => sleep(pause(start.elapsed() - begun, begun)),
        }
    }
}

/// Looks again and again for the whole of `duration`.
///
/// # Errors
/// As soon as one look fails.
pub fn holds(duration: Duration, what: &str, mut look: impl FnMut() -> Result<()>) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < duration {
        let begun = start.elapsed();
        look().with_context(|| format!("after {:?} it no longer held: {what}", start.elapsed()))?;
        sleep(pause(start.elapsed() - begun, Duration::ZERO));
    }
    Ok(())
}
