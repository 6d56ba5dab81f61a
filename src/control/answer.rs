//! What a command answers, as text or JSON.

use serde_json::{Value, json};

use super::args::At;
use super::controller::Controller;
use super::failure::Failure;
use super::guard::Effect;
use super::json;
use super::view::View;

/// What a command answers: text for stdout, and why it did not end as wished.
#[derive(Debug)]
pub struct Answer {
    /// For stdout.
    pub text: String,
    /// For stderr and the exit status; absent: all is well.
    pub failure: Option<Failure>,
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        Self { text: String::new(), failure: Some(failure) }
    }
}

/// What became of a change, beside the rows that it was about.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// The services that get worse by it.
    pub(super) effects: Vec<Effect>,
    /// What an operator should know of what was done.
    pub(super) note: Option<&'static str>,
    /// Why it did not end as wished.
    pub(super) failure: Option<Failure>,
}

/// A list, or the rows of a change and its course: `name` is the key of the rows.
pub(super) fn answer(
    at: &At,
    controller: &Controller,
    view: &View,
    (name, rows, table): (&str, Vec<Value>, String),
    course: Option<Course>,
) -> Answer {
    let is_change = course.is_some();
    let Course { effects, note, failure } = course.unwrap_or_default();
    let text = if at.json {
        let mut value = json!({"haproxy": json::haproxy(controller.socket(), view), name: rows});
        if let Some(object) = value.as_object_mut().filter(|_| is_change) {
            object.insert("outcome".to_owned(), json!(json::outcome(failure.as_ref())));
            object.insert("problem".to_owned(), json!(failure.as_ref().map(ToString::to_string)));
            object.insert("note".to_owned(), json!(note));
            object.insert("services".to_owned(), effects.iter().map(json::effect).collect());
        }
        json::text(&value)
    } else {
        table + &note.map_or(String::new(), |note| format!("note: {note}\n"))
    };
    Answer { text, failure }
}
