//! What a cloud's tool printed: the routes by who has them, and what the cloud says beside them. Pure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use super::learned::{self, Learned, LearnedRoute, is_shown};
use crate::config::Place;

/// Whose output it is, and which routes it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Said {
    /// Azure: one peering's routes, at both instances of a Route Server.
    #[default]
    Peering,
    /// AWS: the routes of all peers of a route server, by endpoint.
    Database,
    /// Google: the best routes of a Cloud Router; other routes are not shown.
    BestRoutes,
    /// Google: one session's routes, without next hops.
    Session,
}

/// What was printed.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// Whose output it is.
    pub said: Said,
    /// The routes, by the instance, endpoint or list that has them.
    pub learned: Learned,
    /// Routes with other NVAs' next hops, put aside.
    pub others: Vec<LearnedRoute>,
    /// What the router's FIB has, where its RIB is shown: prefixes and next hops.
    pub fib: BTreeSet<(String, Option<IpAddr>)>,
    /// Why routes may be missing.
    pub doubts: Vec<String>,
    /// What is wrong with the router itself.
    pub faults: Vec<String>,
    /// Sessions that are not up, by the NVA's address.
    pub down: Vec<(IpAddr, String)>,
    /// Notes.
    pub words: Vec<String>,
}

/// What is wrong, and where.
pub type Wrong = (Place, String);

impl Output {
    /// Adds a route.
    pub fn add(&mut self, by: &str, route: LearnedRoute) {
        self.learned.entry(by.to_owned()).or_default().push(route);
    }

    /// Removes duplicate routes.
    pub fn once(&mut self) {
        for routes in self.learned.values_mut() {
            let mut known = BTreeSet::new();
            routes.retain(|route| known.insert(route.clone()));
        }
    }
}

/// The rows of a list that stands at this place; `null` and absent are empty.
pub fn rows<'all>(
    value: &'all Value,
    place: &Place,
    key: &str,
) -> Result<Vec<(Place, &'all Value)>, Wrong> {
    let place = if key.is_empty() {
        place.clone()
    } else {
        place.key(key)
    };
    let list = if key.is_empty() {
        Some(value)
    } else {
        value.get(key)
    };
    match list {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(rows)) => {
            let rows = rows.iter().enumerate();
            Ok(rows.map(|(at, row)| (place.index(at), row)).collect())
        }
        Some(_) => {
            let what = format!("{place}: a list belongs here");
            Err((place, what))
        }
    }
}

/// A text of a row; `None`: `null`, absent or empty.
pub fn text<'all>(row: &'all Value, place: &Place, key: &str) -> Result<Option<&'all str>, Wrong> {
    match row.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(wrong(place, key, "a text belongs here")),
    }
}

/// A prefix of a row.
pub fn prefix(row: &Value, place: &Place, key: &str) -> Result<String, Wrong> {
    match text(row, place, key)? {
        None => {
            let what = format!("{place}: a route without '{key}'");
            Err((place.clone(), what))
        }
        Some(network) if is_shown(network) => Ok(network.to_owned()),
        Some(other) => Err(wrong(place, key, &no(other, "prefix"))),
    }
}

/// An address of a row.
pub fn address(row: &Value, place: &Place, key: &str) -> Result<Option<IpAddr>, Wrong> {
    let parsed = text(row, place, key)?
        .map(|text| learned::address(text).ok_or_else(|| no(text, "address")));
    parsed.transpose().map_err(|what| wrong(place, key, &what))
}

fn no(text: &str, what: &str) -> String {
    let short: String = text.chars().take(100).collect();
    let article = if what.starts_with('a') { "an" } else { "a" };
    format!("'{}' is not {article} {what}", short.escape_debug())
}

/// What is wrong with a key of a row.
pub fn wrong(place: &Place, key: &str, what: &str) -> Wrong {
    let place = place.key(key);
    let what = format!("{place}: {what}");
    (place, what)
}

/// A cloud's own word, such as an ID or a state, escaped for a terminal.
pub fn word(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    short.escape_debug().to_string()
}
