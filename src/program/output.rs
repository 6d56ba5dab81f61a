//! What goes out of the program.

use std::collections::BTreeSet;

use super::input::Reason;
use super::plan::Plan;
use super::variables::Settings;
use crate::change::Change;
use crate::condition::Probe;
use crate::config::Socket;
use crate::drain::Stage;
use crate::exabgp::{Command, Dialect};
use crate::note::Note;
use crate::route::RouteKey;

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Output {
    /// Begin this watch, and end the one before once it has begun.
    Watch(u32, Box<Plan>),
    /// Look at HAProxy and at the addresses.
    Look(u32),
    /// Run this probe.
    Probe(u32, Probe),
    /// Write the ledger; [`Input::Kept`](super::Input::Kept) with this number says that it is done.
    Keep(u32, BTreeSet<RouteKey>),
    /// Write these commands to ExaBGP, in this dialect.
    Say(Vec<Command>, &'static Dialect),
    /// Set these variables in HAProxy.
    Tell(Socket, Settings),
    /// The services were judged.
    Judged,
    /// A service's health changed.
    Changed(String, Change),
    /// A service's drain came to another stage than this one, or is over.
    Stage(String, Option<Stage>),
    /// A line for the log.
    Note(Note),
    /// Leave, for this reason; there is nothing more to do.
    Exit(Reason),
}
