//! Where a service stands. Pure data.
//! In comes what the judge found.
//! Out goes one of these words, each with the readings that it takes to come there and to leave.

use crate::config::Service;

/// Readings in a row in which no sibling is healthy, each of newer answers, after which a region that had withdrawn
/// serves again: a page that is late once or twice does not bring a withdrawn route back.
pub const WORDS: u32 = 3;

/// Where a service stands by itself: what rise and fall move. Ordered from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The level in force, from 0, the best.
    Level(usize),
    /// No level's condition holds, and no sibling is known to be healthy: the route stays out as the last resort.
    LastStanding,
    /// No level's condition holds.
    Down,
    /// Not known since the start: nothing is said of its routes yet.
    NotYetKnown,
}

impl State {
    /// Readings in a row that lead to it from a worse one.
    pub fn rise(self, service: &Service) -> u32 {
        match self {
            Self::Level(index) => {
                let level = service.levels.get(index);
                level.map_or(service.rise, |level| level.rise)
            }
            Self::LastStanding => service.rise.max(WORDS),
            Self::Down | Self::NotYetKnown => service.rise,
        }
    }

    /// Readings in a row that lead from it to a worse one.
    pub fn fall(self, service: &Service) -> u32 {
        match self {
            Self::Level(index) => {
                let level = service.levels.get(index);
                level.map_or(service.fall, |level| level.fall)
            }
            Self::LastStanding | Self::Down | Self::NotYetKnown => service.fall,
        }
    }
}

/// What is in force: a state, or a takeover, which only the best level leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not known since the start: nothing is said of its routes yet.
    NotYetKnown,
    /// The best level is in force, and a route is out that is preferred to that of siblings that are silent.
    Takeover,
    /// The level in force, from 0, the best.
    Level(usize),
    /// No level's condition holds, and no sibling is known to be healthy: the route stays out as the last resort.
    LastStanding,
    /// No level's condition holds.
    Down,
}

impl Standing {
    /// Lower is better.
    pub fn rank(self) -> usize {
        match self {
            Self::Takeover => 0,
            Self::Level(index) => index,
            Self::LastStanding => usize::MAX - 2,
            Self::Down => usize::MAX - 1,
            Self::NotYetKnown => usize::MAX,
        }
    }
}

impl From<State> for Standing {
    fn from(state: State) -> Self {
        match state {
            State::Level(index) => Self::Level(index),
            State::LastStanding => Self::LastStanding,
            State::Down => Self::Down,
            State::NotYetKnown => Self::NotYetKnown,
        }
    }
}
