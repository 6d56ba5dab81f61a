//! Regions as they are given, and each region's NVA: HAProxy, ExaBGP and the program between them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Instant;

use crate::condition::{Probe, ProxyName, Url};
use crate::config::{Config, Service};
use crate::exabgp::Message;
use crate::program::{Plan, Program};
use crate::route::{AsPath, Attributes, Neighbor, NextHop, Prefix, RouteKey};
use crate::world::exabgp::ExaBgp;
use crate::world::haproxy::{Backend, Haproxy, Layout, Seen};
use crate::world::queue::Time;

use super::servers::{Known, holds, names, weight};

/// A region, as it is given.
#[derive(Debug, Clone)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// Its configuration.
    pub config: Config,
    /// The configuration of `--edit`.
    pub edit: Option<Config>,
    /// The servers of its haproxy.cfg; empty without one.
    pub known: Known,
    /// The region whose configuration it is played with, as its own is not given.
    pub like: Option<String>,
}

/// What a probe asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// The health page of an NVA that is played: its number, and its service's.
    Node(usize, usize),
    /// The health page of a peer.
    Peer(usize),
    /// Anything else: it holds.
    Else,
    /// A condition under `not` alone: it does not hold.
    Off,
}

/// An NVA.
#[derive(Debug)]
pub struct Node {
    pub config: Config,
    pub program: Option<Program>,
    /// Processes so far.
    pub life: u32,
    pub ledger: BTreeSet<RouteKey>,
    /// The watch's number, and what it looks at.
    pub number: u32,
    pub plan: Plan,
    pub asked: Option<Rc<BTreeSet<String>>>,
    pub pages: BTreeMap<Probe, Asked>,
    pub deadline: Option<Time>,
    pub wake: Option<Time>,
    /// When HAProxy was polled last.
    pub polled: Time,
    /// What ExaBGP said while no process was there.
    pub unheard: Vec<Message>,
    pub haproxy: Haproxy,
    pub exabgp: ExaBgp,
    layout: Layout,
    /// The servers of haproxy.cfg, for an edited configuration.
    known: Known,
    servers: usize,
    /// Whether a level holds while all servers live, by the service's place.
    holds: Vec<bool>,
    /// Groups of servers, by the service's place.
    pub groups: Vec<Vec<usize>>,
    /// The groups that stand for another region's servers.
    through: BTreeSet<usize>,
    /// The machine is gone.
    pub gone: bool,
    /// When it was drained; `None`: it is not.
    pub drained: Option<Time>,
    /// How often the machine has vanished: a hold time belongs to one time.
    pub boots: u32,
}

impl Node {
    pub fn new(region: &Region, servers: usize, now: Instant) -> Self {
        let config = region.config.clone();
        let (layout, sizes) = layout(region, servers);
        let mut haproxy = Haproxy::new(layout.clone(), &sizes);
        let weight = weight(&config, &region.known, servers);
        let rows = haproxy.services.iter_mut().flatten();
        rows.for_each(|row| row.weight = weight);
        Self {
            program: None,
            life: 0,
            ledger: BTreeSet::new(),
            number: 0,
            plan: Plan::of(&config),
            asked: None,
            pages: BTreeMap::new(),
            deadline: None,
            wake: None,
            polled: 0,
            unheard: Vec::new(),
            haproxy,
            exabgp: ExaBgp::new("5.0.15", true, neighbors(region), 0),
            groups: groups(&config, &layout),
            through: through(&config, &layout),
            layout,
            holds: holds(&config, &region.known, servers, now),
            known: region.known.clone(),
            servers,
            gone: false,
            drained: None,
            boots: 0,
            config,
        }
    }

    /// Takes an edited configuration.
    pub fn edit(&mut self, config: Config, now: Instant) {
        self.holds = holds(&config, &self.known, self.servers, now);
        self.groups = groups(&config, &self.layout);
        self.through = through(&config, &self.layout);
        self.config = config;
    }

    /// A service by its place.
    pub fn service(&self, index: usize) -> Option<&Service> {
        self.config.services.get(index)
    }

    /// The place of the service that announces a prefix.
    pub fn announces(&self, prefix: &Prefix) -> Option<usize> {
        let has = |service: &Service| service.prefixes.iter().any(|(own, _)| own == prefix);
        self.config.services.iter().position(has)
    }

    /// One session's changes are recorded for all that have a route: those of the first that it is for; of what no service has any more,
    /// those of the last that has it.
    pub fn is_first(&self, session: usize, prefix: &Prefix) -> bool {
        let service = self.announces(prefix).and_then(|place| self.service(place));
        let mut sessions = self.exabgp.sessions.iter();
        match service.map(|service| &service.neighbors) {
            Some(neighbors) if neighbors.is_empty() => session == 0,
            Some(neighbors) => {
                sessions.position(|one| neighbors.contains(&one.neighbor)) == Some(session)
            }
            None => sessions.all(|one| one.table.keys().all(|(held, _)| held != prefix)),
        }
    }

    /// The neighbor of a session that the prefix is not for, though for others.
    pub fn left(&self, session: usize, prefix: &Prefix) -> Option<Neighbor> {
        let service = self.service(self.announces(prefix)?)?;
        let neighbor = &self.exabgp.sessions.get(session)?.neighbor;
        let is_left = !service.neighbors.is_empty() && !service.neighbors.contains(neighbor);
        is_left.then(|| neighbor.clone())
    }

    /// Sets how many servers live: its own, or those that stand for another region's. True: a server's state changed.
    pub fn revive(&mut self, own: bool, alive: usize) -> bool {
        let mut changed = false;
        for (number, group) in self.haproxy.services.iter_mut().enumerate() {
            if self.through.contains(&number) == own {
                continue;
            }
            for (index, row) in group.iter_mut().enumerate() {
                let seen = if index < alive { Seen::Up } else { Seen::Down };
                changed |= std::mem::replace(&mut row.seen, seen) != seen;
            }
        }
        if changed {
            self.haproxy.changed();
        }
        changed
    }

    /// Whether a server of its own lives.
    pub fn lives(&self) -> bool {
        let mut own =
            (0..self.haproxy.services.len()).filter(|group| !self.through.contains(group));
        own.any(|group| self.haproxy.counted(group) > 0)
    }

    /// Whether a level of the service holds while all servers live.
    pub fn can_hold(&self, service: usize) -> bool {
        self.holds.get(service) == Some(&true)
    }

    /// HAProxy takes requests for the service, and has a server for them.
    pub fn serves(&self, service: usize) -> bool {
        let mut groups = self.groups.get(service).into_iter().flatten();
        self.listens() && groups.any(|group| self.haproxy.counted(*group) > 0)
    }

    /// HAProxy takes requests, if only to answer that no server is there.
    pub fn listens(&self) -> bool {
        !self.gone && self.haproxy.answers()
    }
}

/// The proxies that the configurations name, and how many servers each has. A service without a backend has servers of its own, that
/// no rule counts.
fn layout(region: &Region, servers: usize) -> (Layout, Vec<usize>) {
    let (mut layout, mut sizes) = (Layout::default(), Vec::new());
    for config in [Some(&region.config), region.edit.as_ref()]
        .into_iter()
        .flatten()
    {
        let (plan, mut known) = (Plan::of(config), names(config, &region.known, servers));
        let own = config.services.iter().map(own);
        for name in plan.backends.into_iter().chain(own) {
            let names = known.remove(&name);
            if layout.backends.contains_key(&name) {
                continue;
            }
            let group = sizes.len();
            sizes.push(names.as_ref().map_or(servers, Vec::len));
            let backend = Backend {
                group,
                names: names.unwrap_or_default(),
                ..Backend::default()
            };
            layout.backends.insert(name, backend);
        }
        for name in plan.frontends {
            let number = layout.frontends.len();
            layout.frontends.entry(name).or_insert(number);
        }
    }
    (layout, sizes)
}

/// The backend of a service that names none. The space keeps it apart from configured names.
fn own(service: &Service) -> String {
    format!("servers of {}", service.name)
}

/// Each service's groups of servers.
fn groups(config: &Config, layout: &Layout) -> Vec<Vec<usize>> {
    let group = |name: &String| layout.backends.get(name).map(|backend| backend.group);
    let of = |service: &Service| {
        let levels = service.levels.iter();
        let names = levels.flat_map(|level| level.when.backends());
        let mut names: Vec<String> = names.map(ToString::to_string).collect();
        if names.is_empty() {
            names.push(own(service));
        }
        names.iter().filter_map(group).collect()
    };
    config.services.iter().map(of).collect()
}

/// The groups that stand for another region's servers.
fn through(config: &Config, layout: &Layout) -> BTreeSet<usize> {
    let group = |name: &ProxyName| {
        layout
            .backends
            .get(name.as_str())
            .map(|backend| backend.group)
    };
    let levels = config.services.iter().flat_map(Service::through);
    levels
        .flat_map(|(_, level)| level.when.backends())
        .filter_map(group)
        .collect()
}

/// The neighbor that stands for all that no service names.
pub fn stands_for_others() -> Option<Neighbor> {
    "192.0.2.1".parse().ok()
}

/// The neighbors that the services name; one that stands for all where none is named.
fn neighbors(region: &Region) -> Vec<Neighbor> {
    let configs = [Some(&region.config), region.edit.as_ref()];
    let services = configs
        .into_iter()
        .flatten()
        .flat_map(|config| &config.services);
    let all = || services.clone();
    let mut named: BTreeSet<Neighbor> = all()
        .flat_map(|service| &service.neighbors)
        .cloned()
        .collect();
    // Who is for all stands beside those that are named: where one service names some, another may be for all.
    if all().any(|service| service.neighbors.is_empty()) {
        named.extend(stands_for_others());
    }
    named.into_iter().collect()
}

/// Whether a service names this NVA in `same_region`.
pub fn is_near(service: &Service, other: &Region) -> bool {
    let siblings = service.siblings.iter();
    let mut near = siblings.flat_map(|siblings| &siblings.same_region);
    near.any(|url| leads_to(url, other))
}

/// Whether a service asks the page of this region.
pub fn asks(service: &Service, other: &Region) -> bool {
    let siblings = service.siblings.iter();
    let pages = siblings.flat_map(|siblings| &siblings.probes);
    pages.filter_map(Probe::url).any(|url| leads_to(url, other))
}

/// Whether a URL has this region's address.
pub fn leads_to(url: &Url, other: &Region) -> bool {
    url.address()
        .is_some_and(|address| is_at(&other.config, address))
}

/// Whether this configuration's NVA has the address: it is a next-hop.
pub fn is_at(config: &Config, address: IpAddr) -> bool {
    let mut hops = config.services.iter().flat_map(|service| &service.prefixes);
    hops.any(|(_, hop)| *hop == NextHop::Address(address))
}

/// The length of a route's as-path; 1 without one.
pub fn length(attributes: &Attributes) -> usize {
    attributes.as_path.as_ref().map_or(1, AsPath::len)
}
