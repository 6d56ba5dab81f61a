//! What a program has announced, and for which service. Pure.

use std::collections::BTreeMap;

use crate::route::{Route, RouteKey};

/// The routes that are out by the lines for ExaBGP, each with its service's name.
#[derive(Debug, Default)]
pub struct Out(BTreeMap<RouteKey, (Route, Option<String>)>);

impl Out {
    /// Forgets all routes.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The routes.
    pub fn keys(&self) -> impl Iterator<Item = &RouteKey> {
        self.0.keys()
    }

    /// Whether a route of the service is out.
    pub fn has(&self, service: &str) -> bool {
        let mut owners = self.0.values().map(|(_, owner)| owner.as_deref());
        owners.any(|owner| owner == Some(service))
    }

    /// Announces a route. True: an UPDATE follows.
    pub fn announce(&mut self, key: &RouteKey, route: &Route, service: Option<String>) -> bool {
        let before = self.0.remove(key);
        self.0.retain(|other, _| !covers(key, other));
        let is_new = before.is_none_or(|(before, _)| before != *route);
        self.0.insert(key.clone(), (route.clone(), service));
        is_new
    }

    /// Withdraws a route, and returns its service's name.
    pub fn withdraw(&mut self, key: &RouteKey) -> Option<String> {
        let mut gone = None;
        self.0.retain(|other, (_, service)| {
            let stays = !covers(key, other);
            if !stays {
                gone = gone.take().or(service.take());
            }
            stays
        });
        gone
    }
}

/// Whether a line about `key` also replaces `other`: a route for all neighbors may have been sent again to one of them alone.
fn covers(key: &RouteKey, other: &RouteKey) -> bool {
    let is_meant = |neighbor| key.neighbors.is_empty() || key.neighbors.contains(neighbor);
    let same = (key.prefix, key.path_information) == (other.prefix, other.path_information);
    same && match other.neighbors.is_empty() {
        true => key.neighbors.is_empty(),
        false => other.neighbors.iter().all(is_meant),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Attributes;

    fn key(neighbors: &[&str]) -> RouteKey {
        RouteKey {
            prefix: "9.9.9.9/32".parse().unwrap(),
            path_information: None,
            neighbors: neighbors.iter().map(|name| name.parse().unwrap()).collect(),
        }
    }

    fn out(keys: &[&RouteKey]) -> Out {
        let route = Route {
            next_hop: "192.0.2.1".parse().unwrap(),
            attributes: Attributes::default(),
        };
        let mut out = Out::default();
        for key in keys {
            assert!(out.announce(key, &route, Some("web".to_owned())));
        }
        out
    }

    #[test]
    fn a_withdrawal_for_all_takes_what_one_neighbor_was_healed_with() {
        let (all, one) = (key(&[]), key(&["192.0.2.4"]));
        let mut healed = out(&[&all, &one]);
        assert_eq!(healed.withdraw(&all).as_deref(), Some("web"));
        assert!(!healed.has("web"));
    }

    #[test]
    fn a_withdrawal_from_one_neighbor_leaves_the_others() {
        let (all, one, two) = (key(&[]), key(&["192.0.2.4"]), key(&["192.0.2.5"]));
        for left in [&all, &two] {
            let mut out = out(&[left, &one]);
            assert_eq!(out.withdraw(&one).as_deref(), Some("web"));
            assert_eq!(out.keys().collect::<Vec<_>>(), [left]);
        }
    }

    #[test]
    fn an_announcement_for_all_is_what_a_neighbor_has_too() {
        let (all, one) = (key(&[]), key(&["192.0.2.4"]));
        let out = out(&[&one, &all]);
        assert_eq!(out.keys().collect::<Vec<_>>(), [&all]);
    }
}
