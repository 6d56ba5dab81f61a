//! What ExaBGP has been told, and the difference to what it should be told. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::refusal::Refusal;
use super::told::Told;
use crate::decide::{Desired, Intent};
use crate::route::{Family, Neighbor, Prefix, Route, RouteKey};

/// The most routes that are remembered when they are not managed any more.
const GONE: usize = 1000;

/// One managed route.
#[derive(Debug, Clone, Default)]
struct Entry {
    /// What ExaBGP acknowledged last. Absent: unknown, such as after the start of this process.
    told: Option<Told>,
    /// What it refused, and when to try again.
    refused: Option<Refusal>,
    /// Its last command was refused or not answered: the next goes alone, so that the answer is surely its own.
    alone: bool,
    /// Commands about it since the start.
    commands: u32,
    /// It may be out: this process announced it last, or ExaBGP was found to hold it. What it withdrew, or a predecessor had, may be gone.
    was_out: bool,
    /// Neighbors for which ExaBGP was found to hold it, while it is not known what it was told.
    held_by: BTreeSet<Neighbor>,
}

/// The routes that ExaBGP was told about, as it acknowledged them.
#[derive(Debug, Clone, Default)]
pub struct AdjRibOut {
    entries: BTreeMap<RouteKey, Entry>,
    /// Some route was stated more than once, or by a predecessor too.
    restated: bool,
    /// Withdrawn, and not managed any more. A neighbor of which nothing was heard yet may have missed it.
    gone: BTreeSet<RouteKey>,
}

/// What is known of the neighbors.
#[derive(Debug, Clone, Default)]
pub struct Peers {
    /// Those that may hold routes; absent: that is not known yet, and it matters.
    pub holders: Option<BTreeSet<Neighbor>>,
    /// Whether the session is established, and nothing is to be sent over it again, of those that ExaBGP has reported.
    pub sessions: BTreeMap<Neighbor, bool>,
    /// All that ExaBGP has or had, where it names them: nothing was said to others.
    pub named: Option<BTreeSet<Neighbor>>,
    /// Those that ExaBGP does not have: what is for them waits.
    pub lacking: BTreeSet<Neighbor>,
    /// Those that have no session by the last answer, of which ExaBGP may have reported nothing.
    pub idle: BTreeSet<Neighbor>,
}

impl Peers {
    /// Something may have been said to it.
    fn may_know(&self, neighbor: &Neighbor) -> bool {
        self.named
            .as_ref()
            .is_none_or(|named| named.contains(neighbor))
    }

    /// A session to one of these neighbors is established, or nothing is known of any. None are named: to any neighbor.
    pub fn may_be_up(&self, neighbors: &[Neighbor]) -> bool {
        let sessions = self.sessions.iter().map(|(neighbor, up)| (neighbor, *up));
        let is_idle = |neighbor: &Neighbor| self.idle.contains(neighbor);
        let are_idle = || !neighbors.is_empty() && neighbors.iter().all(is_idle);
        is_any_up(sessions, neighbors).unwrap_or_else(|| !are_idle())
    }
}

/// Whether a session to one of these neighbors is established; absent: none of them is known.
pub(super) fn is_any_up<'known>(
    sessions: impl Iterator<Item = (&'known Neighbor, bool)>,
    neighbors: &[Neighbor],
) -> Option<bool> {
    sessions
        .filter(|(neighbor, _)| neighbors.is_empty() || neighbors.contains(neighbor))
        .map(|(_, up)| up)
        .reduce(|one, other| one || other)
}

/// One thing to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The route.
    pub key: RouteKey,
    /// The statement.
    pub say: Told,
    /// It must be sent alone.
    pub alone: bool,
    /// How often it was refused, or not answered.
    tries: u32,
}

impl AdjRibOut {
    /// What must be said for `desired` to be told. A managed route that was never stated is stated, so that what a
    /// dead predecessor left is replaced; one that is not desired any more is withdrawn, once what takes its place is
    /// out at a neighbor, and carries what that carries where it has to wait.
    pub fn differences(&self, desired: &Desired, peers: &Peers, now: Instant) -> Vec<Difference> {
        let unwanted = self.unwanted(desired).filter_map(|key| {
            let intent = match self.may_go(key, desired, peers) {
                true => Some(&Intent::Withdraw),
                false => self.carried(key, desired, peers),
            };
            Some((key, intent?))
        });
        let wanted = desired.iter().chain(unwanted);
        let mut differences: Vec<Difference> = wanted
            .filter_map(|(key, intent)| self.difference(key, intent, now))
            .collect();
        // What goes alone waits for the others, and the most refused longest. A withdrawal frees clients of a dead
        // service: it goes first.
        differences.sort_by_key(|difference| {
            (
                difference.alone,
                difference.tries,
                difference.say != Told::Withdrawn,
            )
        });
        differences
    }

    /// What must be said of a route for this to be told; absent: nothing, or not yet.
    fn difference(&self, key: &RouteKey, intent: &Intent, now: Instant) -> Option<Difference> {
        let entry = self.entries.get(key);
        let say = match (intent, entry.and_then(|entry| entry.told.as_ref())) {
            (Intent::Leave, _) | (Intent::Withdraw, Some(Told::Withdrawn)) => return None,
            (Intent::Announce(route), Some(Told::Announced(told))) if route == told => return None,
            (Intent::Withdraw, _) => Told::Withdrawn,
            (Intent::Announce(route), _) => Told::Announced(route.clone()),
        };
        let refused = entry
            .and_then(|entry| entry.refused.as_ref())
            .filter(|refused| refused.what == say);
        if refused.is_some_and(|refused| now < refused.retry_at) {
            return None;
        }
        let tries = refused.map_or(0, |refused| refused.tries);
        Some(Difference {
            key: key.clone(),
            say,
            alone: entry.is_some_and(|entry| entry.alone),
            tries,
        })
    }

    /// When a refused command may be tried again, if any waits.
    pub fn next_retry(&self, now: Instant) -> Option<Instant> {
        self.entries
            .values()
            .filter_map(|entry| entry.refused.as_ref().map(|refused| refused.retry_at))
            .filter(|at| *at > now)
            .min()
    }

    /// A command about a route is on its way: until its answer it is unknown what ExaBGP holds.
    pub fn sent(&mut self, key: &RouteKey) {
        self.gone.remove(key);
        let entry = self.entries.entry(key.clone()).or_default();
        entry.commands = entry.commands.saturating_add(1);
        self.restated |= entry.commands > 1;
    }

    /// Forgets refusals of what is not wanted any more: ExaBGP holds what is.
    pub fn forget_refusals(&mut self, desired: &Desired) {
        let refused = self
            .entries
            .iter_mut()
            .filter(|(_, entry)| entry.refused.is_some());
        for (key, entry) in refused {
            let wanted = match desired.get(key) {
                Some(Intent::Announce(route)) => Told::Announced(route.clone()),
                Some(Intent::Withdraw) => Told::Withdrawn,
                Some(Intent::Leave) | None => continue,
            };
            if entry.told == Some(wanted) {
                entry.refused = None;
            }
        }
    }

    /// Forgets what is withdrawn and not desired any more, unless a session has `missed` the withdrawal.
    pub fn forget(&mut self, desired: &Desired, missed: impl Fn(&RouteKey) -> bool) {
        let is_gone = |(key, entry): &(&RouteKey, &Entry)| {
            entry.told == Some(Told::Withdrawn) && !desired.contains_key(*key) && !missed(key)
        };
        let gone: Vec<RouteKey> = self
            .entries
            .iter()
            .filter(is_gone)
            .map(|(key, _)| key.clone())
            .collect();
        gone.iter().for_each(|key| drop(self.entries.remove(key)));
        let room = GONE.saturating_sub(self.gone.len());
        self.gone.extend(gone.into_iter().take(room));
    }

    /// Routes that are withdrawn and not managed any more.
    pub fn gone(&self) -> impl Iterator<Item = &RouteKey> {
        self.gone.iter()
    }

    /// Managed, and not desired any more.
    fn unwanted(&self, desired: &Desired) -> impl Iterator<Item = &RouteKey> {
        self.entries
            .keys()
            .filter(|key| !desired.contains_key(*key))
    }

    /// Some route is managed, and not desired any more.
    pub fn has_unwanted(&self, desired: &Desired) -> bool {
        self.unwanted(desired).next().is_some()
    }

    /// What an unwanted route carries while what is to take its place cannot arrive: the service goes on meanwhile.
    fn carried<'desired>(
        &self,
        key: &RouteKey,
        desired: &'desired Desired,
        peers: &Peers,
    ) -> Option<&'desired Intent> {
        let told = self.told(key);
        let is_other = |intent: &Intent| match (intent, told) {
            (Intent::Withdraw | Intent::Leave, _) | (_, Some(Told::Withdrawn)) => false,
            (Intent::Announce(route), Some(Told::Announced(told))) => route != told,
            // A neighbor may hold it as a predecessor said it, or as it was before the heir was announced.
            (Intent::Announce(_), None) => self.entries.get(key).is_some_and(|entry| entry.was_out),
        };
        let mut heirs = of_prefix(desired, key.prefix);
        heirs
            .find(|(other, intent)| is_other(intent) && self.waits(other, key, peers))
            .map(|(_, intent)| intent)
    }

    /// What takes the place of an unwanted route cannot arrive now.
    fn waits(&self, heir: &RouteKey, key: &RouteKey, peers: &Peers) -> bool {
        let is_lacking = |neighbor: &Neighbor| peers.lacking.contains(neighbor);
        let nobody_has_it = !heir.neighbors.is_empty() && heir.neighbors.iter().all(is_lacking);
        nobody_has_it || !arrives(heir, key, peers) || self.refusal(heir).is_some()
    }

    /// What takes the place of an unwanted route is out, or nothing does.
    fn may_go(&self, key: &RouteKey, desired: &Desired, peers: &Peers) -> bool {
        self.is_replaced(key, desired, peers)
            && (peers.holders.is_some() || !self.needs_holders(key, desired))
    }

    /// What takes its place is out, as ExaBGP acknowledged it, and a session is there that may carry it, if one was for
    /// this one.
    fn is_replaced(&self, key: &RouteKey, desired: &Desired, peers: &Peers) -> bool {
        of_prefix(desired, key.prefix).all(|(other, intent)| match intent {
            Intent::Leave => false,
            Intent::Withdraw => true,
            Intent::Announce(route) => {
                self.told(other) == Some(&Told::Announced(route.clone()))
                    && arrives(other, key, peers)
            }
        })
    }

    /// It was for all, and what takes its place is for some: from whom it is to be withdrawn, only ExaBGP knows.
    fn needs_holders(&self, key: &RouteKey, desired: &Desired) -> bool {
        let mut heirs = heirs(key, desired).peekable();
        key.neighbors.is_empty()
            && heirs.peek().is_some()
            && heirs.all(|heir| !heir.neighbors.is_empty())
    }

    /// Some unwanted route waits until it is known who holds it, or, while its heir waits, whether anybody does.
    pub fn waits_for_holders(&self, desired: &Desired, peers: &Peers) -> bool {
        self.unwanted(desired).any(|key| {
            let waits = match self.is_replaced(key, desired, peers) {
                true => self.needs_holders(key, desired),
                false => self.may_be_left(key, desired, peers),
            };
            waits && self.told(key) != Some(&Told::Withdrawn)
        })
    }

    /// A predecessor may have left it, and its heir waits.
    fn may_be_left(&self, key: &RouteKey, desired: &Desired, peers: &Peers) -> bool {
        let is_unknown = |entry: &Entry| entry.told.is_none() && !entry.was_out;
        let waits = |(heir, intent): (&RouteKey, &Intent)| {
            matches!(intent, Intent::Announce(_)) && self.waits(heir, key, peers)
        };
        self.entries.get(key).is_some_and(is_unknown) && of_prefix(desired, key.prefix).any(waits)
    }

    /// Unwanted routes are to be withdrawn only from neighbors to whom nothing else was announced in their place: it
    /// would take that away as well.
    pub fn hand_over(&mut self, desired: &Desired, peers: &Peers) {
        let unwanted: Vec<RouteKey> = self
            .unwanted(desired)
            .filter(|key| self.may_go(key, desired, peers))
            .cloned()
            .collect();
        for key in unwanted {
            let Some(mut left) = left_without_heir(&key, desired, peers.holders.as_ref()) else {
                continue;
            };
            let Some(entry) = self.entries.remove(&key) else {
                continue;
            };
            // What a predecessor said may have gone to others.
            left.retain(|neighbor| entry.told.is_none() || peers.may_know(neighbor));
            if left.is_empty() {
                self.outlives(key, desired);
                continue;
            }
            let left = RouteKey {
                neighbors: left,
                ..key
            };
            self.entries.insert(left, entry);
        }
    }

    /// What was for all is for some now, and whoever holds it is told of that. A neighbor that was not there yet may be sent it.
    fn outlives(&mut self, key: RouteKey, desired: &Desired) {
        let is_for_all = |key: &RouteKey| key.neighbors.is_empty();
        if is_for_all(&key) && !heirs(&key, desired).any(is_for_all) {
            self.restated = true;
            if self.gone.len() < GONE {
                self.gone.insert(key);
            }
        }
    }

    /// ExaBGP took it. Returns how often it had refused it, where that was logged.
    pub fn accepted(&mut self, key: &RouteKey, told: Told) -> Option<u32> {
        self.doubt_what_shares_neighbors(key, &told);
        let entry = self.entries.entry(key.clone()).or_default();
        let before = entry
            .refused
            .take()
            .filter(|refused| refused.what == told && refused.was_told());
        *entry = Entry {
            was_out: told != Told::Withdrawn,
            told: Some(told),
            refused: None,
            alone: false,
            commands: entry.commands,
            held_by: BTreeSet::new(),
        };
        before.map(|refused| refused.tries)
    }

    /// A withdrawal that came late took from its neighbors what was announced to them since, under another selection.
    /// So has an announcement with what was announced otherwise.
    fn doubt_what_shares_neighbors(&mut self, key: &RouteKey, told: &Told) {
        let shares = |other: &RouteKey| {
            other != key
                && other.path_information == key.path_information
                && share_neighbors(key, other)
        };
        let others = self.entries.range_mut(first_of(key.prefix)..);
        others
            .take_while(|(other, _)| other.prefix == key.prefix)
            .filter(|(other, _)| shares(other))
            .filter(|(_, entry)| {
                matches!(entry.told, Some(Told::Announced(_))) && entry.told.as_ref() != Some(told)
            })
            .for_each(|(_, entry)| entry.told = None);
    }

    /// Routes to the same prefix with another path identifier that are announced to some of the same neighbors. Over a session that has not
    /// agreed on add-path no identifier is sent, so that a withdrawal of one takes the others along, and ExaBGP does not know.
    pub fn beside(&self, key: &RouteKey) -> Vec<RouteKey> {
        let routes = self
            .entries
            .range(first_of(key.prefix)..)
            .take_while(|(other, _)| other.prefix == key.prefix);
        let others = routes.filter(|(other, entry)| {
            other.path_information != key.path_information
                && matches!(entry.told, Some(Told::Announced(_)))
                && share_neighbors(key, other)
        });
        others.map(|(other, _)| other.clone()).collect()
    }

    /// ExaBGP refused it, or left it unanswered, and holds what it held.
    pub fn refused(&mut self, key: &RouteKey, what: Told, now: Instant) -> &mut Refusal {
        let entry = self.entries.entry(key.clone()).or_default();
        entry.alone = true;
        let before = entry.refused.take();
        entry.refused.insert(Refusal::of(what, before, now))
    }

    /// ExaBGP has this neighbor: what it refused may be taken now.
    pub fn heard_of(&mut self, neighbor: &Neighbor, now: Instant) {
        let concerned =
            |key: &RouteKey| key.neighbors.is_empty() || key.neighbors.contains(neighbor);
        let entries = self.entries.iter_mut().filter(|(key, _)| concerned(key));
        entries
            .filter_map(|(_, entry)| entry.refused.as_mut())
            .for_each(|refused| refused.hasten(now));
    }

    /// What was refused may be taken now: ExaBGP speaks otherwise.
    pub fn hasten(&mut self, now: Instant) {
        let refused = self
            .entries
            .values_mut()
            .filter_map(|entry| entry.refused.as_mut());
        refused.for_each(|refused| refused.hasten(now));
    }

    /// It is not known whether ExaBGP took it, or takes it later: it is to be said again, alone, and so is what it may have taken away.
    pub fn unanswered(&mut self, key: &RouteKey, told: &Told) {
        self.doubt_what_shares_neighbors(key, told);
        let entry = self.entries.entry(key.clone()).or_default();
        entry.told = None;
        entry.alone = true;
        entry.was_out = *told != Told::Withdrawn;
        entry.held_by.clear();
    }

    /// ExaBGP was found to hold routes for these neighbors, whoever announced them, and where `all` were read, for no others.
    pub fn are_held<'read>(
        &mut self,
        all: bool,
        holders: impl Fn(&RouteKey) -> Vec<&'read Neighbor>,
    ) {
        let in_doubt = self.entries.iter();
        // What an earlier reading found may have gone with its neighbor.
        let is_open = |entry: &Entry| !entry.was_out || !entry.held_by.is_empty();
        let in_doubt = in_doubt.filter(|(_, entry)| entry.told.is_none() && is_open(entry));
        // What another one was announced to holds that.
        let is_own = |key: &RouteKey, neighbor: &Neighbor| {
            !matches!(self.told_to(neighbor, key), Some(Told::Announced(_)))
        };
        let own = |key: &RouteKey| -> BTreeSet<Neighbor> {
            let own = holders(key).into_iter().filter(|one| is_own(key, one));
            own.cloned().collect()
        };
        let held: Vec<_> = in_doubt.map(|(key, _)| (key.clone(), own(key))).collect();
        for (key, held_by) in held {
            let entry = self.entries.entry(key).or_default();
            entry.was_out = !held_by.is_empty();
            entry.held_by = if all { held_by } else { BTreeSet::new() };
        }
    }

    /// An unwanted route of a predecessor's is that of the neighbors that have it: no other is told of it.
    pub fn narrow(&mut self, desired: &Desired) {
        let is_found = |(key, entry): &(&RouteKey, &mut Entry)| {
            !desired.contains_key(*key) && !entry.held_by.is_empty()
        };
        let found = self.entries.iter_mut().filter(is_found);
        let found: Vec<_> = found
            .map(|(key, entry)| (key.clone(), std::mem::take(&mut entry.held_by)))
            .collect();
        for (key, held_by) in found {
            let neighbors = held_by.into_iter().collect();
            let is_open = self.told(&key).is_none();
            if let Some(entry) = is_open.then(|| self.entries.remove(&key)).flatten() {
                self.entries.insert(RouteKey { neighbors, ..key }, entry);
            }
        }
    }

    /// ExaBGP turned out to hold something else: it is to be said again.
    pub fn doubt(&mut self, key: &RouteKey) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.told = None;
        }
    }

    /// What was announced to this neighbor among others may not have reached it: it is to be said again.
    pub fn doubt_of(&mut self, neighbor: &Neighbor) {
        let entries = self.entries.iter_mut();
        let named = entries.filter(|(key, _)| key.neighbors.contains(neighbor));
        named.for_each(|(_, entry)| entry.told = None);
    }

    /// One of the routes that this neighbor has, by what was acknowledged, and should have: of this family.
    pub fn announced_to(
        &self,
        neighbor: &Neighbor,
        family: Family,
        desired: &Desired,
    ) -> Option<(&RouteKey, &Route)> {
        let mut entries = self.entries.iter();
        let is_such = |key: &RouteKey| concerns(neighbor, key) && key.prefix.family() == family;
        let should = |key: &RouteKey| match desired.get(key) {
            Some(Intent::Announce(route)) => Some(route),
            _ => None,
        };
        entries.find_map(|(key, entry)| match &entry.told {
            Some(Told::Announced(route)) if is_such(key) && should(key) == Some(route) => {
                Some((key, route))
            }
            _ => None,
        })
    }

    /// Another route to the same prefix and path is announced to some of the same neighbors.
    pub fn is_shared(&self, key: &RouteKey) -> bool {
        let routes = self.entries.range(first_of(key.prefix)..);
        let mut routes = routes.take_while(|(other, _)| other.prefix == key.prefix);
        routes.any(|(other, entry)| {
            other.path_information == key.path_information
                && matches!(entry.told, Some(Told::Announced(_)))
                && share_neighbors(key, other)
        })
    }

    /// Routes that a predecessor may have announced: unless they are desired, they are to be withdrawn.
    pub fn inherit(&mut self, keys: impl IntoIterator<Item = RouteKey>) {
        for key in keys {
            self.entries.entry(key).or_default();
            self.restated = true;
        }
    }

    /// Nothing is known of it: this process has had no answer about it, or ExaBGP turned out to hold something else.
    pub fn is_open(&self, key: &RouteKey) -> bool {
        self.entries
            .get(key)
            .is_none_or(|entry| entry.told.is_none() && !entry.alone)
    }

    /// Some route was stated more than once: a session that comes up now may have missed an order of events.
    pub fn has_changed_since_start(&self) -> bool {
        self.restated
    }

    /// Every route that may be out.
    pub fn may_be_out(&self) -> impl Iterator<Item = &RouteKey> {
        self.entries
            .iter()
            .filter(|(_, entry)| entry.told != Some(Told::Withdrawn))
            .map(|(key, _)| key)
    }

    /// A route to this prefix is managed.
    pub fn has(&self, prefix: Prefix) -> bool {
        self.entries
            .range(first_of(prefix)..)
            .next()
            .is_some_and(|(key, _)| key.prefix == prefix)
    }

    /// ExaBGP may hold it otherwise than this announces it, under whatever selection.
    pub fn may_differ(&self, key: &RouteKey, said: &Told) -> bool {
        let is_other = |(other, entry): (&RouteKey, &Entry)| match &entry.told {
            Some(Told::Announced(_)) => entry.told.as_ref() != Some(said),
            Some(Told::Withdrawn) => false,
            None => other != key || entry.commands > 1,
        };
        let routes = self.entries.range(first_of(key.prefix)..);
        let routes = routes.take_while(|(other, _)| other.prefix == key.prefix);
        let mut same = routes.filter(|(other, _)| {
            other.path_information == key.path_information && share_neighbors(key, other)
        });
        *said != Told::Withdrawn && same.any(is_other)
    }

    /// It is a managed route, or was one.
    pub fn is_known(&self, key: &RouteKey) -> bool {
        self.entries.contains_key(key) || self.gone.contains(key)
    }

    /// Of all routes to the same prefix and path that this neighbor is told of, this one says what it should hold: what was announced last
    /// and is still wanted, or else announced, or else withdrawn.
    pub fn is_last_word(&self, key: &RouteKey, neighbor: &Neighbor, desired: &Desired) -> bool {
        let weight = |key: &RouteKey| {
            let told = match self.told(key) {
                Some(Told::Withdrawn) => 0,
                None => 1,
                Some(Told::Announced(_)) => 2,
            };
            (told, desired.contains_key(key))
        };
        let routes = self
            .entries
            .range(first_of(key.prefix)..)
            .map(|(other, _)| other);
        let others = routes
            .take_while(|other| other.prefix == key.prefix)
            .filter(|other| {
                *other != key
                    && other.path_information == key.path_information
                    && concerns(neighbor, other)
            });
        others
            .map(|other| (weight(other), other))
            .all(|other| other < (weight(key), key))
    }

    /// The route to the same prefix and path that says what this neighbor should hold.
    pub fn last_word<'key>(
        &'key self,
        key: &'key RouteKey,
        neighbor: &Neighbor,
        desired: &Desired,
    ) -> &'key RouteKey {
        let routes = self.entries.range(first_of(key.prefix)..);
        let routes = routes.map(|(other, _)| other);
        let mut same = routes
            .take_while(|other| other.prefix == key.prefix)
            .filter(|other| {
                other.path_information == key.path_information && concerns(neighbor, other)
            });
        same.find(|other| self.is_last_word(other, neighbor, desired))
            .unwrap_or(key)
    }

    /// Every managed route.
    pub fn keys(&self) -> impl Iterator<Item = &RouteKey> {
        self.entries.keys()
    }

    /// What ExaBGP did not take of a route, how often it was tried, and when it is tried again.
    pub fn refusal(&self, key: &RouteKey) -> Option<(&Told, u32, Instant)> {
        let refused = self.entries.get(key)?.refused.as_ref()?;
        Some((&refused.what, refused.tries, refused.retry_at))
    }

    /// What ExaBGP acknowledged last of a route.
    pub fn told(&self, key: &RouteKey) -> Option<&Told> {
        let gone = || self.gone.contains(key).then_some(&Told::Withdrawn);
        self.entries
            .get(key)
            .map_or_else(gone, |entry| entry.told.as_ref())
    }

    /// What the neighbor was told of the route, under whatever selection: an edit may have given it to another one.
    pub fn told_to(&self, neighbor: &Neighbor, key: &RouteKey) -> Option<&Told> {
        let routes = self.entries.range(first_of(key.prefix)..);
        let routes = routes.take_while(|(other, _)| other.prefix == key.prefix);
        let same = routes.filter(|(other, _)| {
            other.path_information == key.path_information && concerns(neighbor, other)
        });
        let told = same.filter_map(|(_, entry)| entry.told.as_ref());
        let announced = told.max_by_key(|told| matches!(told, Told::Announced(_)));
        announced.or_else(|| self.told(key))
    }
}

/// The route is for this neighbor, too.
pub(super) fn concerns(neighbor: &Neighbor, key: &RouteKey) -> bool {
    key.neighbors.is_empty() || key.neighbors.contains(neighbor)
}

/// Some neighbor is told of both.
fn share_neighbors(one: &RouteKey, other: &RouteKey) -> bool {
    one.neighbors.is_empty()
        || other.neighbors.is_empty()
        || one
            .neighbors
            .iter()
            .any(|neighbor| other.neighbors.contains(neighbor))
}

/// What comes before every route to a prefix, in their order.
pub(super) fn first_of(prefix: Prefix) -> RouteKey {
    RouteKey {
        prefix,
        path_information: None,
        neighbors: Vec::new(),
    }
}

/// A session may carry `heir`, or none could carry `key` either.
fn arrives(heir: &RouteKey, key: &RouteKey, peers: &Peers) -> bool {
    peers.may_be_up(&heir.neighbors) || !peers.may_be_up(&key.neighbors)
}

/// The routes to a prefix.
fn of_prefix(desired: &Desired, prefix: Prefix) -> impl Iterator<Item = (&RouteKey, &Intent)> {
    desired
        .range(first_of(prefix)..)
        .take_while(move |(key, _)| key.prefix == prefix)
}

/// Routes of the same prefix and path that are announced in place of an unwanted one.
fn heirs<'desired>(
    key: &RouteKey,
    desired: &'desired Desired,
) -> impl Iterator<Item = &'desired RouteKey> {
    let path = key.path_information;
    let announced =
        of_prefix(desired, key.prefix).filter(|(_, intent)| matches!(intent, Intent::Announce(_)));
    announced
        .map(|(other, _)| other)
        .filter(move |other| other.path_information == path)
}

/// The neighbors from whom an unwanted route is to be withdrawn; absent: from all that it names.
fn left_without_heir(
    key: &RouteKey,
    desired: &Desired,
    holders: Option<&BTreeSet<Neighbor>>,
) -> Option<Vec<Neighbor>> {
    let heirs: Vec<&RouteKey> = heirs(key, desired).collect();
    if heirs.iter().any(|heir| heir.neighbors.is_empty()) {
        return Some(Vec::new());
    }
    let before = match key.neighbors.as_slice() {
        [] => holders
            .filter(|holders| !holders.is_empty())?
            .iter()
            .cloned()
            .collect(),
        named => named.to_vec(),
    };
    let inherited =
        |neighbor: &Neighbor| heirs.iter().any(|heir| heir.neighbors.contains(neighbor));
    let left: Vec<Neighbor> = before
        .into_iter()
        .filter(|neighbor| !inherited(neighbor))
        .collect();
    (!heirs.is_empty()).then_some(left)
}
