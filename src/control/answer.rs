//! The answers of `server` and `frontend`, as text or JSON.

use serde_json::{Value, json};

use super::args::At;
use super::controller::Controller;
use super::guard::Effect;
use super::json;
use super::view::View;
use crate::failure::{self, Answer, Failure};

/// The result of a change, without the changed rows.
#[derive(Debug, Default)]
pub(super) struct ChangeResult {
    /// The services that the change makes worse.
    pub(super) effects: Vec<Effect>,
    /// A note for the operator.
    pub(super) note: Option<&'static str>,
    /// Why the change failed.
    pub(super) failure: Option<Failure>,
}

/// Rows: the key of the JSON list, the list, and the same as a table.
type Shown = (&'static str, Vec<Value>, String);

/// The answer of `list`: a failure where HAProxy's process is stopping, since its figures no longer change.
pub(super) fn listed(
    as_json: bool,
    controller: &Controller,
    view: &View,
    (key, rows, table): Shown,
) -> Answer {
    let failure = view.process.stopping.then(|| {
        failure::unknown(format!(
            "HAProxy's process {} is stopping: what it shows is out of date",
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

/// The answer of a change: the changed rows and the result.
pub(super) fn changed(
    at: &At,
    controller: &Controller,
    view: &View,
    (key, rows, table): Shown,
    ChangeResult {
        effects,
        note,
        failure,
    }: ChangeResult,
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
