//! The proxies and servers that conditions name, and those that HAProxy has. Pure.

use crate::condition::{Condition, Count};
use crate::config::Place;

/// A name in a condition, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named<'a> {
    pub(super) place: Place,
    pub(super) proxy: &'a str,
    pub(super) frontend: bool,
    pub(super) servers: Vec<&'a str>,
    pub(super) count_backup: bool,
    /// `min_active`: so many servers must be usable.
    pub(super) wanted: u32,
}

pub(super) fn named<'a>(condition: &'a Condition, place: &Place) -> Vec<Named<'a>> {
    let several = |list: Vec<&'a Condition>, place: Place| -> Vec<Named<'a>> {
        list.into_iter()
            .enumerate()
            .flat_map(|(index, inner)| named(inner, &place.index(index)))
            .collect()
    };
    match condition {
        Condition::All(list) => several(list.iter().collect(), place.key("all")),
        Condition::Any(list) => several(list.iter().collect(), place.key("any")),
        Condition::AtLeast(rule) => {
            several(rule.of.iter().collect(), place.key("at_least").key("of"))
        }
        Condition::Not(inner) => named(inner, &place.key("not")),
        Condition::Backend(rule) => vec![Named {
            place: place.key("backend"),
            proxy: rule.name.as_str(),
            frontend: false,
            servers: rule.servers.iter().map(|server| server.as_str()).collect(),
            count_backup: rule.count_backup,
            wanted: rule.min_active.map_or(1, Count::get),
        }],
        Condition::Frontend(rule) => {
            vec![Named {
                place: place.key("frontend"),
                proxy: rule.name.as_str(),
                frontend: true,
                servers: Vec::new(),
                count_backup: false,
                wanted: 0,
            }]
        }
        Condition::Http(_) | Condition::Tcp(_) | Condition::File(_) | Condition::Command(_) => {
            Vec::new()
        }
    }
}

impl Named<'_> {
    /// `frontend` or `backend`.
    pub(super) fn kind(&self) -> &'static str {
        if self.frontend { "frontend" } else { "backend" }
    }
}

/// Every proxy that HAProxy has: its name, whether it is a frontend, whether a backend.
pub type Proxies = Vec<(String, bool, bool)>;
