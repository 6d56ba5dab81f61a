//! The dialogue with ExaBGP: what to say next, and what its answers mean. Pure: `now` is an argument.
//!
//! Commands go out in batches of different routes, and the next batch waits for every answer of the last: so one
//! command a route is in flight, and bursts cannot be reordered (ExaBGP groups pending changes by attributes, and
//! announce-withdraw-announce in one burst ends withdrawn). Answers carry no number and may overtake each other;
//! all `done` means that all were taken, anything else makes each command of the batch go again alone.

mod account;
mod answered;
mod reading;
mod snapshot;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::adj_rib_out::{AdjRibOut, Peers, Told, may_be_up};
use super::batch::{Batch, Listing};
use super::read_back::ReadBack;
use super::sessions::{Cure, Sessions};
use crate::decide::Desired;
use crate::exabgp::{Command, Message};
use crate::note::{Note, Notes};
use crate::route::{Neighbor, RouteKey};
use reading::Reading;
use snapshot::Snapshot;

pub use account::{Account, Commands};

/// Commands in a batch: with the longest lines still less than the pipe can hold.
const BATCH: usize = 16;
/// How long the answer to the question may take before that is worth a line.
const PRESENCE: Duration = Duration::from_secs(3);
/// After `version` was answered: its `done` comes in this time, or acks are off.
const ACK_OF_VERSION: Duration = Duration::from_millis(300);
/// After a start or a silence: answers to somebody's older commands arrive in this time.
const STRAY_ANSWERS: Duration = Duration::from_millis(200);

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

/// The dialogue.
#[derive(Debug)]
pub struct Dialogue {
    rib: AdjRibOut,
    sessions: Sessions,
    phase: Phase,
    acks: bool,
    version: Option<String>,
    batch: Option<Batch>,
    /// Until then, answers may be somebody else's.
    settling: Instant,
    /// Acknowledgements of somebody else's question that are still to come.
    strays: u32,
    reading: Reading,
    snapshot: Snapshot,
    /// A withdrawal is to be said in a moment: nothing begins that could wait.
    makes_way: bool,
    commands: Commands,
    notes: Notes,
}

/// The answer that comes in.
fn listing(batch: &mut Option<Batch>, now: Instant) -> Option<&mut Listing> {
    let batch = batch.as_mut().filter(|batch| batch.listing.is_some())?;
    batch.heard = now;
    batch.listing.as_mut()
}

impl Dialogue {
    /// A dialogue that has said nothing yet.
    pub fn new(now: Instant) -> Self {
        Self {
            rib: AdjRibOut::default(),
            sessions: Sessions::default(),
            phase: Phase::Unasked,
            acks: true,
            version: None,
            batch: None,
            settling: now,
            strays: 0,
            reading: Reading::never(now),
            snapshot: Snapshot::default(),
            makes_way: false,
            commands: Commands::default(),
            notes: Notes::default(),
        }
    }

    /// A dialogue with nobody, for a dry run: whoever shows the commands says that they are done.
    pub fn without_exabgp(now: Instant) -> Self {
        Self {
            phase: Phase::Ready,
            reading: Reading::of_nobody(now),
            snapshot: Snapshot::Over,
            ..Self::new(now)
        }
    }

    /// Read back this often what ExaBGP holds; never, if absent.
    pub fn read_back_every(&mut self, every: Option<Duration>, now: Instant) {
        self.reading.every(every, now);
    }

    /// A withdrawal is to be said in a moment, or not any more: without acks a question holds up everything for a second.
    pub fn makes_way(&mut self, makes_way: bool) {
        self.makes_way = makes_way;
    }

    /// Takes over what a predecessor may have announced.
    pub fn inherit(&mut self, keys: impl IntoIterator<Item = RouteKey>) {
        self.rib.inherit(keys);
    }

    /// Routes that ExaBGP held differently from what was sent, and that were sent again.
    pub fn mended(&self) -> u64 {
        self.reading.mended()
    }

    /// Lines for the log since they were taken last.
    pub fn notes(&mut self) -> Vec<Note> {
        self.notes.take()
    }

    /// What ExaBGP was told.
    pub fn rib(&self) -> &AdjRibOut {
        &self.rib
    }

    /// What to say now, as lines to write. Nothing while an answer is awaited.
    pub fn next(&mut self, desired: &Desired, now: Instant) -> Vec<Command> {
        self.pass_time(now);
        match self.phase {
            Phase::Unasked => {
                self.phase = Phase::Asked {
                    at: now,
                    complained: false,
                };
                vec![Command::Version]
            }
            Phase::Ready if self.batch.is_none() => {
                let mut commands = self.next_batch(desired, now);
                if !self.acks && !commands.is_empty() {
                    // Nothing may pile up in the pipe of an ExaBGP that is stuck: this it answers if it reads.
                    commands.push(Command::Version);
                }
                commands
            }
            _ => Vec::new(),
        }
    }

    /// When `next` has something to do without a message.
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        match (self.phase, &self.batch) {
            (Phase::Unasked, _) => Some(now),
            (
                Phase::Asked {
                    at,
                    complained: false,
                },
                _,
            ) => Some(at + PRESENCE),
            (
                Phase::Asked {
                    complained: true, ..
                },
                _,
            ) => None,
            (Phase::Answered { at }, _) => Some(at + ACK_OF_VERSION),
            (Phase::Ready, Some(batch)) if !self.acks => batch.alive.then(|| batch.blind_end()),
            (Phase::Ready, Some(batch)) if batch.is_answered() => Some(self.settling),
            (Phase::Ready, Some(batch)) => Some(batch.patience_ends()),
            (Phase::Ready, None) if self.makes_way => self.rib.next_retry(now),
            (Phase::Ready, None) => {
                let (retry, healing) = (self.rib.next_retry(now), self.sessions.deadline());
                retry
                    .into_iter()
                    .chain(healing)
                    .chain(self.reading.due())
                    .min()
            }
        }
    }

    /// Takes a message of ExaBGP's.
    pub fn heard(&mut self, message: Message, now: Instant) {
        match message {
            Message::Done | Message::Error => self.answered(message == Message::Done, now),
            Message::Version(version) => {
                if self.version.as_ref() != Some(&version) {
                    self.notes.info(format!("ExaBGP {version} answers"));
                }
                self.version = Some(version);
                match (self.phase, &mut self.batch) {
                    (Phase::Asked { .. }, _) => self.phase = Phase::Answered { at: now },
                    (Phase::Ready, Some(batch)) if !self.acks => batch.alive = true,
                    // Somebody else's question: its acknowledgement is none of ours.
                    (Phase::Ready, _) => self.strays += 1,
                    _ => {}
                }
            }
            Message::Up(neighbor) => {
                self.rib.heard_of(&neighbor, now);
                self.reported(&neighbor);
                let cure = self.cure();
                self.sessions
                    .up(neighbor, &self.rib, cure, &mut self.notes, now);
            }
            Message::Down(neighbor, reason) => {
                self.reported(&neighbor);
                let in_flight = self
                    .batch
                    .iter()
                    .flat_map(|batch| batch.routes.iter().map(|(key, _)| key));
                self.sessions
                    .down(neighbor, &reason, in_flight, &mut self.notes);
            }
            Message::Held(line) => {
                if let Some(Listing::Held(reading)) = listing(&mut self.batch, now) {
                    reading.take(line, &self.rib);
                }
            }
            Message::Established(neighbor) => {
                if let Some(Listing::Established(neighbors)) = listing(&mut self.batch, now) {
                    neighbors.insert(neighbor);
                }
            }
            Message::Shutdown => self.notes.debug("ExaBGP is shutting down"),
        }
        self.pass_time(now);
    }

    /// A neighbor is reported: what an answer says of it is older.
    fn reported(&mut self, neighbor: &Neighbor) {
        self.snapshot.reported(neighbor);
        if let Some(Batch {
            listing: Some(Listing::Established(neighbors)),
            ..
        }) = &mut self.batch
        {
            neighbors.remove(neighbor);
        }
    }

    fn answered(&mut self, done: bool, now: Instant) {
        match (self.phase, &mut self.batch) {
            (Phase::Answered { .. }, _) if done => self.ready(true, now),
            (Phase::Ready, _) if done && self.strays > 0 => self.strays -= 1,
            // An ExaBGP that does not know the command is still one that answers.
            (Phase::Asked { .. }, _) if !done => self.phase = Phase::Answered { at: now },
            (Phase::Ready, Some(batch)) => {
                if !self.acks {
                    self.notes.info("ExaBGP acknowledges commands after all");
                    self.acks = true;
                }
                *(if done {
                    &mut batch.done
                } else {
                    &mut batch.errors
                }) += 1;
            }
            // Somebody else's: a predecessor's, or one that was given up.
            _ => self
                .notes
                .debug("ExaBGP answered a command that this process did not send"),
        }
    }

    fn ready(&mut self, acks: bool, now: Instant) {
        if self.acks && !acks {
            self.notes
                .warn("ExaBGP acknowledges no commands (exabgp.api.ack is false), so a refused one is not noticed; set exabgp.api.ack to true");
        }
        (self.acks, self.phase, self.settling, self.strays) =
            (acks, Phase::Ready, now + STRAY_ANSWERS, 0);
    }

    /// Ends what time ends, and takes a batch's answers once they are complete.
    fn pass_time(&mut self, now: Instant) {
        match self.phase {
            Phase::Answered { at } if now >= at + ACK_OF_VERSION => self.ready(false, now),
            Phase::Asked {
                at,
                complained: false,
            } if now >= at + PRESENCE => {
                self.notes
                    .warn("ExaBGP is not answering; the latest state will be sent when it does");
                self.phase = Phase::Asked {
                    at,
                    complained: true,
                };
            }
            _ => {}
        }
        let Some(batch) = &self.batch else { return };
        let complete = match self.acks {
            true => batch.is_answered() && now >= self.settling,
            false => batch.alive && now >= batch.blind_end(),
        };
        let silent = self.acks && !batch.is_answered() && now >= batch.patience_ends();
        if !complete && !silent {
            return;
        }
        let Some(batch) = self.batch.take() else {
            return;
        };
        if complete && batch.errors == 0 {
            self.accepted(batch, now);
        } else if complete && batch.commands == 1 {
            self.refused(batch, now);
        } else {
            self.muddled(batch, silent, now);
        }
    }

    fn next_batch(&mut self, desired: &Desired, now: Instant) -> Vec<Command> {
        let peers = self.clear_away(desired, now);
        let differences = self.rib.differences(desired, &peers, now);
        let together = match differences.iter().position(|difference| difference.alone) {
            Some(0) => 1,
            Some(before) => before.min(BATCH),
            None => BATCH,
        };
        let routes: Vec<(RouteKey, Told)> = differences
            .into_iter()
            .take(together)
            .map(|difference| (difference.key, difference.say))
            .collect();
        if routes.is_empty() && self.makes_way {
            return Vec::new();
        }
        if routes.is_empty() {
            return self.heal(desired, now).unwrap_or_else(|| self.ask(now));
        }
        for (key, _) in &routes {
            self.rib.sent(key);
            self.sessions.said(key);
        }
        let commands: Vec<Command> = routes.iter().map(|(key, told)| told.command(key)).collect();
        self.batch = Some(Batch::new(routes, None, commands.len(), now));
        commands
    }

    /// Hands over and forgets what is not desired any more, which is all for which it matters who the neighbors are.
    fn clear_away(&mut self, desired: &Desired, now: Instant) -> Peers {
        if !self.rib.has_unwanted(desired) {
            self.reading.dismiss();
            return Peers::default();
        }
        let peers = self.peers(desired, now);
        self.rib.hand_over(desired, &peers);
        self.rib.forget(desired, |key| self.sessions.misses(key));
        peers
    }

    /// What is known of the neighbors. Who holds a route that was for all is read back, where that matters.
    fn peers(&mut self, desired: &Desired, now: Instant) -> Peers {
        let peers = self.known_peers();
        if !self.rib.waits_for_holders(desired, &peers) {
            self.reading.dismiss();
        } else if !self.reading.is_done(now) {
            return peers;
        }
        let holders = self
            .sessions
            .neighbors()
            .into_iter()
            .chain(self.reading.holders())
            .collect();
        Peers {
            holders: Some(holders),
            ..peers
        }
    }

    fn known_peers(&self) -> Peers {
        let sessions = self
            .sessions
            .are_whole()
            .map(|(neighbor, whole)| (neighbor.clone(), whole))
            .collect();
        Peers {
            holders: None,
            sessions,
        }
    }

    /// The next step in healing a session, if one is due. What changed goes before it.
    fn heal(&mut self, desired: &Desired, now: Instant) -> Option<Vec<Command>> {
        let (neighbor, commands) = self.sessions.step(&self.rib, desired, self.cure(), now)?;
        self.batch = Some(Batch::new(Vec::new(), Some(neighbor), commands.len(), now));
        Some(commands)
    }

    /// Asks who is established and what ExaBGP holds, if it is time.
    fn ask(&mut self, now: Instant) -> Vec<Command> {
        // Without acks the end of an answer is only guessed, and a withdrawal would wait for it.
        let missing = self.snapshot.missing(&self.rib).filter(|_| self.acks);
        if missing == Some(Command::Established) {
            self.batch = Some(Batch::question(Listing::Established(BTreeSet::new()), now));
        } else if missing == Some(Command::ReadBack)
            || self.reading.due().is_some_and(|due| due <= now)
        {
            self.reading.began(now);
            self.batch = Some(Batch::question(Listing::Held(ReadBack::default()), now));
            return vec![Command::ReadBack];
        }
        missing.into_iter().collect()
    }

    fn cure(&self) -> Cure {
        Cure::of(self.version.as_deref())
    }

    /// The last words: every route that may be out, or is on its way there, withdrawn.
    pub fn farewell(&self) -> Vec<Command> {
        let on_its_way = self.batch.iter().flat_map(|batch| &batch.routes);
        let announced = on_its_way
            .filter(|(_, told)| *told != Told::Withdrawn)
            .map(|(key, _)| key);
        let keys: BTreeSet<&RouteKey> = self.rib.may_be_out().chain(announced).collect();
        keys.into_iter().cloned().map(Command::Withdraw).collect()
    }

    /// Nothing is on its way, and something may be said.
    pub fn is_free(&self) -> bool {
        self.phase == Phase::Ready && self.batch.is_none()
    }

    /// ExaBGP acknowledged it as it should be, answers, and a session that it is for may be up.
    pub fn is_out(&self, key: &RouteKey) -> bool {
        matches!(self.rib.told(key), Some(Told::Announced(_)))
            && self.phase == Phase::Ready
            && may_be_up(
                self.sessions
                    .states()
                    .map(|(neighbor, up, _)| (neighbor, up)),
                &key.neighbors,
            )
    }
}
