//! Readings in a row, by the standing that they are good enough for.

use crate::config::Service;
use crate::glance::Standing;

/// Readings in a row that are good enough for a standing, by its place: the levels, best first, then the last resort.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Runs(Vec<u32>);

impl Runs {
    /// None so far.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// One reading that leads to `target`.
    pub fn count(&mut self, service: &Service, target: Standing) {
        self.0.resize(service.levels.len() + 1, 0);
        for (standing, run) in standings(service).zip(&mut self.0) {
            *run = if target.rank() <= standing.rank() {
                *run + 1
            } else {
                0
            };
        }
    }

    /// One reading that leads to `target`, and says nothing new of what it is good enough for: what it is not good enough
    /// for begins anew all the same.
    pub fn break_off(&mut self, service: &Service, target: Standing) {
        let better = standings(service)
            .zip(&mut self.0)
            .filter(|(standing, _)| standing.rank() < target.rank());
        better.for_each(|(_, run)| *run = 0);
    }

    /// Readings in a row that are good enough for it.
    pub fn of(&self, service: &Service, standing: Standing) -> u32 {
        let place = standings(service).position(|known| known == standing);
        place
            .and_then(|place| self.0.get(place))
            .copied()
            .unwrap_or(0)
    }

    /// The best standing above `from` that enough of them support.
    pub fn supported(&self, service: &Service, from: Standing) -> Option<Standing> {
        let better = standings(service).filter(|standing| standing.rank() < from.rank());
        better
            .into_iter()
            .find(|standing| self.of(service, *standing) >= standing.rise(service))
    }
}

/// What a way up may lead to, best first.
fn standings(service: &Service) -> impl Iterator<Item = Standing> {
    (0..service.levels.len())
        .map(Standing::Level)
        .chain([Standing::LastStanding])
}
