//! What must be looked at for a configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use crate::condition::{Condition, Probe, ProxyName};
use crate::config::{Config, Haproxy, Takeover};
use crate::observation::{ServerRow, Snapshot};

/// The most proxies that are followed (`track`).
const FOLLOWED: usize = 64;

/// What must be looked at for a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Where HAProxy is.
    pub haproxy: Haproxy,
    /// Proxies that some condition names; none: HAProxy is not asked.
    pub proxies: BTreeSet<String>,
    /// Those that must be frontends.
    pub frontends: BTreeSet<String>,
    /// Those that must be backends. A name may be both.
    pub backends: BTreeSet<String>,
    /// Addresses that must be on this host.
    pub addresses: BTreeSet<IpAddr>,
    /// Backends whose backup servers count too.
    pub with_backups: BTreeSet<String>,
    /// Probes of all conditions.
    pub probes: BTreeSet<Probe>,
    /// Probes that ask a takeover's siblings, each with the time from the beginning of one question to the next.
    pub questions: BTreeMap<Probe, Duration>,
}

impl Plan {
    /// What `config` needs to know.
    pub fn of(config: &Config) -> Self {
        let mut plan = Self {
            haproxy: config.haproxy.clone(),
            proxies: BTreeSet::new(),
            frontends: BTreeSet::new(),
            backends: BTreeSet::new(),
            with_backups: BTreeSet::new(),
            addresses: BTreeSet::new(),
            probes: BTreeSet::new(),
            questions: BTreeMap::new(),
        };
        for service in &config.services {
            if service.require_address {
                plan.addresses.extend(
                    service
                        .prefixes
                        .iter()
                        .filter_map(|(prefix, _)| prefix.host()),
                );
            }
            service
                .levels
                .iter()
                .for_each(|level| plan.add(&level.when));
            plan.probes.extend(
                service
                    .siblings
                    .iter()
                    .flat_map(|siblings| siblings.probes.iter().cloned()),
            );
            let questions = |rule: &Takeover| {
                rule.probes
                    .iter()
                    .map(|probe| (probe.clone(), rule.every))
                    .collect::<Vec<_>>()
            };
            plan.questions
                .extend(service.takeover().map(questions).unwrap_or_default());
        }
        plan
    }

    /// Everything that is probed.
    pub fn probed(&self) -> BTreeSet<&Probe> {
        self.probes.iter().chain(self.questions.keys()).collect()
    }

    /// Proxies whose servers are followed (`track`) by those of the plan's: they must be seen too.
    pub fn followed(&self, snapshot: &Snapshot) -> BTreeSet<String> {
        // These names of HAProxy's go into the next question: only valid ones may.
        let is_name = |name: &String| name.parse::<ProxyName>().is_ok();
        // What no rule counts need not be followed: another region as a backup, say.
        let counts = |proxy: &String, row: &ServerRow| {
            !row.backup || !self.proxies.contains(proxy) || self.with_backups.contains(proxy)
        };
        let proxies = snapshot.proxies.iter();
        let servers =
            proxies.flat_map(|(name, proxy)| proxy.servers.iter().map(move |row| (name, row)));
        let tracked = servers
            .filter(|(name, row)| counts(name, row))
            .filter_map(|(_, row)| row.tracks.as_ref());
        let mut followed = BTreeSet::new();
        for (name, _) in tracked.filter(|(name, _)| !self.proxies.contains(name) && is_name(name)) {
            if followed.len() < FOLLOWED && !followed.contains(name) {
                followed.insert(name.clone());
            }
        }
        followed
    }

    fn add(&mut self, condition: &Condition) {
        match condition {
            Condition::All(list) | Condition::Any(list) => {
                list.iter().for_each(|condition| self.add(condition))
            }
            Condition::AtLeast(rule) => rule.of.iter().for_each(|condition| self.add(condition)),
            Condition::Not(inner) => self.add(inner),
            Condition::Backend(rule) => {
                self.proxies.insert(rule.name.to_string());
                self.backends.insert(rule.name.to_string());
                if rule.count_backup {
                    self.with_backups.insert(rule.name.to_string());
                }
            }
            Condition::Frontend(rule) => {
                self.proxies.insert(rule.name.to_string());
                self.frontends.insert(rule.name.to_string());
            }
            Condition::Http(probe) => drop(self.probes.insert(Probe::Http(probe.clone()))),
            Condition::Tcp(probe) => drop(self.probes.insert(Probe::Tcp(probe.clone()))),
            Condition::File(probe) => drop(self.probes.insert(Probe::File(probe.clone()))),
            Condition::Command(probe) => drop(self.probes.insert(Probe::Command(probe.clone()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Proxy, ServerState};

    #[test]
    fn many_servers_that_follow_one_backend_hide_no_other() {
        let text = r#"{"services": {"web": {"prefixes": ["9.9.9.9/32"], "next_hop": "192.0.2.1", "levels": [{"name": "up",
            "when": {"all": [{"backend": {"name": "a"}}, {"backend": {"name": "b"}}]}}]}}}"#;
        let plan = Plan::of(&crate::config::parse(text).unwrap());
        let row = |followed: &str| ServerRow {
            name: "s".to_owned(),
            backup: false,
            weight: 1,
            state: ServerState::Usable,
            words: String::new(),
            tracks: Some((followed.to_owned(), "s1".to_owned())),
            remembered: None,
        };
        let proxy = |rows| Proxy {
            servers: rows,
            ..Proxy::default()
        };
        let proxies = [
            ("a".to_owned(), proxy(vec![row("c"); 70])),
            ("b".to_owned(), proxy(vec![row("d")])),
        ];
        let snapshot = Snapshot {
            process: None,
            proxies: proxies.into(),
        };
        assert_eq!(
            plan.followed(&snapshot),
            BTreeSet::from(["c".to_owned(), "d".to_owned()])
        );
    }
}
