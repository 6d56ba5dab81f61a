//! The result of a replay.

use std::time::Instant;

use crate::report::moment::{Clock, Moment};

use super::tally::Tally;

/// The result of a replay.
#[derive(Debug, Default)]
pub struct Report {
    pub lives: Vec<Life>,
    pub recorded: Tally,
    pub new: Option<Tally>,
    /// What the other configuration asks for, and the record does not have.
    pub missing: Vec<String>,
}

impl Report {
    /// When the first process began that began over a second before the one before it ended, by the wall clock.
    pub fn set_back(&self) -> Option<Moment> {
        let begins = self.lives.iter().map(|life| life.clock.at(life.begun));
        let ends = self.lives.iter().map(|life| life.clock.at(life.until));
        let pairs = ends.zip(begins.skip(1));
        let mut back = pairs.filter(|(end, begin)| end.since(*begin) > 1.0);
        back.next().map(|(_, begin)| begin)
    }
}

/// A process, or a part of one, that is recorded without a gap.
#[derive(Debug)]
pub struct Life {
    pub clock: Clock,
    pub begun: Instant,
    pub until: Instant,
    pub version: String,
    pub calls: u64,
    /// It begins with the process, and is run again exactly.
    pub is_whole: bool,
    /// Its last line is cut off.
    pub is_cut: bool,
    pub differs: Option<Difference>,
}

/// The first call that says something else than what was recorded.
#[derive(Debug)]
pub struct Difference {
    pub at: Instant,
    pub recorded: Vec<String>,
    pub replayed: Vec<String>,
}
