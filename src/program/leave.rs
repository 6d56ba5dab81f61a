//! The end: told by a signal, or because ExaBGP is gone.

use std::collections::BTreeSet;
use std::time::Instant;

use super::leaving::Leaving;
use super::{Output, Program, Reason};
use crate::config::OnExit;
use crate::exabgp::Command;
use crate::route::Prefix;
use crate::value::Joined;

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
            Reason::Told => format!(
                "told to leave, withdrawing what may be out: {}",
                some(&words)
            ),
        });
        let back = self.variables.farewell();
        outputs.extend(back.map(|(control, settings)| Output::Tell(control, settings)));
        let dialects = self.dialogue.last_dialects();
        let said = self.last_words().to_vec();
        self.leaving = Some(Leaving::new(reason, words, dialects, said, now));
    }
}

/// The prefixes of these withdrawals, or the first ones of many.
fn some(words: &[Command]) -> String {
    let prefix = |command: &'_ Command| match command {
        Command::Withdraw(key) => Some(key.prefix),
        _ => None,
    };
    let prefixes: BTreeSet<Prefix> = words.iter().filter_map(prefix).collect();
    prefixes.iter().few()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Input;
    use crate::route::RouteKey;

    #[test]
    fn the_last_words_are_known_however_it_ends() {
        let now = Instant::now();
        let key = RouteKey {
            prefix: "9.9.9.9/32".parse().unwrap(),
            path_information: None,
            neighbors: Vec::new(),
        };
        let mut program = Program::new(BTreeSet::from([key.clone()]), now);
        program.take([], now);
        assert_eq!(program.last_words(), []);
        program.take([Input::Leave(Reason::Told)], now);
        let words = [Command::Withdraw(key)];
        assert_eq!(program.last_words(), words);
        let gone = Reason::Gone("ExaBGP closed its end of the pipe".to_owned());
        program.take([Input::Leave(gone)], now);
        assert_eq!(program.last_words(), words);
    }
}
