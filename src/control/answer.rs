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
        Self {
            text: String::new(),
            failure: Some(failure),
        }
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

/// Rows as JSON under the key that they have there, and as a table.
type Shown = (&'static str, Vec<Value>, String);

/// Answers with a list. What a process says that is leaving is frozen.
pub(super) fn listed(
    as_json: bool,
    controller: &Controller,
    view: &View,
    (key, rows, table): Shown,
) -> Answer {
    let failure = view.process.stopping.then(|| {
        Failure::CannotTell(format!(
            "HAProxy's process {} is leaving: what it shows is out of date",
            view.process.pid
        ))
    });
    let text = if as_json {
        json::text(&json!({"haproxy": json::haproxy(controller.socket(), view), key: rows}))
    } else {
        table
    };
    Answer { text, failure }
}

/// Answers with the rows that a change was about, and its course.
pub(super) fn changed(
    at: &At,
    controller: &Controller,
    view: &View,
    (key, rows, table): Shown,
    Course {
        effects,
        note,
        failure,
    }: Course,
) -> Answer {
    let text = if at.json {
        json::text(&json!({
            "haproxy": json::haproxy(controller.socket(), view),
            key: rows,
            "outcome": json::outcome(failure.as_ref()),
            "problem": failure.as_ref().map(ToString::to_string),
            "note": note,
            "services": effects.iter().map(json::effect).collect::<Vec<Value>>(),
        }))
    } else {
        table + &note.map_or(String::new(), |note| format!("note: {note}\n"))
    };
    Answer { text, failure }
}
