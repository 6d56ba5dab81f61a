//! The rules of Azure Route Server. Pure.
//!
//! They are those of Microsoft's documentation and of practice; where a rule needs more than the two files say (a VNet's
//! address space, another region's path), it is a note.

use std::net::IpAddr;

use super::ground::{Ground, ROUTE_SERVER, announced, is_private, names, number, place};
use super::rule::*;
use crate::config::{Config, Service};
use crate::exabgp_conf::Neighbor;
use crate::route::{Family, NextHop};

/// Seconds that a VM may hang unnoticed before it is worth a word.
const PATIENCE: u32 = 30;
/// Routes that one peer may hold, counted twice at a re-announcement.
const ROUTES_A_PEER: usize = 4_000;
/// Routes that go to ExpressRoute.
const ROUTES_TO_EXPRESSROUTE: usize = 1_000;

/// Why Azure takes no NVA of this AS number.
fn refused(asn: u32) -> Option<&'static str> {
    match asn {
        8074 | 8075 | 12076 => Some("Microsoft's own, public"),
        65515 | 65517..=65520 => Some("Microsoft's own, private"),
        23456 | 64496..=64511 | 65535..=65551 => Some("reserved by IANA"),
        _ => None,
    }
}

/// All findings.
pub fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    of_sessions(ground, &mut found);
    for service in &ground.config.services {
        of_service(ground, service, &mut found);
    }
    of_limits(ground, ground.config, &mut found);
    found
}

fn of_sessions(ground: &Ground<'_>, found: &mut Vec<Finding>) {
    if ground.conf.is_none() {
        let what = "no exabgp.conf was read, so the sessions are not judged".to_owned();
        let finding = ground.in_config(
            &Default::default(),
            &CONF_NOT_READ,
            Severity::Note,
            what,
            "name it with --exabgp-conf FILE",
        );
        found.push(Finding { at: None, ..finding });
        return;
    }
    let servers: Vec<&Neighbor> = ground.route_servers().collect();
    let nowhere = |rule, severity, what: &str, cure: &str| Finding {
        at: None,
        ..ground.in_conf(Default::default(), rule, severity, what.to_owned(), cure)
    };
    match servers.as_slice() {
        [] => {
            let cure = "add both of its instances, with peer-as 65515;";
            found.push(nowhere(&NO_ROUTE_SERVER, Severity::Error, "no neighbor has peer-as 65515", cure));
        }
        [only] => {
            let what = format!("neighbor {} is the only instance of a Route Server", only.name);
            let cure = "add the other one; az network routeserver show prints both (virtualRouterIps)";
            found.push(ground.in_conf(only.at, &ONE_INSTANCE, Severity::Error, what, cure));
        }
        _ => {}
    }
    let mut seen = std::collections::BTreeSet::new();
    for server in &servers {
        let mut own = Vec::new();
        of_session(ground, server, &mut own);
        // What a template says is said once, not once an instance.
        found.extend(own.into_iter().filter(|finding| seen.insert((finding.rule.id, finding.at))));
    }
    are_alike(ground, &servers, found);
}

fn of_session(ground: &Ground<'_>, server: &Neighbor, found: &mut Vec<Finding>) {
    let mut add = |at, rule, severity, what: String, cure: &str| {
        found.push(ground.in_conf(at, rule, severity, what, cure));
    };
    let (_, at) = server.value("local-as");
    match number(server, "local-as") {
        Some(asn) if asn == ROUTE_SERVER => add(
            at,
            &ASN_NOT_ALLOWED,
            Severity::Error,
            "local-as 65515 is the Route Server's own, and would make it iBGP".to_owned(),
            "choose another, such as 65010",
        ),
        Some(asn) => {
            if let Some(why) = refused(asn) {
                add(
                    at,
                    &ASN_NOT_ALLOWED,
                    Severity::Error,
                    format!("local-as {asn} is {why}"),
                    "choose another, such as 65010",
                );
            } else if asn > 65535 {
                add(
                    at,
                    &ASN_OF_32_BITS,
                    Severity::Error,
                    format!("local-as {asn} has more than 16 bits"),
                    "choose one of 16 bits, such as 65010",
                );
            }
        }
        None => {}
    }
    let ttl = server.setting("outgoing-ttl").or_else(|| server.setting("ttl-security"));
    if let Some(ttl) = ttl.filter(|ttl| ttl.value() == "1") {
        add(
            ttl.at,
            &TTL,
            Severity::Error,
            "a TTL of 1 does not reach the Route Server".to_owned(),
            "leave outgoing-ttl out: ExaBGP needs nothing for multihop",
        );
    }
    if let Some(ttl) = server.setting("incoming-ttl") {
        add(
            ttl.at,
            &TTL,
            Severity::Warning,
            format!("incoming-ttl {} refuses packets that came over more hops", ttl.value()),
            "leave incoming-ttl out",
        );
    }
    let (_, at) = server.value("capability/route-refresh");
    if server.is_on("capability/route-refresh") != Some(true) {
        add(
            at,
            &ROUTE_REFRESH,
            Severity::Warning,
            format!("neighbor {} has no route refresh", server.name),
            "add capability { route-refresh enable; }",
        );
    }
    let (_, at) = server.value("hold-time");
    match number(server, "hold-time").unwrap_or(180) {
        0 => add(
            at,
            &HOLD_TIME,
            Severity::Error,
            "hold-time 0: routes of a VM that hangs or vanishes stay for ever".to_owned(),
            "write hold-time 30;",
        ),
        1 | 2 => add(
            at,
            &HOLD_TIME,
            Severity::Error,
            "a hold time is 0 or at least 3 s (RFC 4271, 4.2)".to_owned(),
            "write hold-time 30;",
        ),
        3..=8 => add(
            at,
            &HOLD_TIME,
            Severity::Warning,
            "a hold time under 9 s: a busy moment of this VM ends the session".to_owned(),
            "write hold-time 30;",
        ),
        time if time > PATIENCE => {
            let severity = if time > 90 { Severity::Warning } else { Severity::Note };
            let by_default = if server.setting("hold-time").is_none() { " (ExaBGP's default)" } else { "" };
            add(
                at,
                &HOLD_TIME,
                severity,
                format!(
                    "hold time {time} s{by_default}: clients of a VM that hangs reach nothing for so long"
                ),
                "write hold-time 30;",
            );
        }
        _ => {}
    }
    if server.is_on("capability/graceful-restart") == Some(true) {
        let (_, at) = server.value("capability/graceful-restart");
        add(
            at,
            &GRACEFUL_RESTART,
            Severity::Warning,
            "graceful restart is on".to_owned(),
            "write graceful-restart disable;",
        );
    }
    if server.name.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6()) {
        add(
            server.at,
            &IPV6,
            Severity::Error,
            format!("neighbor {} is an IPv6 address", server.name),
            "write the Route Server's IPv4 addresses",
        );
    }
    if let Some(family) = server.setting("family/ipv6") {
        add(
            family.at,
            &IPV6,
            Severity::Warning,
            "family ipv6 towards a Route Server".to_owned(),
            "leave ipv4 unicast only",
        );
    }
}

/// Instances of one Route Server differ in nothing but their addresses.
fn are_alike(ground: &Ground<'_>, servers: &[&Neighbor], found: &mut Vec<Finding>) {
    let Some((first, others)) = servers.split_first() else { return };
    let routes = |server: &Neighbor| {
        let mut routes: Vec<(String, String)> = server
            .routes
            .iter()
            .map(|route| {
                (route.prefix.clone(), route.words.iter().map(|word| word.text.clone() + " ").collect())
            })
            .collect();
        routes.sort();
        routes
    };
    for other in others {
        for key in ["local-as", "local-address"] {
            let ((one, _), (two, at)) = (first.value(key), other.value(key));
            if one != two {
                let what = format!(
                    "{key} is {} towards {} and {} towards {}",
                    one.unwrap_or("absent"),
                    first.name,
                    two.unwrap_or("absent"),
                    other.name
                );
                found.push(ground.in_conf(
                    at,
                    &NOT_IDENTICAL,
                    Severity::Error,
                    what,
                    "write the same for both",
                ));
            }
        }
        if routes(first) != routes(other) {
            let what = format!("neighbors {} and {} have different static routes", first.name, other.name);
            found.push(ground.in_conf(
                other.at,
                &NOT_IDENTICAL,
                Severity::Error,
                what,
                "write the same for both",
            ));
        }
    }
}

fn of_service(ground: &Ground<'_>, service: &Service, found: &mut Vec<Finding>) {
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
            let what = format!("service {name} goes to one instance, and not to {}", left_out.join(", "));
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
        let locals: Vec<&str> =
            ground.route_servers().filter_map(|server| server.value("local-address").0).collect();
        if let NextHop::Address(hop) = next_hop
            && !locals.is_empty()
            && !locals.contains(&hop.to_string().as_str())
        {
            let what =
                format!("next hop {hop} is not ExaBGP's local-address ({})", locals.first().unwrap_or(&""));
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
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];

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
    let owner = RESOLVERS.iter().find(|(known, _)| *known == prefix).map(|(_, owner)| *owner);
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
    let local_as = ground.route_servers().find_map(|server| number(server, "local-as"));
    let mut rules = std::collections::BTreeSet::new();
    let mut add = |finding: Finding| {
        if rules.insert((finding.rule.id, finding.what.clone())) {
            found.push(finding);
        }
    };
    for (place, attributes) in announced(service) {
        let numbers: Vec<u32> =
            attributes.as_path.iter().flat_map(|path| path.numbers().collect::<Vec<_>>()).collect();
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
                    format!("service {} announces a path with {asn} in it, which is {why}", service.name),
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
        if let (Some(local), Some(first)) =
            (local_as, numbers.first().filter(|first| Some(**first) != local_as))
        {
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
        if attributes.community.iter().any(|community| community.to_string() == "65535:65282") {
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

fn of_limits(ground: &Ground<'_>, config: &Config, found: &mut Vec<Finding>) {
    let managed: usize = config
        .services
        .iter()
        .filter(|service| ground.goes_to_route_server(service))
        .map(|service| service.prefixes.len())
        .sum();
    let fixed = ground.route_servers().map(|server| server.routes.len()).max().unwrap_or(0);
    let count = managed + fixed;
    let place = crate::config::Place::default().key("services");
    let (severity, what) = if count > ROUTES_A_PEER {
        (Severity::Error, format!("{count} routes, and a Route Server takes {ROUTES_A_PEER} from a peer"))
    } else if count * 2 > ROUTES_A_PEER {
        (
            Severity::Warning,
            format!(
                "{count} routes, which count twice when they are announced again, and a Route Server takes {ROUTES_A_PEER} from a peer"
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
    found.push(ground.in_config(&place, &LIMITS, severity, what, "announce fewer, larger prefixes"));
}
