//! The rules of Amazon VPC Route Server. Pure.
//!
//! Source: AWS's API model, quotas and user guide. Not tried with AWS. Each neighbor of exabgp.conf counts as an
//! endpoint, since the Amazon side may have any AS number.

use std::net::IpAddr;

use super::cloud::{Cloud, HoldTime, must_be_off};
use super::ground::{Ground, is_private, number, place};
use super::rule::*;
use crate::config::Service;
use crate::exabgp_conf::Neighbor;

const HOLD_TIME: HoldTime = HoldTime {
    rule: &AWS_HOLD_TIME,
    least: 9,
    why: "a busy moment of this VM ends the session",
    patience: 30,
    cure: "write hold-time 30; or 180, where sessions then end every 30 s",
};

/// The table.
pub static AWS: Cloud = Cloud {
    is_peer: |_| true,
    none: (
        &AWS_REDUNDANCY,
        "no neighbor is there",
        "add both endpoints of this NVA's subnet;",
    ),
    one: (
        &AWS_REDUNDANCY,
        Severity::Warning,
        "is the only endpoint of a route server",
        "add the subnet's other one; aws ec2 describe-route-server-endpoints shows both (EniAddress)",
    ),
    sessions: &[
        ("local-as", |peer| as_number(peer, "local-as")),
        ("peer-as", |peer| as_number(peer, "peer-as")),
        ("hold-time", |peer| HOLD_TIME.of(peer)),
        ("passive", |peer| {
            must_be_off(peer, "passive", || {
                let what = "passive: ExaBGP waits for a connection that does not come";
                error(&AWS_CONNECTS, what, "leave passive out")
            })
        }),
        ("", of_address),
    ],
    services: &[one_next_hop],
    limits: &[(
        100,
        Severity::Error,
        "and a route server takes 100 from a peer",
    )],
    limit: &AWS_LIMITS,
    unseen: &[
        (
            &AWS_PERSIST,
            "whether the route server persists routes is not in these files",
            "see that it does not: aws ec2 describe-route-servers --query 'RouteServers[].PersistRoutesState' says disabled",
        ),
        (
            &AWS_LIVENESS,
            "the peers' liveness detection is not in these files",
            "leave it at bgp-keepalive, or run a BFD daemon beside ExaBGP",
        ),
        (
            &AWS_FORWARDING,
            "the source/destination check of this NVA's network interface is not in these files",
            "switch it off: aws ec2 modify-network-interface-attribute --no-source-dest-check",
        ),
    ],
};

fn as_number(peer: &Neighbor, key: &str) -> Option<Said> {
    let asn = number(peer, key)?;
    let cure = "choose a private one, such as 65010";
    match asn {
        0 => Some(error(&AWS_ASN, format!("{key} 0 is no AS number"), cure)),
        asn if is_private(asn) => None,
        asn => Some(note(&AWS_ASN, format!("{key} {asn} is not private"), cure)),
    }
}

fn of_address(peer: &Neighbor) -> Option<Said> {
    let is_v6 = |address: &IpAddr| address.is_ipv6();
    peer.name.parse().ok().filter(is_v6)?;
    let what = format!("neighbor {} is an IPv6 address", peer.name);
    let cure = "write the endpoint's IPv4 address";
    Some(error(&AWS_IPV6, what, cure))
}

/// Several NVAs of one VPC do not share the load.
fn one_next_hop(ground: &Ground<'_>, service: &Service) -> Vec<Finding> {
    let siblings = service.siblings.as_ref().map(|_| {
        let what = format!(
            "service {} has siblings, and of those in one VPC one alone has the clients",
            service.name
        );
        let cure =
            "give each another length of AS path, or another MED, so that the choice is yours";
        let at = place(service).key("siblings");
        ground.in_config(&at, note(&AWS_ONE_NEXT_HOP, what, cure))
    });
    siblings.into_iter().collect()
}
