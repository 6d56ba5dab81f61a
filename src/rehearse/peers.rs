//! Siblings that are only named: healthy regions, as far as is known.

use std::collections::BTreeMap;

use crate::condition::{Probe, Url};
use crate::config::{Config, Service};
use crate::route::{AsPath, Attributes, Prefix};

use super::servers::is_wanted;
use super::site::{Asked, Node, Region, is_at, length};

/// An NVA that is named as a sibling, and whose configuration is not known.
#[derive(Debug, Clone)]
pub struct Peer {
    pub name: String,
    pub probe: Probe,
    /// The machine is gone.
    pub gone: bool,
    /// Its servers live.
    pub serves: bool,
    /// What it announces, as long as it does.
    pub routes: BTreeMap<Prefix, Attributes>,
    /// Its route is out.
    pub out: bool,
    pub boots: u32,
}

/// Siblings whose configurations are not known, each once.
pub fn peers(regions: &[Region]) -> Vec<Peer> {
    let mut peers: Vec<Peer> = Vec::new();
    for region in regions {
        let others = regions.iter().filter(|other| other.name != region.name);
        let others: Vec<&Config> = others.map(|other| &other.config).collect();
        let is_given = |probe: &Probe| {
            let address = probe.url().and_then(Url::address);
            address.is_some_and(|address| others.iter().any(|other| is_at(other, address)))
        };
        for service in &region.config.services {
            let siblings = service
                .siblings
                .iter()
                .flat_map(|siblings| &siblings.probes);
            for probe in siblings.filter(|probe| !is_given(probe)) {
                let known = peers
                    .iter()
                    .position(|peer| is_same_page(&peer.probe, probe));
                let place = known.unwrap_or_else(|| {
                    peers.push(peer(probe));
                    peers.len() - 1
                });
                let peer = peers.get_mut(place).into_iter();
                peer.for_each(|peer| peer.routes.extend(routes(service, probe)));
            }
        }
    }
    peers
}

fn peer(probe: &Probe) -> Peer {
    let url = probe.url().map_or("", Url::as_str);
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or(rest);
    Peer {
        name: host.to_owned(),
        probe: probe.clone(),
        gone: false,
        serves: true,
        routes: BTreeMap::new(),
        out: true,
        boots: 0,
    }
}

/// What a peer is taken to announce: a path that is longer than this region's, or shorter where this region's says that it
/// is not the preferred one: it takes over from the peer, or repeats its first AS number. One of the same region has the same path.
fn routes(service: &Service, probe: &Probe) -> BTreeMap<Prefix, Attributes> {
    let best = service.levels.first().map(|level| level.attributes.clone());
    let best = best.unwrap_or_default();
    let own = length(&best);
    let takes_over = service
        .takeover()
        .filter(|rule| rule.probes.iter().any(|other| is_same_page(other, probe)));
    let is_repeated = best.as_path.as_ref().is_some_and(|path| {
        let mut numbers = path.numbers();
        numbers.next() == numbers.next() && own > 1
    });
    let is_near = service
        .siblings
        .as_ref()
        .is_some_and(|siblings| siblings.is_near(probe));
    let length = match takes_over {
        _ if is_near => own,
        Some(rule) => (length(&rule.attributes) + 1)
            .min(own.saturating_sub(1))
            .max(1),
        None if is_repeated => own.saturating_sub(2).max(1),
        None => own + 2,
    };
    let path = vec!["64512"; length].join(" ").parse::<AsPath>().ok();
    let attributes = Attributes {
        as_path: path,
        ..best
    };
    let prefixes = service.prefixes.iter();
    prefixes
        .map(|(prefix, _)| (*prefix, attributes.clone()))
        .collect()
}

/// Whose page a probe asks for.
pub fn asked(probe: &Probe, own: usize, nodes: &[Node], peers: &[Peer]) -> Asked {
    if let Some(peer) = peers
        .iter()
        .position(|peer| is_same_page(&peer.probe, probe))
    {
        return Asked::Peer(peer);
    }
    let address = probe.url().and_then(Url::address);
    let services = nodes.get(own).map(|node| &node.config.services);
    let asking = services.into_iter().flatten().find(|service| {
        let siblings = service
            .siblings
            .iter()
            .flat_map(|siblings| &siblings.probes);
        siblings
            .chain(service.takeover().iter().flat_map(|rule| &rule.probes))
            .any(|other| other == probe)
    });
    let Some(asking) = asking else {
        let config = nodes.get(own).map(|node| &node.config);
        let is_off = config.is_some_and(|config| !is_wanted(config, probe));
        return if is_off { Asked::Off } else { Asked::Else };
    };
    let others = nodes.iter().enumerate().filter(|(other, _)| *other != own);
    let found =
        others.filter(|(_, node)| address.is_some_and(|address| is_at(&node.config, address)));
    let shared = |node: &Node| {
        let mut prefixes = asking.prefixes.iter();
        prefixes
            .find_map(|(prefix, _)| node.announces(prefix))
            .unwrap_or(0)
    };
    let mut found = found.map(|(other, node)| Asked::Node(other, shared(node)));
    found.next().unwrap_or(Asked::Else)
}

fn is_same_page(one: &Probe, other: &Probe) -> bool {
    one.url().is_some() && one.url() == other.url()
}
