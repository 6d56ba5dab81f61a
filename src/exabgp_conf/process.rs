//! A `process` section: what ExaBGP runs.

use std::collections::BTreeMap;

use super::statement::Setting;
use super::{At, Item};

/// A `process` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub at: At,
    /// Its statements, by their first word.
    pub settings: BTreeMap<String, Vec<Setting>>,
}

impl Process {
    pub(super) fn read(item: &Item, inside: &[Item]) -> Self {
        let mut settings: BTreeMap<String, Vec<Setting>> = BTreeMap::new();
        for statement in inside {
            settings
                .entry(statement.keyword().to_owned())
                .or_default()
                .push(Setting::of(statement));
        }
        let name = item
            .name()
            .map(|name| name.text.clone())
            .unwrap_or_default();
        Self {
            name,
            at: item.at(),
            settings,
        }
    }

    /// The last statement of that name.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.get(name)?.last()
    }

    /// What it runs: the program and its arguments.
    pub fn argv(&self) -> Vec<String> {
        let run = self
            .setting("run")
            .map(|run| run.words.as_slice())
            .unwrap_or_default();
        run.iter().map(|word| word.text.clone()).collect()
    }

    /// Whether a word of the run line is haproxy-rhi, by any path.
    pub fn is_ours(&self) -> bool {
        self.argv().iter().any(|word| is_ours(word))
    }

    /// The absolute paths of programs in its run line: the first word, and haproxy-rhi where another program runs it.
    pub fn programs(&self) -> impl Iterator<Item = String> {
        let words = self.argv().into_iter().enumerate();
        let is_program = |(index, word): &(usize, String)| *index == 0 || is_ours(word);
        let programs = words.filter(is_program).map(|(_, word)| word);
        programs.filter(|program| program.starts_with('/'))
    }
}

/// Whether the word is haproxy-rhi, by any path.
fn is_ours(word: &str) -> bool {
    word.rsplit('/').next() == Some("haproxy-rhi")
}
