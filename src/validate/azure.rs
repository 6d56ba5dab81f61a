//! The rules of Azure Route Server. Pure.
//!
//! They are those of Microsoft's documentation and of practice; where a rule needs more than the two files say (a VNet's
//! address space, another region's path), it is a note.

mod numbers;
mod routes;

use std::net::IpAddr;

use super::ground::{Ground, ROUTE_SERVER, number};
use super::rule::*;
use numbers::refused;

use crate::exabgp_conf::Neighbor;
pub use numbers::of_as_number;

/// Seconds that a VM may hang unnoticed before it is worth a word.
const PATIENCE: u32 = 30;

/// All findings.
pub fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    of_sessions(ground, &mut found);
    for service in &ground.config.services {
        routes::of_service(ground, service, &mut found);
    }
    routes::of_limits(ground, ground.config, &mut found);
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
        found.push(Finding {
            at: None,
            ..finding
        });
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
            found.push(nowhere(
                &NO_ROUTE_SERVER,
                Severity::Error,
                "no neighbor has peer-as 65515",
                cure,
            ));
        }
        [only] => {
            let what = format!(
                "neighbor {} is the only instance of a Route Server",
                only.name
            );
            let cure =
                "add the other one; az network routeserver show prints both (virtualRouterIps)";
            found.push(ground.in_conf(only.at, &ONE_INSTANCE, Severity::Error, what, cure));
        }
        _ => {}
    }
    found.extend(once(
        servers.iter().flat_map(|server| of_session(ground, server)),
    ));
    are_alike(ground, &servers, found);
}

fn of_session(ground: &Ground<'_>, server: &Neighbor) -> Vec<Finding> {
    let mut found = Vec::new();
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
    let ttl = server
        .setting("outgoing-ttl")
        .or_else(|| server.setting("ttl-security"));
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
            format!(
                "incoming-ttl {} refuses packets that came over more hops",
                ttl.value()
            ),
            "leave incoming-ttl out",
        );
    }
    let (_, at) = server.value("capability/route-refresh");
    if server.is_on("capability/route-refresh") != Some(true) {
        add(
            at,
            &ROUTE_REFRESH,
            Severity::Warning,
            "no route refresh".to_owned(),
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
            let severity = if time > 90 {
                Severity::Warning
            } else {
                Severity::Note
            };
            let by_default = if server.setting("hold-time").is_none() {
                " (ExaBGP's default)"
            } else {
                ""
            };
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
    if server
        .name
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_ipv6())
    {
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
    found
}

/// Instances of one Route Server differ in nothing but their addresses.
fn are_alike(ground: &Ground<'_>, servers: &[&Neighbor], found: &mut Vec<Finding>) {
    let Some((first, others)) = servers.split_first() else {
        return;
    };
    let routes = |server: &Neighbor| {
        let mut routes: Vec<(String, String)> = server
            .routes
            .iter()
            .map(|route| {
                (
                    route.prefix.clone(),
                    route
                        .words
                        .iter()
                        .map(|word| word.text.clone() + " ")
                        .collect(),
                )
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
            let what = format!(
                "neighbors {} and {} have different static routes",
                first.name, other.name
            );
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
