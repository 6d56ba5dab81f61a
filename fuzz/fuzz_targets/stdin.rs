//! ExaBGP's messages, in any order and at any time: what is said is desired or was told before, one command a route
//! is in flight, and once ExaBGP is sane again it is told everything.
//!
//! The input is lines as they arrive at stdin. A line that begins with `@` is no message: `@1500` lets 1.5 s pass,
//! `@want 2 1` desires another state of a route, `@read 30` reads back every 30 s.

#![no_main]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use haproxy_rhi::announce::{Dialogue, Told};
use haproxy_rhi::decide::{Desired, Intent};
use haproxy_rhi::exabgp::{Command, Message, message};
use haproxy_rhi::route::{Attributes, Route, RouteKey};
use libfuzzer_sys::fuzz_target;

#[path = "safe.rs"]
mod safe;

/// Steps of one input.
const STEPS: usize = 300;
/// Commands in a batch.
const BATCH: usize = 16;
/// Commands are in flight for so long where nothing is acknowledged.
const BLIND_PACE: Duration = Duration::from_millis(200);
/// After so long without an answer it is asked who is there.
const SILENCE: Duration = Duration::from_secs(3);
/// How often a sane ExaBGP may be spoken to, or waited for, until it was told everything: 256 neighbors, as many as are
/// remembered, may have to be sent everything again, and be tried five times.
const TURNS: usize = 20_000;

fn key(number: usize) -> RouteKey {
    let (prefix, id, neighbors): (_, Option<u64>, &[&str]) = match number {
        0 => ("9.9.9.9/32", None, &[]),
        1 => ("192.0.2.0/24", Some(7), &[]),
        2 => ("2001:db8::9/128", None, &["127.0.0.2", "::1"]),
        number => {
            return RouteKey {
                prefix: format!("198.51.100.{number}/32").parse().expect("a prefix"),
                path_information: None,
                neighbors: Vec::new(),
            };
        }
    };
    RouteKey {
        prefix: prefix.parse().expect("a prefix"),
        path_information: id.map(|id| id.try_into().expect("an identifier")),
        neighbors: neighbors.iter().map(|name| name.parse().expect("a neighbor")).collect(),
    }
}

fn intent(what: u64) -> Option<Intent> {
    match what % 5 {
        0 => None,
        1 => Some(Intent::Withdraw),
        2 => Some(Intent::Leave),
        med => {
            let attributes = Attributes { med: med.try_into().ok(), ..Attributes::default() };
            Some(Intent::Announce(Route { next_hop: "192.0.2.254".parse().expect("a next hop"), attributes }))
        }
    }
}

struct World {
    dialogue: Dialogue,
    desired: Desired,
    now: Instant,
    /// Commands of the last batch, when it was said, and the answers since.
    last: Option<(Vec<Command>, Instant, usize)>,
    /// Somebody answered the question who is there, so that it may believe that nothing is acknowledged.
    told_who: bool,
}

impl World {
    fn new() -> Self {
        let now = Instant::now();
        let mut dialogue = Dialogue::new(now);
        dialogue.inherit([key(3)]);
        // More than fit in a batch.
        let desired = (0..20).filter_map(|number| Some((key(number), intent(3)?))).collect();
        Self { dialogue, desired, now, last: None, told_who: false }
    }

    fn step(&mut self, line: &[u8]) {
        if let Some(order) = line.strip_prefix(b"@") {
            self.order(&String::from_utf8_lossy(order));
        } else if let Some(message) = std::str::from_utf8(line).ok().and_then(message) {
            self.hear(message);
        }
        self.speak();
    }

    fn order(&mut self, order: &str) {
        let mut words = order.split(' ');
        let first = words.next().unwrap_or_default();
        let number = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        match first {
            "want" => {
                let key = key((number(words.next()) % 20) as usize);
                match intent(number(words.next())) {
                    Some(intent) => drop(self.desired.insert(key, intent)),
                    None => drop(self.desired.remove(&key)),
                }
            }
            "read" => {
                let every = number(words.next()) % 100_000;
                let every = (every > 0).then(|| Duration::from_secs(every));
                self.dialogue.read_back_every(every, self.now);
            }
            // At most an hour.
            time => self.now += Duration::from_millis(number(Some(time)).min(3_600_000)),
        }
    }

    fn hear(&mut self, message: Message) {
        self.told_who |= matches!(message, Message::Version(_) | Message::Error);
        if let (Message::Done | Message::Error, Some((_, _, answers))) = (&message, &mut self.last) {
            *answers += 1;
        }
        self.dialogue.heard(message, self.now);
    }

    /// As the loop does whenever something happened: says what there is to say.
    fn speak(&mut self) -> usize {
        let commands = self.dialogue.next(&self.desired, self.now);
        if commands.is_empty() {
            // A deadline that has passed while there is nothing to do would have the loop spin.
            let deadline = self.dialogue.deadline(self.now);
            assert!(deadline.is_none_or(|deadline| deadline > self.now), "it spins: {:?}", self.dialogue);
            return 0;
        }
        if let Some((last, said, answers)) = &self.last {
            let blind = self.told_who && self.now >= *said + BLIND_PACE;
            let asks = commands == [Command::Version] && self.now >= *said + SILENCE;
            // Where nothing is acknowledged, a question goes with them.
            let awaited = last.iter().filter(|command| **command != Command::Version).count().max(1);
            assert!(*answers >= awaited || blind || asks, "{commands:?} while {last:?} was in flight");
        }
        let routes = commands.iter().filter(|command| **command != Command::Version).count();
        assert!(routes <= BATCH && commands.len() <= routes + 1, "{} commands at once", commands.len());
        let mut routes = BTreeSet::new();
        for command in &commands {
            self.check(command);
            if let Command::Announce(key, _) | Command::Withdraw(key) = command {
                assert!(routes.insert(key), "{key:?} twice in a batch");
            }
        }
        let count = commands.len();
        self.last = Some((commands, self.now, 0));
        count
    }

    fn check(&self, command: &Command) {
        let line = command.to_string();
        match command {
            Command::Version => assert_eq!(line, "system version"),
            Command::Acknowledge => {}
            Command::ReadBack => assert_eq!(line, "show adj-rib out extensive"),
            Command::Established => assert_eq!(line, "show neighbor summary"),
            Command::Flush(_) => {
                let name =
                    line.strip_prefix("neighbor ").and_then(|line| line.strip_suffix(" flush adj-rib out"));
                assert!(name.is_some_and(|name| name.parse::<std::net::IpAddr>().is_ok()), "{line:?}");
            }
            Command::Announce(key, route) => {
                safe::check(&line);
                let wanted = self.desired.get(key) == Some(&Intent::Announce(route.clone()));
                assert!(wanted || self.restates(key, Some(route)), "{line} is not desired");
            }
            Command::Withdraw(key) => {
                safe::check(&line);
                let unwanted = matches!(self.desired.get(key), None | Some(Intent::Withdraw));
                let managed =
                    self.desired.contains_key(key) || self.dialogue.rib().keys().any(|known| known == key);
                assert!(unwanted && managed || self.restates(key, None), "{line} is not desired");
            }
        }
    }

    /// A neighbor is told again what all were told: the same, at most with another origin for a moment.
    fn restates(&self, key: &RouteKey, route: Option<&Route>) -> bool {
        let rib = self.dialogue.rib();
        let mut same = rib.keys().filter(|known| {
            (known.prefix, known.path_information) == (key.prefix, key.path_information)
                && (known.neighbors.is_empty() || known.neighbors.contains(&key.neighbors[0]))
        });
        key.neighbors.len() == 1
            && same.any(|known| match (rib.told(known), route) {
                (Some(Told::Announced(told)), Some(route)) => {
                    let mut told = told.clone();
                    told.attributes.origin = route.attributes.origin;
                    told == *route
                }
                (Some(Told::Withdrawn), None) => true,
                _ => false,
            })
    }

    /// A sane ExaBGP at last: it answers everything, and everything is told.
    fn recover(&mut self) {
        let mut unanswered = self.last.as_ref().map_or(Vec::new(), |(commands, _, _)| commands.clone());
        for _ in 0..TURNS {
            for command in std::mem::take(&mut unanswered) {
                if command == Command::Version {
                    self.hear(message("exabgp 5.0.15").expect("a message"));
                }
                self.hear(Message::Done);
            }
            if self.speak() > 0 {
                unanswered = self.last.as_ref().map_or(Vec::new(), |(commands, _, _)| commands.clone());
                self.now += Duration::from_millis(2);
            } else if self.is_told() {
                return;
            } else {
                // Nothing to say yet: its own deadline is what wakes it.
                let deadline = self.dialogue.deadline(self.now);
                self.now = deadline.unwrap_or_else(|| panic!("it waits for nothing: {:?}", self.dialogue));
            }
        }
        panic!("it was not told in {TURNS} turns: {:?}", self.dialogue);
    }

    fn is_told(&self) -> bool {
        let rib = self.dialogue.rib();
        let wanted = self.desired.iter().all(|(key, intent)| match (intent, rib.told(key)) {
            (Intent::Announce(route), Some(Told::Announced(told))) => route == told,
            (Intent::Withdraw, Some(Told::Withdrawn)) | (Intent::Leave, _) => true,
            _ => false,
        });
        wanted && rib.keys().all(|key| self.desired.contains_key(key))
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut world = World::new();
    for line in bytes.split(|byte| *byte == b'\n').take(STEPS) {
        world.step(line);
        for command in world.dialogue.farewell() {
            assert!(matches!(command, Command::Withdraw(_)), "{command}");
        }
    }
    world.recover();
});
