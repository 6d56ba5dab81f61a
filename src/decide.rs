//! From health and wishes to the routes that should be out. Pure.
//! In come the health of each service and the stage of its drain.
//! Out goes each prefix with its intent: announce so, withdraw, or leave as it is.

use std::collections::BTreeMap;

use crate::config::{Config, Service};
use crate::drain::Stage;
use crate::health::Health;
use crate::judge::Judge;
use crate::route::{Route, RouteKey};
use crate::standing::Standing;

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

/// The routes that the services' health and the stages of their drains call for.
pub fn decide(config: &Config, judge: &Judge, stage: impl Fn(&str) -> Option<Stage>) -> Desired {
    let mut desired = Desired::new();
    for service in &config.services {
        let health = judge.health(&service.name);
        let standing = health.map_or(Standing::NotYetKnown, Health::standing);
        desired.extend(intents(service, standing, stage(&service.name)));
    }
    desired
}

/// At this standing a service's routes are out, unless it is drained.
pub fn is_announced(standing: Standing) -> bool {
    matches!(
        standing,
        Standing::Takeover | Standing::Level(_) | Standing::LastStanding
    )
}

/// A service's routes at a standing, and at a stage of its drain.
pub fn intents(
    service: &Service,
    standing: Standing,
    drain: Option<Stage>,
) -> impl Iterator<Item = (RouteKey, Intent)> {
    service.prefixes.iter().map(move |(prefix, next_hop)| {
        let key = service.route_key(*prefix);
        let attributes = match (standing, drain) {
            (_, Some(Stage::Withdrawn)) | (Standing::Down | Standing::NotYetKnown, _) => None,
            (Standing::Level(index), None | Some(Stage::Asking)) => {
                service.levels.get(index).map(|level| &level.attributes)
            }
            (
                Standing::Takeover | Standing::Level(_) | Standing::LastStanding,
                Some(Stage::Waiting),
            ) => {
                return (key, Intent::Leave);
            }
            // A longer path would lead clients to the silent one.
            (Standing::Takeover, _) => {
                let level = service.levels.first().map(|level| &level.attributes);
                service.takeover().map(|rule| &rule.attributes).or(level)
            }
            (Standing::Level(index), Some(Stage::Depreferred | Stage::Held)) => {
                service.levels.get(index).map(|level| &level.drained)
            }
            (Standing::LastStanding, _) => service
                .siblings
                .as_ref()
                .map(|siblings| &siblings.attributes),
        };
        let intent = match (attributes, standing) {
            (Some(attributes), _) => Intent::Announce(Route {
                next_hop: *next_hop,
                attributes: attributes.clone(),
            }),
            // A drain withdraws it whatever its state is.
            (None, _) if drain == Some(Stage::Withdrawn) => Intent::Withdraw,
            (None, Standing::NotYetKnown) => Intent::Leave,
            (None, _) => Intent::Withdraw,
        };
        (key, intent)
    })
}
