//! Refuses a service's own addresses as a next hop or a sibling, and names of levels that are taken. A region that
//! asks itself would always seem healthy.

use super::fault::{Fault, fault};
use super::locate::Place;
use super::service::Service;
use crate::condition::{Probe, Url};
use crate::route::NextHop;

/// Names of a service's standing that are not levels: log lines, `status` and hooks show both, so no level may have one.
pub const NO_LEVELS: [&str; 4] = ["not known yet", "takeover", "last standing", "down"];

/// Next hops, siblings and names of levels that cannot be meant.
pub(super) fn refuse_own(service: &Service, place: &Place) -> Result<(), Fault> {
    next_hops(service, &place.key("next_hop"))?;
    siblings(service, &place.key("siblings").key("urls"))?;
    levels(service, &place.key("levels"))
}

fn next_hops(service: &Service, place: &Place) -> Result<(), Fault> {
    let own = |(prefix, hop): &&(_, NextHop)| matches!(hop, NextHop::Address(hop) if is_host(prefix, *hop));
    match service.prefixes.iter().find(own) {
        None => Ok(()),
        Some((prefix, _)) => fault(
            place.clone(),
            format!("the next hop of {prefix} is the prefix itself; write this NVA's own address"),
        ),
    }
}

fn is_host(prefix: &crate::route::Prefix, address: std::net::IpAddr) -> bool {
    prefix.host() == Some(address)
}

fn siblings(service: &Service, place: &Place) -> Result<(), Fault> {
    let probes = service
        .siblings
        .iter()
        .flat_map(|siblings| &siblings.probes);
    for (index, probe) in probes.enumerate() {
        let Probe::Http(page) = probe else { continue };
        if let Some(whose) = whose(service, &page.url) {
            let what = format!(
                "{} is {whose}, and a region is no sibling of its own; name another region's NVA",
                page.url.as_str()
            );
            return fault(place.index(index), what);
        }
    }
    Ok(())
}

fn whose(service: &Service, url: &Url) -> Option<&'static str> {
    let address = url.address()?;
    service.prefixes.iter().find_map(|(prefix, hop)| match hop {
        _ if is_host(prefix, address) => Some("the prefix itself, which this NVA answers too"),
        NextHop::Address(hop) if *hop == address => Some("this NVA, the next hop"),
        _ => None,
    })
}

fn levels(service: &Service, place: &Place) -> Result<(), Fault> {
    let reserved = |name: &str| NO_LEVELS.iter().any(|word| word.eq_ignore_ascii_case(name));
    match service
        .levels
        .iter()
        .position(|level| reserved(&level.name))
    {
        None => Ok(()),
        Some(index) => fault(
            place.index(index).key("name"),
            format!(
                "'{}' is what a service is where no level holds; give the level another name, such as up",
                service
                    .levels
                    .get(index)
                    .map_or("", |level| level.name.as_str())
            ),
        ),
    }
}
