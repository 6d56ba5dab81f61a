//! Reading back what ExaBGP holds (`show adj-rib out extensive`), and comparing it with what it was told. Pure.
//!
//! Acknowledgements say that a command was taken; this says what came of it. What differs is said again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::adj_rib_out::{AdjRibOut, Told};
use crate::route::{AsPath, Attributes, Neighbor, NextHop, PathId, Prefix, Route, RouteKey};

/// How much of one reading is kept, in octets. ExaBGP may hold many more routes of others: those are not kept.
const MOST: usize = 4 << 20;

/// One route as ExaBGP holds it for one neighbor.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    neighbor: Neighbor,
    prefix: Prefix,
    path_information: Option<PathId>,
    next_hop: Option<IpAddr>,
    words: BTreeMap<&'static str, Vec<String>>,
}

/// The attributes that are compared, by ExaBGP's words.
const WORDS: [&str; 8] = [
    "next-hop",
    "as-path",
    "med",
    "local-preference",
    "origin",
    "community",
    "large-community",
    "extended-community",
];

/// Reads one line: `neighbor A local-ip … ipv4 unicast 9.9.9.9/32 next-hop 192.0.2.1 as-path [ 65010 ] community 65010:1`
/// (4.2), with the path in parentheses (5.0).
fn held(line: &str) -> Option<Held> {
    let mut words = line.split_ascii_whitespace();
    let neighbor = match (words.next()?, words.next()?) {
        ("neighbor", name) => name.parse().ok()?,
        _ => return None,
    };
    let mut words = words
        .skip_while(|word| !matches!(*word, "ipv4" | "ipv6"))
        .skip(1);
    let prefix = match (words.next()?, words.next()?) {
        ("unicast", prefix) => prefix.parse().ok()?,
        _ => return None,
    };
    let mut held = Held {
        neighbor,
        prefix,
        path_information: None,
        next_hop: None,
        words: BTreeMap::new(),
    };
    while let Some(word) = words.next() {
        if word == "path-information" {
            held.path_information = Some(words.next()?.parse().ok()?);
        } else if let Some(known) = WORDS.iter().find(|known| **known == word) {
            let first = words.next()?;
            let values = match first {
                "[" | "(" => words
                    .by_ref()
                    .take_while(|word| !matches!(*word, "]" | ")"))
                    .map(str::to_owned)
                    .collect(),
                value => vec![value.to_owned()],
            };
            held.words.insert(known, values);
        }
    }
    held.next_hop = held
        .words
        .get("next-hop")
        .and_then(|values| values.first()?.parse().ok());
    Some(held)
}

impl Held {
    fn is_of(&self, key: &RouteKey) -> bool {
        let neighbors = key.neighbors.is_empty() || key.neighbors.contains(&self.neighbor);
        neighbors && self.prefix == key.prefix && self.path_information == key.path_information
    }

    /// The attribute that differs from the route, if one does.
    fn difference(&self, route: &Route) -> Option<&'static str> {
        let Attributes {
            as_path,
            med,
            local_preference,
            origin,
            community,
            large_community,
            extended_community,
        } = &route.attributes;
        let one = |word: &str| self.words.get(word).and_then(|values| values.first());
        let next_hop = match route.next_hop {
            NextHop::Address(address) => self.next_hop == Some(address),
            NextHop::Local => true,
        };
        let path = self
            .words
            .get("as-path")
            .map(|words| words.join(" ").parse::<AsPath>());
        let path = match (as_path, path) {
            (Some(told), Some(Ok(held))) => *told == held,
            (None, Some(_)) | (Some(_), _) => false,
            (None, None) => true,
        };
        let origin = origin.map_or("igp".to_owned(), |origin| origin.to_string());
        let checks = [
            ("next-hop", next_hop),
            ("as-path", path),
            ("med", one("med").cloned() == med.map(|med| med.to_string())),
            (
                "local-preference",
                one("local-preference").cloned() == local_preference.map(|value| value.to_string()),
            ),
            (
                "origin",
                one("origin").is_none_or(|held| *held == origin)
                    && (one("origin").is_some() || origin == "igp"),
            ),
            ("community", self.same("community", community)),
            (
                "large-community",
                self.same("large-community", large_community),
            ),
            (
                "extended-community",
                self.same("extended-community", extended_community),
            ),
        ];
        checks.iter().find(|(_, same)| !same).map(|(word, _)| *word)
    }

    /// The same set. A value that cannot be read (ExaBGP has words for some) cannot be told to differ.
    fn same<T: std::str::FromStr + Ord + Clone>(&self, word: &str, told: &[T]) -> bool {
        let none = Vec::new();
        let held: Result<Vec<T>, T::Err> = self
            .words
            .get(word)
            .unwrap_or(&none)
            .iter()
            .map(|word| word.parse())
            .collect();
        let sorted = |mut values: Vec<T>| {
            values.sort();
            values.dedup();
            values
        };
        held.map_or(true, |held| sorted(held) == sorted(told.to_vec()))
    }
}

/// One reading, while its lines arrive.
#[derive(Debug, Default)]
pub struct ReadBack {
    lines: Vec<String>,
    size: usize,
}

impl ReadBack {
    /// Takes one of its lines, if it is about a managed prefix.
    pub fn take(&mut self, line: String, rib: &AdjRibOut) {
        if self.size <= MOST && held(&line).is_some_and(|held| rib.has(held.prefix)) {
            self.size += line.len();
            self.lines.push(line);
        }
    }

    /// Whom ExaBGP holds managed prefixes for: neighbors that it has.
    pub fn neighbors(&self) -> BTreeSet<Neighbor> {
        self.lines
            .iter()
            .filter_map(|line| held(line))
            .map(|held| held.neighbor)
            .collect()
    }

    /// Nothing of it was too much.
    pub fn is_whole(&self) -> bool {
        self.size <= MOST
    }

    /// What ExaBGP holds otherwise than it was told, each with the difference in words.
    ///
    /// `neighbors` are those that are surely told: they must hold what is for all. A neighbor whose families do not
    /// take a prefix never holds it, which is why the caller does not say the same thing for ever.
    pub fn differences(&self, rib: &AdjRibOut, neighbors: &[Neighbor]) -> Vec<(RouteKey, String)> {
        if !self.is_whole() {
            return Vec::new();
        }
        let mut by_prefix: BTreeMap<Prefix, Vec<Held>> = BTreeMap::new();
        for held in self.lines.iter().filter_map(|line| held(line)) {
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
fn difference(all: &[Held], key: &RouteKey, told: &Told, neighbors: &[Neighbor]) -> Option<String> {
    let held: Vec<&Held> = all.iter().filter(|held| held.is_of(key)).collect();
    let route = match told {
        Told::Withdrawn => {
            return held.first().map(|held| {
                format!(
                    "neighbor {} holds it, though it was withdrawn",
                    held.neighbor
                )
            });
        }
        Told::Announced(route) => route,
    };
    if let Some((held, word)) = held
        .iter()
        .find_map(|held| Some((held, held.difference(route)?)))
    {
        return Some(format!(
            "neighbor {} holds it with another {word}",
            held.neighbor
        ));
    }
    let concerned = if key.neighbors.is_empty() {
        neighbors
    } else {
        &key.neighbors
    };
    if held.is_empty() {
        return Some("no neighbor holds it".to_owned());
    }
    let mut others = concerned
        .iter()
        .filter(|neighbor| !held.iter().any(|held| held.neighbor == **neighbor));
    others
        .next()
        .map(|neighbor| format!("neighbor {neighbor} does not hold it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "neighbor 127.0.0.9 local-ip 127.0.0.1 local-as 65010 peer-as 65515 router-id 127.0.0.1 family-allowed in-open";

    fn route() -> Route {
        let attributes = Attributes {
            as_path: Some("65010 65010".parse().unwrap()),
            med: Some("50".parse().unwrap()),
            local_preference: Some("7".parse().unwrap()),
            origin: Some(crate::route::Origin::Egp),
            community: vec!["65010:1".parse().unwrap(), "no-advertise".parse().unwrap()],
            large_community: vec!["65010:1:2".parse().unwrap()],
            extended_community: vec!["target:65010:100".parse().unwrap()],
        };
        Route {
            next_hop: "172.16.156.70".parse().unwrap(),
            attributes,
        }
    }

    #[test]
    fn what_both_versions_print_is_what_was_told() {
        for path in ["[ 65010 65010 ]", "( 65010 65010 )"] {
            let line = format!(
                "{NAME} ipv4 unicast 9.9.9.9/32 next-hop 172.16.156.70 origin egp as-path {path} med 50 local-preference 7 \
                 community [ 65010:1 no-advertise ] extended-community target:65010:100 large-community 65010:1:2"
            );
            let held = held(&line).unwrap();
            assert_eq!(held.difference(&route()), None, "{held:?}");
            let other = |change: fn(&mut Attributes)| {
                let mut route = route();
                change(&mut route.attributes);
                held.difference(&route)
            };
            assert_eq!(
                other(|attributes| attributes.as_path = Some("65010".parse().unwrap())),
                Some("as-path")
            );
            assert_eq!(
                other(|attributes| attributes.as_path = None),
                Some("as-path")
            );
            assert_eq!(other(|attributes| attributes.med = None), Some("med"));
            assert_eq!(other(|attributes| attributes.origin = None), Some("origin"));
            assert_eq!(
                other(|attributes| {
                    let _ = attributes.community.pop();
                }),
                Some("community")
            );
            assert_eq!(
                other(|attributes| {
                    let _ = attributes.large_community.pop();
                }),
                Some("large-community")
            );
            assert_eq!(
                other(|attributes| {
                    let _ = attributes.extended_community.pop();
                }),
                Some("extended-community")
            );
        }
        let plain = held(&format!(
            "{NAME} ipv6 unicast 2001:db8::1/128 next-hop 2001:db8::2"
        ))
        .unwrap();
        let bare = Route {
            next_hop: "2001:db8::2".parse().unwrap(),
            attributes: Attributes::default(),
        };
        assert_eq!(plain.difference(&bare), None);
        let path = held(&format!(
            "{NAME} ipv4 unicast 10.0.0.3/32 path-information 0.0.0.5 next-hop 172.16.156.70"
        ))
        .unwrap();
        assert_eq!(path.path_information, "5".parse().ok());
    }

    #[test]
    fn other_lines_are_nothing() {
        for line in [
            "",
            "done",
            "neighbor 127.0.0.9 up",
            "neighbor x ipv4 unicast 9.9.9.9/32",
            "neighbor 127.0.0.9 ipv4 flow 9.9.9.9/32",
            "neighbor 127.0.0.9 ipv4 unicast",
        ] {
            assert_eq!(held(line), None, "{line:?}");
        }
    }
}
