//! Two regions' configurations beside each other: whether a takeover wins, and who takes over from whom. Pure.

use std::net::IpAddr;

use super::ground::{Ground, place};
use super::rule::*;
use crate::condition::Probe;
use crate::config::{Config, Service, Takeover};
use crate::route::{Attributes, NextHop};

/// All findings. `others`: the other regions' configurations, each with its path.
pub fn findings(ground: &Ground<'_>, others: &[(String, Config)]) -> Vec<Finding> {
    let services = ground.config.services.iter();
    services
        .flat_map(|service| of_service(ground, service, others))
        .collect()
}

fn of_service(ground: &Ground<'_>, own: &Service, others: &[(String, Config)]) -> Vec<Finding> {
    let Some(rule) = own.takeover() else {
        return Vec::new();
    };
    let at = place(own).key("siblings").key("takeover");
    let asked = rule
        .probes
        .iter()
        .filter_map(|probe| Some((probe, address(probe)?)));
    let mut found = Vec::new();
    for (probe, address) in asked {
        let of_config = |(path, config): &'_ (String, Config)| {
            config
                .services
                .iter()
                .find(|other| is_same(own, other) && is_at(other, address))
                .cloned()
                .map(|other| (path.clone(), other))
        };
        let Some((path, other)) = others.iter().find_map(of_config) else {
            let what = format!(
                "the route of {probe} is not known here, and must be less preferred than the takeover's"
            );
            let cure = "name that region's config.json (--sibling-config FILE)";
            found.push(ground.in_config(&at, note(&NOT_COMPARED, what, cure)));
            continue;
        };
        found.extend(no_room(rule, &other).map(|worse| {
            let what = format!("routers would not prefer the takeover to {worse} of {path}");
            let cure = "give the takeover a shorter as_path, or make the other regions' longer, as haproxy-rhi init --takeover does";
            ground.in_config(&at, error(&NO_ROOM, what, cure))
        }));
        if takes_over_from(&other, own) {
            let what = format!("{path} takes over from this region, and this one from it");
            let cure = "leave it to the region whose route is the less preferred one";
            found.push(ground.in_config(&at, error(&EACH_OTHER, what, cure)));
        }
    }
    found
}

/// What of the other region would win against the takeover, in words.
fn no_room(rule: &Takeover, other: &Service) -> Option<String> {
    let wins = |attributes: &Attributes| !attributes.is_avoided_for(&rule.attributes);
    let level = other.levels.iter().find(|level| wins(&level.attributes));
    let takeover = other.takeover().filter(|other| wins(&other.attributes));
    level
        .map(|level| format!("level '{}'", level.name))
        .or(takeover.map(|_| "the takeover".to_owned()))
}

/// A prefix of theirs is the same.
pub(super) fn is_same(own: &Service, other: &Service) -> bool {
    own.prefixes
        .iter()
        .any(|(prefix, _)| other.prefixes.iter().any(|(theirs, _)| theirs == prefix))
}

/// Its NVA has this address, as its next hop says.
fn is_at(other: &Service, address: IpAddr) -> bool {
    other
        .prefixes
        .iter()
        .any(|(_, hop)| matches!(hop, NextHop::Address(hop) if *hop == address))
}

fn takes_over_from(other: &Service, own: &Service) -> bool {
    let mut asked = other
        .takeover()
        .into_iter()
        .flat_map(|rule| &rule.probes)
        .filter_map(address);
    asked.any(|address| is_at(own, address))
}

fn address(probe: &Probe) -> Option<IpAddr> {
    match probe {
        Probe::Http(page) => page.url.address(),
        _ => None,
    }
}
