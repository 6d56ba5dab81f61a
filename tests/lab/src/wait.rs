//! Waiting by looking. Only here does a test let time pass.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

const PAUSE: Duration = Duration::from_millis(5);

/// Tries until `attempt` succeeds and returns what it gave.
///
/// # Errors
/// After `timeout`: what was waited for, and the last attempt's error, which should say what it saw.
pub fn eventually<T>(
    timeout: Duration,
    what: &str,
    mut attempt: impl FnMut() -> Result<T>,
) -> Result<T> {
    let deadline = Instant::now() + timeout;
    loop {
        match attempt() {
            Ok(value) => return Ok(value),
            Err(last) if Instant::now() >= deadline => {
                return Err(last)
                    .with_context(|| format!("waited {timeout:?} in vain for: {what}"));
            }
            Err(_) => sleep(PAUSE),
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
        look().with_context(|| format!("after {:?} it no longer held: {what}", start.elapsed()))?;
        sleep(PAUSE);
    }
    Ok(())
}
