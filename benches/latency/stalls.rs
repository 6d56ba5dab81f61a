//! How late a thread is woken that does nothing but sleep: what a busy machine adds to any figure.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant, SystemTime};

/// How long it sleeps.
const NAP: Duration = Duration::from_millis(4);
/// Less is nothing.
const LATE: Duration = Duration::from_millis(5);

/// It woke late.
#[derive(Debug, Clone, Copy)]
pub struct Stall {
    /// From when it should have been awake.
    pub from: SystemTime,
    /// Until then it was not.
    pub until: SystemTime,
}

impl Stall {
    /// How late it was.
    pub fn length(&self) -> Duration {
        self.until.duration_since(self.from).unwrap_or_default()
    }
}

/// The thread.
pub struct Sleeper {
    stop: Arc<AtomicBool>,
    stalls: Arc<Mutex<Vec<Stall>>>,
    thread: JoinHandle<()>,
}

impl Sleeper {
    pub fn start() -> Self {
        let (stop, stalls) = (
            Arc::<AtomicBool>::default(),
            Arc::<Mutex<Vec<Stall>>>::default(),
        );
        let (stopped, sink) = (Arc::clone(&stop), Arc::clone(&stalls));
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let begin = Instant::now();
                sleep(NAP);
                let (late, until) = (begin.elapsed().saturating_sub(NAP), SystemTime::now());
                if late >= LATE {
                    let stall = Stall {
                        from: until - late,
                        until,
                    };
                    sink.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(stall);
                }
            }
        });
        Self {
            stop,
            stalls,
            thread,
        }
    }

    /// Ends it: when it was late.
    pub fn finish(self) -> Vec<Stall> {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.join();
        std::mem::take(&mut *self.stalls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
