//! What changed is logged, and reported.

use std::time::Instant;

use log::log;

use super::Daemon;
use crate::change::Change;
use crate::drain::Stage;
use crate::program::Reason;
use crate::report;

impl Daemon {
    /// Logs what changed of a service, and tells the hooks.
    pub(super) fn tell_change(&mut self, service: &str, change: &Change, now: Instant) {
        let view = self.program.view();
        let Some(service) = view.config.and_then(|config| config.service(service)) else {
            return;
        };
        let Some(health) = view.judge.health(&service.name) else {
            return;
        };
        let stage = view.drains.stage(&service.name);
        let (level, line) = report::change(service, health, stage, change);
        log!(level, "{line}");
        if let Some(reports) = &mut self.reports {
            reports.changed(service, health, change, now);
        }
    }

    /// Logs to which stage a service's drain came from `before`.
    pub(super) fn tell_stage(&mut self, service: &str, before: Option<Stage>, now: Instant) {
        let view = self.program.view();
        let Some(service) = view.config.and_then(|config| config.service(service)) else {
            return;
        };
        let health = view.judge.health(&service.name);
        let (order, stage) = (
            view.drains.order(&service.name),
            view.drains.stage(&service.name),
        );
        let (level, line) = report::drain(service, health, order, (before, stage));
        log!(level, "{line}");
        if let (Some(reports), Some(health)) = (&mut self.reports, health) {
            reports.staged(service, health, &line, now);
        }
    }

    /// Counts what was judged.
    pub(super) fn tell_judged(&mut self, now: Instant) {
        if let Some(reports) = &mut self.reports {
            reports.judged(self.program.view(), now);
        }
    }

    /// Ends what the threads do, and tells last what was said last.
    pub(super) fn leave(&mut self, reason: &Reason, now: Instant) {
        let (view, words) = (self.program.view(), self.program.last_words());
        let last = self.reports.as_mut();
        let last = last.map(|it| it.snapshot(view, words, &self.settings, &self.edges, now));
        self.edges.leave();
        if let (Some(reports), Some(last)) = (&mut self.reports, last) {
            reports.leave(reason, last);
        }
    }

    /// Writes the files, where it is time.
    pub(super) fn tell_all(&mut self, now: Instant) {
        if let Some(reports) = &mut self.reports {
            reports.report(self.program.view(), &self.settings, &self.edges, now);
        }
    }
}
