//! From the file's shapes to a configuration that can be announced: the checks that need more than one value.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::attributes::prepended;
use super::checked::Config;
use super::drain::raise_drain;
use super::fault::{Fault, fault};
use super::file::{File, LevelFile, Name, NextHops, ServiceFile};
use super::haproxy::Haproxy;
use super::hook::raise_hooks;
use super::locate::Place;
use super::own::refuse_own;
use super::policy::{raise_damping, raise_siblings};
use super::raise_haproxy::raise_haproxy;
use super::service::{Level, Service};
use crate::condition::Count;
use crate::exabgp::{Command, Dialect, LONGEST_LINE};
use crate::route::{Attributes, Family, Neighbor, NextHop, Prefix, Route};

/// Checks a file that serde accepted.
///
/// # Errors
/// The first fault found.
pub fn raise(file: File) -> Result<Config, Fault> {
    let top = Place::default();
    let haproxy = raise_haproxy(file.haproxy, &top.key("haproxy"))?;
    let place = top.key("services");
    let mut owners: BTreeMap<Prefix, String> = BTreeMap::new();
    let mut services = Vec::new();
    for (Name(name), service) in file.services.0 {
        let place = place.key(&name);
        for (index, prefix) in service.prefixes.iter().enumerate() {
            if let Some(owner) = owners.insert(*prefix, name.clone()) {
                let place = place.key("prefixes").index(index);
                let what = if owner == name {
                    format!("prefix {prefix} is there twice; remove one")
                } else {
                    format!(
                        "prefix {prefix} belongs to service '{owner}' already; a prefix has one service"
                    )
                };
                return fault(place, what);
            }
        }
        services.push(raise_service(name, service, &haproxy, &place)?);
    }
    raise_variables(&services, &place)?;
    raise_status_variable(&services, &haproxy, &top.key("haproxy"))?;
    let read_back = file.read_back.get();
    if !read_back.is_zero() && read_back < Duration::from_secs(1) {
        return fault(
            top.key("read_back"),
            "read_back is out of range; write 1s or more, or 0s for never",
        );
    }
    Ok(Config {
        haproxy,
        services,
        on_exit: file.on_exit,
        read_back: (!read_back.is_zero()).then_some(read_back),
        metrics: file.metrics.map(|metrics| metrics.as_path().to_owned()),
        record: file.record.map(|record| record.as_path().to_owned()),
        hooks: raise_hooks(file.hooks, &top.key("hooks"))?,
    })
}

/// A variable says one thing, whichever services share it.
fn raise_variables(services: &[Service], place: &Place) -> Result<(), Fault> {
    let drains: BTreeMap<_, _> = services
        .iter()
        .map(|service| (&service.drain.variable, &service.name))
        .collect();
    for service in services {
        let variable = &service.announced_variable;
        if let Some(other) = drains.get(variable) {
            let what = format!(
                "variable {variable} says already that service '{other}' is drained; write another name"
            );
            return fault(place.key(&service.name).key("announced_variable"), what);
        }
    }
    Ok(())
}

fn raise_status_variable(
    services: &[Service],
    haproxy: &Haproxy,
    place: &Place,
) -> Result<(), Fault> {
    let Some(variable) = &haproxy.status_variable else {
        return Ok(());
    };
    let is_same = |service: &&Service| {
        [&service.drain.variable, &service.announced_variable].contains(&variable)
    };
    match services.iter().find(is_same) {
        None => Ok(()),
        Some(other) => fault(
            place.key("status_variable"),
            format!(
                "variable {variable} tells of service '{}' already; write another name, such as proc.haproxy_rhi_status",
                other.name
            ),
        ),
    }
}

fn raise_service(
    name: String,
    mut file: ServiceFile,
    haproxy: &Haproxy,
    place: &Place,
) -> Result<Service, Fault> {
    is_whole(&file, place)?;
    differ(&file.neighbors, &place.key("neighbors"))?;
    let prefixes = file.prefixes.iter().map(|prefix| {
        let hop = next_hop(*prefix, &file.next_hop, &file, &place.key("next_hop"))?;
        Ok((*prefix, hop))
    });
    let prefixes = prefixes.collect::<Result<Vec<_>, Fault>>()?;
    let defaults = file.attributes(&Attributes::default());
    let mut levels = raise_levels(&mut file, &defaults, &place.key("levels"))?;
    let damping = file.damping.as_ref();
    let damping = damping.map(|damping| raise_damping(damping, &place.key("damping")));
    let siblings = file.siblings.take();
    let siblings = siblings
        .map(|siblings| raise_siblings(siblings, &defaults, &levels, &place.key("siblings")));
    let (damping, siblings) = (damping.transpose()?, siblings.transpose()?);
    let drain = raise_drain(
        file.drain.take(),
        haproxy.control.is_some(),
        &mut levels,
        &place.key("drain"),
    )?;
    let service = Service {
        name,
        prefixes,
        path_information: file.path_information,
        neighbors: file.neighbors,
        levels,
        rise: file.rise.get(),
        fall: file.fall.get(),
        apart: haproxy.fast_interval / 2,
        hold: file.unknown.hold.get(),
        then: file.unknown.then,
        warm_up: file.warm_up.get(),
        damping,
        siblings,
        drain,
        require_address: file.require_address,
        announced_variable: file.announced_variable,
    };
    refuse_own(&service, place)?;
    fits_in_a_line(&service, place)?;
    Ok(service)
}

fn is_whole(file: &ServiceFile, place: &Place) -> Result<(), Fault> {
    if file.prefixes.is_empty() {
        return fault(
            place.key("prefixes"),
            "no prefix; name at least one, such as 9.9.9.9/32",
        );
    }
    if file.levels.is_empty() {
        return fault(
            place.key("levels"),
            "no level; name at least one, such as {\"name\": \"up\", \"when\": {\"backend\": {\"name\": \"http_back\"}}}",
        );
    }
    Ok(())
}

fn differ(neighbors: &[Neighbor], place: &Place) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    let twice = |(_, neighbor): &(usize, &Neighbor)| !seen.insert((*neighbor).clone());
    match neighbors.iter().enumerate().find(twice) {
        None => Ok(()),
        Some((index, neighbor)) => fault(
            place.index(index),
            format!("neighbor {neighbor} is there twice; remove one"),
        ),
    }
}

fn raise_levels(
    file: &mut ServiceFile,
    defaults: &Attributes,
    place: &Place,
) -> Result<Vec<Level>, Fault> {
    let usual = (file.rise, file.fall);
    let mut levels: Vec<Level> = Vec::new();
    for (index, level) in std::mem::take(&mut file.levels).into_iter().enumerate() {
        let (place, name) = (place.index(index), &level.name.0);
        if levels.iter().any(|known| known.name == *name) {
            let what = format!("level '{name}' is there twice; give one of them another name");
            return fault(place.key("name"), what);
        }
        levels.push(raise_level(level, defaults, usual, &place)?);
    }
    Ok(levels)
}

fn fits_in_a_line(service: &Service, place: &Place) -> Result<(), Fault> {
    let length = longest_line(service);
    if length <= LONGEST_LINE {
        return Ok(());
    }
    let what = format!(
        "its announcement is {length} characters long, and ExaBGP takes {LONGEST_LINE} at once; leave out communities or AS numbers"
    );
    fault(place.clone(), what)
}

/// The length of the longest line that it can make.
fn longest_line(service: &Service) -> usize {
    let of = |(prefix, next_hop): &(Prefix, NextHop), attributes: &Attributes| {
        let route = Route {
            next_hop: *next_hop,
            attributes: attributes.clone(),
        };
        let command = Command::Announce(service.route_key(*prefix), route);
        let lines = Dialect::ALL.map(|dialect| dialect.line(&command).len());
        lines.into_iter().max().unwrap_or(0)
    };
    let prefixes = service.prefixes.iter();
    prefixes
        .flat_map(|prefix| {
            service
                .attributes()
                .map(move |attributes| of(prefix, attributes))
        })
        .max()
        .unwrap_or(0)
}

/// The next hop of a prefix: an explicit one of its family, else `self` where every session is of that family.
fn next_hop(
    prefix: Prefix,
    hops: &NextHops,
    file: &ServiceFile,
    place: &Place,
) -> Result<NextHop, Fault> {
    let family = prefix.family();
    let explicit = hops
        .0
        .iter()
        .filter(|hop| matches!(hop, NextHop::Address(address) if Family::of(*address) == family));
    let explicit: Vec<&NextHop> = explicit.collect();
    match explicit.as_slice() {
        [hop] => Ok(**hop),
        [_, _, ..] => fault(
            place.clone(),
            format!("two next hops of {family}; remove one"),
        ),
        [] if hops.0.contains(&NextHop::Local) => {
            let sessions_fit = match family {
                Family::V4 => file
                    .neighbors
                    .iter()
                    .all(|neighbor| neighbor.family() == family),
                Family::V6 => {
                    !file.neighbors.is_empty()
                        && file
                            .neighbors
                            .iter()
                            .all(|neighbor| neighbor.family() == family)
                }
            };
            if sessions_fit {
                Ok(NextHop::Local)
            } else {
                fault(
                    place.clone(),
                    format!(
                        "next-hop self does not fit {family} prefix {prefix} over sessions of another family; write an {family} address, or name neighbors of {family} only"
                    ),
                )
            }
        }
        [] => fault(
            place.clone(),
            format!("no next hop of {family} for prefix {prefix}; add an {family} address"),
        ),
    }
}

fn raise_level(
    file: LevelFile,
    defaults: &Attributes,
    (rise, fall): (Count, Count),
    place: &Place,
) -> Result<Level, Fault> {
    let times = file.prepend.map(|times| times.0);
    let attributes = prepended(file.attributes(defaults), times, &place.key("prepend"))?;
    Ok(Level {
        name: file.name.0,
        when: file.when,
        drained: attributes.clone(),
        attributes,
        rise: file.rise.unwrap_or(rise).get(),
        fall: file.fall.unwrap_or(fall).get(),
    })
}
