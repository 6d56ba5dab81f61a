//! What is wrong with a configuration, and where.

use super::locate::Place;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The key.
    pub place: Place,
    /// What is wrong with it, and the cure.
    pub what: String,
}

pub(super) fn fault<T>(place: Place, what: impl Into<String>) -> Result<T, Fault> {
    Err(Fault {
        place,
        what: what.into(),
    })
}
