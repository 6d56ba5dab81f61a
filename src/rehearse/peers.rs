//! Peers: siblings whose configuration is not given. They are played as healthy regions.

use std::collections::BTreeMap;

use crate::condition::{Probe, Url};
use crate::config::{Config, Service};
use crate::route::{AsPath, Attributes, Prefix};

use super::servers::is_wanted;
use super::site::{Asked, Node, Region, is_at, length};

/// A sibling whose configuration is not given.
#[derive(Debug, Clone)]
pub struct Peer {
    pub name: String,
    pub probe: Probe,
    /// The machine is gone.
    pub gone: bool,
    /// Its servers live.
    pub serves: bool,
    /// Its routes, while `out`.
    pub routes: BTreeMap<Prefix, Attributes>,
    /// Its routes are out.
    pub out: bool,
    pub boots: u32,
}

/// The peers of these regions, each once.
pub fn peers(regions: &[Region]) -> Vec<Peer> {
    let mut peers: Vec<(Peer, Guesses)> = Vec::new();
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
                    .position(|(peer, _)| is_same_page(&peer.probe, probe));
                let place = known.unwrap_or_else(|| {
                    peers.push((peer(probe), BTreeMap::new()));
                    peers.len() - 1
                });
                let guesses = peers.get_mut(place).map(|(_, guesses)| guesses);
                guesses
                    .into_iter()
                    .for_each(|guesses| add(guesses, service, probe));
            }
        }
    }
    let routed = |(peer, guesses): (Peer, Guesses)| Peer {
        routes: guesses
            .into_iter()
            .filter_map(|(prefix, guesses)| Some((prefix, route(&guesses)?)))
            .collect(),
        ..peer
    };
    peers.into_iter().map(routed).collect()
}

fn add(guesses: &mut Guesses, service: &Service, probe: &Probe) {
    for (prefix, _) in &service.prefixes {
        let all = guesses.entry(*prefix).or_default();
        all.push(guess(service, probe));
    }
}

fn peer(probe: &Probe) -> Peer {
    Peer {
        name: probe.url().map_or("", host).to_owned(),
        probe: probe.clone(),
        gone: false,
        serves: true,
        routes: BTreeMap::new(),
        out: true,
        boots: 0,
    }
}

/// The host of a page, with its port, where it has one.
pub fn host(page: &Url) -> &str {
    let url = page.as_str();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// What the services that name a peer tell of it, by prefix.
type Guesses = BTreeMap<Prefix, Vec<Guess>>;

/// The length of a peer's path by one service that names it.
struct Guess {
    least: usize,
    likely: usize,
    most: usize,
    /// The attributes of this region, which the peer's are but for the path.
    attributes: Attributes,
}

/// The peer's path: equal for an NVA of this region; shorter where this region takes over from the peer or stands by; otherwise
/// longer. A region stands by where its path is longer than room for a takeover needs, and it takes over from none.
fn guess(service: &Service, probe: &Probe) -> Guess {
    let best = service.levels.first().map(|level| level.attributes.clone());
    let attributes = best.unwrap_or_default();
    let own = length(&attributes);
    let siblings = service.siblings.as_ref();
    let is_near = siblings.is_some_and(|siblings| siblings.is_near(probe));
    let shorter = own.saturating_sub(1).max(1);
    let (least, likely, most) = match service.takeover() {
        _ if is_near => (own, own, own),
        Some(rule) if rule.probes.iter().any(|other| is_same_page(other, probe)) => {
            let least = length(&rule.attributes) + 1;
            (least, least, shorter)
        }
        None if stands_by(&attributes) => (1, own.saturating_sub(2).max(1), shorter),
        _ => (own + 1, own + 2, usize::MAX),
    };
    Guess {
        least,
        likely,
        most,
        attributes,
    }
}

/// Whether a path is one AS number three times or more (`init --takeover` gives the preferred region two).
fn stands_by(best: &Attributes) -> bool {
    let Some(path) = &best.as_path else {
        return false;
    };
    let mut numbers = path.numbers();
    let first = numbers.next();
    path.len() > 2 && numbers.all(|number| Some(number) == first)
}

/// The route of a peer, by all guesses.
fn route(guesses: &[Guess]) -> Option<Attributes> {
    let least = guesses.iter().map(|guess| guess.least).max()?;
    let likely = guesses.iter().map(|guess| guess.likely).max()?;
    let most = guesses.iter().map(|guess| guess.most).min()?;
    // An NVA of the peer's own region knows the path.
    let exact = guesses.iter().find(|guess| guess.least == guess.most);
    let length = exact.map_or(likely.max(least).min(most), |guess| guess.likely);
    let path = vec!["64512"; length].join(" ").parse::<AsPath>().ok();
    let attributes = exact.or(guesses.first())?.attributes.clone();
    Some(Attributes {
        as_path: path,
        ..attributes
    })
}

/// What a probe of the NVA `own` asks.
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
