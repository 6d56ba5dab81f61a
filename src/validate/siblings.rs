//! Siblings that are this host itself, and siblings without haproxy.control. Pure.

use super::ground::{Ground, place};
use super::rule::*;

use crate::condition::Url;
use crate::config::Service;

/// All findings.
pub fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let services = ground.config.services.iter();
    let mut found: Vec<Finding> = services
        .flat_map(|service| itself(ground, service))
        .collect();
    found.extend(without_control(ground));
    found
}

/// Siblings that are this NVA.
fn itself(ground: &Ground<'_>, service: &Service) -> Vec<Finding> {
    let siblings = service.siblings.iter();
    let urls = siblings.flat_map(|siblings| siblings.probes.iter().filter_map(|probe| probe.url()));
    let own = urls.enumerate().filter(|(_, url)| is_own(url));
    own.map(|(index, url)| {
        let what = format!(
            "sibling {} of service {} is this host itself",
            url.as_str(),
            service.name
        );
        let at = place(service).key("siblings").key("urls").index(index);
        ground.in_config(
            &at,
            warning(&ITSELF, what, "name the other NVA's own address"),
        )
    })
    .collect()
}

/// Whether a URL leads to this host. The own next-hop as a sibling is refused when the configuration is loaded.
fn is_own(url: &Url) -> bool {
    url.address().map_or_else(
        || url.is_localhost(),
        |address| {
            let address = address.to_canonical();
            address.is_loopback() || address.is_unspecified()
        },
    )
}

fn without_control(ground: &Ground<'_>) -> Vec<Finding> {
    if ground.config.haproxy.control.is_some() {
        return Vec::new();
    }
    let with_siblings = ground
        .config
        .services
        .iter()
        .filter(|service| service.siblings.is_some());
    with_siblings
        .map(|service| {
            let what = format!(
                "service {} has siblings, and without haproxy.control this region's health page cannot tell them whether its route is out",
                service.name
            );
            let at = place(service).key("siblings");
            ground.in_config(&at, warning(&NO_CONTROL, what, CURE))
        })
        .collect()
}

const CURE: &str = "add \"control\": \"/run/haproxy/control.sock\" to haproxy, and to haproxy.cfg the lines of the example with control.sock and proc.announced_until";
