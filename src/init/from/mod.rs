//! An NVA's own exabgp.conf and haproxy.cfg: the values in them, and what to add to them. Only [`Theirs::read`] opens files.
//!
//! ```text
//! his files ──► values (where no flag says so) ──► answers ──► his files and what is to be added
//! ```

mod exabgp;
mod found;
mod haproxy;

use std::path::PathBuf;

use super::answers::Answers;
use super::files::{self, Made};
use super::task::InitTask;
use crate::install;

use exabgp::Exabgp;
use found::{File, Found};
use haproxy::Haproxy;
pub use haproxy::SNIPPET_PATH;

/// What was read.
#[derive(Debug, Default)]
pub struct Theirs {
    /// exabgp.conf.
    pub exabgp: Option<Exabgp>,
    /// haproxy.cfg.
    pub haproxy: Option<Haproxy>,
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
