//! The end: told by a signal, or because ExaBGP is gone.

use std::time::{Duration, Instant};

use super::{Output, Program, Reason};
use crate::config::OnExit;
use crate::exabgp::Command;

/// For the last words: ExaBGP is not waited for any longer.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The end is under way.
#[derive(Debug)]
pub(super) struct Leaving {
    reason: Reason,
    /// What is still to be said, once the writer is free.
    words: Vec<Command>,
    until: Instant,
    over: bool,
}

impl Leaving {
    /// When nobody is waited for any longer.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (!self.over).then_some(self.until)
    }
}

impl Program {
    /// What may be out is withdrawn if ExaBGP still listens; nobody is waited for but the writer.
    pub(super) fn begin_to_leave(
        &mut self,
        reason: Reason,
        outputs: &mut Vec<Output>,
        now: Instant,
    ) {
        // Told twice is told once; that ExaBGP is gone meanwhile ends the waiting.
        if self.leaving.as_ref().is_some_and(|leaving| {
            leaving.over || leaving.reason != Reason::Told || reason == Reason::Told
        }) {
            return;
        }
        let keep = self
            .config
            .as_ref()
            .is_some_and(|config| config.on_exit == OnExit::Keep);
        let words = if reason == Reason::Told && !keep {
            self.dialogue.farewell()
        } else {
            Vec::new()
        };
        match &reason {
            Reason::Gone(why) => self.notes.info(format!("{why}, leaving")),
            Reason::Told if words.is_empty() => self.notes.info("told to leave, leaving"),
            Reason::Told => {
                self.notes.info(format!(
                    "told to leave, withdrawing {} route(s)",
                    words.len()
                ));
            }
        }
        let back = self.variables.farewell();
        outputs.extend(back.map(|(control, settings)| Output::Tell(control, settings)));
        self.leaving = Some(Leaving {
            reason,
            words,
            until: now + LAST_WORDS,
            over: false,
        });
    }

    pub(super) fn leave(&mut self, outputs: &mut Vec<Output>, now: Instant) {
        let Some(leaving) = &mut self.leaving else {
            return;
        };
        if leaving.over {
            return;
        }
        if self.writing.is_free() && !leaving.words.is_empty() {
            self.writing.begin(now);
            outputs.push(Output::Say(
                std::mem::take(&mut leaving.words),
                self.dialogue.words(),
            ));
        }
        let said = leaving.words.is_empty() && self.writing.is_free();
        if said || now >= leaving.until || leaving.reason != Reason::Told {
            leaving.over = true;
            outputs.push(Output::Exit(leaving.reason.clone()));
        }
    }
}
