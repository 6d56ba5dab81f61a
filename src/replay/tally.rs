//! What a program did, in words and in numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, Instant};

use crate::change::Change;
use crate::drain::Stage;
use crate::exabgp::{Command, Dialect};
use crate::program::{Output, Program, View};
use crate::report;
use crate::report::moment::{Clock, Moment};
use crate::route::{Prefix, RouteKey};
use crate::value::counted;

use super::lanes::Lanes;
use super::out::Out;

/// What a program did.
#[derive(Debug, Default)]
pub struct Tally {
    clock: Option<Clock>,
    pub events: Vec<(Moment, Event)>,
    /// The count of events at the end of each life.
    ends: Vec<usize>,
    pub services: BTreeMap<String, Numbers>,
    pub lanes: Lanes,
    out: Out,
    last: Option<Instant>,
}

/// Something that a program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A service came to another level.
    Moved {
        service: String,
        from: String,
        to: String,
        why: String,
        line: String,
    },
    /// Another line of the log about a service.
    Told(String),
    /// A line for ExaBGP about a route.
    Said(String),
}

/// A service in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    pub moves: u64,
    /// How long no route of it was out.
    pub without: Duration,
    pub updates: u64,
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (moves, without) = (counted(self.moves, "move"), self.without.as_secs_f64());
        write!(f, "{moves}, {without:.1} s without a route")
    }
}

impl Tally {
    /// A process starts. Routes that ExaBGP still holds count once they are announced again.
    pub fn begin(&mut self, clock: Clock) {
        (self.clock, self.last) = (Some(clock), None);
        self.out.clear();
    }

    /// The process's record ends.
    pub fn end(&mut self, until: Instant) {
        self.pass_time(until);
        self.last = None;
        self.ends.push(self.events.len());
        let at = self.at(until);
        self.lanes.end(at);
    }

    /// The events of a life, by its number and not by time: the wall clock may have been set back.
    pub fn of_life(&self, number: usize) -> &[(Moment, Event)] {
        let before = number
            .checked_sub(1)
            .and_then(|number| self.ends.get(number));
        let (begin, end) = (before.copied().unwrap_or(0), self.ends.get(number));
        let end = end.copied().unwrap_or(self.events.len());
        self.events.get(begin..end).unwrap_or_default()
    }

    /// Adds up the time without a route.
    fn pass_time(&mut self, now: Instant) {
        let since = self.last.replace(now).unwrap_or(now);
        for (name, numbers) in &mut self.services {
            if !self.out.has(name) {
                numbers.without += now.saturating_duration_since(since);
            }
        }
    }

    /// Adds a call's outputs.
    pub fn add(&mut self, outputs: &[Output], program: &Program, now: Instant) {
        self.pass_time(now);
        let view = program.view();
        for service in view.config.iter().flat_map(|config| &config.services) {
            if !self.services.contains_key(&service.name) {
                self.services
                    .insert(service.name.clone(), Numbers::default());
            }
        }
        // The reasons first, then the lines for ExaBGP that follow from them.
        for output in outputs {
            match output {
                Output::Changed(service, change) => self.changed(service, change, view, now),
                Output::Stage(service, before) => self.staged(service, *before, view, now),
                _ => {}
            }
        }
        for output in outputs {
            if let Output::Say(commands, dialect) = output {
                commands
                    .iter()
                    .for_each(|command| self.said(command, dialect, view, now));
            }
        }
        let out: BTreeSet<Prefix> = self.out.keys().map(|key| key.prefix).collect();
        let at = self.at(now);
        self.lanes.add(view, &out, at);
    }

    fn at(&self, now: Instant) -> Moment {
        self.clock.map(|clock| clock.at(now)).unwrap_or_default()
    }

    fn event(&mut self, event: Event, now: Instant) {
        let at = self.at(now);
        self.events.push((at, event));
    }

    fn changed(&mut self, name: &str, change: &Change, view: View<'_>, now: Instant) {
        let service = view.config.and_then(|config| config.service(name));
        let (Some(service), Some(health)) = (service, view.judge.health(name)) else {
            return;
        };
        let (_, line) = report::change(service, health, view.drains.stage(name), change);
        let Change::Moved { from, to } = change else {
            return self.event(Event::Told(line), now);
        };
        let numbers = self.services.entry(name.to_owned()).or_default();
        numbers.moves += 1;
        let words = |standing| report::standing(service, standing).to_owned();
        let moved = Event::Moved {
            service: name.to_owned(),
            from: words(*from),
            to: words(*to),
            why: health.why.clone(),
            line,
        };
        self.event(moved, now);
    }

    fn staged(&mut self, name: &str, before: Option<Stage>, view: View<'_>, now: Instant) {
        let service = view.config.and_then(|config| config.service(name));
        if let Some(service) = service {
            let (order, stage) = (view.drains.order(name), view.drains.stage(name));
            let (_, line) = report::drain(service, view.judge.health(name), order, (before, stage));
            self.event(Event::Told(line), now);
        }
    }

    /// Adds a command about a route, and counts an UPDATE where it changes the route.
    fn said(&mut self, command: &Command, dialect: &Dialect, view: View<'_>, now: Instant) {
        if is_about_a_route(command) {
            self.event(Event::Said(dialect.line(command)), now);
        }
        let service = match command {
            Command::Announce(key, route) => {
                let name = of(key, view);
                let is_new = self.out.announce(key, route, name.clone());
                name.filter(|_| is_new)
            }
            Command::Withdraw(key) => self.out.withdraw(key),
            _ => None,
        };
        let numbers = service.and_then(|name| self.services.get_mut(&name));
        numbers.into_iter().for_each(|numbers| numbers.updates += 1);
    }
}

/// The name of a route's service.
fn of(key: &RouteKey, view: View<'_>) -> Option<String> {
    let mut services = view.config?.services.iter();
    let has = |prefix| prefix == key.prefix;
    let service = services.find(|service| service.prefixes.iter().any(|(prefix, _)| has(*prefix)));
    service.map(|service| service.name.clone())
}

fn is_about_a_route(command: &Command) -> bool {
    matches!(
        command,
        Command::Announce(..) | Command::Withdraw(_) | Command::Flush(_)
    )
}
