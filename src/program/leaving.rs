//! The end is under way: what is still to be said, and how long it is waited for.

use std::time::{Duration, Instant};

use super::input::Reason;
use super::output::Output;
use super::writing::Writing;
use crate::exabgp::{Command, Dialect};

/// For the last words: ExaBGP is not waited for any longer.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The end is under way.
#[derive(Debug)]
pub(super) struct Leaving {
    reason: Reason,
    /// What is to be said, once the writer is free.
    words: Vec<Command>,
    /// In which dialects it is still to be said.
    dialects: &'static [&'static Dialect],
    until: Instant,
    over: bool,
}

impl Leaving {
    /// With these last words, in each of these dialects.
    pub fn new(
        reason: Reason,
        words: Vec<Command>,
        dialects: &'static [&'static Dialect],
        now: Instant,
    ) -> Self {
        let dialects = if words.is_empty() { &[] } else { dialects };
        Self {
            reason,
            words,
            dialects,
            until: now + LAST_WORDS,
            over: false,
        }
    }

    /// Told twice is told once; that ExaBGP is gone meanwhile ends the waiting.
    pub fn is_ended_by(&self, reason: &Reason) -> bool {
        !self.over && self.reason == Reason::Told && *reason != Reason::Told
    }

    /// When nobody is waited for any longer.
    pub fn deadline(&self) -> Option<Instant> {
        (!self.over).then_some(self.until)
    }

    /// Says the last words once the writer is free, and then that it is time to exit.
    pub fn go_on(&mut self, writing: &mut Writing, now: Instant) -> Vec<Output> {
        let mut outputs = Vec::new();
        if self.over {
            return outputs;
        }
        if let [dialect, others @ ..] = self.dialects
            && writing.is_free()
        {
            writing.begin(now);
            outputs.push(Output::Say(self.words.clone(), dialect));
            self.dialects = others;
        }
        let said = self.dialects.is_empty() && writing.is_free();
        if said || now >= self.until || self.reason != Reason::Told {
            self.over = true;
            outputs.push(Output::Exit(self.reason.clone()));
        }
        outputs
    }
}
