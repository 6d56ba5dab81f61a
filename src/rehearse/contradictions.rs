//! Configurations that contradict each other: found without playing a failure.

use super::clients::rank;
use super::site::{Region, asks, is_at, is_near, leads_to};
use super::wrong::Wrong;
use crate::condition::Probe;
use crate::config::Service;
use crate::route::NextHop;

/// The contradictions between these regions.
pub fn contradictions(regions: &[Region]) -> Vec<Wrong> {
    let mut found = Vec::new();
    for (one, region) in regions.iter().enumerate() {
        for service in &region.config.services {
            let others = regions
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != one);
            let shared: Vec<(usize, &Region, &Service)> = others
                .filter_map(|(number, other)| Some((number, other, shared(service, other)?)))
                .collect();
            found.extend(unnamed(region, service, &shared));
            for (number, other, its) in shared {
                let pair = Pair {
                    one: (region, service),
                    other: (other, its),
                };
                found.extend(pair.same_next_hop().filter(|_| one < number));
                found.extend(pair.preference().filter(|_| one < number));
                found.extend(pair.last_resort());
                found.extend(pair.takeover());
            }
        }
    }
    found.extend(circle(regions));
    found
}

/// The contradictions that the edits bring.
pub fn after_edits(regions: &[Region], before: &[Wrong]) -> Vec<Wrong> {
    let edited = regions.iter().map(|region| {
        let config = region.edit.as_ref().unwrap_or(&region.config).clone();
        Region {
            config,
            ..region.clone()
        }
    });
    let edited: Vec<Region> = edited.collect();
    let new = contradictions(&edited).into_iter();
    new.filter(|wrong| !before.contains(wrong))
        .map(|wrong| Wrong {
            what: format!("after the edit, {}", wrong.what),
            ..wrong
        })
        .collect()
}

/// The service of another region that announces the same.
fn shared<'region>(service: &Service, other: &'region Region) -> Option<&'region Service> {
    other.config.services.iter().find(|its| {
        let mut prefixes = its.prefixes.iter();
        prefixes.any(|(prefix, _)| service.prefixes.iter().any(|(own, _)| own == prefix))
    })
}

fn takes_over_from(service: &Service, other: &Region) -> bool {
    let pages = service.takeover().into_iter().flat_map(|rule| &rule.probes);
    pages.filter_map(Probe::url).any(|url| leads_to(url, other))
}

/// Other regions announce the same, and none asks this one.
fn unnamed(
    region: &Region,
    service: &Service,
    shared: &[(usize, &Region, &Service)],
) -> Option<Wrong> {
    let is_named = shared.iter().any(|(_, _, its)| asks(its, region));
    let (_, first, its) = shared.first().filter(|_| !is_named)?;
    Some(Wrong {
        what: format!(
            "no region asks the health page of {}: the others neither withdraw nor drain because it serves",
            region.name
        ),
        key: format!("services.{}.siblings.urls ({})", its.name, first.name),
        cure: match service.prefixes.first() {
            Some((_, hop)) => format!("the page at {}'s next hop, {hop}", region.name),
            None => "its page".to_owned(),
        },
    })
}

/// Two regions that announce the same.
struct Pair<'pair> {
    one: (&'pair Region, &'pair Service),
    other: (&'pair Region, &'pair Service),
}

impl Pair<'_> {
    /// The same next-hop: an NVA is known by it.
    fn same_next_hop(&self) -> Option<Wrong> {
        let ((one, _), (other, its)) = (self.one, self.other);
        let mut hops = its.prefixes.iter().filter_map(|(_, hop)| match hop {
            NextHop::Address(address) => Some(*address),
            NextHop::Local => None,
        });
        let same = hops.find(|address| is_at(&one.config, *address))?;
        Some(Wrong {
            what: format!(
                "{} and {} have the same next hop, {same}: routers take them for one NVA",
                one.name, other.name
            ),
            key: format!("services.{}.next_hop ({})", its.name, other.name),
            cure: "each NVA's own address".to_owned(),
        })
    }

    /// Siblings of two regions whose best routes are equally good, or of one region whose are not.
    fn preference(&self) -> Option<Wrong> {
        let ((one, service), (other, its)) = (self.one, self.other);
        let best = |service: &Service| service.levels.first().map(|level| rank(&level.attributes));
        let are_siblings = asks(service, other) || asks(its, one);
        let are_near = is_near(service, other) || is_near(its, one);
        if !are_siblings || (best(service) == best(its)) == are_near {
            return None;
        }
        let (what, cure) = match are_near {
            true => (
                "are of one region, and their best routes are not equally good: clients go to one of them only",
                "the same path at both",
            ),
            false => (
                "both prefer themselves: their best routes are equally good, and clients go to either",
                "a longer path in the region that is to stand by; or name both as one region's (siblings.same_region)",
            ),
        };
        Some(Wrong {
            what: format!("{} and {} {what}", one.name, other.name),
            key: format!("services.{}.as_path ({})", its.name, other.name),
            cure: cure.to_owned(),
        })
    }

    /// The last resort of one is preferred to a level of the other: clients get error pages while servers live.
    fn last_resort(&self) -> Option<Wrong> {
        let ((one, service), (other, its)) = (self.one, self.other);
        let last = rank(&service.siblings.as_ref()?.attributes);
        // At a level through another region, that region's servers live: it is not at its last resort.
        let through: Vec<usize> = its.through().map(|(index, _)| index).collect();
        let levels = its.levels.iter().enumerate();
        let mut own = levels.filter(|(index, _)| !through.contains(index));
        let (_, level) = own.find(|(_, level)| last <= rank(&level.attributes))?;
        Some(Wrong {
            what: format!(
                "the last resort of {} is no worse than level '{}' of {}: clients get its error page while {} serves",
                one.name, level.name, other.name, other.name
            ),
            key: format!(
                "services.{}.siblings.last_standing ({})",
                service.name, one.name
            ),
            cure: "a path that is longer than any level's of any region".to_owned(),
        })
    }

    /// A takeover whose route routers would not prefer, or from a region whose route is not preferred.
    fn takeover(&self) -> Option<Wrong> {
        let ((one, service), (other, its)) = (self.one, self.other);
        let rule = service
            .takeover()
            .filter(|_| takes_over_from(service, other))?;
        let (own, best) = (service.levels.first()?, its.levels.first()?);
        let key = |key: &str| {
            format!(
                "services.{}.siblings.takeover.{key} ({})",
                service.name, one.name
            )
        };
        if rank(&rule.attributes) >= rank(&best.attributes) {
            return Some(Wrong {
                what: format!(
                    "routers would not prefer the takeover of {} to level '{}' of {}",
                    one.name, best.name, other.name
                ),
                key: key("as_path"),
                cure: "shorter than that level's, which is made longer where it is one AS"
                    .to_owned(),
            });
        }
        (rank(&own.attributes) < rank(&best.attributes)).then(|| Wrong {
            what: format!(
                "{} takes over from {}, though its own route is preferred already",
                one.name, other.name
            ),
            key: key("from"),
            cure: "only regions whose routes are preferred".to_owned(),
        })
    }
}

/// Regions that take over from each other, in a circle. NVAs of one region may: their routes stay equally good.
fn circle(regions: &[Region]) -> Option<Wrong> {
    let next = |one: &Region| -> Vec<usize> {
        let takes = |other: &Region| {
            let mut services = one.config.services.iter();
            services.any(|service| takes_over_from(service, other) && !is_near(service, other))
        };
        let others = regions
            .iter()
            .enumerate()
            .filter(|(_, other)| other.name != one.name);
        others
            .filter(|(_, other)| takes(other))
            .map(|(number, _)| number)
            .collect()
    };
    let reaches = |start: usize| {
        let mut known: Vec<usize> = regions.get(start).map(next).unwrap_or_default();
        let mut place = 0;
        while let Some(number) = known.get(place).copied() {
            let more = regions.get(number).map(next).unwrap_or_default();
            known.extend(
                more.into_iter()
                    .filter(|new| !known.contains(new))
                    .collect::<Vec<_>>(),
            );
            place += 1;
        }
        known.contains(&start)
    };
    let within: Vec<&Region> = (0..regions.len())
        .filter(|number| reaches(*number))
        .filter_map(|number| regions.get(number))
        .collect();
    let names: Vec<&str> = within.iter().map(|region| region.name.as_str()).collect();
    let first = within.first()?;
    let service = first
        .config
        .services
        .iter()
        .find(|service| service.takeover().is_some())?;
    Some(Wrong {
        what: format!(
            "{} take over from each other: when they do not see each other, each announces a shorter path",
            names.join(" and ")
        ),
        key: format!(
            "services.{}.siblings.takeover ({})",
            service.name, first.name
        ),
        cure: "one of them is preferred, and takes over from none".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::servers::Known;
    use super::*;
    use crate::config;

    #[test]
    fn a_contradiction_that_an_edit_brings_is_found_as_such() {
        const NORTH: &str = include_str!("../../exabgp/north-europe/config.json");
        const WEST: &str = include_str!("../../exabgp/west-europe/config.json");
        let region = |name: &str, text: &str, edit: Option<&str>| Region {
            name: name.to_owned(),
            config: config::parse(text).unwrap(),
            edit: edit.map(|text| config::parse(text).unwrap()),
            known: Known::default(),
            like: None,
        };
        let told = |edit: &str| {
            let regions = [
                region("north", NORTH, Some(edit)),
                region("west", WEST, None),
            ];
            let before = contradictions(&regions);
            assert_eq!(before, []);
            after_edits(&regions, &before)
        };
        let moved = NORTH.replace("\"172.16.156.70\"", "\"172.16.156.71\"");
        let [wrong] = told(&moved).try_into().unwrap();
        assert!(
            wrong
                .what
                .starts_with("after the edit, no region asks the health page of north"),
            "{wrong:?}"
        );
        assert_eq!(told(&NORTH.replace("\"rise\": 2", "\"rise\": 3")), []);
    }
}
