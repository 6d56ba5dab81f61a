//! The shape of a process's status file, and of `haproxy-rhi status --json`.
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
use crate::failure::Outcome;
use crate::report::moment::{Clock, Moment};
use crate::verdict::Truth;

/// The number of this shape. Another one means that a key was taken away or means something else.
pub const FORMAT: u32 = 1;
/// The longest file that is read, in octets.
pub const LONGEST: u64 = 64 << 20;

/// The file: a status, and when it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// When it was written. It is written at every change, and now and then where nothing changes.
    pub heartbeat: Moment,
    /// The longest time between two heartbeats.
    pub heartbeat_every_seconds: u64,
    /// `heartbeat` in seconds since boot, by a clock that cannot be set.
    pub heartbeat_boot_seconds: f64,
    /// What the process works with beside HAProxy's table and ExaBGP's pipe.
    #[serde(default)]
    pub means: Vec<Means>,
    /// How many services, neighbors and means a page left out, since they did not fit. Absent in a file.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
    /// The rest.
    #[serde(flatten)]
    pub status: Status,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it by reference"
)]
fn is_zero(left_out: &usize) -> bool {
    *left_out == 0
}

/// Something that the process works with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Means {
    /// `events`, `addresses`, `control`, `ledger`, `status`, `metrics`, `page`, `recorder`, `read-back` or `sibling`.
    pub name: String,
    /// Where it is: an address, a path, a URL.
    pub place: String,
    /// How often it did what it is for: an event came, variables were set, a file was written. Absent: not counted.
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
    /// A fault since an instant, dated by the clock.
    pub fn of((since, why): (Instant, String), clock: &Clock) -> Self {
        Self {
            since: clock.at(since),
            why,
        }
    }
}

/// The state of a process, and of what it works with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The process.
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
    /// Its PID.
    pub pid: u32,
    /// When it started, in ticks since boot: a later process may have the same PID.
    pub start_ticks: u64,
    /// The namespace of the PID.
    pub pid_namespace: String,
    /// The boot in which it runs: another machine's namespace may have the same name.
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
    /// Since when the configuration is in force; absent: none is.
    pub since: Option<Moment>,
    /// What is wrong with the file as it is now.
    pub fault: Option<String>,
}

/// HAProxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Haproxy {
    /// Where it is asked.
    pub place: String,
    /// Whether it answers.
    pub state: Readable,
    /// Since when it is in this state.
    pub since: Moment,
    /// Why it is gone or unreadable.
    pub why: Option<String>,
    /// Version of the process that answered last; absent where only the stats page is read.
    pub version: Option<String>,
    /// PID of that process.
    pub pid: Option<u32>,
    /// When that process started, to the second.
    pub started: Option<Moment>,
    /// Reloads: another process answered, and no outage was seen.
    pub reloads: u64,
    /// Restarts: another process answered after an outage.
    pub restarts: u64,
    /// The process is followed, so its end is seen at once; absent: none has answered.
    #[serde(default)]
    pub followed: Option<bool>,
    /// Why the process is not followed, so that the next poll sees its end.
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
    /// Before the first look.
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
    /// Its answer to the question for its version, where that is no known one: nothing is announced then.
    #[serde(default)]
    pub not_understood: Option<String>,
    /// It acknowledges commands. Where it does not, each command counts as done.
    pub acknowledges: bool,
    /// Since when it has not answered a question.
    pub silent_since: Option<Moment>,
    /// Commands that it acknowledged.
    pub acknowledged: u64,
    /// Commands that it refused.
    pub refused: u64,
    /// Commands that it did not answer.
    pub unanswered: u64,
    /// Routes that it held differently from what was sent, and that were sent again.
    #[serde(alias = "mended")]
    pub corrected: u64,
    /// Neighbors, as it reported them (`neighbor-changes`).
    pub neighbors: Vec<Neighbor>,
    /// Neighbors that services name, and that it does not have, as far as it tells (ExaBGP 6): nothing is said to them.
    #[serde(default)]
    pub lacking: Vec<String>,
}

impl ExaBgp {
    /// It has told of a neighbor of this name.
    pub fn has_told_of(&self, name: &str) -> bool {
        self.neighbors.iter().any(|one| one.neighbor == name)
    }

    /// The neighbors that a route is for, as far as it has told of them.
    pub fn neighbors_of<'all>(
        &'all self,
        route: &'all Route,
    ) -> impl Iterator<Item = &'all Neighbor> {
        let names = &route.neighbors;
        let all = self.neighbors.iter();
        all.filter(|one| names.is_empty() || names.contains(&one.neighbor))
    }

    /// Whether a session with one of them is up; `None`: it has told of none of them.
    pub fn is_up_for(&self, route: &Route) -> Option<bool> {
        let mut own = self.neighbors_of(route).peekable();
        own.peek()?;
        Some(own.any(Neighbor::is_up))
    }
}

/// A neighbor of ExaBGP's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Neighbor {
    /// As exabgp.conf spells it.
    pub neighbor: String,
    /// Its session is established.
    pub up: bool,
    /// Since when it is up or down, as far as was reported; absent: up since before the process started.
    pub since: Option<Moment>,
    /// Why it is down, in ExaBGP's words.
    pub why: Option<String>,
    /// Its sessions ended about 30 s after they had come up, several in a row: it seems not to keep to hold-time 30.
    #[serde(default)]
    pub refuses_hold_time: bool,
    /// Its session was lost several times in a row as soon as it was up, and none has lasted since: the cure. Absent: it is not so.
    #[serde(default)]
    pub lost_at_once: Option<String>,
}

impl Neighbor {
    /// Its session is established, and none of those that are lost again and again.
    pub fn is_up(&self) -> bool {
        self.up && self.lost_at_once.is_none()
    }
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
    /// Present while its state is unknown.
    pub unknown: Option<Unknown>,
    /// A change on its way.
    pub pending: Option<Pending>,
    /// Its damping; absent: none is configured.
    pub damping: Option<Damping>,
    /// The end of the warm-up, before which nothing is announced; absent: it is over, or none is configured.
    pub warm_up_until: Option<Moment>,
    /// An operator's drain.
    pub drain: Option<Drain>,
    /// Its levels, best first, each with its condition's verdict.
    pub levels: Vec<Level>,
    /// The same service at other NVAs.
    pub siblings: Vec<Sibling>,
    /// Its routes, announced or withdrawn.
    pub routes: Vec<Route>,
    /// Moves since the start, by the standing that they led to.
    pub moves: std::collections::BTreeMap<String, u64>,
    /// How long its state was unknown in all, without a time that is not over.
    pub unknown_seconds: f64,
}

impl Service {
    /// Best: it stands at its best level.
    pub fn outcome(&self) -> Outcome {
        match (&self.unknown, self.level) {
            (Some(_), _) => Outcome::Unknown,
            (None, Some(0)) => Outcome::Best,
            (None, None) if self.standing == "not known yet" => Outcome::Unknown,
            (None, _) => Outcome::Worse,
        }
    }
}

/// An unknown state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unknown {
    /// Since when.
    pub since: Moment,
    /// Why.
    pub why: String,
    /// The hold is over: `then` of the configuration rules.
    pub expired: bool,
}

/// A change on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// The standing that it leads to.
    pub standing: String,
    /// Readings in a row so far.
    pub count: u32,
    /// Readings that it takes.
    pub needed: u32,
    /// The first of them.
    pub since: Moment,
    /// Until when it is kept back; absent: it is not confirmed yet.
    pub kept_back_until: Option<Moment>,
    /// What keeps it back.
    pub kept_back_by: Option<KeptBackBy>,
}

/// What keeps a confirmed change back.
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

/// A service's damping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Damping {
    /// Falls that are remembered.
    pub falls: u32,
    /// How long it would have to hold a better level before that is announced, if it fell now.
    pub wait_seconds: f64,
    /// Returns that were not announced, because it fell again before.
    pub absorbed: u64,
}

/// An operator's drain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drain {
    /// How far it has come.
    pub stage: Stage,
    /// When it was declared.
    pub since: Moment,
    /// Who declared it.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Withdraw even where no sibling is known to be healthy.
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

/// A sibling, and its last answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sibling {
    /// Where it is asked.
    pub sibling: String,
    /// It is of this NVA's own region.
    #[serde(default)]
    pub same_region: bool,
    /// It was asked, and answered or did not.
    #[serde(default = "yes")]
    pub asked: bool,
    /// It is known to be healthy.
    pub healthy: bool,
    /// Its answer.
    pub why: String,
}

/// What the file of an earlier version lacks.
fn yes() -> bool {
    true
}

/// A route: what ExaBGP should hold, and what it acknowledged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// The prefix.
    pub prefix: String,
    /// The path identifier, with add-path.
    pub path_information: Option<String>,
    /// The neighbors that it is announced to; empty: every neighbor that lists the process.
    pub neighbors: Vec<String>,
    /// The next-hop that is configured: this NVA's address, or `self`. Absent: a route of no service.
    #[serde(default)]
    pub next_hop: Option<String>,
    /// The command for what ExaBGP should hold, without neighbors that it lacks; absent: the route is left as it is until the service's state is known.
    pub wanted: Option<String>,
    /// The command that ExaBGP acknowledged last, without neighbors that it lacks; absent: what it holds is unknown.
    pub acknowledged: Option<String>,
    /// A command is on its way.
    pub in_flight: bool,
    /// Since when `wanted` is not acknowledged.
    pub differs_since: Option<Moment>,
    /// A command that ExaBGP did not take.
    pub refused: Option<Refused>,
    /// How the read-back differs from what ExaBGP acknowledged, although it was sent again; absent: no difference was seen.
    #[serde(default)]
    pub holds_otherwise: Option<String>,
    /// The withdrawal that a process wrote as it left, whose answer it did not wait for: what ExaBGP made of it is unknown.
    #[serde(default)]
    pub said_leaving: Option<String>,
}

impl Route {
    /// ExaBGP acknowledged its announcement last.
    pub fn is_out(&self) -> bool {
        let told = self.acknowledged.as_deref();
        told.is_some_and(|command| !is_withdrawal(command))
    }
}

/// The command withdraws a route.
pub fn is_withdrawal(command: &str) -> bool {
    command.contains("withdraw route ")
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
    /// Transitions that it was not run for, because newer ones came before it was done.
    pub dropped: u64,
    /// How its last run failed.
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
