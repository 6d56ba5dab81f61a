//! Where clients go, and what they get there.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::route::{Attributes, LocalPreference, Med, Prefix};

use super::play::Play;
use super::record::{Clients, Seen, Service};
use super::site::length;

/// How routers rank a route: the lowest is the best.
pub type Rank = (Reverse<u32>, usize, u32);

/// The rank of a route with these attributes. Communities are left out: only the network knows what they mean.
pub fn rank(attributes: &Attributes) -> Rank {
    let preference = attributes
        .local_preference
        .map_or(100, LocalPreference::get);
    let med = attributes.med.map_or(0, Med::get);
    (Reverse(preference), length(attributes), med)
}

impl Play {
    /// Records where the clients of each prefix go, where that has changed.
    pub fn look_at_clients(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let all = self.prefixes();
        for prefix in &all {
            let covering = prefix.covering().filter(|one| all.contains(one));
            let now = self.clients_of(&covering.collect::<Vec<_>>());
            if self.clients.get(prefix) != Some(&now) {
                self.clients.insert(*prefix, now.clone());
                self.see(Seen::Clients(*prefix, now));
            }
        }
    }

    /// Those of all services, also of before an edit.
    fn prefixes(&self) -> BTreeSet<Prefix> {
        let services = self.nodes.iter().flat_map(|node| &node.config.services);
        let prefixes = services.flat_map(|service| &service.prefixes);
        let prefixes = prefixes.map(|(prefix, _)| prefix);
        prefixes.chain(self.clients.keys()).copied().collect()
    }

    /// The most specific route leads. `covering`: a prefix, and those that cover it.
    fn clients_of(&self, covering: &[Prefix]) -> Clients {
        let mut routed = covering.iter().map(|prefix| (prefix, self.routes(prefix)));
        let routed = routed.find(|(_, routes)| !routes.is_empty());
        let (prefix, routes) = routed.unzip();
        let routes: Vec<(usize, Rank)> = routes.unwrap_or_default();
        let best = routes.iter().map(|(_, rank)| rank).min();
        let to = routes.iter().filter(|(_, rank)| Some(rank) == best);
        let to: Vec<usize> = to.map(|(number, _)| *number).collect();
        let get = prefix.and_then(|prefix| to.iter().map(|one| self.at(*one, prefix)).max());
        let all = 0..self.nodes.len() + self.peers.len();
        let is_able = |number| covering.iter().any(|one| self.is_able(number, one));
        Clients {
            get: get.unwrap_or(Service::Nobody),
            to_gone: to.iter().any(|number| self.is_gone(*number)),
            able: all.filter(|number| is_able(*number)).collect(),
            to,
        }
    }

    /// The NVAs and peers with a route at a Route Server, and its rank.
    fn routes(&self, prefix: &Prefix) -> Vec<(usize, Rank)> {
        let mut routes = Vec::new();
        for (number, node) in self.nodes.iter().enumerate() {
            let tables = node
                .exabgp
                .sessions
                .iter()
                .flat_map(|session| &session.table);
            let own = tables.filter(|((held, _), _)| held == prefix);
            let best = own.map(|(_, route)| rank(&route.attributes)).min();
            routes.extend(best.map(|rank| (number, rank)));
        }
        let peers = self.peers.iter().enumerate().filter(|(_, peer)| peer.out);
        let peers = peers.filter_map(|(number, peer)| Some((number, peer.routes.get(prefix)?)));
        routes.extend(
            peers.map(|(number, attributes)| (self.nodes.len() + number, rank(attributes))),
        );
        routes
    }

    /// What a client gets at this NVA or peer.
    fn at(&self, number: usize, prefix: &Prefix) -> Service {
        let (listens, serves) = match self.nodes.get(number) {
            Some(node) => {
                let service = node.announces(prefix);
                (
                    node.listens(),
                    service.is_some_and(|service| node.serves(service)),
                )
            }
            None => {
                let peer = self.peers.get(number.saturating_sub(self.nodes.len()));
                let here = peer.filter(|peer| !peer.gone);
                (here.is_some(), here.is_some_and(|peer| peer.serves))
            }
        };
        match (listens, serves) {
            (true, true) => Service::Served,
            (true, false) => Service::ErrorPage,
            (false, _) => Service::Nobody,
        }
    }

    fn is_gone(&self, number: usize) -> bool {
        let peer = || self.peers.get(number.saturating_sub(self.nodes.len()));
        match self.nodes.get(number) {
            Some(node) => node.gone,
            None => peer().is_some_and(|peer| peer.gone),
        }
    }

    /// Whether it could serve, if clients came.
    fn is_able(&self, number: usize, prefix: &Prefix) -> bool {
        let ready = match self.nodes.get(number) {
            Some(node) => {
                let mut sessions = node.exabgp.sessions.iter();
                let service = node.announces(prefix);
                service.is_some_and(|service| node.can_hold(service))
                    && sessions.any(|session| session.up)
            }
            None => {
                let peer = self.peers.get(number.saturating_sub(self.nodes.len()));
                peer.is_some_and(|peer| peer.routes.contains_key(prefix))
            }
        };
        ready && self.at(number, prefix) == Service::Served
    }
}
