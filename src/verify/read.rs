//! What a cloud's tool printed, whichever cloud's. Pure.
//! In comes the text; out go the routes, or what it is instead.

use serde_json::Value;

use super::learned::{Fault, json, learned};
use super::output::Output;
use super::{aws, google};
use crate::config::Place;
use crate::config::locate::locate;

/// Reads it.
///
/// # Errors
/// It is not JSON, or the answer of no command that is known.
pub fn read(text: &str) -> Result<Output, Fault> {
    let value = json(text)?;
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
