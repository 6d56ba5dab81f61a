//! The core: the router of all subnets, and the MSEE, which learns from the four instances.

use std::collections::BTreeSet;
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};

use crate::bird::Bird;
use crate::directory::LabDirectory;
use crate::log_line::{Follower, instant};
use crate::namespace::{Namespace, output, said};
use crate::program::Program;
use crate::table::TableRow;
use crate::topology::{MSEE, Region, route_server_plans};
use crate::wait::eventually;

/// The MSEE: a BIRD of AS 12076 whose best routes are the kernel's; with two NVAs a region it spreads the connections over
/// equal ones, as the gateways between it and the NVAs do.
#[derive(Debug)]
pub struct Msee {
    network: Namespace,
    bird: Bird,
    monitor: Program,
}

/// A change of the kernel's routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteChange {
    /// When the kernel reported it.
    pub at: SystemTime,
    /// The prefix; of a host route, the bare address.
    pub prefix: String,
    /// The new next hop, the first of several, or none if the route was deleted.
    pub via: Option<Ipv4Addr>,
    /// All that the connections are spread over.
    pub next_hops: BTreeSet<Ipv4Addr>,
}

impl Msee {
    /// `spreads`: over several NVAs of a region.
    pub(crate) fn new(directory: &LabDirectory, spreads: bool) -> Result<Self> {
        Ok(Self {
            network: Namespace::new(directory.name(), "core"),
            bird: Bird::new("core", directory, &config(spreads))?,
            monitor: Program::new("ip monitor", directory.file("core-routes.log")),
        })
    }

    pub(crate) fn launch(&self) -> Result<()> {
        self.monitor.start(
            self.network
                .command("ip")
                .env("TZ", "UTC")
                .args(["-o", "-ts", "monitor", "route"]),
        )?;
        self.bird.launch()
    }

    /// The sessions with all instances.
    pub(crate) fn ready(&self, timeout: Duration) -> Result<()> {
        for name in Region::ALL
            .into_iter()
            .flat_map(sessions)
            .map(|(name, _)| name)
        {
            self.bird.await_session(&name, timeout)?;
        }
        Ok(())
    }

    /// Its table for a prefix, the best row first.
    ///
    /// # Errors
    /// If BIRD does not answer.
    pub fn rows(&self, prefix: &str) -> Result<Vec<TableRow>> {
        self.bird.rows(prefix)
    }

    /// Where the packets for a prefix go now: the next hop in the kernel's table.
    ///
    /// # Errors
    /// If `ip` does not answer.
    pub fn kernel_route(&self, prefix: &str) -> Result<Option<Ipv4Addr>> {
        let shown = output(
            self.network
                .command("ip")
                .args(["-4", "route", "show", prefix]),
        )?;
        ensure!(shown.status.success(), "{}", said(&shown));
        Ok(next_hop(&said(&shown)))
    }

    /// Where the packets for a prefix go now, each connection to one of these.
    ///
    /// # Errors
    /// If `ip` does not answer.
    pub fn next_hops(&self, prefix: &str) -> Result<BTreeSet<Ipv4Addr>> {
        let mut command = self.network.command("ip");
        let shown = output(command.args(["-4", "route", "show", prefix]))?;
        ensure!(shown.status.success(), "{}", said(&shown));
        Ok(next_hops(&said(&shown)).collect())
    }

    /// Whose NVA gets the packets for a prefix now.
    ///
    /// # Errors
    /// If `ip` does not answer.
    pub fn region(&self, prefix: &str) -> Result<Option<Region>> {
        Ok(self.kernel_route(prefix)?.and_then(Region::of_nva))
    }

    /// Waits until the connections to a prefix are spread over these next hops, and no other.
    ///
    /// # Errors
    /// If they are not within `timeout`: where they lead.
    pub fn await_next_hops(
        &self,
        prefix: &str,
        nvas: &[Ipv4Addr],
        timeout: Duration,
    ) -> Result<()> {
        let wanted: BTreeSet<Ipv4Addr> = nvas.iter().copied().collect();
        eventually(timeout, &format!("a way to {wanted:?}"), || {
            let now = self.next_hops(prefix)?;
            ensure!(now == wanted, "{now:?}");
            Ok(())
        })
    }

    /// Waits until the packets for a prefix go to this region, or nowhere.
    ///
    /// # Errors
    /// If they do not within `timeout`.
    pub fn await_region(
        &self,
        prefix: &str,
        region: Option<Region>,
        timeout: Duration,
    ) -> Result<()> {
        eventually(timeout, &format!("{prefix} to lead to {region:?}"), || {
            let now = self.region(prefix)?;
            ensure!(now == region, "it leads to {now:?}");
            Ok(())
        })
    }

    /// Every change of the kernel's routes since the lab began.
    ///
    /// # Errors
    /// If the record cannot be read.
    pub fn route_changes(&self) -> Result<Vec<RouteChange>> {
        let path: PathBuf = self.monitor.log_path().to_owned();
        let text = fs::read_to_string(&path)
            .with_context(|| format!("failed to read '{}'", path.display()))?;
        Ok(text.lines().filter_map(RouteChange::of_line).collect())
    }

    /// Follows the record of the kernel's routes; [`RouteChange::of_line`] reads its lines.
    ///
    /// # Errors
    /// If the record cannot be read.
    pub fn follow_routes(&self) -> Result<Follower> {
        Follower::start(self.monitor.log_path())
    }

    /// `program` on the core, to be run or spawned by the caller.
    pub fn command(&self, program: &str) -> Command {
        self.network.command(program)
    }

    /// BIRD's log.
    pub fn log(&self) -> String {
        self.bird.log()
    }
}

impl RouteChange {
    /// `[2026-11-22T06:35:12.123456] Deleted 9.9.9.9 via 172.16.156.70 dev b-ne proto bird metric 32`
    pub fn of_line(line: &str) -> Option<Self> {
        let (stamp, route) = line.strip_prefix('[')?.split_once("] ")?;
        let (deleted, route) = match route.strip_prefix("Deleted ") {
            Some(route) => (true, route),
            None => (false, route),
        };
        Some(Self {
            at: instant(stamp)?,
            prefix: route.split_whitespace().next()?.to_owned(),
            via: next_hop(route).filter(|_| !deleted),
            next_hops: next_hops(route).filter(|_| !deleted).collect(),
        })
    }
}

fn next_hop(route: &str) -> Option<Ipv4Addr> {
    next_hops(route).next()
}

fn next_hops(route: &str) -> impl Iterator<Item = Ipv4Addr> {
    let words = || route.split_whitespace();
    let after_via = words()
        .zip(words().skip(1))
        .filter(|(word, _)| *word == "via");
    after_via.filter_map(|(_, hop)| hop.parse().ok())
}

/// A session's name, and the instance at its other end.
fn sessions(region: Region) -> [(String, Ipv4Addr); 2] {
    route_server_plans(region).map(|plan| (plan.name.replace('-', "_"), plan.address))
}

fn config(spreads: bool) -> String {
    let (merge, paths) = match spreads {
        true => ("merge paths on; ", " add paths rx;"),
        false => ("", ""),
    };
    let mut config = format!(
        "router id {MSEE};
protocol device {{ }}
protocol direct {{ ipv4; }}
protocol kernel {{ {merge}ipv4 {{ import none; export where source = RTS_BGP; }}; }}
"
    );
    for (name, address) in Region::ALL.into_iter().flat_map(sessions) {
        config.push_str(&format!(
            "protocol bgp {name} {{
    local {MSEE} as 12076;
    neighbor {address} as 65515;
    multihop;
    connect delay time 1;
    connect retry time 1;
    error wait time 1, 1;
    graceful restart off;
    debug {{ states, events }};
    ipv4 {{ import all; export none;{paths} }};
}}
"
        ));
    }
    config
}

#[cfg(test)]
mod tests {
    use super::RouteChange;

    #[test]
    fn a_deleted_route_leads_nowhere() {
        let line = "[2026-11-22T06:35:12.123456] Deleted 9.9.9.9 via 172.16.156.70 dev b-ne proto bird metric 32 ";
        let change = RouteChange::of_line(line).unwrap();
        assert_eq!((change.prefix.as_str(), change.via), ("9.9.9.9", None));
    }

    #[test]
    fn a_route_may_lead_to_two() {
        let line = "[2026-11-22T06:35:12.123456] 9.9.9.9 proto bird metric 32 \\\tnexthop via 172.16.156.70 dev b-ne weight 1 \\\tnexthop via 172.16.156.71 dev b-ne weight 1 ";
        let change = RouteChange::of_line(line).unwrap();
        let hops = ["172.16.156.70", "172.16.156.71"].map(|hop| hop.parse().unwrap());
        assert_eq!(change.via, Some(hops[0]));
        assert_eq!(change.next_hops, hops.into());
    }
}
