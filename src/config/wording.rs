//! serde's and serde_json's words for what is wrong, in words for whoever wrote the file.

use crate::value::nearest;

/// An error of serde_json's about text that is not JSON, and the text before and after the place.
pub fn of_syntax(what: &str, before: &str, after: &str) -> String {
    if let Some(hint) = hint(what, before, after) {
        return format!("not JSON: {hint}");
    }
    let words = match what {
        "EOF while parsing an object"
        | "EOF while parsing a list"
        | "EOF while parsing a string" => "the text ends in the middle; is it cut off?",
        "EOF while parsing a value" => {
            "the text ends where a value belongs; is it cut off, or empty?"
        }
        "trailing comma" => "there is a comma too many before this",
        "key must be a string" => "a key in double quotes belongs here (JSON has no comments)",
        "expected value" => {
            "a value belongs here: an object, a list, a text in double quotes, a number, true or false"
        }
        "trailing characters" => "more text after the end of the configuration",
        "expected ',' or '}'" => "a comma or '}' belongs here",
        "expected ',' or ']'" => "a comma or ']' belongs here",
        "expected ':'" => "a colon belongs here",
        "recursion limit exceeded" => "nested deeper than 127 levels",
        other => other,
    };
    format!("not JSON: {words}")
}

/// What was probably meant, where a person can see it.
fn hint(what: &str, before: &str, after: &str) -> Option<String> {
    if what.starts_with("EOF") {
        return None;
    }
    if what.starts_with("control character") {
        let is_line = before.ends_with('\n') || after.starts_with('\n');
        let line = "a text does not go on in the next line; is the quote missing that closes it, on the line before?";
        return Some(
            if is_line {
                line
            } else {
                "a text has no control characters; write \\t for a tab"
            }
            .to_owned(),
        );
    }
    if ["//", "/*", "#"].iter().any(|mark| after.starts_with(mark)) {
        return Some("JSON has no comments; remove this one".to_owned());
    }
    if is_yaml(before, after) {
        return Some(
            "this is YAML, and config.json is JSON, such as {\"services\": {...}}".to_owned(),
        );
    }
    match after.chars().next()? {
        quote @ ('“' | '”' | '„' | '‘' | '’' | '«' | '»') => Some(format!(
            "'{quote}' is a quote of typesetting; write the straight one, \""
        )),
        '\'' => Some("a text stands in double quotes, not in single ones".to_owned()),
        ',' if matches!(what, "key must be a string" | "expected value") => {
            Some("a comma too many".to_owned())
        }
        _ => open_text(before).map(|text| format!("is a quote missing that closes \"{text}?")),
    }
}

/// The file's first word is a key without quotes, or a line that begins a document of YAML.
fn is_yaml(before: &str, after: &str) -> bool {
    let whole = format!("{}{after}", before.trim_start());
    let first = whole.lines().next().unwrap_or_default();
    let is_key = |key: &str| {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        !key.is_empty() && key.chars().all(is_plain)
    };
    let key = first.split_once(':').map(|(key, _)| key);
    !before.trim().contains(['{', '[', '\n'])
        && (first.trim_end() == "---" || key.is_some_and(is_key))
}

/// A text in quotes that ends here, and has gone on through what follows it.
fn open_text(before: &str) -> Option<String> {
    let inside = before.trim_end().strip_suffix('"')?;
    let text = inside.get(inside.rfind('"')? + 1..)?;
    let end = text
        .find([',', ':', '}', ']'])
        .filter(|end| text.get(end + 1..).is_some_and(is_between))?;
    text.get(..end).map(str::to_owned)
}

/// Nothing but what stands between two texts in quotes.
fn is_between(text: &str) -> bool {
    text.chars()
        .all(|letter| letter.is_whitespace() || "{}[],:".contains(letter))
}

/// An error about JSON that says something else than a configuration does.
pub fn of_data(what: &str) -> String {
    if let Some((found, wanted)) = what
        .strip_prefix("invalid type: ")
        .or_else(|| what.strip_prefix("invalid value: "))
        .and_then(|rest| rest.split_once(", expected "))
    {
        return format!(
            "{} does not belong here; write {}",
            found_as(found),
            wanted_as(wanted)
        );
    }
    if let Some((name, wanted)) = what
        .strip_prefix("unknown field ")
        .and_then(|rest| rest.split_once(", expected "))
    {
        return format!("unknown key {name}; {}", near(name, wanted));
    }
    if let Some((name, wanted)) = what
        .strip_prefix("unknown variant ")
        .and_then(|rest| rest.split_once(", expected "))
    {
        return format!("unknown word {name}; {}", near(name, wanted));
    }
    if let Some(name) = what.strip_prefix("missing field ") {
        return format!("key {name} is missing; add it");
    }
    if let Some(name) = what.strip_prefix("duplicate field ") {
        return format!("key {name} is there twice; remove one");
    }
    what.to_owned()
}

/// The known name that is like it, or all known names.
fn near(name: &str, wanted: &str) -> String {
    let name = name.trim_matches('\'');
    let known = wanted.split('\'').skip(1).step_by(2);
    match nearest(name, known) {
        Some(known) => format!("did you mean '{known}'?"),
        None => format!("write {wanted}"),
    }
}

/// What was found, as the file has it.
fn found_as(found: &str) -> String {
    match found {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        "unit variant" => "the word alone".to_owned(),
        "null" | "unit value" => "null".to_owned(),
        _ => match found.split_once(' ') {
            Some(("string", text)) => format!("'{}'", text.trim_matches('"')),
            Some(("integer" | "boolean" | "character", value)) => value.to_owned(),
            Some(("floating", value)) => value.trim_start_matches("point ").to_owned(),
            _ => found.to_owned(),
        },
    }
}

fn wanted_as(wanted: &str) -> &str {
    match wanted {
        "u64" | "u32" | "u16" | "u8" => "a whole number, without a sign and without quotes",
        "a sequence" => "a list in brackets",
        "a string" => "a text in double quotes",
        "a boolean" => "true or false",
        "newtype variant" => "an object in braces after it",
        "path string" => "a path in double quotes",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_belong_is_named_with_what_does() {
        assert_eq!(
            of_data("invalid type: string \"two\", expected u64"),
            "'two' does not belong here; write a whole number, without a sign and without quotes"
        );
        assert_eq!(
            of_data("invalid type: sequence, expected a service, such as {...}"),
            "a list does not belong here; write a service, such as {...}"
        );
        assert_eq!(
            of_data("unknown field 'a', expected 'b' or 'c'"),
            "unknown key 'a'; write 'b' or 'c'"
        );
        assert_eq!(
            of_data("prefix 'x' is no prefix"),
            "prefix 'x' is no prefix"
        );
    }
}
