//! What nft tells of the rules: what they counted, and what the heartbeats told them.

use std::net::IpAddr;

use serde_json::Value;

use super::kernel::{self, list};
use super::plan::{Member, Plan};
use super::rules;
use haproxy_rhi::control::Failure;
use haproxy_rhi::route::Family;

/// The tables of all families together.
pub struct Tables {
    /// All of them are there.
    pub is_on: bool,
    counters: Vec<Value>,
    alive: Vec<Member>,
    other_file: Vec<Member>,
}

impl Tables {
    /// Asks nft.
    pub fn read(plan: &Plan) -> Result<Self, Failure> {
        let mut tables = Self {
            is_on: true,
            counters: Vec::new(),
            alive: plan.siblings().to_vec(),
            other_file: Vec::new(),
        };
        for family in [Family::V4, Family::V6] {
            match kernel::nft_list(&["counters", "table", rules::nft(family), rules::TABLE])? {
                Some(counters) => tables.counters.extend(counters),
                None => tables.is_on = false,
            }
        }
        for family in plan.families() {
            let mut alive = Vec::new();
            for sibling in tables.alive {
                if !elements(family, &rules::alive(sibling))?.is_empty() {
                    alive.push(sibling);
                }
            }
            tables.alive = alive;
            let others = elements(family, rules::DIFFERS)?;
            let others: Vec<IpAddr> = others.iter().filter_map(address).collect();
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
        let rows = self.counters.iter().filter_map(|row| row.get("counter"));
        let named = rows.filter(|row| row.get("name").and_then(Value::as_str) == Some(counter));
        named.filter_map(|row| row.get("packets").and_then(Value::as_u64)).sum()
    }
}

/// A set's elements; none where there is no such set.
fn elements(family: Family, set: &str) -> Result<Vec<Value>, Failure> {
    let rows = kernel::nft_list(&["set", rules::nft(family), rules::TABLE, set])?.unwrap_or_default();
    Ok(rows.iter().filter_map(|row| row.pointer("/set/elem")).flat_map(list).cloned().collect())
}

/// `{"elem": {"val": "169.254.92.2", "timeout": 1}}`, or only the address.
fn address(element: &Value) -> Option<IpAddr> {
    element.pointer("/elem/val").unwrap_or(element).as_str()?.parse().ok()
}
