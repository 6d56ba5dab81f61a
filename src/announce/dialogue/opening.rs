//! What is known of who is there, which dialect is spoken, and whether commands are acknowledged. Pure data.

use std::time::{Duration, Instant};

use crate::exabgp::Dialect;

/// How long the answer to the question may take before that is worth a line.
pub(super) const PRESENCE: Duration = Duration::from_secs(3);
/// After `system version` was answered: its `done` comes in this time, or acks are off. After any other line: the answer, or that was it.
pub(super) const ACK_OF_VERSION: Duration = Duration::from_millis(300);
/// Until acknowledgements that were turned on are there, or nobody turns them on.
pub(super) const ACKNOWLEDGED: Duration = Duration::from_secs(1);

/// Where the dialogue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Who is there is to be asked.
    Unasked,
    /// It was asked at this time; nothing else is said until the answer, however long it takes.
    Asked { at: Instant, complained: bool },
    /// It was answered; whether acks are on shows in a moment.
    Answered { at: Instant },
    /// It was answered, and acks are off: they are to be turned on.
    Unacknowledged,
    /// That was said at this time.
    Acknowledging { at: Instant },
    /// What answered speaks no dialect that is known; it is asked again then.
    Unknown { again: Instant },
    /// Commands may go.
    Ready,
}

/// What is known of who is there.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) phase: Phase,
    pub(super) acks: bool,
    pub(super) version: Option<String>,
    pub(super) dialect: Option<&'static Dialect>,
    /// The answer that was not understood.
    pub(super) odd: Option<String>,
    /// Until then, answers may be somebody else's.
    pub(super) settling: Instant,
    /// Acknowledgements of somebody else's question that are still to come.
    pub(super) strays: u32,
    /// Acknowledgements of what was given up, which come before the answer.
    pub(super) given_up: usize,
    /// Another line came in place of the answer.
    pub(super) baffled: Option<(String, Instant)>,
    /// What is spoken may be another dialect by now.
    pub(super) in_doubt: bool,
    /// That is being asked, of an ExaBGP that answers.
    pub(super) again: bool,
}

impl Opening {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            phase: Phase::Unasked,
            acks: true,
            version: None,
            dialect: None,
            odd: None,
            settling: now,
            strays: 0,
            given_up: 0,
            baffled: None,
            in_doubt: false,
            again: false,
        }
    }

    /// With nobody, who takes everything.
    pub(super) fn of_nobody(now: Instant) -> Self {
        Self {
            phase: Phase::Ready,
            dialect: Some(Dialect::SHOWN),
            ..Self::new(now)
        }
    }

    /// ExaBGP answers, as far as is known, and in words that are understood.
    pub(super) fn answers(&self) -> bool {
        match self.phase {
            Phase::Ready => true,
            Phase::Unknown { .. } => false,
            Phase::Asked { complained, .. } => self.again && !complained,
            _ => self.again,
        }
    }

    /// When it goes on without a message.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        let odd = self.baffled.as_ref().map(|(_, at)| *at + ACK_OF_VERSION);
        match self.phase {
            Phase::Unasked | Phase::Unacknowledged => Some(now),
            Phase::Asked { at, complained } => {
                let late = (!complained).then_some(at + PRESENCE);
                odd.into_iter().chain(late).min()
            }
            Phase::Answered { at } => Some(at + ACK_OF_VERSION),
            Phase::Acknowledging { at } => Some(at + ACKNOWLEDGED),
            Phase::Unknown { again } => Some(again),
            Phase::Ready => None,
        }
    }
}
