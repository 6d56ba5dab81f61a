//! The neighbors that ExaBGP has reported nothing of. ExaBGP 6 says nothing of an attempt that fails, so that one that was never up
//! since this process began is known by the answer to the question who is established, and by nothing else.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::route::{Neighbor, RouteKey};

/// Until the question is put again while a route seems to reach nobody, at first; each further wait is twice as long. Where
/// exabgp.conf has no `neighbor-changes` for this process, no event ever tells.
const FIRST: Duration = Duration::from_secs(5);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);

/// The last answer, and when the question is put again.
#[derive(Debug, Default)]
pub(super) struct Unreported {
    /// Absent: there was no answer yet.
    established: Option<BTreeSet<Neighbor>>,
    next: Option<Instant>,
    wait: Duration,
}

impl Unreported {
    /// Of the neighbors that a route is for, nothing was reported: one of them may be established.
    pub(super) fn may_be_up(&self, key: &RouteKey) -> bool {
        self.established
            .as_ref()
            .is_none_or(|established| match key.neighbors.is_empty() {
                true => !established.is_empty(),
                false => key.neighbors.iter().any(|name| established.contains(name)),
            })
    }

    /// These are established, and no others.
    pub(super) fn answered(&mut self, established: BTreeSet<Neighbor>) {
        self.established = Some(established);
    }

    /// A route that is out reaches nobody, as far as is known: the question is put again.
    pub(super) fn doubt(&mut self, now: Instant) {
        if self.next.is_none() {
            self.wait = (self.wait * 2).clamp(FIRST, LONGEST);
            self.next = Some(now + self.wait);
        }
    }

    /// When the question is to be put again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.next
    }

    /// It is being put, or need not be.
    pub(super) fn trust(&mut self) {
        self.next = None;
    }
}
