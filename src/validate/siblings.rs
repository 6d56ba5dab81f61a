//! Siblings, and what they must be told. Pure.

use super::ground::{Ground, place};
use super::rule::*;

/// All findings.
pub fn findings(ground: &Ground<'_>) -> Vec<Finding> {
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
