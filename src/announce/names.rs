//! Neighbors as ExaBGP names them. Pure.
//!
//! ExaBGP 6 gives to every neighbor what is for one that it does not have. So nothing is said to a neighbor that
//! ExaBGP has not named, and each is called as ExaBGP spells it.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::time::{Duration, Instant};

use crate::note::Notes;
use crate::route::{Neighbor, RouteKey};

/// Until the names are asked for again, at first; each further wait is twice as long.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait. A neighbor that comes up is named at once.
const LONGEST: Duration = Duration::from_secs(60);

/// That ExaBGP lacks a neighbor, and the cure.
pub fn lacks(neighbor: impl Display) -> String {
    format!(
        "ExaBGP has no neighbor {neighbor}, so nothing is said to it until it has; exabgp.conf must have it, or 'neighbors' must not name it"
    )
}

/// The neighbors that ExaBGP has named, and who waits for others.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Absent: not asked yet.
    known: Option<BTreeSet<Neighbor>>,
    /// One of them may be gone: they are asked for before the next statement to some.
    stale: bool,
    /// They are asked for twice then: ExaBGP names one that a reload has taken out for some 100 ms more.
    twice: bool,
    /// A statement waits for one that is not among them, or a service names one.
    waiting: bool,
    /// When they are asked for again.
    next: Option<Instant>,
    wait: Duration,
    /// Neighbors that services name.
    wanted: BTreeSet<Neighbor>,
    /// Those of them that ExaBGP does not have by an answer that is newer than the wish: that is logged.
    lacking: BTreeSet<Neighbor>,
}

impl Names {
    /// What a statement of the route selects: all, or those that are named, as ExaBGP spells them. Absent: none of them is.
    pub(super) fn selected(&self, key: &RouteKey) -> Option<RouteKey> {
        if key.neighbors.is_empty() {
            return Some(key.clone());
        }
        let known = self.known()?;
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
        self.waiting |= waits;
        waits
    }

    /// All that ExaBGP has; absent: not told yet, or in doubt.
    pub(super) fn known(&self) -> Option<&BTreeSet<Neighbor>> {
        self.known.as_ref().filter(|_| !self.stale)
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

    /// Services name these. Beyond those that ExaBGP lacks, nothing waits, as far as is known.
    pub(super) fn begin(&mut self, wanted: &BTreeSet<&Neighbor>) {
        let known = self.known.as_ref();
        let lacks = |name: &Neighbor| known.is_some_and(|known| !known.contains(name));
        if !self.wanted.iter().eq(wanted.iter().copied()) {
            let is_new = |name: &Neighbor| lacks(name) && !self.wanted.contains(name);
            if wanted.iter().any(|name| is_new(name)) {
                // It may have been added since.
                (self.next, self.wait) = (None, Duration::ZERO);
            }
            self.wanted = wanted.iter().map(|name| (*name).clone()).collect();
            self.lacking.retain(|name| wanted.contains(name));
        }
        let in_doubt = known.is_some() && (self.stale || self.twice) && !wanted.is_empty();
        self.waiting = in_doubt || self.wanted.iter().any(lacks);
    }

    /// When they are to be asked for.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.waiting.then(|| self.next.unwrap_or(now))
    }

    /// They are being asked for.
    pub(super) fn asked(&mut self, now: Instant) {
        self.wait = (self.wait * 2).clamp(FIRST, LONGEST);
        self.next = Some(now + self.wait);
        self.twice &= self.stale;
    }

    /// These are all. Returns those that are new.
    pub(super) fn named(&mut self, all: BTreeSet<Neighbor>, notes: &mut Notes) -> Vec<Neighbor> {
        for neighbor in self.wanted.difference(&all) {
            if self.lacking.insert(neighbor.clone()) {
                notes.warn(lacks(neighbor));
            }
        }
        let before = self.known.take().unwrap_or_default();
        let new: Vec<Neighbor> = all.difference(&before).cloned().collect();
        self.lacking.retain(|neighbor| !all.contains(neighbor));
        (self.known, self.stale) = (Some(all), false);
        new
    }

    /// The neighbor as ExaBGP spells it, where it has named it, or as it is said to be lacking.
    pub(super) fn spelled<'name>(&'name self, name: &'name Neighbor) -> &'name Neighbor {
        let known = self.known.as_ref().and_then(|known| known.get(name));
        known.or_else(|| self.lacking.get(name)).unwrap_or(name)
    }

    /// Neighbors that services name, and that ExaBGP does not have.
    pub(super) fn lacking(&self) -> &BTreeSet<Neighbor> {
        &self.lacking
    }

    /// ExaBGP speaks of this one: it has it. True: that is new.
    pub(super) fn heard_of(&mut self, neighbor: &Neighbor) -> bool {
        let Some(known) = &mut self.known else {
            return false;
        };
        self.lacking.remove(neighbor);
        known.insert(neighbor.clone())
    }

    /// One of them is gone, or does not take what is for it.
    pub(super) fn doubt(&mut self, now: Instant) {
        if !self.stale && self.known.is_some() {
            (self.stale, self.twice) = (true, true);
            (self.next, self.wait) = (Some(now), Duration::ZERO);
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

    fn wants(known: &mut Names, all: &[&str]) {
        known.begin(&names(all).iter().collect());
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
            wants(&mut known, &["2001:db8::1", "192.0.2.9"]);
            assert!(!known.waits(&key(&["2001:db8::1", "192.0.2.9"])));
            assert!(known.waits(&key(&["192.0.2.9"])));
            known.named(names(&["192.0.2.1", "2001:db8::1"]), notes);
            assert_eq!(known.lacking(), &names(&["192.0.2.9"]));
        }
        assert_eq!(notes.take().len(), 1, "it is said once");
        assert!(known.heard_of(&"192.0.2.9".parse().unwrap()));
        assert!(!known.waits(&key(&["192.0.2.9"])));
        assert!(known.lacking().is_empty());
    }

    /// Reports compare names by the letter.
    #[test]
    fn a_neighbor_is_told_as_exabgp_spells_it() {
        let (mut known, notes) = (Names::default(), &mut Notes::default());
        let spelled = |known: &Names, name: &str| {
            let name: Neighbor = name.parse().unwrap();
            known.spelled(&name).to_string()
        };
        assert_eq!(spelled(&known, "2001:DB8::1"), "2001:DB8::1");
        wants(&mut known, &["2001:DB8::1", "2001:DB8::2"]);
        known.named(names(&["2001:db8::1"]), notes);
        assert_eq!(spelled(&known, "2001:DB8::1"), "2001:db8::1");
        // Another service names it otherwise.
        assert_eq!(spelled(&known, "2001:db8::2"), "2001:DB8::2");
    }

    /// It was added to exabgp.conf since the names were told, and is not up yet.
    #[test]
    fn it_is_asked_before_a_neighbor_is_said_to_be_missing() {
        let (mut known, notes, now) = (Names::default(), &mut Notes::default(), Instant::now());
        known.named(names(&["192.0.2.1"]), notes);
        known.asked(now);
        // It is said to the other one at once.
        wants(&mut known, &["192.0.2.1", "192.0.2.2"]);
        assert!(!known.waits(&key(&["192.0.2.1", "192.0.2.2"])));
        assert_eq!(known.due(now), Some(now));
        assert!(known.lacking().is_empty());
        known.named(names(&["192.0.2.1", "192.0.2.2"]), notes);
        assert_eq!(notes.take().len(), 0);
        wants(&mut known, &["192.0.2.1", "192.0.2.2"]);
        assert_eq!(known.due(now), None);
    }

    #[test]
    fn what_exabgp_lacks_is_said_again_after_a_correction() {
        let (mut known, notes, now) = (Names::default(), &mut Notes::default(), Instant::now());
        let (both, one) = (["192.0.2.1", "192.0.2.2"], ["192.0.2.1"]);
        let mut told = |known: &mut Names, wanted: &[&str], all: &[&str]| {
            wants(known, wanted);
            known.named(names(all), notes);
            notes.take().len()
        };
        assert_eq!(told(&mut known, &both, &one), 1);
        assert_eq!(told(&mut known, &both, &one), 0);
        // No service names it any more, and then one does.
        assert_eq!(told(&mut known, &one, &one), 0);
        assert!(known.lacking().is_empty());
        assert_eq!(told(&mut known, &both, &one), 1);
        // exabgp.conf has it, and then no more.
        assert_eq!(told(&mut known, &both, &both), 0);
        assert!(known.lacking().is_empty());
        known.doubt(now);
        wants(&mut known, &both);
        assert_eq!(known.due(now), Some(now));
        assert_eq!(told(&mut known, &both, &one), 1);
    }

    #[test]
    fn one_that_a_reload_takes_out_may_be_named_once_more() {
        let (mut known, notes, now) = (Names::default(), &mut Notes::default(), Instant::now());
        let (both, second) = (["192.0.2.1", "192.0.2.2"], Duration::from_secs(1));
        known.named(names(&both), notes);
        known.doubt(now);
        for due in [Some(now), Some(now + second), None] {
            wants(&mut known, &both);
            assert_eq!(known.due(now), due);
            known.asked(now);
            known.named(names(&both), notes);
        }
    }

    /// It may never come up, so that no event tells of it.
    #[test]
    fn what_exabgp_lacks_is_asked_for_until_it_is_there() {
        let (mut known, notes, now) = (Names::default(), &mut Notes::default(), Instant::now());
        wants(&mut known, &["192.0.2.1", "192.0.2.2"]);
        known.named(names(&["192.0.2.1"]), notes);
        wants(&mut known, &["192.0.2.1", "192.0.2.2"]);
        known.asked(now);
        assert!(known.due(now).is_some());
        wants(&mut known, &["192.0.2.1"]);
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
        wants(&mut known, &[]);
        assert_eq!(known.due(now), None);
    }
}
