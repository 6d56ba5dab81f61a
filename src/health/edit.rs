//! Another configuration of the same service: what is known of it goes on, under the names that it has now.

use super::Health;
use crate::config::Service;
use crate::glance::Standing;

impl Health {
    /// The service is configured anew. What was counted, what fell, who was ill and how it stands stay as they were: an
    /// edit is no event.
    pub fn reconfigure(&mut self, before: &Service, after: &Service) {
        if before.levels.iter().map(|level| &level.name).ne(after.levels.iter().map(|level| &level.name)) {
            self.runs.clear();
            self.pending = self.pending.filter(|pending| pending.until.is_some()).and_then(|pending| {
                let target = renamed(pending.target, before, after)?;
                Some(super::Pending { target, ..pending })
            });
        }
        // A level that is not there any more: the route stays as it is until the service was looked at.
        self.standing = renamed(self.standing, before, after).unwrap_or(Standing::NotYetKnown);
        if after.siblings.is_none() {
            self.resort = None;
        }
    }
}

/// The same standing under the levels' places now; absent: the level is not there any more.
fn renamed(standing: Standing, before: &Service, after: &Service) -> Option<Standing> {
    let Standing::Level(index) = standing else { return Some(standing) };
    let name = &before.levels.get(index)?.name;
    after.levels.iter().position(|level| level.name == *name).map(Standing::Level)
}
