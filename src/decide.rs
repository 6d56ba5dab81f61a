//! From health to the routes that should be out: pure, every prefix with its intent.

use std::collections::BTreeMap;

use crate::config::{Config, Service};
use crate::glance::Standing;
use crate::judge::Judge;
use crate::route::{Route, RouteKey};

/// What should be out: the arrow from `decide` to `announce`.
pub type Desired = BTreeMap<RouteKey, Intent>;

/// What should become of a managed route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// It should be out, like this.
    Announce(Route),
    /// It should not be out.
    Withdraw,
    /// Not known yet: whatever a predecessor left stays for the hold time.
    Leave,
}

/// The routes that the services' health calls for.
pub fn decide(config: &Config, judge: &Judge) -> Desired {
    let mut desired = Desired::new();
    for service in &config.services {
        let standing = judge.health(&service.name).map_or(Standing::NotYetKnown, |health| health.standing);
        desired.extend(intents(service, standing));
    }
    desired
}

/// A service's routes at a standing.
pub fn intents(service: &Service, standing: Standing) -> impl Iterator<Item = (RouteKey, Intent)> {
    service.prefixes.iter().map(move |(prefix, next_hop)| {
        let key = RouteKey {
            prefix: *prefix,
            path_information: service.path_information,
            neighbors: service.neighbors.clone(),
        };
        let attributes = match standing {
            Standing::Level(index) => service.levels.get(index).map(|level| &level.attributes),
            Standing::LastStanding => service.siblings.as_ref().map(|siblings| &siblings.attributes),
            Standing::Down | Standing::NotYetKnown => None,
        };
        let intent = match (attributes, standing) {
            (Some(attributes), _) => {
                Intent::Announce(Route { next_hop: *next_hop, attributes: attributes.clone() })
            }
            (None, Standing::NotYetKnown) => Intent::Leave,
            (None, _) => Intent::Withdraw,
        };
        (key, intent)
    })
}
