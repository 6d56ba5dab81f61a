//! Whether a region announces a route that is preferred to that of siblings that are silent. Pure.
//! In come the siblings' answers over time.
//! Out goes a call: take over, leave it, or undecided, and why.
//!
//! A dead NVA's route stays at its Route Servers for the whole hold time. A region that announces a shorter path wins at
//! once, and the stale route harms nobody any more.

use std::time::{Duration, Instant};

use crate::condition::Probe;
use crate::config::{Siblings, Span, Takeover};
use crate::observation::{Answers, Observation, Word};

/// What the siblings that are preferred to this region call for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// One of them has not been asked for long enough.
    Undecided,
    /// To take over, and why.
    TakeOver(String),
    /// Not to, and why.
    Leave(String),
}

/// What they call for. `in_force`: this region has taken over, and gives back to those that have answered for a while.
pub fn call(siblings: &Siblings, seen: &Observation, in_force: bool, now: Instant) -> Call {
    let Some(rule) = &siblings.takeover else {
        return Call::Leave(String::new());
    };
    let preferred = rule.probes.iter().map(|probe| Preferred {
        rule,
        probe,
        answers: seen.answers.get(probe),
    });
    let preferred: Vec<Preferred<'_>> = preferred.collect();
    let settled = if in_force {
        siblings.settle
    } else {
        Duration::ZERO
    };
    let words = || {
        preferred
            .iter()
            .map(|one| one.words(seen, now))
            .collect::<Vec<_>>()
            .join("; ")
    };
    let serves = preferred
        .iter()
        .find(|one| one.gives(Word::Serves, settled, now));
    match serves {
        Some(one) => Call::Leave(one.words(seen, now)),
        None if preferred
            .iter()
            .all(|one| one.gives(Word::Answers, settled, now)) =>
        {
            Call::Leave(words())
        }
        None if in_force => Call::TakeOver(words()),
        None if preferred
            .iter()
            .all(|one| one.is_silent(now) || one.gives(Word::Answers, settled, now)) =>
        {
            Call::TakeOver(words())
        }
        None => Call::Undecided,
    }
}

/// A sibling that is preferred to this region.
struct Preferred<'seen> {
    rule: &'seen Takeover,
    probe: &'seen Probe,
    answers: Option<&'seen Answers>,
}

impl Preferred<'_> {
    fn gives(&self, word: Word, settled: Duration, now: Instant) -> bool {
        self.answers
            .is_some_and(|answers| answers.gives(word, settled, now))
    }

    fn is_silent(&self, now: Instant) -> bool {
        self.answers
            .is_some_and(|answers| answers.is_silent(self.rule.after, now))
    }

    fn words(&self, seen: &Observation, now: Instant) -> String {
        let said = seen
            .probes
            .get(self.probe)
            .map_or("not asked yet", |reading| reading.what.why.as_str());
        match self
            .answers
            .filter(|answers| answers.is_silent(self.rule.after, now))
        {
            Some(answers) => {
                format!(
                    "{} silent for {}",
                    self.probe,
                    Span::from(answers.patience(self.rule.after))
                )
            }
            None => format!("{}: {said}", self.probe),
        }
    }
}
