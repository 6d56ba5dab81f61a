//! Where in a JSON text a key lies, so that an error of any kind can name its line and column.

use std::collections::HashMap;
use std::fmt;

use serde_json::value::RawValue;

/// One step on the way from the top of the file to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into an object.
    Key(String),
    /// Into a list, from 0.
    Index(usize),
}

/// The way to a value, shown as `services.web.prefixes[0]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place(pub Vec<Step>);

impl Place {
    /// The place of a key below this one.
    pub fn key(&self, name: &str) -> Self {
        self.with(Step::Key(name.to_owned()))
    }

    /// The place of a list's element below this one.
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(name) => {
                    write!(
                        f,
                        "{}{}",
                        if position == 0 { "" } else { "." },
                        name.escape_debug()
                    )?;
                }
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Line and column, both from 1, of the value at `place`, or of the nearest value around it that exists.
pub fn locate(text: &str, place: &Place) -> (usize, usize) {
    let mut here = text.trim_start();
    for step in &place.0 {
        match inside(here, step) {
            Some(value) => here = value,
            None => break,
        }
    }
    // A borrowed raw value is a part of the text, so its distance from the end of the text tells where it begins.
    let tail = here.as_ptr() as usize - text.as_ptr() as usize;
    end_of(text.get(..tail).unwrap_or(text))
}

/// Line and column, both from 1, of what follows a text.
pub fn end_of(before: &str) -> (usize, usize) {
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// serde_json's line and column as an editor counts them. serde_json counts octets, and calls the end of a line column 0
/// of the next.
pub fn in_characters(text: &str, line: usize, column: usize) -> (usize, usize) {
    let row = text.split('\n').nth(line.saturating_sub(1)).unwrap_or("");
    let before = row
        .char_indices()
        .take_while(|(at, _)| at + 1 < column)
        .count();
    (line.max(1), before + 1)
}

/// The byte at serde_json's line and column.
pub fn byte_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let byte = before + column.saturating_sub(1);
    (0..=byte.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

fn inside<'text>(value: &'text str, step: &Step) -> Option<&'text str> {
    match step {
        Step::Key(name) => {
            let object: HashMap<String, &'text RawValue> = serde_json::from_str(value).ok()?;
            object.get(name).map(|raw| raw.get())
        }
        Step::Index(index) => {
            let list: Vec<&'text RawValue> = serde_json::from_str(value).ok()?;
            list.get(*index).map(|raw| raw.get())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_line_and_column() {
        let text = "\n{\n  \"a\": {\"é\": [1,\n    {\"b\": 2}]}\n}";
        let at = |place: Place| locate(text, &place);
        let top = Place::default();
        assert_eq!(at(top.clone()), (2, 1));
        assert_eq!(at(top.key("a")), (3, 8));
        assert_eq!(at(top.key("a").key("é").index(0)), (3, 15));
        assert_eq!(at(top.key("a").key("é").index(1).key("b")), (4, 11));
        assert_eq!(at(top.key("a").key("gone").index(1)), (3, 8));
    }

    #[test]
    fn a_column_is_counted_in_characters_from_1() {
        assert_eq!(in_characters("", 1, 0), (1, 1));
        assert_eq!(in_characters("{\n", 2, 0), (2, 1));
        assert_eq!(in_characters("éé!", 1, 5), (1, 3));
    }

    #[test]
    fn a_place_reads_as_a_person_would_write_it() {
        assert_eq!(
            Place::default()
                .key("services")
                .key("web")
                .key("prefixes")
                .index(0)
                .to_string(),
            "services.web.prefixes[0]"
        );
    }
}
