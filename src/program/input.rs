//! What comes into the program.

use serde::{Deserialize, Serialize};

use crate::condition::Probe;
use crate::config::Config;
use crate::drain::Orders;
use crate::exabgp::Message;
use crate::observation::{Finding, Look, Reading};

/// What happened.
#[derive(Debug, Clone)]
pub enum Input {
    /// A configuration that can be used was read.
    Configuration(Box<Config>),
    /// All drains that are declared.
    Orders(Orders),
    /// The watch with this number has begun, or failed to.
    Watching(u32, Result<(), String>),
    /// A look of the watch with this number is done.
    Looked(u32, Look),
    /// A probe of the watch with this number is done.
    Probed(u32, Probe, Reading<Finding>),
    /// ExaBGP said something.
    Heard(Message),
    /// The last lines for ExaBGP are written.
    Written,
    /// The order with this number to write the ledger is carried out, even if the write failed.
    Kept(u32),
    /// HAProxy took the variables, or did not.
    Switched(Result<(), String>),
    /// It is time to leave.
    Leave(Reason),
}

/// Why it is time to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A signal said so. ExaBGP is still there.
    Told,
    /// ExaBGP is gone, in words.
    Gone(String),
}
