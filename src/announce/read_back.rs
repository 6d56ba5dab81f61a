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
    /// Whose it is; absent: no neighbor is known.
    pub neighbor: Option<Neighbor>,
    /// The neighbor should hold the route and does not.
    pub lacks: bool,
}

impl Difference {
    fn otherwise(neighbor: &Neighbor, words: &str) -> Self {
        Self {
            words: format!("neighbor {neighbor} holds it{words}"),
            neighbor: Some(neighbor.clone()),
            lacks: false,
        }
    }

    /// The same as another one. That a neighbor lacks a route is one difference, whoever else holds it.
    pub fn is(&self, other: &Self) -> bool {
        let (mine, others) = ((&self.neighbor, self.lacks), (&other.neighbor, other.lacks));
        mine == others && (self.lacks || self.words == other.words)
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

    /// Those of them that hold one otherwise than it was told; nobody, unless `tries`.
    pub fn otherwise(&self, rib: &AdjRibOut, tries: bool) -> BTreeSet<Neighbor> {
        let differences = tries.then(|| self.differences(rib, |_| Vec::new()));
        let all = differences.into_iter().flatten().flat_map(|(_, all)| all);
        all.filter_map(|one| one.neighbor).collect()
    }

    /// The neighbors whose route is this one.
    pub fn holders(&self, key: &RouteKey) -> Vec<&Neighbor> {
        let held = self.routes.iter().filter(|held| held.is_of(key));
        held.map(|held| &held.neighbor).collect()
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
    /// `concerned` are those that are surely told of a route: they must hold it. A neighbor whose families do not
    /// take a prefix never holds it, which is why the caller does not say the same thing for ever.
    pub fn differences(
        &self,
        rib: &AdjRibOut,
        concerned: impl Fn(&RouteKey) -> Vec<Neighbor>,
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
                let differences = differences(held(key), key, rib.told(key)?, &concerned(key));
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
    concerned: &[Neighbor],
) -> Vec<Difference> {
    let held: Vec<&&Held> = all.iter().filter(|held| held.is_of(key)).collect();
    let route = match told {
        Told::Withdrawn => {
            let holds =
                |held: &&&Held| Difference::otherwise(&held.neighbor, ", though it was withdrawn");
            return held.iter().map(holds).collect();
        }
        Told::Announced(route) => route,
    };
    let otherwise = held.iter().filter_map(|held| {
        let word = format!(" with another {}", held.difference(route)?);
        Some(Difference::otherwise(&held.neighbor, &word))
    });
    // Another route to the prefix is no word of this one.
    let nobodys = match all.is_empty() {
        true => "no neighbor holds it",
        false => "no neighbor holds it, but another route to it",
    };
    if held.is_empty() && concerned.is_empty() && key.neighbors.is_empty() {
        let (words, neighbor, lacks) = (nobodys.to_owned(), None, false);
        return vec![Difference {
            words,
            neighbor,
            lacks,
        }];
    }
    let holds = |neighbor: &Neighbor| held.iter().any(|held| held.neighbor == *neighbor);
    let lacking = concerned.iter().filter(|one| !holds(one));
    let lacking = lacking.map(|neighbor| Difference {
        words: match all.is_empty() {
            true => nobodys.to_owned(),
            false => format!("neighbor {neighbor} does not hold it"),
        },
        neighbor: Some(neighbor.clone()),
        lacks: true,
    });
    otherwise.chain(lacking).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{Attributes, Route};

    /// What the last difference of a route says.
    fn words(read: &ReadBack, key: &RouteKey, concerned: &[Neighbor]) -> Option<String> {
        let mut rib = AdjRibOut::default();
        let route = Route {
            next_hop: "172.16.156.70".parse().unwrap(),
            attributes: Attributes::default(),
        };
        rib.accepted(key, Told::Announced(route));
        let (_, mut differences) = read.differences(&rib, |_| concerned.to_vec()).pop()?;
        Some(differences.pop()?.words)
    }

    #[test]
    fn another_route_to_the_prefix_is_no_word_of_this_one() {
        let [one, other]: [Neighbor; 2] =
            ["192.0.2.4", "192.0.2.5"].map(|name| name.parse().unwrap());
        let key = |path_information, neighbors: &[Neighbor]| RouteKey {
            prefix: "9.9.9.9/32".parse().unwrap(),
            path_information,
            neighbors: neighbors.to_vec(),
        };
        let mine = std::slice::from_ref(&one);
        let (all, only) = (key(7.try_into().ok(), &[]), key(None, mine));
        let (none, lacks) = (
            "no neighbor holds it",
            "neighbor 192.0.2.4 does not hold it",
        );
        let mut read = ReadBack::default();
        assert_eq!(words(&read, &all, &[]).as_deref(), Some(none));
        assert_eq!(words(&read, &only, mine).as_deref(), Some(none));
        assert_eq!(
            words(&read, &only, &[]),
            None,
            "it was taken out of exabgp.conf"
        );
        let line = format!(
            "neighbor {other} local-ip 172.16.156.70 local-as 65010 peer-as 65515 router-id 172.16.156.70 family-allowed in-open ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70"
        );
        let mut rib = AdjRibOut::default();
        rib.accepted(&only, Told::Withdrawn);
        read.take(Held::of_text(&line).unwrap(), &rib);
        assert_eq!(words(&read, &only, mine).as_deref(), Some(lacks));
        let another = "no neighbor holds it, but another route to it";
        assert_eq!(words(&read, &all, &[]).as_deref(), Some(another));
    }

    #[test]
    fn a_lack_is_the_same_whoever_else_holds_the_route() {
        let [one, other]: [Neighbor; 2] =
            ["192.0.2.4", "192.0.2.5"].map(|name| name.parse().unwrap());
        let lacks = |neighbor: &Neighbor, words: &str| Difference {
            words: words.to_owned(),
            neighbor: Some(neighbor.clone()),
            lacks: true,
        };
        let lack = lacks(&one, "no neighbor holds it");
        assert!(lack.is(&lacks(&one, "neighbor 192.0.2.4 does not hold it")));
        assert!(!lack.is(&lacks(&other, "no neighbor holds it")));
        let med = Difference::otherwise(&one, " with another med");
        assert!(!lack.is(&med) && med.is(&med));
        assert!(!med.is(&Difference::otherwise(&one, " with another origin")));
    }
}
