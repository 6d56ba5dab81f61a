//! The rules of Google Cloud Router with a router appliance. Pure.
//!
//! Source: Google's API documents and guides. Not tried with Google Cloud.

use super::cloud::{Cloud, HoldTime};
use super::ground::{Ground, announced, is_private, number, place};
use super::rule::*;
use crate::config::Service;
use crate::route::AsPath;

const HOLD_TIME: HoldTime = HoldTime {
    rule: &GOOGLE_HOLD_TIME,
    least: 60,
    why: "a Cloud Router's own keepalive is 20 to 60 s, so that one lost keepalive may end the session",
    patience: 60,
    cure: "write hold-time 60;",
};

/// The table.
pub static GOOGLE: Cloud = Cloud {
    is_peer: |neighbor| number(neighbor, "peer-as").is_some_and(is_private),
    none: (
        &GOOGLE_ASN,
        "no neighbor has a private peer-as, as a Cloud Router has",
        "add both of its interfaces, with the router's AS number;",
    ),
    one: (
        &GOOGLE_REDUNDANCY,
        Severity::Warning,
        "is the only interface of a Cloud Router",
        "add the redundant one; gcloud compute routers describe shows both (privateIpAddress)",
    ),
    sessions: &[("hold-time", |peer| HOLD_TIME.of(peer))],
    services: &[of_med, of_path, of_regions],
    limits: &[],
    limit: &GOOGLE_ASN,
    unseen: &[
        (
            &GOOGLE_BFD,
            "how soon a dead VM is noticed is the hold time alone",
            "count on 60 s, or let a sibling take over (haproxy-rhi-config(5), SIBLINGS)",
        ),
        (
            &GOOGLE_FORWARDING,
            "whether the VM may forward is not in these files",
            "see that gcloud compute instances describe VM --format='value(canIpForward)' says True",
        ),
    ],
};

/// Whether a MED decides depends on the network.
fn of_med(ground: &Ground<'_>, service: &Service) -> Vec<Finding> {
    let with_med = announced(service)
        .into_iter()
        .find(|(_, attributes)| attributes.med.is_some());
    let found = with_med.map(|(at, _)| {
        let what = format!("service {} announces a MED", service.name);
        let cure = "see the network's bgpBestPathSelectionMode and bgpAlwaysCompareMed";
        let at = ground.attribute(&at, service, "med");
        ground.in_config(&at, note(&GOOGLE_MED, what, cure))
    });
    found.into_iter().collect()
}

/// Paths of several lengths, which the default may not compare.
fn of_path(ground: &Ground<'_>, service: &Service) -> Vec<Finding> {
    let longer = announced(service)
        .into_iter()
        .find(|(_, attributes)| attributes.as_path.as_ref().map(AsPath::len) > Some(1));
    let found = longer.map(|(at, _)| {
        let what = format!("service {} prepends", service.name);
        let cure = "choose STANDARD for the network's best path selection, and test a failover";
        let at = ground.attribute(&at, service, "as_path");
        ground.in_config(&at, note(&GOOGLE_PATH, what, cure))
    });
    found.into_iter().collect()
}

fn of_regions(ground: &Ground<'_>, service: &Service) -> Vec<Finding> {
    let siblings = service.siblings.as_ref().map(|_| {
        let what = format!(
            "service {} has siblings, and whether a client sees another region's route is not in these files",
            service.name
        );
        let cure = "see that gcloud compute networks describe NETWORK --format='value(routingConfig.routingMode)' says GLOBAL";
        let at = place(service).key("siblings");
        ground.in_config(&at, note(&GOOGLE_REGIONS, what, cure))
    });
    siblings.into_iter().collect()
}
