//! How a command ends: what goes to stdout and stderr, and the exit status.
//! In comes what a command found out.
//! Out goes what `main` prints, and the status that it leaves with.

use std::fmt;

use serde::Serialize;

/// The state of the services, or the result of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every service is at its best level; everything agrees.
    Best,
    /// Some service is below its best level; something differs.
    Worse,
    /// The state is unknown.
    Unknown,
}

/// The kinds of failures; each has its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// HAProxy, the guard, the system or the operator refused; nothing was changed.
    Refused,
    /// HAProxy accepted the change, but the wished state was not reached in time.
    NotReached,
    /// No answer in time, or one that cannot be read: the state, or the effect of a command, is unknown.
    Unknown,
    /// The command line cannot be used.
    Usage,
    /// No process listens at HAProxy's socket, or only one that is stopping.
    Gone,
    /// A file that was asked for cannot be written.
    Unwritten,
    /// The configuration, or one to be generated, cannot be used.
    Configuration,
}

impl Kind {
    /// 64 and above: sysexits(3).
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Refused | Self::NotReached => 1,
            Self::Unknown => 2,
            Self::Usage => 64,
            Self::Gone => 69,
            Self::Unwritten => 74,
            Self::Configuration => 78,
        }
    }
}

/// Why a command failed, with the cure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its kind.
    pub kind: Kind,
    /// For stderr.
    pub text: String,
}

macro_rules! failures {
    ($($name:ident $kind:ident),*) => {$(
        /// A failure of this kind, in words.
        pub fn $name(text: impl Into<String>) -> Failure {
            Failure { kind: Kind::$kind, text: text.into() }
        }
    )*};
}

failures! {
    refused Refused, not_reached NotReached, unknown Unknown, usage Usage, gone Gone,
    unwritten Unwritten, configuration Configuration
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The command ran, with this outcome.
    As(Outcome),
    /// The configuration cannot be used; the answer says why.
    Broken,
    /// The command failed.
    Failed(Failure),
}

impl End {
    /// The process's exit status.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::As(Outcome::Best) => 0,
            Self::As(Outcome::Worse) => 1,
            Self::As(Outcome::Unknown) => 2,
            Self::Broken => Kind::Configuration.exit_status(),
            Self::Failed(failure) => failure.kind.exit_status(),
        }
    }
}

/// A command's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For stdout.
    pub text: String,
    /// For stderr.
    pub notes: String,
    /// How it ended.
    pub end: End,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        (text, None).into()
    }
}

impl From<(String, Option<Failure>)> for Answer {
    fn from((text, failure): (String, Option<Failure>)) -> Self {
        let end = failure.map_or(End::As(Outcome::Best), End::Failed);
        Self {
            text,
            notes: String::new(),
            end,
        }
    }
}

impl From<(String, End)> for Answer {
    fn from((text, end): (String, End)) -> Self {
        Self {
            text,
            notes: String::new(),
            end,
        }
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        (String::new(), End::Failed(failure)).into()
    }
}
