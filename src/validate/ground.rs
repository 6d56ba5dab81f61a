//! What the rules look at: a configuration, where its values stand, and the exabgp.conf beside it. Pure.

use std::net::IpAddr;

use crate::config::locate::locate;
use crate::config::{Config, Place, Service};
use crate::exabgp_conf::{At, Conf, Neighbor, Process};
use crate::route::Attributes;

use super::rule::{Finding, Said};

/// The Route Server's AS number.
pub const ROUTE_SERVER: u32 = 65515;

/// The files that are checked.
#[derive(Debug)]
pub struct Ground<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Where it comes from.
    pub source: Source,
    /// exabgp.conf and its path, where it was read.
    pub conf: Option<(String, Conf)>,
}

/// Where a configuration comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// In a file: its path and its text.
    File(String, String),
    /// In the flags of exabgp.conf's run line.
    RunLine(String, At),
}

impl Ground<'_> {
    /// A finding in the configuration.
    pub fn in_config(&self, place: &Place, said: Said) -> Finding {
        let (path, at) = match &self.source {
            Source::File(path, text) => {
                let (line, column) = locate(text, place);
                (path.clone(), At { line, column })
            }
            Source::RunLine(path, at) => (path.clone(), *at),
        };
        said.at(path, Some(at))
    }

    /// The place of an attribute: in `own` (a level, the drain, a takeover, the last resort), or in the service.
    pub fn attribute(&self, own: &Place, service: &Service, key: &str) -> Place {
        let Source::File(_, text) = &self.source else {
            return own.clone();
        };
        let (here, above) = (own.key(key), place(service).key(key));
        let stands = |inner: &Place, outer: &Place| locate(text, inner) != locate(text, outer);
        if stands(&here, own) {
            here
        } else if stands(&above, &place(service)) {
            above
        } else {
            own.clone()
        }
    }

    /// A finding in exabgp.conf.
    pub fn in_conf(&self, at: At, said: Said) -> Finding {
        let path = self
            .conf
            .as_ref()
            .map(|(path, _)| path.clone())
            .unwrap_or_default();
        said.at(path, Some(at))
    }

    /// The neighbors of exabgp.conf.
    pub fn neighbors(&self) -> impl Iterator<Item = &Neighbor> {
        self.conf.iter().flat_map(|(_, conf)| &conf.neighbors)
    }

    /// Those that are Route Servers.
    pub fn route_servers(&self) -> impl Iterator<Item = &Neighbor> {
        self.neighbors()
            .filter(|neighbor| is_route_server(neighbor))
    }

    /// The processes that run haproxy-rhi.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.conf
            .iter()
            .flat_map(|(_, conf)| &conf.processes)
            .filter(|process| process.is_ours())
    }

    /// Whether a service's routes may go to one of these neighbors.
    pub fn goes_to(&self, service: &Service, is_one: fn(&Neighbor) -> bool) -> bool {
        let named = |neighbor: &Neighbor| is_one(neighbor) && names(service, neighbor);
        service.neighbors.is_empty() || self.conf.is_none() || self.neighbors().any(named)
    }
}

/// A neighbor is an instance of a Route Server.
pub fn is_route_server(neighbor: &Neighbor) -> bool {
    number(neighbor, "peer-as") == Some(ROUTE_SERVER)
}

/// A service names this neighbor.
pub fn names(service: &Service, neighbor: &Neighbor) -> bool {
    let address = |text: &str| text.parse::<IpAddr>().ok();
    service.neighbors.iter().any(|name| {
        let name = name.to_string();
        name == neighbor.name
            || (address(&name).is_some() && address(&name) == address(&neighbor.name))
    })
}

/// The number of a neighbor's statement at `path`.
pub fn number(neighbor: &Neighbor, path: &str) -> Option<u32> {
    neighbor.value(path).0?.parse().ok()
}

/// The place of a service.
pub fn place(service: &Service) -> Place {
    Place::default().key("services").key(&service.name)
}

/// Everything that a service may announce, with its place: its levels, each also while it is drained, the takeover and the
/// last resort.
pub fn announced(service: &Service) -> Vec<(Place, &Attributes)> {
    let top = place(service);
    let mut all = Vec::new();
    for (index, level) in service.levels.iter().enumerate() {
        let place = top.key("levels").index(index);
        all.push((place, &level.attributes));
    }
    all.extend(
        service
            .levels
            .iter()
            .map(|level| (top.key("drain"), &level.drained)),
    );
    all.extend(
        service
            .takeover()
            .map(|rule| (top.key("siblings").key("takeover"), &rule.attributes)),
    );
    let last = top.key("siblings").key("last_standing");
    all.extend(
        service
            .siblings
            .iter()
            .map(|siblings| (last.clone(), &siblings.attributes)),
    );
    all
}

/// AS numbers for private use (RFC 6996).
pub fn is_private(asn: u32) -> bool {
    (64512..=65534).contains(&asn) || (4_200_000_000..=4_294_967_294).contains(&asn)
}
