//! The way down, and the move itself.

use std::time::Instant;

use super::{Health, Look, Pending, State};
use crate::change::Change;

impl Health {
    /// One reading of those that a worse state takes. An operator's wish takes one.
    pub(super) fn falls(&mut self, look: &Look<'_>, target: State) -> Option<Change> {
        self.gives_up_waiting(look.now);
        let at_once = look.glance.wish || self.state == State::NotYetKnown;
        // A fall that was begun with an old reading has counted nothing yet.
        let is_fall = |pending: &Pending| pending.target > self.state && pending.count > 0;
        let before = self.pending.filter(is_fall);
        let counts = look.counts(before.is_none());
        let count = before.map_or(0, |pending| pending.count) + u32::from(counts);
        let nearest = match before {
            Some(pending) if !at_once => pending.target.min(target),
            _ => target,
        };
        let needed = if at_once {
            1
        } else {
            self.state.fall(look.service)
        };
        if counts {
            self.counted = Some(look.now);
        }
        let pending = Pending {
            target: nearest,
            count,
            needed,
            since: before.map_or(look.now, |pending| pending.since),
            until: None,
        };
        if count < needed {
            self.pending = Some(pending);
            return None;
        }
        // A reading worse than what all of them reached is the first one of a further fall.
        self.pending = (nearest != target).then_some(Pending {
            target,
            count: 1,
            since: look.now,
            ..pending
        });
        self.why.clone_from(&look.glance.why);
        Some(self.move_to(look, nearest, look.glance.wish))
    }

    /// Drops a rise that is pending. If it was kept back, damping has spared the routers a flap.
    pub(super) fn gives_up_waiting(&mut self, now: Instant) {
        let rises = |pending: &Pending| pending.target < self.state;
        let Some(pending) = self.pending.filter(rises) else {
            return;
        };
        if pending.until.is_some() {
            self.absorbed = self.absorbed.saturating_add(1);
            self.flaps.stirred(now);
        }
        self.pending = None;
    }

    pub(super) fn move_to(&mut self, look: &Look<'_>, to: State, wished: bool) -> Change {
        let (from_standing, from) = (self.standing(), std::mem::replace(&mut self.state, to));
        let was_out = from_standing != State::NotYetKnown.into();
        let fell = was_out && matches!(from, State::Level(_)) && to > from;
        // However many levels it passes on its way down: one outage is one fall.
        let damping = look.service.damping;
        if let Some(rules) = damping.filter(|_| fell && !wished && !self.fallen) {
            self.flaps.fell(&rules, look.now);
        }
        match to {
            _ if fell => (self.wished, self.fallen) = (wished, self.fallen || !wished),
            State::Level(_) => self.fallen = false,
            State::LastStanding | State::Down | State::NotYetKnown => {}
        }
        self.since = look.now;
        self.siblings.alone_logged = false;
        let (from, to) = (from.into(), to.into());
        Change::Moved { from, to }
    }
}
