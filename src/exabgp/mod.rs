//! ExaBGP's grammar, in each of its dialects. Nothing above knows a word of ExaBGP's.
//! In come commands, and the lines that ExaBGP writes.
//! Out go lines for ExaBGP, and typed messages.
//!
//! `dialect` is the table of each version's words; `said` makes lines with them, `heard` reads ExaBGP's lines, `held`
//! the routes that it says it holds.
//!
//! A command is made of fixed words, numbers and addresses only: no text of the configuration, of HAProxy or of
//! a neighbor can reach a line. ExaBGP 4.2 and 5.0 look for command names *anywhere* in a line, so that a stray
//! `shutdown` or `json` in it would stop or crash the daemon.

mod dialect;
mod heard;
mod held;
mod said;

use crate::route::{Neighbor, Route, RouteKey};

pub use dialect::{Cure, Dialect, SIX};
pub use heard::{Message, Who, message};
pub use held::Held;

/// The longest line, in octets: a pipe takes 4096 at once, whole.
pub const LONGEST_LINE: usize = 4000;

/// The longest line that is read: a list of what ExaBGP holds is one.
pub const LONGEST_HEARD: u64 = 4 << 20;

/// What can be said to ExaBGP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Announce a route, or replace the one that is out.
    Announce(RouteKey, Route),
    /// Withdraw it.
    Withdraw(RouteKey),
    /// Send everything again to a neighbor: the only cheap command that repairs what a session missed.
    Flush(Neighbor),
    /// Ask for the version, and find out whether commands are acknowledged.
    Version,
    /// Acknowledge what this process says from now on.
    Acknowledge,
    /// Ask for everything that is in the Adj-RIB-Out.
    ReadBack,
    /// Ask whose sessions are established.
    Established,
}
