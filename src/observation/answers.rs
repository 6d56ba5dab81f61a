//! What a sibling answers to the questions of a takeover, over time. Pure data.

use std::time::{Duration, Instant};

use super::finding::Finding;

/// Questions without an answer that make a sibling silent; fewer are lost packets.
const QUESTIONS: u32 = 3;
/// A timeout that is noticed later than by this part of its time means that this host has stalled.
const LATE: u32 = 6;
/// A sibling that has never answered is silent after so long at most: after a start, this region's route waits for that.
const FIRST: Duration = Duration::from_secs(4);

/// A sibling's answers to the questions of a takeover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// When the question that it answered last was asked; before its first answer: the first question.
    last: Instant,
    /// Its answer, and since when it gives that without having been silent; absent: it has not answered yet.
    word: Option<(Word, Instant)>,
    /// Questions since then that it has not answered.
    unanswered: u32,
}

/// What a sibling answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Its route is out, and its servers serve.
    Serves,
    /// It answers and does not serve, or this host could not ask it: it is not silent.
    Answers,
}

impl Answers {
    /// It was asked then, and has not answered.
    pub fn asked(at: Instant) -> Self {
        Self {
            last: at,
            word: None,
            unanswered: 0,
        }
    }

    /// Takes the finding of a question that was asked at `asked`, with the timeout `within`. True: the answer is
    /// another one, or the sibling may be silent.
    pub fn take(
        &mut self,
        asked: Instant,
        finding: &Finding,
        within: Duration,
        now: Instant,
    ) -> bool {
        if finding.is_silence {
            // Whether the answer came while this host stalled is not known.
            if now.saturating_duration_since(asked) > within + within / LATE {
                return false;
            }
            self.unanswered = self.unanswered.saturating_add(1);
            return self.may_be_silent();
        }
        // A fault of this host, such as no free file descriptor, is no answer, and no silence either.
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

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Questions of 250 ms, one after another, whose silence was noticed so much later than their time was over.
    fn is_silent(late: [u32; 4]) -> bool {
        let start = Instant::now();
        let mut answers = Answers::asked(start);
        let mut now = start + 200 * MS;
        answers.take(
            start,
            &Finding::new(Some(true), "status 200"),
            250 * MS,
            now,
        );
        for late in late {
            let asked = now;
            now += (250 + late) * MS;
            answers.take(asked, &Finding::silence("no answer"), 250 * MS, now);
        }
        answers.is_silent(1000 * MS, now)
    }

    #[test]
    fn a_question_that_this_host_was_late_to_read_the_answer_of_is_no_silence() {
        assert!(is_silent([0, 0, 0, 0]));
        assert!(is_silent([5, 40, 5, 40]));
        // Each stall of 300 ms is noticed after the time of a question by 50 ms at least.
        assert!(!is_silent([50, 50, 50, 50]));
        assert!(!is_silent([0, 300, 50, 0]));
        assert!(is_silent([300, 0, 0, 0]));
    }
}
