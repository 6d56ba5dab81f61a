//! A batch of commands on its way, and how long to wait for its answers. Pure.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::read_back::ReadBack;
use super::told::Told;
use crate::exabgp::Command;
use crate::route::{Neighbor, RouteKey};

/// How long an answer may take before the silence is asked about.
pub const ANSWER: Duration = Duration::from_secs(1);
/// Between a command and the next when ExaBGP acknowledges nothing.
const BLIND_PACE: Duration = Duration::from_millis(200);
/// The same for the end of a reading.
const BLIND_READING: Duration = Duration::from_secs(1);
/// The longest that a reading may take, whatever still comes.
const LONGEST_READING: Duration = Duration::from_secs(10);

/// The lines of an answer.
#[derive(Debug)]
pub enum Listing {
    /// What is in the Adj-RIB-Out.
    Held(ReadBack),
    /// Whose sessions are established.
    Established(BTreeSet<Neighbor>),
}

/// Commands that were sent together, and their answers so far.
#[derive(Debug)]
pub struct Batch {
    /// Routes, and what was said of each.
    pub routes: Vec<(RouteKey, Told)>,
    /// Instead of routes: a step in healing this neighbor's session.
    pub healing: Option<Neighbor>,
    /// Instead of routes: one of them, for a neighbor of which nothing was reported, and whether it took it.
    pub probing: Option<(Neighbor, bool)>,
    /// What the step of healing announces.
    pub restated: Vec<(RouteKey, Told)>,
    /// Instead of routes: a question, and what ExaBGP has answered so far.
    pub listing: Option<Listing>,
    /// How many commands they are.
    pub commands: usize,
    /// When they were sent.
    pub sent: Instant,
    /// The last sign of life: what is long is not silent.
    pub heard: Instant,
    /// Answers `done`.
    pub done: usize,
    /// Answers `error`.
    pub errors: usize,
    /// Why the last error was one, as ExaBGP words it.
    pub reason: Option<String>,
    /// Without acknowledgements: ExaBGP answered the question that went with it, so it reads.
    pub alive: bool,
}

impl Batch {
    /// A batch that is sent now.
    pub fn new(
        routes: Vec<(RouteKey, Told)>,
        healing: Option<Neighbor>,
        commands: usize,
        sent: Instant,
    ) -> Self {
        Self {
            routes,
            healing,
            probing: None,
            restated: Vec::new(),
            listing: None,
            commands,
            sent,
            heard: sent,
            done: 0,
            errors: 0,
            reason: None,
            alive: false,
        }
    }

    /// A batch of one question.
    pub fn question(listing: Listing, sent: Instant) -> Self {
        Self {
            listing: Some(listing),
            ..Self::new(Vec::new(), None, 1, sent)
        }
    }

    /// A batch of one statement, which shows whether the neighbor takes it.
    pub fn probe(neighbor: Neighbor, sent: Instant) -> Self {
        Self {
            probing: Some((neighbor, false)),
            ..Self::new(Vec::new(), None, 1, sent)
        }
    }

    /// It asks what ExaBGP holds.
    pub fn reads(&self) -> bool {
        matches!(self.listing, Some(Listing::Held(_)))
    }

    /// An answer came.
    pub fn answered(&mut self, done: bool, now: Instant) {
        self.heard = now;
        // One that is probed need not take it.
        let is_probe = self.probing.is_some();
        if let Some((_, took)) = &mut self.probing {
            *took = done;
        }
        *(if done || is_probe {
            &mut self.done
        } else {
            &mut self.errors
        }) += 1;
    }

    /// When it is given up as unanswered.
    pub fn patience_ends(&self) -> Instant {
        (self.heard + ANSWER).min(self.sent + LONGEST_READING)
    }

    /// When it is taken as done if nothing is acknowledged.
    pub fn blind_end(&self) -> Instant {
        self.sent
            + if self.listing.is_some() {
                BLIND_READING
            } else {
                BLIND_PACE
            }
    }

    /// As many answers came as commands went.
    pub fn is_answered(&self) -> bool {
        self.done + self.errors >= self.commands
    }
}

/// What these commands announce.
pub fn restated(commands: &[Command]) -> Vec<(RouteKey, Told)> {
    let announced = commands.iter().filter_map(|command| match command {
        Command::Announce(key, route) => Some((key.clone(), Told::Announced(route.clone()))),
        _ => None,
    });
    announced.collect()
}
