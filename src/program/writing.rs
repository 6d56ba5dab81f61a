//! The write to ExaBGP that is under way, one at a time, and for how long ExaBGP has not read it.

use std::time::Instant;

use crate::announce::ANSWER;
use crate::note::Notes;

/// The writer's state.
#[derive(Debug, Default)]
pub(super) struct Writing {
    since: Option<Instant>,
    complained: bool,
}

impl Writing {
    pub(super) fn begin(&mut self, now: Instant) {
        self.since = Some(now);
    }

    pub(super) fn done(&mut self, notes: &mut Notes) {
        self.since = None;
        if std::mem::take(&mut self.complained) {
            notes.info("ExaBGP reads again");
        }
    }

    /// No write is under way.
    pub(super) fn is_free(&self) -> bool {
        self.since.is_none()
    }

    /// ExaBGP's pipe is full: whether its sessions are up is not known.
    pub(super) fn is_stuck(&self, now: Instant) -> bool {
        self.since.is_some_and(|since| now >= since + ANSWER)
    }

    pub(super) fn pass_time(&mut self, notes: &mut Notes, now: Instant) {
        if self.is_stuck(now) && !self.complained {
            self.complained = true;
            notes.warn(format!(
                "ExaBGP has not read what was written to it for {} s; waiting for it, and no other region is told meanwhile that a route is out",
                ANSWER.as_secs()
            ));
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.since
            .filter(|_| !self.complained)
            .map(|since| since + ANSWER)
    }
}
