//! A route as ExaBGP says that it holds it for a neighbor: a line of `show adj-rib out extensive`, or a row of `routes list`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::route::{AsPath, Attributes, Neighbor, NextHop, PathId, Prefix, Route, RouteKey};

/// One route as ExaBGP holds it for one neighbor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The neighbor that it is held for.
    pub neighbor: Neighbor,
    /// The prefix.
    pub prefix: Prefix,
    path_information: Option<PathId>,
    next_hop: Option<IpAddr>,
    words: BTreeMap<Cow<'static, str>, Vec<String>>,
    /// Its length in ExaBGP's answer, in octets.
    pub size: usize,
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

impl Held {
    /// Reads a line: `neighbor A local-ip … ipv4 unicast 9.9.9.9/32 next-hop 192.0.2.1 as-path [ 65010 ] community 65010:1`
    /// (4.2), with the path in parentheses (5.0).
    pub fn of_text(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let neighbor = name(&mut words)?;
        let mut words = words
            .skip_while(|word| !matches!(*word, "ipv4" | "ipv6"))
            .skip(1);
        match words.next()? {
            "unicast" => Self::of_words(neighbor, words, line.len()),
            _ => None,
        }
    }

    /// Reads a row of a list: the route, `9.9.9.9/32 next-hop …`, and the neighbor, `neighbor A local-ip …`.
    pub fn of_row(route: &str, named: &str) -> Option<Self> {
        let neighbor = name(&mut named.split_ascii_whitespace())?;
        let size = route.len() + named.len();
        Self::of_words(neighbor, route.split_ascii_whitespace(), size)
    }

    fn of_words<'line>(
        neighbor: Neighbor,
        mut words: impl Iterator<Item = &'line str>,
        size: usize,
    ) -> Option<Self> {
        let mut held = Self {
            neighbor,
            prefix: words.next()?.parse().ok()?,
            path_information: None,
            next_hop: None,
            words: BTreeMap::new(),
            size,
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
                held.words.insert(Cow::Borrowed(*known), values);
            }
        }
        held.next_hop = held
            .words
            .get("next-hop")
            .and_then(|values| values.first()?.parse().ok());
        Some(held)
    }

    /// It is this route, at one of its neighbors.
    pub fn is_of(&self, key: &RouteKey) -> bool {
        let neighbors = key.neighbors.is_empty() || key.neighbors.contains(&self.neighbor);
        neighbors && self.prefix == key.prefix && self.path_information == key.path_information
    }

    /// The attribute that differs from the route, if one does.
    pub fn difference(&self, route: &Route) -> Option<&'static str> {
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

    /// The same set. Where ExaBGP has a word that is no value here, the sets count as the same.
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

/// The name in `neighbor A …`.
fn name<'line>(words: &mut impl Iterator<Item = &'line str>) -> Option<Neighbor> {
    match (words.next()?, words.next()?) {
        ("neighbor", name) => name.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Origin;

    const NAME: &str = "neighbor 127.0.0.9 local-ip 127.0.0.1 local-as 65010 peer-as 65515 router-id 127.0.0.1 family-allowed in-open";

    fn route() -> Route {
        let attributes = Attributes {
            as_path: Some("65010 65010".parse().unwrap()),
            med: Some("50".parse().unwrap()),
            local_preference: Some("7".parse().unwrap()),
            origin: Some(Origin::Egp),
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
            let held = Held::of_text(&line).unwrap();
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
        let plain = Held::of_text(&format!(
            "{NAME} ipv6 unicast 2001:db8::1/128 next-hop 2001:db8::2"
        ))
        .unwrap();
        let bare = Route {
            next_hop: "2001:db8::2".parse().unwrap(),
            attributes: Attributes::default(),
        };
        assert_eq!(plain.difference(&bare), None);
        let path = Held::of_text(&format!(
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
            assert_eq!(Held::of_text(line), None, "{line:?}");
        }
    }
}
