//! Neighbors as ExaBGP names them. Pure.
//!
//! ExaBGP 6 gives to every neighbor what is for one that it does not have. So nothing is said to a neighbor that
//! ExaBGP has not named, and each is called as ExaBGP spells it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::note::Notes;
use crate::route::{Neighbor, RouteKey};

/// Until the names are asked for again, at first; each further wait is twice as long.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait. A neighbor that comes up is named at once.
const LONGEST: Duration = Duration::from_secs(60);

/// The neighbors that ExaBGP has named, and who waits for others.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Absent: not asked yet.
    known: Option<BTreeSet<Neighbor>>,
    /// One of them may be gone: they are asked for before the next statement to some.
    stale: bool,
    /// A statement waits for one that is not among them.
    waiting: bool,
    /// When they are asked for again.
    next: Option<Instant>,
    wait: Duration,
    /// Neighbors that were not among them when something was for them: ExaBGP may have them since, so it is asked before that is logged.
    missing: BTreeSet<Neighbor>,
    /// Neighbors that are logged as missing.
    complained: BTreeSet<Neighbor>,
}

impl Names {
    /// What a statement of the route selects: all, or those that are named, as ExaBGP spells them. Absent: none of them is.
    pub(super) fn selected(&self, key: &RouteKey) -> Option<RouteKey> {
        if key.neighbors.is_empty() {
            return Some(key.clone());
        }
        let known = self.known.as_ref().filter(|_| !self.stale)?;
        let neighbors = key.neighbors.iter().filter_map(|name| known.get(name));
        let neighbors: Vec<Neighbor> = neighbors.cloned().collect();
        (!neighbors.is_empty()).then(|| RouteKey {
            neighbors,
            ..key.clone()
        })
    }

    /// A statement of the route goes nowhere yet. True: it waits.
    pub(super) fn waits(&mut self, key: &RouteKey) -> bool {
        let waits = self.selected(key).is_none();
        let is_known = |name: &Neighbor| self.known.as_ref().is_some_and(|all| all.contains(name));
        let missing = key.neighbors.iter().filter(|name| !is_known(name));
        let missing = missing.filter(|name| !self.complained.contains(*name));
        self.missing.extend(missing.cloned());
        self.waiting |= waits || !self.missing.is_empty();
        waits
    }

    /// They were never told.
    pub(super) fn are_unknown(&self) -> bool {
        self.known.is_none()
    }

    /// They are to be asked for. True: nobody can be selected by name until they are told.
    pub(super) fn are_in_doubt(&mut self) -> bool {
        let in_doubt = self.stale || self.known.is_none();
        self.waiting |= in_doubt;
        in_doubt
    }

    /// Some route is for certain neighbors: they are asked for once.
    pub(super) fn want(&mut self) {
        self.waiting |= self.known.is_none();
    }

    /// Nothing waits, as far as is known.
    pub(super) fn begin(&mut self) {
        self.waiting = self.known.is_some() && !self.missing.is_empty();
    }

    /// When they are to be asked for.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.waiting.then(|| self.next.unwrap_or(now))
    }

    /// They are being asked for.
    pub(super) fn asked(&mut self, now: Instant) {
        self.wait = (self.wait * 2).clamp(FIRST, LONGEST);
        self.next = Some(now + self.wait);
    }

    /// These are all. Returns those that are new.
    pub(super) fn named(&mut self, all: BTreeSet<Neighbor>, notes: &mut Notes) -> Vec<Neighbor> {
        for neighbor in std::mem::take(&mut self.missing).difference(&all) {
            notes.warn(format!(
                "ExaBGP has no neighbor {neighbor}, so nothing is said to it until it has; exabgp.conf must have it, or 'neighbors' must not name it"
            ));
            self.complained.insert(neighbor.clone());
        }
        let before = self.known.take().unwrap_or_default();
        let new: Vec<Neighbor> = all.difference(&before).cloned().collect();
        new.iter().for_each(|neighbor| {
            self.complained.remove(neighbor);
        });
        (self.known, self.stale) = (Some(all), false);
        new
    }

    /// ExaBGP speaks of this one: it has it. True: that is new.
    pub(super) fn heard_of(&mut self, neighbor: &Neighbor) -> bool {
        let Some(known) = &mut self.known else {
            return false;
        };
        self.complained.remove(neighbor);
        self.missing.remove(neighbor);
        known.insert(neighbor.clone())
    }

    /// One of them is gone, or does not take what is for it.
    pub(super) fn doubt(&mut self, now: Instant) {
        if !self.stale && self.known.is_some() {
            (self.stale, self.next, self.wait) = (true, Some(now), Duration::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(neighbors: &[&str]) -> RouteKey {
        RouteKey {
            prefix: "9.9.9.9/32".parse().unwrap(),
            path_information: None,
            neighbors: neighbors.iter().map(|name| name.parse().unwrap()).collect(),
        }
    }

    fn names(names: &[&str]) -> BTreeSet<Neighbor> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn only_who_is_named_is_selected_and_as_exabgp_spells_it() {
        let (mut known, notes) = (Names::default(), &mut Notes::default());
        assert_eq!(known.selected(&key(&[])), Some(key(&[])));
        assert!(known.waits(&key(&["192.0.2.1"])));
        known.named(names(&["192.0.2.1", "2001:db8::1"]), notes);
        assert_eq!(notes.take().len(), 0);
        let selected = known
            .selected(&key(&["2001:DB8:0::1", "192.0.2.9"]))
            .unwrap();
        assert_eq!(selected.neighbors[0].to_string(), "2001:db8::1");
        assert_eq!(selected.neighbors.len(), 1);
        for _ in 0..2 {
            assert!(!known.waits(&key(&["2001:db8::1", "192.0.2.9"])));
            assert!(known.waits(&key(&["192.0.2.9"])));
            known.named(names(&["192.0.2.1", "2001:db8::1"]), notes);
        }
        assert_eq!(notes.take().len(), 1, "it is said once");
        assert!(known.heard_of(&"192.0.2.9".parse().unwrap()));
        assert!(!known.waits(&key(&["192.0.2.9"])));
    }

    /// It was added to exabgp.conf since the names were told, and is not up yet.
    #[test]
    fn it_is_asked_before_a_neighbor_is_said_to_be_missing() {
        let (mut known, notes, now) = (Names::default(), &mut Notes::default(), Instant::now());
        known.named(names(&["192.0.2.1"]), notes);
        // It is said to the other one at once.
        assert!(!known.waits(&key(&["192.0.2.1", "192.0.2.2"])));
        known.begin();
        assert_eq!(known.due(now), Some(now));
        known.named(names(&["192.0.2.1", "192.0.2.2"]), notes);
        assert_eq!(notes.take().len(), 0);
        known.begin();
        assert_eq!(known.due(now), None);
    }

    #[test]
    fn names_are_asked_for_less_and_less_often_and_only_while_a_route_waits() {
        let (mut known, now) = (Names::default(), Instant::now());
        assert_eq!(known.due(now), None);
        known.waits(&key(&["192.0.2.1"]));
        assert_eq!(known.due(now), Some(now));
        let mut waits = Vec::new();
        for _ in 0..8 {
            known.asked(now);
            waits.push((known.due(now).unwrap() - now).as_secs());
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        known.begin();
        assert_eq!(known.due(now), None);
    }
}
