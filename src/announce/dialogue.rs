//! The dialogue with ExaBGP: what to say next, and what its answers mean. Pure: `now` is an argument.
//!
//! Commands go out in batches of different routes, and the next batch waits for every answer of the last: so one
//! command a route is in flight, and bursts cannot be reordered (ExaBGP groups pending changes by attributes, and
//! announce-withdraw-announce in one burst ends withdrawn). Answers carry no number and may overtake each other;
//! all `done` means that all were taken, anything else makes each command of the batch go again alone.

mod account;
mod answered;
mod introduction;
mod opening;
mod reading;
mod saying;
mod snapshot;
mod unreported;
mod view;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::adj_rib_out::{AdjRibOut, Peers, is_any_up};
use super::batch::{Batch, Listing, restated};
use super::names::Names;
use super::read_back::ReadBack;
use super::sessions::{Sessions, is_removed};
use super::spacing::Spacing;
use super::told::Told;
use crate::decide::Desired;
use crate::exabgp::{Command, Dialect, Message};
use crate::note::{Note, Notes};
use crate::route::{Neighbor, RouteKey};
use opening::{Opening, Phase};
use reading::Reading;
use snapshot::Snapshot;
use unreported::Unreported;

pub use account::{Account, Commands};

/// Commands in a batch: with the longest lines still less than the pipe can hold.
const BATCH: usize = 16;
/// The dialogue.
#[derive(Debug)]
pub struct Dialogue {
    rib: AdjRibOut,
    sessions: Sessions,
    opening: Opening,
    names: Names,
    spacing: Spacing,
    batch: Option<Batch>,
    /// What was said to an ExaBGP that did not answer: it may read that when it does again.
    unanswered: Vec<(RouteKey, Told)>,
    /// Since when it does not answer.
    away: Option<Instant>,
    reading: Reading,
    snapshot: Snapshot,
    unreported: Unreported,
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
            opening: Opening::new(now),
            names: Names::default(),
            spacing: Spacing::default(),
            batch: None,
            unanswered: Vec::new(),
            away: None,
            reading: Reading::never(now),
            snapshot: Snapshot::default(),
            unreported: Unreported::default(),
            makes_way: false,
            commands: Commands::default(),
            notes: Notes::default(),
        }
    }

    /// A dialogue with nobody, for a dry run: whoever shows the commands says that they are done.
    pub fn without_exabgp(now: Instant) -> Self {
        Self {
            opening: Opening::of_nobody(now),
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
        if let Some(question) = self.open(now) {
            return vec![question];
        }
        if !self.is_free() {
            return Vec::new();
        }
        let mut commands = self.next_batch(desired, now);
        if !self.opening.acks && !commands.is_empty() {
            // Nothing may pile up in the pipe of an ExaBGP that is stuck: this it answers if it reads.
            commands.push(Command::Version);
        }
        commands
    }

    /// When `next` has something to do without a message.
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        match (self.opening.phase, &self.batch) {
            (Phase::Ready, Some(batch)) if !self.opening.acks => {
                batch.alive.then(|| batch.blind_end())
            }
            (Phase::Ready, Some(batch)) if batch.is_answered() => Some(self.opening.settling),
            (Phase::Ready, Some(batch)) => Some(batch.patience_ends()),
            (Phase::Ready, None) if self.makes_way => {
                let (spacing, names) = (self.spacing.deadline(), self.names.due(now));
                let retry = self.rib.next_retry(now).into_iter();
                retry.chain(spacing).chain(names).min()
            }
            (Phase::Ready, None) => {
                let (retry, healing) = (self.rib.next_retry(now), self.sessions.deadline());
                retry
                    .into_iter()
                    .chain(healing)
                    .chain(self.reading.due())
                    .chain(self.spacing.deadline())
                    .chain(self.names.due(now))
                    .chain(self.unreported.due())
                    .min()
            }
            _ => self.opening.deadline(now),
        }
    }

    /// Takes a message of ExaBGP's.
    pub fn heard(&mut self, message: Message, now: Instant) {
        match message {
            Message::Done | Message::Error => self.answered(message == Message::Done, now),
            Message::Version(who) => self.answers_who(who, now),
            Message::Other(line) => self.baffled(line, now),
            Message::Reason(reason) => self.explained(reason),
            Message::Taken(taken) => self.taken(taken, now),
            Message::Up(neighbor) => {
                self.rib.heard_of(&neighbor, now);
                self.reported(&neighbor, true);
                let is_new = self.names.heard_of(&neighbor);
                if is_new {
                    self.rib.doubt_of(&neighbor);
                }
                self.comes_up(neighbor, is_new, now);
            }
            Message::Down(neighbor, reason) => {
                self.reported(&neighbor, false);
                if is_removed(&reason) {
                    self.names.doubt(now);
                }
                let sent = self.batch.iter().flat_map(|batch| &batch.routes);
                let in_flight = sent.chain(&self.unanswered);
                let dialect = self.opening.dialect.unwrap_or(Dialect::SHOWN);
                self.sessions
                    .down(neighbor, &reason, in_flight, dialect, &mut self.notes, now);
                self.doubt_who_is_up(now);
            }
            Message::Held(held) => {
                if let Some(Listing::Held(reading)) = listing(&mut self.batch, now) {
                    reading.take(held, &self.rib);
                }
            }
            Message::Listed(held, neighbors) => self.listed(held, neighbors, now),
            Message::TooLong => self.too_long(now),
            Message::Established(neighbor) => {
                if let Some(Listing::Established(neighbors)) = listing(&mut self.batch, now) {
                    neighbors.insert(neighbor);
                }
            }
            Message::Shutdown => self.notes.debug("ExaBGP is shutting down"),
        }
        self.pass_time(now);
    }

    /// A session is established. ExaBGP sends what it holds first. What is on its way goes past a neighbor that `is_new` by name.
    fn comes_up(&mut self, neighbor: Neighbor, is_new: bool, now: Instant) {
        let (dialect, held) = (self.dialect(), self.sessions.held_for(&neighbor, &self.rib));
        let (rib, notes) = (&self.rib, &mut self.notes);
        if self.sessions.up(neighbor.clone(), rib, dialect, notes, now) {
            let sent = self.spacing.sends_all(held, now);
            self.sessions.heals_after(&neighbor, sent);
            let on_its_way = self.batch.iter().flat_map(|batch| &batch.routes);
            let on_its_way = on_its_way.chain(&self.unanswered);
            let passes = |key: &RouteKey| is_new && key.neighbors.contains(&neighbor);
            let again =
                on_its_way.filter(|(key, told)| passes(key) || self.may_overtake(key, told));
            let again: Vec<RouteKey> = again.map(|(key, _)| key.clone()).collect();
            for key in &again {
                self.sessions.overtakes(key, dialect.settled, now);
            }
            if self.opening.acks && self.rib.keys().next().is_some() {
                self.reading.comes_up(neighbor, now + dialect.settled);
            }
        }
        self.doubt_who_is_up(now);
    }

    /// A neighbor is reported: what an answer says of it is older.
    fn reported(&mut self, neighbor: &Neighbor, is_up: bool) {
        self.snapshot.reported(neighbor);
        self.unreported.reported(neighbor, is_up);
        self.sessions.reported(neighbor, is_up);
        if let Some(Batch {
            listing: Some(Listing::Established(neighbors)),
            ..
        }) = &mut self.batch
        {
            neighbors.remove(neighbor);
        }
    }

    /// Ends what time ends, and takes a batch's answers once they are complete.
    pub fn pass_time(&mut self, now: Instant) {
        self.pass_opening(now);
        self.sessions.lasts(&mut self.notes, now);
        let (acks, settling) = (self.opening.acks, self.opening.settling);
        let Some(batch) = &self.batch else { return };
        let complete = match acks {
            true => batch.is_answered() && now >= settling,
            false => batch.alive && now >= batch.blind_end(),
        };
        let silent = acks && !batch.is_answered() && now >= batch.patience_ends();
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
        self.pass_opening(now);
    }

    fn next_batch(&mut self, desired: &Desired, now: Instant) -> Vec<Command> {
        self.rib.forget_refusals(desired);
        let peers = self.clear_away(desired, now);
        let mut differences = self.rib.differences(desired, &peers, now);
        self.hold_back(&mut differences, desired, now);
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
        let routes = match routes.is_empty() {
            true => self.said_once_more(now),
            false => routes,
        };
        if !routes.is_empty() {
            return self.say(routes, now);
        }
        if self.names.due(now).is_some_and(|due| due <= now) {
            self.names.asked(now);
            return self.who_is_established(now);
        }
        if self.spacing.asks(now) {
            return self.who_is_established(now);
        }
        if self.makes_way {
            return Vec::new();
        }
        self.heal(desired, now)
            .unwrap_or_else(|| self.ask(desired, now))
    }

    /// Hands over and forgets what is not desired any more, which is all for which it matters who the neighbors are.
    fn clear_away(&mut self, desired: &Desired, now: Instant) -> Peers {
        if !self.rib.has_unwanted(desired) {
            self.reading.dismiss();
            return Peers::default();
        }
        self.rib.narrow(desired);
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
            .are_whole(&self.rib)
            .map(|(neighbor, whole)| (neighbor.clone(), whole))
            .collect();
        let named = self
            .names
            .known()
            .filter(|_| self.dialect().names_neighbors);
        let reported = || self.sessions.neighbors().into_iter();
        let had = |known: &BTreeSet<Neighbor>| {
            let had = known | self.sessions.removed();
            had.into_iter().chain(reported()).collect()
        };
        Peers {
            holders: None,
            sessions,
            named: named.map(had),
            lacking: self.names.lacking().clone(),
            idle: self.unreported.all_idle().clone(),
        }
    }

    /// The next step in healing a session, if one is due. What changed goes before it.
    fn heal(&mut self, desired: &Desired, now: Instant) -> Option<Vec<Command>> {
        let (rib, spacing, cure) = (&self.rib, &self.spacing, self.dialect().cure);
        let unsent = |key: &RouteKey| spacing.until(key).filter(|until| *until > now);
        let (neighbor, commands) = self.sessions.step(rib, desired, cure, unsent, now)?;
        let mut batch = Batch::new(Vec::new(), Some(neighbor), commands.len(), now);
        batch.restated = restated(&commands);
        self.spacing.queued(commands.len(), now);
        self.batch = Some(batch);
        Some(commands)
    }

    fn who_is_established(&mut self, now: Instant) -> Vec<Command> {
        self.batch = Some(Batch::question(Listing::Established(BTreeSet::new()), now));
        vec![Command::Established]
    }

    /// Asks who is established and what ExaBGP holds, if it is time.
    fn ask(&mut self, desired: &Desired, now: Instant) -> Vec<Command> {
        // Without acks the end of an answer is only guessed, and a withdrawal would wait for it.
        let missing = self
            .snapshot
            .missing(&self.rib)
            .filter(|_| self.opening.acks);
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if let Some(probe) = self.probe(desired, now) {
            return vec![probe];
        }
        let doubted = missing.is_none() && self.unreported.is_doubted(now);
        let asks = missing.is_none() && due(self.unreported.due());
        if missing == Some(Command::Established) || asks {
            self.unreported.asked(doubted);
            return self.who_is_established(now);
        } else if missing == Some(Command::ReadBack)
            || self.unreported.reads(&self.sessions)
            || due(self.reading.due())
        {
            self.reading.began(now);
            self.batch = Some(Batch::question(Listing::Held(ReadBack::default()), now));
            return vec![Command::ReadBack];
        }
        missing.into_iter().collect()
    }

    /// A route for a neighbor that is established and was never reported: only one that lists this process takes it, if it has its
    /// family. It is out, and should be.
    fn probe(&mut self, desired: &Desired, now: Instant) -> Option<Command> {
        let trial = |neighbor: &Neighbor, family| {
            let (key, route) = self.rib.announced_to(neighbor, family, desired)?;
            let neighbors = vec![neighbor.clone()];
            let key = RouteKey {
                neighbors,
                ..key.clone()
            };
            Some(Command::Announce(key, route.clone()))
        };
        let (neighbor, probe) = self.unreported.untried(&self.sessions, trial, now)?;
        self.spacing.queued(1, now);
        let mut batch = Batch::probe(neighbor, now);
        batch.restated = restated(std::slice::from_ref(&probe));
        self.batch = Some(batch);
        Some(probe)
    }

    /// The last words: every route that may be out, or is on its way there, withdrawn.
    pub fn farewell(&self) -> Vec<Command> {
        let on_its_way = self.batch.iter().flat_map(|batch| &batch.routes);
        let announced = on_its_way
            .filter(|(_, told)| *told != Told::Withdrawn)
            .map(|(key, _)| key);
        let keys: BTreeSet<&RouteKey> = self.rib.may_be_out().chain(announced).collect();
        // Before the names are there: what a predecessor said, to whom ExaBGP had named them.
        let inherited = |key: &RouteKey| self.names.are_unknown().then(|| key.clone());
        let selected = keys.into_iter();
        let selected = selected.filter_map(|key| self.selected(key).or_else(|| inherited(key)));
        selected.map(Command::Withdraw).collect()
    }

    /// Nothing is on its way, and something may be said.
    pub fn is_free(&self) -> bool {
        self.opening.phase == Phase::Ready && self.batch.is_none()
    }

    /// ExaBGP acknowledged it as it should be, answers, and a session that it is for may be up.
    pub fn is_out(&self, key: &RouteKey) -> bool {
        matches!(self.rib.told(key), Some(Told::Announced(_)))
            && self.opening.answers()
            && self.may_reach(key)
    }

    /// A session that it is for is up, or nothing was reported of any, and one may be.
    fn may_reach(&self, key: &RouteKey) -> bool {
        self.is_reported_up(key)
            .unwrap_or_else(|| self.unreported.may_be_up(key))
    }

    /// Absent: nothing was reported of whom it is for.
    fn is_reported_up(&self, key: &RouteKey) -> Option<bool> {
        let states = self.sessions.states();
        let states = states.map(|(neighbor, up, _)| (neighbor, up));
        is_any_up(states, &key.neighbors)
    }

    /// These were said.
    fn doubt_whom_it_reaches(&mut self, routes: &[(RouteKey, Told)], now: Instant) {
        let mut announced = routes.iter().filter(|(_, told)| *told != Told::Withdrawn);
        if announced.any(|(key, _)| self.is_doubtful(key)) {
            self.unreported.doubt(now);
        }
    }

    /// More is known of who is up. What seems to reach nobody, of whom nothing was reported, is asked for again.
    fn doubt_who_is_up(&mut self, now: Instant) {
        let is_announced = |key: &&RouteKey| matches!(self.rib.told(key), Some(Told::Announced(_)));
        let mut announced = self.rib.keys().filter(is_announced);
        let is_doubtful = |key: &RouteKey| self.doubts_neighbors() || self.is_doubtful(key);
        match announced.any(is_doubtful) {
            true => self.unreported.doubt(now),
            false => self.unreported.trust(),
        }
    }

    /// ExaBGP 6 reports neither a neighbor that never comes up, nor that a reload takes out one that is down: it is asked.
    fn doubts_neighbors(&self) -> bool {
        let is_unheard = || self.unreported.idle(&self.sessions).next().is_some();
        self.dialect().names_neighbors && (self.sessions.is_any_down() || is_unheard())
    }

    fn is_doubtful(&self, key: &RouteKey) -> bool {
        self.is_reported_up(key).is_none() && !self.unreported.may_be_up(key)
    }
}
