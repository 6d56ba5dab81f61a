//! Routes that stay announced when frontends close, since their services watch only the backends. Pure.

use std::collections::BTreeSet;
use std::time::Instant;

use super::view::View;
use crate::condition::ProxyName;
use crate::config::{Config, Level, Service};
use crate::glance::glance;
use crate::haproxy_cfg::{Asked, Door, Doors, Leads, Ways, with_frontends};
use crate::observation::Observation;
use crate::standing::State;
use crate::value::Joined;
use crate::verdict::{Past, Truth};

/// A service whose routes stay although a frontend closes that leads to a backend of its level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRoute {
    /// The service.
    pub service: String,
    /// The prefixes that stay announced.
    pub prefixes: String,
    /// The backend.
    pub backend: String,
    /// The frontends that close.
    pub frontends: Vec<String>,
    /// How clients still reach the backend.
    pub access: Access,
}

/// How clients reach a backend when frontends have closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// No frontend is left. The text is the cure: the level's condition with the frontends.
    NoListener(String),
    /// These other frontends lead to the same backend, and are open.
    OtherFrontends(Vec<String>),
    /// No frontend is left, and a probe of the level may find out.
    Probe,
    /// Whether the frontend leads to the backend is unknown: this expression makes the backend's name.
    Unknown(String),
}

impl KeptRoute {
    /// The routes stay, and no frontend takes their clients.
    pub fn is_black_hole(&self) -> bool {
        matches!(self.access, Access::NoListener(_))
    }

    /// `service web watches backend http_back and not its frontend: …`
    pub fn words(&self) -> String {
        let Self {
            service,
            prefixes,
            backend,
            frontends,
            access,
        } = self;
        let closed = frontends.join(", ");
        match access {
            Access::NoListener(_) => format!(
                "service {service} watches backend {backend} and not {closed}, through which alone clients reach it: {prefixes} would stay announced, and nobody would listen"
            ),
            Access::OtherFrontends(others) => format!(
                "service {service} keeps {prefixes} announced: {} stays open, and leads to {backend} as {closed} does",
                others.join(", ")
            ),
            Access::Probe => format!(
                "service {service} watches backend {backend} and not {closed}, through which alone clients reach it: {prefixes} stays announced unless the level's own probes find that nobody listens"
            ),
            Access::Unknown(made) => format!(
                "service {service} keeps {prefixes} announced: it is unknown whether {closed} leads to {backend}, which it watches (use_backend {made})"
            ),
        }
    }

    /// The cure of a black hole.
    pub fn cure(&self) -> Option<String> {
        let Access::NoListener(level) = &self.access else {
            return None;
        };
        Some(format!(
            "drain first (haproxy-rhi drain {}), or name the frontend in its level (\"when\": {level}), or add --force",
            self.service
        ))
    }
}

/// HAProxy's frontends as it shows them, and the backends that they lead to.
pub fn doors(view: &View, ways: Result<Ways, String>) -> Doors {
    let door = |(name, row): (&ProxyName, &super::view::Frontend)| {
        (
            name.to_string(),
            Door {
                open: row.is_open(),
                listen: row.listen,
            },
        )
    };
    Doors::new(view.frontends.iter().map(door).collect(), ways)
}

/// The backends to which some of these frontends lead, or may lead.
pub fn behind(view: &View, doors: &Doors, closing: &BTreeSet<ProxyName>) -> BTreeSet<String> {
    let leads = |backend: &&str| {
        closing.iter().any(|name| {
            matches!(
                doors.leads(name.as_str(), backend),
                Some(Leads::Yes | Leads::Perhaps(_))
            )
        })
    };
    view.backends().filter(leads).map(str::to_owned).collect()
}

/// The routes that stay when these frontends close; `after` is what would be seen then. Closed frontends do not count.
pub fn kept_routes<'service>(
    services: impl IntoIterator<Item = &'service Service>,
    after: &Observation,
    doors: &Doors,
    closing: &BTreeSet<ProxyName>,
) -> Vec<KeptRoute> {
    let closing: BTreeSet<&str> = closing
        .iter()
        .map(ProxyName::as_str)
        .filter(|name| doors.is_open(name))
        .collect();
    let of_service = |service: &'service Service| {
        let level = announced(service, after)?;
        let asked = Asked::of(&level.when);
        let backends = asked.backends.iter();
        Some(
            backends
                .filter_map(|backend| of_backend(service, level, &asked, backend, doors, &closing))
                .collect(),
        )
    };
    services
        .into_iter()
        .filter_map(of_service)
        .flat_map(|routes: Vec<KeptRoute>| routes)
        .collect()
}

/// The level at which the routes stay, or may stay; for the last resort, the last level.
fn announced<'service>(service: &'service Service, after: &Observation) -> Option<&'service Level> {
    let glance = glance(service, after, Past::none());
    let holds = glance
        .levels
        .iter()
        .position(|level| level.truth != Truth::No);
    let is_last_resort = || glance.settled(Instant::now()).0 == Some(State::LastStanding);
    match holds {
        Some(index) => service.levels.get(index),
        None => service.levels.last().filter(|_| is_last_resort()),
    }
}

fn of_backend(
    service: &Service,
    level: &Level,
    asked: &Asked<'_>,
    backend: &str,
    doors: &Doors,
    closing: &BTreeSet<&str>,
) -> Option<KeptRoute> {
    let ways = doors.to(backend);
    let (closed, others): (Vec<&str>, Vec<&str>) = ways
        .iter()
        .copied()
        .partition(|name| closing.contains(name));
    let others: Vec<&str> = others
        .into_iter()
        .filter(|name| doors.is_open(name))
        .collect();
    let owned = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<String>>()
    };
    let made = |name: &&str| match doors.leads(name, backend) {
        Some(Leads::Perhaps(made)) => {
            Some((vec![(*name).to_owned()], Access::Unknown(made.to_owned())))
        }
        _ => None,
    };
    let (frontends, access) = match (closed.is_empty(), others.is_empty()) {
        (true, _) => closing
            .iter()
            .filter(|name| !asked.frontends.contains(*name))
            .find_map(made)?,
        (false, false) => (owned(&closed), Access::OtherFrontends(owned(&others))),
        (false, true) if asked.probes => (owned(&closed), Access::Probe),
        (false, true) => (
            owned(&closed),
            Access::NoListener(with_frontends(&level.when, &ways)),
        ),
    };
    let prefixes = service.prefixes.iter().map(|(prefix, _)| prefix);
    let prefixes = prefixes.joined(", ");
    let (service, backend) = (service.name.clone(), backend.to_owned());
    Some(KeptRoute {
        service,
        prefixes,
        backend,
        frontends,
        access,
    })
}

/// A note where the files do not say where a frontend leads, and a service watches a backend without its frontend.
pub fn not_known(config: &Config, doors: &Doors, closing: &BTreeSet<ProxyName>) -> Option<String> {
    let (frontend, why) = closing
        .iter()
        .find_map(|name| Some((name, doors.unknown(name.as_str())?)))?;
    let by_itself = |level: &Level| {
        let asked = Asked::of(&level.when);
        !asked.backends.is_empty()
            && asked.frontends.is_empty()
            && !asked
                .backends
                .iter()
                .all(|backend| closing.iter().any(|name| name.as_str() == *backend))
    };
    let services = config
        .services
        .iter()
        .filter(|service| service.levels.iter().any(by_itself));
    let names: Vec<&str> = services.map(|service| service.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "where {frontend} leads is not known ({why}); a service that watches a backend behind it, and not the frontend, stays announced: look at {}",
            names.join(", ")
        )
    })
}

#[cfg(test)]
#[path = "doors_tests.rs"]
mod tests;
