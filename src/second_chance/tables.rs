//! What nftables tells of the rules: their counters, and which siblings' heartbeats they saw.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::IpAddr;

use super::netlink::Nftables;
use super::plan::{Member, Plan};
use super::rules;
use haproxy_rhi::failure::{self, Failure};
use haproxy_rhi::route::Family;

/// The tables of all families together.
pub struct Tables {
    /// The tables of both families are there.
    pub is_on: bool,
    /// Packets of both families together.
    counters: BTreeMap<String, u64>,
    alive: Vec<Member>,
    /// NVAs whose heartbeats run, this one among them.
    asking: Vec<Member>,
    other_file: Vec<Member>,
}

impl Tables {
    /// Asks the kernel.
    pub fn read(plan: &Plan) -> Result<Self, Failure> {
        Self::ask(plan).map_err(unknown)
    }

    fn ask(plan: &Plan) -> io::Result<Self> {
        let mut nftables = Nftables::open()?;
        let mut tables = Self {
            is_on: true,
            counters: BTreeMap::new(),
            alive: plan.siblings().to_vec(),
            asking: [plan.siblings(), &[plan.me()]].concat(),
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
                if keys(&rules::alive(sibling))?.is_some_and(|answers| !answers.is_empty()) {
                    alive.push(sibling);
                }
            }
            tables.alive = alive;
            let mut listed = |set| -> io::Result<Option<Vec<IpAddr>>> {
                Ok(keys(set)?.map(|keys| keys.iter().filter_map(|key| address(key)).collect()))
            };
            let others = listed(rules::DIFFERS)?.unwrap_or_default();
            let differ = |sibling: &&Member| others.contains(&sibling.tunnel(family));
            tables
                .other_file
                .extend(plan.siblings().iter().filter(differ));
            // Rules of an older version do not know who asks.
            if let Some(who) = listed(rules::ASKS)? {
                tables
                    .asking
                    .retain(|member| who.contains(&member.tunnel(family)));
            }
        }
        Ok(tables)
    }

    /// The siblings that answer, in each family.
    pub fn alive(&self) -> &[Member] {
        &self.alive
    }

    /// The sibling answers.
    pub fn answers(&self, sibling: Member) -> bool {
        self.alive.contains(&sibling)
    }

    /// The NVA's heartbeat runs, or that cannot be known.
    pub fn asks(&self, member: Member) -> bool {
        self.asking.contains(&member)
    }

    /// The sibling's heartbeat says that its file is another.
    pub fn differs(&self, sibling: Member) -> bool {
        self.other_file.contains(&sibling)
    }

    /// What a counter counted, of both families together.
    pub fn packets(&self, counter: &str) -> u64 {
        self.counters.get(counter).copied().unwrap_or_default()
    }
}

/// Whether any of the rules are there.
///
/// # Errors
/// There is a table of that name that is somebody else's, or the kernel does not say.
pub fn is_on() -> Result<bool, Failure> {
    let mut is_on = false;
    for family in [Family::V4, Family::V6] {
        let counters = Nftables::open()
            .and_then(|mut nftables| nftables.packets(family, rules::TABLE))
            .map_err(unknown)?;
        let Some(counters) = counters else { continue };
        is_on = true;
        // Each version's tables have it.
        if !counters.contains_key("forged") {
            let (ip, table) = (rules::nft(family), rules::TABLE);
            return Err(failure::refused(format!(
                "the table '{ip} {table}' is not this program's, and is left; give it another name, or remove it (nft delete table {ip} {table})"
            )));
        }
    }
    Ok(is_on)
}

fn unknown(error: io::Error) -> Failure {
    let cure = if error.kind() == ErrorKind::PermissionDenied {
        "; run this as root"
    } else {
        ""
    };
    failure::unknown(format!(
        "cannot ask the kernel for the rules' counters: {error}{cure}"
    ))
}

/// The address that is a set's key.
fn address(key: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(key).map(IpAddr::from).ok();
    v4.or_else(|| <[u8; 16]>::try_from(key).map(IpAddr::from).ok())
}
