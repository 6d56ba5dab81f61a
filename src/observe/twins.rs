//! Frontends and backends of one name, which HAProxy allows (configuration.txt section 4). `show stat NAME` shows one
//! of the two; asked by number it shows both. Each process of HAProxy has its own numbers.

use std::collections::{BTreeMap, BTreeSet};

use crate::observation::{Proxy, Snapshot};
use crate::program::Plan;

/// The numbers of frontends and backends that share a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Twins {
    /// The process whose numbers they are; absent: none was asked yet.
    process: Option<u32>,
    numbers: BTreeMap<String, BTreeSet<u32>>,
}

/// A proxy was not found, or not as the frontend or backend that it must be.
fn lacks(plan: &Plan, followed: &BTreeSet<String>, snapshot: &Snapshot) -> bool {
    let has = |name: &String, is: fn(&Proxy) -> bool| snapshot.proxies.get(name).is_some_and(is);
    let mut backends = plan.backends.iter().chain(followed);
    backends.any(|name| !has(name, |proxy| proxy.backend.is_some()))
        || plan
            .frontends
            .iter()
            .any(|name| !has(name, |proxy| proxy.frontend.is_some()))
}

impl Twins {
    /// Of this process, from the numbers of all its proxies.
    pub(super) fn of(process: u32, numbers: BTreeMap<String, BTreeSet<u32>>) -> Self {
        let numbers = numbers
            .into_iter()
            .filter(|(_, numbers)| numbers.len() > 1)
            .collect();
        Self {
            process: Some(process),
            numbers,
        }
    }

    /// The question for a proxy: by its name, or its numbers.
    pub(super) fn question(&self, name: &str) -> String {
        match self.numbers.get(name) {
            // A name that is a number is looked for first: no name begins with a plus.
            Some(numbers) => numbers
                .iter()
                .map(|number| format!(";show stat +{number} 7 -1"))
                .collect(),
            None => format!(";show stat {name} 7 -1"),
        }
    }

    /// The numbers are of another process than the one that answered, and were used, or a proxy was not found by its name.
    pub(super) fn mislead(
        &self,
        plan: &Plan,
        followed: &BTreeSet<String>,
        snapshot: &Snapshot,
    ) -> bool {
        let process = snapshot.process.as_ref().map(|process| process.pid);
        process != self.process && (!self.numbers.is_empty() || lacks(plan, followed, snapshot))
    }
}
