//! Frontends and backends of one name, which HAProxy allows (configuration.txt section 4). `show stat NAME` tells of one of the two; by
//! their numbers both are told of, each process of HAProxy having its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::observation::{Proxy, Snapshot};
use crate::program::Plan;

/// What is known of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Twins {
    /// The process whose numbers they are; absent: none was asked yet.
    process: Option<u32>,
    numbers: BTreeMap<String, BTreeSet<u32>>,
}

/// A proxy was not found, or not as what it is to be.
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
    /// Of this process, by all its proxies.
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

    /// What was asked by them was another process's, or this one may have what was not found under its name.
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
