//! The rules of Azure Route Server. Pure.
//!
//! Source: Microsoft's documentation, and practice. A rule that needs more than the two files say (a VNet's address
//! space, another region's path) is a note.

mod hubs;
mod numbers;
mod routes;

use std::net::IpAddr;

use super::cloud::{Cloud, HoldTime, must_be_off};
use super::ground::{Ground, ROUTE_SERVER, is_route_server, number};
use super::rule::*;
use numbers::refused;

use crate::exabgp_conf::Neighbor;
pub use numbers::of_as_number;

const HELD: HoldTime = HoldTime {
    rule: &HOLD_TIME,
    least: 9,
    why: "a busy moment of this VM ends the session",
    patience: 30,
    cure: "write hold-time 30; or 180, where sessions then end every 30 s",
};

/// The table.
static AZURE: Cloud = Cloud {
    is_peer: is_route_server,
    none: (
        &NO_ROUTE_SERVER,
        "no neighbor has peer-as 65515",
        "add both of its instances, with peer-as 65515;",
    ),
    one: (
        &ONE_INSTANCE,
        Severity::Error,
        "is the only instance of a Route Server",
        "add the other one; az network routeserver show prints both (virtualRouterIps)",
    ),
    sessions: &[
        ("local-as", |server| local_as(number(server, "local-as")?)),
        ("outgoing-ttl", |server| {
            outgoing_ttl(server, "outgoing-ttl")
        }),
        ("ttl-security", |server| {
            outgoing_ttl(server, "ttl-security")
        }),
        ("incoming-ttl", incoming_ttl),
        ("capability/route-refresh", |server| {
            let is_on = server.is_on("capability/route-refresh") == Some(true);
            let cure = "add capability { route-refresh enable; }";
            (!is_on).then(|| warning(&ROUTE_REFRESH, "no route refresh", cure))
        }),
        ("hold-time", |server| HELD.of(server)),
        ("capability/graceful-restart", |server| {
            let cure = "write graceful-restart disable;";
            must_be_off(server, "capability/graceful-restart", || {
                warning(&GRACEFUL_RESTART, "graceful restart is on", cure)
            })
        }),
        ("", |server| {
            let is_v6 = |address: &IpAddr| address.is_ipv6();
            server.name.parse().ok().filter(is_v6)?;
            let what = format!("neighbor {} is an IPv6 address", server.name);
            let cure = "write the Route Server's IPv4 addresses";
            Some(error(&IPV6, what, cure))
        }),
        ("family/ipv6", |server| {
            server.setting("family/ipv6")?;
            let what = "family ipv6 towards a Route Server";
            Some(warning(&IPV6, what, "leave ipv4 unicast only"))
        }),
    ],
    services: &[routes::of_service],
    limits: &[
        (
            4_000,
            Severity::Error,
            "and a Route Server takes 4000 from a neighbor",
        ),
        (
            2_000,
            Severity::Warning,
            "which count twice when they are announced again, and a Route Server takes 4000 from a neighbor",
        ),
        (
            1_000,
            Severity::Warning,
            "and ExpressRoute is given 1000 at most",
        ),
    ],
    limit: &LIMITS,
    unseen: &[],
};

/// All findings.
pub fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = AZURE.findings(ground);
    for hub in hubs::of(ground) {
        find_differences(ground, &hub, &mut found);
    }
    found.extend(hubs::findings(ground));
    let services = ground.config.services.iter();
    found.extend(services.filter_map(|service| routes::of_instances(ground, service)));
    found
}

fn local_as(asn: u32) -> Option<Said> {
    let another = "choose another, such as 65010";
    match (asn, refused(asn)) {
        (ROUTE_SERVER, _) => {
            let what = "local-as 65515 is the Route Server's own, and would make it iBGP";
            Some(error(&ASN_NOT_ALLOWED, what, another))
        }
        (_, Some(why)) => Some(error(
            &ASN_NOT_ALLOWED,
            format!("local-as {asn} is {why}"),
            another,
        )),
        (65536.., None) => {
            let what = format!("local-as {asn} has more than 16 bits");
            Some(error(
                &ASN_OF_32_BITS,
                what,
                "choose one of 16 bits, such as 65010",
            ))
        }
        _ => None,
    }
}

fn outgoing_ttl(server: &Neighbor, key: &str) -> Option<Said> {
    server.setting(key).filter(|ttl| ttl.value() == "1")?;
    let cure = "leave outgoing-ttl out: ExaBGP needs nothing for multihop";
    let what = "a TTL of 1 does not reach the Route Server";
    Some(error(&TTL, what, cure))
}

fn incoming_ttl(server: &Neighbor) -> Option<Said> {
    let ttl = server.setting("incoming-ttl")?.value();
    let what = format!("incoming-ttl {ttl} refuses packets that came over more hops");
    Some(warning(&TTL, what, "leave incoming-ttl out"))
}

/// The instances of one Route Server must differ in nothing but their addresses.
fn find_differences(ground: &Ground<'_>, servers: &[&Neighbor], found: &mut Vec<Finding>) {
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
                found.push(
                    ground.in_conf(at, error(&NOT_IDENTICAL, what, "write the same for both")),
                );
            }
        }
        if routes(first) != routes(other) {
            let what = format!(
                "neighbors {} and {} have different static routes",
                first.name, other.name
            );
            found.push(ground.in_conf(
                other.at,
                error(&NOT_IDENTICAL, what, "write the same for both"),
            ));
        }
    }
}
