//! A validator of what config's JSON Schema uses of draft 2020-12. A word that it does not know is an error of the test.

use serde_json::Value;

/// Where a document is not as the schema wants it; none: it is valid.
pub fn faults(schema: &Value, root: &Value, document: &Value, place: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (word, wanted) in schema.as_object().unwrap() {
        let is_met = match word.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" => true,
            "$ref" => {
                let target = wanted.as_str().unwrap().trim_start_matches('#');
                faults.extend(self::faults(
                    root.pointer(target).unwrap(),
                    root,
                    document,
                    place,
                ));
                true
            }
            "type" => match wanted {
                Value::Array(kinds) => kinds.iter().any(|kind| is_of(document, kind)),
                kind => is_of(document, kind),
            },
            "enum" => wanted.as_array().unwrap().contains(document),
            "not" => !self::faults(wanted, root, document, place).is_empty(),
            "anyOf" => {
                let mut ways = wanted.as_array().unwrap().iter();
                ways.any(|way| self::faults(way, root, document, place).is_empty())
            }
            "minimum" => document
                .as_f64()
                .is_none_or(|number| number >= wanted.as_f64().unwrap()),
            "maximum" => document
                .as_f64()
                .is_none_or(|number| number <= wanted.as_f64().unwrap()),
            "pattern" => document
                .as_str()
                .is_none_or(|text| matches(wanted.as_str().unwrap(), text)),
            "minItems" => document
                .as_array()
                .is_none_or(|list| list.len() as u64 >= wanted.as_u64().unwrap()),
            "maxItems" => document
                .as_array()
                .is_none_or(|list| list.len() as u64 <= wanted.as_u64().unwrap()),
            "minProperties" => document
                .as_object()
                .is_none_or(|map| map.len() as u64 >= wanted.as_u64().unwrap()),
            "maxProperties" => document
                .as_object()
                .is_none_or(|map| map.len() as u64 <= wanted.as_u64().unwrap()),
            "required" => document.as_object().is_none_or(|map| {
                wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|key| map.contains_key(key.as_str().unwrap()))
            }),
            "items" | "prefixItems" => {
                let first = schema
                    .get("prefixItems")
                    .and_then(Value::as_array)
                    .map_or(&[][..], Vec::as_slice);
                for (index, item) in document.as_array().into_iter().flatten().enumerate() {
                    let of = match word.as_str() {
                        "items" if index >= first.len() => wanted,
                        "prefixItems" if index < first.len() => &first[index],
                        _ => continue,
                    };
                    faults.extend(self::faults(of, root, item, &format!("{place}[{index}]")));
                }
                true
            }
            "properties" | "additionalProperties" | "propertyNames" => {
                let listed = schema.get("properties").unwrap_or(&Value::Null);
                for (key, value) in document.as_object().into_iter().flatten() {
                    let place = format!("{place}.{key}");
                    match (word.as_str(), listed.get(key), wanted) {
                        ("propertyNames", ..) => {
                            faults.extend(self::faults(
                                wanted,
                                root,
                                &Value::from(key.as_str()),
                                &place,
                            ));
                        }
                        ("properties", Some(of), _) => {
                            faults.extend(self::faults(of, root, value, &place))
                        }
                        ("additionalProperties", None, Value::Bool(false)) => faults.push(place),
                        ("additionalProperties", None, of) => {
                            faults.extend(self::faults(of, root, value, &place))
                        }
                        _ => {}
                    }
                }
                true
            }
            other => panic!("the schema has '{other}', which this validator does not know"),
        };
        if !is_met {
            faults.push(format!("{place}: {word} {wanted}"));
        }
    }
    faults
}

fn is_of(document: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => document.is_object(),
        "array" => document.is_array(),
        "string" => document.is_string(),
        "boolean" => document.is_boolean(),
        "null" => document.is_null(),
        "integer" => document
            .as_f64()
            .is_some_and(|number| number.fract() == 0.0),
        other => panic!("the schema has the type '{other}'"),
    }
}

/// A part of a pattern, and how often it may stand: ECMA-262's, as far as the schema uses it.
enum Part {
    Set {
        ranges: Vec<(char, char)>,
        others: bool,
    },
    Group(Vec<Vec<Repeated>>),
    Start,
    End,
}
type Repeated = (Part, usize, usize);

/// Whether the pattern is found in the text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let mut at = 0;
    let ways = ways(&pattern, &mut at);
    assert_eq!(
        at,
        pattern.len(),
        "a pattern that this validator does not know: {pattern:?}"
    );
    (0..=text.len()).any(|start| any(&ways, &text, start, &|_| true))
}

fn ways(pattern: &[char], at: &mut usize) -> Vec<Vec<Repeated>> {
    let mut ways = vec![Vec::new()];
    while let Some(letter) = pattern.get(*at).filter(|letter| **letter != ')') {
        *at += 1;
        let part = match letter {
            '|' => {
                ways.push(Vec::new());
                continue;
            }
            '^' => Part::Start,
            '$' => Part::End,
            '(' => {
                let group = self::ways(pattern, at);
                *at += 1;
                Part::Group(group)
            }
            '[' => set(pattern, at),
            '\\' => {
                *at += 1;
                Part::Set {
                    ranges: vec![(pattern[*at - 1], pattern[*at - 1])],
                    others: false,
                }
            }
            '.' | '{' | '?' | '*' | '+' => panic!("'{letter}' is not known here"),
            letter => Part::Set {
                ranges: vec![(*letter, *letter)],
                others: false,
            },
        };
        let (low, high) = times(pattern, at);
        ways.last_mut().unwrap().push((part, low, high));
    }
    ways
}

fn set(pattern: &[char], at: &mut usize) -> Part {
    let others = pattern[*at] == '^';
    *at += usize::from(others);
    let mut ranges = Vec::new();
    while pattern[*at] != ']' {
        assert!(pattern[*at] != '\\', "an escape in a set is not known here");
        let is_range = pattern[*at + 1] == '-' && pattern[*at + 2] != ']';
        ranges.push((pattern[*at], pattern[*at + if is_range { 2 } else { 0 }]));
        *at += if is_range { 3 } else { 1 };
    }
    *at += 1;
    Part::Set { ranges, others }
}

fn times(pattern: &[char], at: &mut usize) -> (usize, usize) {
    let known = match pattern.get(*at) {
        Some('?') => (0, 1),
        Some('*') => (0, usize::MAX),
        Some('+') => (1, usize::MAX),
        Some('{') => {
            let end = *at
                + pattern[*at..]
                    .iter()
                    .position(|letter| *letter == '}')
                    .unwrap();
            let text: String = pattern[*at + 1..end].iter().collect();
            let (low, high) = text.split_once(',').unwrap_or((&text, &text));
            *at = end;
            (low.parse().unwrap(), high.parse().unwrap())
        }
        _ => return (1, 1),
    };
    *at += 1;
    known
}

fn any(ways: &[Vec<Repeated>], text: &[char], at: usize, then: &dyn Fn(usize) -> bool) -> bool {
    ways.iter().any(|parts| all(parts, text, at, then))
}

fn all(parts: &[Repeated], text: &[char], at: usize, then: &dyn Fn(usize) -> bool) -> bool {
    let Some(((part, low, high), rest)) = parts.split_first() else {
        return then(at);
    };
    repeated(part, (*low, *high), text, at, &|next| {
        all(rest, text, next, then)
    })
}

fn repeated(
    part: &Part,
    (low, high): (usize, usize),
    text: &[char],
    at: usize,
    then: &dyn Fn(usize) -> bool,
) -> bool {
    let again = |next: usize| {
        (next > at || low > 0)
            && repeated(part, (low.saturating_sub(1), high - 1), text, next, then)
    };
    high > 0 && one(part, text, at, &again) || low == 0 && then(at)
}

fn one(part: &Part, text: &[char], at: usize, then: &dyn Fn(usize) -> bool) -> bool {
    match part {
        Part::Start => at == 0 && then(at),
        Part::End => at == text.len() && then(at),
        Part::Group(ways) => any(ways, text, at, then),
        Part::Set { ranges, others } => {
            let is_in = |letter: &char| {
                ranges
                    .iter()
                    .any(|(low, high)| (low..=high).contains(&letter))
            };
            text.get(at).is_some_and(|letter| is_in(letter) != *others) && then(at + 1)
        }
    }
}
