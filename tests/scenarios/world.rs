//! The program, and the world around it without threads and clock.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use haproxy_rhi::condition::Probe;
use haproxy_rhi::config::{self, Config};
use haproxy_rhi::drain::{Order, Orders};
use haproxy_rhi::exabgp::message;
use haproxy_rhi::observation::{Cause, Finding, Look, Reading, Snapshot, Trouble};
use haproxy_rhi::observe;
use haproxy_rhi::program::{Input, Plan, Program, Reason, Settings};
use haproxy_rhi::route::RouteKey;

use super::answers::Answers;
use super::document::{Channel, Said};
use super::event::{Event, Wish};
use super::haproxy::State;
use super::recorded::Recorded;

pub(super) struct World {
    pub(super) program: Program,
    config: Config,
    /// The text that it comes from.
    text: String,
    recorded: Recorded,
    orders: Orders,
    pub(super) answers: Answers,
    addresses: BTreeMap<IpAddr, Result<bool, String>>,
    /// The watch that began last, and what it watches.
    pub(super) watch: (u32, Plan),
    pub(super) refused: Option<String>,
    /// What HAProxy answers to looks that the program orders; absent: they are not answered.
    lives: Option<State>,
    looks_are_ordered: bool,
    /// What probes find that the program orders; those that are not among them are not answered.
    words: Vec<(String, Finding)>,
    asked: BTreeSet<Probe>,
    pub(super) control: Result<(), String>,
    pub(super) told: Settings,
    pub(super) ledger: BTreeSet<RouteKey>,
    /// What happens at this time.
    pub(super) inputs: Vec<Input>,
    pub(super) unwritten: bool,
    start: Instant,
    now: Instant,
    pub(super) left: bool,
    said: BTreeMap<(u64, Channel), Vec<String>>,
}

impl World {
    pub(super) fn new(config: &str, looks_are_ordered: bool) -> Result<Self, String> {
        let start = Instant::now();
        Ok(Self {
            program: Program::new(BTreeSet::new(), start),
            config: paced(load(config)?, looks_are_ordered),
            text: config.to_owned(),
            recorded: Recorded::new(start),
            orders: Orders::default(),
            answers: Answers::default(),
            addresses: BTreeMap::new(),
            watch: (0, Plan::of(&config::parse("{}").unwrap())),
            refused: None,
            lives: None,
            looks_are_ordered,
            words: Vec::new(),
            asked: BTreeSet::new(),
            control: Ok(()),
            told: Settings::new(),
            ledger: BTreeSet::new(),
            inputs: Vec::new(),
            unwritten: false,
            start,
            now: start,
            left: false,
            said: BTreeMap::new(),
        })
    }

    fn time(&self) -> u64 {
        u64::try_from((self.now - self.start).as_millis()).unwrap()
    }

    pub(super) fn note(&mut self, channel: Channel, text: &str) {
        let said = self.said.entry((self.time(), channel)).or_default();
        said.extend(text.split('\n').map(|line| format!("{channel}: {line}")));
    }

    pub(super) fn said(self) -> Said {
        self.recorded
            .check(|config| paced(config, self.looks_are_ordered));
        let mut said = Said::new();
        for ((at, _), lines) in self.said {
            said.entry(at).or_default().extend(lines);
        }
        said
    }

    pub(super) fn begin(&mut self) {
        self.take(vec![Input::Configuration(Box::new(self.config.clone()))]);
    }

    /// Calls the program whenever it asked for it.
    pub(super) fn pass_time_to(&mut self, at: u64) {
        let at = self.start + Duration::from_millis(at);
        while let Some(deadline) = self.program.deadline().filter(|deadline| *deadline < at) {
            self.now = deadline;
            self.take(Vec::new());
        }
        self.now = at;
    }

    pub(super) fn take_what_happened(&mut self) {
        let inputs = std::mem::take(&mut self.inputs);
        self.take(inputs);
    }

    fn take(&mut self, mut inputs: Vec<Input>) {
        if self.left {
            return;
        }
        for _ in 0..100 {
            self.recorded.called(&inputs, &self.text, self.now);
            let outputs = self.program.take(std::mem::take(&mut inputs), self.now);
            self.recorded.ended(&outputs, &self.program);
            outputs
                .into_iter()
                .for_each(|output| self.carry_out(output));
            inputs = std::mem::take(&mut self.inputs);
            if inputs.is_empty() || self.left {
                let deadline = self.program.deadline();
                assert!(
                    deadline.is_none_or(|at| at > self.now),
                    "it would spin at {} ms",
                    self.time()
                );
                return;
            }
        }
        panic!("it does not stop at {} ms", self.time());
    }

    pub(super) fn happen(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Restart => self.restart(),
            Event::Refused(why) => self.refused.clone_from(why),
            Event::Config(text) => self.configure(text),
            Event::Address(address, here) => drop(self.addresses.insert(*address, here.clone())),
            Event::Probe(probe, found) => self.probe(probe, found)?,
            Event::ProbesLive(words) => self.probes_live(words)?,
            Event::Drain(service, wish) => self.order(service, wish.as_ref())?,
            Event::Answers(rules) => self.answer(Answers::of(rules)?),
            // What is no message of interest is dropped by the thread that reads.
            Event::ExaBgp(line) => self.inputs.extend(message(line).map(Input::Heard)),
            Event::ExaBgpGone => {
                let why = "ExaBGP closed its end of the pipe".to_owned();
                self.inputs.push(Input::Leave(Reason::Gone(why)));
            }
            Event::Control(result) => self.control.clone_from(result),
            Event::Lives(state) => self.lives(state.clone()),
            Event::Hangs => self.lives = None,
            Event::HaProxy(state) => self.look(Cause::Event, Some(self.snapshot(state))),
            Event::Gone(why) => self.look(Cause::Event, Some(Err(Trouble::Gone(why.clone())))),
            Event::Unreadable(why) => {
                self.look(Cause::Event, Some(Err(Trouble::Unreadable(why.clone()))))
            }
            Event::Look => self.look(Cause::Event, None),
            Event::Leave => self.inputs.push(Input::Leave(Reason::Told)),
            Event::End => {}
        }
        Ok(())
    }

    /// Killed with -9, and started again by ExaBGP, which goes on.
    fn restart(&mut self) {
        self.program = Program::new(self.ledger.clone(), self.now);
        let routes = self.ledger.iter().cloned().collect();
        self.recorded.begins(routes, self.now);
        self.inputs
            .push(Input::Configuration(Box::new(self.config.clone())));
        self.inputs.push(Input::Orders(self.declared()));
    }

    /// As the daemon does it: a file that cannot be used changes nothing.
    fn configure(&mut self, text: &str) {
        match load(text) {
            Ok(config) => {
                self.config = paced(config, self.looks_are_ordered);
                text.clone_into(&mut self.text);
                self.inputs
                    .push(Input::Configuration(Box::new(self.config.clone())));
            }
            Err(problem) => self.note(
                Channel::Log,
                &format!("error {problem}; keeping the configuration that is in force"),
            ),
        }
    }

    fn answer(&mut self, answers: Answers) {
        self.answers = answers;
        if std::mem::take(&mut self.unwritten) && !self.answers.blocked {
            self.inputs.push(Input::Written);
        }
    }

    /// A look that waits for an answer has it now.
    fn lives(&mut self, state: State) {
        let hung = self.lives.replace(state).is_none();
        if hung {
            self.look_ordered();
        }
    }

    pub(super) fn look_ordered(&mut self) {
        if let Some(state) = &self.lives {
            let snapshot = self.snapshot(state);
            self.look(Cause::Poll, Some(snapshot));
        }
    }

    /// What is asked already is answered at once.
    fn probes_live(&mut self, words: &[(String, Finding)]) -> Result<(), String> {
        self.words = words.to_vec();
        std::mem::take(&mut self.asked)
            .iter()
            .try_for_each(|probe| self.answer_probe(probe))
    }

    pub(super) fn answer_probe(&mut self, probe: &Probe) -> Result<(), String> {
        let name = probe.to_string();
        if let Some((_, found)) = self.words.iter().find(|(known, _)| *known == name).cloned() {
            self.found(probe.clone(), found);
            return Ok(());
        }
        self.asked.insert(probe.clone());
        Ok(())
    }

    fn probe(&mut self, name: &str, found: &Finding) -> Result<(), String> {
        let probes = self.watch.1.probed();
        let probe = probes
            .iter()
            .find(|probe| probe.to_string() == name)
            .ok_or_else(|| {
                let known: Vec<String> = probes.iter().map(ToString::to_string).collect();
                format!(
                    "no probe '{name}' is watched; expected one of: {}",
                    known.join(", ")
                )
            })?;
        self.found((*probe).clone(), found.clone());
        Ok(())
    }

    fn found(&mut self, probe: Probe, what: Finding) {
        let reading = Reading { at: self.now, what };
        self.inputs
            .push(Input::Probed(self.watch.0, probe, reading));
    }

    /// What HAProxy says of the proxies that are watched, and of those that their servers follow.
    fn snapshot(&self, state: &State) -> Result<Snapshot, Trouble> {
        let mut names: Vec<String> = self.watch.1.proxies.iter().cloned().collect();
        let ask = |names: &[String]| {
            observe::snapshot(&state.answer(names), names).map_err(Trouble::Unreadable)
        };
        let snapshot = ask(&names)?;
        let servers = snapshot.proxies.values().flat_map(|proxy| &proxy.servers);
        names.extend(servers.filter_map(|server| Some(server.tracks.clone()?.0)));
        ask(&names)
    }

    fn look(&mut self, cause: Cause, haproxy: Option<Result<Snapshot, Trouble>>) {
        let known = |address: IpAddr| {
            (
                address,
                self.addresses.get(&address).cloned().unwrap_or(Ok(true)),
            )
        };
        let addresses = self
            .watch
            .1
            .addresses
            .iter()
            .map(|address| known(*address))
            .collect();
        let look = Look {
            at: self.now,
            cause,
            haproxy,
            addresses,
        };
        self.inputs.push(Input::Looked(self.watch.0, look));
    }

    fn order(&mut self, service: &str, wish: Option<&Wish>) -> Result<(), String> {
        match wish {
            Some(wish) => {
                let order = Order {
                    read: self.now,
                    age: wish.age,
                    id: wish.id.clone(),
                    by: Some("alice".to_owned()),
                    reason: Some(wish.reason.clone()),
                    force: wish.force,
                };
                self.orders.0.insert(service.to_owned(), order);
            }
            None => {
                let order = self.orders.0.remove(service);
                order.ok_or_else(|| {
                    format!("'{service}' is not drained; expected a drain before its end")
                })?;
            }
        }
        self.inputs.push(Input::Orders(self.declared()));
        Ok(())
    }

    /// The orders, as they are read now.
    fn declared(&self) -> Orders {
        let read = |order: &Order| Order {
            age: order.elapsed(self.now),
            read: self.now,
            ..order.clone()
        };
        Orders(
            self.orders
                .0
                .iter()
                .map(|(name, order)| (name.clone(), read(order)))
                .collect(),
        )
    }
}

/// From a file, as the daemon reads it.
fn load(text: &str) -> Result<Config, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    let shown = |error: config::FileError| {
        error
            .to_string()
            .replace(file.path().to_str().unwrap(), "config.json")
    };
    config::load(file.path()).map_err(shown)
}

/// In a story that tells each look no other is answered, and none hangs.
fn paced(mut config: Config, looks_are_ordered: bool) -> Config {
    if !looks_are_ordered {
        config.haproxy.timeout = Duration::from_secs(3600);
    }
    config
}
