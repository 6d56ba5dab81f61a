//! What happened since the start, for reports: the last moves, counts, and since when something is as it is. The loop
//! tells it; it decides nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::histogram::Histogram;
use super::moment::Moment;
use super::status::shape::{Readable, Transition};
use super::words;
use crate::announce::{AdjRibOut, Dialogue, Told};
use crate::condition::Probe;
use crate::config::Service;
use crate::decide::{Desired, Intent};
use crate::health::Health;
use crate::observation::{Observation, Process, ServerState, Snapshot, Trouble};
use crate::program::View;
use crate::route::{Neighbor, RouteKey};
use crate::standing::Standing;

/// Moves that are remembered.
const REMEMBERED: usize = 20;

/// What happened since the start.
#[derive(Debug, Default)]
pub struct History {
    transitions: VecDeque<Transition>,
    services: BTreeMap<String, Past>,
    haproxy: Option<Seen>,
    /// Of the process that answered last: the servers of each proxy that were up.
    up: (Option<u32>, BTreeMap<String, BTreeSet<String>>),
    fell: Option<Instant>,
    siblings: BTreeMap<Probe, (bool, Instant)>,
    neighbors: BTreeMap<Neighbor, (bool, Instant)>,
    differing: BTreeMap<RouteKey, Instant>,
    /// How long the looks at HAProxy took, from the order to the loop's hands.
    pub looks: Histogram,
    /// How long it took from there until ExaBGP's pipe had what follows from them.
    pub decisions: Histogram,
}

/// A service's past.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// Moves, by the standing that they led to.
    pub moves: BTreeMap<String, u64>,
    /// How long it could not be told what its state is, over all times that are past.
    pub unknown: Duration,
    /// Since when it cannot be told.
    unknown_since: Option<Instant>,
}

/// HAProxy, as it was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Whether it can be read.
    pub state: Readable,
    /// Since when.
    pub since: Instant,
    /// Why it is gone or unreadable.
    pub why: Option<String>,
    /// The process that answered last, without its age.
    pub process: Option<Process>,
    /// When that process started.
    pub started: Option<Instant>,
    /// Other processes, without a time in which it was gone.
    pub reloads: u64,
    /// Other processes, after such a time.
    pub restarts: u64,
    was_gone: bool,
}

impl History {
    /// A service moved. Returns the move, for whoever else is told.
    pub fn moved(
        &mut self,
        service: &Service,
        health: &Health,
        (from, to): (Standing, Standing),
        at: Moment,
    ) -> Transition {
        let [from, to] = [from, to].map(|standing| words::standing(service, standing).to_owned());
        *self
            .services
            .entry(service.name.clone())
            .or_default()
            .moves
            .entry(to.clone())
            .or_default() += 1;
        let prefixes = service
            .prefixes
            .iter()
            .map(|(prefix, _)| prefix.to_string())
            .collect();
        let transition = Transition {
            at,
            service: service.name.clone(),
            from,
            to,
            why: health.why.clone(),
            prefixes,
        };
        self.remember(transition.clone());
        transition
    }

    /// A drain of a service came to a stage, or is over; in the log's words.
    pub fn drained(&mut self, service: &Service, standing: Standing, line: &str, at: Moment) {
        let (name, standing) = (
            service.name.clone(),
            words::standing(service, standing).to_owned(),
        );
        let why = line
            .strip_prefix(&format!("service {name}: "))
            .unwrap_or(line)
            .to_owned();
        let prefixes = service
            .prefixes
            .iter()
            .map(|(prefix, _)| prefix.to_string())
            .collect();
        self.remember(Transition {
            at,
            service: name,
            from: standing.clone(),
            to: standing,
            why,
            prefixes,
        });
    }

    fn remember(&mut self, transition: Transition) {
        self.transitions.push_back(transition);
        if self.transitions.len() > REMEMBERED {
            self.transitions.pop_front();
        }
    }

    /// A service was judged.
    fn judged(&mut self, service: &Service, health: &Health, now: Instant) {
        let since = health.unknown.map(|unknown| unknown.since);
        if !self.services.contains_key(&service.name) {
            self.services.insert(service.name.clone(), Past::default());
        }
        let Some(past) = self.services.get_mut(&service.name) else {
            return;
        };
        if let Some(begun) = past.unknown_since.filter(|begun| since != Some(*begun)) {
            past.unknown += now.saturating_duration_since(begun);
        }
        past.unknown_since = since;
    }

    /// What the program judged of what it saw last, within `took`. True: something counts or waits, which is no change yet.
    pub fn follow(&mut self, view: View<'_>, took: Duration, now: Instant) -> bool {
        let Some(seen) = view.seen else { return false };
        self.decisions.observe(took);
        // One that hangs has not ended: it is dated now.
        if let Some(reading) = seen.haproxy.as_ref().filter(|reading| reading.at < now) {
            self.looks
                .observe(now.saturating_duration_since(reading.at));
        }
        self.saw(seen);
        let mut waits = false;
        for service in view.config.iter().flat_map(|config| &config.services) {
            if let Some(health) = view.judge.health(&service.name) {
                self.judged(service, health, now);
                waits |= health.pending.is_some() || health.unknown.is_some();
            }
        }
        waits
    }

    /// Forgets services that are not configured any more.
    pub fn keep_only(&mut self, configured: impl Fn(&str) -> bool) {
        self.services.retain(|name, _| configured(name));
    }

    /// HAProxy was looked at.
    fn saw(&mut self, seen: &Observation) {
        let Some(reading) = &seen.haproxy else { return };
        if let Ok(snapshot) = &reading.what {
            self.count_down(snapshot, reading.at);
        }
        let (state, why, process) = match &reading.what {
            Ok(snapshot) => (Readable::Readable, None, snapshot.process.as_ref()),
            Err(Trouble::Gone(why)) => (Readable::Gone, Some(why), None),
            Err(Trouble::Unreadable(why)) => (Readable::Unreadable, Some(why), None),
        };
        let known = self
            .haproxy
            .get_or_insert_with(|| Seen::new(state, reading.at));
        if known.state != state {
            (known.state, known.since) = (state, reading.at);
        }
        if known.why.as_ref() != why {
            known.why = why.cloned();
        }
        known.was_gone |= state == Readable::Gone;
        // One that leaves may answer beside the new one for a while.
        if let Some(process) = process.filter(|process| !process.stopping) {
            known.answered(process, reading.at);
        }
    }

    /// A server fell that the same process had called up, which HAProxy logs. Servers that are watched anew, or checked for the
    /// first time, are no news of its.
    fn count_down(&mut self, snapshot: &Snapshot, at: Instant) {
        let process = snapshot.process.as_ref().map(|process| process.pid);
        if self.up.0 != process {
            self.up = (process, BTreeMap::new());
        }
        let up = &mut self.up.1;
        up.retain(|name, _| snapshot.proxies.contains_key(name));
        for (name, proxy) in snapshot
            .proxies
            .iter()
            .filter(|(_, proxy)| !proxy.servers.is_empty())
        {
            let of = |state| {
                proxy
                    .servers
                    .iter()
                    .filter(move |server| server.state == state)
            };
            let known = up.entry(name.clone()).or_default();
            if of(ServerState::Down).any(|server| known.contains(&server.name)) {
                self.fell = Some(at);
            }
            let mut usable = of(ServerState::Usable);
            if usable.clone().count() != known.len()
                || !usable.all(|server| known.contains(&server.name))
            {
                *known = of(ServerState::Usable)
                    .map(|server| server.name.clone())
                    .collect();
            }
        }
    }

    /// When a server was seen down last that had not been.
    pub fn fell(&self) -> Option<Instant> {
        self.fell
    }

    /// A sibling's last answer. Returns since when it is as it is.
    pub fn answered(&mut self, sibling: &Probe, healthy: bool, at: Instant) -> Instant {
        match self.siblings.get(sibling) {
            Some((known, since)) if *known == healthy => *since,
            _ => {
                self.siblings.insert(sibling.clone(), (healthy, at));
                at
            }
        }
    }

    /// What ExaBGP reported of its neighbors, and which routes are not yet as they should be.
    pub fn heard(&mut self, dialogue: &Dialogue, desired: &Desired, now: Instant) {
        for (neighbor, up, _) in dialogue.neighbors() {
            match self.neighbors.get_mut(neighbor) {
                Some(known) if known.0 == up => {}
                Some(known) => *known = (up, now),
                None => drop(self.neighbors.insert(neighbor.clone(), (up, now))),
            }
        }
        let rib = dialogue.rib();
        let mut differing = std::mem::take(&mut self.differing);
        for key in desired
            .keys()
            .chain(rib.keys())
            .filter(|key| differs(key, desired, rib))
        {
            let since = differing.remove(key).unwrap_or(now);
            self.differing.entry(key.clone()).or_insert(since);
        }
    }

    /// The last moves, oldest first.
    pub fn transitions(&self) -> impl Iterator<Item = &Transition> {
        self.transitions.iter()
    }

    /// A service's past.
    pub fn of(&self, service: &str) -> Option<&Past> {
        self.services.get(service)
    }

    /// HAProxy; absent: it was not looked at yet.
    pub fn haproxy(&self) -> Option<&Seen> {
        self.haproxy.as_ref()
    }

    /// Since when a neighbor is as it is.
    pub fn neighbor_since(&self, neighbor: &Neighbor) -> Option<Instant> {
        self.neighbors.get(neighbor).map(|(_, since)| *since)
    }

    /// Since when a route is not as it should be.
    pub fn differs_since(&self, key: &RouteKey) -> Option<Instant> {
        self.differing.get(key).copied()
    }
}

/// What should be said of a route; absent: nothing yet.
pub fn wanted(key: &RouteKey, desired: &Desired) -> Option<Told> {
    match desired.get(key) {
        Some(Intent::Announce(route)) => Some(Told::Announced(route.clone())),
        Some(Intent::Leave) => None,
        Some(Intent::Withdraw) | None => Some(Told::Withdrawn),
    }
}

fn differs(key: &RouteKey, desired: &Desired, rib: &AdjRibOut) -> bool {
    match (desired.get(key), rib.told(key)) {
        (Some(Intent::Leave), _) => false,
        (Some(Intent::Announce(wanted)), Some(Told::Announced(route))) => wanted != route,
        (Some(Intent::Withdraw) | None, Some(Told::Withdrawn)) => false,
        _ => true,
    }
}

impl Seen {
    fn new(state: Readable, at: Instant) -> Self {
        Self {
            state,
            since: at,
            why: None,
            process: None,
            started: None,
            reloads: 0,
            restarts: 0,
            was_gone: false,
        }
    }

    fn answered(&mut self, process: &Process, at: Instant) {
        match &self.process {
            Some(known) if known.pid == process.pid => {}
            Some(_) if self.was_gone => self.restarts += 1,
            Some(_) => self.reloads += 1,
            None => {}
        }
        if self
            .process
            .as_ref()
            .is_none_or(|known| known.pid != process.pid)
        {
            self.process = Some(process.clone());
            self.started = process
                .uptime
                .and_then(|seconds| at.checked_sub(Duration::from_secs(seconds)));
        }
        self.was_gone = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Proxy, Reading, ServerRow};

    fn process(pid: u32, stopping: bool) -> Result<Snapshot, Trouble> {
        let process = Process {
            version: "2.6.12".to_owned(),
            pid,
            stopping,
            uptime: Some(10),
        };
        Ok(Snapshot {
            process: Some(process),
            ..Snapshot::default()
        })
    }

    #[test]
    fn reloads_and_restarts_are_told_apart() {
        let (start, second) = (
            Instant::now() + Duration::from_secs(60),
            Duration::from_secs(1),
        );
        let mut history = History::default();
        let mut at = start;
        let mut see = |what| {
            let haproxy = Some(Reading { at, what });
            history.saw(&Observation {
                haproxy,
                ..Observation::default()
            });
            at += second;
            let seen = history.haproxy().unwrap().clone();
            (seen.state, seen.since - start, seen.reloads, seen.restarts)
        };
        let gone = || Err(Trouble::Gone("connection refused".to_owned()));
        let unreadable = || Err(Trouble::Unreadable("no answer".to_owned()));
        assert_eq!(
            see(process(1, false)),
            (Readable::Readable, Duration::ZERO, 0, 0)
        );
        assert_eq!(
            see(process(2, false)),
            (Readable::Readable, Duration::ZERO, 1, 0)
        );
        // The old one still answers now and then.
        assert_eq!(
            see(process(1, true)),
            (Readable::Readable, Duration::ZERO, 1, 0)
        );
        assert_eq!(
            see(process(2, false)),
            (Readable::Readable, Duration::ZERO, 1, 0)
        );
        assert_eq!(see(unreadable()), (Readable::Unreadable, 4 * second, 1, 0));
        assert_eq!(
            see(process(2, false)),
            (Readable::Readable, 5 * second, 1, 0)
        );
        assert_eq!(see(gone()), (Readable::Gone, 6 * second, 1, 0));
        assert_eq!(see(gone()), (Readable::Gone, 6 * second, 1, 0));
        assert_eq!(
            see(process(3, false)),
            (Readable::Readable, 8 * second, 1, 1)
        );
        assert_eq!(history.haproxy().unwrap().started, Some(start - 2 * second));
    }

    #[test]
    fn a_server_fell_only_if_the_same_process_had_called_it_up() {
        use ServerState::{Down, Unchecked, Usable};
        let server = |number: usize, state| ServerRow {
            name: format!("s{number}"),
            backup: false,
            weight: 1,
            state,
            words: String::new(),
            tracks: None,
            remembered: None,
        };
        let mut history = History::default();
        let mut fell = |pid, proxies: &[(&str, &[ServerState])]| {
            let proxy = |states: &[ServerState]| Proxy {
                servers: states
                    .iter()
                    .enumerate()
                    .map(|(number, state)| server(number, *state))
                    .collect(),
                ..Proxy::default()
            };
            let proxies = proxies
                .iter()
                .map(|(name, states)| ((*name).to_owned(), proxy(states)))
                .collect();
            let process = Some(Process {
                pid,
                ..Process::default()
            });
            let before = history.fell();
            history.count_down(&Snapshot { process, proxies }, Instant::now());
            history.fell() != before
        };
        assert!(!fell(1, &[("a", &[Usable, Unchecked])]));
        // Its first check.
        assert!(!fell(1, &[("a", &[Usable, Down])]));
        // A backend that is watched now too.
        assert!(!fell(1, &[("a", &[Usable, Down]), ("b", &[Down, Down])]));
        assert!(fell(1, &[("a", &[Down, Down]), ("b", &[Down, Down])]));
        assert!(!fell(1, &[("a", &[Usable, Usable]), ("b", &[Down, Down])]));
        // While another one comes up.
        assert!(fell(1, &[("a", &[Down, Usable]), ("b", &[Down, Down])]));
        assert!(fell(1, &[("a", &[Usable, Down]), ("b", &[Down, Down])]));
        // After a reload.
        assert!(!fell(2, &[("a", &[Down, Down])]));
    }

    #[test]
    fn a_route_differs_until_it_is_acknowledged_as_it_should_be() {
        let key = RouteKey {
            prefix: "9.9.9.9/32".parse().unwrap(),
            path_information: None,
            neighbors: Vec::new(),
        };
        let (mut rib, mut desired) = (AdjRibOut::default(), Desired::new());
        desired.insert(key.clone(), Intent::Leave);
        assert!(!differs(&key, &desired, &rib));
        desired.insert(key.clone(), Intent::Withdraw);
        assert!(differs(&key, &desired, &rib));
        rib.accepted(&key, Told::Withdrawn);
        assert!(!differs(&key, &desired, &rib) && !differs(&key, &Desired::new(), &rib));
        rib.unanswered(&key, &Told::Withdrawn);
        assert!(differs(&key, &desired, &rib) && differs(&key, &Desired::new(), &rib));
    }
}
