//! What the heartbeat keeps for `haproxy-rhi status`, which may not ask the kernel and judges nothing of it: the counters, the
//! same in words, what is amiss, and when that was so.

use std::path::Path;

use haproxy_rhi::report::moment::Moment;
use serde_json::{Value, json};

use super::kernel::{self, list};
use super::look;
use super::plan::Plan;
use super::tables::Tables;

/// Keeps it up to date: whole or not at all.
///
/// # Errors
/// It cannot be written.
pub fn keep(
    plan: &Plan,
    tables: &Tables,
    left_out: &[String],
    path: &Path,
    now: Moment,
) -> Result<(), String> {
    let value = told(look::value(plan, tables), left_out, now);
    kernel::write(path, format!("{value}\n").as_bytes())
        .map_err(|error| format!("cannot write '{}': {error}", path.display()))
}

/// What was counted, with the time, the same for a person, and what is amiss.
fn told(mut value: Value, left_out: &[String], now: Moment) -> Value {
    let text = look::text(&value);
    let problems = [problems(&value).as_slice(), left_out].concat();
    if let Some(object) = value.as_object_mut() {
        object.insert("heartbeat".to_owned(), json!(now.to_string()));
        object.insert("text".to_owned(), json!(text));
        object.insert("problems".to_owned(), json!(problems));
    }
    value
}

fn problems(value: &Value) -> Vec<String> {
    if value.get("on") != Some(&Value::Bool(true)) {
        return vec!["off, while its heartbeat runs".to_owned()];
    }
    let mut problems = Vec::new();
    for sibling in value.get("siblings").map(list).unwrap_or_default() {
        let nva = sibling.get("nva").and_then(Value::as_str).unwrap_or("?");
        if sibling.get("answers") != Some(&Value::Bool(true)) {
            problems.push(format!("sibling {nva} does not answer"));
        }
        if sibling.get("other_file") == Some(&Value::Bool(true)) {
            problems.push(format!(
                "sibling {nva} has another second-chance.conf; see 'haproxy-rhi-second-chance check'"
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_amiss_is_said_and_what_is_counted_is_in_words_too() {
        let now = Moment::now();
        let value = |on: bool, answers: bool, other: bool| {
            json!({"on": on, "nva": "192.0.2.1", "taken": 1, "nobodys": 0, "over_limit": 0, "forged": 0,
                "siblings": [{"nva": "192.0.2.2", "answers": answers, "other_file": other, "handed_to": 7}]})
        };
        for (value, left_out, problems) in [
            (value(true, true, false), &[][..], json!([])),
            (value(true, false, false), &[], json!(["sibling 192.0.2.2 does not answer"])),
            (value(false, true, false), &[], json!(["off, while its heartbeat runs"])),
            (value(true, true, false), &["a prefix".to_owned()], json!(["a prefix"])),
        ] {
            let told = told(value, left_out, now);
            assert_eq!((&told["problems"], &told["heartbeat"]), (&problems, &json!(now.to_string())));
        }
        let other = told(value(true, true, true), &[], now).to_string();
        assert!(other.contains("sibling 192.0.2.2 has another second-chance.conf; see"), "{other}");
        assert!(other.contains("handed to it: 7 packets"), "{other}");
    }
}
