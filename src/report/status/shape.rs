//! What a process tells of itself: the shape of its status file, and of `haproxy-rhi status --json`.
//!
//! The file is one JSON object, a [`Report`]; the keys are the names of the fields below, and stay as they are: keys may
//! be added, so a reader skips what it does not know. A time is RFC 3339 in UTC, to the millisecond; absent values are
//! `null`. Health words (a level's name, `last standing`, `down`, `not known yet`) are those of the log.
//!
//! `haproxy-rhi status --json` prints `{"outcome": "best" | "worse" | "unknown", "processes": [...]}`, each process as
//! `{"file", "state", "outcome", "problems", "status"}`: `state` is `running`, `stuck` (no heartbeat), `dead`, `left` or
//! `unreadable`, `problems` says in words what is not as it should be, and `status` is the file's object, or `null` where
//! it cannot be read. In it, each time has its age beside it, in seconds and less than 0 for what is to come: beside
//! `since` stands `since_age_seconds`.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::drain::Stage;
use crate::report::moment::{Clock, Moment};
use crate::verdict::Truth;

/// The number of this shape. Another one means that a key was taken away or means something else.
pub const FORMAT: u32 = 1;
/// The longest file that is read.
pub const LONGEST: u64 = 64 << 20;

/// The file: a status, and when it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// When it was written. It is written at every change, and now and then where nothing changes.
    pub heartbeat: Moment,
    /// How often at least.
    pub heartbeat_every_seconds: u64,
    /// The same by the clock that counts from the machine's start, which nobody can set.
    pub heartbeat_boot_seconds: f64,
    /// What the process works with beside HAProxy's table and ExaBGP's pipe.
    #[serde(default)]
    pub means: Vec<Means>,
    /// What a page left out of this, since it did not fit: services, neighbors, means. Absent in a file.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left_out: usize,
    /// The rest.
    #[serde(flatten)]
    pub status: Status,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it by reference"
)]
fn is_none(left_out: &usize) -> bool {
    *left_out == 0
}

/// Something that the process works with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Means {
    /// `events`, `addresses`, `control`, `ledger`, `status`, `metrics`, `page`, `recorder`, `read-back` or `sibling`.
    pub name: String,
    /// Where it is: an address, a path, a URL.
    pub place: String,
    /// How often it did what it is for: an event came, variables were set, a file was written. Absent: nobody counts.
    pub uses: Option<u64>,
    /// When it did so last, or when a sibling was asked last.
    pub last_use: Option<Moment>,
    /// It does not work.
    pub fault: Option<Fault>,
}

/// Why something does not work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Since when.
    pub since: Moment,
    /// Why, in words.
    pub why: String,
}

impl Fault {
    /// By this clock.
    pub fn of((since, why): (Instant, String), clock: &Clock) -> Self {
        Self {
            since: clock.at(since),
            why,
        }
    }
}

/// What a process knows, and what it has told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Itself.
    pub process: Process,
    /// Where its configuration comes from.
    pub configuration: Configuration,
    /// The HAProxy that it watches; absent where no condition asks for it.
    pub haproxy: Option<Haproxy>,
    /// The ExaBGP that it talks to.
    pub exabgp: ExaBgp,
    /// In the configuration's order.
    pub services: Vec<Service>,
    /// Routes of no service, such as those that a predecessor left, on their way out.
    pub other_routes: Vec<Route>,
    /// The hooks.
    pub hooks: Vec<Hook>,
    /// The last moves and stages of drains, oldest first.
    pub transitions: Vec<Transition>,
}

/// The process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When the kernel started it, in ticks since the machine's start: a later process may have its number.
    pub start_ticks: u64,
    /// Where the number counts.
    pub pid_namespace: String,
    /// The kernel that gave it, from boot to boot: another machine's namespace may have the same name.
    #[serde(default)]
    pub boot_id: Option<String>,
    /// When it started.
    pub started: Moment,
    /// haproxy-rhi's version.
    pub version: String,
    /// It left in good order.
    pub left: Option<Left>,
}

/// How a process left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Left {
    /// When.
    pub at: Moment,
    /// Why.
    pub why: String,
}

/// Where the configuration comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// The file; absent: flags.
    pub file: Option<String>,
    /// Since when what is in force is; absent: nothing that could be used was found yet.
    pub since: Option<Moment>,
    /// What is wrong with the file as it is now.
    pub fault: Option<String>,
}

/// HAProxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Haproxy {
    /// Where it is asked.
    pub place: String,
    /// How it is to be read.
    pub state: Readable,
    /// Since when it is so.
    pub since: Moment,
    /// Why it is gone or unreadable.
    pub why: Option<String>,
    /// Of the process that answered last; absent where only the stats page is read.
    pub version: Option<String>,
    /// The same process's number.
    pub pid: Option<u32>,
    /// When it started, to the second.
    pub started: Option<Moment>,
    /// Another process answered, and nobody had seen HAProxy away.
    pub reloads: u64,
    /// Another process answered after HAProxy was gone.
    pub restarts: u64,
    /// The process is followed, and its end seen at once; absent: none has answered.
    #[serde(default)]
    pub followed: Option<bool>,
    /// Why it is not: its end is seen by the next poll.
    #[serde(default)]
    pub not_followed_why: Option<String>,
}

/// Whether HAProxy can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readable {
    /// It answers.
    Readable,
    /// No process listens.
    Gone,
    /// It listens, and does not answer, or not what can be read.
    Unreadable,
    /// It was not looked at.
    #[serde(rename = "not looked at yet")]
    NotYet,
}

impl Readable {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Readable => "readable",
            Self::Gone => "gone",
            Self::Unreadable => "unreadable",
            Self::NotYet => "not looked at yet",
        }
    }
}

/// ExaBGP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExaBgp {
    /// Its version, once it answered.
    pub version: Option<String>,
    /// The dialect in which it is spoken to: `4.2`, `5.0`, `6`, `6 (API version 4)`.
    #[serde(default)]
    pub dialect: Option<String>,
    /// What it answered to the question who it is, where that is not understood: nothing is announced then.
    #[serde(default)]
    pub not_understood: Option<String>,
    /// It acknowledges commands. Where it does not, each is taken as done.
    pub acknowledges: bool,
    /// Since when it is asked whether it is there, and does not answer.
    pub silent_since: Option<Moment>,
    /// Commands that it acknowledged.
    pub acknowledged: u64,
    /// Commands that it refused.
    pub refused: u64,
    /// Commands that it did not answer.
    pub unanswered: u64,
    /// Routes that it held otherwise than it was told, and that were said again.
    #[serde(alias = "mended")]
    pub corrected: u64,
    /// Neighbors, as it reported them (`neighbor-changes`).
    pub neighbors: Vec<Neighbor>,
}

/// A neighbor of ExaBGP's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Neighbor {
    /// As exabgp.conf spells it.
    pub neighbor: String,
    /// Its session is established.
    pub up: bool,
    /// Since when it is so, as far as it was heard; absent: it has been up since before the process started.
    pub since: Option<Moment>,
    /// Why it is not, as ExaBGP words it.
    pub why: Option<String>,
    /// Its sessions ended about 30 s after they had come up, several in a row: it seems not to keep to hold-time 30.
    #[serde(default)]
    pub refuses_hold_time: bool,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The name of the level in force, or `last standing`, `down`, `not known yet`.
    pub standing: String,
    /// The level in force, from 0, the best; absent: none.
    pub level: Option<usize>,
    /// Since when.
    pub since: Moment,
    /// Why, in words and figures.
    pub why: String,
    /// Since when it cannot be told what its state is.
    pub unknown: Option<Unknown>,
    /// A change on its way.
    pub pending: Option<Pending>,
    /// What keeps it back where it flaps; absent: nothing is configured.
    pub damping: Option<Damping>,
    /// Nothing is announced before; absent: the warm-up is over, or none is configured.
    pub warm_up_until: Option<Moment>,
    /// An operator wishes it elsewhere.
    pub drain: Option<Drain>,
    /// Its levels, best first, each with its condition's verdict.
    pub levels: Vec<Level>,
    /// The same service in other regions.
    pub siblings: Vec<Sibling>,
    /// What is announced of it.
    pub routes: Vec<Route>,
    /// Moves since the start, by the standing that they led to.
    pub moves: std::collections::BTreeMap<String, u64>,
    /// How long it could not be told what its state is, over all times that are past.
    pub unknown_seconds: f64,
}

/// A time in which it cannot be told what the state is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unknown {
    /// Since when.
    pub since: Moment,
    /// Why.
    pub why: String,
    /// The hold time has passed, and the policy rules.
    pub expired: bool,
}

/// A change on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// Where it leads.
    pub standing: String,
    /// Readings in a row so far.
    pub count: u32,
    /// Readings that it takes.
    pub needed: u32,
    /// The first of them.
    pub since: Moment,
    /// It is confirmed, and kept back until then.
    pub kept_back_until: Option<Moment>,
    /// By what.
    pub kept_back_by: Option<KeptBackBy>,
}

/// What keeps a change back that is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeptBackBy {
    /// It has flapped.
    Damping,
    /// The process has just started.
    WarmUp,
}

impl KeptBackBy {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Damping => "damping",
            Self::WarmUp => "warm-up",
        }
    }
}

/// What keeps a service back that flaps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Damping {
    /// Falls that are remembered.
    pub falls: u32,
    /// How long it must have been well before it comes back, if it fell now and rose again.
    pub wait_seconds: f64,
    /// Returns that it was kept back from, because it fell again before.
    pub absorbed: u64,
}

/// An operator's wish.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drain {
    /// How far it has come.
    pub stage: Stage,
    /// When it was declared.
    pub since: Moment,
    /// By whom.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// It is withdrawn though no sibling is known to be healthy.
    pub force: bool,
}

/// A level's own verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Its name.
    pub name: String,
    /// Whether it holds.
    pub holds: Truth,
    /// Why, in words and figures.
    pub why: String,
    /// Each leaf of its condition.
    pub conditions: Vec<Condition>,
}

/// A leaf of a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Whether it holds.
    pub holds: Truth,
    /// Why, in words and figures.
    pub why: String,
}

/// Another NVA's word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sibling {
    /// Where it is asked.
    pub sibling: String,
    /// It is of this NVA's own region.
    #[serde(default)]
    pub same_region: bool,
    /// It is known to be healthy.
    pub healthy: bool,
    /// Its answer.
    pub why: String,
}

/// A route: what ExaBGP should hold, and what it acknowledged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// The prefix.
    pub prefix: String,
    /// The path identifier, with add-path.
    pub path_information: Option<String>,
    /// To whom; empty: every neighbor that lists the process.
    pub neighbors: Vec<String>,
    /// The next hop that is configured: this NVA's address, or `self`. Absent: of no service.
    #[serde(default)]
    pub next_hop: Option<String>,
    /// The command that says what should be; absent: it is left as it is until the service's state is known.
    pub wanted: Option<String>,
    /// The command that ExaBGP acknowledged last; absent: it is not known what it holds.
    pub acknowledged: Option<String>,
    /// A command is on its way.
    pub in_flight: bool,
    /// Since when the two differ.
    pub differs_since: Option<Moment>,
    /// A command that ExaBGP did not take.
    pub refused: Option<Refused>,
    /// What ExaBGP holds otherwise than it acknowledged, although it was sent again; absent: nothing, as far as was read
    /// back.
    #[serde(default)]
    pub holds_otherwise: Option<String>,
}

/// A command that ExaBGP did not take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// The command.
    pub command: String,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried again.
    pub retry_at: Moment,
}

/// A hook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hook {
    /// Its program and arguments.
    pub argv: Vec<String>,
    /// It runs now.
    pub running: bool,
    /// Transitions that wait for it.
    pub waiting: usize,
    /// Runs that are over.
    pub runs: u64,
    /// Runs that ended otherwise than with status 0.
    pub failed: u64,
    /// Transitions that it was not told, because newer ones came before it was done.
    pub dropped: u64,
    /// Its last run did not end with status 0.
    #[serde(default)]
    pub fault: Option<Fault>,
}

/// A service's move; or the stage of a drain, which leaves the service where it is: `from` and `to` are the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// When.
    pub at: Moment,
    /// Of which service.
    pub service: String,
    /// From where.
    pub from: String,
    /// To where.
    pub to: String,
    /// Why, in words and figures; of a drain, the log's line.
    pub why: String,
    /// The prefixes concerned.
    pub prefixes: Vec<String>,
}
