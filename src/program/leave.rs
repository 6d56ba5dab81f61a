//! The end: told by a signal, or because ExaBGP is gone.

use std::time::Instant;

use super::leaving::Leaving;
use super::{Output, Program, Reason};
use crate::config::OnExit;

impl Program {
    /// Withdraws what may be out if ExaBGP still listens, and waits for the writer only.
    pub(super) fn begin_to_leave(
        &mut self,
        reason: Reason,
        outputs: &mut Vec<Output>,
        now: Instant,
    ) {
        let leaving = self.leaving.as_ref();
        if leaving.is_some_and(|leaving| !leaving.is_ended_by(&reason)) {
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
        self.notes.info(match &reason {
            Reason::Gone(why) => format!("{why}, leaving"),
            Reason::Told if words.is_empty() => "told to leave, leaving".to_owned(),
            Reason::Told => format!("told to leave, withdrawing {} route(s)", words.len()),
        });
        let back = self.variables.farewell();
        outputs.extend(back.map(|(control, settings)| Output::Tell(control, settings)));
        let dialects = self.dialogue.last_dialects();
        self.leaving = Some(Leaving::new(reason, words, dialects, now));
    }
}
