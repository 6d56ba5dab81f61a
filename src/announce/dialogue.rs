//! The dialogue with ExaBGP: what to say next, and what its answers mean. Pure: `now` is an argument.
//!
//! Commands go out in batches of different routes, and the next batch waits for every answer of the last: so one
//! command a route is in flight, and bursts cannot be reordered (ExaBGP groups pending changes by attributes, and
//! announce-withdraw-announce in one burst ends withdrawn). Answers carry no number and may overtake each other;
//! all `done` means that all were taken, anything else makes each command of the batch go again alone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use log::{debug, info, warn};

use super::adj_rib_out::{AdjRibOut, Told};
use super::grammar::{Command, Message};
use crate::decide::Desired;
use crate::route::{Neighbor, RouteKey};

/// Commands in a batch: with the longest lines still less than the pipe and ExaBGP's one read can hold.
const BATCH: usize = 32;
/// How long an answer may take before the silence is asked about.
const ANSWER: Duration = Duration::from_secs(3);
/// After `version` was answered: its `done` comes in this time, or acks are off.
const ACK_OF_VERSION: Duration = Duration::from_millis(300);
/// After a start or a silence: answers to somebody's older commands arrive in this time.
const STRAY_ANSWERS: Duration = Duration::from_millis(200);
/// Between a command and the next when ExaBGP acknowledges nothing.
const BLIND_PACE: Duration = Duration::from_millis(200);
/// Between two tries of a refused flush.
const FLUSH_RETRY: Duration = Duration::from_secs(1);
/// Tries of a flush.
const FLUSH_TRIES: u8 = 5;
/// More neighbors than ExaBGP could serve: messages about others are not remembered.
const NEIGHBORS: usize = 256;

/// Where the dialogue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// `version` is to be asked.
    Unasked,
    /// It was asked at this time; nothing else is said until the answer, however long it takes.
    Asked { at: Instant, complained: bool },
    /// It was answered; whether acks are on shows in a moment.
    Answered { at: Instant },
    /// Commands may go.
    Ready,
}

/// Commands that were sent together, and their answers so far.
#[derive(Debug)]
struct Batch {
    routes: Vec<(RouteKey, Told)>,
    flush: Option<Neighbor>,
    sent: Instant,
    done: usize,
    errors: usize,
}

impl Batch {
    fn commands(&self) -> usize {
        self.routes.len() + usize::from(self.flush.is_some())
    }
}

/// A neighbor's session, as ExaBGP reported it.
#[derive(Debug, Default)]
struct Session {
    up: bool,
    /// It was up at some time since the start.
    ever_up: bool,
    /// Something was said since it fell.
    changed: bool,
    /// Everything is to be sent to it again: from when, and how often that was tried.
    flush: Option<(Instant, u8)>,
}

/// The dialogue.
#[derive(Debug)]
pub struct Dialogue {
    rib: AdjRibOut,
    phase: Phase,
    acks: bool,
    version: Option<String>,
    batch: Option<Batch>,
    /// Until then, answers may be somebody else's.
    settling: Instant,
    sessions: BTreeMap<Neighbor, Session>,
}

impl Dialogue {
    /// A dialogue that has said nothing yet.
    pub fn new(now: Instant) -> Self {
        Self {
            rib: AdjRibOut::default(),
            phase: Phase::Unasked,
            acks: true,
            version: None,
            batch: None,
            settling: now,
            sessions: BTreeMap::new(),
        }
    }

    /// A dialogue with nobody, for a dry run: whoever shows the commands says that they are done.
    pub fn without_exabgp(now: Instant) -> Self {
        Self { phase: Phase::Ready, ..Self::new(now) }
    }

    /// What ExaBGP was told.
    pub fn rib(&self) -> &AdjRibOut {
        &self.rib
    }

    /// What to say now, as lines to write. Nothing while an answer is awaited.
    pub fn next(&mut self, desired: &Desired, now: Instant) -> Vec<Command> {
        self.pass_time(desired, now);
        match self.phase {
            Phase::Unasked => {
                self.phase = Phase::Asked { at: now, complained: false };
                vec![Command::Version]
            }
            Phase::Ready if self.batch.is_none() => self.batch_of(desired, now),
            _ => Vec::new(),
        }
    }

    /// When `next` has something to do without a message.
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        let phase = match self.phase {
            Phase::Answered { at } => Some(at + ACK_OF_VERSION),
            Phase::Asked { at, complained: false } => Some(at + ANSWER),
            _ => None,
        };
        let batch = self.batch.as_ref().map(|batch| {
            match (self.acks, batch.done + batch.errors == batch.commands()) {
                (true, false) => batch.sent + ANSWER,
                (true, true) => self.settling,
                (false, _) => batch.sent + BLIND_PACE,
            }
        });
        let flush = self.sessions.values().filter_map(|session| session.flush.map(|(at, _)| at)).min();
        phase.into_iter().chain(batch).chain(flush).chain(self.rib.next_retry(now)).min()
    }

    /// Takes a message of ExaBGP's.
    pub fn heard(&mut self, message: Message, desired: &Desired, now: Instant) {
        match message {
            Message::Done | Message::Error => self.answered(message == Message::Done, now),
            Message::Version(version) => {
                if self.version.as_ref() != Some(&version) {
                    info!("ExaBGP {version} answers");
                }
                self.version = Some(version);
                if matches!(self.phase, Phase::Asked { .. }) {
                    self.phase = Phase::Answered { at: now };
                }
            }
            Message::Up(neighbor) => self.up(neighbor, now),
            Message::Down(neighbor) => self.down(neighbor),
            Message::Shutdown => debug!("ExaBGP is shutting down"),
        }
        self.pass_time(desired, now);
    }

    fn answered(&mut self, done: bool, now: Instant) {
        match (self.phase, &mut self.batch) {
            (Phase::Answered { .. }, _) if done => self.ready(true, now),
            // An ExaBGP that does not know the command is still one that answers.
            (Phase::Asked { .. }, _) if !done => self.phase = Phase::Answered { at: now },
            (Phase::Ready, Some(batch)) => {
                if !self.acks {
                    info!("ExaBGP acknowledges commands after all");
                    self.acks = true;
                }
                *(if done { &mut batch.done } else { &mut batch.errors }) += 1;
            }
            // Somebody else's: a predecessor's, or one that was given up.
            _ => debug!("an answer of ExaBGP's to no command of ours"),
        }
    }

    fn ready(&mut self, acks: bool, now: Instant) {
        if self.acks && !acks {
            warn!("ExaBGP acknowledges no commands (exabgp.api.ack is false): a refused one goes unseen");
        }
        (self.acks, self.phase, self.settling) = (acks, Phase::Ready, now + STRAY_ANSWERS);
    }

    /// Ends what time ends, and takes a batch's answers once they are complete.
    fn pass_time(&mut self, desired: &Desired, now: Instant) {
        match self.phase {
            Phase::Answered { at } if now >= at + ACK_OF_VERSION => self.ready(false, now),
            Phase::Asked { at, complained: false } if now >= at + ANSWER => {
                warn!("ExaBGP does not answer; waiting for it, with the newest state only");
                self.phase = Phase::Asked { at, complained: true };
            }
            _ => {}
        }
        let Some(batch) = &self.batch else { return };
        let (answers, commands) = (batch.done + batch.errors, batch.commands());
        let complete = if self.acks {
            answers >= commands && now >= self.settling
        } else {
            now >= batch.sent + BLIND_PACE
        };
        let silent = self.acks && answers < commands && now >= batch.sent + ANSWER;
        if !complete && !silent {
            return;
        }
        let Some(batch) = self.batch.take() else { return };
        if complete && batch.errors == 0 {
            self.accepted(batch, desired);
        } else if complete && commands == 1 {
            self.refused(batch, now);
        } else {
            self.muddled(batch, silent);
        }
    }

    fn accepted(&mut self, batch: Batch, desired: &Desired) {
        for (key, told) in batch.routes {
            self.rib.accepted(&key, told, desired);
        }
        if let Some(session) = batch.flush.as_ref().and_then(|neighbor| self.sessions.get_mut(neighbor)) {
            session.flush = None;
        }
    }

    /// The only command of a batch was refused.
    fn refused(&mut self, batch: Batch, now: Instant) {
        for (key, told) in batch.routes {
            let command = told.command(&key);
            let wait = self.rib.refused(&key, told, now);
            warn!("ExaBGP refused '{command}' (its own log says why), trying again in {} s", wait.as_secs());
        }
        if let Some((neighbor, session)) = batch
            .flush
            .and_then(|neighbor| self.sessions.get_mut(&neighbor).map(|session| (neighbor, session)))
        {
            session.flush = session
                .flush
                .map(|(_, tries)| (now + FLUSH_RETRY, tries + 1))
                .filter(|(_, tries)| *tries < FLUSH_TRIES);
            if session.flush.is_none() {
                warn!(
                    "ExaBGP refused to send the routes to {neighbor} again {FLUSH_TRIES} times, leaving it"
                );
            }
        }
    }

    /// It cannot be told which command an answer belongs to: each goes again alone. After a silence nothing is
    /// written but one question, so that no stale command waits in the pipe of an ExaBGP that is stuck.
    fn muddled(&mut self, batch: Batch, silent: bool) {
        for (key, _) in &batch.routes {
            self.rib.unanswered(key);
        }
        if silent {
            let count = batch.commands();
            warn!(
                "ExaBGP left {count} command(s) unanswered for {} s, asking whether it is there",
                ANSWER.as_secs()
            );
            self.phase = Phase::Unasked;
        }
    }

    fn batch_of(&mut self, desired: &Desired, now: Instant) -> Vec<Command> {
        let due = self
            .sessions
            .iter()
            .find(|(_, session)| session.up && session.flush.is_some_and(|(at, _)| now >= at));
        if let Some((neighbor, _)) = due {
            let neighbor = neighbor.clone();
            info!("neighbor {neighbor} came up after changes, sending it every route again");
            self.batch = Some(Batch {
                routes: Vec::new(),
                flush: Some(neighbor.clone()),
                sent: now,
                done: 0,
                errors: 0,
            });
            return vec![Command::Flush(neighbor)];
        }
        let differences = self.rib.differences(desired, now);
        let routes: Vec<(RouteKey, Told)> =
            match differences.iter().position(|difference| difference.alone) {
                Some(0) => differences.into_iter().take(1),
                Some(before) => differences.into_iter().take(before.min(BATCH)),
                None => differences.into_iter().take(BATCH),
            }
            .map(|difference| (difference.key, difference.say))
            .collect();
        if routes.is_empty() {
            return Vec::new();
        }
        for (key, _) in &routes {
            self.rib.sent(key);
        }
        for session in self.sessions.values_mut().filter(|session| !session.up) {
            session.changed = true;
        }
        let commands = routes.iter().map(|(key, told)| told.command(key)).collect();
        self.batch = Some(Batch { routes, flush: None, sent: now, done: 0, errors: 0 });
        commands
    }

    fn up(&mut self, neighbor: Neighbor, now: Instant) {
        let known = self.sessions.contains_key(&neighbor);
        if !known && self.sessions.len() >= NEIGHBORS {
            return;
        }
        let restated = self.rib.has_changed_since_start();
        let session = self.sessions.entry(neighbor.clone()).or_default();
        if session.up {
            return;
        }
        info!("neighbor {neighbor} up");
        // The first statement of each route reaches a first session in order; a change while there was none may not.
        if if session.ever_up { session.changed } else { restated } {
            session.flush = Some((now, 0));
        }
        (session.up, session.ever_up, session.changed) = (true, true, false);
    }

    fn down(&mut self, neighbor: Neighbor) {
        let known = self.sessions.contains_key(&neighbor);
        if !known && self.sessions.len() >= NEIGHBORS {
            return;
        }
        let session = self.sessions.entry(neighbor.clone()).or_default();
        // ExaBGP says `down` again at every attempt to connect: only the first is news.
        if session.up || !known {
            info!("neighbor {neighbor} down");
        }
        // What was in flight when it fell may have been missed.
        session.changed |= self.batch.as_ref().is_some_and(|batch| !batch.routes.is_empty());
        (session.up, session.flush) = (false, None);
    }

    /// The last words: every route that may be out, withdrawn.
    pub fn farewell(&self) -> Vec<Command> {
        self.rib.may_be_out().cloned().map(Command::Withdraw).collect()
    }
}
