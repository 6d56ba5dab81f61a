//! Why a command did not end as wished. Each kind has its exit status.

use std::fmt;

/// Why a command did not end as wished, in words and with the cure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nobody listens at HAProxy's socket, or only a process that is leaving.
    Gone(String),
    /// It cannot be told what is, or what was done: no answer in time, or one that makes no sense.
    CannotTell(String),
    /// HAProxy or the guard refused; nothing was changed by it.
    Refused(String),
    /// HAProxy took it, but what was wished did not come about, or not in time.
    NotReached(String),
    /// The configuration cannot be used.
    Configuration(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Gone(text)
        | Self::CannotTell(text)
        | Self::Refused(text)
        | Self::NotReached(text)
        | Self::Configuration(text)) = self;
        f.write_str(text)
    }
}

impl std::error::Error for Failure {}
