//! An existing file, and the values that were found in it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::files::{Links, reason, text};
use crate::install::LONGEST;

/// An existing file.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path as given.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its permission bits.
    pub mode: u32,
}

impl File {
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display().to_string();
        let text = text(path, Links::Followed, LONGEST)
            .map_err(|error| format!("failed to read '{shown}': {}", reason(&error)))?;
        let mode = fs::metadata(path).map_or(0o600, |data| data.mode() & 0o777);
        Ok(Self {
            path: shown,
            text,
            mode,
        })
    }
}

/// Found values, and those that cannot be used, a line each.
#[derive(Debug, Default)]
pub struct Found {
    values: Vec<(&'static str, String, String)>,
    wrong: Vec<String>,
}

impl Found {
    /// Adds a value and its line.
    pub fn value(&mut self, what: &'static str, value: impl ToString, file: &File, line: usize) {
        self.values
            .push((what, value.to_string(), format!("{}:{line}", file.path)));
    }

    /// Adds something that cannot be used, and the cure.
    pub fn wrong(&mut self, file: &File, line: usize, what: impl std::fmt::Display) {
        let line = format!("{}:{line}: {what}", file.path);
        if !self.wrong.contains(&line) {
            self.wrong.push(line);
        }
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = |of: fn(&(&'static str, String, String)) -> usize| {
            self.values.iter().map(of).max().unwrap_or(0)
        };
        let (what, value) = (
            width(|line| line.0.len()),
            width(|line| line.1.len()).min(40),
        );
        if !self.values.is_empty() {
            writeln!(f, "found:")?;
        }
        for line in &self.values {
            writeln!(f, "  {:what$}  {:value$}  {}", line.0, line.1, line.2)?;
        }
        if !self.wrong.is_empty() {
            writeln!(f, "not usable:")?;
        }
        self.wrong
            .iter()
            .try_for_each(|line| writeln!(f, "  {line}"))
    }
}
