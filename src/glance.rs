//! What one look says of a service, without its history. Pure.
//! In come a service's configuration and an observation.
//! Out goes the level that should be in force, and why.

use std::time::Instant;

use crate::config::Service;
use crate::last_resort::{LastResort, last_resort};
use crate::observation::Observation;
use crate::standing::State;
use crate::verdict::{Past, Truth, Verdict, all, verdict};

pub use crate::standing::Standing;

/// What one look says of a service, without its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// The level that should be in force, or `Down`; absent: it cannot be told.
    pub target: Option<State>,
    /// The best level that is known to hold whatever the unknown ones are; `Down` where there is none.
    pub certain: State,
    /// A worse level is the target by an operator's wish.
    pub wish: bool,
    /// In words and figures.
    pub why: String,
    /// Each level's own verdict, best first.
    pub levels: Vec<Verdict>,
    /// What is known for the case that no level holds; absent where no siblings are configured.
    pub last_resort: Option<LastResort>,
}

impl Glance {
    /// Where the service would stand if it was seen like this for ever, and the siblings' part in it.
    pub fn settled(&self, now: Instant) -> (Option<State>, String) {
        match (self.target, &self.last_resort) {
            (Some(State::Down), Some(resort)) => resort.state(State::Down, Some(now)),
            (target, _) => (target, String::new()),
        }
    }
}

/// Looks at one service without its history.
pub fn glance(service: &Service, seen: &Observation, past: Past<'_>) -> Glance {
    let address = addresses(service, seen);
    let levels: Vec<Verdict> = service
        .levels
        .iter()
        .map(|level| with_address(&address, verdict(&level.when, seen, past)))
        .collect();
    let first_unknown = levels
        .iter()
        .position(|level| level.truth == Truth::Unknown);
    let first_yes = levels.iter().position(|level| level.truth == Truth::Yes);
    let certain = first_yes.map_or(State::Down, State::Level);
    let decisive = match (first_unknown, first_yes) {
        (Some(unknown), yes) if yes.is_none_or(|yes| unknown < yes) => unknown,
        (_, Some(yes)) => yes,
        // Nothing holds: the last level asks for least, so its reason says most.
        (_, None) => levels.len().saturating_sub(1),
    };
    let told = levels.get(decisive);
    let target = match told.map(|level| level.truth) {
        Some(Truth::Unknown) => None,
        Some(Truth::Yes) => Some(State::Level(decisive)),
        _ => Some(State::Down),
    };
    // The reason why the level above does not hold is the reason for a worse one.
    let above = decisive
        .checked_sub(1)
        .and_then(|index| levels.get(index))
        .filter(|_| target != Some(State::Down));
    let wish = levels
        .iter()
        .take(decisive + 1)
        .any(|level| level.truth == Truth::No && level.wish);
    let why = above
        .or(told)
        .map(|level| level.why.clone())
        .unwrap_or_default();
    let last_resort = service
        .siblings
        .as_ref()
        .map(|siblings| last_resort(service, siblings, &address, seen, past));
    Glance {
        target,
        certain,
        wish,
        why,
        levels,
        last_resort,
    }
}

/// The condition that every host prefix implies: its address is on this host.
fn addresses(service: &Service, seen: &Observation) -> Verdict {
    let hosts = service
        .prefixes
        .iter()
        .filter_map(|(prefix, _)| prefix.host())
        .filter(|_| service.require_address);
    all(hosts
        .map(|address| match seen.addresses.get(&address) {
            Some(Ok(true)) => Verdict::new(Truth::Yes, String::new()),
            Some(Ok(false)) => {
                Verdict::new(Truth::No, format!("address {address} is not on this host"))
            }
            Some(Err(why)) => Verdict::new(
                Truth::Unknown,
                format!("cannot tell whether address {address} is on this host: {why}"),
            ),
            None => Verdict::new(
                Truth::Unknown,
                format!("address {address} was not looked for yet"),
            ),
        })
        .collect())
}

fn with_address(address: &Verdict, level: Verdict) -> Verdict {
    if address.truth == Truth::Yes {
        level
    } else {
        all(vec![address.clone(), level])
    }
}
