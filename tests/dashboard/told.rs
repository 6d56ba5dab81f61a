//! What the process of an NVA writes for the node exporter: the daemon's own report of the program, and what the edges around a
//! program of the simulator would say of themselves.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use haproxy_rhi::change::Change;
use haproxy_rhi::means::Account;
use haproxy_rhi::program::View;
use haproxy_rhi::report::history::History;
use haproxy_rhi::report::metrics::metrics;
use haproxy_rhi::report::moment::Clock;
use haproxy_rhi::report::status::{
    self, Configuration, FORMAT, Facts, Fault, Hook, Id, Report, snapshot,
};

use crate::simulator::listen::Listens;

/// The processes' name, as it is in the metrics.
const NAME: &str = "etc+haproxy-rhi+config.json";
/// The daemon writes the file anew at least so often.
const BEAT: Duration = Duration::from_secs(10);
/// The time that a decision takes: the simulator's takes none.
const TOOK: Duration = Duration::from_micros(300);

/// An NVA's process, as its reports know it.
#[derive(Debug)]
pub struct Told {
    clock: Clock,
    history: History,
    started: Instant,
    events: Account,
    control: Account,
    files: [(&'static str, Account); 3],
    hook: Hook,
    /// HAProxy's events go elsewhere.
    pub is_deaf: bool,
    /// Of the configuration's file.
    pub fault: Option<String>,
    pub hook_fails: bool,
    /// The file, as it was written last.
    pub page: String,
}

/// Shared by the simulator, which tells it, and the day, which reads it.
pub type Shared = Rc<RefCell<Told>>;

impl Told {
    /// Nothing runs yet; it is `wall` by the clock on the wall.
    pub fn new(now: Instant, wall: SystemTime) -> Self {
        let account = |place: &str| Account::new(place, now);
        let file = |name, place| (name, account(place));
        Self {
            clock: Clock::new(now, wall.into()),
            history: History::default(),
            started: now,
            events: account("127.0.0.1:30514"),
            control: account("/run/control.sock"),
            files: [
                file("ledger", "/run/exabgp/haproxy-rhi.ledger.json"),
                file("status", "/run/exabgp/haproxy-rhi.status.json"),
                file(
                    "metrics",
                    "/var/lib/prometheus/node-exporter/haproxy-rhi.prom",
                ),
            ],
            hook: hook(),
            is_deaf: false,
            fault: None,
            hook_fails: false,
            page: String::new(),
        }
    }

    /// Writes the file.
    pub fn write(&mut self, view: View<'_>, now: Instant) {
        self.history.heard(view.dialogue, view.desired, now);
        for (_, account) in &mut self.files {
            account.used(now);
        }
        let means = status::means(
            self.accounts(view),
            (view.config, view.seen),
            &mut self.history,
            &self.clock,
            now,
        );
        let status = snapshot(&Facts {
            id: &Id::own(),
            configuration: self.configuration(),
            view,
            last_words: &[],
            history: &self.history,
            hooks: vec![self.hook.clone()],
            followed: Some(Ok(())),
            clock: self.clock,
            now,
        });
        let report = Report {
            format: FORMAT,
            heartbeat: self.clock.at(self.last_beat(now)),
            heartbeat_every_seconds: BEAT.as_secs(),
            heartbeat_boot_seconds: 0.0,
            left_out: 0,
            means,
            status,
        };
        self.page = metrics(NAME, &report, &self.history.looks, &self.history.decisions);
    }

    /// What is news is written at once, which dates the file anew; here only what is due is dated.
    fn last_beat(&self, now: Instant) -> Instant {
        let beats = now.duration_since(self.started).as_secs() / BEAT.as_secs();
        self.started + BEAT * u32::try_from(beats).unwrap_or(u32::MAX)
    }

    fn configuration(&self) -> Configuration {
        Configuration {
            file: Some("/etc/haproxy-rhi/config.json".to_owned()),
            since: Some(self.clock.at(self.started)),
            fault: self.fault.clone(),
        }
    }

    fn accounts(&self, view: View<'_>) -> Vec<(&'static str, Account)> {
        let own = [("events", &self.events), ("control", &self.control)];
        let files = self.files.iter().map(|(name, account)| (*name, account));
        let read_back = view
            .dialogue
            .account()
            .read_back
            .map(|account| ("read-back", account));
        let all = own.into_iter().chain(files).chain(read_back);
        all.map(|(name, account)| (name, account.clone())).collect()
    }
}

impl Listens for Shared {
    fn starts(&mut self, now: Instant) {
        let told = &mut *self.borrow_mut();
        (told.started, told.history, told.hook) = (now, History::default(), hook());
        for account in [&mut told.events, &mut told.control] {
            *account = Account::new(account.place.clone(), now);
        }
    }

    fn judged(&mut self, view: View<'_>, now: Instant) {
        self.borrow_mut().history.follow(view, TOOK, now);
    }

    fn changed(&mut self, view: View<'_>, service: &str, change: &Change, now: Instant) {
        let told = &mut *self.borrow_mut();
        let service = view.config.and_then(|config| config.service(service));
        if let (Change::Moved { from, to }, Some(service)) = (change, service)
            && let Some(health) = view.judge.health(&service.name)
        {
            let at = told.clock.at(now);
            told.history.moved(service, health, (*from, *to), at);
            told.hook.runs += 1;
            told.hook.failed += u64::from(told.hook_fails);
            told.hook.fault = told.hook_fails.then(|| Fault {
                since: at,
                why: "it ended with exit status 1".to_owned(),
            });
        }
    }

    fn hears(&mut self, now: Instant) -> bool {
        let mut told = self.borrow_mut();
        if !told.is_deaf {
            told.events.used(now);
        }
        !told.is_deaf
    }

    fn switched(&mut self, result: &Result<(), String>, now: Instant) {
        let control = &mut self.borrow_mut().control;
        match result {
            Ok(()) => control.used(now),
            Err(why) => control.failed(why, now),
        }
    }
}

fn hook() -> Hook {
    Hook {
        argv: vec!["/usr/local/bin/tell-oncall".to_owned()],
        running: false,
        waiting: 0,
        runs: 0,
        failed: 0,
        dropped: 0,
        fault: None,
    }
}
