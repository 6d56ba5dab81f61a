//! A cloud's rules as a table, and the walk over it. Pure.
//! In come the two files; out go findings.
//! Rules that do not fit the table are in the cloud's own module.

use super::ground::{Ground, number};
use super::rule::*;
use crate::config::{Place, Service};
use crate::exabgp_conf::Neighbor;

/// What is wrong with a session.
type OfSession = fn(&Neighbor) -> Option<Said>;

/// A cloud's router as ExaBGP's neighbor, and what the cloud's documents say of it.
pub struct Cloud {
    /// Whether a neighbor is the cloud's router.
    pub is_peer: fn(&Neighbor) -> bool,
    /// No neighbor is the router: the rule, what, the cure.
    pub none: (&'static Rule, &'static str, &'static str),
    /// One neighbor alone is: the same, with the severity.
    pub one: (&'static Rule, Severity, &'static str, &'static str),
    /// What a session's statements must be: the statement's path, and its check.
    pub sessions: &'static [(&'static str, OfSession)],
    /// What a service may announce.
    pub services: &'static [fn(&Ground<'_>, &Service) -> Vec<Finding>],
    /// How many routes a neighbor takes, the highest number first, and the text for more.
    pub limits: &'static [(usize, Severity, &'static str)],
    /// The rule of the limits.
    pub limit: &'static Rule,
    /// Notes about what no file says: the rule, what, the cure.
    pub unseen: &'static [(&'static Rule, &'static str, &'static str)],
}

impl Cloud {
    /// All findings.
    pub fn findings(&self, ground: &Ground<'_>) -> Vec<Finding> {
        let mut found = self.of_sessions(ground);
        let services = ground.config.services.iter();
        for service in services.filter(|service| ground.goes_to(service, self.is_peer)) {
            found.extend(self.services.iter().flat_map(|rule| rule(ground, service)));
        }
        found.extend(self.of_limits(ground));
        let unseen = self.unseen.iter();
        found.extend(unseen.map(|(rule, what, cure)| nowhere(ground, note(rule, *what, *cure))));
        found
    }

    /// Its neighbors in exabgp.conf.
    fn peers<'all>(&self, ground: &'all Ground<'_>) -> Vec<&'all Neighbor> {
        let peers = ground.neighbors();
        peers.filter(|neighbor| (self.is_peer)(neighbor)).collect()
    }

    fn of_sessions(&self, ground: &Ground<'_>) -> Vec<Finding> {
        if ground.conf.is_none() {
            let what = "no exabgp.conf was read, so the sessions are not judged";
            let said = note(&CONF_NOT_READ, what, "name it with --exabgp-conf FILE");
            return vec![nowhere(ground, said)];
        }
        let peers = self.peers(ground);
        let mut found = Vec::new();
        match peers.as_slice() {
            [] => {
                let (rule, what, cure) = self.none;
                let said = error(rule, what, cure);
                let finding = ground.in_conf(Default::default(), said);
                found.push(Finding {
                    at: None,
                    ..finding
                });
            }
            [only] => {
                let (rule, severity, what, cure) = self.one;
                let what = format!("neighbor {} {what}", only.name);
                found.push(ground.in_conf(only.at, said(rule, severity, what, cure)));
            }
            _ => {}
        }
        let of_peer = |peer: &&Neighbor| {
            let rules = self.sessions.iter();
            let said = rules.filter_map(|(key, rule)| Some((peer.value(key).1, rule(peer)?)));
            said.map(|(at, said)| ground.in_conf(at, said))
                .collect::<Vec<_>>()
        };
        found.extend(once(peers.iter().flat_map(of_peer)));
        found
    }

    fn of_limits(&self, ground: &Ground<'_>) -> Option<Finding> {
        let services = ground.config.services.iter();
        let services = services.filter(|service| ground.goes_to(service, self.is_peer));
        let managed: usize = services.map(|service| service.prefixes.len()).sum();
        let peers = self.peers(ground);
        let fixed = peers.iter().map(|peer| peer.routes.len()).max();
        let count = managed + fixed.unwrap_or(0);
        let limit = self.limits.iter().find(|(limit, ..)| count > *limit);
        let (_, severity, words) = limit?;
        let what = format!("{count} routes, {words}");
        let cure = "announce fewer, larger prefixes";
        let place = Place::default().key("services");
        Some(ground.in_config(&place, said(self.limit, *severity, what, cure)))
    }
}

/// A finding at no one place of the configuration.
pub fn nowhere(ground: &Ground<'_>, said: Said) -> Finding {
    Finding {
        at: None,
        ..ground.in_config(&Place::default(), said)
    }
}

/// `said`, where a statement is on that must be absent or off.
pub fn must_be_off(neighbor: &Neighbor, key: &str, said: impl FnOnce() -> Said) -> Option<Said> {
    (neighbor.is_on(key) == Some(true)).then(said)
}

/// A cloud's hold times, in seconds.
pub struct HoldTime {
    /// The rule.
    pub rule: &'static Rule,
    /// Less than this ends sessions without need.
    pub least: u32,
    /// Why.
    pub why: &'static str,
    /// More than this is at least a note: a VM may hang unnoticed for so long.
    pub patience: u32,
    /// The cure.
    pub cure: &'static str,
}

impl HoldTime {
    /// What is wrong with a neighbor's hold time.
    pub fn of(&self, neighbor: &Neighbor) -> Option<Said> {
        let by_default = match neighbor.setting("hold-time") {
            None => " (ExaBGP's default)",
            Some(_) => "",
        };
        let (severity, what) = match number(neighbor, "hold-time").unwrap_or(180) {
            0 => (
                Severity::Error,
                "hold-time 0: routes of a VM that hangs or vanishes stay for ever".to_owned(),
            ),
            1 | 2 => (
                Severity::Error,
                "a hold time is 0 or at least 3 s (RFC 4271, 4.2)".to_owned(),
            ),
            time if time < self.least => (
                Severity::Warning,
                format!("a hold time under {} s: {}", self.least, self.why),
            ),
            time if time <= self.patience => return None,
            time => (
                if time <= 90 {
                    Severity::Note
                } else {
                    Severity::Warning
                },
                format!(
                    "hold time {time} s{by_default}: clients of a VM that hangs reach nothing for so long"
                ),
            ),
        };
        Some(said(self.rule, severity, what, self.cure))
    }
}
