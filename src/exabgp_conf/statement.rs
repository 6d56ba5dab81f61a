//! A statement: a word, and the words after it.

use super::{At, Item, Token};

/// A statement without its first word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Where it begins.
    pub at: At,
    /// The words after its first.
    pub words: Vec<Token>,
}

impl Setting {
    pub(super) fn of(item: &Item) -> Self {
        Self {
            at: item.at(),
            words: item.words.get(1..).unwrap_or_default().to_vec(),
        }
    }

    /// The words without `[`, `]` and `,`.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let is_mark = |word: &Token| ["[", "]", ","].iter().any(|mark| word.is(mark));
        self.words
            .iter()
            .filter(move |word| !is_mark(word))
            .map(|word| word.text.as_str())
    }

    /// The first value; empty: none.
    pub fn value(&self) -> &str {
        self.values().next().unwrap_or("")
    }

    /// A false boolean in ExaBGP's words; 0 turns graceful-restart off.
    pub fn is_off(&self) -> bool {
        ["false", "disable", "disabled", "0"].contains(&self.value().to_ascii_lowercase().as_str())
    }
}
