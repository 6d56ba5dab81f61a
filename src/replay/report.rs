//! What came of a replay.

use std::time::Instant;

use crate::report::moment::Clock;

use super::tally::Tally;

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    pub lives: Vec<Life>,
    pub recorded: Tally,
    pub new: Option<Tally>,
    /// What the other configuration asks for, and the record does not have.
    pub missing: Vec<String>,
}

/// What is recorded of a process without a hole.
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
