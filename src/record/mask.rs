//! Masks the arguments of hooks in a record's configuration: they decide nothing, and may be secrets.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What replaces an argument.
const MASK: &str = "***";

#[derive(Deserialize)]
struct Masked<'text> {
    #[serde(borrow)]
    hooks: Option<&'text RawValue>,
}

/// The text of a configuration without the arguments of its hooks; all else stays as it is written.
pub fn masked(text: &str) -> String {
    let read = serde_json::from_str::<Masked<'_>>(text);
    let hooks = read.ok().and_then(|masked| masked.hooks).map(RawValue::get);
    let without = hooks.and_then(without);
    match (hooks, without) {
        (Some(hooks), Some(without)) => text.replace(hooks, &without),
        _ => text.to_owned(),
    }
}

/// The hooks with their arguments masked; `None`: there are no arguments.
fn without(hooks: &str) -> Option<String> {
    let mut list: Vec<Value> = serde_json::from_str(hooks).ok()?;
    let argv = list.iter_mut().filter_map(|hook| hook.get_mut("argv"));
    let argv = argv.filter_map(Value::as_array_mut);
    let arguments = argv.flat_map(|argv| argv.iter_mut().skip(1));
    let count = arguments.map(|argument| *argument = MASK.into()).count();
    (count > 0).then(|| Value::Array(list).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    #[test]
    fn arguments_of_hooks_are_left_out_and_nothing_else() {
        let services = "\"services\": {\"b\": {\"prefixes\": [\"9.9.9.9/32\"], \"next_hop\": \"10.0.0.1\", \"levels\": \
                        [{\"name\": \"up\", \"when\": {\"file\": {\"path\": \"/run/up\"}}}]}}";
        let hooks = "[ {\"argv\": [\"/bin/tell\", \"--key\", \"s3cr\\u0065t\"], \"timeout\": \"10s\"},\n{\"argv\": [\"/bin/x\"]}]";
        let text = format!("{{\"hooks\": {hooks},\n {services}}}\n");
        let masked_text = masked(&text);
        assert!(!masked_text.contains("s3cr") && !masked_text.contains("--key"));
        assert!(
            masked_text.contains("/bin/tell")
                && masked_text.ends_with(&format!(",\n {services}}}\n"))
        );
        let [mut before, after] = [&text, &masked_text].map(|text| config::parse(text).unwrap());
        assert_eq!(after.hooks.len(), 2);
        before.hooks.clone_from(&after.hooks);
        assert_eq!(before, after);
        for text in [
            "{",
            "[]",
            "{\"hooks\": []}",
            "{\"hooks\": [{\"argv\": [\"/bin/x\"]}]}",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
