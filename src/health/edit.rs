//! Another configuration of the same service: what is known of it goes on, under the names that it has now.

use super::Health;
use crate::config::Service;
use crate::standing::{Standing, State};

impl Health {
    /// The service is configured anew. What was counted, what fell, who was ill and how it stands stay as they were: an
    /// edit is no event.
    pub fn reconfigure(&mut self, before: &Service, after: &Service) {
        if !has_the_same_places(before, after) {
            self.runs.clear();
            self.pending = self
                .pending
                .filter(|pending| pending.until.is_some())
                .and_then(|pending| {
                    let target = renamed(pending.target, before, after)?;
                    Some(super::Pending { target, ..pending })
                });
        }
        // Where the level in force is gone, or a takeover would begin or end because another level is the best one
        // now, the route stays as it is until the service was looked at.
        let takes_over = |health: &Self| health.standing() == Standing::Takeover;
        let took_over = takes_over(self);
        self.state = renamed(self.state, before, after).unwrap_or(State::NotYetKnown);
        if takes_over(self) != took_over {
            self.state = State::NotYetKnown;
        }
        if after.siblings.is_none() {
            self.siblings.resort = None;
            // Without siblings there is no last resort.
            let target = |pending: super::Pending| match pending.target {
                State::LastStanding => State::Down,
                other => other,
            };
            self.pending = self.pending.map(|pending| super::Pending {
                target: target(pending),
                ..pending
            });
        }
    }
}

/// Each level is where it was.
fn has_the_same_places(before: &Service, after: &Service) -> bool {
    let levels = || (0..before.levels.len()).map(State::Level);
    before.levels.len() == after.levels.len()
        && levels().all(|level| renamed(level, before, after) == Some(level))
}

/// The same state under the levels' places now; absent: the level is not there any more. A level is known by its name,
/// and one of a name that is gone by its condition.
fn renamed(state: State, before: &Service, after: &Service) -> Option<State> {
    let State::Level(index) = state else {
        return Some(state);
    };
    let level = before.levels.get(index)?;
    let is_new = |name: &str| before.levels.iter().all(|known| known.name != name);
    let by_name = after
        .levels
        .iter()
        .position(|other| other.name == level.name);
    let by_condition = || {
        after
            .levels
            .iter()
            .position(|other| is_new(&other.name) && other.when == level.when)
    };
    by_name.or_else(by_condition).map(State::Level)
}
