//! The file that the heartbeat keeps for `haproxy-rhi status`, which may not ask the kernel and only shows it: the counters,
//! the same as text, what is wrong, and the time.

use haproxy_rhi::report::moment::Moment;
use serde_json::{Value, json};

use super::check::{SILENT, UP};
use super::kernel::list;
use super::status;

/// The file's content, from the counters of [`status::value`].
pub fn content(mut value: Value, problems: &[String], now: Moment) -> Value {
    let text = status::text(&value);
    if let Some(object) = value.as_object_mut() {
        object.insert("heartbeat".to_owned(), json!(now.to_string()));
        object.insert("text".to_owned(), json!(text));
        object.insert("problems".to_owned(), json!(problems));
    }
    value
}

/// What is wrong.
pub fn problems(value: &Value) -> Vec<String> {
    let is = |of: &Value, key: &str| of.get(key) == Some(&Value::Bool(true));
    if !is(value, "on") {
        return vec![format!("off, while its heartbeat runs; {UP}")];
    }
    let mut problems = Vec::new();
    for sibling in value.get("siblings").map(list).unwrap_or_default() {
        let nva = sibling.get("nva").and_then(Value::as_str).unwrap_or("?");
        if !is(sibling, "answers") {
            problems.push(format!("sibling {nva} does not answer"));
        } else if !is(sibling, "asks") {
            problems.push(format!("sibling {nva} does not ask: {SILENT}"));
        }
        if is(sibling, "other_file") {
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
        let value = |on: bool, [answers, asks, other]: [bool; 3]| {
            json!({"on": on, "nva": "192.0.2.1", "asks": true, "taken": 1, "nobodys": 0, "over_limit": 0, "forged": 0,
                "siblings": [{"nva": "192.0.2.2", "answers": answers, "asks": asks, "other_file": other, "handed_to": 7}]})
        };
        let silent =
            "sibling 192.0.2.2 does not ask: its heartbeat does not run, so it hands nothing over";
        for (value, amiss, word) in [
            (
                value(true, [true, true, false]),
                &[][..],
                ": answers, handed",
            ),
            (
                value(true, [false, false, false]),
                &["sibling 192.0.2.2 does not answer"],
                ": DOES NOT ANSWER,",
            ),
            (
                value(true, [true, false, false]),
                &[silent],
                ": answers, DOES NOT ASK, handed to it: 7",
            ),
            (
                value(true, [true, true, true]),
                &[
                    "sibling 192.0.2.2 has another second-chance.conf; see 'haproxy-rhi-second-chance check'",
                ],
                ": answers, HAS ANOTHER FILE, handed",
            ),
            (
                value(false, [true, true, false]),
                &["off, while its heartbeat runs; run 'haproxy-rhi-second-chance up'"],
                "off",
            ),
        ] {
            let problems = problems(&value);
            assert!(
                problems.len() == amiss.len()
                    && problems.iter().zip(amiss).all(|(a, b)| a.starts_with(b)),
                "{problems:?}"
            );
            let told = content(value, &problems, now);
            assert_eq!(
                (&told["problems"], &told["heartbeat"]),
                (&json!(problems), &json!(now.to_string()))
            );
            assert!(told["text"].as_str().unwrap().contains(word), "{told}");
        }
    }
}
