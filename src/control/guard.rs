//! The guard: which services would get worse if servers or frontends went out. Pure.
//!
//! It changes a copy of the snapshot, and judges it as `run` does.

use std::collections::BTreeSet;

use super::command::ServerWish;
use super::name::ServerName;
use crate::condition::ProxyName;
use crate::config::{Config, Service};
use crate::glance::glance;
use crate::observation::{Observation, Proxy, ServerState, Snapshot};
use crate::program::Plan;
use crate::standing::State;
use crate::verdict::{Past, Truth, leaves};

/// The servers and frontends that are to go out, all at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leaving {
    /// These servers, and those that follow them.
    pub servers: BTreeSet<ServerName>,
    /// These frontends.
    pub frontends: BTreeSet<ProxyName>,
}

/// What a service would lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The service.
    pub service: String,
    /// Its prefixes.
    pub prefixes: Vec<String>,
    /// Its level now; `None`: unknown.
    pub now: Option<String>,
    /// The level that would be left; `None`: none.
    pub then: Option<String>,
    /// The result is not certain.
    pub perhaps: bool,
    /// Why, for example `http_back: 0 of 2 servers up`.
    pub why: String,
}

impl Effect {
    /// The service would lose its last level, or may lose it.
    pub fn is_loss(&self) -> bool {
        self.then.is_none()
    }

    /// `service web would have no level any more (now 'up', 9.9.9.9/32): http_back: 0 of 2 servers up, …`
    pub fn words(&self) -> String {
        let Self { service, why, .. } = self;
        let now = self
            .now
            .as_ref()
            .map_or("unknown".to_owned(), |level| format!("'{level}'"));
        let prefixes = self.prefixes.join(", ");
        let would = if self.perhaps {
            "would perhaps"
        } else {
            "would"
        };
        match &self.then {
            Some(then) => {
                format!(
                    "service {service} {would} go down to '{then}' (now {now}, {prefixes}): {why}"
                )
            }
            None => {
                format!(
                    "service {service} {would} have no level any more (now {now}, {prefixes}): {why}"
                )
            }
        }
    }
}

/// The services that get worse, in the configuration's order.
pub fn effects<'service>(
    services: impl IntoIterator<Item = &'service Service>,
    seen: &Observation,
    after: &Observation,
) -> Vec<Effect> {
    services
        .into_iter()
        .filter_map(|service| effect(service, seen, after))
        .collect()
}

fn effect(service: &Service, seen: &Observation, after: &Observation) -> Option<Effect> {
    let (now, then) = (
        glance(service, seen, Past::none()),
        glance(service, after, Past::none()),
    );
    if now.target.is_none() && then.target.is_none() && !is_touched(service, seen, after) {
        return None;
    }
    let kept = level(then.target.unwrap_or(then.certain));
    let had = match now.target {
        // A service without a level has nothing to lose.
        Some(standing) => Some(level(standing)?),
        None => None,
    };
    // With an unknown level, the level that holds for certain is compared.
    let is_worse = match (had.or_else(|| level(now.certain)), kept) {
        (Some(had), Some(kept)) => kept > had,
        (_, None) => true,
        (None, Some(_)) => false,
    };
    let name = |index: usize| service.levels.get(index).map(|level| level.name.clone());
    is_worse.then(|| Effect {
        service: service.name.clone(),
        prefixes: service
            .prefixes
            .iter()
            .map(|(prefix, _)| prefix.to_string())
            .collect(),
        now: had.and_then(name),
        then: kept.and_then(name),
        perhaps: then.target.is_none(),
        why: then.why,
    })
}

/// Some condition changes, and does not hold for certain afterwards.
fn is_touched(service: &Service, seen: &Observation, after: &Observation) -> bool {
    service.levels.iter().any(|level| {
        let pairs = leaves(&level.when, seen)
            .into_iter()
            .zip(leaves(&level.when, after));
        pairs
            .into_iter()
            .any(|(now, then)| now != then && then.truth != Truth::Yes)
    })
}

fn level(state: State) -> Option<usize> {
    if let State::Level(index) = state {
        Some(index)
    } else {
        None
    }
}

/// The services whose conditions look at one of these proxies.
pub fn concerned<'config>(
    config: &'config Config,
    proxies: &BTreeSet<String>,
) -> Vec<&'config Service> {
    let looks_at = |service: &Service| {
        let alone = Config {
            services: vec![service.clone()],
            ..config.clone()
        };
        !Plan::of(&alone).proxies.is_disjoint(proxies)
    };
    config
        .services
        .iter()
        .filter(|service| looks_at(service))
        .collect()
}

/// A copy of the snapshot without the leaving servers and frontends, and the names of the proxies that changed.
pub fn without(
    snapshot: &Snapshot,
    leaving: &Leaving,
    wish: ServerWish,
) -> (Snapshot, BTreeSet<String>) {
    let out = with_followers(snapshot, leaving);
    let (mut after, mut proxies) = (snapshot.clone(), BTreeSet::new());
    for (name, proxy) in &mut after.proxies {
        if leaving
            .frontends
            .iter()
            .any(|frontend| frontend.as_str() == name)
            && proxy.frontend.is_some()
        {
            proxy.frontend = Some("PAUSED".to_owned());
            proxies.insert(name.clone());
        }
        if take_out(proxy, wish, |server| out.contains(&(name.as_str(), server))) {
            proxies.insert(name.clone());
        }
    }
    (after, proxies)
}

/// The leaving servers, and all that track them, directly or through others.
fn with_followers<'rows>(
    snapshot: &'rows Snapshot,
    leaving: &'rows Leaving,
) -> BTreeSet<(&'rows str, &'rows str)> {
    let named = leaving
        .servers
        .iter()
        .map(|name| (name.backend.as_str(), name.server.as_str()));
    let mut out: BTreeSet<_> = named.collect();
    loop {
        let before = out.len();
        for (proxy, server, (leader_proxy, leader)) in
            snapshot.proxies.iter().flat_map(|(name, proxy)| {
                proxy.servers.iter().filter_map(|row| {
                    Some((name.as_str(), row.name.as_str(), row.tracks.as_ref()?))
                })
            })
        {
            if out.contains(&(leader_proxy.as_str(), leader.as_str())) {
                out.insert((proxy, server));
            }
        }
        if out.len() == before {
            return out;
        }
    }
}

/// The servers that track a leaving server and were not named themselves.
pub fn followers(snapshot: &Snapshot, leaving: &Leaving) -> Vec<String> {
    let is_named = |proxy: &str, server: &str| {
        leaving
            .servers
            .iter()
            .any(|name| name.backend.as_str() == proxy && name.server.as_str() == server)
    };
    let out = with_followers(snapshot, leaving).into_iter();
    out.filter(|(proxy, server)| !is_named(proxy, server))
        .map(|(proxy, server)| format!("{proxy}/{server}"))
        .collect()
}

/// Takes out servers that take requests, or may; servers that are out stay as they are. True if any went out.
fn take_out(proxy: &mut Proxy, wish: ServerWish, leaves: impl Fn(&str) -> bool) -> bool {
    let (mut lost, mut counted) = (false, 0);
    for row in &mut proxy.servers {
        if matches!(row.state, ServerState::Usable | ServerState::Unchecked) && leaves(&row.name) {
            // HAProxy counts an unchecked server as usable if it shows it as UP.
            counted += u32::from(
                row.weight > 0
                    && (row.words.starts_with("UP") || row.words.starts_with("no check")),
            );
            (row.state, row.words) = match wish {
                ServerWish::Drain => (ServerState::Drain, "DRAIN".to_owned()),
                _ => (ServerState::Maint, "MAINT".to_owned()),
            };
            lost = true;
        }
    }
    if let Some(backend) = proxy.backend.as_mut().filter(|_| lost) {
        backend.usable = backend.usable.saturating_sub(counted);
        if backend.usable == 0 {
            backend.status = "DOWN".to_owned();
        }
    }
    lost
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
