//! Taking over from siblings that are silent, at the best level.

use std::time::Instant;

use super::Health;
use crate::config::Service;
use crate::observation::Observation;
use crate::standing::{Standing, State};
use crate::takeover::{Call, call};

impl Health {
    /// What is in force. After a start the best level is not, until it is known whether the service takes over: a
    /// route that is out stays as it is meanwhile.
    pub fn standing(&self) -> Standing {
        match (self.state, self.takeover.is_on) {
            (State::Level(0), None) => Standing::NotYetKnown,
            (State::Level(0), Some(true)) => Standing::Takeover,
            (state, _) => state.into(),
        }
    }

    /// The health of a service that stands there.
    #[cfg(test)]
    pub(crate) fn at(state: State, now: Instant) -> Self {
        let mut health = Self::new(now);
        health.state = state;
        health.takeover.is_on = Some(false);
        health
    }

    /// Takes over or gives back, as the siblings call for that are preferred to this region. No takeover begins while
    /// the service's own state is unknown.
    pub(super) fn take_over_or_give_back(
        &mut self,
        service: &Service,
        seen: &Observation,
        now: Instant,
    ) {
        let in_force = self.standing() == Standing::Takeover;
        let called = service
            .siblings
            .as_ref()
            .map(|siblings| call(siblings, seen, in_force, now));
        match called {
            None => self.takeover.is_on = Some(false),
            // Without the best level there is nothing to wait for.
            Some(Call::Undecided)
                if self.state != State::NotYetKnown && self.state != State::Level(0) =>
            {
                self.takeover.is_on = self.takeover.is_on.or(Some(false));
            }
            Some(Call::Undecided) => {}
            Some(Call::TakeOver(_)) if self.unknown.is_some() && !in_force => {}
            Some(Call::TakeOver(words)) => {
                self.takeover.is_on = Some(true);
                self.explain(&words);
            }
            Some(Call::Leave(words)) => {
                self.takeover.is_on = Some(false);
                self.explain(if in_force { &words } else { "" });
            }
        }
    }

    /// Why it takes over, or does not any more, goes before the reason of the level.
    fn explain(&mut self, words: &str) {
        if words.is_empty() && self.takeover.words.is_empty() {
            return;
        }
        let own = self
            .why
            .strip_prefix(&*self.takeover.words)
            .unwrap_or(&self.why);
        let words = if words.is_empty() {
            String::new()
        } else {
            format!("{words}; ")
        };
        self.why = format!("{words}{own}");
        self.takeover.words = words;
    }
}
