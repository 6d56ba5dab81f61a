//! What a look changed in a service's health. Pure data.
//! In comes what the judge found.
//! Out goes one of these, to the log, the hooks and the history.

use std::time::Duration;

use crate::standing::Standing;

/// What a reading changed: the caller logs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Another level is in force.
    Moved {
        /// What was.
        from: Standing,
        /// What is.
        to: Standing,
    },
    /// The state is unknown; what is in force holds.
    Holding {
        /// Why it is unknown.
        why: String,
        /// For how long.
        hold: Duration,
        /// What comes after, as far as it is known now; absent: it holds for as long as it lasts.
        then: Option<Standing>,
    },
    /// The state is known again, and nothing changed.
    Told,
    /// A better level is confirmed, and kept back.
    KeptBack {
        /// The level.
        target: Standing,
        /// For how long from now.
        wait: Duration,
        /// The falls that are the reason; absent: it is the warm-up.
        falls: Option<u32>,
    },
    /// It is the last resort, and the siblings that were asked since are not healthy either.
    Alone,
}
