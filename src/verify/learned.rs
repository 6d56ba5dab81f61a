//! What Azure's Route Server learned: the JSON of `az network routeserver peering list-learned-routes`. Pure.
//!
//! One list an instance, `RouteServiceRole_IN_0` and `RouteServiceRole_IN_1`; the AS path is joined by dashes; a list is
//! empty after a withdrawal; `value` is null, or absent, or holds the lists (as the REST interface has them). Other keys are
//! skipped: Azure adds some now and then.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::Value;

use crate::config::Place;
use crate::config::locate::{in_characters, locate};

use super::tools::no_output;

/// What an instance's key begins with.
const INSTANCE: &str = "RouteServiceRole_IN_";

/// What each instance of a Route Server learned from one peer, by its key.
pub type Learned = BTreeMap<String, Vec<LearnedRoute>>;

/// A route as an instance has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LearnedRoute {
    /// The prefix, as Azure spells it.
    pub network: String,
    /// Where packets go.
    pub next_hop: Option<IpAddr>,
    /// The AS path; Azure shows it without its own 65515.
    pub as_path: Vec<u32>,
    /// The instance's own address.
    pub local_address: Option<IpAddr>,
    /// The NVA that announced it.
    pub source_peer: Option<IpAddr>,
    /// What the cloud itself says is wrong with it.
    pub fault: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    network: Option<String>,
    next_hop: Option<String>,
    as_path: Option<String>,
    local_address: Option<String>,
    source_peer: Option<String>,
}

/// Line, column and words of an error.
pub type Fault = (usize, usize, String);

/// Parses any JSON.
///
/// # Errors
/// It is no JSON; the words name what a cloud's tool prints in its place.
pub fn json(text: &str) -> Result<Value, Fault> {
    serde_json::from_str(text).map_err(|error| no_json(text, &error))
}

/// Reads the lists.
///
/// # Errors
/// It is not JSON, or not the answer of that command.
pub fn learned(text: &str) -> Result<Learned, Fault> {
    let value = json(text)?;
    let top = Place::default();
    let (lists, place) = match value.get("value").filter(|inner| inner.is_object()) {
        Some(inner) => (inner, top.key("value")),
        None => (&value, top),
    };
    let at = |(place, what): (Place, String)| {
        let (line, column) = locate(text, &place);
        (line, column, what)
    };
    let mut found = Learned::new();
    let lists = lists.as_object().into_iter().flatten();
    for (key, list) in lists.filter(|(key, _)| is_instance(key)) {
        found.insert(
            key.clone(),
            once(routes(list, &place.key(key)).map_err(at)?),
        );
    }
    if found.is_empty() {
        let what = format!(
            "no {INSTANCE}0 in it; this is not what 'az network routeserver peering list-learned-routes' prints, nor 'aws ec2 get-route-server-routing-database', nor 'gcloud compute routers get-status' or 'list-bgp-routes'"
        );
        return Err(at((place, what)));
    }
    Ok(found)
}

fn no_json(text: &str, error: &serde_json::Error) -> Fault {
    let (line, column) = in_characters(text, error.line(), error.column());
    let full = error.to_string();
    let what = full
        .split(" at line ")
        .next()
        .unwrap_or(&full)
        .replace('`', "'");
    let what = if what.starts_with("EOF") {
        "the text ends in the middle; is it cut off?".into()
    } else {
        what
    };
    let what = no_output(text).unwrap_or(format!("not JSON: {what}"));
    (line, column, what)
}

/// The routes of an instance's list. `place`: the list's.
fn routes(list: &Value, place: &Place) -> Result<Vec<LearnedRoute>, (Place, String)> {
    let rows = match list {
        Value::Null => &[][..],
        Value::Array(rows) => rows.as_slice(),
        _ => {
            return Err((
                place.clone(),
                format!("{place}: a list of routes belongs here"),
            ));
        }
    };
    let route = |(index, row)| {
        route(row).map_err(|(key, what)| {
            let place = place.index(index);
            let place = if key.is_empty() {
                place
            } else {
                place.key(key)
            };
            let what = format!("{place}: {what}");
            (place, what)
        })
    };
    rows.iter().enumerate().map(route).collect()
}

/// `RouteServiceRole_IN_0`, and the like.
fn is_instance(key: &str) -> bool {
    let number = key.strip_prefix(INSTANCE).unwrap_or_default();
    matches!(number.len(), 1..=3) && number.bytes().all(|digit| digit.is_ascii_digit())
}

/// An instance may list a route once for each of the instances' addresses, as the specification's example does.
fn once(routes: Vec<LearnedRoute>) -> Vec<LearnedRoute> {
    let mut at = BTreeMap::new();
    let mut is_first = |route: &LearnedRoute| {
        let what = (
            route.network.clone(),
            route.next_hop,
            route.as_path.clone(),
            route.source_peer,
        );
        *at.entry(what).or_insert(route.local_address) == route.local_address
    };
    routes.into_iter().filter(|route| is_first(route)).collect()
}

fn route(row: &Value) -> Result<LearnedRoute, (&'static str, String)> {
    let row: Row = serde_json::from_value(row.clone()).map_err(|_| {
        (
            "",
            "a route belongs here, such as {\"network\": \"9.9.9.9/32\", ...}".to_owned(),
        )
    })?;
    let network = row
        .network
        .ok_or(("", "a route without 'network'".to_owned()))?;
    if !is_shown(&network) {
        return Err((
            "network",
            format!("'{}' is not a prefix", network.escape_debug()),
        ));
    }
    let address = |key: &'static str, text: Option<String>| match text.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => self::address(text)
            .map(Some)
            .ok_or_else(|| (key, format!("'{}' is not an address", text.escape_debug()))),
    };
    let path = row.as_path.unwrap_or_default();
    let (as_path, has_set) = numbers(&path).ok_or_else(|| {
        let what = "is not an AS path of numbers joined by dashes, such as 65010-65010";
        ("asPath", format!("'{}' {what}", path.escape_debug()))
    })?;
    Ok(LearnedRoute {
        network,
        next_hop: address("nextHop", row.next_hop)?,
        as_path,
        local_address: address("localAddress", row.local_address)?,
        source_peer: address("sourcePeer", row.source_peer)?,
        fault: has_set.then(|| of_set(&path)),
    })
}

/// An address; one of IPv4 may be written as one of IPv6 (RFC 4291, section 2.5.5.2).
pub fn address(text: &str) -> Option<IpAddr> {
    text.parse()
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

/// The numbers of an AS path, and whether it has a set: `65010-{65020,65030}`, which counts as one of them (RFC 4271, section
/// 9.1.2.2).
fn numbers(path: &str) -> Option<(Vec<u32>, bool)> {
    with_sets(path, parsed)
}

/// As [`numbers`]. `read`: the numbers of a part, with one of these characters between them.
pub fn with_sets(
    path: &str,
    read: impl Fn(&str, &[char]) -> Option<Vec<u32>>,
) -> Option<(Vec<u32>, bool)> {
    let (mut numbers, mut rest, mut has_set) = (Vec::new(), path, false);
    loop {
        let (before, set) = match rest.split_once('{') {
            Some((before, behind)) => (before, Some(behind.split_once('}')?)),
            None => (rest, None),
        };
        numbers.extend(read(before, &['-', ' '])?);
        let Some((set, behind)) = set else {
            return Some((numbers, has_set));
        };
        numbers.push(*read(set, &['-', ' ', ','])?.first()?);
        (rest, has_set) = (behind, true);
    }
}

/// What is wrong with a route whose path has a set.
pub fn of_set(path: &str) -> String {
    format!("its AS path {path} has a set, which no NVA announces")
}

fn parsed(text: &str, between: &[char]) -> Option<Vec<u32>> {
    let parts = text.split(between).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
}

/// A prefix that can be shown as it is.
pub fn is_shown(network: &str) -> bool {
    let is_of_prefix = |byte: u8| byte.is_ascii_hexdigit() || b".:/".contains(&byte);
    network.len() <= 64 && network.bytes().all(is_of_prefix)
}

/// An instance's short name: `IN_0`.
pub fn short(instance: &str) -> &str {
    instance
        .strip_prefix("RouteServiceRole_")
        .unwrap_or(instance)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NORTH: &str = include_str!("../../tests/verify/north-europe.json");
    const WEST: &str = include_str!("../../tests/verify/west-europe.json");

    #[test]
    fn what_az_prints_beside_json_is_called_by_name() {
        let table = "LocalAddress    Network     NextHop\n--------------  ----------  -------\n";
        assert!(error(table).2.contains("'-o json'"), "{:?}", error(table));
        let refused =
            "ERROR: (ResourceNotFound) The Resource was not found.\nCode: ResourceNotFound\n";
        assert!(
            error(refused)
                .2
                .starts_with("az says 'ERROR: (ResourceNotFound)"),
            "{:?}",
            error(refused)
        );
    }

    fn error(text: &str) -> (usize, usize, String) {
        learned(text).unwrap_err()
    }

    #[test]
    fn both_outputs_of_the_documented_pattern_are_read() {
        for (text, next_hop, local, path) in [
            (NORTH, "172.16.156.70", "172.16.159.", vec![65010]),
            (WEST, "172.16.136.70", "172.16.139.", vec![65010; 3]),
        ] {
            let learned = learned(text).unwrap();
            let keys: Vec<&String> = learned.keys().collect();
            assert_eq!(keys, ["RouteServiceRole_IN_0", "RouteServiceRole_IN_1"]);
            for (index, routes) in learned.values().enumerate() {
                let local = format!("{local}{}", index + 4);
                let expected = LearnedRoute {
                    network: "9.9.9.9/32".to_owned(),
                    next_hop: Some(next_hop.parse().unwrap()),
                    as_path: path.clone(),
                    local_address: Some(local.parse().unwrap()),
                    source_peer: Some(next_hop.parse().unwrap()),
                    fault: None,
                };
                assert_eq!(*routes, [expected]);
            }
        }
    }

    #[test]
    fn lists_are_empty_after_a_withdrawal_and_value_may_be_absent_null_or_hold_them() {
        let empty = |text: &str| learned(text).unwrap().values().all(Vec::is_empty);
        assert!(empty(
            r#"{"RouteServiceRole_IN_0": [], "RouteServiceRole_IN_1": []}"#
        ));
        assert!(empty(
            r#"{"RouteServiceRole_IN_0": null, "RouteServiceRole_IN_1": [], "value": null}"#
        ));
        assert!(empty(
            r#"{"value": {"RouteServiceRole_IN_0": [], "RouteServiceRole_IN_1": []}}"#
        ));
    }

    #[test]
    fn keys_that_are_not_known_are_skipped() {
        let text = r#"{"@odata": 1, "RouteServiceRole_IN_0": [{"network": "9.9.9.9/32", "medal": {"a": []}}]}"#;
        let learned = learned(text).unwrap();
        assert_eq!(
            learned["RouteServiceRole_IN_0"][0].as_path,
            Vec::<u32>::new()
        );
        assert_eq!(learned["RouteServiceRole_IN_0"][0].next_hop, None);
    }

    #[test]
    fn what_is_garbage_is_refused_at_its_place() {
        let open = "not JSON: the text ends in the middle; is it cut off?";
        assert_eq!(error("{"), (1, 1, open.to_owned()));
        assert_eq!(error("{\n  \"a\": x}").0, 2);
        assert_eq!((error("[]").0, error("{}").0, error("3").1), (1, 1, 1));
        assert!(error("[]").2.contains("list-learned-routes"));
        let with = |row: &str| error(&format!("{{\n\"RouteServiceRole_IN_0\": [\n{row}]}}"));
        assert_eq!(with("7").0, 3);
        assert_eq!(
            with("{\"network\": \"9.9.9.9/32\", \"asPath\": \"65010-x\"}"),
            (3, 37, "RouteServiceRole_IN_0[0].asPath: '65010-x' is not an AS path of numbers joined by dashes, such as 65010-65010".to_owned())
        );
        assert!(
            with("{\"network\": \"9.9.9.9/32\", \"nextHop\": \"nva\"}")
                .2
                .ends_with("'nva' is not an address")
        );
        assert!(with("{}").2.ends_with("a route without 'network'"));
        assert!(
            error(r#"{"RouteServiceRole_IN_0": {}}"#)
                .2
                .ends_with("a list of routes belongs here")
        );
    }

    #[test]
    fn addresses_and_paths_of_others_are_read_as_they_are_written() {
        assert_eq!(
            address("::ffff:172.16.156.70"),
            "172.16.156.70".parse().ok()
        );
        assert_eq!(address("2001:db8::1"), "2001:db8::1".parse().ok());
        assert_eq!(numbers("65010-65010"), Some((vec![65010, 65010], false)));
        let of_set = Some((vec![65010, 65020, 65040], true));
        assert_eq!(numbers("65010-{65020,65030}-65040"), of_set);
        assert_eq!(numbers("65010 {65020 65030} 65040"), of_set);
        for wrong in [
            "65010-{65020",
            "65010-{}",
            "65010-x",
            "65010}-{65020}",
            "{a}",
        ] {
            assert_eq!(numbers(wrong), None, "{wrong}");
        }
    }
}
