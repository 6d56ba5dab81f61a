//! The configuration: text (a file, or flags) becomes types that hold only what can be announced.
//!
//! Three stages: `file` has the shapes that are read, `raise` checks what needs more than one value, and
//! what comes out is a [`Config`], with its `haproxy` and its `service`s. `load` drives them. Every error
//! names its place: path:line:column for a file, the flag otherwise.

mod attributes;
mod drain;
mod fault;
mod file;
mod flags;
mod haproxy;
mod hook;
mod load;
pub(crate) mod locate;
mod own;
mod policy;
mod raise;
mod service;
mod takeover;
mod variable;
mod wording;

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

pub use crate::value::Span;
pub use drain::DrainFile;
pub use fault::Fault;
pub use file::{
    File, HaproxyFile, LevelFile, Name, NextHops, ServiceFile, Services, UnitName, minute,
};
pub use flags::{Flags, Source};
pub use haproxy::{
    ControlAddress, DEFAULT_STATS, EventsAddress, Haproxy, Stats, StatsAddress, Trust,
};
pub use hook::{Hook, HookFile, MetricsFile};
pub use load::{FileError, load, parse};
pub use locate::{Place, Step};
pub use own::NO_LEVELS;
pub use policy::{DampingFile, LastStandingFile, SiblingsFile, UnknownFile};
pub use raise::raise;
pub use service::{Damping, DrainPlan, Level, Service, Siblings, Takeover, ThenUnknown};
pub use takeover::TakeoverFile;
pub use variable::Variable;

/// Where the configuration lies unless `--config` says otherwise.
pub const DEFAULT_PATH: &str = "/etc/haproxy-rhi/config.json";

/// The JSON Schema of the configuration file: each key with its kind and range. What needs more than one value, only
/// [`load`] checks.
pub const SCHEMA: &str = include_str!("schema.json");

/// A checked configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where and how often to look.
    pub haproxy: Haproxy,
    /// What to announce, and when.
    pub services: Vec<Service>,
    /// What becomes of the routes when the process is told to leave.
    pub on_exit: OnExit,
    /// How often to read back what ExaBGP holds; absent: never.
    pub read_back: Option<Duration>,
    /// Where the node exporter finds metrics; absent: nowhere.
    pub metrics: Option<PathBuf>,
    /// Programs that are told of each move of a service.
    pub hooks: Vec<Hook>,
}

impl Config {
    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }
}

/// What becomes of the routes when the process is told to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnExit {
    /// Withdraw them: nobody watches the service any more.
    #[default]
    Withdraw,
    /// Leave them: another process takes over.
    Keep,
}
