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
    /// What operators declare, all of it.
    Orders(Orders),
    /// The watch of this number began, or could not.
    Watching(u32, Result<(), String>),
    /// A look of the watch with this number is done.
    Looked(u32, Look),
    /// A probe of it is done.
    Probed(u32, Probe, Reading<Finding>),
    /// ExaBGP said something.
    Heard(Message),
    /// The lines that were said last are written.
    Written,
    /// What is managed is written, as well as it could be: the order of this number.
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
