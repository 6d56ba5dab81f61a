//! What the dialogue can tell of itself, for reports. Read only.

use std::time::Instant;

use super::{Dialogue, Phase};
use crate::route::{Neighbor, RouteKey};

/// What became of the commands so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Commands {
    /// ExaBGP acknowledged them, or they are taken as done where it acknowledges none.
    pub taken: u64,
    /// It refused them.
    pub refused: u64,
    /// It did not answer in time.
    pub unanswered: u64,
}

impl Commands {
    pub(super) fn taken(&mut self, count: usize) {
        self.taken += u64::try_from(count).unwrap_or(0);
    }

    pub(super) fn unanswered(&mut self, count: usize) {
        self.unanswered += u64::try_from(count).unwrap_or(0);
    }
}

/// Where the dialogue stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account<'dialogue> {
    /// ExaBGP's version, once it answered.
    pub version: Option<&'dialogue str>,
    /// It acknowledges commands.
    pub acknowledges: bool,
    /// It was asked whether it is there at this time, and has not answered yet.
    pub asked: Option<Instant>,
    /// What became of the commands.
    pub commands: Commands,
    /// Routes that it held otherwise than it was told, and that were said again.
    pub mended: u64,
}

impl Dialogue {
    /// Where it stands.
    pub fn account(&self) -> Account<'_> {
        Account {
            version: self.version.as_deref(),
            acknowledges: self.acks,
            asked: if let Phase::Asked { at, .. } = self.phase { Some(at) } else { None },
            commands: self.commands,
            mended: self.reading.mended(),
        }
    }

    /// What ExaBGP holds otherwise than it was told, although it was sent again.
    pub fn stays_otherwise(&self, key: &RouteKey) -> Option<&str> {
        self.reading.stays_otherwise(key)
    }

    /// Routes about which a command is on its way.
    pub fn in_flight(&self) -> impl Iterator<Item = &RouteKey> {
        self.batch.iter().flat_map(|batch| batch.routes.iter().map(|(key, _)| key))
    }

    /// Every neighbor that ExaBGP has reported, whether its session is established, and why it is not.
    pub fn neighbors(&self) -> impl Iterator<Item = (&Neighbor, bool, &str)> {
        self.sessions.states()
    }
}
