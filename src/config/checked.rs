//! The whole of a checked configuration.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::haproxy::Haproxy;
use super::hook::Hook;
use super::service::Service;

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
    /// The file of the record, for `replay`; absent: none.
    pub record: Option<PathBuf>,
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
