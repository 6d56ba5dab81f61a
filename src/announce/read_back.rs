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

/// What ExaBGP holds of a route for one neighbor otherwise than it was told.
#[derive(Debug)]
pub struct Difference {
    /// In words, after the prefix.
    pub words: String,
    /// The neighbor should hold the route and does not; absent: it holds it otherwise, or no neighbor is known.
    pub lacks: Option<Neighbor>,
}

impl Difference {
    fn otherwise(words: String) -> Self {
        Self { words, lacks: None }
    }

    /// The same as another one. That a neighbor lacks a route is one difference, whoever else holds it.
    pub fn is(&self, other: &Self) -> bool {
        self.lacks == other.lacks && (self.lacks.is_some() || self.words == other.words)
    }
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
    ) -> Vec<(RouteKey, Vec<Difference>)> {
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
                let differences = differences(held(key), key, rib.told(key)?, neighbors);
                (!differences.is_empty()).then(|| (key.clone(), differences))
            })
            .collect()
    }
}

/// How what is held of a route differs from what was told, for each neighbor.
fn differences(
    all: &[&Held],
    key: &RouteKey,
    told: &Told,
    neighbors: &[Neighbor],
) -> Vec<Difference> {
    let held: Vec<&&Held> = all.iter().filter(|held| held.is_of(key)).collect();
    let route = match told {
        Told::Withdrawn => {
            let holds = |held: &&&Held| {
                let neighbor = &held.neighbor;
                Difference::otherwise(format!(
                    "neighbor {neighbor} holds it, though it was withdrawn"
                ))
            };
            return held.iter().map(holds).collect();
        }
        Told::Announced(route) => route,
    };
    let otherwise = held.iter().filter_map(|held| {
        let (neighbor, word) = (&held.neighbor, held.difference(route)?);
        Some(Difference::otherwise(format!(
            "neighbor {neighbor} holds it with another {word}"
        )))
    });
    let concerned = match key.neighbors.is_empty() {
        true => neighbors,
        false => &key.neighbors,
    };
    if held.is_empty() && concerned.is_empty() {
        return vec![Difference::otherwise("no neighbor holds it".to_owned())];
    }
    let holds = |neighbor: &Neighbor| held.iter().any(|held| held.neighbor == *neighbor);
    let lacking = concerned.iter().filter(|one| !holds(one));
    let lacking = lacking.map(|neighbor| Difference {
        words: match held.is_empty() {
            true => "no neighbor holds it".to_owned(),
            false => format!("neighbor {neighbor} does not hold it"),
        },
        lacks: Some(neighbor.clone()),
    });
    otherwise.chain(lacking).collect()
}
