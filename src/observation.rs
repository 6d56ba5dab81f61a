//! What was seen: the arrow from `observe` to `judge`. Pure data, with the meaning of HAProxy's words.
//! In come looks at HAProxy, at this host's addresses, and findings of probes.
//! Out goes the newest of each, with its time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::condition::Probe;

mod answers;
mod finding;
mod haproxy;
mod lookup;
mod remember;

pub use answers::{Answers, Word};
pub use finding::{Finding, NVA_NAME};
pub use haproxy::{BackendRow, Out, Process, Proxy, ServerRow, ServerState, Snapshot, Trouble};
pub use lookup::CHAIN;

/// Everything that was seen last, each with the time at which its look began.
#[derive(Debug, Clone, Default)]
pub struct Observation {
    /// HAProxy's proxies, or why they could not be read. Absent: not looked yet.
    pub haproxy: Option<Reading<Result<Snapshot, Trouble>>>,
    /// Whether an address is on this host.
    pub addresses: BTreeMap<IpAddr, Result<bool, String>>,
    /// What each probe found.
    pub probes: BTreeMap<Probe, Reading<Finding>>,
    /// When the newest finding of each probe that holds was asked for, whatever it found since.
    pub held: BTreeMap<Probe, Instant>,
    /// The answers of the siblings that a takeover asks.
    pub answers: BTreeMap<Probe, Answers>,
    /// What takes no requests, as HAProxy said when it was last read.
    pub out: Arc<Out>,
}

impl Observation {
    /// Takes what a look saw.
    pub fn take(&mut self, look: Look) {
        if let Some(Ok(snapshot)) = &look.haproxy {
            let out = snapshot.out();
            if *self.out != out {
                self.out = Arc::new(out);
            }
        }
        let at = look.at;
        self.haproxy = look.haproxy.map(|what| Reading { at, what });
        self.addresses = look.addresses;
    }

    /// Takes what a probe found. What it found before is returned.
    pub fn found(&mut self, probe: Probe, reading: Reading<Finding>) -> Option<Reading<Finding>> {
        if reading.what.holds == Some(true) {
            self.held.insert(probe.clone(), reading.at);
        }
        self.probes.insert(probe, reading)
    }
}

/// One look at HAProxy and at the host's addresses.
#[derive(Debug, Clone)]
pub struct Look {
    /// When it began.
    pub at: Instant,
    /// Why there was one.
    pub cause: Cause,
    /// HAProxy's proxies, or why they could not be read; absent: no condition asks for it.
    pub haproxy: Option<Result<Snapshot, Trouble>>,
    /// Whether an address is on this host.
    pub addresses: BTreeMap<IpAddr, Result<bool, String>>,
}

/// Why there is a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// It was time for it.
    Poll,
    /// HAProxy logged something, or an address of this host came or went.
    Event,
    /// The process that answered last has ended, and its return is looked for.
    End,
}

/// One reading and when its look began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<T> {
    /// When the look began, so that a reading can be told to be newer than a decision.
    pub at: Instant,
    /// What it found.
    pub what: T,
}
