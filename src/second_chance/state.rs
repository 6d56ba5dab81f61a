//! The state file: what is in force, and what was before. It is written before anything is changed, so that the
//! change can be undone.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use haproxy_rhi::failure::{self, Failure};
use haproxy_rhi::files::{self, Links};
use serde::{Deserialize, Serialize};

use super::kernel;

/// Bytes of the longest state file that is read.
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
    /// The commands that gave it the siblings' Ethernet addresses.
    #[serde(default)]
    pub neighbours: String,
    /// Those that gave it the siblings' ends of the tunnel.
    #[serde(default)]
    pub forwarding: String,
    /// The rules, without the connections that were there before.
    pub rules: String,
}

impl State {
    /// The file's content; `None`: there is no file.
    ///
    /// # Errors
    /// Why the file is none of ours.
    pub fn read(path: &Path) -> Result<Option<Self>, String> {
        let text = match files::read(path, Links::Refused, LONGEST) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| {
                format!(
                    "'{}' cannot be read: {}",
                    path.display(),
                    files::reason(&error)
                )
            })?,
        };
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|_| format!("'{}' is no state of it", path.display()))
    }

    /// Puts it in its place in one step.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let attempt = || -> std::io::Result<()> {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            kernel::write(
                path,
                &serde_json::to_vec(self).map_err(std::io::Error::other)?,
            )
        };
        attempt().map_err(|error| {
            failure::unknown(format!(
                "cannot write '{}': {error}; run this as root",
                path.display()
            ))
        })
    }
}
