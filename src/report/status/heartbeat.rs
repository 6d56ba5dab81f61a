//! The second chance in `status`: the file that its heartbeat writes, shown as it is. The heartbeat names what is wrong;
//! only its age is judged here.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::unit;
use super::words::plain;
use crate::files::{self, Links};
use crate::report::moment::Moment;

/// The file that the heartbeat's unit writes.
const FILE: &str = "/run/haproxy-rhi-second-chance/status.json";
/// Exists while the second chance is on.
const SWITCHED_ON: &str = "/run/haproxy-rhi/second-chance.json";
/// Its configuration; [`UNIT`] switches it on.
const CONFIGURED: &str = "/etc/haproxy-rhi/second-chance.conf";
const UNIT: &str = "haproxy-rhi-second-chance.service";
/// The longest file that is read, in octets.
const LONGEST: u64 = 16 << 20;
/// The age at which the file is stale: the heartbeat writes it every 5 s.
const STALE: Duration = Duration::from_secs(20);

const STOPPED: &str = "its heartbeat has stopped, so no client's packet is handed over; see haproxy-rhi-second-chance-heartbeat.service";
const OTHER: &str = "its heartbeat is of another version; systemctl restart haproxy-rhi-second-chance-heartbeat.service";

/// The second chance, as `status` shows it.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct SecondChance {
    /// Lines for a person.
    pub text: String,
    /// The file's other keys.
    pub value: Value,
    /// What is not as it should be.
    pub problems: Vec<String>,
}

/// Reads the file; `None`: the second chance is off, and its unit has not failed.
pub fn read(now: Moment) -> Option<SecondChance> {
    let fault = || {
        Path::new(CONFIGURED)
            .exists()
            .then(|| unit::fault(UNIT))
            .flatten()
    };
    of(Path::new(FILE), Path::new(SWITCHED_ON), now).or_else(|| fault().map(amiss))
}

fn of(path: &Path, switched_on: &Path, now: Moment) -> Option<SecondChance> {
    let bytes = match files::read(path, Links::Refused, LONGEST) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return switched_on.exists().then(|| amiss(STOPPED.to_owned()));
        }
        Err(error) => return Some(unreadable(path, &error.to_string())),
    };
    Some(match serde_json::from_slice(&bytes) {
        Ok(value) => shown(value, now),
        Err(error) => unreadable(path, &error.to_string()),
    })
}

fn unreadable(path: &Path, why: &str) -> SecondChance {
    amiss(format!("failed to read '{}': {why}", path.display()))
}

fn amiss(problem: String) -> SecondChance {
    SecondChance {
        problems: vec![format!("second chance: {problem}")],
        ..SecondChance::default()
    }
}

fn shown(mut value: Value, now: Moment) -> SecondChance {
    let heartbeat = value
        .get("heartbeat")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok());
    let age = heartbeat.map_or(f64::INFINITY, |heartbeat: Moment| now.since(heartbeat));
    let object = value.as_object_mut();
    let (text, said) = object
        .map(|object| (object.remove("text"), object.remove("problems")))
        .unwrap_or_default();
    let text = text
        .as_ref()
        .and_then(Value::as_str)
        .map(plain)
        .unwrap_or_default();
    if age > STALE.as_secs_f64() {
        // A stale file says nothing of the present.
        return SecondChance {
            value: json!({"heartbeat": value.get("heartbeat")}),
            ..amiss(STOPPED.to_owned())
        };
    }
    let Some(Value::Array(said)) = said else {
        return SecondChance {
            text,
            value,
            ..amiss(OTHER.to_owned())
        };
    };
    let problems = said
        .iter()
        .filter_map(Value::as_str)
        .map(|what| format!("second chance: {}", plain(what).replace('\n', " ")));
    SecondChance {
        text,
        problems: problems.collect(),
        value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown_of(value: &Value) -> SecondChance {
        shown(value.clone(), Moment::now())
    }

    #[test]
    fn what_the_heartbeat_says_is_shown_as_it_is_and_its_end_is_noticed() {
        let now = Moment::now().to_string();
        let value =
            json!({"on": true, "text": "on\n\u{1b}[2J", "problems": ["a", "b"], "heartbeat": now});
        let shown = shown_of(&value);
        assert_eq!(shown.problems, ["second chance: a", "second chance: b"]);
        assert_eq!(
            (shown.text.as_str(), shown.value),
            ("on\n\u{fffd}[2J", json!({"on": true, "heartbeat": now}))
        );
        let old = json!({"on": true, "text": "on\n", "problems": [], "heartbeat": "2020-01-01T00:00:00Z"});
        let stopped = shown_of(&old);
        let said = (stopped.text.as_str(), stopped.value);
        assert_eq!(said, ("", json!({"heartbeat": "2020-01-01T00:00:00Z"})));
        for (value, problem) in [
            (&old, STOPPED),
            (&json!({}), STOPPED),
            (&json!({"heartbeat": now}), OTHER),
        ] {
            assert_eq!(
                shown_of(value).problems,
                [format!("second chance: {problem}")]
            );
        }
    }

    #[test]
    fn where_nothing_is_kept_it_is_off_or_its_heartbeat_does_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let (file, state) = (
            folder.path().join("status.json"),
            folder.path().join("second-chance.json"),
        );
        let read = || of(&file, &state, Moment::now());
        assert_eq!(read(), None);
        std::fs::write(&state, "{}").unwrap();
        assert_eq!(
            read().unwrap().problems,
            [format!("second chance: {STOPPED}")]
        );
        std::fs::write(&file, "{").unwrap();
        assert!(read().unwrap().problems[0].contains("failed to read"));
    }
}
