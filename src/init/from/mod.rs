//! An NVA's existing exabgp.conf and haproxy.cfg: the values in them, and what to add to them. Only [`Existing::read`] opens
//! files.
//!
//! ```text
//! existing files ──► values (where no flag is given) ──► answers ──► existing files, extended
//! ```

mod exabgp;
mod found;
mod haproxy;

use std::path::PathBuf;

use super::answers::Answers;
use super::endpoints::Endpoints;
use super::files::{self, Made};
use super::task::InitTask;
use crate::install;

use exabgp::Exabgp;
use found::{File, Found};
use haproxy::Haproxy;
pub use haproxy::SNIPPET_PATH;

/// The existing files.
#[derive(Debug, Default)]
pub struct Existing {
    /// exabgp.conf.
    pub exabgp: Option<Exabgp>,
    /// haproxy.cfg.
    pub haproxy: Option<Haproxy>,
}

impl Existing {
    /// Reads the files that the task names, and fills the task's values that no flag gives.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn read(task: &mut InitTask) -> Result<(Self, Found), String> {
        let file = |path: &Option<PathBuf>| path.as_deref().map(File::read).transpose();
        let mut found = Found::default();
        let existing = Self {
            exabgp: file(&task.from_exabgp)?.map(Exabgp::read),
            haproxy: file(&task.from_haproxy)?.map(Haproxy::read),
        };
        existing
            .exabgp
            .iter()
            .for_each(|exabgp| exabgp.answer(task, &mut found));
        existing
            .haproxy
            .iter()
            .for_each(|haproxy| haproxy.answer(task, &mut found));
        Ok((existing, found))
    }

    /// All files to write: existing ones extended, and new ones. `add`: a snippet instead of an extended haproxy.cfg.
    pub fn files(&self, answers: &Answers, add: bool) -> Vec<Made> {
        let mut endpoints = self.endpoints(answers, add);
        endpoints.neighbors = self
            .exabgp
            .as_ref()
            .map(|exabgp| exabgp.meant(answers))
            .unwrap_or_default();
        let carried = self
            .exabgp
            .as_ref()
            .map(|exabgp| exabgp.carried(answers))
            .unwrap_or_default();
        let mut all = files::files(answers, &endpoints, &carried);
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

    /// The endpoints, but for the neighbors.
    pub fn endpoints(&self, answers: &Answers, add: bool) -> Endpoints {
        let haproxy = self.haproxy.as_ref();
        let mut endpoints = haproxy
            .map(|haproxy| haproxy.endpoints(answers, add))
            .unwrap_or_default();
        endpoints.urls = self.exabgp.iter().flat_map(Exabgp::urls).collect();
        endpoints
    }

    /// Checks that the existing haproxy.cfg has a frontend that leads to the backend.
    ///
    /// # Errors
    /// It has none.
    pub fn leads_to(&self, answers: &Answers) -> Result<(), String> {
        self.haproxy
            .as_ref()
            .map_or(Ok(()), |haproxy| haproxy.leads_to(&answers.backend))
    }

    /// The existing file for this place.
    pub fn original(&self, place: &str) -> Option<&File> {
        match place {
            files::EXABGP_PATH => self.exabgp.as_ref().map(|exabgp| &exabgp.file),
            files::HAPROXY_PATH => self.haproxy.as_ref().map(|haproxy| &haproxy.file),
            _ => None,
        }
    }

    /// The mode of a new file: that of the existing file, so that no more users may read it.
    pub fn mode(&self, place: &str) -> u32 {
        self.original(place)
            .map_or(install::FOR_ALL, |file| file.mode)
    }

    /// What the existing files lack for haproxy-rhi, a line each.
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
            // ExaBGP 4.2 and 5.0 refuse 'include', and start one daemon for each file.
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
    /// What of the static routes is not in config.json, which of them stay, and what is late.
    pub fn passed_over(&self, answers: &Answers) -> String {
        let list = |head: &str, lines: Vec<String>| match lines.as_slice() {
            [] => String::new(),
            lines => format!("{head}\n  {}\n\n", lines.join("\n  ")),
        };
        let of = |lines: fn(&Exabgp, &Answers) -> Vec<String>| {
            let exabgp = self.exabgp.iter();
            exabgp
                .flat_map(|exabgp| lines(exabgp, answers))
                .collect::<Vec<_>>()
        };
        let late = self.haproxy.iter();
        let late = late.filter_map(|haproxy| haproxy.late(answers));
        list("not carried over:", of(Exabgp::not_carried))
            + &list("left as it is:", of(Exabgp::left))
            + &list("late:", late.collect())
    }
}
