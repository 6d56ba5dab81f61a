//! The neighbors that services name, compared with those of exabgp.conf. Pure.

use std::net::IpAddr;

use ipnet::IpNet;

use super::ground::{Ground, names, place};
use super::rule::*;
use crate::config::Service;
use crate::exabgp_conf::Neighbor;
use crate::route::Family;

/// All findings.
pub fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if ground.conf.is_none() {
        return found;
    }
    for service in &ground.config.services {
        for (index, name) in service.neighbors.iter().enumerate() {
            let name = name.to_string();
            let (severity, what, cure) = match likeness(&name, ground.neighbors()) {
                Likeness::Same => continue,
                Likeness::Otherwise(spelled) => (
                    Severity::Warning,
                    format!(
                        "service {} names neighbor {name}, which exabgp.conf spells {spelled}",
                        service.name
                    ),
                    format!("write {spelled} here too"),
                ),
                Likeness::None => (
                    Severity::Error,
                    format!(
                        "service {} names neighbor {name}, which exabgp.conf does not have",
                        service.name
                    ),
                    "correct the address, add the neighbor to exabgp.conf, or leave it out here"
                        .to_owned(),
                ),
            };
            let at = place(service).key("neighbors").index(index);
            found.push(ground.in_config(&at, said(&NO_SUCH_NEIGHBOR, severity, what, cure)));
        }
        found.extend(of_families(ground, service));
    }
    found
}

/// Prefixes whose family no session carries: ExaBGP acknowledges them, and no neighbor gets them.
fn of_families(ground: &Ground<'_>, service: &Service) -> Vec<Finding> {
    let concerned = || {
        ground
            .neighbors()
            .filter(|one| service.neighbors.is_empty() || names(service, one))
    };
    let mut found = Vec::new();
    for (index, (prefix, _)) in service.prefixes.iter().enumerate() {
        let family = if prefix.family() == Family::V4 {
            "ipv4"
        } else {
            "ipv6"
        };
        if concerned().next().is_none() || concerned().any(|neighbor| takes(neighbor, family)) {
            continue;
        }
        let what = format!(
            "no neighbor of service {} takes {family} unicast, which {prefix} is",
            service.name
        );
        let cure = format!(
            "add {family} unicast; to the family section of a neighbor, or a session of that family"
        );
        let at = place(service).key("prefixes").index(index);
        found.push(ground.in_config(&at, error(&NO_FAMILY, what, cure)));
    }
    found
}

/// Without a family section ExaBGP offers every family.
fn takes(neighbor: &Neighbor, family: &str) -> bool {
    let own = |name: &str| neighbor.all(&format!("family/{name}")).collect::<Vec<_>>();
    let families = ["ipv4", "ipv6", "l2vpn", "bgp-ls"]
        .iter()
        .any(|name| !own(name).is_empty());
    let is_unicast = own(family)
        .iter()
        .any(|setting| setting.value() == "unicast");
    !families || is_unicast || !own("all").is_empty()
}

enum Likeness<'conf> {
    Same,
    /// The same address, in exabgp.conf's spelling.
    Otherwise(&'conf str),
    None,
}

fn likeness<'conf>(
    name: &str,
    neighbors: impl Iterator<Item = &'conf Neighbor>,
) -> Likeness<'conf> {
    let address = name.parse::<IpAddr>().ok();
    let mut found = Likeness::None;
    for neighbor in neighbors {
        // ExaBGP accepts sessions from a whole range of addresses.
        let range = neighbor.name.parse::<IpNet>().ok();
        if neighbor.name == name
            || range
                .zip(address)
                .is_some_and(|(range, address)| range.contains(&address))
        {
            return Likeness::Same;
        }
        if address.is_some() && neighbor.name.parse().ok() == address {
            found = Likeness::Otherwise(&neighbor.name);
        }
    }
    found
}
