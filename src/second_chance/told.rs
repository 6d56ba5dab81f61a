//! What the heartbeat keeps for `haproxy-rhi status`, which may not ask the kernel.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::kernel;
use super::look;
use super::plan::Plan;
use super::tables::Tables;
use crate::files::{self, Links};
use crate::report::moment::Moment;

/// The longest such file.
const LONGEST: u64 = 16 << 20;
/// Where the unit of the heartbeat keeps it.
pub const STATUS_FILE: &str = "/run/haproxy-rhi-second-chance/status.json";

/// Four rounds of the heartbeat.
const STALE: Duration = Duration::from_secs(20);

/// What `haproxy-rhi status` shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// In lines, for a person.
    pub text: String,
    /// The file.
    pub value: Value,
    /// What is not as it should be.
    pub problems: Vec<String>,
}

/// Keeps it up to date: whole or not at all.
///
/// # Errors
/// It cannot be written.
pub fn keep(plan: &Plan, tables: &Tables, path: &Path, now: Moment) -> Result<(), String> {
    let mut value = look::value(plan, tables);
    if let Some(object) = value.as_object_mut() {
        object.insert("heartbeat".to_owned(), json!(now.to_string()));
    }
    kernel::write(path, format!("{value}\n").as_bytes())
        .map_err(|error| format!("cannot write '{}': {error}", path.display()))
}

/// Reads it; absent where there is none, since the second chance is off.
pub fn read(path: &Path, now: Moment) -> Option<Told> {
    let bytes = match files::read(path, Links::Refused, LONGEST) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => return Some(unreadable(path, &error.to_string())),
    };
    Some(match serde_json::from_slice(&bytes) {
        Ok(value) => told(value, now),
        Err(error) => unreadable(path, &error.to_string()),
    })
}

fn unreadable(path: &Path, why: &str) -> Told {
    let problem = format!("second chance: failed to read '{}': {why}", path.display());
    Told { text: String::new(), value: Value::Null, problems: vec![problem] }
}

fn told(value: Value, now: Moment) -> Told {
    let mut problems = Vec::new();
    let heartbeat = value.get("heartbeat").and_then(Value::as_str).and_then(|text| text.parse().ok());
    let age = heartbeat.map_or(f64::INFINITY, |heartbeat: Moment| now.since(heartbeat));
    if age > STALE.as_secs_f64() {
        let what = "second chance: its heartbeat has stopped, so no packet is handed over; see haproxy-rhi-second-chance-heartbeat.service";
        problems.push(what.to_owned());
    } else if value.get("on") != Some(&Value::Bool(true)) {
        problems.push("second chance: off, while its heartbeat runs".to_owned());
    }
    let siblings = value.get("siblings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for sibling in siblings {
        let nva = sibling.get("nva").and_then(Value::as_str).unwrap_or("?");
        if sibling.get("answers") != Some(&Value::Bool(true)) {
            problems.push(format!("second chance: sibling {nva} does not answer"));
        }
        if sibling.get("other_file") == Some(&Value::Bool(true)) {
            problems.push(format!(
                "second chance: sibling {nva} has another second-chance.conf; see 'haproxy-rhi second-chance check'"
            ));
        }
    }
    Told { text: look::text(&value), value, problems }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_amiss_is_said_first() {
        let now = Moment::now();
        let value = |on: bool, answers: bool, heartbeat: String| {
            json!({"on": on, "nva": "192.0.2.1", "siblings": [{"nva": "192.0.2.2", "answers": answers, "handed_to": 7}],
                "taken": 1, "nobodys": 0, "over_limit": 0, "forged": 0, "heartbeat": heartbeat})
        };
        let problems = |value| told(value, now).problems.join("; ");
        assert_eq!(problems(value(true, true, now.to_string())), "");
        assert!(told(value(true, true, now.to_string()), now).text.contains("handed to it: 7 packets"));
        assert_eq!(
            problems(value(true, false, now.to_string())),
            "second chance: sibling 192.0.2.2 does not answer"
        );
        assert!(problems(value(false, true, now.to_string())).contains("off, while"));
        assert!(
            problems(value(true, true, "2020-01-01T00:00:00Z".to_owned())).contains("heartbeat has stopped")
        );
        assert!(problems(json!({})).contains("heartbeat has stopped"));
    }

    #[test]
    fn where_nothing_is_kept_it_is_off() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(&folder.path().join("none"), Moment::now()), None);
        let broken = folder.path().join("broken");
        std::fs::write(&broken, "{").unwrap();
        assert!(read(&broken, Moment::now()).is_some_and(|told| told.problems.len() == 1));
    }
}
