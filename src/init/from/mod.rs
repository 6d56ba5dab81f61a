//! An NVA's own exabgp.conf and haproxy.cfg: the values in them, and what to add to them. Only [`Theirs::read`] opens files.
//!
//! ```text
//! his files ──► values (where no flag says so) ──► answers ──► his files and what is to be added
//! ```

mod exabgp;
mod haproxy;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::InitTask;
use super::answers::Answers;
use super::files::{self, Made};
use crate::files::{Links, reason, text};
use crate::install::{self, LONGEST};

pub use exabgp::Exabgp;
pub use haproxy::{Haproxy, Means, SNIPPET_PATH};

/// What was read.
#[derive(Debug, Default)]
pub struct Theirs {
    /// exabgp.conf.
    pub exabgp: Option<Exabgp>,
    /// haproxy.cfg.
    pub haproxy: Option<Haproxy>,
}

/// A file of his.
#[derive(Debug, Clone)]
pub struct File {
    /// As he named it.
    pub path: String,
    /// All of it.
    pub text: String,
    /// Who may do what with it.
    pub mode: u32,
}

impl File {
    fn read(path: &Path) -> Result<Self, String> {
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

/// What was found, a line each, and what of it cannot be used.
#[derive(Debug, Default)]
pub struct Found {
    values: Vec<(&'static str, String, String)>,
    wrong: Vec<String>,
}

impl Found {
    /// A value, at a line of a file.
    fn value(&mut self, what: &'static str, value: impl ToString, file: &File, line: usize) {
        self.values
            .push((what, value.to_string(), format!("{}:{line}", file.path)));
    }

    /// Something that cannot be used, and the cure.
    fn wrong(&mut self, file: &File, line: usize, what: impl std::fmt::Display) {
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

impl Theirs {
    /// Reads the files that the task names, and answers by them what no flag does.
    ///
    /// # Errors
    /// One cannot be read, or is none.
    pub fn read(task: &mut InitTask) -> Result<(Self, Found), String> {
        let file = |path: &Option<PathBuf>| path.as_deref().map(File::read).transpose();
        let mut found = Found::default();
        let theirs = Self {
            exabgp: file(&task.from_exabgp)?.map(Exabgp::read),
            haproxy: file(&task.from_haproxy)?.map(Haproxy::read),
        };
        theirs
            .exabgp
            .iter()
            .for_each(|exabgp| exabgp.answer(task, &mut found));
        theirs
            .haproxy
            .iter()
            .for_each(|haproxy| haproxy.answer(task, &mut found));
        Ok((theirs, found))
    }

    /// All files: his with what is to be added, ours where he named none. `add` writes a snippet beside his haproxy.cfg.
    pub fn files(&self, answers: &Answers, add: bool) -> Vec<Made> {
        let mut means = self
            .haproxy
            .as_ref()
            .map(|haproxy| haproxy.means(answers, add))
            .unwrap_or_default();
        means.neighbors = self
            .exabgp
            .as_ref()
            .map(|exabgp| exabgp.meant(answers))
            .unwrap_or_default();
        let mut all = files::files(answers, &means);
        for (place, text) in &mut all {
            match (*place, &self.exabgp, &self.haproxy) {
                (files::EXABGP_PATH, Some(exabgp), _) => *text = exabgp.extended(answers),
                (files::HAPROXY_PATH, _, Some(haproxy)) if add => {
                    (*place, *text) = (SNIPPET_PATH, haproxy.snippet(answers));
                }
                (files::HAPROXY_PATH, _, Some(haproxy)) => *text = haproxy.extended(answers),
                _ => {}
            }
        }
        all
    }

    /// Whether his haproxy.cfg has the backend, and a frontend before it.
    ///
    /// # Errors
    /// It has not.
    pub fn leads_to(&self, answers: &Answers) -> Result<(), String> {
        self.haproxy
            .as_ref()
            .map_or(Ok(()), |haproxy| haproxy.leads_to(&answers.backend))
    }

    /// What follows an NVA's address in the URL of its page, where his haproxy.cfg has or gets one.
    pub fn page(&self, answers: &Answers) -> Option<String> {
        self.haproxy
            .as_ref()
            .map(|haproxy| haproxy.means(answers, true).page)
    }

    /// His file that belongs in this place.
    pub fn original(&self, place: &str) -> Option<&File> {
        match place {
            files::EXABGP_PATH => self.exabgp.as_ref().map(|exabgp| &exabgp.file),
            files::HAPROXY_PATH => self.haproxy.as_ref().map(|haproxy| &haproxy.file),
            _ => None,
        }
    }

    /// Of what is made from one of his files: no more people may read it than could read his.
    pub fn mode(&self, place: &str) -> u32 {
        self.original(place)
            .map_or(install::FOR_ALL, |file| file.mode)
    }

    /// What haproxy-rhi needs, and these files do not have: a line each.
    pub fn missing(&self, answers: &Answers, add: bool) -> String {
        let exabgp = self
            .exabgp
            .iter()
            .flat_map(|exabgp| exabgp.missing(answers));
        let haproxy = self
            .haproxy
            .iter()
            .flat_map(|haproxy| haproxy.missing(answers, add));
        let lines: Vec<String> = exabgp
            .chain(haproxy)
            .map(|line| format!("  {line}\n"))
            .collect();
        let by_hand = match &self.exabgp {
            // ExaBGP 4.2 and 5.0 refuse 'include', and start one daemon for each file that they are given.
            Some(exabgp) if add && !lines.is_empty() => {
                format!(
                    "ExaBGP can include no file: change {} yourself, by the difference below\n\n",
                    exabgp.file.path
                )
            }
            _ => String::new(),
        };
        match (
            self.exabgp.is_some() || self.haproxy.is_some(),
            lines.is_empty(),
        ) {
            (false, _) => String::new(),
            (true, true) => "missing for haproxy-rhi: nothing\n\n".to_owned(),
            (true, false) => format!("missing for haproxy-rhi:\n{}\n{by_hand}", lines.concat()),
        }
    }
}
