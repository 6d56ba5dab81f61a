//! The dialogue against a model of ExaBGP 4.2, 5.0 and 6 that refuses, does not answer, hangs, reorders and drops its session: once
//! the faults are over, what ExaBGP believes and what the neighbor holds is what is desired.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use haproxy_rhi::announce::{AdjRibOut, Dialogue, Peers, Told};
use haproxy_rhi::decide::{Desired, Intent};
use haproxy_rhi::exabgp::{Command, Dialect, Message, message};
use haproxy_rhi::route::{Attributes, NextHop, Prefix, Route, RouteKey};
use haproxy_rhi::world::waiting::{ROUND, Waiting};
use proptest::prelude::*;

const NEIGHBOR: &str = "172.16.159.4";
const PREFIXES: u8 = 3;
/// One turn of ExaBGP's loop.
const TURN: Duration = Duration::from_millis(10);

fn prefix(number: u8) -> Prefix {
    format!("192.0.2.{}/32", number + 1).parse().unwrap()
}

fn key(number: u8) -> RouteKey {
    RouteKey {
        prefix: prefix(number),
        path_information: None,
        neighbors: Vec::new(),
    }
}

fn route(med: u64) -> Route {
    let attributes = Attributes {
        med: Some(med.try_into().unwrap()),
        ..Attributes::default()
    };
    Route {
        next_hop: NextHop::Address("192.0.2.254".parse().unwrap()),
        attributes,
    }
}

/// What may be wanted of a route; absent: it is not configured.
fn wish() -> impl Strategy<Value = Option<Intent>> {
    prop_oneof![
        4 => (0u64..3).prop_map(|med| Some(Intent::Announce(route(med)))),
        3 => Just(Some(Intent::Withdraw)),
        1 => Just(Some(Intent::Leave)),
        1 => Just(None),
    ]
}

/// What happens, one after the other.
#[derive(Debug, Clone)]
enum Event {
    /// Another state is desired of a route.
    Want(u8, Option<Intent>),
    /// The time passes, in turns of ExaBGP's loop.
    Pass(u16),
    /// ExaBGP stops, or goes on.
    Stuck(bool),
    /// The neighbor's session.
    Session(bool),
    /// The next commands about routes are refused.
    Refuse(u8),
    /// The next commands about routes are dropped without an answer.
    Swallow(u8),
    /// ExaBGP takes so many commands a turn.
    Speed(usize),
    /// What ExaBGP writes arrives after so many turns.
    Lag(u8),
    /// This process dies, and another begins.
    Restart,
    /// Somebody says `system api version` to an ExaBGP 6.
    Switch,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (0..PREFIXES, wish()).prop_map(|(number, wish)| Event::Want(number, wish)),
        8 => prop_oneof![Just(1u16), 1u16..30, 30u16..500].prop_map(Event::Pass),
        1 => any::<bool>().prop_map(Event::Stuck),
        2 => any::<bool>().prop_map(Event::Session),
        1 => (1u8..4).prop_map(Event::Refuse),
        1 => (1u8..3).prop_map(Event::Swallow),
        1 => (1usize..30).prop_map(Event::Speed),
        1 => (0u8..4).prop_map(Event::Lag),
        1 => Just(Event::Restart),
        1 => Just(Event::Switch),
    ]
}

/// A change of a route on its way to the neighbor: announced so, or withdrawn.
type Change = Option<Route>;

/// ExaBGP with one neighbor, as far as a process can tell.
struct ExaBgp {
    version: &'static str,
    /// The dialect that it understands.
    speaks: &'static Dialect,
    acks: bool,
    /// Written to it, and not read yet.
    pipe: VecDeque<Command>,
    /// The dialect of each of them that is not the same in all.
    spoken: VecDeque<&'static Dialect>,
    /// Read, and not taken into the Adj-RIB-Out yet.
    queue: VecDeque<Command>,
    /// Written by it: in how many turns it arrives.
    written: VecDeque<(u8, Message)>,
    /// Its Adj-RIB-Out.
    believes: BTreeMap<Prefix, Route>,
    /// What ExaBGP 6 has not sent yet, and for how long.
    waiting: Waiting<Prefix, Route, ()>,
    waits: Duration,
    /// Changes since the neighbor was sent something last, in their order.
    changes: BTreeMap<Prefix, Vec<Change>>,
    /// What the neighbor holds.
    neighbor: BTreeMap<Prefix, Route>,
    up: bool,
    stuck: bool,
    refuse: u8,
    swallow: u8,
    speed: usize,
    lag: u8,
}

impl ExaBgp {
    fn new(version: &'static str, acks: bool, left: &[Option<u64>], up: bool) -> Self {
        let left = left.iter().zip(0..PREFIXES);
        let believes: BTreeMap<Prefix, Route> = left
            .filter_map(|(med, number)| med.map(|med| (prefix(number), route(med))))
            .collect();
        let speaks = match version {
            "6" => Dialect::ALL[3],
            "6 as 4" => Dialect::ALL[2],
            five if five.starts_with('5') => Dialect::ALL[1],
            _ => Dialect::ALL[0],
        };
        Self {
            version,
            speaks,
            waiting: Waiting::default(),
            waits: Duration::ZERO,
            acks,
            pipe: VecDeque::new(),
            spoken: VecDeque::new(),
            queue: VecDeque::new(),
            written: VecDeque::new(),
            neighbor: if up {
                believes.clone()
            } else {
                BTreeMap::new()
            },
            believes,
            changes: BTreeMap::new(),
            up,
            stuck: false,
            refuse: 0,
            swallow: 0,
            speed: 25,
            lag: 0,
        }
    }

    fn write(&mut self, message: Message) {
        self.written.push_back((self.lag, message));
    }

    fn acknowledge(&mut self, message: Message) {
        if self.acks {
            self.write(message);
        }
    }

    fn is_six(&self) -> bool {
        self.version.starts_with('6')
    }

    fn line(&mut self, line: &str) {
        self.write(message(line).unwrap());
    }

    fn says_who(&mut self) {
        match self.speaks.names_neighbors {
            true => self.line(r#"{"version": "6.0.0-20260822", "application": "exabgp"}"#),
            false => {
                let version = self.version.split(' ').next().unwrap();
                self.line(&format!("exabgp {version}.0.21"));
            }
        }
        self.acknowledge(Message::Done);
    }

    fn lists(&mut self) {
        if !self.acks {
            return;
        }
        let row = |(prefix, route): (&Prefix, &Route)| {
            format!(
                r#"{{"index": "00", "route": "{prefix} next-hop {} med {}", "neighbor": "neighbor {NEIGHBOR} local-ip 10.0.0.1"}}"#,
                route.next_hop,
                route.attributes.med.unwrap()
            )
        };
        let rows: Vec<String> = self.believes.iter().map(row).collect();
        self.line(&format!("[{}]", rows.join(", ")));
    }

    /// What ExaBGP 6 answers to a statement: a line of its own where neighbors are named.
    fn answer(&mut self, command: &Command, taken: bool) {
        let (Command::Announce(key, _) | Command::Withdraw(key)) = command else {
            return;
        };
        if !self.acks {
            return;
        }
        match (
            key.neighbors.is_empty() || !self.speaks.names_neighbors,
            taken,
            command,
        ) {
            (_, false, _) => {
                if self.is_six() {
                    self.line("error: Could not parse route: what it was");
                }
                self.write(Message::Error);
            }
            (true, true, _) => self.write(Message::Done),
            (false, true, Command::Withdraw(_)) => {
                self.line(&format!(
                    r#"{{"removed": true, "route": "{}", "index": "00"}}"#,
                    key.prefix
                ));
            }
            (false, true, _) => {
                self.line(&format!(
                    r#"{{"index": "00", "route": "{}", "success": true}}"#,
                    key.prefix
                ));
            }
        }
    }

    /// One turn of the loop: what was written to it is read at once, commands about routes wait in a queue, and at
    /// the end the neighbor is sent what changed.
    fn turn(&mut self, time: Duration) {
        for (turns, _) in &mut self.written {
            *turns = turns.saturating_sub(1);
        }
        if self.stuck {
            return;
        }
        while let Some(command) = self.pipe.pop_front() {
            match command {
                // Answered at once, ahead of the queue.
                Command::Version => self.says_who(),
                // Both grammars of 6 have it.
                Command::Acknowledge => {
                    self.acks = true;
                    self.write(Message::Done);
                }
                _ if self.spoken.pop_front() != Some(self.speaks) => {
                    self.acknowledge(Message::Error);
                }
                Command::ReadBack if self.speaks.lists_in_a_line => self.lists(),
                Command::Established if self.speaks.names_neighbors => {
                    let state = if self.up { "ESTABLISHED" } else { "IDLE" };
                    self.line(&format!(r#"[{{"peer-address": "{NEIGHBOR}", "peer-as": 65515, "state": "{state}"}}]"#));
                    self.acknowledge(Message::Done);
                }
                Command::Established => {
                    if self.up {
                        let line = format!(
                            "{NEIGHBOR}    65515     0:00:05 established           1          1"
                        );
                        self.write(message(&line).unwrap());
                    }
                    self.acknowledge(Message::Done);
                }
                Command::ReadBack => {
                    for (prefix, route) in self.believes.clone() {
                        let (name, med) = (
                            "local-ip 10.0.0.1 local-as 65010 peer-as 65515",
                            route.attributes.med,
                        );
                        let line = format!(
                            "neighbor {NEIGHBOR} {name} ipv4 unicast {prefix} next-hop {} origin igp med {}",
                            route.next_hop,
                            med.unwrap()
                        );
                        self.write(message(&line).unwrap());
                    }
                    self.acknowledge(Message::Done);
                }
                Command::Flush(_) if self.is_six() => panic!("ExaBGP 6 flushes no single neighbor"),
                Command::Flush(_) if self.up => {
                    self.changes.clear();
                    self.neighbor = self.believes.clone();
                    self.acknowledge(Message::Done);
                }
                Command::Flush(_) => self.acknowledge(Message::Error),
                command if self.refuse > 0 => {
                    self.refuse -= 1;
                    self.answer(&command, false);
                }
                _ if self.swallow > 0 => self.swallow -= 1,
                command => self.queue.push_back(command),
            }
        }
        for _ in 0..self.speed {
            let Some(command) = self.queue.pop_front() else {
                break;
            };
            self.take(command.clone());
            self.answer(&command, true);
        }
        if self.up && !self.is_six() {
            self.send();
        }
        self.waits += time;
        if self.is_six() && self.waits >= Duration::from_micros(ROUND) {
            self.waits = Duration::ZERO;
            if self.up {
                self.send_round();
            }
        }
    }

    fn take(&mut self, command: Command) {
        let (prefix, change) = match command {
            Command::Announce(key, route) => (key.prefix, Some(route)),
            Command::Withdraw(key) => (key.prefix, None),
            _ => panic!("{command} is answered at once"),
        };
        // What it believes announced already is not sent; a withdrawal always is.
        if change.is_some() && self.believes.get(&prefix) == change.as_ref() {
            return;
        }
        match change.clone() {
            Some(route) => drop(self.believes.insert(prefix, route)),
            None => drop(self.believes.remove(&prefix)),
        }
        match (&change, self.is_six()) {
            (_, false) => self.changes.entry(prefix).or_default().push(change),
            (Some(route), true) => self.waiting.announce(prefix, route, ()),
            (None, true) => self.waiting.withdraw(prefix, ()),
        }
    }

    /// ExaBGP 6 sends what waits.
    fn send_round(&mut self) {
        for (prefix, to, ()) in self.waiting.send() {
            match to {
                Some(route) => drop(self.neighbor.insert(prefix, route)),
                None => drop(self.neighbor.remove(&prefix)),
            }
        }
    }

    /// Changes are grouped by their attributes, each group at its first place: A, B, A ends with B. Only 4.2 takes a
    /// last withdrawal for what it is; on 5.0 withdrawn, A, withdrawn ends with A.
    fn send(&mut self) {
        for (prefix, changes) in std::mem::take(&mut self.changes) {
            let withdrawn = self.version.starts_with('4') && changes.last() == Some(&None);
            let mut groups: Vec<Change> = Vec::new();
            for change in changes {
                if !groups.contains(&change) {
                    groups.push(change);
                }
            }
            match groups.pop().unwrap().filter(|_| !withdrawn) {
                Some(route) => drop(self.neighbor.insert(prefix, route)),
                None => drop(self.neighbor.remove(&prefix)),
            }
        }
    }

    fn session(&mut self, up: bool) {
        if up == self.up || self.stuck {
            return;
        }
        self.up = up;
        if up && self.is_six() {
            self.neighbor.clear();
            for (prefix, route) in &self.believes {
                self.waiting.announce(*prefix, route, ());
            }
            self.send_round();
            self.say("up");
        } else if up {
            self.neighbor = self.believes.clone();
            self.send();
            self.say("up");
        } else {
            self.neighbor.clear();
            self.changes.clear();
            self.waiting = Waiting::default();
            self.say("down - peer reset, message [closing connection]");
        }
    }

    fn say(&mut self, state: &str) {
        if self.speaks.names_neighbors {
            let (state, reason) = state.split_once(" - ").unwrap_or((state, ""));
            return self.line(&format!(
                r#"{{ "exabgp": "6.0.0", "counter": 1, "type": "state", "neighbor": {{ "address": {{ "local": "10.0.0.1", "peer": "{NEIGHBOR}" }}, "state": "{state}", "reason": "{reason}" }} }}"#
            ));
        }
        let line = format!("neighbor {NEIGHBOR} {state}");
        self.write(message(&line).unwrap());
    }

    /// Commands about a route that were written to it and not taken yet.
    fn in_flight(&self, prefix: Prefix) -> usize {
        let about = |command: &&Command| match command {
            Command::Announce(key, _) | Command::Withdraw(key) => key.prefix == prefix,
            _ => false,
        };
        self.pipe.iter().chain(&self.queue).filter(about).count()
    }
}

/// The process and its ExaBGP.
struct World {
    exabgp: ExaBgp,
    dialogue: Dialogue,
    desired: Desired,
    now: Instant,
    /// `version` was asked since all commands were taken: it may have overtaken one that was given up.
    given_up: bool,
    restarted: bool,
    /// The process heard of a session.
    heard_up: bool,
    /// Until then, answers may be a predecessor's.
    settled: Instant,
    /// Something was ever said about these.
    said: BTreeSet<Prefix>,
}

impl World {
    fn new(exabgp: ExaBgp) -> Self {
        let now = Instant::now();
        Self {
            exabgp,
            dialogue: Dialogue::new(now),
            desired: Desired::new(),
            now,
            given_up: false,
            restarted: false,
            heard_up: false,
            settled: now,
            said: BTreeSet::new(),
        }
    }

    fn happen(&mut self, event: &Event) {
        let acks = self.exabgp.acks;
        match event {
            Event::Want(number, Some(intent)) => {
                drop(self.desired.insert(key(*number), intent.clone()));
                self.talk();
            }
            // Before a first session, what is withdrawn and forgotten is not counted as said twice (see AdjRibOut).
            Event::Want(number, None) => {
                drop(self.desired.remove(&key(*number)));
                self.talk();
            }
            Event::Pass(turns) => (0..*turns).for_each(|_| self.turn(TURN)),
            Event::Session(up) => self.exabgp.session(*up),
            Event::Speed(speed) => self.exabgp.speed = *speed,
            Event::Lag(turns) => self.exabgp.lag = *turns,
            // A successor cannot know what a predecessor said while there was no session, and had not healed yet.
            Event::Restart
                if self.exabgp.up
                    && self.exabgp.waiting.is_empty()
                    && !self.exabgp.stuck
                    && self.exabgp.neighbor == self.exabgp.believes =>
            {
                self.dialogue = Dialogue::new(self.now);
                (self.given_up, self.restarted, self.heard_up) = (true, true, false);
                // Answers carry no number: a predecessor's may stand for one that never comes.
                (self.exabgp.refuse, self.exabgp.swallow) = (0, 0);
                self.settled = self.now + Duration::from_secs(1);
            }
            Event::Restart => {}
            Event::Switch if self.exabgp.is_six() => {
                let other = if self.exabgp.speaks.names_neighbors {
                    2
                } else {
                    3
                };
                self.exabgp.speaks = Dialect::ALL[other];
            }
            Event::Switch => {}
            // Without acks nobody can tell these.
            Event::Stuck(true) if self.now < self.settled => {}
            Event::Stuck(stuck) => self.exabgp.stuck = *stuck && acks,
            Event::Refuse(_) | Event::Swallow(_) if self.now < self.settled => {}
            Event::Refuse(count) => self.exabgp.refuse = if acks { *count } else { 0 },
            Event::Swallow(count) => self.exabgp.swallow = if acks { *count } else { 0 },
        }
    }

    fn turn(&mut self, time: Duration) {
        self.now += time;
        self.exabgp.turn(time);
        while self
            .exabgp
            .written
            .front()
            .is_some_and(|(turns, _)| *turns == 0)
        {
            let (_, message) = self.exabgp.written.pop_front().unwrap();
            self.heard_up |= matches!(message, Message::Up(_));
            self.dialogue.heard(message, self.now);
        }
        if commands_done(&self.exabgp) && self.now >= self.settled {
            self.given_up = false;
        }
        self.talk();
    }

    fn talk(&mut self) {
        let commands = self.dialogue.next(&self.desired, self.now);
        let mut about = BTreeSet::new();
        for command in &commands {
            match command {
                Command::Version => self.given_up |= !commands_done(&self.exabgp),
                Command::Announce(key, _) | Command::Withdraw(key) => {
                    self.said.insert(key.prefix);
                    assert!(
                        about.insert(key.prefix),
                        "two commands about {} in a batch",
                        key.prefix
                    );
                }
                _ => {}
            }
        }
        let commands = commands.into_iter();
        for command in commands {
            if !matches!(command, Command::Version | Command::Acknowledge) {
                self.exabgp.spoken.push_back(self.dialogue.dialect());
            }
            self.exabgp.pipe.push_back(command);
        }
        for prefix in about {
            let count = self.exabgp.in_flight(prefix);
            assert!(
                count <= 1 || self.given_up,
                "{count} commands about {prefix} in flight"
            );
        }
        assert!(
            self.dialogue.next(&self.desired, self.now).is_empty(),
            "it goes on before the answers"
        );
        let deadline = self.dialogue.deadline(self.now);
        assert!(deadline.is_none_or(|at| at > self.now), "it would spin");
    }

    fn faults_end(&mut self) {
        let exabgp = &mut self.exabgp;
        (exabgp.stuck, exabgp.refuse, exabgp.swallow) = (false, 0, 0);
        (exabgp.speed, exabgp.lag) = (25, 0);
        exabgp.session(true);
        // Every wait of the dialogue's is shorter than a minute and a few seconds.
        (0..200).for_each(|_| self.turn(TURN));
        (0..160).for_each(|_| self.turn(Duration::from_millis(500)));
        (0..100).for_each(|_| self.turn(TURN));
    }

    fn check(&self) {
        for number in 0..PREFIXES {
            let (prefix, key) = (prefix(number), key(number));
            let wanted = match self.desired.get(&key) {
                Some(Intent::Announce(route)) => Some(route),
                Some(Intent::Withdraw) => None,
                // Of what is not configured any more, a successor knows nothing.
                None if self.dialogue.rib().told(&key).is_none() && self.restarted => continue,
                None => {
                    let told = self.dialogue.rib().told(&key);
                    assert!(
                        matches!(told, None | Some(Told::Withdrawn)),
                        "{prefix} is told {told:?}"
                    );
                    if self.said.contains(&prefix) {
                        assert_eq!(
                            self.exabgp.neighbor.get(&prefix),
                            None,
                            "{prefix} is not configured"
                        );
                    }
                    continue;
                }
                Some(Intent::Leave) => continue,
            };
            assert_eq!(
                self.exabgp.believes.get(&prefix),
                wanted,
                "what ExaBGP believes of {prefix}"
            );
            assert_eq!(
                self.exabgp.neighbor.get(&prefix),
                wanted,
                "what the neighbor holds of {prefix}"
            );
            let told = self.dialogue.rib().told(&key);
            let expected = wanted.cloned().map_or(Told::Withdrawn, Told::Announced);
            assert_eq!(
                told,
                Some(&expected),
                "what the process believes of {prefix}"
            );
        }
    }
}

fn commands_done(exabgp: &ExaBgp) -> bool {
    exabgp.pipe.is_empty() && exabgp.queue.is_empty()
}

proptest! {
    #![proptest_config(crate::cases(100))]

    #[test]
    fn once_the_faults_are_over_the_neighbor_holds_what_is_desired(
        version in prop_oneof![Just("4.2"), Just("5"), Just("6"), Just("6 as 4")],
        acks in prop_oneof![4 => Just(true), 1 => Just(false)],
        left in proptest::collection::vec(proptest::option::of(0u64..3), usize::from(PREFIXES)),
        up in any::<bool>(),
        events in proptest::collection::vec(event(), 1..60),
    ) {
        let mut world = World::new(ExaBgp::new(version, acks, &left, up));
        events.iter().for_each(|event| world.happen(event));
        world.faults_end();
        world.check();
    }

    #[test]
    fn without_faults_each_state_is_said_once(wishes in proptest::collection::vec(wish(), usize::from(PREFIXES))) {
        let mut world = World::new(ExaBgp::new("4.2", true, &[], true));
        for (number, wish) in (0..PREFIXES).zip(&wishes) {
            world.happen(&Event::Want(number, wish.clone()));
        }
        let mut said: Vec<String> = Vec::new();
        for _ in 0..1000 {
            world.turn(TURN);
            said.extend(world.exabgp.pipe.iter().map(Command::to_string).filter(|line| line.contains(" route ")));
        }
        let mut expected: Vec<String> = (0..PREFIXES).zip(&wishes).filter_map(|(number, wish)| match wish {
            Some(Intent::Announce(route)) => Some(Told::Announced(route.clone()).command(&key(number)).to_string()),
            Some(Intent::Withdraw) => Some(Told::Withdrawn.command(&key(number)).to_string()),
            Some(Intent::Leave) | None => None,
        }).collect();
        expected.sort();
        said.sort();
        prop_assert_eq!(said, expected);
    }
}

fn desired() -> impl Strategy<Value = Desired> {
    proptest::collection::vec(wish(), usize::from(PREFIXES)).prop_map(|wishes| {
        (0..PREFIXES)
            .zip(wishes)
            .filter_map(|(number, wish)| Some((key(number), wish?)))
            .collect()
    })
}

proptest! {
    #[test]
    fn once_all_differences_are_accepted_there_are_none(states in proptest::collection::vec(desired(), 1..8)) {
        let (mut rib, now) = (AdjRibOut::default(), Instant::now());
        for desired in &states {
            let differences = rib.differences(desired, &Peers::default(), now);
            let keys: BTreeSet<&RouteKey> = differences.iter().map(|difference| &difference.key).collect();
            prop_assert_eq!(keys.len(), differences.len(), "a route is there twice");
            for difference in differences {
                rib.sent(&difference.key);
                rib.accepted(&difference.key, difference.say);
            }
            prop_assert_eq!(rib.differences(desired, &Peers::default(), now), vec![]);
        }
    }

    #[test]
    fn after_a_start_every_route_is_stated_and_what_is_not_known_is_left(desired in desired()) {
        let differences = AdjRibOut::default().differences(&desired, &Peers::default(), Instant::now());
        let said: BTreeMap<RouteKey, Told> =
            differences.into_iter().map(|difference| (difference.key, difference.say)).collect();
        let expected: BTreeMap<RouteKey, Told> = desired.into_iter().filter_map(|(key, intent)| match intent {
            Intent::Announce(route) => Some((key, Told::Announced(route))),
            Intent::Withdraw => Some((key, Told::Withdrawn)),
            Intent::Leave => None,
        }).collect();
        prop_assert_eq!(said, expected);
    }

    #[test]
    fn what_is_not_configured_any_more_is_withdrawn_and_forgotten(before in desired()) {
        let (mut rib, now) = (AdjRibOut::default(), Instant::now());
        for difference in rib.differences(&before, &Peers::default(), now) {
            rib.accepted(&difference.key, difference.say);
        }
        let nothing = Desired::new();
        for difference in rib.differences(&nothing, &Peers::default(), now) {
            if rib.told(&difference.key) != Some(&Told::Withdrawn) {
                prop_assert_eq!(&difference.say, &Told::Withdrawn);
            }
            rib.accepted(&difference.key, difference.say);
        }
        rib.forget(&nothing, |_| false);
        prop_assert_eq!(rib.differences(&nothing, &Peers::default(), now), vec![]);
        prop_assert_eq!(rib.keys().count(), 0);
    }

    #[test]
    fn withdrawals_go_first(desired in desired()) {
        let said: Vec<bool> = AdjRibOut::default()
            .differences(&desired, &Peers::default(), Instant::now())
            .iter()
            .map(|difference| difference.say != Told::Withdrawn)
            .collect();
        prop_assert!(said.is_sorted());
    }
}
