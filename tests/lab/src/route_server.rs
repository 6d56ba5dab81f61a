//! One instance of a region's Route Server.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::bird::Bird;
use crate::directory::LabDirectory;
use crate::log_line::LogLine;
use crate::table::TableRow;
use crate::topology::{HostPlan, MSEE};

/// One instance of a Route Server: a BIRD of AS 65515.
#[derive(Debug)]
pub struct RouteServer {
    address: Ipv4Addr,
    /// The session's name with each NVA, by its address.
    sessions: Vec<(&'static str, Ipv4Addr)>,
    bird: Bird,
}

impl RouteServer {
    /// With these sessions: each one's name, and the NVA.
    pub(crate) fn new(
        sessions: Vec<(&'static str, Ipv4Addr)>,
        plan: &HostPlan,
        directory: &LabDirectory,
    ) -> Result<Self> {
        let bird = Bird::new(&plan.name, directory, &config(plan.address, &sessions))?;
        Ok(Self {
            address: plan.address,
            sessions,
            bird,
        })
    }

    pub(crate) fn bird(&self) -> &Bird {
        &self.bird
    }

    /// Its address.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// What it has learned for a prefix. From the NVAs, as no other announces anything to it.
    ///
    /// # Errors
    /// If BIRD does not answer.
    pub fn rows(&self, prefix: &str) -> Result<Vec<TableRow>> {
        self.bird.rows(prefix)
    }

    /// How many UPDATE messages with routes the NVA has sent since the lab began: an unchanged count is calm.
    pub fn updates(&self) -> usize {
        let log = self.bird.log();
        let count = |what: &str| log.lines().filter(|line| line.ends_with(what)).count();
        // An End-of-RIB is an UPDATE without routes, and comes with every session.
        count("nva: Got UPDATE").saturating_sub(count("nva: Got END-OF-RIB"))
    }

    /// How often the routes of one NVA of the region were added, changed or removed since the lab began.
    ///
    /// # Errors
    /// If it is not its neighbor.
    pub fn changes_from(&self, nva: Ipv4Addr) -> Result<usize> {
        let mut sessions = self.sessions.iter();
        let (name, _) = sessions
            .find(|(_, address)| *address == nva)
            .with_context(|| format!("no session with {nva}"))?;
        let mark = format!(" {name}.ipv4 > ");
        Ok(self
            .bird
            .log()
            .lines()
            .filter(|line| line.contains(&mark))
            .count())
    }

    /// The state of its session with the NVA: `Established`, `Passive`, …
    ///
    /// # Errors
    /// If BIRD does not answer.
    pub fn session(&self) -> Result<String> {
        self.bird.session("nva")
    }

    /// Waits for its session with the NVA; with several, for all of them.
    ///
    /// # Errors
    /// If it is not established within `timeout`.
    pub fn await_session(&self, timeout: Duration) -> Result<()> {
        self.sessions
            .iter()
            .try_for_each(|(name, _)| self.bird.await_session(name, timeout))
    }

    /// Ends the session with the NVA and takes the next one.
    ///
    /// # Errors
    /// If BIRD does not answer.
    pub fn reset_session(&self) -> Result<()> {
        self.bird.ask("restart nva").map(drop)
    }

    /// Asks the NVA for all its routes again, as a Route Server does when a VNet peering is created.
    ///
    /// # Errors
    /// If BIRD does not answer.
    pub fn refresh(&self) -> Result<()> {
        self.bird.ask("reload in nva").map(drop)
    }

    /// Ends the session with the NVA and takes none.
    ///
    /// # Errors
    /// If BIRD does not answer.
    pub fn disable_session(&self) -> Result<()> {
        self.bird.ask("disable nva").map(drop)
    }

    /// Takes sessions with the NVA again.
    ///
    /// # Errors
    /// If BIRD does not answer.
    pub fn enable_session(&self) -> Result<()> {
        self.bird.ask("enable nva").map(drop)
    }

    /// Shuts the instance down, its sessions in good order.
    ///
    /// # Errors
    /// If it is not running.
    pub fn stop(&self) -> Result<()> {
        self.bird.stop()
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// If the signal cannot be sent.
    pub fn kill(&self) -> Result<()> {
        self.bird.kill()
    }

    /// Starts it again.
    ///
    /// # Errors
    /// If it runs already, or does not come up.
    pub fn start(&self) -> Result<()> {
        self.bird.start()
    }

    /// Which routes the NVA added and removed, with BIRD's own stamps: `added [best] 9.9.9.9/32 …`.
    pub fn heard(&self) -> Vec<LogLine> {
        let log = self.bird.log();
        let of_nva = log.lines().filter(|line| line.contains(" nva.ipv"));
        of_nva
            .filter_map(LogLine::of_bird)
            .filter_map(|line| {
                let (_, text) = line.text.split_once(" > ")?;
                Some(LogLine {
                    at: line.at,
                    text: text.to_owned(),
                })
            })
            .collect()
    }

    /// BIRD's log: with every message of both sessions, stamped to the microsecond.
    pub fn log(&self) -> String {
        self.bird.log()
    }
}

fn config(address: Ipv4Addr, sessions: &[(&str, Ipv4Addr)]) -> String {
    let nvas: String = sessions
        .iter()
        .map(|(name, nva)| of_nva(address, name, *nva))
        .collect();
    format!(
        "router id {address};
protocol device {{ }}
protocol direct {{ ipv4; ipv6; }}
# The way to the NVA is the kernel's default route.
protocol kernel {{ learn; ipv4 {{ import all; export none; }}; }}
protocol kernel {{ learn; ipv6 {{ import all; export none; }}; }}
{nvas}protocol bgp msee {{
    local {address} as 65515;
    neighbor {MSEE} as 12076;
    multihop;
    passive on;
    graceful restart off;
    error wait time 1, 1;
    debug {{ states, events }};
    # Only what the NVAs announced, as they announced it: of two, where the MSEE asks for more than one path, both.
    ipv4 {{ import none; export where source = RTS_BGP; next hop keep; add paths tx; }};
}}
"
    )
}

fn of_nva(address: Ipv4Addr, name: &str, nva: Ipv4Addr) -> String {
    format!(
        "protocol bgp {name} {{
    local {address} as 65515;
    neighbor {nva} as 65010;
    multihop;
    passive on;
    graceful restart off;
    error wait time 1, 1;
    debug {{ states, routes, events, packets }};
    ipv4 {{ import all; export none; }};
    # In use only if ExaBGP asks for it, which the shipped exabgp.conf does not: Azure's knows IPv4 only.
    ipv6 {{ import all; export none; }};
}}
"
    )
}
