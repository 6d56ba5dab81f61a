//! The siblings' part in a service's health: what is known of them, and whether they are to be asked.

use std::time::Instant;

use crate::glance::Glance;
use crate::last_resort::{Alone, Ill, LastResort, Returns};
use crate::standing::State;

/// What is known of the siblings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Siblings {
    /// For the case that no level holds; absent without siblings.
    pub resort: Option<LastResort>,
    /// Those that came back.
    pub returns: Returns,
    ill: Ill,
    /// Since when no level has held.
    pub lost: Option<Instant>,
    pub question: Question,
    /// The log knows that no sibling is healthy.
    pub alone_logged: bool,
}

/// Whether an answer of the siblings is waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Question {
    /// It is not, or all of them were asked.
    #[default]
    Closed,
    /// They are asked once this NVA's health page does not say any more that the route is out.
    AfterSilence,
    /// They are asked now.
    Open,
}

impl Siblings {
    /// Remembers what a look says.
    pub fn take(&mut self, glance: &Glance, now: Instant) {
        match &glance.last_resort {
            Some(resort) => {
                self.returns.take(resort);
                self.ill.take(resort);
            }
            None => self.ill = Ill::default(),
        }
        self.resort.clone_from(&glance.last_resort);
        match glance.target {
            Some(State::Level(_)) => self.lost = None,
            Some(_) => self.lost = self.lost.or(Some(now)),
            None => {}
        }
    }

    /// Whether this is the only region that is left.
    pub fn alone(&self) -> Alone {
        let resort = self.resort.as_ref();
        resort.map(LastResort::alone).unwrap_or_default()
    }

    /// This is the only region that is left, by several answers in a row.
    pub fn are_surely_ill(&self) -> bool {
        self.ill.is_sure()
    }

    /// Answers count that were asked for after this time; absent: none is asked for.
    pub fn reference(&self, state: State, since: Instant) -> Option<Instant> {
        match state {
            State::LastStanding => Some(since),
            State::NotYetKnown => self.lost,
            State::Level(_) | State::Down => None,
        }
    }

    /// Decides whether they are asked now, for a service that has stood at `state` since `since`. `silent_since`:
    /// since when this NVA's health page does not say that the route is out.
    pub fn ask(
        &mut self,
        (state, since): (State, Instant),
        silent_since: Option<Instant>,
        now: Instant,
    ) {
        let wanted = self.reference(state, since);
        self.question = match (&self.resort, wanted, silent_since) {
            (None, _, _) | (_, None, _) => Question::Closed,
            (_, _, None) => Question::AfterSilence,
            (Some(resort), Some(wanted), Some(silent)) => {
                let is_back = self.trusts_again(state).is_some_and(|at| now >= at);
                if is_back || !resort.was_asked_since(wanted.max(silent)) {
                    Question::Open
                } else {
                    Question::Closed
                }
            }
        };
    }

    /// When a sibling that came back is trusted.
    pub fn trusts_again(&self, state: State) -> Option<Instant> {
        let waits = matches!(state, State::LastStanding | State::NotYetKnown);
        let resort = self.resort.as_ref().filter(|_| waits);
        resort.and_then(LastResort::settles)
    }

    /// The siblings that were asked are not healthy either, and that is news.
    pub fn are_lost(&mut self) -> bool {
        let certain = self.alone() == Alone::Yes && self.question == Question::Closed;
        certain && !std::mem::replace(&mut self.alone_logged, true)
    }
}
