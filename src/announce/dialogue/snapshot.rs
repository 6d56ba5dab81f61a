//! The sessions that were up before this process began: ExaBGP reports what changes, and repeats nothing. It is asked
//! once whose sessions are established. Which of these neighbors list this process is seen in the Adj-RIB-Out, once a
//! route is out.

use std::collections::BTreeSet;

use super::super::adj_rib_out::AdjRibOut;
use super::super::told::Told;
use crate::exabgp::Command;
use crate::route::Neighbor;

/// Questions without an answer, after which what is reported must do.
const TRIES: u8 = 3;

/// What is known of the sessions that nobody reported.
#[derive(Debug)]
pub(super) enum Snapshot {
    /// To be asked, after so many questions in vain.
    Unasked { tries: u8 },
    /// These are established; whether they hold a route is to be read, after so many questions in vain.
    Established {
        neighbors: BTreeSet<Neighbor>,
        tries: u8,
    },
    /// All that there was to know.
    Over,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self::Unasked { tries: 0 }
    }
}

impl Snapshot {
    /// What is to be asked next.
    pub(super) fn missing(&self, rib: &AdjRibOut) -> Option<Command> {
        let is_out = || {
            rib.keys()
                .any(|key| matches!(rib.told(key), Some(Told::Announced(_))))
        };
        match self {
            Self::Unasked { .. } if is_out() => Some(Command::Established),
            Self::Established { .. } if is_out() => Some(Command::ReadBack),
            _ => None,
        }
    }

    /// A neighbor is reported: what is known of it is newer.
    pub(super) fn reported(&mut self, neighbor: &Neighbor) {
        if let Self::Established { neighbors, .. } = self
            && neighbors.remove(neighbor)
            && neighbors.is_empty()
        {
            *self = Self::Over;
        }
    }

    /// These are established, of which some may be known.
    pub(super) fn established(&mut self, mut neighbors: BTreeSet<Neighbor>, known: &[Neighbor]) {
        neighbors.retain(|neighbor| !known.contains(neighbor));
        *self = match self {
            Self::Unasked { tries } if !neighbors.is_empty() => Self::Established {
                neighbors,
                tries: *tries,
            },
            _ => Self::Over,
        };
    }

    /// What ExaBGP holds was read.
    pub(super) fn read(&mut self) {
        if matches!(self, Self::Established { .. }) {
            *self = Self::Over;
        }
    }

    /// A question had no answer.
    pub(super) fn unanswered(&mut self) {
        match self {
            Self::Unasked { tries } | Self::Established { tries, .. } if *tries + 1 < TRIES => {
                *tries += 1
            }
            _ => *self = Self::Over,
        }
    }
}
