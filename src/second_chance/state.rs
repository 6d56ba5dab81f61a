//! What is in force, and what was before: written down before anything is changed, so that it can be undone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use haproxy_rhi::control::Failure;
use haproxy_rhi::files::{self, Links};
use serde::{Deserialize, Serialize};

use super::kernel;

/// The longest file of what was before.
const LONGEST: u64 = 1 << 20;

/// What is in force, and what was before.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Sysctls as they were before the first change.
    pub sysctls: BTreeMap<String, u64>,
    /// The commands that made the device.
    #[serde(default)]
    pub link: String,
    /// Its MTU.
    #[serde(default)]
    pub mtu: u16,
    /// The commands that told it who is who.
    #[serde(default)]
    pub neighbours: String,
    /// Those that told it where each sibling's end of the tunnel is.
    #[serde(default)]
    pub forwarding: String,
    /// The rules, without the connections that were there before.
    pub rules: String,
}

impl State {
    /// Without the file, or with one that makes no sense, nothing is known of before: then what is now is taken for it.
    pub fn read(path: &Path) -> Self {
        Self::written(path).unwrap_or_default()
    }

    /// What was written; absent: no file, or none of ours.
    pub fn written(path: &Path) -> Option<Self> {
        let text = files::read(path, Links::Refused, LONGEST).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Puts it in its place in one step.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let attempt = || -> std::io::Result<()> {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            kernel::write(path, &serde_json::to_vec(self).map_err(std::io::Error::other)?)
        };
        attempt().map_err(|error| {
            Failure::CannotTell(format!("cannot write '{}': {error}; run this as root", path.display()))
        })
    }
}
