//! Taking over from siblings that are silent, at the best level.

use std::time::Instant;

use super::Health;
use crate::config::Service;
use crate::observation::Observation;
use crate::standing::{Standing, State};
use crate::takeover::{Call, call};

impl Health {
    /// What is in force. The best level is not, after a start, before it is known whether it takes over: a route that is out
    /// stays as it is meanwhile.
    pub fn standing(&self) -> Standing {
        match (self.state, self.takeover.is_on) {
            (State::Level(0), None) => Standing::NotYetKnown,
            (State::Level(0), Some(true)) => Standing::Takeover,
            (state, _) => state.into(),
        }
    }

    /// Of one that stands there.
    #[cfg(test)]
    pub(crate) fn at(state: State, now: Instant) -> Self {
        let mut health = Self::new(now);
        health.state = state;
        health.takeover.is_on = Some(false);
        health
    }

    /// Hears what the siblings call for that are preferred to this region. What cannot be told of this one is no time to
    /// begin.
    pub(super) fn hear(&mut self, service: &Service, seen: &Observation, now: Instant) {
        let in_force = self.standing() == Standing::Takeover;
        let called = service
            .siblings
            .as_ref()
            .map(|siblings| call(siblings, seen, in_force, now));
        match called {
            None => self.takeover.is_on = Some(false),
            // What is known already waits for nobody.
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
