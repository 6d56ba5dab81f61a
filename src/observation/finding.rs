//! What a probe finds.

use serde::{Deserialize, Serialize};

/// A probe's finding: whether what it looks for holds, or that it cannot be told, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Absent: it cannot be told.
    pub holds: Option<bool>,
    /// In words and figures.
    pub why: String,
    /// Nobody answered: the time was over, or there was no way. A refusal is an answer.
    pub is_silence: bool,
    /// Whether the page says that it is the asked host's own; absent: there is no page.
    pub is_own: Option<bool>,
}

impl Finding {
    /// A finding with its reason.
    pub fn new(holds: Option<bool>, why: impl Into<String>) -> Self {
        Self {
            holds,
            why: why.into(),
            is_silence: false,
            is_own: None,
        }
    }

    /// Nobody answered, so that it does not hold.
    pub fn silence(why: impl Into<String>) -> Self {
        Self {
            is_silence: true,
            ..Self::new(Some(false), why)
        }
    }
}
