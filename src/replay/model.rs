//! A program that plays what was recorded: HAProxy, the addresses and the probes are as the record saw them last.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::condition::Probe;
use crate::config::Config;
use crate::exabgp::Message;
use crate::observation::{Cause, Finding, Look, Reading, Snapshot, Trouble};
use crate::program::{Input, Output, Plan, Program};
use crate::record::{Call, Life};
use crate::report::moment::Clock;

use super::tally::Tally;

/// The most calls at one instant: a bound for a program that does not come to rest.
const ROUNDS: usize = 100;
/// A process is called each second. After a longer gap it stood still, and so does the program that is played.
const STOOD_STILL: Duration = Duration::from_secs(3);
/// A look ends with the next one of the record, or after this time with what the record saw last: a program that looks at the same
/// times as the recorded one sees the same.
const LOOK: Duration = Duration::from_millis(20);
/// A probe ends with the next one of the record, or after this time.
const PROBE: Duration = Duration::from_millis(100);

/// A program, and what it sees.
#[derive(Debug)]
pub struct Model {
    program: Option<Program>,
    /// Replaces the recorded configurations; `None`: those are played.
    config: Option<Config>,
    number: u32,
    seen: Option<Seen>,
    found: BTreeMap<Probe, Finding>,
    /// When the look under way began.
    looks: Option<Instant>,
    /// The probes under way, and when each began.
    asked: BTreeMap<Probe, Instant>,
    now: Option<Instant>,
    known: Known,
    pub tally: Tally,
}

/// What the last look of the record saw.
#[derive(Debug)]
struct Seen {
    haproxy: Option<Result<Snapshot, Trouble>>,
    addresses: BTreeMap<IpAddr, Result<bool, String>>,
}

/// Everything that the recorded configurations asked for.
#[derive(Debug, Default)]
struct Known {
    proxies: BTreeSet<String>,
    addresses: BTreeSet<IpAddr>,
    probes: BTreeSet<Probe>,
}

impl Model {
    /// `config` replaces the recorded configurations; `None`: those are played.
    pub fn new(config: Option<Config>) -> Self {
        Self {
            program: None,
            config,
            number: 0,
            seen: None,
            found: BTreeMap::new(),
            looks: None,
            asked: BTreeMap::new(),
            now: None,
            known: Known::default(),
            tally: Tally::default(),
        }
    }

    /// A process starts.
    pub fn begin(&mut self, life: &Life, clock: Clock) {
        self.program = Some(Program::without_exabgp(life.begun));
        (self.seen, self.looks) = (None, None);
        (self.found, self.asked) = (BTreeMap::new(), BTreeMap::new());
        self.now = Some(life.begun);
        self.tally.begin(clock);
        let inputs = self.translated(&life.before);
        self.take(inputs, life.begun);
    }

    /// Plays a recorded call.
    pub fn call(&mut self, call: &Call) {
        self.pass_time_to(call.at);
        let inputs = self.translated(&call.inputs);
        if !inputs.is_empty() {
            self.take(inputs, call.at);
        }
    }

    fn pass_time_to(&mut self, at: Instant) {
        let before = self.now.replace(at);
        if before.is_none_or(|before| at > before + STOOD_STILL) {
            return self.take(Vec::new(), at);
        }
        while let Some(due) = self.next().filter(|due| *due < at) {
            let ended = self.ended(due);
            self.take(ended, due);
        }
    }

    /// When the next look or probe ends, or the program's deadline comes.
    fn next(&self) -> Option<Instant> {
        let deadline = self.program.as_ref()?.deadline();
        let looked = self.looks.filter(|_| self.seen.is_some());
        let looked = looked.map(|begun| begun + LOOK);
        let known = self.asked.iter();
        let known = known.filter(|(probe, _)| self.found.contains_key(*probe));
        let probed = known.map(|(_, begun)| *begun + PROBE);
        deadline.into_iter().chain(looked).chain(probed).min()
    }

    /// Looks and probes that end now, with what the record saw last.
    fn ended(&mut self, now: Instant) -> Vec<Input> {
        let mut ended = Vec::new();
        if let Some(seen) = &self.seen
            && self.looks.take_if(|begun| *begun + LOOK <= now).is_some()
        {
            ended.push(Input::Looked(self.number, seen.look(now)));
        }
        let (number, found) = (self.number, &self.found);
        self.asked.retain(|probe, begun| match found.get(probe) {
            Some(what) if *begun + PROBE <= now => {
                let what = what.clone();
                let reading = Reading { at: now, what };
                ended.push(Input::Probed(number, probe.clone(), reading));
                false
            }
            _ => true,
        });
        ended
    }

    fn translated(&mut self, inputs: &[Input]) -> Vec<Input> {
        let mut own = Vec::new();
        inputs
            .iter()
            .for_each(|input| self.translate(input, &mut own));
        own
    }

    /// Turns an input into the played program's own. Answers to the recorded program are left out.
    fn translate(&mut self, input: &Input, own: &mut Vec<Input>) {
        match input {
            Input::Configuration(config) => self.configure(config, own),
            Input::Looked(_, look) => self.looked(look, own),
            Input::Probed(_, probe, reading) => {
                self.found.insert(probe.clone(), reading.what.clone());
                if self.asked.remove(probe).is_some() {
                    own.push(Input::Probed(self.number, probe.clone(), reading.clone()));
                }
            }
            Input::Orders(_) | Input::Leave(_) => own.push(input.clone()),
            Input::Watching(..)
            | Input::Heard(_)
            | Input::Written
            | Input::Kept(_)
            | Input::Switched(_) => {}
        }
    }

    fn configure(&mut self, recorded: &Config, own: &mut Vec<Input>) {
        let plan = Plan::of(recorded);
        self.known.probes.extend(plan.probed().into_iter().cloned());
        self.known.proxies.extend(plan.proxies);
        self.known.addresses.extend(plan.addresses);
        let program = self.program.as_ref();
        let is_first = program.is_some_and(|program| program.view().config.is_none());
        match &self.config {
            Some(config) if is_first => own.push(Input::Configuration(Box::new(config.clone()))),
            Some(_) => {}
            None => own.push(Input::Configuration(Box::new(recorded.clone()))),
        }
    }

    /// A look that a poll caused goes to a program that waits for one; any other look goes to every program.
    fn looked(&mut self, look: &Look, own: &mut Vec<Input>) {
        self.seen = Some(Seen {
            haproxy: look.haproxy.clone(),
            addresses: look.addresses.clone(),
        });
        let waits = self.looks.take().is_some();
        if waits || look.cause != Cause::Poll {
            let cause = if waits { Cause::Poll } else { look.cause };
            let look = look.clone();
            own.push(Input::Looked(self.number, Look { cause, ..look }));
        }
    }

    fn take(&mut self, mut inputs: Vec<Input>, now: Instant) {
        for _ in 0..ROUNDS {
            let Some(program) = &mut self.program else {
                return;
            };
            let outputs = program.take(std::mem::take(&mut inputs), now);
            self.tally.add(&outputs, program, now);
            for output in outputs {
                self.carry_out(output, &mut inputs, now);
            }
            if inputs.is_empty() {
                return;
            }
        }
    }

    fn carry_out(&mut self, output: Output, inputs: &mut Vec<Input>, now: Instant) {
        match output {
            Output::Watch(number, _) => {
                self.number = number;
                self.asked.clear();
                inputs.push(Input::Watching(number, Ok(())));
            }
            Output::Look(_) => self.looks = Some(now),
            Output::Probe(_, probe) => drop(self.asked.insert(probe, now)),
            Output::Keep(number, _) => inputs.push(Input::Kept(number)),
            Output::Say(commands, _) => {
                inputs.push(Input::Written);
                inputs.extend(commands.iter().map(|_| Input::Heard(Message::Done)));
            }
            Output::Tell(..) => inputs.push(Input::Switched(Ok(()))),
            Output::Exit(_) => self.program = None,
            Output::Judged | Output::Changed(..) | Output::Stage(..) | Output::Note(_) => {}
        }
    }

    /// What this configuration asks for, and the record does not have.
    pub fn missing(&self) -> Vec<String> {
        let Some(plan) = self.config.as_ref().map(Plan::of) else {
            return Vec::new();
        };
        let proxies = plan.proxies.difference(&self.known.proxies);
        let proxies = proxies.map(|name| format!("proxy '{name}'"));
        let addresses = plan.addresses.difference(&self.known.addresses);
        let addresses = addresses.map(|address| format!("address {address}"));
        let probes = plan.probed().into_iter();
        let probes = probes.filter(|probe| !self.known.probes.contains(*probe));
        let probes = probes.map(|probe| format!("probe {probe}"));
        proxies.chain(addresses).chain(probes).collect()
    }
}

impl Seen {
    fn look(&self, now: Instant) -> Look {
        Look {
            at: now,
            cause: Cause::Poll,
            haproxy: self.haproxy.clone(),
            addresses: self.addresses.clone(),
        }
    }
}
