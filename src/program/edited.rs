//! What an edit does to the routes, for the log: no change of health says it.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;
use crate::decide::Intent;
use crate::note::Notes;
use crate::route::{Neighbor, Prefix, Route, RouteKey};
use crate::value::Joined;

/// Of each service the routes that should be out.
pub(super) type ByService = BTreeMap<String, Routes>;
type Routes = BTreeMap<Prefix, Announced>;

/// A route that should be out.
#[derive(Debug)]
pub(super) struct Announced {
    /// The neighbors that it is for; empty: every neighbor.
    neighbors: Vec<Neighbor>,
    route: Route,
}

/// The routes of a service that should be out.
pub(super) fn announced(intents: impl Iterator<Item = (RouteKey, Intent)>) -> Routes {
    let announced = intents.filter_map(|(key, intent)| match intent {
        Intent::Announce(route) => {
            let neighbors = key.neighbors;
            Some((key.prefix, Announced { neighbors, route }))
        }
        Intent::Withdraw | Intent::Leave => None,
    });
    announced.collect()
}

/// Logs the prefixes that no service has any more, and what is announced otherwise than before.
pub(super) fn note(
    before: &Config,
    after: &Config,
    (was, is): (&ByService, &ByService),
    notes: &mut Notes,
) {
    let now = prefixes(after);
    for service in &before.services {
        let all = service.prefixes.iter().map(|(prefix, _)| prefix);
        let gone = all.filter(|prefix| !now.contains(prefix)).joined(", ");
        if !gone.is_empty() {
            let name = &service.name;
            notes.info(format!(
                "service {name}: {gone} not configured any more, withdrawing"
            ));
        }
    }
    for (name, routes) in is {
        for (words, prefixes) in differing(was.get(name), routes) {
            let prefixes = prefixes.into_iter().joined(", ");
            notes.info(format!(
                "service {name}: edited, announcing {prefixes} {words}"
            ));
        }
    }
}

fn prefixes(config: &Config) -> BTreeSet<&Prefix> {
    let services = config.services.iter();
    let all = services.flat_map(|service| &service.prefixes);
    all.map(|(prefix, _)| prefix).collect()
}

/// How the routes of a service that was announced differ, and whose do so.
fn differing<'is>(was: Option<&Routes>, is: &'is Routes) -> BTreeMap<String, Vec<&'is Prefix>> {
    let mut differing = BTreeMap::<_, Vec<_>>::new();
    // What was not announced before is said by the change of health that announces it.
    if let Some(was) = was.filter(|was| !was.is_empty()) {
        for (prefix, after) in is {
            let words = match was.get(prefix) {
                Some(before) => difference(before, after),
                None => Some("too".to_owned()),
            };
            if let Some(words) = words {
                differing.entry(words).or_default().push(prefix);
            }
        }
    }
    differing
}

fn difference(before: &Announced, after: &Announced) -> Option<String> {
    let next_hop = (after.route.next_hop != before.route.next_hop).then(|| {
        let (is, was) = (after.route.next_hop, before.route.next_hop);
        format!("with another next-hop ({is}, was {was})")
    });
    let neighbors = (after.neighbors != before.neighbors).then(|| {
        let (is, was) = (listed(&after.neighbors), listed(&before.neighbors));
        format!("to {is} (was {was})")
    });
    let attributes = after.route.attributes.difference(&before.route.attributes);
    let all = [attributes, next_hop, neighbors].into_iter().flatten();
    Some(all.joined(", ")).filter(|words| !words.is_empty())
}

fn listed(neighbors: &[Neighbor]) -> String {
    match neighbors {
        [] => "every neighbor".to_owned(),
        some => some.iter().joined(", "),
    }
}
