//! Which routes are managed, as the ledger has it: written before one of them is announced, so that whoever comes after a
//! sudden death knows what may be out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::output::Output;
use crate::announce::{AdjRibOut, Told};
use crate::decide::{Desired, Intent};
use crate::route::RouteKey;

/// No announcement waits longer for a disk.
const SLOW: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
pub(super) struct Kept {
    /// What was ordered to be written last, and its number.
    ordered: BTreeSet<RouteKey>,
    number: u32,
    /// Of these, what is not known to be written: the number of the first order that has it, and until when it waits.
    waiting: BTreeMap<RouteKey, (u32, Instant)>,
}

impl Kept {
    /// As an earlier process has written it.
    pub fn inherited(keys: BTreeSet<RouteKey>) -> Self {
        Self {
            ordered: keys,
            ..Self::default()
        }
    }

    fn order(&mut self, keys: BTreeSet<RouteKey>, now: Instant) -> Output {
        self.number = self.number.wrapping_add(1);
        // Whoever comes back is written anew.
        self.waiting.retain(|key, _| keys.contains(key));
        for key in keys.difference(&self.ordered) {
            self.waiting.insert(key.clone(), (self.number, now + SLOW));
        }
        self.ordered.clone_from(&keys);
        Output::Keep(self.number, keys)
    }

    /// The order of this number is carried out, as well as it could be. What it has and an earlier one had, too, waited
    /// for that one, which may have been left out.
    pub fn done(&mut self, number: u32) {
        self.waiting.retain(|_, (first, _)| *first > number);
    }

    /// When the next route has waited for long enough.
    pub fn until(&self, now: Instant) -> Option<Instant> {
        self.waiting
            .values()
            .map(|(_, until)| *until)
            .filter(|until| *until > now)
            .min()
    }

    fn waits(&self, key: &RouteKey, now: Instant) -> bool {
        self.waiting.get(key).is_some_and(|(_, until)| *until > now)
    }

    /// Orders what is managed now to be written, if it changed.
    pub fn keep(&mut self, desired: &Desired, rib: &AdjRibOut, now: Instant) -> Option<Output> {
        let unwanted = || rib.keys().filter(|key| !desired.contains_key(*key));
        let mut managed = desired.keys().chain(unwanted());
        let count = desired.len() + unwanted().count();
        if count == self.ordered.len() && managed.all(|key| self.ordered.contains(key)) {
            return None;
        }
        let keys = desired.keys().chain(unwanted()).cloned().collect();
        Some(self.order(keys, now))
    }

    /// A route that is not out is not announced before it is written.
    pub fn hold_back(&self, desired: &mut Desired, rib: &AdjRibOut, now: Instant) {
        if self.waiting.is_empty() {
            return;
        }
        let is_out = |key: &RouteKey| matches!(rib.told(key), Some(Told::Announced(_)));
        for (key, intent) in desired {
            if matches!(intent, Intent::Announce(_)) && self.waits(key, now) && !is_out(key) {
                *intent = Intent::Leave;
            }
        }
    }
}
