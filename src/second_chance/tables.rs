//! What nftables tells of the rules: what they counted, and what the heartbeats told them.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::IpAddr;

use super::netlink::Nftables;
use super::plan::{Member, Plan};
use super::rules;
use haproxy_rhi::control::Failure;
use haproxy_rhi::route::Family;

/// The tables of all families together.
pub struct Tables {
    /// All of them are there.
    pub is_on: bool,
    /// Packets of both families together.
    counters: BTreeMap<String, u64>,
    alive: Vec<Member>,
    other_file: Vec<Member>,
}

impl Tables {
    /// Asks the kernel.
    pub fn read(plan: &Plan) -> Result<Self, Failure> {
        Self::ask(plan).map_err(|error| {
            let cure = if error.kind() == ErrorKind::PermissionDenied { "; run this as root" } else { "" };
            Failure::CannotTell(format!("cannot ask the kernel for the rules' counters: {error}{cure}"))
        })
    }

    fn ask(plan: &Plan) -> io::Result<Self> {
        let mut nftables = Nftables::open()?;
        let mut tables = Self {
            is_on: true,
            counters: BTreeMap::new(),
            alive: plan.siblings().to_vec(),
            other_file: Vec::new(),
        };
        for family in [Family::V4, Family::V6] {
            let counters = nftables.packets(family, rules::TABLE)?;
            tables.is_on &= counters.is_some();
            for (name, packets) in counters.into_iter().flatten() {
                *tables.counters.entry(name).or_default() += packets;
            }
        }
        for family in plan.families() {
            let mut keys = |set: &str| nftables.keys(family, rules::TABLE, set);
            let mut alive = Vec::new();
            for sibling in tables.alive {
                if !keys(&rules::alive(sibling))?.is_empty() {
                    alive.push(sibling);
                }
            }
            tables.alive = alive;
            let others: Vec<IpAddr> = keys(rules::DIFFERS)?.iter().filter_map(|key| address(key)).collect();
            let differ = |sibling: &&Member| others.contains(&sibling.tunnel(family));
            tables.other_file.extend(plan.siblings().iter().filter(differ));
        }
        Ok(tables)
    }

    /// The siblings that answer, in each family.
    pub fn alive(&self) -> &[Member] {
        &self.alive
    }

    /// It answers.
    pub fn answers(&self, sibling: Member) -> bool {
        self.alive.contains(&sibling)
    }

    /// Its heartbeat says that its file is another.
    pub fn differs(&self, sibling: Member) -> bool {
        self.other_file.contains(&sibling)
    }

    /// Of both families together.
    pub fn packets(&self, counter: &str) -> u64 {
        self.counters.get(counter).copied().unwrap_or_default()
    }
}

/// A set's key.
fn address(key: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(key).map(IpAddr::from).ok();
    v4.or_else(|| <[u8; 16]>::try_from(key).map(IpAddr::from).ok())
}
