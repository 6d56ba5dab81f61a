//! The neighbors that services name, beside those of exabgp.conf. Pure.

use std::net::IpAddr;

use ipnet::IpNet;

use super::ground::{Ground, place};
use super::rule::*;
use crate::exabgp_conf::Neighbor;

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
                    "mend the address, add the neighbor to exabgp.conf, or leave it out here".to_owned(),
                ),
            };
            let at = place(service).key("neighbors").index(index);
            found.push(ground.in_config(&at, &NO_SUCH_NEIGHBOR, severity, what, cure));
        }
    }
    found
}

enum Likeness<'conf> {
    Same,
    /// The same address in other letters.
    Otherwise(&'conf str),
    None,
}

fn likeness<'conf>(name: &str, neighbors: impl Iterator<Item = &'conf Neighbor>) -> Likeness<'conf> {
    let address = name.parse::<IpAddr>().ok();
    let mut found = Likeness::None;
    for neighbor in neighbors {
        // ExaBGP accepts sessions from a whole range of addresses.
        let range = neighbor.name.parse::<IpNet>().ok();
        if neighbor.name == name
            || range.zip(address).is_some_and(|(range, address)| range.contains(&address))
        {
            return Likeness::Same;
        }
        if address.is_some() && neighbor.name.parse().ok() == address {
            found = Likeness::Otherwise(&neighbor.name);
        }
    }
    found
}
