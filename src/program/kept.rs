//! Which routes are managed, as the ledger has it: written before one of them is announced, so that whoever comes after a
//! sudden death knows what may be out.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::{Output, Program};
use crate::announce::Told;
use crate::decide::Intent;
use crate::route::RouteKey;

/// No announcement waits longer for a disk.
const SLOW: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
pub(super) struct Kept {
    /// What was ordered to be written last, and its number.
    ordered: BTreeSet<RouteKey>,
    number: u32,
    /// What is written for certain.
    written: BTreeSet<RouteKey>,
    /// The order is on its way: routes wait for it until then.
    until: Option<Instant>,
}

impl Kept {
    /// As an earlier process has written it.
    pub fn inherited(keys: BTreeSet<RouteKey>) -> Self {
        Self { ordered: keys.clone(), written: keys, ..Self::default() }
    }

    /// The order of this number is carried out, as well as it could be.
    pub fn done(&mut self, number: u32) {
        if number == self.number {
            self.written.clone_from(&self.ordered);
            self.until = None;
        }
    }

    /// Until when routes that are not written yet wait.
    pub fn until(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| *until > now)
    }
}

impl Program {
    /// Orders what is managed now to be written, if it changed.
    pub(super) fn keep(&mut self, outputs: &mut Vec<Output>, now: Instant) {
        let unwanted = || self.dialogue.rib().keys().filter(|key| !self.desired.contains_key(*key));
        let mut managed = self.desired.keys().chain(unwanted());
        let (count, ordered) = (self.desired.len() + unwanted().count(), &self.kept.ordered);
        if count == ordered.len() && managed.all(|key| ordered.contains(key)) {
            return;
        }
        let ordered: BTreeSet<RouteKey> = self.desired.keys().chain(unwanted()).cloned().collect();
        let number = self.kept.number.wrapping_add(1);
        outputs.push(Output::Keep(number, ordered.clone()));
        (self.kept.number, self.kept.ordered) = (number, ordered);
        self.kept.until = Some(now + SLOW);
    }

    /// A route that is not out is not announced before it is written.
    pub(super) fn wait_for_the_ledger(&mut self, now: Instant) {
        if self.kept.until(now).is_none() {
            return;
        }
        let (written, rib) = (&self.kept.written, self.dialogue.rib());
        let is_out = |key: &RouteKey| matches!(rib.told(key), Some(Told::Announced(_)));
        for (key, intent) in &mut self.desired {
            if matches!(intent, Intent::Announce(_)) && !written.contains(key) && !is_out(key) {
                *intent = Intent::Leave;
            }
        }
    }
}
