//! Tells a story to the pure half of the program and keeps what it answers.
//!
//! A folder is a story: `config.json` and files whose names carry the time, such as `0100ms-haproxy.txt`. What the
//! program says to ExaBGP at a time is `0100ms-says.txt`, its transitions are `0100ms-logs.txt`; where there is no
//! such file, nothing was said. Nothing sleeps: the time is the file's.
//!
//! | file                    | what happens                                                                      |
//! |-------------------------|-----------------------------------------------------------------------------------|
//! | `…-config.json`         | another configuration is in force                                                 |
//! | `…-address.txt`         | `9.9.9.9: here`, `elsewhere`, or `unknown` and the reason (before: all are here)   |
//! | `…-probe.txt`           | `file /run/ready: yes`, `no` or `unknown`, and the reason                          |
//! | `…-drain.txt`           | `web: kernel update`: it is drained, and why; `web: force`; `web: over`            |
//! | `…-exabgp.answers`      | how ExaBGP answers from now on, see [`Answers`]                                   |
//! | `…-exabgp.txt`          | lines that ExaBGP writes                                                          |
//! | `…-haproxy.txt`         | a look: the bytes that HAProxy answers on its stats socket                        |
//! | `…-haproxy.gone`        | a look: nobody listens, and the reason                                            |
//! | `…-haproxy.unreadable`  | a look: it cannot be read, and the reason                                         |
//! | `…-look`                | a look where no condition asks for HAProxy                                        |
//! | `…-leave`               | the process is told to leave                                                      |
//! | `…-end`                 | the story ends (otherwise a second after the last file)                           |
//!
//! HAProxy's answers are links into `replies/`, one file a state: rows of HAProxy 2.6.12 with names, status, weight and check
//! set to the state. `UP (UNPUB)` and `PAUSED` are written after its documentation, not captured.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use haproxy_rhi::announce::{Command, Dialogue, Message, message};
use haproxy_rhi::condition::Probe;
use haproxy_rhi::config::{self, Config, OnExit};
use haproxy_rhi::decide::{self, Desired};
use haproxy_rhi::drain::{self, Order, Orders, Stages};
use haproxy_rhi::judge::Judge;
use haproxy_rhi::observation::{Finding, Observation, Reading, Snapshot, Trouble};
use haproxy_rhi::observe::{self, Plan};
use haproxy_rhi::report;

/// The end of a story after its last file, unless it says otherwise.
const AFTERMATH: u64 = 1000;

/// How ExaBGP answers what is written to it, one rule a line; without a rule `done`.
#[derive(Debug, Default)]
struct Answers {
    /// `nothing`: it is stopped, or hangs.
    nothing: bool,
    /// `no acks`: `exabgp.api.ack` is false; only `version` has an answer.
    no_acks: bool,
    /// `error to TEXT`: it refuses commands that contain the text.
    errors: Vec<String>,
    /// `version 5.0.15`: it is this one; otherwise 4.2.21.
    version: Option<String>,
}

impl Answers {
    fn parse(text: &str) -> Self {
        let mut answers = Self::default();
        for line in text.lines() {
            match (line.split_once(' ').unwrap_or((line, "")), line.strip_prefix("error to ")) {
                (("done", ""), _) => {}
                (("nothing", ""), _) => answers.nothing = true,
                (("no", "acks"), _) => answers.no_acks = true,
                (("version", version), _) => answers.version = Some(version.to_owned()),
                (_, Some(text)) => answers.errors.push(text.to_owned()),
                _ => panic!("'{line}' is not a way to answer"),
            }
        }
        answers
    }

    fn to(&self, command: &Command) -> Vec<Message> {
        let line = command.to_string();
        let ack = match () {
            () if self.no_acks => None,
            () if self.errors.iter().any(|text| line.contains(text)) => Some(Message::Error),
            () => Some(Message::Done),
        };
        let version = (*command == Command::Version)
            .then(|| Message::Version(self.version.clone().unwrap_or_else(|| "4.2.21".to_owned())));
        if self.nothing { Vec::new() } else { version.into_iter().chain(ack).collect() }
    }
}

/// Runs the story in `folder` and compares, or with `UPDATE_SCENARIOS=1` rewrites, what came of it.
pub fn run(folder: &Path) {
    let (happened, said) = tell(folder);
    let update = std::env::var_os("UPDATE_SCENARIOS").is_some();
    let names: BTreeSet<&String> = said.keys().chain(happened.iter()).collect();
    let mut differences = String::new();
    for name in names {
        let path = folder.join(name);
        let expected = fs::read_to_string(&path).ok();
        let actual = said.get(name);
        if expected.as_ref() == actual {
            continue;
        }
        match (update, actual) {
            (true, Some(text)) => fs::write(&path, text).unwrap(),
            (true, None) => fs::remove_file(&path).unwrap(),
            (false, _) => {
                let shown = |text: Option<&String>| text.map_or("(nothing)\n".to_owned(), Clone::clone);
                differences.push_str(&format!(
                    "--- {name}, expected:\n{}+++ {name}, came:\n{}",
                    shown(expected.as_ref()),
                    shown(actual)
                ));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{}\n{differences}(UPDATE_SCENARIOS=1 rewrites what is expected)",
        folder.display()
    );
}

/// One file of a story: its time, its kind and its path.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    at: u64,
    kind: Kind,
    path: PathBuf,
}

/// In the order in which they happen at one time.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Config,
    Address,
    Probe,
    Drain,
    Answers,
    ExaBgp,
    HaProxy,
    Gone,
    Unreadable,
    Look,
    Leave,
    End,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "config.json" => Self::Config,
            "address.txt" => Self::Address,
            "probe.txt" => Self::Probe,
            "drain.txt" => Self::Drain,
            "exabgp.answers" => Self::Answers,
            "exabgp.txt" => Self::ExaBgp,
            "haproxy.txt" => Self::HaProxy,
            "haproxy.gone" => Self::Gone,
            "haproxy.unreadable" => Self::Unreadable,
            "look" => Self::Look,
            "leave" => Self::Leave,
            "end" => Self::End,
            _ => return None,
        })
    }
}

/// The steps of a story, and the names of the files that hold what is expected.
fn read(folder: &Path) -> (Vec<Step>, BTreeSet<String>) {
    let (mut steps, mut expected) = (Vec::new(), BTreeSet::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "config.json" {
            continue;
        }
        let parts = name.split_once("ms-").and_then(|(at, kind)| Some((at.parse().ok()?, kind)));
        match parts {
            Some((_, "says.txt" | "logs.txt")) => drop(expected.insert(name)),
            Some((at, kind)) if Kind::of(kind).is_some() => {
                steps.push(Step { at, kind: Kind::of(kind).unwrap(), path });
            }
            _ => panic!("'{}' is no file of a story", path.display()),
        }
    }
    steps.sort();
    (steps, expected)
}

fn load(path: &Path) -> Config {
    config::load(path).unwrap_or_else(|error| panic!("{error}"))
}

fn tell(folder: &Path) -> (BTreeSet<String>, BTreeMap<String, String>) {
    let (steps, expected) = read(folder);
    let start = Instant::now();
    let mut program = Program {
        config: load(&folder.join("config.json")),
        judge: Judge::default(),
        orders: Orders::default(),
        stages: Stages::default(),
        dialogue: Dialogue::new(start),
        seen: Observation::default(),
        answers: Answers::default(),
        start,
        now: start,
        left: false,
        said: BTreeMap::new(),
    };
    program.everything_is_here();
    let last = steps.last().unwrap_or_else(|| panic!("{} tells nothing", folder.display()));
    let end = last.at + if last.kind == Kind::End { 0 } else { AFTERMATH };
    let mut steps = steps.into_iter().peekable();
    while let Some(at) = steps.peek().map(|step| step.at) {
        program.pass_time_to(at);
        while let Some(step) = steps.next_if(|step| step.at == at) {
            program.take(&step);
        }
        program.tick();
    }
    program.pass_time_to(end);
    (expected, program.said)
}

/// What `daemon` is, without threads and clock.
struct Program {
    config: Config,
    judge: Judge,
    orders: Orders,
    stages: Stages,
    dialogue: Dialogue,
    seen: Observation,
    answers: Answers,
    start: Instant,
    now: Instant,
    left: bool,
    said: BTreeMap<String, String>,
}

impl Program {
    fn time(&self) -> u64 {
        u64::try_from((self.now - self.start).as_millis()).unwrap()
    }

    fn note(&mut self, kind: &str, line: &str) {
        let name = format!("{:04}ms-{kind}.txt", self.time());
        self.said.entry(name).or_default().push_str(&format!("{line}\n"));
    }

    fn deadline(&self) -> Option<Instant> {
        let drain = drain::deadline(self.config.services.iter(), &self.orders, self.now);
        self.dialogue.deadline(self.now).into_iter().chain(drain).min()
    }

    /// Ticks whenever the dialogue or a drain has a deadline.
    fn pass_time_to(&mut self, at: u64) {
        let at = self.start + Duration::from_millis(at);
        while let Some(deadline) = self.deadline().filter(|deadline| *deadline < at) {
            self.now = deadline.max(self.now + Duration::from_millis(1));
            self.tick();
        }
        self.now = at;
    }

    fn take(&mut self, step: &Step) {
        let text = || {
            let text = fs::read_to_string(&step.path).unwrap();
            text.lines().map(str::to_owned).collect::<Vec<String>>()
        };
        match step.kind {
            Kind::Config => self.configure(load(&step.path)),
            Kind::Address => text().iter().for_each(|line| self.address(line)),
            Kind::Probe => text().iter().for_each(|line| self.probe(line)),
            Kind::Drain => text().iter().for_each(|line| self.order(line)),
            Kind::Answers => self.answers = Answers::parse(&text().join("\n")),
            Kind::ExaBgp => text().iter().for_each(|line| self.hear(line)),
            Kind::HaProxy => {
                let snapshot = self.snapshot(&fs::read(&step.path).unwrap());
                self.look(Some(snapshot.map_err(Trouble::Unreadable)));
            }
            Kind::Gone => self.look(Some(Err(Trouble::Gone(text().join(" "))))),
            Kind::Unreadable => self.look(Some(Err(Trouble::Unreadable(text().join(" "))))),
            Kind::Look => self.look(None),
            Kind::Leave => {
                self.left = true;
                if self.config.on_exit == OnExit::Withdraw {
                    for command in self.dialogue.farewell() {
                        self.note("says", &command.to_string());
                    }
                }
            }
            Kind::End => {}
        }
    }

    fn everything_is_here(&mut self) {
        for address in Plan::of(&self.config).addresses {
            self.seen.addresses.entry(address).or_insert(Ok(true));
        }
    }

    /// As the daemon does it: a service that is not the same any more is judged anew.
    fn configure(&mut self, config: Config) {
        let before = std::mem::replace(&mut self.config, config);
        let of = |config: &Config, name: &str| config.services.iter().find(|s| s.name == name).cloned();
        self.judge.keep_only(|name| of(&before, name) == of(&self.config, name));
        self.everything_is_here();
    }

    fn address(&mut self, line: &str) {
        let (address, what) = line.split_once(": ").unwrap();
        let here = match what.split_once(' ').unwrap_or((what, "")) {
            ("here", "") => Ok(true),
            ("elsewhere", "") => Ok(false),
            ("unknown", why) => Err(why.to_owned()),
            _ => panic!("'{line}' does not say where the address is"),
        };
        self.seen.addresses.insert(address.parse().unwrap(), here);
    }

    fn probe(&mut self, line: &str) {
        let probes = Plan::of(&self.config).probes;
        let named = |probe: &Probe| line.strip_prefix(&format!("{probe}: ")).map(str::to_owned);
        let (probe, what) = probes
            .iter()
            .find_map(|probe| Some((probe, named(probe)?)))
            .unwrap_or_else(|| panic!("no probe for '{line}'"));
        let (word, why) = what.split_once(' ').unwrap_or((&what, ""));
        let holds = match word {
            "yes" => Some(true),
            "no" => Some(false),
            "unknown" => None,
            _ => panic!("'{line}' does not say what the probe found"),
        };
        let reading = Reading { at: self.now, what: Finding::new(holds, why) };
        self.seen.probes.insert(probe.clone(), reading);
    }

    fn hear(&mut self, line: &str) {
        // What is no message of interest is dropped by the thread that reads.
        if let Some(message) = message(line) {
            self.dialogue.heard(message, self.now);
        }
    }

    /// What the answer says of the proxies that the configuration names, and of those that their servers follow.
    fn snapshot(&self, answer: &[u8]) -> Result<Snapshot, String> {
        let mut names: Vec<String> = Plan::of(&self.config).proxies.into_iter().collect();
        let snapshot = observe::snapshot(answer, &names)?;
        let servers = snapshot.proxies.values().flat_map(|proxy| &proxy.servers);
        names.extend(servers.filter_map(|server| Some(server.tracks.clone()?.0)));
        observe::snapshot(answer, &names)
    }

    fn look(&mut self, haproxy: Option<Result<Snapshot, Trouble>>) {
        self.seen.haproxy = haproxy.map(|what| Reading { at: self.now, what });
        for service in self.config.services.clone() {
            let Some(change) = self.judge.judge(&service, &self.seen, self.now) else { continue };
            let health = self.judge.health(&service.name).unwrap();
            let (level, line) = report::change(&service, health, self.stages.of(&service.name), &change);
            self.note("logs", &format!("{} {line}", level.as_str().to_lowercase()));
        }
    }

    fn desired(&self) -> Desired {
        decide::decide(&self.config, &self.judge, &self.orders, self.now)
    }

    /// `web: kernel update`, `web: force` or `web: over`; an order is a minute old where the reason says so.
    fn order(&mut self, line: &str) {
        let (name, what) = line.split_once(": ").unwrap();
        if what == "over" {
            self.orders.0.remove(name).unwrap();
            return;
        }
        let age = if what.contains("a minute ago") { 60 } else { 0 };
        let order = Order {
            read: self.now,
            age: Duration::from_secs(age),
            id: None,
            by: Some("alice".to_owned()),
            reason: Some(what.to_owned()),
            force: what == "force",
        };
        self.orders.0.insert(name.to_owned(), order);
    }

    fn drain(&mut self) {
        for service in self.stages.advance(&self.config.clone(), &self.judge, &self.orders, self.now) {
            let (health, order) = (self.judge.health(&service.name), self.orders.of(&service.name));
            let (level, line) = report::drain(service, health, order.as_ref(), self.stages.of(&service.name));
            self.note("logs", &format!("{} {line}", level.as_str().to_lowercase()));
        }
    }

    fn tick(&mut self) {
        if self.left {
            return;
        }
        self.drain();
        for _ in 0..100 {
            let desired = self.desired();
            let commands = self.dialogue.next(&desired, self.now);
            if commands.is_empty() {
                let deadline = self.dialogue.deadline(self.now);
                assert!(deadline.is_none_or(|at| at > self.now), "it would spin at {} ms", self.time());
                return;
            }
            for command in &commands {
                self.note("says", &command.to_string());
            }
            for message in commands.iter().flat_map(|command| self.answers.to(command)) {
                self.dialogue.heard(message, self.now);
            }
        }
        panic!("it does not stop talking at {} ms", self.time());
    }
}
