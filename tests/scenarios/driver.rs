//! Tells a story to the program that decides, the very struct that the daemon drives, and keeps what it answers.
//!
//! A folder is a story: `config.json` and files whose names carry the time, such as `0100ms-haproxy.txt`. What the
//! program says to ExaBGP at a time is `0100ms-says.txt`, its log `0100ms-logs.txt`, the variables that it sets in
//! HAProxy `0100ms-tells.txt` (what is only refreshed is left out), its end `0100ms-exits.txt`; where there is no such
//! file, nothing was said.
//! Nothing sleeps: the time is the file's.
//!
//! | file                    | what happens                                                                      |
//! |-------------------------|-----------------------------------------------------------------------------------|
//! | `…-config.json`         | the file is another one; one that cannot be used changes nothing                  |
//! | `…-restart`             | the process is killed, and another one begins                                     |
//! | `…-watch.refused`       | no thread can be started to watch any more; empty: they can again                 |
//! | `…-address.txt`         | `9.9.9.9: here`, `elsewhere`, or `unknown` and the reason (before: all are here)   |
//! | `…-probe.txt`           | `file /run/ready: yes`, `no` or `unknown`, and the reason                          |
//! | `…-probe.lives`         | from now on each probe that the program orders is answered so, lines as above     |
//! | `…-drain.txt`           | `web: kernel update`: it is drained, and why; `web: force`; `web: over`;            |
//! |                         | `a minute ago` and `an age ago` in the reason say how old the order is, `id 1` which |
//! | `…-exabgp.answers`      | how ExaBGP answers from now on, see [`Answers`]                                   |
//! | `…-exabgp.txt`          | lines that ExaBGP writes                                                          |
//! | `…-exabgp.gone`         | ExaBGP closes its end of the pipe                                                 |
//! | `…-haproxy.txt`         | a look: the bytes that HAProxy answers on its stats socket                        |
//! | `…-haproxy.lives`       | from now on every look that the program orders is answered so                     |
//! | `…-haproxy.hangs`       | from now on no look that the program orders is answered                           |
//! | `…-haproxy.control`     | `refused`: HAProxy sets no variable any more; `taken`: it does again              |
//! | `…-haproxy.gone`        | a look: nobody listens, and the reason                                            |
//! | `…-haproxy.unreadable`  | a look: it cannot be read, and the reason                                         |
//! | `…-look`                | a look where no condition asks for HAProxy                                        |
//! | `…-leave`               | the process is told to leave                                                      |
//! | `…-end`                 | the story ends (otherwise a second after the last file)                           |
//!
//! HAProxy's answers are links into `replies/`, one file a state: rows of HAProxy 2.6.12 with names, status, weight and check
//! set to the state. `UP (UNPUB)` and `PAUSED` are written after its documentation, not captured.

#[path = "answers.rs"]
mod answers;
#[path = "step.rs"]
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use haproxy_rhi::announce::{Command, message};
use haproxy_rhi::condition::Probe;
use haproxy_rhi::config::{self, Config};
use haproxy_rhi::drain::{Order, Orders};
use haproxy_rhi::observation::{Cause, Finding, Look, Reading, Snapshot, Trouble};
use haproxy_rhi::observe;
use haproxy_rhi::program::{Input, Output, Plan, Program, Reason, Settings};
use haproxy_rhi::report;
use haproxy_rhi::route::RouteKey;

use answers::Answers;
use step::{Kind, Step, read};

/// The end of a story after its last file, unless it says otherwise.
const AFTERMATH: u64 = 1000;

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

fn load(path: &Path) -> Result<Config, String> {
    config::load(path).map_err(|error| error.to_string().replace(path.to_str().unwrap(), "config.json"))
}

fn tell(folder: &Path) -> (BTreeSet<String>, BTreeMap<String, String>) {
    let (steps, expected) = read(folder);
    let mut story = Story::new(load(&folder.join("config.json")).unwrap(), &steps);
    let last = steps.last().unwrap_or_else(|| panic!("{} tells nothing", folder.display()));
    let end = last.at + if last.kind == Kind::End { 0 } else { AFTERMATH };
    // How the world is that the program begins in.
    let world = |step: &&Step| step.at == 0 && matches!(step.kind, Kind::Answers | Kind::Refused);
    steps.iter().filter(world).for_each(|step| story.happen(step));
    story.take(vec![Input::Configuration(Box::new(story.config.clone()))]);
    let mut steps = steps.into_iter().peekable();
    while let Some(at) = steps.peek().map(|step| step.at) {
        story.pass_time_to(at);
        while let Some(step) = steps.next_if(|step| step.at == at) {
            story.happen(&step);
        }
        let inputs = std::mem::take(&mut story.inputs);
        story.take(inputs);
    }
    story.pass_time_to(end);
    (expected, story.said)
}

/// The program, and the world around it without threads and clock.
struct Story {
    program: Program,
    config: Config,
    orders: Orders,
    answers: Answers,
    addresses: BTreeMap<IpAddr, Result<bool, String>>,
    /// The watch that began last, and what it watches.
    watch: (u32, Plan),
    refused: Option<String>,
    /// What HAProxy answers to looks that the program orders; absent: they are not answered.
    lives: Option<Vec<u8>>,
    looks_are_ordered: bool,
    /// What probes find that the program orders; those that are not among them are not answered.
    words: Vec<String>,
    asked: BTreeSet<Probe>,
    control: Result<(), String>,
    told: Settings,
    ledger: BTreeSet<RouteKey>,
    /// What happens at this time.
    inputs: Vec<Input>,
    unwritten: bool,
    start: Instant,
    now: Instant,
    left: bool,
    said: BTreeMap<String, String>,
}

impl Story {
    fn new(config: Config, steps: &[Step]) -> Self {
        let start = Instant::now();
        let looks_are_ordered = steps.iter().any(|step| step.kind == Kind::Lives);
        Self {
            program: Program::new(BTreeSet::new(), start),
            config: paced(config, looks_are_ordered),
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
        }
    }

    fn time(&self) -> u64 {
        u64::try_from((self.now - self.start).as_millis()).unwrap()
    }

    fn note(&mut self, kind: &str, line: &str) {
        let name = format!("{:04}ms-{kind}.txt", self.time());
        self.said.entry(name).or_default().push_str(&format!("{line}\n"));
    }

    /// Calls the program whenever it asked for it.
    fn pass_time_to(&mut self, at: u64) {
        let at = self.start + Duration::from_millis(at);
        while let Some(deadline) = self.program.deadline().filter(|deadline| *deadline < at) {
            self.now = deadline;
            self.take(Vec::new());
        }
        self.now = at;
    }

    fn happen(&mut self, step: &Step) {
        let text = || {
            let text = fs::read_to_string(&step.path).unwrap();
            text.lines().map(str::to_owned).collect::<Vec<String>>()
        };
        match step.kind {
            Kind::Restart => self.restart(),
            Kind::Refused => self.refused = Some(text().join(" ")).filter(|why| !why.is_empty()),
            Kind::Config => self.configure(load(&step.path)),
            Kind::Address => text().iter().for_each(|line| self.address(line)),
            Kind::Probe => text().iter().for_each(|line| self.probe(line)),
            Kind::ProbeLives => self.probes_live(text()),
            Kind::Drain => text().iter().for_each(|line| self.order(line)),
            Kind::Answers => self.answer(Answers::parse(&text().join("\n"))),
            Kind::ExaBgp => text().iter().for_each(|line| self.hear(line)),
            Kind::Control => self.control = control(&text().join(" ")),
            Kind::Lives => self.lives(fs::read(&step.path).unwrap()),
            Kind::Hangs => self.lives = None,
            Kind::HaProxy => self.look(Cause::Event, Some(self.snapshot(&fs::read(&step.path).unwrap()))),
            Kind::Gone => self.look(Cause::Event, Some(Err(Trouble::Gone(text().join(" "))))),
            Kind::Unreadable => self.look(Cause::Event, Some(Err(Trouble::Unreadable(text().join(" "))))),
            Kind::Look => self.look(Cause::Event, None),
            Kind::Leave => self.inputs.push(Input::Leave(Reason::Told)),
            Kind::ExaBgpGone => {
                let why = "ExaBGP closed its end of the pipe".to_owned();
                self.inputs.push(Input::Leave(Reason::Gone(why)));
            }
            Kind::End => {}
        }
    }

    /// Killed with -9, and started again by ExaBGP, which goes on.
    fn restart(&mut self) {
        self.program = Program::new(self.ledger.clone(), self.now);
        self.inputs.push(Input::Configuration(Box::new(self.config.clone())));
        self.inputs.push(Input::Orders(self.declared()));
    }

    /// As the daemon does it: a file that cannot be used changes nothing.
    fn configure(&mut self, config: Result<Config, String>) {
        match config {
            Ok(config) => {
                self.config = paced(config, self.looks_are_ordered);
                self.inputs.push(Input::Configuration(Box::new(self.config.clone())));
            }
            Err(problem) => {
                self.note("logs", &format!("error {problem}; keeping the configuration that is in force"))
            }
        }
    }

    fn answer(&mut self, answers: Answers) {
        self.answers = answers;
        if std::mem::take(&mut self.unwritten) && !self.answers.blocked {
            self.inputs.push(Input::Written);
        }
    }

    fn address(&mut self, line: &str) {
        let (address, what) = line.split_once(": ").unwrap();
        let here = match what.split_once(' ').unwrap_or((what, "")) {
            ("here", "") => Ok(true),
            ("elsewhere", "") => Ok(false),
            ("unknown", why) => Err(why.to_owned()),
            _ => panic!("'{line}' does not say where the address is"),
        };
        self.addresses.insert(address.parse().unwrap(), here);
    }

    /// A look that waits for an answer has it now.
    fn lives(&mut self, answer: Vec<u8>) {
        let hung = self.lives.replace(answer).is_none();
        if hung {
            self.look_ordered();
        }
    }

    fn look_ordered(&mut self) {
        if let Some(answer) = self.lives.clone() {
            let snapshot = self.snapshot(&answer);
            self.look(Cause::Poll, Some(snapshot));
        }
    }

    /// What is asked already is answered at once.
    fn probes_live(&mut self, words: Vec<String>) {
        self.words = words;
        std::mem::take(&mut self.asked).iter().for_each(|probe| self.answer_probe(probe));
    }

    fn answer_probe(&mut self, probe: &Probe) {
        match self.words.iter().find(|line| line.starts_with(&format!("{probe}: "))).cloned() {
            Some(line) => self.probe(&line),
            None => drop(self.asked.insert(probe.clone())),
        }
    }

    fn probe(&mut self, line: &str) {
        let named = |probe: &Probe| line.strip_prefix(&format!("{probe}: ")).map(str::to_owned);
        let mut probes = self.watch.1.probes.iter();
        let (probe, what) = probes
            .find_map(|probe| named(probe).map(|what| (probe.clone(), what)))
            .unwrap_or_else(|| panic!("no probe for '{line}'"));
        let (word, why) = what.split_once(' ').unwrap_or((&what, ""));
        let holds = match word {
            "yes" => Some(true),
            "no" => Some(false),
            "unknown" => None,
            _ => panic!("'{line}' does not say what the probe found"),
        };
        let reading = Reading { at: self.now, what: Finding::new(holds, why) };
        self.inputs.push(Input::Probed(self.watch.0, probe, reading));
    }

    fn hear(&mut self, line: &str) {
        // What is no message of interest is dropped by the thread that reads.
        self.inputs.extend(message(line).map(Input::Heard));
    }

    /// What the answer says of the proxies that are watched, and of those that their servers follow.
    fn snapshot(&self, answer: &[u8]) -> Result<Snapshot, Trouble> {
        let mut names: Vec<String> = self.watch.1.proxies.iter().cloned().collect();
        let snapshot = observe::snapshot(answer, &names).map_err(Trouble::Unreadable)?;
        let servers = snapshot.proxies.values().flat_map(|proxy| &proxy.servers);
        names.extend(servers.filter_map(|server| Some(server.tracks.clone()?.0)));
        observe::snapshot(answer, &names).map_err(Trouble::Unreadable)
    }

    fn look(&mut self, cause: Cause, haproxy: Option<Result<Snapshot, Trouble>>) {
        let known = |address: IpAddr| (address, self.addresses.get(&address).cloned().unwrap_or(Ok(true)));
        let addresses = self.watch.1.addresses.iter().map(|address| known(*address)).collect();
        let look = Look { at: self.now, cause, haproxy, addresses };
        self.inputs.push(Input::Looked(self.watch.0, look));
    }

    /// `web: kernel update`, `web: force` or `web: over`; an order is a minute old where the reason says so.
    fn order(&mut self, line: &str) {
        let (name, what) = line.split_once(": ").unwrap();
        if what == "over" {
            self.orders.0.remove(name).unwrap();
        } else {
            let age = match what {
                _ if what.contains("an age ago") => Duration::MAX,
                _ if what.contains("a minute ago") => Duration::from_secs(60),
                _ => Duration::ZERO,
            };
            let order = Order {
                read: self.now,
                age,
                id: what.split_once("id ").map(|(_, id)| id.to_owned()),
                by: Some("alice".to_owned()),
                reason: Some(what.to_owned()),
                force: what.contains("force"),
            };
            self.orders.0.insert(name.to_owned(), order);
        }
        self.inputs.push(Input::Orders(self.declared()));
    }

    /// The orders, as they are read now.
    fn declared(&self) -> Orders {
        let read = |order: &Order| Order { age: order.elapsed(self.now), read: self.now, ..order.clone() };
        Orders(self.orders.0.iter().map(|(name, order)| (name.clone(), read(order))).collect())
    }

    fn take(&mut self, mut inputs: Vec<Input>) {
        if self.left {
            return;
        }
        for _ in 0..100 {
            let outputs = self.program.take(std::mem::take(&mut inputs), self.now);
            outputs.into_iter().for_each(|output| self.carry_out(output));
            inputs = std::mem::take(&mut self.inputs);
            if inputs.is_empty() || self.left {
                let deadline = self.program.deadline();
                assert!(deadline.is_none_or(|at| at > self.now), "it would spin at {} ms", self.time());
                return;
            }
        }
        panic!("it does not stop at {} ms", self.time());
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Watch(number, plan) => {
                let result = self.refused.clone().map_or(Ok(()), Err);
                if result.is_ok() {
                    self.watch = (number, *plan);
                }
                self.inputs.push(Input::Watching(number, result));
            }
            Output::Look(number) if number == self.watch.0 => self.look_ordered(),
            Output::Probe(_, probe) => self.answer_probe(&probe),
            Output::Look(..) | Output::Judged => {}
            Output::Keep(number, keys) => {
                self.ledger = keys;
                self.inputs.push(Input::Kept(number));
            }
            Output::Say(commands) => self.say(&commands),
            Output::Tell(_, settings) => self.tell(settings),
            Output::Changed(service, change) => {
                let view = self.program.view();
                let service = view.config.unwrap().service(&service).unwrap();
                let health = view.judge.health(&service.name).unwrap();
                let (level, line) =
                    report::change(service, health, view.drains.stage(&service.name), &change);
                self.note("logs", &format!("{} {line}", level.as_str().to_lowercase()));
            }
            Output::Stage(service) => {
                let view = self.program.view();
                let Some(service) = view.config.unwrap().service(&service) else { return };
                let (health, order) = (view.judge.health(&service.name), view.drains.order(&service.name));
                let stage = view.drains.stage(&service.name);
                let (level, line) = report::drain(service, health, order, stage);
                self.note("logs", &format!("{} {line}", level.as_str().to_lowercase()));
            }
            Output::Note(note) if note.level == log::Level::Debug => {}
            Output::Note(note) => self.note("logs", &note.to_string()),
            Output::Exit(reason) => {
                self.note("exits", &format!("{reason:?}"));
                self.left = true;
            }
        }
    }

    fn say(&mut self, commands: &[Command]) {
        for command in commands {
            // Each story would have this question, of which few tell.
            if *command != Command::Established || !self.answers.established.is_empty() {
                self.note("says", &command.to_string());
            }
        }
        self.unwritten = self.answers.blocked;
        if !self.unwritten {
            self.inputs.push(Input::Written);
        }
        self.inputs.extend(commands.iter().flat_map(|command| self.answers.to(command)).map(Input::Heard));
    }

    fn tell(&mut self, settings: Settings) {
        for (variable, setting) in settings {
            if self.told.insert(variable.clone(), setting) != Some(setting) || self.control.is_err() {
                self.note("tells", &format!("{variable} {setting:?}"));
            }
        }
        self.inputs.push(Input::Switched(self.control.clone()));
    }
}

/// In a story that tells each look no other is answered, and none hangs.
fn paced(mut config: Config, looks_are_ordered: bool) -> Config {
    if !looks_are_ordered {
        config.haproxy.timeout = Duration::from_secs(3600);
    }
    config
}

fn control(text: &str) -> Result<(), String> {
    match text.trim() {
        "taken" => Ok(()),
        "refused" => Err("permission denied".to_owned()),
        other => panic!("'{other}' is not what HAProxy does to its variables"),
    }
}
