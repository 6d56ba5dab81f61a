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
            note(&CONF_NOT_READ, what, "name it with --exabgp-conf FILE"),
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
        ..ground.in_conf(
            Default::default(),
            said(rule, severity, what.to_owned(), cure),
        )
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
            found.push(ground.in_conf(only.at, error(&ONE_INSTANCE, what, cure)));
        }
        _ => {}
    }
    found.extend(once(
        servers.iter().flat_map(|server| of_session(ground, server)),
    ));
    are_alike(ground, &servers, found);
}

fn of_session(ground: &Ground<'_>, server: &Neighbor) -> Vec<Finding> {
    let of = |key: &str, said: Option<Said>| {
        let (_, at) = server.value(key);
        said.map(|said| ground.in_conf(at, said))
    };
    let is_on = |key: &str| server.is_on(key) == Some(true);
    let is_v6 = server
        .name
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_ipv6());
    let no_refresh = "add capability { route-refresh enable; }";
    let no_restart = "write graceful-restart disable;";
    let address = format!("neighbor {} is an IPv6 address", server.name);
    let of_address =
        is_v6.then(|| error(&IPV6, address, "write the Route Server's IPv4 addresses"));
    let family = server.setting("family/ipv6");
    let all = [
        of("local-as", number(server, "local-as").and_then(local_as)),
        outgoing_ttl(ground, server),
        incoming_ttl(ground, server),
        of(
            "capability/route-refresh",
            (!is_on("capability/route-refresh"))
                .then(|| warning(&ROUTE_REFRESH, "no route refresh", no_refresh)),
        ),
        of("hold-time", hold_time(server)),
        of(
            "capability/graceful-restart",
            is_on("capability/graceful-restart")
                .then(|| warning(&GRACEFUL_RESTART, "graceful restart is on", no_restart)),
        ),
        of_address.map(|said| ground.in_conf(server.at, said)),
        family.map(|family| {
            let what = "family ipv6 towards a Route Server";
            ground.in_conf(family.at, warning(&IPV6, what, "leave ipv4 unicast only"))
        }),
    ];
    all.into_iter().flatten().collect()
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

fn outgoing_ttl(ground: &Ground<'_>, server: &Neighbor) -> Option<Finding> {
    let ttl = server
        .setting("outgoing-ttl")
        .or_else(|| server.setting("ttl-security"));
    let ttl = ttl.filter(|ttl| ttl.value() == "1")?;
    let cure = "leave outgoing-ttl out: ExaBGP needs nothing for multihop";
    let said = error(&TTL, "a TTL of 1 does not reach the Route Server", cure);
    Some(ground.in_conf(ttl.at, said))
}

fn incoming_ttl(ground: &Ground<'_>, server: &Neighbor) -> Option<Finding> {
    let ttl = server.setting("incoming-ttl")?;
    let what = format!(
        "incoming-ttl {} refuses packets that came over more hops",
        ttl.value()
    );
    Some(ground.in_conf(ttl.at, warning(&TTL, what, "leave incoming-ttl out")))
}

fn hold_time(server: &Neighbor) -> Option<Said> {
    let by_default = match server.setting("hold-time") {
        None => " (ExaBGP's default)",
        Some(_) => "",
    };
    let long = |time| {
        format!(
            "hold time {time} s{by_default}: clients of a VM that hangs reach nothing for so long"
        )
    };
    let (severity, what) = match number(server, "hold-time").unwrap_or(180) {
        0 => (
            Severity::Error,
            "hold-time 0: routes of a VM that hangs or vanishes stay for ever".to_owned(),
        ),
        1 | 2 => (
            Severity::Error,
            "a hold time is 0 or at least 3 s (RFC 4271, 4.2)".to_owned(),
        ),
        3..=8 => (
            Severity::Warning,
            "a hold time under 9 s: a busy moment of this VM ends the session".to_owned(),
        ),
        9..=PATIENCE => return None,
        time @ ..=90 => (Severity::Note, long(time)),
        time => (Severity::Warning, long(time)),
    };
    Some(said(&HOLD_TIME, severity, what, "write hold-time 30;"))
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
