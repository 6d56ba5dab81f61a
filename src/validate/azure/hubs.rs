//! Which neighbors are instances of one Route Server, where there are several. Pure.

use std::net::Ipv4Addr;

use super::super::ground::{Ground, names};
use super::super::rule::*;
use crate::config::Service;
use crate::exabgp_conf::Neighbor;

/// The findings where the neighbors are several Route Servers.
pub(super) fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let hubs = of(ground);
    if hubs.len() < 2 {
        return Vec::new();
    }
    let mut found: Vec<Finding> = hubs.iter().filter_map(|hub| is_half(ground, hub)).collect();
    if let Some([first, ..]) = hubs.last().map(Vec::as_slice) {
        let what = format!("{} Route Servers are neighbors", hubs.len());
        let cure = "peer this NVA's VNet with each hub, use no remote gateway in it, and peer each spoke with it";
        found.push(ground.in_conf(first.at, note(&SEVERAL_HUBS, what, cure)));
    }
    found
}

/// The neighbors of AS 65515, by Route Server. Its two instances share a subnet with nothing else, so that in the order of
/// addresses they are next to each other.
pub(super) fn of<'all>(ground: &'all Ground<'_>) -> Vec<Vec<&'all Neighbor>> {
    let mut servers: Vec<&Neighbor> = ground.route_servers().collect();
    servers.sort_by_key(|server| address(server));
    let mut hubs = Vec::new();
    let mut rest = servers.as_slice();
    while let [first, others @ ..] = rest {
        let second = others
            .first()
            .filter(|second| are_one(first, second, others.len() % 2 == 1));
        hubs.push(std::iter::once(first).chain(second).copied().collect());
        rest = others.get(usize::from(second.is_some())..).unwrap_or(&[]);
    }
    hubs
}

/// Instances that a service leaves out while it names the other one of their Route Server.
pub(super) fn not_whole<'all>(ground: &'all Ground<'_>, service: &Service) -> Vec<&'all Neighbor> {
    let left_out = |hub: Vec<&'all Neighbor>| -> Vec<&'all Neighbor> {
        let (named, left): (Vec<_>, Vec<_>) =
            hub.into_iter().partition(|server| names(service, server));
        if named.is_empty() { Vec::new() } else { left }
    };
    of(ground).into_iter().flat_map(left_out).collect()
}

fn is_half(ground: &Ground<'_>, hub: &[&Neighbor]) -> Option<Finding> {
    let [only] = hub else { return None };
    let what = format!(
        "neighbor {} is the only instance of its Route Server",
        only.name
    );
    let cure = "add the other one; az network routeserver show prints both (virtualRouterIps)";
    Some(ground.in_conf(only.at, error(&ONE_INSTANCE, what, cure)))
}

fn address(server: &Neighbor) -> Option<u32> {
    server.name.parse::<Ipv4Addr>().ok().map(u32::from)
}

/// Whether two neighbors are one Route Server: in one /27, the smallest subnet of a Route Server; or in one /24, where
/// the neighbors that are left (`is_even`) can then all be paired.
fn are_one(first: &Neighbor, second: &Neighbor, is_even: bool) -> bool {
    let share = |bits: u32| {
        let subnet = |server| address(server).map(|address| address >> (32 - bits));
        subnet(first) == subnet(second)
    };
    share(27) || is_even && share(24)
}
