//! Hooks, and the file of the metrics.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use super::fault::{Fault, fault};
use super::locate::Place;
use crate::condition::Argv;
use crate::value::Span;

/// A program that is told of each move of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The program and its arguments.
    pub argv: Argv,
    /// After this time, the hook is killed with its children.
    pub timeout: Duration,
}

/// One of `hooks`: a program that is told of each move of a service.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a hook, such as {\"argv\": [\"/usr/local/bin/notify\"]}"
)]
pub struct HookFile {
    /// Its absolute path and its arguments.
    pub argv: Argv,
    /// After this time, the hook is killed with its children.
    #[serde(default = "super::policy::ten_seconds")]
    pub timeout: Span,
}

pub(super) fn raise_hooks(files: Vec<HookFile>, place: &Place) -> Result<Vec<Hook>, Fault> {
    let mut hooks: Vec<Hook> = Vec::new();
    for (index, HookFile { argv, timeout }) in files.into_iter().enumerate() {
        let place = place.index(index);
        let timeout = timeout.get();
        if !(Duration::from_millis(1)..=Duration::from_secs(3600)).contains(&timeout) {
            return fault(
                place.key("timeout"),
                "timeout is out of range; write 1ms to 1h",
            );
        }
        if hooks.iter().any(|known| known.argv == argv) {
            return fault(place.key("argv"), "this hook is there twice; remove one");
        }
        hooks.push(Hook { argv, timeout });
    }
    Ok(hooks)
}

/// `metrics`: where the node exporter's textfile collector finds them. It reads files whose names end in `.prom`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct MetricsFile(PathBuf);

impl FromStr for MetricsFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = Path::new(text);
        if !path.is_absolute() {
            return Err(format!(
                "path '{text}' is not absolute; write it from the root, beginning with /"
            ));
        }
        if path.extension().is_none_or(|ending| ending != "prom") || !text.ends_with("prom") {
            return Err(format!(
                "'{text}' does not end in .prom, so that no node exporter reads it; write for example /var/lib/prometheus/node-exporter/haproxy-rhi.prom"
            ));
        }
        Ok(Self(path.to_owned()))
    }
}

from_text!(MetricsFile);

impl MetricsFile {
    /// The path.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}
