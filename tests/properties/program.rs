//! The program where a story of `tests/scenarios` cannot tell: what it asks of a watch, and a dry run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use haproxy_rhi::condition::Probe;
use haproxy_rhi::config;
use haproxy_rhi::drain::{Order, Orders};
use haproxy_rhi::exabgp::{Command, Message, message};
use haproxy_rhi::observation::{Cause, Finding, Look, Proxy, Reading, Snapshot};
use haproxy_rhi::program::{Input, Output, Program, SURE, Setting};

const S: Duration = Duration::from_secs(1);

/// The program, and a world in which everything works.
struct Play {
    program: Program,
    now: Instant,
    watch: u32,
    proxies: Option<BTreeMap<String, Proxy>>,
    /// What probes find; another one is not answered.
    words: BTreeMap<String, bool>,
    /// The disk takes its time to write the ledger.
    disk_hangs: bool,
    outputs: Vec<Output>,
}

impl Play {
    fn new(program: impl Fn(Instant) -> Program) -> Self {
        let now = Instant::now();
        Self {
            program: program(now),
            now,
            watch: 0,
            proxies: None,
            words: BTreeMap::new(),
            disk_hangs: false,
            outputs: Vec::new(),
        }
    }

    fn configure(&mut self, text: &str) {
        self.take(vec![Input::Configuration(Box::new(
            config::parse(text).unwrap(),
        ))]);
    }

    fn take(&mut self, mut inputs: Vec<Input>) {
        loop {
            let outputs = self.program.take(inputs, self.now);
            inputs = outputs
                .iter()
                .flat_map(|output| self.answer(output))
                .collect();
            self.outputs.extend(outputs);
            if inputs.is_empty() {
                return;
            }
        }
    }

    fn answer(&mut self, output: &Output) -> Vec<Input> {
        match output {
            Output::Watch(number, _) => {
                self.watch = *number;
                vec![Input::Watching(*number, Ok(()))]
            }
            Output::Look(number) => vec![Input::Looked(*number, self.look())],
            Output::Probe(number, probe) => self.probed(*number, probe).into_iter().collect(),
            Output::Say(commands, _) => {
                let done = commands.iter().map(|_| Input::Heard(Message::Done));
                let version = commands.contains(&Command::Version);
                let version = version.then(|| Input::Heard(message("exabgp 4.2.21").unwrap()));
                let established = commands
                    .contains(&Command::Established)
                    .then(|| Input::Heard(Message::Established("192.0.2.254".parse().unwrap())));
                [Input::Written]
                    .into_iter()
                    .chain(version)
                    .chain(established)
                    .chain(done)
                    .collect()
            }
            Output::Tell(..) => vec![Input::Switched(Ok(()))],
            Output::Keep(number, _) if !self.disk_hangs => vec![Input::Kept(*number)],
            _ => Vec::new(),
        }
    }

    fn look(&self) -> Look {
        let haproxy = self.proxies.clone().map(|proxies| {
            Ok(Snapshot {
                process: None,
                proxies,
            })
        });
        Look {
            at: self.now,
            cause: Cause::Poll,
            haproxy,
            addresses: BTreeMap::new(),
        }
    }

    fn probed(&self, number: u32, probe: &Probe) -> Option<Input> {
        let holds = *self.words.get(&probe.to_string())?;
        let reading = Reading {
            at: self.now,
            what: Finding::new(Some(holds), "so it is"),
        };
        Some(Input::Probed(number, probe.clone(), reading))
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.program.deadline().filter(|at| *at < end) {
            self.now = at;
            self.take(Vec::new());
        }
        self.now = end;
    }

    fn said(&self) -> Vec<String> {
        let said = self.outputs.iter().filter_map(|output| match output {
            Output::Say(commands, _) => Some(commands),
            _ => None,
        });
        said.flatten().map(ToString::to_string).collect()
    }

    fn logged(&self) -> Vec<&str> {
        let notes = self.outputs.iter();
        notes
            .filter_map(|output| {
                if let Output::Note(note) = output {
                    Some(note.text.as_str())
                } else {
                    None
                }
            })
            .collect()
    }

    /// What a variable was set to, in its order; the same again is left out.
    fn told(&self, variable: &str) -> Vec<Setting> {
        let tells = self.outputs.iter().filter_map(|output| match output {
            Output::Tell(_, settings) => settings.get(&variable.parse().unwrap()).copied(),
            _ => None,
        });
        let mut told: Vec<Setting> = tells.collect();
        told.dedup();
        told
    }
}

/// A service of this name, at a level with this condition.
fn service(name: &str, prefix: &str, when: &str) -> String {
    format!(
        r#""{name}": {{"prefixes": ["{prefix}"], "next_hop": "172.16.156.70", "require_address": false,
            "levels": [{{"name": "up", "when": {when}}}], "rise": 1, "fall": 1}}"#
    )
}

fn file(path: &str) -> String {
    format!(r#"{{"file": {{"path": "{path}"}}}}"#)
}

const CONTROL: &str = r#""haproxy": {"control": "/run/haproxy/control.sock"}"#;

#[test]
fn a_dry_run_reads_nothing_back() {
    let mut play = Play::new(Program::without_exabgp);
    play.words.insert("file /run/ready".to_owned(), true);
    play.configure(&format!(
        r#"{{"services": {{{}}}}}"#,
        service("web", "9.9.9.9/32", &file("/run/ready"))
    ));
    play.pass(150 * S);
    assert_eq!(
        play.said(),
        ["announce route 9.9.9.9/32 next-hop 172.16.156.70"]
    );
    // Nobody holds what was for all, as far as anybody knows.
    let edited = service("web", "9.9.9.9/32", &file("/run/ready"))
        .replace(r#""rise""#, r#""neighbors": ["172.16.159.4"], "rise""#);
    play.configure(&format!(r#"{{"services": {{{edited}}}}}"#));
    play.pass(150 * S);
    assert!(
        !play.said().iter().any(|line| line.starts_with("show")),
        "{:?}",
        play.said()
    );
    assert!(
        !play
            .logged()
            .iter()
            .any(|line| line.contains("differs in ExaBGP")),
        "{:?}",
        play.logged()
    );
}

/// A service that is up, and whose ledger the disk does not write.
fn up_with_a_disk_that_hangs() -> Play {
    let mut play = Play::new(|now| Program::new(BTreeSet::new(), now));
    play.disk_hangs = true;
    play.words.insert("file /run/ready".to_owned(), true);
    play.configure(&format!(
        r#"{{"services": {{{}}}}}"#,
        service("web", "9.9.9.9/32", &file("/run/ready"))
    ));
    play
}

/// The last command about a route.
fn last_of(play: &Play) -> String {
    play.said()
        .into_iter()
        .rfind(|line| line.contains(" route "))
        .unwrap()
}

const ANNOUNCED: &str = "announce route 9.9.9.9/32 next-hop 172.16.156.70";

#[test]
fn a_route_is_announced_once_the_ledger_has_it() {
    let mut play = up_with_a_disk_that_hangs();
    play.pass(Duration::from_millis(300));
    assert!(
        !play.said().iter().any(|line| line == ANNOUNCED),
        "{:?}",
        play.said()
    );
    let orders = play.outputs.iter().filter_map(|output| match output {
        Output::Keep(number, keys) => Some((*number, keys.len())),
        _ => None,
    });
    let [(number, 1)] = orders.collect::<Vec<_>>()[..] else {
        panic!("{:?}", play.outputs)
    };
    // Another order's end is not this one's.
    play.take(vec![Input::Kept(number.wrapping_sub(1))]);
    assert!(
        !play.said().iter().any(|line| line == ANNOUNCED),
        "{:?}",
        play.said()
    );
    play.take(vec![Input::Kept(number)]);
    assert_eq!(last_of(&play), ANNOUNCED);
}

#[test]
fn no_disk_keeps_a_route_back_for_longer_than_half_a_second() {
    let mut play = up_with_a_disk_that_hangs();
    play.pass(Duration::from_millis(499));
    assert!(
        !play.said().iter().any(|line| line == ANNOUNCED),
        "{:?}",
        play.said()
    );
    play.pass(Duration::from_millis(2));
    assert_eq!(last_of(&play), ANNOUNCED);
    // What is out is said otherwise at once, and withdrawn, whatever is to be written.
    let longer = service("web", "9.9.9.9/32", &file("/run/ready"))
        .replace(r#""rise""#, r#""med": 7, "rise""#);
    let other = service("api", "192.0.2.1/32", &file("/run/other"));
    play.configure(&format!(r#"{{"services": {{{longer}, {other}}}}}"#));
    assert_eq!(last_of(&play), format!("{ANNOUNCED} med 7"));
    play.words.insert("file /run/ready".to_owned(), false);
    play.pass(Duration::from_millis(1100));
    assert_eq!(last_of(&play), "withdraw route 9.9.9.9/32");
}

#[test]
fn edits_of_others_keep_no_route_back() {
    let mut play = up_with_a_disk_that_hangs();
    let web = service("web", "9.9.9.9/32", &file("/run/ready"));
    for last in 1..4 {
        play.pass(Duration::from_millis(200));
        let other = service("api", &format!("192.0.2.{last}/32"), &file("/run/other"));
        play.configure(&format!(r#"{{"services": {{{web}, {other}}}}}"#));
    }
    assert!(
        play.said().iter().any(|line| line == ANNOUNCED),
        "{:?}",
        play.said()
    );
}

#[test]
fn a_route_waits_for_the_first_order_that_has_it() {
    let mut play = up_with_a_disk_that_hangs();
    let web = service("web", "9.9.9.9/32", &file("/run/ready"));
    let other = service("api", "192.0.2.1/32", &file("/run/other"));
    play.configure(&format!(r#"{{"services": {{{web}, {other}}}}}"#));
    play.pass(Duration::from_millis(100));
    play.take(vec![Input::Kept(1)]);
    assert_eq!(last_of(&play), ANNOUNCED);
}

#[test]
fn variables_are_set_where_no_condition_asks_for_haproxy() {
    let mut play = Play::new(|now| Program::new(BTreeSet::new(), now));
    play.words.insert("file /run/ready".to_owned(), true);
    play.configure(&format!(
        r#"{{{CONTROL}, "services": {{{}}}}}"#,
        service("web", "9.9.9.9/32", &file("/run/ready"))
    ));
    play.pass(5 * S);
    assert_eq!(
        play.told("proc.announced_until").last(),
        Some(&Setting::Until(SURE))
    );
    assert_eq!(play.told("proc.draining"), [Setting::Flag(false)]);
}

#[test]
fn one_service_that_is_down_is_enough_for_a_page_that_several_share() {
    let mut play = Play::new(|now| Program::new(BTreeSet::new(), now));
    play.words.insert("file /run/web".to_owned(), true);
    let web = service("web", "9.9.9.9/32", &file("/run/web"));
    play.configure(&format!(r#"{{{CONTROL}, "services": {{{web}}}}}"#));
    play.pass(5 * S);
    assert_eq!(
        play.told("proc.announced_until").last(),
        Some(&Setting::Until(SURE))
    );
    // Nothing is known of another one that shares the variable.
    let api = service("api", "192.0.2.1/32", &file("/run/api"));
    play.configure(&format!(r#"{{{CONTROL}, "services": {{{web}, {api}}}}}"#));
    play.words.insert("file /run/web".to_owned(), false);
    play.pass(Duration::from_millis(2500));
    assert_eq!(last_of(&play), "withdraw route 9.9.9.9/32");
    assert_eq!(
        play.told("proc.announced_until").last(),
        Some(&Setting::Flag(false))
    );
}

#[test]
fn an_order_is_not_called_a_strangers_while_there_is_no_configuration() {
    let mut play = Play::new(|now| Program::new(BTreeSet::new(), now));
    let order = |now| Order {
        read: now,
        age: S,
        id: None,
        by: None,
        reason: None,
        force: false,
    };
    let orders = [
        ("web".to_owned(), order(play.now)),
        ("wbe".to_owned(), order(play.now)),
    ];
    play.take(vec![Input::Orders(Orders(orders.into()))]);
    assert_eq!(play.logged(), Vec::<&str>::new());
    play.configure(&format!(
        r#"{{"services": {{{}}}}}"#,
        service("web", "9.9.9.9/32", &file("/run/web"))
    ));
    let strangers = play
        .logged()
        .into_iter()
        .filter(|line| line.contains("no such service"));
    assert_eq!(
        strangers.collect::<Vec<_>>(),
        ["a drain is declared for 'wbe', and there is no such service"]
    );
}
