//! What a rehearsal saw, in the order in which it happened.

use crate::route::{Neighbor, Prefix};
use crate::world::queue::Time;

/// What clients of a prefix get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Their answer.
    Served,
    /// HAProxy's error page: no server is there.
    ErrorPage,
    /// No answer.
    Nobody,
}

/// Where clients of a prefix go, and what they get there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clients {
    /// The NVAs and peers with the best route, by number.
    pub to: Vec<usize>,
    /// The worst that clients get at one of `to`.
    pub get: Service,
    /// The NVAs and peers that could serve.
    pub able: Vec<usize>,
    /// One of `to` is a machine that is gone.
    pub to_gone: bool,
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
    /// A Route Server has another route of an NVA.
    Route {
        /// The NVA.
        node: usize,
        /// The route's prefix.
        prefix: Prefix,
        /// The length of the path now; `None`: there is no route.
        length: Option<usize>,
        /// Other attributes changed, and not the length of the path.
        other: bool,
        /// The route went with its session, without an UPDATE.
        dropped: bool,
    },
    /// An NVA withdrew a route from a neighbor that an edit has taken out of the service's.
    Left(usize, Prefix, Neighbor),
    /// The hold time of a machine that is gone is over, and its routes are dropped.
    Held(usize),
    /// An NVA kept a return of a service back; true: by damping, false: by the warm-up.
    KeptBack(usize, String, bool),
    /// Clients go elsewhere, or get something else.
    Clients(Prefix, Clients),
}

/// What a rehearsal saw.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Each with its time.
    pub seen: Vec<(Time, Seen)>,
}

impl Record {
    /// Adds an event of time `at`.
    pub fn add(&mut self, at: Time, seen: Seen) {
        self.seen.push((at, seen));
    }
}
