//! A lab's directory: its configurations, control sockets and logs.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

/// What every namespace and directory of any lab begins with.
pub(crate) const PREFIX: &str = "rhi-";
const KEPT: &str = "kept";
const TAIL_LINES: usize = 25;

/// `/tmp/rhi-<pid>-<n>`, and the name that its namespaces begin with.
#[derive(Debug, Clone)]
pub(crate) struct LabDirectory {
    path: PathBuf,
    name: String,
}

impl LabDirectory {
    pub(crate) fn create() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let name = format!(
                "{PREFIX}{}-{}",
                process::id(),
                NEXT.fetch_add(1, Ordering::Relaxed)
            );
            // Not the environment's temporary directory: a unix socket's path has 107 bytes at most.
            let path = Path::new("/tmp").join(&name);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path, name }),
                // Kept by a failed test whose process had the same number.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("failed to create '{}'", path.display()));
                }
            }
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.file(name);
        fs::write(&path, text).with_context(|| format!("failed to write '{}'", path.display()))?;
        Ok(path)
    }

    /// The reaper leaves the directory where it is.
    pub(crate) fn keep(&self) {
        // Without the mark only the logs are lost; the failure itself is reported either way.
        let _ = fs::write(self.file(KEPT), "");
    }

    /// The last lines of every log.
    pub(crate) fn tails(&self) -> String {
        let mut logs: Vec<PathBuf> = fs::read_dir(&self.path)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
            .collect();
        logs.sort();
        let mut text = format!("the lab's logs are in {}\n", self.path.display());
        for log in logs {
            let content = fs::read(&log).unwrap_or_default();
            let content = String::from_utf8_lossy(&content);
            let lines: Vec<&str> = content.lines().collect();
            let tail = lines
                .get(lines.len().saturating_sub(TAIL_LINES)..)
                .unwrap_or_default();
            if !tail.is_empty() {
                text.push_str(&format!("--- {}\n{}\n", log.display(), tail.join("\n")));
            }
        }
        text
    }
}
