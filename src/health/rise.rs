//! The way up: to the best level that enough readings in a row support, in one move where that is possible.

use std::time::Instant;

use super::{Health, Look, Pending, State};
use crate::change::Change;
use crate::config::Service;
use crate::last_resort::Alone;

impl Health {
    /// One reading of those that a better state takes.
    pub(super) fn rises(&mut self, look: &Look<'_>, target: State) -> Option<Change> {
        let (service, now) = (look.service, look.now);
        let before = self.pending.filter(|pending| pending.target < self.state);
        if before.is_none() {
            self.runs.clear();
        }
        if look.counts(before.is_none()) {
            self.runs.count(service, target);
            self.counted = Some(now);
        } else {
            self.runs.break_off(service, target);
        }
        let since = before.map_or(now, |pending| pending.since);
        let until = before.and_then(|pending| pending.until);
        let towards = |to: State, until| Pending {
            target: to,
            count: self.runs.of(service, to),
            needed: to.rise(service),
            since,
            until,
        };
        let supported = self.supported(service, target);
        let Some(supported) = supported.filter(|to| !self.waits_for_more(service, target, *to))
        else {
            self.pending = Some(towards(target, until));
            return None;
        };
        let (pending, further) = (towards(supported, None), towards(target, None));
        if let Some((end, falls)) = self.still_kept_back(look, &pending, until) {
            self.pending = Some(Pending {
                until: Some(end),
                ..pending
            });
            self.why.clone_from(&look.glance.why);
            let wait = end.saturating_duration_since(now);
            let is_new = until.is_none() && !wait.is_zero();
            return is_new.then_some(Change::KeptBack {
                target: supported.into(),
                wait,
                falls,
            });
        }
        self.pending = (target != supported).then_some(further);
        self.why = self.why_not_better(look, target, supported);
        Some(self.move_to(look, supported, false))
    }

    /// As [`Self::kept_back`], for a rise that was kept back until `until` so far; absent: not any more.
    fn still_kept_back(
        &self,
        look: &Look<'_>,
        pending: &Pending,
        until: Option<Instant>,
    ) -> Option<(Instant, Option<u32>)> {
        // An edit, or the siblings' word, may have taken away what kept it back.
        let by_what_is_seen_now = until.map(|until| (until.min(look.asked), None));
        let kept_back = self.kept_back(look.service, pending, look.now);
        let end = kept_back.or(by_what_is_seen_now);
        // A look before the end says nothing of the state at the end, and an edit may have brought the end forward.
        end.filter(|(end, _)| *end > look.asked || until.is_some() && !look.newer)
    }

    /// The best state that enough readings support. The last resort counts only while it is one: on the way to a
    /// level, a healthy sibling serves meanwhile.
    fn supported(&self, service: &Service, target: State) -> Option<State> {
        self.runs.supported(service, self.state).filter(|state| {
            *state != State::LastStanding
                || target == State::LastStanding
                || self.alone() == Alone::Yes
        })
    }

    /// The last readings lead to a better state than all of them support: a few more may make one move of two. A
    /// level that takes more readings than the other is not waited for, and the only region that is left waits for
    /// nothing.
    fn waits_for_more(&self, service: &Service, target: State, supported: State) -> bool {
        target < supported
            && self.alone() != Alone::Yes
            && target.rise(service) <= supported.rise(service)
    }

    /// The reason, and why it is not the level that the last reading leads to.
    fn why_not_better(&self, look: &Look<'_>, target: State, supported: State) -> String {
        let service = look.service;
        let better = match target {
            State::Level(index) if target != supported => service.levels.get(index),
            _ => None,
        };
        let Some(level) = better else {
            return look.glance.why.clone();
        };
        let (count, needed) = (self.runs.of(service, target), target.rise(service));
        format!(
            "{}; '{}' for {count} of {needed} readings",
            look.glance.why, level.name
        )
    }

    /// Until when a rise that is confirmed is kept back, and how many falls are the reason if it is not the warm-up.
    /// The only region that is left serves at once: without warm-up, and without damping once several answers in a
    /// row say so.
    fn kept_back(
        &self,
        service: &Service,
        pending: &Pending,
        now: Instant,
    ) -> Option<(Instant, Option<u32>)> {
        if !matches!(pending.target, State::Level(_)) {
            return None;
        }
        let from_level = matches!(self.state, State::Level(_));
        let warms_up = !from_level && self.alone() != Alone::Yes;
        let warm = warms_up.then(|| (self.started + service.warm_up, None));
        // One outage is one wait, whichever level it ends at.
        let damped = service
            .damping
            .filter(|_| self.fallen && !self.wished && !self.siblings.are_surely_ill())
            .map(|rules| {
                (
                    pending.since + self.flaps.wait(&rules, now),
                    Some(self.flaps.remembered(&rules, now)),
                )
            });
        warm.into_iter()
            .chain(damped)
            .max_by_key(|(until, _)| *until)
    }
}
