//! What ExaBGP 6 has taken and not sent yet to a neighbor, as its `rib/outgoing.py` keeps it: withdrawals go first in a round of sending,
//! then what is announced, by attributes, each group at its first place. A withdrawal takes back only the newest announcement that waits,
//! so that A, B, withdrawn ends with A.

use std::collections::BTreeMap;

/// The longest time between two rounds of sending, in microseconds.
pub const ROUND: u64 = 100_000;

/// Announcements and withdrawals of routes that wait, each with when it was said.
#[derive(Debug)]
pub struct Waiting<Id, Route, Said> {
    groups: Vec<(Route, BTreeMap<Id, Said>)>,
    newest: BTreeMap<Id, Route>,
    withdrawn: BTreeMap<Id, Said>,
}

impl<Id, Route, Said> Default for Waiting<Id, Route, Said> {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            newest: BTreeMap::new(),
            withdrawn: BTreeMap::new(),
        }
    }
}

impl<Id: Ord + Copy, Route: Clone + PartialEq, Said: Copy> Waiting<Id, Route, Said> {
    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.newest.is_empty() && self.withdrawn.is_empty() && self.groups.is_empty()
    }

    /// A route is to be announced.
    pub fn announce(&mut self, id: Id, route: &Route, said: Said) {
        match self.groups.iter_mut().find(|(other, _)| other == route) {
            Some((_, ids)) => drop(ids.insert(id, said)),
            None => {
                self.groups
                    .push((route.clone(), BTreeMap::from([(id, said)])));
            }
        }
        self.newest.insert(id, route.clone());
    }

    /// A route is to be withdrawn.
    pub fn withdraw(&mut self, id: Id, said: Said) {
        if let Some(route) = self.newest.remove(&id) {
            let group = self.groups.iter_mut().find(|(other, _)| *other == route);
            if let Some((_, ids)) = group {
                ids.remove(&id);
            }
        }
        self.withdrawn.insert(id, said);
    }

    /// A round of sending.
    pub fn send(&mut self) -> Vec<(Id, Option<Route>, Said)> {
        let waiting = std::mem::take(self);
        let withdrawn = waiting.withdrawn.into_iter();
        let withdrawn = withdrawn.map(|(id, said)| (id, None, said));
        let groups = waiting.groups.into_iter();
        let announced = groups.flat_map(|(route, ids)| {
            ids.into_iter()
                .map(move |(id, said)| (id, Some(route.clone()), said))
        });
        withdrawn.chain(announced).collect()
    }
}
