//! What a command answers, as text or JSON.

use serde_json::{Value, json};

use super::args::At;
use super::controller::Controller;
use super::guard::Effect;
use super::json;
use super::view::View;
use crate::failure::{self, Answer, Failure};

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
        failure::unknown(format!(
            "HAProxy's process {} is leaving: what it shows is out of date",
            view.process.pid
        ))
    });
    let text = if as_json {
        json::text(&json!({"haproxy": json::haproxy(controller.socket(), view), key: rows}))
    } else {
        table
    };
    (text, failure).into()
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
    (text, failure).into()
}
