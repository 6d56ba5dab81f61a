//! Who is there, which dialect is spoken, and whether commands are acknowledged: asked at the start, after a silence, and when ExaBGP
//! answers otherwise than it did.

use std::time::{Duration, Instant};

use super::Dialogue;
use super::opening::{ACK_OF_VERSION, ACKNOWLEDGED, PRESENCE, Phase};
use crate::exabgp::{Command, Dialect, Who};

/// After a start or a silence: answers to somebody's older commands arrive in this time.
const STRAY_ANSWERS: Duration = Duration::from_millis(200);
/// Until who answered what is not understood is asked again.
const AGAIN: Duration = Duration::from_secs(10);

impl Dialogue {
    /// The words that are spoken.
    pub fn dialect(&self) -> &'static Dialect {
        self.opening.dialect.unwrap_or(Dialect::SHOWN)
    }

    /// In which the last words are said: in every one, where it is not known yet which of them is understood. The others are
    /// refused, and to withdraw twice changes nothing.
    pub fn last_dialects(&self) -> &'static [&'static Dialect] {
        let mut each = Dialect::ALL.chunks(1);
        let known = each.find(|one| one.first().copied() == self.opening.dialect);
        known.unwrap_or(&Dialect::GRAMMARS)
    }

    /// What is to be asked before anything else.
    pub(super) fn open(&mut self, now: Instant) -> Option<Command> {
        match self.opening.phase {
            Phase::Unasked => {
                self.opening.again = std::mem::take(&mut self.opening.in_doubt);
                self.opening.baffled = None;
                self.opening.phase = Phase::Asked {
                    at: now,
                    complained: false,
                };
                Some(Command::Version)
            }
            Phase::Unacknowledged => {
                self.opening.phase = Phase::Acknowledging { at: now };
                Some(Command::Acknowledge)
            }
            _ => None,
        }
    }

    /// ExaBGP says who it is.
    pub(super) fn answers_who(&mut self, who: Who, now: Instant) {
        let dialect = Dialect::of(&who);
        match (self.opening.phase, &mut self.batch) {
            (Phase::Asked { .. } | Phase::Unknown { .. }, _) => self.introduced(who, dialect, now),
            (Phase::Ready, Some(batch))
                if !self.opening.acks && dialect == self.opening.dialect =>
            {
                (batch.alive, batch.heard) = (true, now);
            }
            // Somebody else's question: its acknowledgement is none of ours.
            (Phase::Ready, _) => {
                self.opening.strays += 1;
                self.opening.in_doubt |= dialect != self.opening.dialect;
            }
            _ => {}
        }
    }

    fn introduced(&mut self, who: Who, dialect: Option<&'static Dialect>, now: Instant) {
        let Some(dialect) = dialect else {
            return self.not_understood(format!("ExaBGP {}", who.version), now);
        };
        let (version, before) = (who.version, self.opening.dialect);
        if self.opening.version.as_ref() != Some(&version) || before != Some(dialect) {
            let note = dialect.note();
            self.notes.info(format!("ExaBGP {version} answers{note}"));
        }
        if before != Some(dialect) {
            self.rib.hasten(now);
            self.unreported.tries_anew();
            self.reading.asks(dialect);
            self.spacing.late(dialect.sends_late);
        }
        (self.opening.version, self.opening.dialect) = (Some(version), Some(dialect));
        (self.opening.odd, self.opening.baffled) = (None, None);
        if let Phase::Asked { at, .. } = self.opening.phase {
            self.spacing.runs(at);
        }
        self.opening.phase = Phase::Answered { at: now };
    }

    /// A line that is no answer to anything. One to the question who is there may follow.
    pub(super) fn baffled(&mut self, line: String, now: Instant) {
        if matches!(self.opening.phase, Phase::Asked { .. }) {
            self.opening.baffled = Some((line, now));
        }
    }

    fn not_understood(&mut self, answer: String, now: Instant) {
        if self.opening.odd.as_ref() != Some(&answer) {
            self.notes.warn(format!(
                "'{answer}' answered 'system version', which is no ExaBGP that haproxy-rhi understands (4.2, 5.0, 6), so nothing is announced; \
                 run one of these, or set exabgp.api.version to 6 where a newer one can"
            ));
        }
        self.opening.odd = Some(answer);
        self.opening.baffled = None;
        self.opening.phase = Phase::Unknown { again: now + AGAIN };
    }

    /// An acknowledgement came while who is there was being asked. True: it was for that.
    pub(super) fn opened(&mut self, done: bool, now: Instant) -> bool {
        match self.opening.phase {
            Phase::Answered { .. } if done => self.ready(true, now),
            Phase::Acknowledging { .. } => self.ready(done, now),
            Phase::Asked { .. } if self.opening.given_up > 0 => {
                self.opening.given_up -= 1;
                return false;
            }
            // A predecessor's, or this one does not know the question.
            Phase::Asked { .. } if !done => self.baffled("error".to_owned(), now),
            _ => return false,
        }
        true
    }

    fn ready(&mut self, acks: bool, now: Instant) {
        if let Some(since) = self.away.take() {
            self.spacing.was_away(since, now);
            let time = (now - since).as_secs().max(1);
            self.notes
                .info(format!("ExaBGP answers again after {time} s"));
        }
        // What it had not read, it has read now.
        for (key, told) in std::mem::take(&mut self.unanswered) {
            self.spacing.said(&key, &told, now);
        }
        if self.opening.acks && !acks {
            self.notes
                .warn("ExaBGP acknowledges no commands (exabgp.api.ack is false), so a refused one is not noticed; set exabgp.api.ack to true");
        }
        if !acks {
            self.unreported.tries_anew();
        }
        let opening = &mut self.opening;
        (opening.acks, opening.phase) = (acks, Phase::Ready);
        (opening.settling, opening.again) = (now + STRAY_ANSWERS, false);
        (opening.strays, opening.given_up) = (0, 0);
    }

    /// Goes on with what time ends.
    pub(super) fn pass_opening(&mut self, now: Instant) {
        match (self.opening.phase, &self.opening.baffled) {
            (Phase::Answered { at }, _) if now >= at + ACK_OF_VERSION => {
                match self.dialect().acknowledge {
                    Some(_) => self.opening.phase = Phase::Unacknowledged,
                    None => self.ready(false, now),
                }
            }
            (Phase::Acknowledging { at }, _) if now >= at + ACKNOWLEDGED => self.ready(false, now),
            (Phase::Unknown { again }, _) if now >= again => self.opening.phase = Phase::Unasked,
            (Phase::Asked { .. }, Some((line, at))) if now >= *at + ACK_OF_VERSION => {
                self.not_understood(line.clone(), now);
            }
            (
                Phase::Asked {
                    at,
                    complained: false,
                },
                _,
            ) if now >= at + PRESENCE => {
                self.notes
                    .warn("ExaBGP is not answering; the latest state will be sent when it does");
                self.opening.phase = Phase::Asked {
                    at,
                    complained: true,
                };
            }
            (Phase::Ready, _) if self.opening.in_doubt && self.batch.is_none() => {
                self.opening.phase = Phase::Unasked;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::decide::{Desired, Intent};
    use crate::exabgp::{Message, message};
    use crate::route::{Attributes, Route, RouteKey};

    const WHO: &str = r#"{"version": "6.0.0", "application": "exabgp"}"#;

    fn desired() -> Desired {
        let key = RouteKey {
            prefix: "9.9.9.9/32".parse().unwrap(),
            path_information: None,
            neighbors: Vec::new(),
        };
        let (next_hop, attributes) = ("192.0.2.1".parse().unwrap(), Attributes::default());
        let route = Route {
            next_hop,
            attributes,
        };
        Desired::from([(key, Intent::Announce(route))])
    }

    /// Plays some seconds of an ExaBGP 6 that answers these commands. Returns what it is told.
    fn plays(
        dialogue: &mut Dialogue,
        from: Instant,
        answers: fn(&Command) -> bool,
    ) -> Vec<Command> {
        let (mut now, mut said) = (from, Vec::new());
        while now < from + Duration::from_secs(20) {
            for command in dialogue.next(&desired(), now) {
                let who = (command == Command::Version).then(|| message(WHO).unwrap());
                let answer = who.into_iter().chain([Message::Done]);
                let answer = answer.filter(|_| answers(&command));
                answer.for_each(|line| dialogue.heard(line, now));
                said.push(command);
            }
            now += Duration::from_millis(10);
        }
        said
    }

    #[test]
    fn a_question_that_is_never_answered_is_not_put_again_and_again() {
        let now = Instant::now();
        let mut dialogue = Dialogue::new(now);
        let said = plays(&mut dialogue, now, |command| {
            matches!(command, Command::Version | Command::Announce(..))
        });
        let asked = said.iter().filter(|one| **one == Command::Established);
        assert!(asked.count() < 8, "{said:#?}");
    }

    #[test]
    fn an_error_that_a_command_has_which_was_given_up_is_no_answer_to_who_is_there() {
        let mut now = Instant::now();
        let mut dialogue = Dialogue::new(now);
        plays(&mut dialogue, now, |command| *command == Command::Version);
        now += Duration::from_secs(60);
        dialogue.notes();
        while dialogue.next(&desired(), now) != [Command::Version] {
            let version = [message(WHO).unwrap(), Message::Done];
            version
                .into_iter()
                .for_each(|line| dialogue.heard(line, now));
            now += Duration::from_millis(10);
        }
        dialogue.heard(Message::Error, now);
        now += Duration::from_millis(500);
        dialogue.pass_time(now);
        let notes: Vec<String> = dialogue.notes().iter().map(ToString::to_string).collect();
        let untrue = notes
            .iter()
            .filter(|note| note.contains("'error' answered"));
        assert_eq!(untrue.count(), 0, "{notes:#?}");
    }
}
