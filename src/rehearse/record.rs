//! What a rehearsal saw, in the order in which it happened.

use crate::route::Prefix;
use crate::world::queue::Time;

/// What clients of a prefix get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Their answer.
    Served,
    /// HAProxy's error page: no server is there.
    ErrorPage,
    /// No answer of anybody.
    Nobody,
}

/// Where clients of a prefix go, and what they get there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clients {
    /// The NVAs with the best route, by their number, then the peers.
    pub to: Vec<usize>,
    /// The worst that they get there.
    pub get: Service,
    /// NVAs that could serve.
    pub able: Vec<usize>,
    /// One of those that they go to is a machine that is gone.
    pub into_the_void: bool,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A fault, or its end.
    Fault(String),
    /// A program noticed something.
    Noticed,
    /// A line of the log, and its NVA.
    Logged(usize, String),
    /// A Route Server has another route of an NVA's: how long its path is; absent: withdrawn.
    Route {
        /// The NVA.
        node: usize,
        /// Of which prefix.
        prefix: Prefix,
        /// How long its path is now; absent: withdrawn.
        length: Option<usize>,
        /// It has the path of before, and something else changed.
        other: bool,
        /// The session is over: no UPDATE said so.
        dropped: bool,
    },
    /// A Route Server dropped the routes of a machine that is gone: the hold time is over.
    Held(usize),
    /// A return was kept back: by damping, or by the warm-up.
    KeptBack(usize, bool),
    /// Clients go elsewhere, or get something else.
    Clients(Prefix, Clients),
}

/// What a rehearsal saw.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// With its time.
    pub seen: Vec<(Time, Seen)>,
}

impl Record {
    /// It happened now.
    pub fn add(&mut self, at: Time, seen: Seen) {
        self.seen.push((at, seen));
    }
}
