//! The rules about what is announced. Pure.

use super::super::ground::{Ground, ROUTE_SERVER, announced, is_private, names, number, place};
use super::super::rule::*;
use super::numbers::refused;
use crate::config::{Config, Service};
use crate::route::{Family, NextHop};

/// Routes that one peer may hold, counted twice at a re-announcement.
const ROUTES_A_PEER: usize = 4_000;
/// Routes that go to ExpressRoute.
const ROUTES_TO_EXPRESSROUTE: usize = 1_000;

/// What a service announces.
pub(super) fn of_service(ground: &Ground<'_>, service: &Service, found: &mut Vec<Finding>) {
    let top = place(service);
    let name = &service.name;
    if !service.neighbors.is_empty() {
        let left_out: Vec<&str> = ground
            .route_servers()
            .filter(|server| !names(service, server))
            .map(|server| server.name.as_str())
            .collect();
        let count = ground.route_servers().count();
        if !left_out.is_empty() && left_out.len() < count {
            let what = format!(
                "service {name} goes to one instance, and not to {}",
                left_out.join(", ")
            );
            found.push(ground.in_config(
                &top.key("neighbors"),
                &NOT_IDENTICAL,
                Severity::Error,
                what,
                "name both in neighbors, or leave neighbors out",
            ));
        }
    }
    if !ground.goes_to_route_server(service) {
        return;
    }
    for (index, (prefix, next_hop)) in service.prefixes.iter().enumerate() {
        let at = top.key("prefixes").index(index);
        if prefix.family() == Family::V6 {
            found.push(ground.in_config(
                &at,
                &IPV6,
                Severity::Error,
                format!("service {name} announces {prefix} to the Route Server"),
                "announce IPv4 prefixes only, or name other neighbors for it",
            ));
            continue;
        }
        found.extend(of_address(ground, &at, &prefix.to_string()));
        let locals: Vec<&str> = ground
            .route_servers()
            .filter_map(|server| server.value("local-address").0)
            .collect();
        if let NextHop::Address(hop) = next_hop
            && !locals.is_empty()
            && !locals.contains(&hop.to_string().as_str())
        {
            let what = format!(
                "next hop {hop} is not ExaBGP's local-address ({})",
                locals.first().unwrap_or(&"")
            );
            found.push(ground.in_config(
                &top.key("next_hop"),
                &OTHER_NEXT_HOP,
                Severity::Note,
                what,
                "leave it if it is an internal load balancer of this region's NVAs",
            ));
        }
    }
    of_paths(ground, service, found);
}

/// Resolvers that everybody knows.
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

fn of_address(ground: &Ground<'_>, at: &crate::config::Place, prefix: &str) -> Option<Finding> {
    let net: ipnet::Ipv4Net = prefix.parse().ok()?;
    let private = PRIVATE
        .iter()
        .filter_map(|text| text.parse::<ipnet::Ipv4Net>().ok())
        .any(|space| space.contains(&net));
    if private {
        let what = format!("{prefix} must lie in no VNet's address space");
        return Some(ground.in_config(
            at,
            &INSIDE_VNET,
            Severity::Note,
            what,
            "compare it with az network vnet list --query '[].addressSpace'",
        ));
    }
    let owner = RESOLVERS
        .iter()
        .find(|(known, _)| *known == prefix)
        .map(|(_, owner)| *owner);
    let what = match owner {
        Some(owner) => format!("{prefix} is the address of {owner}'s public resolver"),
        None => format!("{prefix} is an address of the internet"),
    };
    Some(ground.in_config(
        at,
        &PUBLIC_ADDRESS,
        Severity::Note,
        what,
        "use it where it cannot leave your private network, or choose another",
    ))
}

fn of_paths(ground: &Ground<'_>, service: &Service, found: &mut Vec<Finding>) {
    let local_as = ground
        .route_servers()
        .find_map(|server| number(server, "local-as"));
    let mut rules = std::collections::BTreeSet::new();
    let mut add = |finding: Finding| {
        if rules.insert((finding.rule.id, finding.what.clone())) {
            found.push(finding);
        }
    };
    for (place, attributes) in announced(service) {
        let numbers: Vec<u32> = attributes
            .as_path
            .iter()
            .flat_map(|path| path.numbers().collect::<Vec<_>>())
            .collect();
        let path = ground.attribute(&place, service, "as_path");
        for asn in &numbers {
            if *asn == ROUTE_SERVER {
                add(ground.in_config(
                    &path,
                    &LOOP_IN_PATH,
                    Severity::Error,
                    format!("service {} announces a path with 65515 in it", service.name),
                    "leave 65515 out",
                ));
            } else if let Some(why) = refused(*asn) {
                add(ground.in_config(
                    &path,
                    &ASN_NOT_ALLOWED,
                    Severity::Error,
                    format!(
                        "service {} announces a path with {asn} in it, which is {why}",
                        service.name
                    ),
                    "write your own AS number",
                ));
            } else if *asn > 65535 {
                add(ground.in_config(
                    &path,
                    &ASN_OF_32_BITS,
                    Severity::Warning,
                    format!(
                        "service {} announces a path with {asn} in it, which has more than 16 bits",
                        service.name
                    ),
                    "write AS numbers of 16 bits",
                ));
            }
        }
        if let (Some(local), Some(first)) = (
            local_as,
            numbers.first().filter(|first| Some(**first) != local_as),
        ) {
            add(ground.in_config(&path, &FOREIGN_PATH, Severity::Warning, format!("service {} announces a path that begins with {first}, and exabgp.conf has local-as {local}", service.name), format!("begin it with {local}")));
        }
        if numbers.len() > 1 && numbers.iter().copied().all(is_private) {
            add(ground.in_config(
                &path,
                &PRIVATE_PATH,
                Severity::Note,
                format!("service {} prepends private AS numbers", service.name),
                "where on-premises has circuits in two locations, prepend a public AS number of your own",
            ));
        }
        if attributes
            .community
            .iter()
            .any(|community| community.to_string() == "65535:65282")
        {
            add(ground.in_config(
                &ground.attribute(&place, service, "community"),
                &NO_ADVERTISE,
                Severity::Warning,
                format!("service {} announces with no-advertise", service.name),
                "leave it out, unless nobody beyond the Route Server shall have the route",
            ));
        }
    }
}

/// How much is announced.
pub(super) fn of_limits(ground: &Ground<'_>, config: &Config, found: &mut Vec<Finding>) {
    let managed: usize = config
        .services
        .iter()
        .filter(|service| ground.goes_to_route_server(service))
        .map(|service| service.prefixes.len())
        .sum();
    let fixed = ground
        .route_servers()
        .map(|server| server.routes.len())
        .max()
        .unwrap_or(0);
    let count = managed + fixed;
    let place = crate::config::Place::default().key("services");
    let (severity, what) = if count > ROUTES_A_PEER {
        (
            Severity::Error,
            format!("{count} routes, and a Route Server takes {ROUTES_A_PEER} from a neighbor"),
        )
    } else if count * 2 > ROUTES_A_PEER {
        (
            Severity::Warning,
            format!(
                "{count} routes, which count twice when they are announced again, and a Route Server takes {ROUTES_A_PEER} from a neighbor"
            ),
        )
    } else if count > ROUTES_TO_EXPRESSROUTE {
        (
            Severity::Warning,
            format!("{count} routes, and ExpressRoute is given {ROUTES_TO_EXPRESSROUTE} at most"),
        )
    } else {
        return;
    };
    found.push(ground.in_config(
        &place,
        &LIMITS,
        severity,
        what,
        "announce fewer, larger prefixes",
    ));
}
