//! The configuration's JSON: keys in the order of the manual, one condition a line. Pure.

use serde_json::Value;

use super::translate::Import;
use crate::value::Joined;

/// The file's text.
pub fn text(import: &Import) -> String {
    let mut text = "{\n  \"haproxy\": {\n".to_owned();
    text += &keys(&import.haproxy, 4);
    text += "  },\n  \"services\": {\n";
    for (index, (name, service)) in import.services.iter().enumerate() {
        text += &format!(
            "    {}: {{\n{}    }}",
            compact(&Value::from(name.as_str())),
            keys(service, 6)
        );
        text += if index + 1 < import.services.len() {
            ",\n"
        } else {
            "\n"
        };
    }
    text += "  }";
    if !import.hooks.is_empty() {
        text += &format!(",\n  \"hooks\": {}", list(&import.hooks, 4));
    }
    text + "\n}\n"
}

fn keys(keys: &[(&'static str, Value)], indent: usize) -> String {
    let mut text = String::new();
    for (index, (key, value)) in keys.iter().enumerate() {
        let shown = match value {
            Value::Array(items) if items.iter().any(Value::is_object) => list(items, indent + 2),
            value => compact(value),
        };
        let comma = if index + 1 < keys.len() { "," } else { "" };
        text += &format!("{:indent$}\"{key}\": {shown}{comma}\n", "");
    }
    text
}

/// A list with one element a line.
fn list(items: &[Value], indent: usize) -> String {
    let lines: Vec<String> = items
        .iter()
        .map(|item| format!("{:indent$}{}", "", compact(item)))
        .collect();
    format!("[\n{}\n{:less$}]", lines.join(",\n"), "", less = indent - 2)
}

/// A value on one line; of a level the name is first, and its condition second.
fn compact(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort_by_key(|key| match key.as_str() {
                "name" | "argv" => 0,
                "when" => 1,
                _ => 2,
            });
            let parts: Vec<String> = keys
                .into_iter()
                .filter_map(|key| Some(format!("\"{key}\": {}", compact(object.get(key)?))))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(compact).joined(", "))
        }
        value => value.to_string(),
    }
}
