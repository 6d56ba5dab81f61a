//! Reads what a cloud's tool printed. Pure.
//! In comes the text; out go the routes, or what the text is instead.

use serde_json::Value;

use super::learned::{Fault, json, learned};
use super::output::Output;
use super::{aws, google};
use crate::config::Place;
use crate::config::locate::locate;

/// Reads the output of any cloud's tool.
///
/// # Errors
/// It is not JSON, or the output of no known command.
pub fn read(text: &str) -> Result<Output, Fault> {
    let text = &without_warnings(text);
    let value = json(text)?;
    if let Some(what) = refusal(&value) {
        return Err((1, 1, what));
    }
    let read = match &value {
        value if aws::is_database(value) => aws::read(value),
        value if google::is_status(value) => google::status(value),
        value if google::is_list(value) => google::list(value),
        Value::Array(list) if list.is_empty() => {
            let what = "an empty list, which says of no router that it learned nothing; gcloud prints it where a session has no routes: ask 'gcloud compute routers get-status' with '--format=json'";
            Err((Place::default(), what.to_owned()))
        }
        _ => {
            return Ok(Output {
                learned: learned(text)?,
                ..Output::default()
            });
        }
    };
    let mut output = read.map_err(|(place, what)| {
        let (line, column) = locate(text, &place);
        (line, column, what)
    })?;
    output.once();
    Ok(output)
}

/// Removes az's warnings before its JSON, where stderr is in the same pipe (2>&1); the lines after them keep their numbers.
fn without_warnings(text: &str) -> String {
    let is_warning = |line: &&str| line.starts_with("WARNING");
    let count = text.lines().take_while(is_warning).count();
    let rest: Vec<&str> = text.split_inclusive('\n').skip(count).collect();
    let rest = rest.concat();
    match rest.trim_start().starts_with(['{', '[']) {
        true => "\n".repeat(count) + &rest,
        false => text.to_owned(),
    }
}

/// Azure's own words of a refusal: `{"error": {"code", "message"}}`.
fn refusal(value: &Value) -> Option<String> {
    let error = value.get("error")?;
    let word = |key: &str| error.get(key).and_then(Value::as_str);
    let (code, message) = (word("code")?, word("message").unwrap_or_default());
    let said: String = format!("{code}: {message}").chars().take(300).collect();
    Some(format!(
        "Azure says '{}', and no routes",
        said.escape_debug()
    ))
}
