//! One look at HAProxy and at the host's addresses, in whatever thread asks for it.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::agent::CachedAgent;
use super::twins::Twins;
use super::{address, page, probe, socket};
use crate::condition::Probe;
use crate::config::{Socket, Stats};
use crate::observation::{
    CHAIN, Cause, Finding, Look, Observation, Process, Reading, Snapshot, Trouble,
};
use crate::program::Plan;

/// One refused connection is tried again after this: a restart without socket passing has such a gap.
const SECOND_TRY: Duration = Duration::from_millis(20);

/// The most processes of HAProxy that may answer one look in turn, while a reload replaces them.
const PROCESSES: usize = 4;

/// What the threads report.
#[derive(Debug)]
pub enum Sight {
    /// A look is done.
    Looked(Look),
    /// A probe is done.
    Probed(Probe, Reading<Finding>),
}

/// Looks, for the thread that polls and the one that listens. Neither asks the main loop before.
pub struct Looker {
    plan: Plan,
    memory: Memory,
    report: Box<dyn Fn(Sight) + Send + Sync>,
}

/// What one look leaves to the next.
#[derive(Debug, Default)]
struct Memory {
    /// Proxies whose servers were followed by the plan's at the last look.
    followed: Mutex<BTreeSet<String>>,
    twins: Mutex<Twins>,
    addresses: address::Known,
    agent: CachedAgent,
}

impl Looker {
    /// Looks as `plan` says, and reports what it saw.
    pub fn new(plan: Plan, report: impl Fn(Sight) + Send + Sync + 'static) -> Self {
        Self {
            plan,
            memory: Memory::default(),
            report: Box::new(report),
        }
    }

    /// What it looks at.
    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What is known of the host's addresses.
    pub(super) fn addresses(&self) -> &address::Known {
        &self.memory.addresses
    }

    /// Looks now, and returns the process that answered. It takes twice the plan's timeout at most, but longer for a
    /// name server, for a new process of HAProxy, and where servers begin to follow others.
    pub fn look(&self, cause: Cause) -> Option<Process> {
        let look = look(&self.plan, &self.memory, cause);
        let process = look
            .haproxy
            .as_ref()
            .and_then(|answer| answer.as_ref().ok()?.process.clone());
        (self.report)(Sight::Looked(look));
        process
    }
}

impl fmt::Debug for Looker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Looker")
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

/// Looks once, in this thread.
fn look(plan: &Plan, memory: &Memory, cause: Cause) -> Look {
    let twins = &memory.twins;
    let at = Instant::now();
    let timeout = plan.haproxy.timeout;
    let local = || memory.addresses.read(&plan.addresses);
    let addresses = OnceCell::new();
    // The kernel is asked while HAProxy thinks.
    let meanwhile = || {
        addresses.get_or_init(local);
    };
    let by_socket = |socket: &Socket, names: &[String], followed: &BTreeSet<String>| {
        let mut known = twins.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for _ in 0..PROCESSES {
            let snapshot = socket::look(socket, names, &known, timeout, meanwhile)?;
            if !known.mislead(plan, followed, &snapshot) {
                return Ok(snapshot);
            }
            known = socket::twins(socket, timeout)?;
            twins
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone_from(&known);
        }
        Err(Trouble::Unreadable(
            "several processes of HAProxy answer in turn".to_owned(),
        ))
    };
    let ask_of = |followed: &BTreeSet<String>| {
        let names: Vec<String> = plan.proxies.union(followed).cloned().collect();
        match &plan.haproxy.stats {
            Stats::Socket(socket) => by_socket(socket, &names, followed),
            Stats::Page { url, login, trust } => {
                page::look(url, login.as_ref(), trust, &names, timeout, &memory.agent)
            }
        }
    };
    let ask = || whole(plan, &memory.followed, ask_of);
    let haproxy = (!plan.proxies.is_empty()).then(|| match ask() {
        // After the end of its process no other begins to listen in a moment: a reload's new one listens before.
        Err(Trouble::Gone(_)) if cause != Cause::End => {
            thread::sleep(SECOND_TRY);
            ask()
        }
        answer => answer,
    });
    let addresses = addresses.into_inner().unwrap_or_else(local);
    Look {
        at,
        cause,
        haproxy,
        addresses,
    }
}

/// Asks until every proxy that is followed was asked for: without one, the plan's servers would count as unchecked.
fn whole(
    plan: &Plan,
    followed: &Mutex<BTreeSet<String>>,
    ask: impl Fn(&BTreeSet<String>) -> Result<Snapshot, Trouble>,
) -> Result<Snapshot, Trouble> {
    let known = || followed.lock().unwrap_or_else(PoisonError::into_inner);
    let mut asked = known().clone();
    let mut snapshot = ask(&asked)?;
    for _ in 0..CHAIN {
        let now = plan.followed(&snapshot);
        let is_whole = now.is_subset(&asked);
        known().clone_from(&now);
        if is_whole {
            break;
        }
        asked.extend(now);
        snapshot = ask(&asked)?;
    }
    Ok(snapshot)
}

/// Looks at everything once and waits for it: for commands.
pub fn look_at_all(plan: &Plan) -> Observation {
    let mut observation = Observation::default();
    observation.take(look(plan, &Memory::default(), Cause::Poll));
    thread::scope(|scope| {
        let running: Vec<_> = plan
            .probes
            .iter()
            .map(|probe| {
                (
                    probe,
                    scope.spawn(|| run(probe, &probe::Running::default())),
                )
            })
            .collect();
        for (probe, thread) in running {
            let reading = thread.join().unwrap_or_else(|_| failed());
            observation.found(probe.clone(), reading);
        }
    });
    observation
}

/// Runs a probe, in this thread.
pub(super) fn run(probe: &Probe, running: &probe::Running) -> Reading<Finding> {
    let at = Instant::now();
    Reading {
        at,
        what: probe::run(probe, running),
    }
}

fn failed() -> Reading<Finding> {
    Reading {
        at: Instant::now(),
        what: Finding::new(None, "the probe failed to run"),
    }
}
