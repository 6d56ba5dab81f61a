//! What a sibling answers to the questions of a takeover, over time. Pure data.

use std::time::{Duration, Instant};

use super::Finding;

/// Questions without an answer that make a sibling silent; fewer are lost packets.
const QUESTIONS: u32 = 3;
/// One that has never answered is silent after so long at the latest: after a start, this region's route waits for that.
const FIRST: Duration = Duration::from_secs(4);

/// A sibling's answers to the questions of a takeover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// When it was asked what it answered last; before its first answer, when it was asked first.
    last: Instant,
    /// Since when it gives its answer, without having been silent; absent: it has not answered yet.
    word: Option<(Word, Instant)>,
    /// Questions since then that it has not answered.
    unanswered: u32,
}

/// What a sibling answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Its route is out, and its servers serve.
    Serves,
    /// It does not serve, or it cannot be told: whoever answers, or is not asked, is not silent.
    Answers,
}

impl Answers {
    /// Nothing but that it was asked.
    pub fn asked(at: Instant) -> Self {
        Self {
            last: at,
            word: None,
            unanswered: 0,
        }
    }

    /// Takes what came of a question that was asked then. True: it says otherwise, or may be silent.
    pub fn take(&mut self, asked: Instant, finding: &Finding, now: Instant) -> bool {
        if finding.is_silence {
            self.unanswered = self.unanswered.saturating_add(1);
            return self.may_be_silent();
        }
        // What this host is at fault for, such as no file descriptor that is left, is no answer, and no silence either.
        if finding.holds.is_none() && self.word.is_some() {
            return false;
        }
        let word = if finding.holds == Some(true) {
            Word::Serves
        } else {
            Word::Answers
        };
        let goes_on =
            self.unanswered < QUESTIONS && self.word.is_some_and(|(known, _)| known == word);
        if !goes_on {
            self.word = Some((word, now));
        }
        (self.last, self.unanswered) = (asked, 0);
        !goes_on
    }

    /// Enough questions have no answer.
    pub fn may_be_silent(&self) -> bool {
        self.unanswered >= QUESTIONS
    }

    /// It has been silent for so long.
    pub fn is_silent(&self, after: Duration, now: Instant) -> bool {
        self.may_be_silent() && now.saturating_duration_since(self.last) >= self.patience(after)
    }

    /// How long it must be silent.
    pub fn patience(&self, after: Duration) -> Duration {
        if self.word.is_some() {
            after
        } else {
            after.min(FIRST)
        }
    }

    /// It has given this answer for so long.
    pub fn gives(&self, word: Word, settled: Duration, now: Instant) -> bool {
        !self.may_be_silent()
            && self.word.is_some_and(|(known, since)| {
                known == word && now.saturating_duration_since(since) >= settled
            })
    }
}
