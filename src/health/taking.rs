//! Taking over from siblings that are silent, at the best level.

use std::time::Instant;

use super::Health;
use crate::config::Service;
use crate::glance::Standing;
use crate::observation::Observation;
use crate::takeover::{Call, call};

impl Health {
    /// What is in force. The best level is not, after a start, before it is known whether it takes over: a route that is out
    /// stays as it is meanwhile.
    pub fn standing(&self) -> Standing {
        match (self.standing, self.takes_over) {
            (Standing::Level(0), None) => Standing::NotYetKnown,
            (Standing::Level(0), Some(true)) => Standing::Takeover,
            (standing, _) => standing,
        }
    }

    /// Of one that stands there.
    #[cfg(test)]
    pub(crate) fn at(standing: Standing, now: Instant) -> Self {
        Self {
            standing,
            takes_over: Some(false),
            ..Self::new(now)
        }
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
            None => self.takes_over = Some(false),
            // What is known already waits for nobody.
            Some(Call::Undecided)
                if self.standing != Standing::NotYetKnown
                    && self.standing != Standing::Level(0) =>
            {
                self.takes_over = self.takes_over.or(Some(false));
            }
            Some(Call::Undecided) => {}
            Some(Call::TakeOver(_)) if self.unknown.is_some() && !in_force => {}
            Some(Call::TakeOver(words)) => {
                self.takes_over = Some(true);
                self.explain(&words);
            }
            Some(Call::Leave(words)) => {
                self.takes_over = Some(false);
                self.explain(if in_force { &words } else { "" });
            }
        }
    }

    /// Why it takes over, or does not any more, goes before the reason of the level.
    fn explain(&mut self, words: &str) {
        if words.is_empty() && self.words.is_empty() {
            return;
        }
        let own = self.why.strip_prefix(&*self.words).unwrap_or(&self.why);
        let words = if words.is_empty() {
            String::new()
        } else {
            format!("{words}; ")
        };
        self.why = format!("{words}{own}");
        self.words = words;
    }
}
