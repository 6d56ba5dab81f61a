//! The edge in: HAProxy's state, its log datagrams, probes, the host's addresses. What is seen becomes an
//! [`Observation`]; what it means is not decided here.
//!
//! One thread looks at HAProxy and one runs each probe, so that nothing that hangs holds up a decision. [`Watch`]
//! is their owner in the main loop: it says when to look, and keeps what was seen last.

mod address;
mod events;
mod orders;
mod pace;
mod page;
mod probe;
mod rows;
mod socket;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use crate::condition::{Condition, Probe, ProxyName};
use crate::config::{Config, Haproxy, Stats};
use crate::observation::{Finding, Observation, Reading, Snapshot, Trouble};

pub use events::Listener;
pub use orders::{DEFAULT_FOLDER, Declaration, boot, read as read_orders, watch as watch_orders};
pub use pace::Pace;
pub use rows::{blocks, process, table};
pub use socket::{Socket, ask, snapshot};

/// What must be looked at for a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Where HAProxy is.
    pub haproxy: Haproxy,
    /// Proxies that some condition names; none: HAProxy is not asked.
    pub proxies: BTreeSet<String>,
    /// Addresses that must be on this host.
    pub addresses: BTreeSet<IpAddr>,
    /// Probes of all conditions.
    pub probes: BTreeSet<Probe>,
}

impl Plan {
    /// What `config` needs to know.
    pub fn of(config: &Config) -> Self {
        let mut plan = Self {
            haproxy: config.haproxy.clone(),
            proxies: BTreeSet::new(),
            addresses: BTreeSet::new(),
            probes: BTreeSet::new(),
        };
        for service in &config.services {
            if service.require_address {
                plan.addresses.extend(service.prefixes.iter().filter_map(|(prefix, _)| prefix.host()));
            }
            service.levels.iter().for_each(|level| plan.add(&level.when));
            plan.probes.extend(service.siblings.iter().flat_map(|siblings| siblings.probes.iter().cloned()));
        }
        plan
    }

    fn add(&mut self, condition: &Condition) {
        match condition {
            Condition::All(list) | Condition::Any(list) => {
                list.iter().for_each(|condition| self.add(condition))
            }
            Condition::AtLeast(rule) => rule.of.iter().for_each(|condition| self.add(condition)),
            Condition::Not(inner) => self.add(inner),
            Condition::Backend(rule) => drop(self.proxies.insert(rule.name.to_string())),
            Condition::Frontend(rule) => drop(self.proxies.insert(rule.name.to_string())),
            Condition::Http(probe) => drop(self.probes.insert(Probe::Http(probe.clone()))),
            Condition::Tcp(probe) => drop(self.probes.insert(Probe::Tcp(probe.clone()))),
            Condition::File(probe) => drop(self.probes.insert(Probe::File(probe.clone()))),
            Condition::Command(probe) => drop(self.probes.insert(Probe::Command(probe.clone()))),
        }
    }
}

/// One refused connection is tried again after this: a restart without socket passing has such a gap.
const SECOND_TRY: Duration = Duration::from_millis(20);

/// More proxies than these are not followed.
const FOLLOWED: usize = 64;

/// One look at HAProxy and at the host's addresses.
#[derive(Debug, Clone)]
pub struct Look {
    at: Instant,
    haproxy: Option<Result<Snapshot, Trouble>>,
    addresses: BTreeMap<IpAddr, Result<bool, String>>,
}

/// Looks once, in this thread.
pub fn look(plan: &Plan, followed: &BTreeSet<String>) -> Look {
    let at = Instant::now();
    let names: Vec<String> = plan.proxies.union(followed).cloned().collect();
    let timeout = plan.haproxy.timeout;
    let ask = || match &plan.haproxy.stats {
        Stats::Unix(path) => socket::look(socket::Socket::Unix(path), &names, timeout),
        Stats::Tcp(address) => socket::look(socket::Socket::Tcp(address), &names, timeout),
        Stats::Page { url, login } => page::look(url, login.as_ref(), &names, timeout),
    };
    let haproxy = (!plan.proxies.is_empty()).then(|| match ask() {
        Err(Trouble::Gone(_)) => {
            thread::sleep(SECOND_TRY);
            ask()
        }
        answer => answer,
    });
    let addresses = plan.addresses.iter().map(|address| (*address, address::is_local(*address))).collect();
    Look { at, haproxy, addresses }
}

/// Looks at everything once and waits for it: for a person's dry run.
pub fn look_at_all(plan: &Plan) -> Observation {
    let mut observation = Observation::default();
    let first = look(plan, &BTreeSet::new());
    let followed = followed(&first, plan);
    observation.take(if followed.is_empty() { first } else { look(plan, &followed) });
    thread::scope(|scope| {
        let running: Vec<_> = plan.probes.iter().map(|probe| (probe, scope.spawn(|| run(probe)))).collect();
        for (probe, thread) in running {
            let reading = thread.join().unwrap_or_else(|_| failed());
            observation.probes.insert(probe.clone(), reading);
        }
    });
    observation
}

fn run(probe: &Probe) -> Reading<Finding> {
    let at = Instant::now();
    Reading { at, what: probe::run(probe) }
}

fn failed() -> Reading<Finding> {
    Reading { at: Instant::now(), what: Finding::new(None, "the probe failed to run") }
}

/// Proxies whose servers are followed (`track`) by those of the plan's: they must be seen too.
fn followed(look: &Look, plan: &Plan) -> BTreeSet<String> {
    let Some(Ok(snapshot)) = &look.haproxy else { return BTreeSet::new() };
    // What HAProxy says goes into the next question: only what can be nothing but a name.
    let is_name = |name: &String| name.parse::<ProxyName>().is_ok();
    let servers = snapshot.proxies.values().flat_map(|proxy| &proxy.servers);
    servers
        .filter_map(|row| row.tracks.as_ref())
        .map(|(proxy, _)| proxy.clone())
        .filter(|name| !plan.proxies.contains(name) && is_name(name))
        .take(FOLLOWED)
        .collect()
}

impl Observation {
    fn take(&mut self, look: Look) {
        let at = look.at;
        self.haproxy = look.haproxy.map(|what| Reading { at, what });
        self.addresses = look.addresses;
    }
}

/// What the watch reports to the main loop.
#[derive(Debug)]
pub enum Sight {
    /// A look is done.
    Looked(Look),
    /// A probe is done.
    Probed(Probe, Reading<Finding>),
}

/// The watch: when to look, and what was seen last.
#[derive(Debug)]
pub struct Watch {
    plan: Plan,
    orders: SyncSender<BTreeSet<String>>,
    probes: BTreeMap<Probe, Prober>,
    observation: Observation,
    followed: BTreeSet<String>,
    pace: Pace,
}

#[derive(Debug)]
struct Prober {
    orders: SyncSender<()>,
    begun: Option<Instant>,
    busy: bool,
}

impl Watch {
    /// Starts the threads. They end when the watch is dropped.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start(
        plan: Plan,
        now: Instant,
        report: impl Fn(Sight) + Send + Clone + 'static,
    ) -> io::Result<Self> {
        let (orders, looks) = mpsc::sync_channel(1);
        let (looker_plan, looker_report) = (plan.clone(), report.clone());
        thread::Builder::new()
            .name("look".to_owned())
            .spawn(move || answer_looks(&looker_plan, &looks, &looker_report))?;
        let mut probes = BTreeMap::new();
        for probe in &plan.probes {
            let probe = probe.clone();
            let (orders, runs) = mpsc::sync_channel::<()>(1);
            let (key, report) = (probe.clone(), report.clone());
            thread::Builder::new().name("probe".to_owned()).spawn(move || {
                for () in runs {
                    report(Sight::Probed(probe.clone(), run(&probe)));
                }
            })?;
            probes.insert(key, Prober { orders, begun: None, busy: false });
        }
        let pace = Pace::new(plan.haproxy.interval, plan.haproxy.fast_interval, plan.haproxy.timeout, now);
        Ok(Self {
            plan,
            orders,
            probes,
            observation: Observation::default(),
            followed: BTreeSet::new(),
            pace,
        })
    }

    /// What is watched.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was seen last.
    pub fn seen(&self) -> &Observation {
        &self.observation
    }

    /// The process of HAProxy that answered last; 0 where only its stats page is read, which does not say.
    pub fn process(&self) -> Option<u32> {
        let snapshot = self.observation.haproxy.as_ref()?.what.as_ref().ok()?;
        Some(snapshot.process.as_ref().map_or(0, |process| process.pid))
    }

    /// Takes a report. True when a look is complete, which is when to judge.
    pub fn take(&mut self, sight: Sight) -> bool {
        match sight {
            Sight::Looked(look) => {
                self.pace.done();
                let followed = followed(&look, &self.plan);
                if followed != self.followed {
                    self.followed = followed;
                    self.pace.wake();
                }
                self.observation.take(look);
                true
            }
            Sight::Probed(probe, reading) => {
                if let Some(prober) = self.probes.get_mut(&probe) {
                    prober.busy = false;
                    let before = self.observation.probes.insert(probe, reading.clone());
                    if before.is_none_or(|before| before.what.holds != reading.what.holds) {
                        self.pace.wake();
                    }
                }
                false
            }
        }
    }

    /// HAProxy logged something: look at once.
    pub fn wake(&mut self) {
        self.pace.wake();
    }

    /// A look hangs: HAProxy is now known to be unreadable. True once an interval, which is when to judge.
    pub fn hangs(&mut self, now: Instant) -> bool {
        let hangs = self.pace.hangs(now);
        if hangs && !self.plan.proxies.is_empty() {
            let why = format!("a look has not ended for {} ms", self.pace.busy_for(now).as_millis());
            self.observation.haproxy = Some(Reading { at: now, what: Err(Trouble::Unreadable(why)) });
        }
        hangs
    }

    /// Orders what is due.
    pub fn schedule(&mut self, pending: bool, now: Instant) {
        if self.pace.due(pending, now) && self.orders.try_send(self.followed.clone()).is_ok() {
            self.pace.begun(now);
            self.probe(now);
        }
    }

    /// Starts the probes that are not running and did not start just now. One that has not ended long after its time
    /// (a hung file system, a process that cannot be killed) tells nothing any more.
    fn probe(&mut self, now: Instant) {
        for (probe, prober) in self.probes.iter().filter(|(_, prober)| prober.busy) {
            let taken = prober.begun.map_or(Duration::ZERO, |begun| now.saturating_duration_since(begun));
            if taken >= probe.timeout() * 2 + HUNG {
                let why = format!("has not ended for {} s", taken.as_secs());
                let reading = Reading { at: now, what: Finding::new(None, why) };
                let before = self.observation.probes.insert(probe.clone(), reading);
                if before.is_none_or(|before| before.what.holds.is_some()) {
                    self.pace.wake();
                }
            }
        }
        let pause = self.plan.haproxy.fast_interval / 2;
        let rested = |begun: Instant| now.saturating_duration_since(begun) >= pause;
        for prober in
            self.probes.values_mut().filter(|prober| !prober.busy && prober.begun.is_none_or(rested))
        {
            prober.busy = prober.orders.try_send(()).is_ok();
            prober.begun = Some(now);
        }
    }

    /// When to schedule next.
    pub fn deadline(&self, pending: bool) -> Instant {
        self.pace.deadline(pending)
    }
}

fn answer_looks(plan: &Plan, orders: &Receiver<BTreeSet<String>>, report: &impl Fn(Sight)) {
    for followed in orders {
        report(Sight::Looked(look(plan, &followed)));
    }
}

/// Beyond twice its own time a probe hangs.
const HUNG: Duration = Duration::from_millis(100);

/// The shortest time between two looks that only wake-ups caused, once the first few are used up.
pub const WAKE_PACE: Duration = Duration::from_millis(50);
