//! Clients at work while the route moves: requests, each on a new connection, and pings.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use haproxy_rhi_lab::{Lab, Load, Measurement, Outcome, Ping, Pinged, Request};

use crate::moves::Round;

/// Between two pings.
const PING: Duration = Duration::from_millis(10);

/// How many ask at the same time.
pub const CLIENTS: usize = 4;

/// Clients at work.
pub struct Traffic {
    load: Measurement,
    ping: Ping,
}

/// What became of their requests.
#[derive(Default)]
pub struct Served {
    pub requests: usize,
    /// Without a page, and under way while the servers were gone.
    pub failed_over: usize,
    /// Without a page at another time.
    pub failed_back: usize,
    /// All without a page, by reason.
    pub why: BTreeMap<String, usize>,
    /// None if ping did not say.
    pub pings: Option<Pinged>,
}

impl Traffic {
    pub fn start(lab: &Lab, at_most: Duration, clients: usize) -> Result<Self> {
        let load = lab.client().load(&Load {
            at_most,
            clients,
            ..Load::default()
        })?;
        let count = u32::try_from(at_most.as_millis() / PING.as_millis()).unwrap_or(u32::MAX);
        Ok(Self {
            load,
            ping: lab.client().ping(PING, count)?,
        })
    }

    /// Ends it, and counts.
    pub fn finish(self, rounds: &[Round]) -> Result<Served> {
        let pings = self.ping.finish().ok();
        let report = self.load.finish()?;
        let failed = report.failed();
        let mut why = BTreeMap::new();
        for request in &failed {
            let reason = match &request.outcome {
                Outcome::Lost(reason) => reason.clone(),
                Outcome::Status(status) => format!("status {status}"),
                Outcome::Page(_) => continue,
            };
            *why.entry(reason).or_default() += 1;
        }
        let while_gone = |request: &&&Request| {
            let begun = request.at.checked_sub(request.took).unwrap_or(request.at);
            rounds
                .iter()
                .any(|round| round.failed <= request.at && begun < round.repaired)
        };
        let failed_over = failed.iter().filter(while_gone).count();
        Ok(Served {
            requests: report.requests.len(),
            failed_over,
            failed_back: failed.len() - failed_over,
            why,
            pings,
        })
    }
}
