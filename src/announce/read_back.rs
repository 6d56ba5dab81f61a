//! Reading back what ExaBGP holds, and comparing it with what it was told. Pure.
//!
//! Acknowledgements say that a command was taken; this says what came of it. What differs is said again.

use std::collections::{BTreeMap, BTreeSet};

use super::adj_rib_out::AdjRibOut;
use super::told::Told;
use crate::exabgp::Held;
use crate::route::{Neighbor, Prefix, RouteKey};

/// How much of one reading is kept, in octets. ExaBGP may hold many more routes of others: those are not kept.
const MOST: usize = 4 << 20;

/// What ExaBGP holds of a route otherwise than it was told.
#[derive(Debug)]
pub struct Difference {
    /// In words, after the prefix.
    pub words: String,
    /// Some neighbor holds it otherwise, which the words tell.
    otherwise: bool,
    /// Neighbors that should hold the route and do not.
    missing: Vec<Neighbor>,
}

impl Difference {
    fn otherwise(words: String, missing: Vec<Neighbor>) -> Self {
        Self {
            words,
            otherwise: true,
            missing,
        }
    }

    /// In words, if it is of these neighbors: they do not hold the route. All else was so `before`.
    pub fn of(&self, neighbors: &BTreeSet<Neighbor>, before: Option<&Self>) -> Option<String> {
        let mut missing = self.missing.iter();
        let first = missing.find(|one| neighbors.contains(one))?;
        let mut others = self.missing.iter().filter(|one| !neighbors.contains(one));
        if !self.otherwise && others.next().is_none() {
            return Some(self.words.clone());
        }
        self.is_known_but_for(neighbors, before?)
            .then(|| lacks(first))
    }

    /// In words, what was not so `before`.
    pub fn news(&self, before: Option<&Self>) -> String {
        let before = before.filter(|_| !self.otherwise);
        let is_new = |one: &&Neighbor| before.is_some_and(|before| !before.missing.contains(one));
        let new = self.missing.iter().find(is_new);
        new.map_or_else(|| self.words.clone(), lacks)
    }

    /// It was so `before`, at the same neighbors or more.
    pub fn is_known(&self, before: &Self) -> bool {
        self.is_known_but_for(&BTreeSet::new(), before)
    }

    fn is_known_but_for(&self, neighbors: &BTreeSet<Neighbor>, before: &Self) -> bool {
        let told = self.otherwise || self.missing.is_empty();
        let mut others = self.missing.iter().filter(|one| !neighbors.contains(one));
        self.otherwise == before.otherwise
            && (!told || self.words == before.words)
            && others.all(|one| before.missing.contains(one))
    }
}

fn lacks(neighbor: &Neighbor) -> String {
    format!("neighbor {neighbor} does not hold it")
}

/// One reading, while its lines arrive.
#[derive(Debug, Default)]
pub struct ReadBack {
    routes: Vec<Held>,
    size: usize,
    /// The octets of all that was told, managed or not.
    told: usize,
}

impl ReadBack {
    /// Takes one of its routes, if it is of a managed prefix.
    pub fn take(&mut self, held: Held, rib: &AdjRibOut) {
        self.told += held.size;
        if self.size <= MOST && rib.has(held.prefix) {
            self.size += held.size;
            self.routes.push(held);
        }
    }

    /// The rest of it was too much.
    pub fn overflow(&mut self) {
        self.size = MOST + 1;
    }

    /// The neighbors for which ExaBGP holds managed prefixes.
    pub fn neighbors(&self) -> BTreeSet<Neighbor> {
        let holders = self.routes.iter().map(|held| held.neighbor.clone());
        holders.collect()
    }

    /// The octets of all that was told.
    pub fn told(&self) -> usize {
        self.told
    }

    /// Nothing of it was left out.
    pub fn is_whole(&self) -> bool {
        self.size <= MOST
    }

    /// What ExaBGP holds otherwise than it was told.
    ///
    /// `neighbors` are those that are surely told: they must hold what is for all. A neighbor whose families do not
    /// take a prefix never holds it, which is why the caller does not say the same thing for ever.
    pub fn differences(
        &self,
        rib: &AdjRibOut,
        neighbors: &[Neighbor],
    ) -> Vec<(RouteKey, Difference)> {
        if !self.is_whole() {
            return Vec::new();
        }
        let mut by_prefix: BTreeMap<Prefix, Vec<&Held>> = BTreeMap::new();
        for held in &self.routes {
            by_prefix.entry(held.prefix).or_default().push(held);
        }
        let held = |key: &RouteKey| {
            by_prefix
                .get(&key.prefix)
                .map(Vec::as_slice)
                .unwrap_or_default()
        };
        rib.keys()
            .filter_map(|key| {
                Some((
                    key.clone(),
                    difference(held(key), key, rib.told(key)?, neighbors)?,
                ))
            })
            .collect()
    }
}

/// How what is held of a route differs from what was told.
fn difference(
    all: &[&Held],
    key: &RouteKey,
    told: &Told,
    neighbors: &[Neighbor],
) -> Option<Difference> {
    let held: Vec<&&Held> = all.iter().filter(|held| held.is_of(key)).collect();
    let route = match told {
        Told::Withdrawn => {
            let held = held.first()?;
            let words = format!(
                "neighbor {} holds it, though it was withdrawn",
                held.neighbor
            );
            return Some(Difference::otherwise(words, Vec::new()));
        }
        Told::Announced(route) => route,
    };
    let concerned = if key.neighbors.is_empty() {
        neighbors
    } else {
        &key.neighbors
    };
    let holds = |neighbor: &&Neighbor| held.iter().any(|held| held.neighbor == **neighbor);
    let missing: Vec<Neighbor> = concerned
        .iter()
        .filter(|one| !holds(one))
        .cloned()
        .collect();
    if let Some((held, word)) = held
        .iter()
        .find_map(|held| Some((held, held.difference(route)?)))
    {
        let words = format!("neighbor {} holds it with another {word}", held.neighbor);
        return Some(Difference::otherwise(words, missing));
    }
    let words = match missing.first() {
        _ if held.is_empty() => "no neighbor holds it".to_owned(),
        Some(neighbor) => lacks(neighbor),
        None => return None,
    };
    Some(Difference {
        words,
        otherwise: false,
        missing,
    })
}
