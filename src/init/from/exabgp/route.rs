//! The words of a static route, and what of them config.json can have. Pure.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::exabgp_conf::{At, StaticRoute, Token};
use crate::init::carried::Carried;
use crate::route::{Community, ExtendedCommunity, LargeCommunity, Origin};
use crate::value::Joined;

/// The words that begin a statement of a route (`ParseStaticRoute.known` of ExaBGP 4.2 and 5.0).
const KEYWORDS: [&str; 25] = [
    "next-hop",
    "path-information",
    "rd",
    "route-distinguisher",
    "origin",
    "as-path",
    "med",
    "local-preference",
    "atomic-aggregate",
    "community",
    "large-community",
    "extended-community",
    "originator-id",
    "cluster-list",
    "label",
    "bgp-prefix-sid",
    "bgp-prefix-sid-srv6",
    "aggregator",
    "aigp",
    "attribute",
    "name",
    "split",
    "watchdog",
    "withdraw",
    "as-sequence",
];

/// What a static route says.
#[derive(Debug, Default)]
pub struct Said<'route> {
    /// What config.json can have of it.
    pub carried: Carried,
    /// The word after `next-hop`.
    pub next_hop: Option<&'route Token>,
    /// What it cannot have, each with its place.
    pub lost: Vec<(At, String)>,
}

impl<'route> Said<'route> {
    /// Reads a route.
    pub fn of(route: &'route StaticRoute) -> Self {
        let mut said = Self::default();
        let mut seen = BTreeSet::new();
        for statement in statements(&route.words) {
            let Some((keyword, values)) = statement.split_first() else {
                continue;
            };
            let taken = match seen.insert(keyword.text.as_str()) {
                true => said.take(keyword.text.as_str(), values),
                false => Err("ExaBGP takes the first one of its kind".to_owned()),
            };
            if let Err(why) = taken {
                let words = statement.iter().map(|word| word.text.as_str()).joined(" ");
                said.lost.push((keyword.at, format!("'{words}': {why}")));
            }
        }
        said
    }

    /// Takes a statement.
    fn take(&mut self, keyword: &str, values: &'route [Token]) -> Result<(), String> {
        let of = &mut self.carried.attributes;
        match keyword {
            "next-hop" => self.next_hop = values.first(),
            // Primary and secondary are made of it.
            "as-path" => return plain_path(values),
            "path-information" => self.carried.path_information = Some(one(values)?),
            "med" => of.med = Some(one(values)?),
            "local-preference" => of.local_preference = Some(one(values)?),
            // igp is what a route has that does not say.
            "origin" => of.origin = Some(origin(values)?).filter(|one| *one != Origin::Igp),
            "community" | "large-community" | "extended-community" if values.is_empty() => {
                return Err("it has no value".to_owned());
            }
            "community" => of.community = all(keyword, values, community, &mut self.lost),
            "large-community" => {
                let parsed = str::parse::<LargeCommunity>;
                of.large_community = all(keyword, values, parsed, &mut self.lost);
            }
            "extended-community" => {
                of.extended_community = all(keyword, values, extended, &mut self.lost);
            }
            word if KEYWORDS.contains(&word) => {
                return Err("config.json has nothing of the kind".to_owned());
            }
            _ => return Err("not known of a route".to_owned()),
        }
        Ok(())
    }
}

/// The statements of a route, each with its keyword. A word that no statement can have begins one of its own.
fn statements(words: &[Token]) -> Vec<&[Token]> {
    let mut found = Vec::new();
    let mut rest = words;
    while let Some(first) = rest.first() {
        let length = 1 + match first.text.as_str() {
            "med" | "local-preference" | "origin" | "next-hop" | "path-information" => {
                until_keyword(rest).min(1)
            }
            "community" | "large-community" | "extended-community" => list_length(rest),
            _ => until_keyword(rest),
        };
        let (statement, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        found.push(statement);
        rest = after;
    }
    found
}

/// How many words after the first are none that begins a statement.
fn until_keyword(words: &[Token]) -> usize {
    let begins = |word: &&Token| !KEYWORDS.contains(&word.text.as_str()) || word.quoted;
    words.iter().skip(1).take_while(begins).count()
}

/// The words of one value, or of a list in brackets.
fn list_length(words: &[Token]) -> usize {
    if words.get(1).is_none_or(|word| !word.is("[")) {
        return until_keyword(words).min(1);
    }
    let end = words.iter().position(|word| word.is("]"));
    end.unwrap_or_else(|| until_keyword(words))
}

fn one<T: FromStr<Err = String>>(values: &[Token]) -> Result<T, String> {
    let value = values.first().ok_or("it has no value")?;
    value.text.parse()
}

/// Whether a path is a plain sequence of AS numbers: what else it has is not counted.
fn plain_path(values: &[Token]) -> Result<(), String> {
    let is_mark = |word: &&Token| ["[", "]", ","].iter().any(|mark| word.is(mark));
    let mut odd = values.iter().filter(|word| !is_mark(word));
    match odd.find(|word| word.text.parse::<u32>().is_err()) {
        Some(odd) if odd.text.starts_with(['(', '{', ')']) => {
            Err("config.json has no sets of AS numbers, and a set counts as one number".to_owned())
        }
        Some(odd) => Err(format!("'{}' is no plain AS number", odd.text)),
        None => Ok(()),
    }
}

fn origin(values: &[Token]) -> Result<Origin, String> {
    let value = values.first().map(|value| value.text.to_ascii_lowercase());
    match value.as_deref() {
        Some("igp") => Ok(Origin::Igp),
        Some("egp") => Ok(Origin::Egp),
        Some("incomplete") => Ok(Origin::Incomplete),
        _ => Err("it is none of igp, egp and incomplete".to_owned()),
    }
}

/// The values of a list, each once. Those that cannot be used are added to `lost`.
fn all<T: PartialEq>(
    keyword: &str,
    values: &[Token],
    parsed: impl Fn(&str) -> Result<T, String>,
    lost: &mut Vec<(At, String)>,
) -> Vec<T> {
    let is_mark = |word: &Token| ["[", "]", ","].iter().any(|mark| word.is(mark));
    let mut found = Vec::new();
    for value in values.iter().filter(|word| !is_mark(word)) {
        match parsed(&value.text) {
            Ok(value) if found.contains(&value) => {}
            Ok(value) => found.push(value),
            Err(why) => lost.push((value.at, format!("'{keyword} {}': {why}", value.text))),
        }
    }
    found
}

/// ExaBGP also takes a number, names in capitals, and `no-peer`.
fn community(text: &str) -> Result<Community, String> {
    let low = text.to_ascii_lowercase();
    let number = match low.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => low.parse().ok(),
    };
    match (number, low.as_str()) {
        (Some(number), _) => format!("{}:{}", number >> 16, number & 0xffff).parse(),
        (None, "no-peer") => "nopeer".parse(),
        (None, low) => low.parse(),
    }
}

/// ExaBGP also takes a route target without its kind.
fn extended(text: &str) -> Result<ExtendedCommunity, String> {
    match text.split(':').count() {
        2 => format!("target:{text}").parse(),
        _ => text.parse(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exabgp_conf;

    /// The first route of a neighbor with this section: what is carried, then what is lost, with its column.
    fn said(section: &str) -> (String, Vec<String>) {
        let conf = exabgp_conf::parse(&format!("neighbor 192.0.2.1 {{\n{section}\n}}"));
        let said = Said::of(&conf.neighbors[0].routes[0]);
        let lost = said.lost.iter();
        let lost = lost.map(|(at, what)| format!("{}:{} {what}", at.line, at.column));
        (said.carried.words(), lost.collect())
    }

    #[test]
    fn each_form_of_a_route_carries_the_same() {
        let expected = "med 100, local-preference 200, origin egp, community 65010:1 65535:65281, large-community 65010:1:2, extended-community 0x0002fdf200000064";
        let words = "next-hop self origin EGP med 100 local-preference 200 community [ 65010:1 NO-EXPORT 65010:1 ] large-community 65010:1:2 extended-community [65010:100]";
        let block = "next-hop self; origin egp; med 100; local-preference 200; community [0xfdf20001, 4294967041]; large-community [ 65010:1:2 ]; extended-community target:65010:100;";
        for section in [
            format!("static {{ route 9.9.9.9/32 {words}; }}"),
            format!("static {{ route 9.9.9.9/32 {{ {block} }} }}"),
            format!("static {{ attributes {words} nlri 9.9.9.9/32 9.9.9.8/32; }}"),
            format!("announce {{ ipv4 {{ unicast 9.9.9.9/32 {words}; }} }}"),
        ] {
            assert_eq!(
                said(&section),
                (expected.to_owned(), Vec::new()),
                "{section}"
            );
        }
    }

    #[test]
    fn what_cannot_be_carried_is_named_where_it_stands() {
        for (words, carried, lost) in [
            ("", "no attribute", ""),
            ("med", "no attribute", "2:27 'med': it has no value"),
            (
                "med 1 med 2",
                "med 1",
                "2:33 'med 2': ExaBGP takes the first one of its kind",
            ),
            ("med 1 2", "med 1", "2:33 '2': not known of a route"),
            (
                "med 4294967296",
                "no attribute",
                "2:27 'med 4294967296': med '4294967296' is out of range; 4294967295 is the highest",
            ),
            (
                "origin elsewhere",
                "no attribute",
                "2:27 'origin elsewhere': it is none of igp, egp and incomplete",
            ),
            (
                "origin igp as-path [ 65010 ( 65020 ) ]",
                "no attribute",
                "2:38 'as-path [ 65010 ( 65020 ) ]': config.json has no sets of AS numbers, and a set counts as one number",
            ),
            (
                "as-path [ 65010 1.5 ] med 7",
                "med 7",
                "2:27 'as-path [ 65010 1.5 ]': '1.5' is no plain AS number",
            ),
            ("as-path [ 65010 65010 ] med 7", "med 7", ""),
            (
                "community med 7",
                "med 7",
                "2:27 'community': it has no value",
            ),
            (
                "community [ 65010:1 70000:1 ] med 3",
                "med 3, community 65010:1",
                "2:47 'community 70000:1': community '70000:1' is out of range; each half is at most 65535 (a larger AS number needs a large community)",
            ),
            ("community [ 65010:1 med 3", "med 3, community 65010:1", ""),
            (
                "path-information 192.0.2.1",
                "path-information 3221225985",
                "",
            ),
            (
                "atomic-aggregate med 7",
                "med 7",
                "2:27 'atomic-aggregate': config.json has nothing of the kind",
            ),
            (
                "bgp-prefix-sid [ 1 , [ ( 2,3 ) ] ] med 7",
                "med 7",
                "2:27 'bgp-prefix-sid [ 1 , [ ( 2 , 3 ) ] ]': config.json has nothing of the kind",
            ),
        ] {
            let (what, named) = said(&format!("static {{ route 9.9.9.9/32 {words}; }}"));
            assert_eq!(what, carried, "{words}");
            let first = named.first().map_or("", String::as_str);
            assert_eq!(first, lost, "{words}: {named:?}");
        }
    }
}
