//! Who does not have a route that should be announced. Pure.

use super::outcome::{Problem, holds_amiss, nobody_has};
use super::shape::{ExaBgp, Neighbor, Route, Status};
use crate::failure::Outcome;

/// Why some neighbor does not have the route, or why that is not known; empty: each has what ExaBGP acknowledged.
pub fn without(route: &Route, status: &Status) -> Vec<Problem> {
    let (names, exabgp) = (&route.neighbors, &status.exabgp);
    let mut found: Vec<Problem> = names
        .iter()
        .filter_map(|name| of_name(name, exabgp))
        .collect();
    if nobody_has(route, status) {
        found.insert(0, worse("no neighbor is up, so nobody has it".to_owned()));
    } else {
        let own = exabgp.neighbors_of(route);
        found.extend(own.filter(|one| !one.is_up()).map(of_down));
    }
    if names.is_empty() && exabgp.neighbors.is_empty() {
        found.push(unknown("ExaBGP has told of no neighbor".to_owned()));
    }
    found.extend(holds_amiss(route, exabgp).cloned().map(worse));
    found
}

/// A neighbor that is named, and that ExaBGP does not have or has told nothing of.
fn of_name(name: &String, exabgp: &ExaBgp) -> Option<Problem> {
    match exabgp.lacking.contains(name) {
        true => Some(worse(format!("ExaBGP has no neighbor {name}"))),
        false if exabgp.has_told_of(name) => None,
        false => Some(unknown(format!("ExaBGP has told of no neighbor {name}"))),
    }
}

fn of_down(neighbor: &Neighbor) -> Problem {
    let name = &neighbor.neighbor;
    worse(match neighbor.lost_at_once {
        Some(_) => format!("neighbor {name} loses its session as soon as it is up"),
        None => format!("neighbor {name} is down"),
    })
}

fn worse(what: String) -> Problem {
    let outcome = Outcome::Worse;
    Problem { outcome, what }
}

fn unknown(what: String) -> Problem {
    let outcome = Outcome::Unknown;
    Problem { outcome, what }
}
