//! What happened since the start, for reports: the last moves, counts, and the time of each last change. The loop writes
//! it; it decides nothing.

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

/// Moves and stages of drains that are remembered.
const REMEMBERED: usize = 20;

/// What happened since the start.
#[derive(Debug, Default)]
pub struct History {
    transitions: VecDeque<Transition>,
    services: BTreeMap<String, Past>,
    haproxy: Option<Seen>,
    /// The PID of the process that answered last, and its servers that were up, by proxy.
    up: (Option<u32>, BTreeMap<String, BTreeSet<String>>),
    fell: Option<Instant>,
    siblings: BTreeMap<Probe, (bool, Instant)>,
    neighbors: BTreeMap<Neighbor, (bool, Instant)>,
    differing: BTreeMap<RouteKey, Instant>,
    /// Duration of looks at HAProxy, from the question until the loop has the answer.
    pub looks: Histogram,
    /// Time from HAProxy's answer until the commands were written to ExaBGP.
    pub decisions: Histogram,
}

/// A service's past.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// Moves, by the standing that they led to.
    pub moves: BTreeMap<String, u64>,
    /// How long its state was unknown in all, without a time that is not over.
    pub unknown: Duration,
    /// Since when its state is unknown.
    unknown_since: Option<Instant>,
}

/// HAProxy, as the looks saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Whether it can be read.
    pub state: Readable,
    /// Since when it is in this state.
    pub since: Instant,
    /// Why it is gone or unreadable.
    pub why: Option<String>,
    /// The process that answered last, without its age.
    pub process: Option<Process>,
    /// When that process started.
    pub started: Option<Instant>,
    /// Reloads: another process answered, and no outage was seen.
    pub reloads: u64,
    /// Restarts: another process answered after an outage.
    pub restarts: u64,
    was_gone: bool,
}

impl History {
    /// Records a service's move, and returns it for the hooks.
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

    /// Records a stage, or the end, of a service's drain. `line`: the log line.
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

    /// Adds up how long a service's state is unknown.
    fn count_unknown(&mut self, service: &Service, health: &Health, now: Instant) {
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

    /// Follows the program after an observation. `took`: the time of its decision. True: a change is pending, or a state unknown.
    pub fn follow(&mut self, view: View<'_>, took: Duration, now: Instant) -> bool {
        let Some(seen) = view.seen else { return false };
        self.decisions.observe(took);
        // A look that hangs is dated now: it has no duration yet.
        if let Some(reading) = seen.haproxy.as_ref().filter(|reading| reading.at < now) {
            self.looks
                .observe(now.saturating_duration_since(reading.at));
        }
        self.look(seen);
        let mut waits = false;
        for service in view.config.iter().flat_map(|config| &config.services) {
            if let Some(health) = view.judge.health(&service.name) {
                self.count_unknown(service, health, now);
                waits |= health.pending.is_some() || health.unknown.is_some();
            }
        }
        waits
    }

    /// Forgets services that are not configured any more.
    pub fn keep_only(&mut self, configured: impl Fn(&str) -> bool) {
        self.services.retain(|name, _| configured(name));
    }

    fn look(&mut self, seen: &Observation) {
        let Some(reading) = &seen.haproxy else { return };
        if let Ok(snapshot) = &reading.what {
            self.note_fall(snapshot, reading.at);
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
        // A process that is stopping may answer beside the new one for a while.
        if let Some(process) = process.filter(|process| !process.stopping) {
            known.answered(process, reading.at);
        }
    }

    /// Notes a server that the same process reported up, and now down, which HAProxy logs. A server that is newly watched, or
    /// fails its first check, does not count.
    fn note_fall(&mut self, snapshot: &Snapshot, at: Instant) {
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

    /// When a server was last seen to go from up to down.
    pub fn fell(&self) -> Option<Instant> {
        self.fell
    }

    /// Records a sibling's answer. Returns since when it is healthy, or not.
    pub fn answered(&mut self, sibling: &Probe, healthy: bool, at: Instant) -> Instant {
        match self.siblings.get(sibling) {
            Some((known, since)) if *known == healthy => *since,
            _ => {
                self.siblings.insert(sibling.clone(), (healthy, at));
                at
            }
        }
    }

    /// Records which neighbors are up, and which routes ExaBGP has not acknowledged as desired.
    pub fn heard(&mut self, dialogue: &Dialogue, desired: &Desired, now: Instant) {
        // One that is taken out of exabgp.conf and put back begins anew.
        self.neighbors
            .retain(|one, _| dialogue.neighbors().any(|(neighbor, ..)| neighbor == one));
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

    /// HAProxy; `None` before the first look.
    pub fn haproxy(&self) -> Option<&Seen> {
        self.haproxy.as_ref()
    }

    /// Since when a neighbor is up, or down.
    pub fn neighbor_since(&self, neighbor: &Neighbor) -> Option<Instant> {
        self.neighbors.get(neighbor).map(|(_, since)| *since)
    }

    /// Since when ExaBGP has not acknowledged a route as desired.
    pub fn differs_since(&self, key: &RouteKey) -> Option<Instant> {
        self.differing.get(key).copied()
    }
}

/// What ExaBGP should hold of a route; `None`: whatever it holds, until the service's state is known.
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
    use crate::exabgp::Message;
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
    fn a_neighbor_that_is_put_back_into_exabgp_conf_is_up_since_then() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let (mut history, mut dialogue) = (History::default(), Dialogue::new(start));
        let neighbor: Neighbor = "192.0.2.1".parse().unwrap();
        let mut hear = |message, at| {
            dialogue.heard(message, at);
            history.heard(&dialogue, &Desired::new(), at);
            history.neighbor_since(&neighbor)
        };
        let up = || Message::Up(neighbor.clone());
        assert_eq!(hear(up(), start), Some(start));
        let removed = "stop, message [removed]".to_owned();
        let removed = Message::Down(neighbor.clone(), removed);
        assert_eq!(hear(removed, start + second), None);
        let back = start + 2 * second;
        assert_eq!(hear(up(), back), Some(back));
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
            history.look(&Observation {
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
            history.note_fall(&Snapshot { process, proxies }, Instant::now());
            history.fell() != before
        };
        assert!(!fell(1, &[("a", &[Usable, Unchecked])]));
        // Its first check.
        assert!(!fell(1, &[("a", &[Usable, Down])]));
        // A backend that an edit added.
        assert!(!fell(1, &[("a", &[Usable, Down]), ("b", &[Down, Down])]));
        assert!(fell(1, &[("a", &[Down, Down]), ("b", &[Down, Down])]));
        assert!(!fell(1, &[("a", &[Usable, Usable]), ("b", &[Down, Down])]));
        // While another one comes up.
        assert!(fell(1, &[("a", &[Down, Usable]), ("b", &[Down, Down])]));
        assert!(fell(1, &[("a", &[Usable, Down]), ("b", &[Down, Down])]));
        // Another process.
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
