//! A model of ExaBGP 4.2, 5.0 and 6 with a few neighbors, and of the Route Servers at the other end of its sessions.
//!
//! Its hazards are those of `tests/properties/announce.rs`: what is announced already is not sent again, changes are
//! grouped by their attributes, a withdrawal, an announcement and a withdrawal in one burst end announced on 5.0. ExaBGP 6
//! acknowledges long before it sends, see `waiting.rs`, and gives to every neighbor what is for one that it does not have.

use std::collections::{BTreeMap, VecDeque};

use crate::exabgp::{Command, Dialect, Message, message};
use crate::route::{Neighbor, NextHop, PathId, Prefix, Route, RouteKey};

use super::queue::Time;
use super::random::Random;
use super::waiting::{ROUND, Waiting};

/// A route as a neighbor knows it.
pub type Id = (Prefix, Option<PathId>);

/// A change on its way to a neighbor, and when the command for it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The route.
    pub id: Id,
    /// What it is now; absent: withdrawn.
    pub to: Option<Route>,
    /// When the command for it was written.
    pub said: Time,
}

/// A session with a Route Server.
#[derive(Debug)]
pub struct Session {
    /// As exabgp.conf spells it.
    pub name: String,
    /// The other end.
    pub neighbor: Neighbor,
    /// ExaBGP's Adj-RIB-Out.
    pub believes: BTreeMap<Id, Route>,
    /// What ExaBGP 6 has not sent yet.
    pub waiting: Waiting<Id, Route, Time>,
    /// Changes since something was sent last.
    changes: Vec<Change>,
    /// ExaBGP takes the session for established.
    pub up: bool,
    /// No packet passes.
    pub silent: bool,
    /// Sent into the silence.
    pub wire: Vec<Change>,
    /// What the Route Server holds.
    pub table: BTreeMap<Id, Route>,
    /// An operator keeps it down until then.
    pub down_until: Time,
    /// Raised with each life: an event of an earlier one is void.
    pub generation: u32,
    /// The Route Server takes it for established.
    pub remote: bool,
}

impl Session {
    /// Changes are grouped by their attributes, each group at its first place. Only 4.2 takes a last withdrawal for
    /// what it is.
    fn send(&mut self, four: bool, index: usize, sent: &mut Vec<(usize, Change)>) {
        let changes = std::mem::take(&mut self.changes);
        let mut ids: Vec<Id> = Vec::new();
        for change in &changes {
            if !ids.contains(&change.id) {
                ids.push(change.id);
            }
        }
        for id in ids {
            let of = || changes.iter().filter(|change| change.id == id);
            let mut groups: Vec<&Option<Route>> = Vec::new();
            for change in of() {
                if !groups.contains(&&change.to) {
                    groups.push(&change.to);
                }
            }
            let (Some(last), Some(group)) = (of().next_back(), groups.last()) else {
                continue;
            };
            let to = match four && last.to.is_none() {
                true => None,
                false => (*group).clone(),
            };
            let said = last.said;
            sent.push((index, Change { id, to, said }));
        }
    }
}

/// A neighbor that does not list the process: no route of its reaches it, and nothing is reported of it.
#[derive(Debug)]
pub struct Stranger {
    /// Its name.
    pub neighbor: Neighbor,
    /// Its session is established.
    pub up: bool,
    /// When it was said to be told something lately.
    pub named: VecDeque<Time>,
}

/// One NVA's ExaBGP.
#[derive(Debug)]
pub struct ExaBgp {
    /// Its version.
    pub version: &'static str,
    /// The dialect that it understands.
    pub speaks: &'static Dialect,
    /// Its own random numbers.
    pub random: Random,
    /// A round of sending is ordered.
    pub round: bool,
    /// When it started its process lately.
    pub starts: Vec<Time>,
    /// What it acknowledges at its start; a process may turn that on.
    acknowledges: bool,
    /// It acknowledges.
    pub acks: bool,
    /// It runs.
    pub alive: bool,
    /// It runs, and does nothing.
    pub stuck: bool,
    /// Its pipe is full.
    pub full: bool,
    /// Written to it, and not read yet.
    pub pipe: VecDeque<(Command, Time, &'static Dialect)>,
    /// Read, and not taken yet.
    queue: VecDeque<(Command, Time)>,
    /// How many of the next commands are refused.
    pub refuse: u32,
    /// How many of the next commands are neither taken nor answered.
    pub swallow: u32,
    /// Answers arrive this much later.
    pub lag: Time,
    /// Its sessions.
    pub sessions: Vec<Session>,
    /// Its other neighbors.
    pub strangers: Vec<Stranger>,
    /// Raised with each life: an event of an earlier one is void.
    pub generation: u32,
    /// A turn of its loop is ordered.
    pub turning: bool,
    /// It got a flush that ends it.
    pub killed: bool,
    /// It got this command, which is for one neighbor and which it gives to all.
    pub for_all: Option<String>,
    /// It got a command that its version does not have.
    pub misused: Option<&'static str>,
}

impl ExaBgp {
    /// An ExaBGP that runs, with sessions that are down.
    pub fn new(version: &'static str, acks: bool, neighbors: Vec<Neighbor>, seed: u64) -> Self {
        let sessions = neighbors.into_iter().map(|neighbor| Session {
            name: neighbor.to_string(),
            neighbor,
            believes: BTreeMap::new(),
            waiting: Waiting::default(),
            changes: Vec::new(),
            up: false,
            silent: false,
            wire: Vec::new(),
            table: BTreeMap::new(),
            down_until: 0,
            generation: 0,
            remote: false,
        });
        let [four, five, six_as_four, six] = Dialect::ALL;
        let speaks = match version {
            "6" => six,
            "6 as 4" => six_as_four,
            version if version.starts_with('5') => five,
            _ => four,
        };
        Self {
            version,
            speaks,
            random: Random::of(seed, 601),
            round: false,
            starts: Vec::new(),
            acknowledges: acks,
            acks,
            alive: true,
            stuck: false,
            full: false,
            pipe: VecDeque::new(),
            queue: VecDeque::new(),
            refuse: 0,
            swallow: 0,
            lag: 0,
            sessions: sessions.collect(),
            strangers: Vec::new(),
            generation: 0,
            turning: false,
            killed: false,
            for_all: None,
            misused: None,
        }
    }

    /// ExaBGP 6, in whatever grammar.
    pub fn is_six(&self) -> bool {
        self.version.starts_with('6')
    }

    /// When the next round of sending is, if anything waits.
    pub fn orders_round(&mut self) -> Option<Time> {
        let waits = |session: &Session| session.up && !session.waiting.is_empty();
        if self.round || !self.sessions.iter().any(waits) {
            return None;
        }
        self.round = true;
        Some(self.random.range(1, ROUND))
    }

    /// A round of sending of ExaBGP 6.
    pub fn send_round(&mut self) -> Vec<(usize, Change)> {
        self.round = false;
        let sessions = self.sessions.iter_mut().enumerate();
        let up = sessions.filter(|(_, session)| session.up);
        up.flat_map(|(index, session)| {
            let sent = session.waiting.send().into_iter();
            sent.map(move |(id, to, said)| (index, Change { id, to, said }))
        })
        .collect()
    }

    /// Another process begins: acknowledgements are as they are configured.
    pub fn starts_process(&mut self) {
        self.acks = self.acknowledges;
    }

    fn is_four(&self) -> bool {
        self.version.starts_with('4')
    }

    /// It is gone, with all that it knew.
    pub fn die(&mut self) {
        self.alive = false;
        self.stuck = false;
        self.pipe.clear();
        self.queue.clear();
        self.generation += 1;
        (self.turning, self.round) = (false, false);
        self.starts.clear();
        (self.refuse, self.swallow, self.lag) = (0, 0, 0);
        // The other time of two it comes up, or does not.
        for stranger in &mut self.strangers {
            stranger.up = !stranger.up;
        }
        for session in &mut self.sessions {
            session.believes.clear();
            session.changes.clear();
            session.waiting = Waiting::default();
            session.wire.clear();
            session.up = false;
            session.generation += 1;
        }
    }

    /// Nothing is left to read or to take.
    pub fn is_idle(&self) -> bool {
        self.pipe.is_empty() && self.queue.is_empty()
    }

    /// One turn of its loop: everything is read, what is asked is answered at once, what is said of routes is taken in
    /// its order. Returns the answers, and what goes to each neighbor.
    pub fn turn(&mut self) -> (Vec<Message>, Vec<(usize, Change)>) {
        let mut answers = Vec::new();
        while let Some((command, said, dialect)) = self.pipe.pop_front() {
            match self.is_six() {
                true => self.read_six(command, said, dialect, &mut answers),
                false => self.read(command, said, &mut answers),
            }
        }
        // 25 a turn; what is left is taken in the next.
        for _ in 0..25 {
            let Some((command, said)) = self.queue.pop_front() else {
                break;
            };
            let taken = self.take(command, said);
            if self.acks {
                answers.push(if taken { Message::Done } else { Message::Error });
            }
        }
        let mut sent = Vec::new();
        let (four, six) = (self.is_four(), self.is_six());
        let sessions = self.sessions.iter_mut().enumerate();
        for (index, session) in sessions.filter(|(_, session)| session.up && !six) {
            session.send(four, index, &mut sent);
        }
        (answers, sent)
    }

    /// ExaBGP 6 reads, takes and answers one command after the other.
    fn read_six(
        &mut self,
        command: Command,
        said: Time,
        dialect: &'static Dialect,
        answers: &mut Vec<Message>,
    ) {
        let (line, done) = (dialect.line(&command), self.acks.then_some(Message::Done));
        let named = self.speaks.names_neighbors;
        if let Command::Version = command {
            let who = match named {
                true => r#"{"version": "6.0.0-20260822", "application": "exabgp"}"#,
                false => "exabgp 6.0.0-20260822",
            };
            answers.extend(message(who).into_iter().chain(done));
            return;
        }
        // Both grammars have it.
        if let Command::Acknowledge = command {
            self.acks = true;
            answers.push(Message::Done);
            return;
        }
        let is_for_all = line.starts_with("peer *") || line == "peer list";
        if line.starts_with("peer ") && !is_for_all && !line.contains(" routes ") {
            self.for_all = Some(line.clone());
        }
        if named && !line.starts_with("peer ") || !named && line.starts_with("peer ") {
            answers.extend(self.acks.then_some(Message::Error));
            return;
        }
        match &command {
            Command::ReadBack if named => answers.extend(self.list().filter(|_| self.acks)),
            Command::ReadBack => answers.extend(self.held().into_iter().chain(done)),
            Command::Established if named => {
                let row = |(name, up): (String, bool)| {
                    let state = if up { "ESTABLISHED" } else { "IDLE" };
                    format!(r#"{{"peer-address": "{name}", "peer-as": 65515, "state": "{state}"}}"#)
                };
                let rows: Vec<String> = self.neighbors().map(row).collect();
                answers.extend(
                    message(&format!("[{}]", rows.join(", ")))
                        .into_iter()
                        .chain(done),
                );
            }
            Command::Established => answers.extend(self.established().into_iter().chain(done)),
            Command::Announce(key, _) | Command::Withdraw(key) => {
                if self.swallow > 0 {
                    self.swallow -= 1;
                    return;
                }
                let (by_name, word) = (
                    named && !key.neighbors.is_empty(),
                    match command {
                        Command::Announce(..) => "success",
                        _ => "removed",
                    },
                );
                let prefix = key.prefix;
                let refused = self.refuse > 0;
                self.refuse = self.refuse.saturating_sub(1);
                if refused && self.acks {
                    answers.extend(message("error: Could not parse route: what it was"));
                    answers.push(Message::Error);
                }
                if refused {
                    return;
                }
                let taken = self.take(command, said);
                match (by_name, taken) {
                    _ if !self.acks => {}
                    (true, taken) => answers.extend(message(&format!(
                        r#"{{"{word}": {taken}, "route": "{prefix}", "index": "00"}}"#
                    ))),
                    (false, true) => answers.push(Message::Done),
                    (false, false) => answers.push(Message::Error),
                }
            }
            Command::Flush(_) => self.misused = Some("ExaBGP 6 flushes no single neighbor"),
            Command::Version | Command::Acknowledge => {}
        }
    }

    /// `peer * routes list`.
    fn list(&self) -> Option<Message> {
        let row = |line: String| {
            let (neighbor, route) = line.split_once(" unicast ")?;
            let (neighbor, _) = neighbor.rsplit_once(' ')?;
            Some(format!(
                r#"{{"index": "00", "route": "{route}", "neighbor": "{neighbor}"}}"#
            ))
        };
        let sessions = self.sessions.iter();
        let lines = sessions.flat_map(|session| self.held_by(session));
        let rows: Vec<String> = lines.filter_map(row).collect();
        message(&format!("[{}]", rows.join(", ")))
    }

    fn read(&mut self, command: Command, said: Time, answers: &mut Vec<Message>) {
        match command {
            Command::Version => answers.extend(message(&format!("exabgp {}", self.version))),
            Command::ReadBack => answers.extend(self.held()),
            Command::Established => answers.extend(self.established()),
            Command::Flush(neighbor) => {
                let session = self
                    .sessions
                    .iter_mut()
                    .find(|session| session.neighbor == neighbor);
                match session.filter(|session| session.up) {
                    Some(session) => {
                        session.changes.clear();
                        let all = session.believes.clone().into_iter();
                        session.changes.extend(all.map(|(id, route)| Change {
                            id,
                            to: Some(route),
                            said,
                        }));
                    }
                    None => {
                        self.killed |= self.is_four();
                        answers.extend(self.acks.then_some(Message::Error));
                        return;
                    }
                }
            }
            _ if self.refuse > 0 => {
                self.refuse -= 1;
                answers.extend(self.acks.then_some(Message::Error));
                return;
            }
            _ if self.swallow > 0 => {
                self.swallow -= 1;
                return;
            }
            Command::Acknowledge => {
                self.misused = Some("ExaBGP 4.2 and 5.0 have no such command");
            }
            command => {
                self.queue.push_back((command, said));
                return;
            }
        }
        answers.extend(self.acks.then_some(Message::Done));
    }

    /// False: the command selects none of its neighbors.
    fn take(&mut self, command: Command, said: Time) -> bool {
        let (key, to) = match command {
            Command::Announce(key, route) => (key, Some(route)),
            Command::Withdraw(key) => (key, None),
            _ => return true,
        };
        let RouteKey {
            prefix,
            path_information,
            neighbors,
        } = key;
        let id = (prefix, path_information);
        let mut taken = false;
        for stranger in &mut self.strangers {
            if neighbors.contains(&stranger.neighbor) {
                stranger.named.push_back(said);
            }
        }
        for session in &mut self.sessions {
            if !neighbors.is_empty() && !neighbors.contains(&session.neighbor) {
                continue;
            }
            taken = true;
            // What it believes announced already is not sent; a withdrawal always is.
            if to.is_some() && session.believes.get(&id) == to.as_ref() {
                continue;
            }
            match &to {
                Some(route) => drop(session.believes.insert(id, route.clone())),
                None => drop(session.believes.remove(&id)),
            }
            match (&to, self.version.starts_with('6')) {
                (_, false) => session.changes.push(Change {
                    id,
                    to: to.clone(),
                    said,
                }),
                (Some(route), true) => session.waiting.announce(id, route, said),
                (None, true) => session.waiting.withdraw(id, said),
            }
        }
        taken
    }

    /// The session is established: everything is sent, then what changed meanwhile.
    pub fn establish(&mut self, index: usize) -> Vec<(usize, Change)> {
        let (four, six) = (self.is_four(), self.is_six());
        let Some(session) = self.sessions.get_mut(index) else {
            return Vec::new();
        };
        session.up = true;
        session.generation += 1;
        if six {
            for (id, route) in &session.believes {
                session.waiting.announce(*id, route, 0);
            }
            let sent = session.waiting.send().into_iter();
            return sent
                .map(|(id, to, _)| (index, Change { id, to, said: 0 }))
                .collect();
        }
        let all = session.believes.clone().into_iter();
        let change = |(id, route)| {
            let to = Some(route);
            (index, Change { id, to, said: 0 })
        };
        let mut sent: Vec<(usize, Change)> = all.map(change).collect();
        session.send(four, index, &mut sent);
        // What was gathered meanwhile is no command of now.
        sent.iter_mut().for_each(|(_, change)| change.said = 0);
        sent
    }

    /// The session is over, as ExaBGP sees it.
    pub fn fall(&mut self, index: usize) -> Option<Message> {
        let session = self.sessions.get_mut(index)?;
        session.up = false;
        session.changes.clear();
        session.waiting = Waiting::default();
        session.wire.clear();
        session.generation += 1;
        message(&format!(
            "neighbor {} down - peer reset, message [closing connection]",
            session.name
        ))
    }

    /// What ExaBGP says of a session that is up.
    pub fn up(&self, index: usize) -> Option<Message> {
        let session = self.sessions.get(index)?;
        Some(Message::Up(session.neighbor.clone()))
    }

    /// `show neighbor summary`: 4.2 lists no others, and what 5.0 says of those is read as nothing.
    fn established(&self) -> Vec<Message> {
        let up = self.neighbors().filter(|(_, up)| *up);
        up.filter_map(|(name, _)| {
            message(&format!(
                "{name:15} 65515 {:>9} {:12} {:>10} {:>10}",
                "0:00:05", "established", 1, 1
            ))
        })
        .collect()
    }

    /// All that exabgp.conf has, and whether their sessions are established.
    fn neighbors(&self) -> impl Iterator<Item = (String, bool)> {
        let sessions = self.sessions.iter();
        let strangers = self.strangers.iter();
        sessions
            .map(|session| (session.name.clone(), session.up))
            .chain(strangers.map(|one| (one.neighbor.to_string(), one.up)))
    }

    /// `show adj-rib out extensive`.
    fn held(&self) -> Vec<Message> {
        let sessions = self.sessions.iter();
        let lines = sessions.flat_map(|session| self.held_by(session));
        lines.filter_map(|line| message(&line)).collect()
    }

    fn held_by(&self, session: &Session) -> Vec<String> {
        let four = self.is_four();
        let mut lines = Vec::new();
        for ((prefix, path), route) in &session.believes {
            let mut line = format!(
                "neighbor {} local-ip 10.0.0.1 local-as 65010 peer-as 65515 router-id 10.0.0.1 family-allowed in-open ipv4 unicast {prefix}",
                session.name
            );
            if let Some(id) = path {
                let dotted =
                    std::net::Ipv4Addr::from(id.to_string().parse::<u32>().unwrap_or_default());
                line.push_str(&format!(" path-information {dotted}"));
            }
            if let NextHop::Address(address) = route.next_hop {
                line.push_str(&format!(" next-hop {address}"));
            }
            let attributes = &route.attributes;
            let origin = attributes
                .origin
                .map_or("igp".to_owned(), |origin| origin.to_string());
            line.push_str(&format!(" origin {origin}"));
            if let Some(as_path) = &attributes.as_path {
                let (open, close) = if four { ("[", "]") } else { ("(", ")") };
                line.push_str(&format!(" as-path {open} {as_path} {close}"));
            }
            if let Some(med) = attributes.med {
                line.push_str(&format!(" med {med}"));
            }
            lines.push(line);
        }
        lines
    }
}
