//! What the ledger has of the managed routes. A route is written there before it is announced, so that the process
//! after a crash knows which routes may be out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::output::Output;
use crate::announce::{AdjRibOut, Told};
use crate::decide::{Desired, Intent};
use crate::route::RouteKey;

/// An announcement waits no longer than this for the disk.
const SLOW: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
pub(super) struct Kept {
    /// What was ordered to be written last, and its number.
    ordered: BTreeSet<RouteKey>,
    number: u32,
    /// Routes not known to be written: the number of the first order with the route, and until when the route waits.
    waiting: BTreeMap<RouteKey, (u32, Instant)>,
}

impl Kept {
    /// The ledger of an earlier process.
    pub fn inherited(keys: BTreeSet<RouteKey>) -> Self {
        Self {
            ordered: keys,
            ..Self::default()
        }
    }

    fn order(&mut self, keys: BTreeSet<RouteKey>, now: Instant) -> Output {
        self.number = self.number.wrapping_add(1);
        // A route that comes back is written anew.
        self.waiting.retain(|key, _| keys.contains(key));
        for key in keys.difference(&self.ordered) {
            self.waiting.insert(key.clone(), (self.number, now + SLOW));
        }
        self.ordered.clone_from(&keys);
        Output::Keep(self.number, keys)
    }

    /// The order with this number is carried out. Routes of earlier orders wait no more: an order that was skipped is
    /// contained in this one.
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

    /// Orders the ledger to be written, if the managed routes changed.
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
