//! What the log is told by code that may not log.
//! In come lines, each with its level.
//! Out they go to the caller, and an edge writes them.

use std::fmt;

use log::Level;

/// One line for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How grave it is.
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
    /// One that is good to know.
    pub fn info(&mut self, text: impl Into<String>) {
        self.add(Level::Info, text);
    }

    /// One that somebody should look at.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.add(Level::Warn, text);
    }

    /// One for whoever looks for a fault in this program.
    pub fn debug(&mut self, text: impl Into<String>) {
        self.add(Level::Debug, text);
    }

    fn add(&mut self, level: Level, text: impl Into<String>) {
        self.0.push(Note {
            level,
            text: text.into(),
        });
    }

    /// All of them; none are left.
    pub fn take(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.0)
    }
}
