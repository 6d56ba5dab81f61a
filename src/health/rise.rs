//! The way up: to the best level that enough readings in a row support, in one move where that is possible.

use std::time::Instant;

use super::{Fresh, Health, Pending};
use crate::change::Change;
use crate::config::Service;
use crate::glance::{Alone, Glance, Standing};

impl Health {
    pub(super) fn rises(
        &mut self,
        service: &Service,
        glance: &Glance,
        target: Standing,
        fresh: Fresh,
        now: Instant,
    ) -> Option<Change> {
        let before = self
            .pending
            .filter(|pending| pending.target.rank() < self.standing.rank());
        if before.is_none() {
            self.runs.clear();
        }
        if fresh.newer && (fresh.apart || before.is_none()) {
            self.runs.count(service, target);
            self.counted = Some(now);
        } else {
            self.runs.break_off(service, target);
        }
        let since = before.map_or(now, |pending| pending.since);
        let until = before.and_then(|pending| pending.until);
        let towards = |to: Standing, until| Pending {
            target: to,
            count: self.runs.of(service, to),
            needed: to.rise(service),
            since,
            until,
        };
        let Some(supported) = self.supported(service, target) else {
            self.pending = Some(towards(target, until));
            return None;
        };
        if self.waits_for_more(service, target, supported) {
            self.pending = Some(towards(target, until));
            return None;
        }
        let pending = towards(supported, None);
        // Who is the only one left serves at once; if it was kept back until now, by what is seen now.
        let kept_back = match self.alone() {
            Alone::Yes => until.map(|until| (until.min(fresh.asked), None)),
            // An edit may have taken away what keeps it back.
            _ => self
                .kept_back(service, &pending, now)
                .or(until.map(|until| (until.min(fresh.asked), None))),
        };
        // What was seen before the end says nothing of how it is then, and an edit may have brought the end here.
        let is_old = |end: Instant| end > fresh.asked || until.is_some() && !fresh.newer;
        if let Some((end, falls)) = kept_back.filter(|(end, _)| is_old(*end)) {
            self.pending = Some(Pending {
                until: Some(end),
                ..pending
            });
            self.why.clone_from(&glance.why);
            let wait = end.saturating_duration_since(now);
            let is_new = until.is_none() && !wait.is_zero();
            return is_new.then_some(Change::KeptBack {
                target: supported,
                wait,
                falls,
            });
        }
        self.pending = (target != supported).then(|| towards(target, None));
        self.why = self.why_not_better(service, glance, target, supported);
        self.move_to(service, supported, false, now)
    }

    /// Where enough readings lead. To the last resort only while it is one: on the way to a level, a sibling that is
    /// healthy serves meanwhile.
    fn supported(&self, service: &Service, target: Standing) -> Option<Standing> {
        self.runs
            .supported(service, self.standing)
            .filter(|standing| {
                *standing != Standing::LastStanding
                    || target == Standing::LastStanding
                    || self.alone() == Alone::Yes
            })
    }

    /// The last readings lead further than all of them, and a few more tell whether that goes on: one move instead of
    /// two. A level that takes more readings than the other is not waited for, and the only region that is left waits
    /// for nothing.
    fn waits_for_more(&self, service: &Service, target: Standing, supported: Standing) -> bool {
        target.rank() < supported.rank()
            && self.alone() != Alone::Yes
            && target.rise(service) <= supported.rise(service)
    }

    /// The reason, and why it is not the level that the last reading leads to.
    fn why_not_better(
        &self,
        service: &Service,
        glance: &Glance,
        target: Standing,
        supported: Standing,
    ) -> String {
        let better = match target {
            Standing::Level(index) if target != supported => service.levels.get(index),
            _ => None,
        };
        let Some(level) = better else {
            return glance.why.clone();
        };
        let (count, needed) = (self.runs.of(service, target), target.rise(service));
        format!(
            "{}; '{}' for {count} of {needed} readings",
            glance.why, level.name
        )
    }

    /// Until when a rise that is confirmed is kept back, and how many falls are the reason if it is not the warm-up.
    fn kept_back(
        &self,
        service: &Service,
        pending: &Pending,
        now: Instant,
    ) -> Option<(Instant, Option<u32>)> {
        if !matches!(pending.target, Standing::Level(_)) {
            return None;
        }
        let from_level = matches!(self.standing, Standing::Level(_));
        let warm = (!from_level).then(|| (self.started + service.warm_up, None));
        // An outage is waited for once, to whatever level it ends.
        let damped = service
            .damping
            .filter(|_| self.fallen && !self.wished)
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
