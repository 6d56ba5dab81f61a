//! Log lines of pure code, which does not log itself.
//! In come lines, each with its level.
//! Out go the same lines to the caller, which logs them.

use std::fmt;

use log::Level;

/// One line for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its level.
    pub level: Level,
    /// The line.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.level.as_str().to_lowercase(), self.text)
    }
}

/// Lines for the log, in their order.
#[derive(Debug, Default)]
pub struct Notes(Vec<Note>);

impl Notes {
    /// Adds a line of level info.
    pub fn info(&mut self, text: impl Into<String>) {
        self.add(Level::Info, text);
    }

    /// Adds a line of level warning: an operator should act.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.add(Level::Warn, text);
    }

    /// Adds a line of level debug.
    pub fn debug(&mut self, text: impl Into<String>) {
        self.add(Level::Debug, text);
    }

    fn add(&mut self, level: Level, text: impl Into<String>) {
        self.0.push(Note {
            level,
            text: text.into(),
        });
    }

    /// Returns the lines and empties the list.
    pub fn take(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.0)
    }
}
