//! The rules about what is announced. Pure.

use std::collections::BTreeSet;

use super::super::ground::{Ground, ROUTE_SERVER, announced, is_private, number, place};
use super::super::rule::*;
use super::hubs;
use super::numbers::refused;
use crate::config::Service;
use crate::route::{AsPath, Family, NextHop};
use crate::value::Joined;

/// What a service announces.
pub(super) fn of_service(ground: &Ground<'_>, service: &Service) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, (prefix, hop)) in service.prefixes.iter().enumerate() {
        let at = place(service).key("prefixes").index(index);
        if prefix.family() == Family::V6 {
            let what = format!(
                "service {} announces {prefix} to the Route Server",
                service.name
            );
            let cure = "announce IPv4 prefixes only, or name other neighbors for it";
            found.push(ground.in_config(&at, error(&IPV6, what, cure)));
            continue;
        }
        found.extend(of_address(&prefix.to_string()).map(|said| ground.in_config(&at, said)));
        let at = place(service).key("next_hop");
        found.extend(of_next_hop(ground, hop).map(|said| ground.in_config(&at, said)));
    }
    of_paths(ground, service, &mut found);
    found
}

/// A service that goes to one instance of a Route Server and not to the other.
pub(super) fn of_instances(ground: &Ground<'_>, service: &Service) -> Option<Finding> {
    let left_out = hubs::not_whole(ground, service);
    if service.neighbors.is_empty() || left_out.is_empty() {
        return None;
    }
    let what = format!(
        "service {} goes to one instance, and not to {}",
        service.name,
        left_out.iter().map(|server| &server.name).joined(", ")
    );
    let cure = "name both in neighbors, or leave neighbors out";
    let at = place(service).key("neighbors");
    Some(ground.in_config(&at, error(&NOT_IDENTICAL, what, cure)))
}

fn of_next_hop(ground: &Ground<'_>, hop: &NextHop) -> Option<Said> {
    let NextHop::Address(hop) = hop else {
        return None;
    };
    let mut locals = ground
        .route_servers()
        .filter_map(|server| server.value("local-address").0);
    let first = locals.next()?;
    let hop = hop.to_string();
    if first == hop || locals.any(|local| local == hop) {
        return None;
    }
    let what = format!("next hop {hop} is not ExaBGP's local-address ({first})");
    let cure = "leave it if it is an internal load balancer of this region's NVAs";
    Some(note(&OTHER_NEXT_HOP, what, cure))
}

/// Well-known public resolvers.
const RESOLVERS: [(&str, &str); 8] = [
    ("9.9.9.9/32", "Quad9"),
    ("149.112.112.112/32", "Quad9"),
    ("1.1.1.1/32", "Cloudflare"),
    ("1.0.0.1/32", "Cloudflare"),
    ("8.8.8.8/32", "Google"),
    ("8.8.4.4/32", "Google"),
    ("208.67.222.222/32", "OpenDNS"),
    ("208.67.220.220/32", "OpenDNS"),
];

/// Address space for private use (RFC 1918, RFC 6598).
const PRIVATE: [&str; 4] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
];

fn of_address(prefix: &str) -> Option<Said> {
    let net: ipnet::Ipv4Net = prefix.parse().ok()?;
    let spaces = PRIVATE
        .iter()
        .filter_map(|text| text.parse::<ipnet::Ipv4Net>().ok());
    if spaces.into_iter().any(|space| space.contains(&net)) {
        let what = format!("{prefix} must lie in no VNet's address space");
        let cure = "compare it with az network vnet list --query '[].addressSpace'";
        return Some(note(&INSIDE_VNET, what, cure));
    }
    let what = match RESOLVERS.iter().find(|(known, _)| *known == prefix) {
        Some((_, owner)) => format!("{prefix} is the address of {owner}'s public resolver"),
        None => format!("{prefix} is an address of the internet"),
    };
    let cure = "use it where it cannot leave your private network, or choose another";
    Some(note(&PUBLIC_ADDRESS, what, cure))
}

fn of_paths(ground: &Ground<'_>, service: &Service, found: &mut Vec<Finding>) {
    let name = &service.name;
    let mut rules = BTreeSet::new();
    let top = self::place(service);
    let fallbacks = [top.key("drain"), top.key("siblings").key("last_standing")];
    for (place, attributes) in announced(service) {
        let numbers: Vec<u32> = attributes
            .as_path
            .iter()
            .flat_map(AsPath::numbers)
            .collect();
        let path = ground.attribute(&place, service, "as_path");
        let in_path = |said| ground.in_config(&path, said);
        let mut all: Vec<Finding> = of_path(ground, name, &numbers)
            .into_iter()
            .map(in_path)
            .collect();
        let mut communities = attributes.community.iter();
        if communities.any(|community| community.to_string() == "65535:65282") {
            let what = format!("service {name} announces with no-advertise");
            let cure = "leave it out, unless nobody beyond the Route Server shall have the route";
            let at = ground.attribute(&place, service, "community");
            all.push(ground.in_config(&at, warning(&NO_ADVERTISE, what, cure)));
        }
        let is_fallback = fallbacks.contains(&place);
        // A note about a level covers the fallbacks; without siblings, a fallback's path is compared with no other.
        let is_said = rules.iter().any(|(id, _)| *id == PRIVATE_PATH.id);
        if is_private_prepend(&numbers) && !is_said && (!is_fallback || service.siblings.is_some())
        {
            let when = if is_fallback {
                ", in a drain or as the last resort"
            } else {
                ""
            };
            let what = format!("service {name} prepends private AS numbers{when}");
            let cure = "where on-premises has circuits in two locations, prepend a public AS number of your own";
            all.push(ground.in_config(&path, note(&PRIVATE_PATH, what, cure)));
        }
        all.retain(|finding| rules.insert((finding.rule.id, finding.what.clone())));
        found.append(&mut all);
    }
}

fn of_path(ground: &Ground<'_>, name: &str, numbers: &[u32]) -> Vec<Said> {
    let mut all: Vec<Said> = numbers
        .iter()
        .filter_map(|asn| of_number(name, *asn))
        .collect();
    let local = ground
        .route_servers()
        .find_map(|server| number(server, "local-as"));
    if let (Some(local), Some(first)) = (
        local,
        numbers.first().filter(|first| Some(**first) != local),
    ) {
        let what = format!(
            "service {name} announces a path that begins with {first}, and exabgp.conf has local-as {local}"
        );
        all.push(warning(
            &FOREIGN_PATH,
            what,
            format!("begin it with {local}"),
        ));
    }
    all
}

fn is_private_prepend(numbers: &[u32]) -> bool {
    numbers.len() > 1 && numbers.iter().copied().all(is_private)
}

fn of_number(name: &str, asn: u32) -> Option<Said> {
    let what = format!("service {name} announces a path with {asn} in it");
    match (asn, refused(asn)) {
        (ROUTE_SERVER, _) => Some(error(&LOOP_IN_PATH, what, "leave 65515 out")),
        (_, Some(why)) => {
            let what = format!("{what}, which is {why}");
            Some(error(&ASN_NOT_ALLOWED, what, "write your own AS number"))
        }
        (65536.., None) => {
            let what = format!("{what}, which has more than 16 bits");
            Some(warning(
                &ASN_OF_32_BITS,
                what,
                "write AS numbers of 16 bits",
            ))
        }
        _ => None,
    }
}
