//! What the dialogue tells of itself. Pure data.

use std::time::Instant;

use crate::exabgp::Dialect;
use crate::means;

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
    /// The words that it understands, once it answered.
    pub dialect: Option<&'static Dialect>,
    /// What it answered, where that is not understood: nothing is announced then.
    pub not_understood: Option<&'dialogue str>,
    /// It acknowledges commands.
    pub acknowledges: bool,
    /// It was asked whether it is there at this time, and has not answered yet.
    pub asked: Option<Instant>,
    /// What became of the commands.
    pub commands: Commands,
    /// Routes that it held otherwise than it was told, and that were said again.
    pub mended: u64,
    /// How reading back what it holds works; absent: that is not wanted.
    pub read_back: Option<&'dialogue means::Account>,
}
