//! The lines of a record, which haproxy-rhi(8) describes under replay. A change here changes [`FORMAT`].

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::exabgp::Message;
use crate::observation::{Cause, Finding, Process, Proxy, Trouble};
use crate::program::Reason;
use crate::route::RouteKey;

/// The version of the format.
pub const FORMAT: u32 = 1;

/// Nanoseconds since the process's start.
pub type Time = u64;

/// The first line of a life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// [`FORMAT`].
    pub haproxy_rhi_record: u32,
    /// The version of the program.
    pub version: String,
    /// The wall clock's time, as RFC 3339 has it.
    pub wall: String,
    /// The process's identifier, the same in all its heads.
    pub life: String,
    /// When.
    pub at: Time,
    /// The count of the process's calls before this head.
    pub calls: u64,
    /// Routes that an earlier process may have left; in the middle of a process, those that it manages.
    pub routes: Vec<RouteKey>,
    /// The inputs in force: none at the process's beginning.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "in")]
    pub(super) items: Vec<Item>,
}

/// Another line: a call.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub at: Time,
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "in")]
    pub items: Vec<Item>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub say: Vec<String>,
}

/// An input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Item {
    /// The text of the file.
    Configuration(String),
    Orders(BTreeMap<String, Order>),
    Watching(u32, Result<(), String>),
    Looked(Look),
    Probed(Probed),
    Heard(Message),
    Written,
    Kept(u32),
    Switched(Result<(), String>),
    Leave(Reason),
}

/// An order of a drain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Order {
    pub read: Time,
    pub age: Duration,
    pub id: Option<String>,
    pub by: Option<String>,
    pub reason: Option<String>,
    pub force: bool,
}

/// A look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Look {
    pub watch: u32,
    pub at: Time,
    pub cause: Cause,
    pub haproxy: Haproxy,
    /// Absent: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addresses: Option<BTreeMap<IpAddr, Result<bool, String>>>,
}

/// HAProxy's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Haproxy {
    NotAsked,
    Trouble(Trouble),
    Table(Table),
}

/// How its table differs from the one before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Table {
    /// The process that answered, without its uptime; absent: the same as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
    /// The answer does not name a process.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nameless: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime: Option<u64>,
    /// Proxies that changed; null: it is gone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proxies: BTreeMap<String, Option<Proxy>>,
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Probed {
    pub watch: u32,
    /// Its index among all probes of this life's configurations, in the order in which they appeared.
    pub probe: usize,
    pub at: Time,
    /// Absent: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Finding>,
}
