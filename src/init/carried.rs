//! What a route carries beside its next hop and its path, as keys of config.json. Pure.

use std::fmt::Display;

use super::template::{Value, Values};
use crate::route::{Attributes, PathId};
use crate::value::Joined;

/// What a route carries; its path is not among it, since primary and secondary say that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    /// Its attributes, without an as-path.
    pub attributes: Attributes,
    /// Its path identifier.
    pub path_information: Option<PathId>,
}

impl Carried {
    /// Of a service that has these attributes, of which the path is left out.
    pub fn new(attributes: Attributes, path_information: Option<PathId>) -> Self {
        let attributes = Attributes {
            as_path: None,
            ..attributes
        };
        Self {
            attributes,
            path_information,
        }
    }

    /// The lines of config.json.
    pub fn lines(&self) -> Value {
        let lines = self.keys().into_iter().map(|(key, value)| {
            let text = |text: &str| Value::Text(text.to_owned());
            Values::from([("key", text(key)), ("value", text(&value))])
        });
        Value::Each(lines.collect())
    }

    /// The keys, each with its value in JSON.
    fn keys(&self) -> Vec<(&'static str, String)> {
        let of = &self.attributes;
        let number = |number: Option<&dyn Display>| number.map(ToString::to_string);
        let word = |word: &dyn Display| format!("\"{word}\"");
        let keys = [
            (
                "path_information",
                number(self.path_information.as_ref().map(|id| id as _)),
            ),
            ("med", number(of.med.as_ref().map(|med| med as _))),
            (
                "local_preference",
                number(of.local_preference.as_ref().map(|one| one as _)),
            ),
            ("origin", of.origin.as_ref().map(|origin| word(origin))),
            ("community", list(&of.community)),
            ("large_community", list(&of.large_community)),
            ("extended_community", list(&of.extended_community)),
        ];
        let there = keys.into_iter();
        there
            .filter_map(|(key, value)| Some((key, value?)))
            .collect()
    }

    /// In words: `med 100, community 65010:100`.
    pub fn words(&self) -> String {
        let plain = |value: String| value.replace(['[', ']', '"', ','], "");
        let keys = self.keys().into_iter();
        let all = keys.map(|(key, value)| format!("{} {}", key.replace('_', "-"), plain(value)));
        match all.joined(", ") {
            none if none.is_empty() => "no attribute".to_owned(),
            words => words,
        }
    }
}

fn list<T: Display>(values: &[T]) -> Option<String> {
    let all = values.iter().map(|value| format!("\"{value}\""));
    (!values.is_empty()).then(|| format!("[{}]", all.joined(", ")))
}
