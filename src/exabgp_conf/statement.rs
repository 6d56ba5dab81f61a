//! A statement: a word, and the words after it.

use super::{At, Item, Token};

/// A statement's place, and the words after its first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Where it begins.
    pub at: At,
    /// What follows.
    pub words: Vec<Token>,
}

impl Setting {
    pub(super) fn of(item: &Item) -> Self {
        Self {
            at: item.at(),
            words: item.words.get(1..).unwrap_or_default().to_vec(),
        }
    }

    /// The words that are no punctuation.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let is_mark = |word: &Token| ["[", "]", ","].iter().any(|mark| word.is(mark));
        self.words
            .iter()
            .filter(move |word| !is_mark(word))
            .map(|word| word.text.as_str())
    }

    /// The first of them.
    pub fn value(&self) -> &str {
        self.values().next().unwrap_or("")
    }

    /// A boolean that is false, or a time of 0 for graceful restart, in ExaBGP's words.
    pub fn is_off(&self) -> bool {
        ["false", "disable", "disabled", "0"].contains(&self.value().to_ascii_lowercase().as_str())
    }
}
