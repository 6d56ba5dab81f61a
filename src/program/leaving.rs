//! A process that leaves: its last commands, and how long it waits until they are written.

use std::time::{Duration, Instant};

use super::input::Reason;
use super::output::Output;
use super::writing::Writing;
use crate::exabgp::{Command, Dialect};

/// The longest wait for ExaBGP to read the last commands.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A process that leaves.
#[derive(Debug)]
pub(super) struct Leaving {
    reason: Reason,
    /// The last commands, written once the writer is free.
    words: Vec<Command>,
    /// Those that were handed to the writer, also before ExaBGP was gone.
    said: Vec<Command>,
    /// Dialects in which they are still to be written.
    dialects: &'static [&'static Dialect],
    until: Instant,
    over: bool,
}

impl Leaving {
    /// Leaves with these commands, in each of these dialects, after those that were `said`.
    pub fn new(
        reason: Reason,
        words: Vec<Command>,
        dialects: &'static [&'static Dialect],
        said: Vec<Command>,
        now: Instant,
    ) -> Self {
        let dialects = if words.is_empty() { &[] } else { dialects };
        Self {
            reason,
            words,
            said,
            dialects,
            until: now + LAST_WORDS,
            over: false,
        }
    }

    /// Whether `reason` ends the wait: a second signal does not, the end of ExaBGP does.
    pub fn is_ended_by(&self, reason: &Reason) -> bool {
        !self.over && self.reason == Reason::Told && *reason != Reason::Told
    }

    /// The last commands, once they were handed to the writer.
    pub fn said(&self) -> &[Command] {
        &self.said
    }

    /// When the wait ends.
    pub fn deadline(&self) -> Option<Instant> {
        (!self.over).then_some(self.until)
    }

    /// Writes the last commands once the writer is free, and then exits.
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
            self.said.clone_from(&self.words);
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
