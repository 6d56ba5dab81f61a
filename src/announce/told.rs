//! What was said of a route. Pure data.

use crate::exabgp::Command;
use crate::route::{Route, RouteKey};

/// What was said of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It was announced, like this.
    Announced(Route),
    /// It was withdrawn.
    Withdrawn,
}

impl Told {
    /// The command that says it.
    pub fn command(&self, key: &RouteKey) -> Command {
        match self {
            Self::Announced(route) => Command::Announce(key.clone(), route.clone()),
            Self::Withdrawn => Command::Withdraw(key.clone()),
        }
    }
}
