//! Where clients go: of the regions whose route is out, the one with the shortest AS path. Pure.

use std::collections::BTreeMap;

use super::nva::{Nva, State, Told};
use crate::failure::Outcome;
use crate::report::status::Service;

/// A region that announces a prefix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// The length of the AS path.
    pub length: usize,
    /// The region.
    pub region: String,
    /// Its service's standing; `None`: the best level.
    pub standing: Option<String>,
}

/// Which regions announce prefixes that are reached alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The prefixes.
    pub prefixes: Vec<String>,
    /// The regions, the shortest AS path first.
    pub ways: Vec<Way>,
    /// NVAs of which it is unknown whether they announce the prefixes.
    pub unknown: Vec<String>,
}

impl Reach {
    /// The regions that clients reach: those with the shortest AS path.
    pub fn best(&self) -> &[Way] {
        let shortest = self.ways.first().map(|way| way.length);
        let count = self
            .ways
            .iter()
            .take_while(|way| Some(way.length) == shortest)
            .count();
        self.ways.get(..count).unwrap_or_default()
    }

    /// Best, if clients reach a region at its best level.
    pub fn outcome(&self) -> Outcome {
        match (self.unknown.is_empty(), self.best()) {
            (false, _) => Outcome::Unknown,
            (true, []) => Outcome::Worse,
            (true, best) if best.iter().any(|way| way.standing.is_some()) => Outcome::Worse,
            (true, _) => Outcome::Best,
        }
    }

    /// In a sentence.
    pub fn words(&self) -> String {
        let prefixes = listed(&self.prefixes);
        let best = self.best();
        let rest = self.ways.get(best.len()..).unwrap_or_default();
        let mut words = match best {
            [] => format!("{prefixes}: no region announces it, so that clients reach nobody"),
            [one] => format!("{prefixes}: clients reach {}", one.words()),
            several => {
                let names: Vec<String> = several.iter().map(Way::words).collect();
                let names = names.join(" or ");
                format!(
                    "{prefixes}: clients reach {names}: paths of equal length, so the network decides"
                )
            }
        };
        let next: Vec<String> = rest.iter().map(Way::words).collect();
        if !next.is_empty() {
            words += &format!(", next {}", next.join(", "));
        }
        words
    }

    /// The NVAs of which it is unknown, in words.
    pub fn doubt(&self) -> Option<String> {
        let names = || listed(&self.unknown);
        (!self.unknown.is_empty()).then(|| format!("as far as is known, without {}", names()))
    }
}

impl Way {
    fn words(&self) -> String {
        let standing = self.standing.iter().map(|standing| format!(", {standing}"));
        let standing: String = standing.collect();
        format!("{} (as-path {}{standing})", self.region, self.length)
    }
}

/// The most names in a list.
const MOST: usize = 4;

fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    match names.len().checked_sub(MOST) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

fn standing(service: &Service) -> Option<String> {
    match (&service.drain, service.level) {
        (Some(_), _) => Some("drained".to_owned()),
        (None, Some(0)) => None,
        (None, _) => Some(service.standing.clone()),
    }
}

/// The reach of each prefix; prefixes that are reached alike are grouped.
pub fn reaches(nvas: &[Nva]) -> Vec<Reach> {
    let mut ways: BTreeMap<&str, Vec<Way>> = BTreeMap::new();
    let mut unsure: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for nva in nvas {
        for service in nva.told.iter().flat_map(Told::services) {
            for route in &service.routes {
                let ways = ways.entry(&route.prefix).or_default();
                let state = nva.current().map(|told| told.state(route));
                match state {
                    Some(State::Announced(length)) => ways.push(Way {
                        length,
                        region: nva.source.region.clone(),
                        standing: standing(service),
                    }),
                    Some(State::NotKnown) | None => {
                        let unsure = unsure.entry(&route.prefix).or_default();
                        unsure.push(nva.name());
                    }
                    Some(State::NoSession | State::Withdrawn) => {}
                }
            }
        }
    }
    let silent = nvas.iter().filter(|nva| nva.told.is_err());
    let silent: Vec<String> = silent.map(Nva::name).collect();
    let mut all: Vec<Reach> = Vec::new();
    let mut known: BTreeMap<(Vec<Way>, Vec<String>), usize> = BTreeMap::new();
    for (prefix, mut ways) in ways {
        ways.sort();
        ways.dedup();
        let mut unknown = unsure.remove(prefix).unwrap_or_default();
        unknown.extend(silent.iter().cloned());
        unknown.dedup();
        let next = all.len();
        let index = *known.entry((ways.clone(), unknown.clone())).or_insert(next);
        match all.get_mut(index) {
            Some(one) => one.prefixes.push(prefix.to_owned()),
            None => all.push(Reach {
                prefixes: vec![prefix.to_owned()],
                ways,
                unknown,
            }),
        }
    }
    all
}
