//! What cannot be told: everything stays as it is for a while, then the policy rules.

use super::step::Reading;
use super::{Health, Look, Pending, State, Unknown};
use crate::change::Change;
use crate::config::ThenUnknown;

impl Health {
    /// What the look says, and since when it says nothing.
    pub(super) fn reading(&mut self, look: &Look<'_>) -> Reading {
        if let Some(target) = look.target {
            self.unknown = None;
            return Reading::Known(target);
        }
        let unknown = self.unknown.get_or_insert(Unknown {
            since: look.now,
            expired: false,
        });
        let held = look.now.saturating_duration_since(unknown.since);
        let is_over = held >= look.service.hold;
        unknown.expired |= is_over;
        if is_over {
            Reading::Overdue(look.after_hold())
        } else {
            Reading::Unknown
        }
    }

    /// Moves at once, by what is certain after the hold.
    pub(super) fn moves(&mut self, look: &Look<'_>, to: State) -> Change {
        self.pending = None;
        self.why.clone_from(&look.glance.why);
        // What was asked before, and comes late, is no reason to come back.
        self.counted = Some(look.now);
        self.move_to(look, to, false)
    }

    /// A fall goes on counting afterwards, a rise starts anew: both are the careful side. A rise that is confirmed
    /// and kept back stays pending: one lost poll must not cost minutes.
    pub(super) fn holds(&mut self, look: &Look<'_>, is_new: bool) -> Option<Change> {
        let goes_on = |pending: &Pending| pending.target > self.state || pending.until.is_some();
        self.pending = self.pending.filter(goes_on);
        is_new.then(|| Change::Holding {
            why: look.glance.why.clone(),
            hold: look.service.hold,
            then: look.after_hold().map(State::into),
        })
    }
}

impl Look<'_> {
    /// Where the policy leads after the hold time; absent: nowhere.
    fn after_hold(&self) -> Option<State> {
        match (self.certain, self.service.then) {
            (Some(State::Down | State::LastStanding), ThenUnknown::Keep) => None,
            (certain, _) => certain,
        }
    }
}
