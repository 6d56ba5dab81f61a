//! The watchdog: a loop that does not turn any more ends the process. ExaBGP starts a new one, which states everything,
//! where a stuck one would leave routes as they are for ever.

use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use log::Level;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::report;
use crate::respawn::SOFTWARE;

/// How often it looks.
const TICK: Duration = Duration::from_secs(5);
/// Ticks in a row in one turn after which the loop is stuck. Ticks are counted, and not time: a process that is stopped and
/// goes on (SIGSTOP, a machine that sleeps) has lost none of them. Longer than ExaBGP's respawn guard (six starts in 64 s).
const STUCK: u32 = 6;

/// The loop's side of it.
#[derive(Debug)]
pub(super) struct Watchdog {
    /// Odd: in a turn.
    turn: Arc<AtomicU64>,
}

impl Watchdog {
    /// Starts to watch.
    pub fn start() -> io::Result<Self> {
        let turn = Arc::new(AtomicU64::new(0));
        let watched = Arc::clone(&turn);
        thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || watch(&watched))?;
        Ok(Self { turn })
    }

    /// The loop begins a turn.
    pub fn turns(&self) {
        self.turn.fetch_or(1, Ordering::Relaxed);
    }

    /// The loop waits for an event, which may take any time.
    pub fn rests(&self) {
        let turn = self.turn.load(Ordering::Relaxed);
        self.turn
            .store(turn.wrapping_add(turn & 1), Ordering::Relaxed);
    }
}

fn watch(turn: &AtomicU64) {
    let (mut seen, mut ticks) = (0, 0);
    while ticks < STUCK {
        thread::sleep(TICK);
        let now = turn.load(Ordering::Relaxed);
        ticks = if now == seen && now % 2 == 1 {
            ticks + 1
        } else {
            0
        };
        seen = now;
    }
    tell();
    process::exit(SOFTWARE.into());
}

/// Logs it, if stderr has room: a log that nobody reads may be what the loop waits for.
fn tell() {
    let stderr = io::stderr();
    let writable = poll(
        &mut [PollFd::new(&stderr, PollFlags::OUT)],
        Some(&Timespec::default()),
    );
    if writable.is_ok_and(|count| count > 0) {
        // Not through Rust's handle, whose lock the loop may hold.
        let line = format!(
            "stuck for {} s, which is a fault of ours, please report it; leaving, so that ExaBGP starts it again",
            TICK.as_secs() * u64::from(STUCK)
        );
        let _ = rustix::io::write(&stderr, report::unqueued(Level::Error, &line).as_bytes());
    }
}
