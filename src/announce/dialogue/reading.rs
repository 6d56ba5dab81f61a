//! When to read back what ExaBGP holds, and what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::super::adj_rib_out::AdjRibOut;
use super::super::read_back::ReadBack;
use super::super::sessions::Sessions;
use crate::exabgp::{Command, Dialect};
use crate::means::Account;
use crate::note::Notes;
use crate::route::{Neighbor, RouteKey};

/// A reading takes at most one part in so many of ExaBGP's time.
const SHARE: u32 = 100;
/// As many octets a second of answers that ExaBGP writes into its log, too, as 6 does.
const LOGGED: usize = 8192;
/// Between two tries of one that was asked for.
const AGAIN: Duration = Duration::from_secs(1);
/// Tries after which what is known must do.
const TRIES: u8 = 3;

/// When to read back, and what came of it.
#[derive(Debug)]
pub(super) struct Reading {
    /// There is nobody who could be asked.
    nobody: bool,
    /// ExaBGP writes what it answers into its log.
    logged: bool,
    every: Option<Duration>,
    next: Instant,
    /// Differences of the last reading: one that comes again cannot be mended by saying the same.
    last: BTreeMap<RouteKey, String>,
    /// Those of them that came again.
    stays: BTreeSet<RouteKey>,
    mended: u64,
    /// Neighbors for which ExaBGP held managed prefixes at the last reading, and when that began.
    holders: BTreeSet<Neighbor>,
    read: Option<Instant>,
    /// One was asked for then, out of turn, and began so often.
    asked: Option<Instant>,
    tries: u8,
    account: Account,
}

impl Reading {
    /// None, until somebody wants them.
    pub(super) fn never(now: Instant) -> Self {
        Self {
            nobody: false,
            logged: false,
            every: None,
            next: now,
            last: BTreeMap::new(),
            stays: BTreeSet::new(),
            mended: 0,
            holders: BTreeSet::new(),
            read: None,
            asked: None,
            tries: 0,
            account: Account::new(Command::ReadBack, now),
        }
    }

    /// None at all: there is nobody who could be asked.
    pub(super) fn of_nobody(now: Instant) -> Self {
        Self {
            nobody: true,
            ..Self::never(now)
        }
    }

    /// Read back this often from now on; never, if absent.
    pub(super) fn every(&mut self, every: Option<Duration>, now: Instant) {
        if self.every != every {
            self.every = every;
            self.next = now + every.unwrap_or_default();
        }
    }

    /// It is asked in these words.
    pub(super) fn asks(&mut self, dialect: &Dialect) {
        self.account.place = dialect.line(&Command::ReadBack);
        self.logged = dialect.lists_in_a_line;
    }

    /// When the next is due. One that is asked for is due where none are wanted, too.
    pub(super) fn due(&self) -> Option<Instant> {
        let wanted = self.every.is_some() && !self.nobody;
        (wanted || self.is_asked()).then_some(self.next)
    }

    /// One began.
    pub(super) fn began(&mut self, now: Instant) {
        let every = self.every.unwrap_or_default();
        self.next = now + if self.is_asked() { AGAIN } else { every };
        self.tries = self.tries.saturating_add(1);
    }

    /// One is asked for, and has not ended.
    fn is_asked(&self) -> bool {
        !self.nobody && self.asked.is_some() && self.read < self.asked && self.tries < TRIES
    }

    /// It ended, and took so long.
    pub(super) fn ended(&mut self, read: &ReadBack, now: Instant, took: Duration) {
        (self.holders, self.read) = (read.neighbors(), now.checked_sub(took));
        let logged = match self.logged {
            true => Duration::from_secs((read.told() / LOGGED) as u64),
            false => Duration::ZERO,
        };
        let every = self.every.unwrap_or_default();
        self.next = now + (took * SHARE).max(every).max(logged);
        match read.is_whole() {
            true => self.account.used(now),
            false => self.failed("ExaBGP holds more than is compared, which is 4 MiB", now),
        }
    }

    /// It came to nothing.
    pub(super) fn failed(&mut self, why: &str, now: Instant) {
        self.account.failed(why, now);
    }

    /// How reading back works, where it is wanted.
    pub(super) fn account(&self) -> Option<&Account> {
        self.every.filter(|_| !self.nobody).map(|_| &self.account)
    }

    /// A reading that began after it was asked for has ended, or ExaBGP answers none; if none was asked for, one is now.
    pub(super) fn is_done(&mut self, now: Instant) -> bool {
        if self.asked.is_none() {
            (self.asked, self.next, self.tries) = (Some(now), self.next.min(now), 0);
        }
        !self.is_asked()
    }

    /// Nobody waits for a reading any more.
    pub(super) fn dismiss(&mut self) {
        self.asked = None;
    }

    /// Neighbors for which ExaBGP held managed prefixes at the last reading.
    pub(super) fn holders(&self) -> impl Iterator<Item = Neighbor> {
        self.holders.iter().cloned()
    }

    /// Routes that ExaBGP holds otherwise than it was told, to be said again; for the same difference only once. What it may not be told
    /// yet went with its neighbor: that is no difference.
    pub(super) fn differing(
        &mut self,
        read: &ReadBack,
        rib: &AdjRibOut,
        sessions: &Sessions,
        may_be_said: impl Fn(&RouteKey) -> bool,
        notes: &mut Notes,
    ) -> Vec<RouteKey> {
        let differences: BTreeMap<RouteKey, String> = read
            .differences(rib, &sessions.neighbors())
            .into_iter()
            .filter(|(key, _)| !sessions.is_restating(key))
            .collect();
        let mut differing = Vec::new();
        self.stays.clear();
        for (key, difference) in &differences {
            if self.last.get(key) == Some(difference) {
                notes.debug(format!(
                    "{}: {difference}, although it was sent again",
                    key.prefix
                ));
                self.stays.insert(key.clone());
            } else if !may_be_said(key) {
                differing.push(key.clone());
            } else {
                notes.warn(format!(
                    "{} differs in ExaBGP from what was sent: {difference}; sending it again",
                    key.prefix
                ));
                differing.push(key.clone());
                self.mended += 1;
            }
        }
        self.last = differences;
        differing
    }

    /// What ExaBGP holds of a route otherwise than it was told, although it was sent again.
    pub(super) fn stays_otherwise(&self, key: &RouteKey) -> Option<&str> {
        self.last
            .get(key)
            .filter(|_| self.stays.contains(key))
            .map(String::as_str)
    }

    /// Routes that were said again so far.
    pub(super) fn mended(&self) -> u64 {
        self.mended
    }
}
