//! Readings in a row, by the state that they are good enough for.

use crate::config::Service;
use crate::standing::State;

/// Readings in a row that are good enough for a state, by its place: the levels, best first, then the last resort.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Runs(Vec<u32>);

impl Runs {
    /// None so far.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// One reading that leads to `target`.
    pub fn count(&mut self, service: &Service, target: State) {
        self.0.resize(service.levels.len() + 1, 0);
        for (state, run) in states(service).zip(&mut self.0) {
            *run = if target <= state { *run + 1 } else { 0 };
        }
    }

    /// One reading that leads to `target` and is not counted. Runs of better states begin anew all the same.
    pub fn break_off(&mut self, service: &Service, target: State) {
        let better = states(service)
            .zip(&mut self.0)
            .filter(|(state, _)| *state < target);
        better.for_each(|(_, run)| *run = 0);
    }

    /// Readings in a row that are good enough for it.
    pub fn of(&self, service: &Service, state: State) -> u32 {
        let place = states(service).position(|known| known == state);
        place
            .and_then(|place| self.0.get(place))
            .copied()
            .unwrap_or(0)
    }

    /// The best state above `from` that enough of them support.
    pub fn supported(&self, service: &Service, from: State) -> Option<State> {
        let better = states(service).filter(|state| *state < from);
        better
            .into_iter()
            .find(|state| self.of(service, *state) >= state.rise(service))
    }
}

/// What a way up may lead to, best first.
fn states(service: &Service) -> impl Iterator<Item = State> {
    (0..service.levels.len())
        .map(State::Level)
        .chain([State::LastStanding])
}
