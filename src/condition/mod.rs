//! Conditions: what must hold for a level. Pure data.
//! In comes the configuration's text.
//! Out go typed conditions; whether one holds, [`verdict`](crate::verdict) says.

mod implies;
mod probe;

use std::fmt;

use serde::Deserialize;

use crate::value::object::object;

pub use probe::{
    AbsolutePath, Argv, CommandProbe, FileProbe, HostPort, HttpProbe, Probe, TcpProbe, Url,
    port_fault,
};

/// A condition over what was seen: a leaf, or several joined. Each evaluates to yes, no or unknown.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    rename_all = "snake_case",
    expecting = "a condition, such as {\"backend\": {\"name\": \"http_back\"}}"
)]
pub enum Condition {
    /// Every one holds.
    All(Several),
    /// At least one holds.
    Any(Several),
    /// It does not hold.
    Not(Box<Condition>),
    /// At least `count` of them hold.
    #[serde(deserialize_with = "object")]
    AtLeast(AtLeast),
    /// A backend of HAProxy has enough usable servers.
    #[serde(deserialize_with = "object")]
    Backend(BackendRule),
    /// A frontend of HAProxy is open.
    #[serde(deserialize_with = "object")]
    Frontend(FrontendRule),
    /// A URL answers as wanted.
    #[serde(deserialize_with = "object")]
    Http(HttpProbe),
    /// A TCP connection is accepted.
    #[serde(deserialize_with = "object")]
    Tcp(TcpProbe),
    /// A file exists.
    #[serde(deserialize_with = "object")]
    File(FileProbe),
    /// A command exits with status 0.
    #[serde(deserialize_with = "object")]
    Command(CommandProbe),
}

impl Condition {
    /// The backends that it names, in its order.
    pub fn backends(&self) -> Vec<&ProxyName> {
        match self {
            Condition::All(list) | Condition::Any(list) => {
                list.iter().flat_map(Self::backends).collect()
            }
            Condition::AtLeast(rule) => rule.of.iter().flat_map(Self::backends).collect(),
            Condition::Not(inner) => inner.backends(),
            Condition::Backend(rule) => vec![&rule.name],
            _ => Vec::new(),
        }
    }
}

/// One or more conditions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Condition>")]
pub struct Several(Vec<Condition>);

impl Several {
    /// The conditions, in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter()
    }
}

impl TryFrom<Vec<Condition>> for Several {
    type Error = String;

    fn try_from(conditions: Vec<Condition>) -> Result<Self, String> {
        if conditions.is_empty() {
            Err("no condition in the list; name at least one".to_owned())
        } else {
            Ok(Self(conditions))
        }
    }
}

/// A number of servers, conditions or readings: 1 to 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "u64")]
pub struct Count(u32);

impl Count {
    /// One.
    pub const ONE: Self = Self(1);
    /// Two.
    pub const TWO: Self = Self(2);

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u64> for Count {
    type Error = String;

    fn try_from(value: u64) -> Result<Self, String> {
        match u32::try_from(value) {
            Ok(count @ 1..=1_000_000) => Ok(Self(count)),
            _ => Err(format!("{value} is out of range; write 1 to 1000000")),
        }
    }
}

impl std::str::FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<u64>() {
            Ok(value) => Self::try_from(value),
            Err(_) => Err(format!("'{text}' is not a number; write 1 to 1000000")),
        }
    }
}

/// `at_least`: a quorum.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a quorum, such as {\"count\": 2, \"of\": [...]}"
)]
pub struct AtLeast {
    /// How many must hold.
    pub count: Count,
    /// Of these.
    pub of: Several,
}

/// `backend`: how many of a backend's servers must be usable. Where several measures are given, all must be met;
/// where none is, one usable server is enough.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a backend, such as {\"name\": \"http_back\"}"
)]
pub struct BackendRule {
    /// The backend's (or `listen` section's) name.
    pub name: ProxyName,
    /// Usable servers.
    pub min_active: Option<Count>,
    /// Usable servers as a share of the configured ones.
    pub min_percent: Option<Percent>,
    /// The sum of the usable servers' weights.
    pub min_weight: Option<Count>,
    /// Backup servers count too.
    #[serde(default)]
    pub count_backup: bool,
    /// Only these servers count; empty: all of the backend.
    #[serde(default)]
    pub servers: Vec<ProxyName>,
}

/// `frontend`: it is OPEN.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a frontend, such as {\"name\": \"http_front\"}"
)]
pub struct FrontendRule {
    /// The frontend's (or `listen` section's) name.
    pub name: ProxyName,
}

/// A name of a proxy or a server as HAProxy allows it: letters, digits, `_`, `.`, `:` and `-`.
///
/// It goes into a command line of the stats socket, where a blank or a `;` would start another command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ProxyName(String);

impl ProxyName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ProxyName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
        match text.len() {
            1..=255 if text.bytes().all(allowed) => Ok(Self(text.to_owned())),
            _ => Err(format!(
                "'{text}' is not a name of HAProxy's; they are made of up to 255 letters, digits, '_', '.', ':' and '-'"
            )),
        }
    }
}

from_text!(ProxyName);

impl fmt::Display for ProxyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A share from 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "u64")]
pub struct Percent(u32);

impl Percent {
    /// How many of `total` make this share, at least one.
    pub fn of(self, total: u32) -> u32 {
        u32::try_from((u64::from(total) * u64::from(self.0)).div_ceil(100))
            .unwrap_or(u32::MAX)
            .max(1)
    }
}

impl TryFrom<u64> for Percent {
    type Error = String;

    fn try_from(value: u64) -> Result<Self, String> {
        match u32::try_from(value) {
            Ok(percent @ 1..=100) => Ok(Self(percent)),
            _ => Err(format!(
                "a share of {value} percent is out of range; write 1 to 100"
            )),
        }
    }
}

impl std::str::FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim_end_matches('%').parse::<u64>() {
            Ok(value) => Self::try_from(value),
            Err(_) => Err(format!("'{text}' is not a share; write 1 to 100")),
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}
