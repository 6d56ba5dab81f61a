//! From a file or a text to a configuration, and the words for what is wrong with it, each with its line and column.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use super::checked::Config;
use super::fault::Fault;
use super::file::File;
use super::locate::{self, Place, Step};
use super::raise::raise;
use super::wording;
use crate::files::{self, Links};
use crate::foreign;
use crate::value::object::object;

/// Where the configuration lies unless `--config` says otherwise.
pub const DEFAULT_PATH: &str = "/etc/haproxy-rhi/config.json";

/// The longest configuration that is read.
const LONGEST_FILE: u64 = 16 << 20;

/// Why a file is no configuration: one line, `path:line:column: what and the cure`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError(String);

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FileError {}

/// Reads and checks a file.
///
/// # Errors
/// The file cannot be read, is not JSON, or says what cannot be announced.
pub fn load(path: &Path) -> Result<Config, FileError> {
    load_with_text(path).map(|(config, _)| config)
}

/// As [`load`], with the text of the file.
///
/// # Errors
/// As [`load`].
pub fn load_with_text(path: &Path) -> Result<(Config, String), FileError> {
    let shown = path.display();
    let bytes = files::read(path, Links::Followed, LONGEST_FILE).map_err(|error| {
        let cure = cure(path, error.kind());
        let reason = files::reason(&error);
        FileError(format!("failed to read '{shown}': {reason}{cure}"))
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error
            .as_bytes()
            .get(..error.utf8_error().valid_up_to())
            .unwrap_or_default();
        let (line, column) = locate::end_of(&String::from_utf8_lossy(valid));
        FileError(format!(
            "{shown}:{line}:{column}: not UTF-8; save the file as UTF-8"
        ))
    })?;
    if text.starts_with('\u{feff}') {
        let what = "a byte order mark, which no editor shows, stands before the text; save the file as UTF-8 without one";
        return Err(FileError(format!("{shown}:1:1: {what}")));
    }
    let config = parse(&text)
        .map_err(|(line, column, what)| FileError(format!("{shown}:{line}:{column}: {what}")))?;
    Ok((config, text))
}

/// The cure where a file cannot be read.
fn cure(path: &Path, kind: ErrorKind) -> &'static str {
    match kind {
        // Nobody named it.
        ErrorKind::NotFound if path == Path::new(DEFAULT_PATH) => {
            "; name yours with --config FILE, or haproxy-rhi init writes a first one"
        }
        ErrorKind::NotFound => "; haproxy-rhi init writes a first one",
        ErrorKind::IsADirectory => "; name the file in it",
        _ => "",
    }
}

/// Reads and checks a text; an error has its line, column and words.
///
/// # Errors
/// The text is not JSON, or says what cannot be announced.
pub fn parse(text: &str) -> Result<Config, (usize, usize, String)> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let file: File = object(tracked)
        .map_err(|error: serde_json::Error| described(text, &place_of(&track.path()), &error))?;
    json.end()
        .map_err(|error| described(text, &Place::default(), &error))?;
    raise(file).map_err(|Fault { place, what }| {
        let (line, column) = locate::locate(text, &place);
        (line, column, format!("{place}: {what}"))
    })
}

fn described(text: &str, place: &Place, error: &serde_json::Error) -> (usize, usize, String) {
    use serde_json::error::Category;
    let full = error.to_string();
    let what = full
        .split(" at line ")
        .next()
        .unwrap_or(&full)
        .replace('`', "'");
    // A string of the file may stand in the words, with a line feed in it.
    let what: String = foreign::plain(&what).collect();
    let stopped_at = locate::in_characters(text, error.line(), error.column());
    let syntax = serde_json::from_str::<serde::de::IgnoredAny>(text).err();
    // Where the text is no JSON, only that is reported: nothing in it has a place.
    if let Some(syntax) = syntax
        .as_ref()
        .filter(|_| error.classify() == Category::Data)
    {
        return described(text, &Place::default(), syntax);
    }
    let is_json = || syntax.is_none();
    let (what, (line, column)) = match error.classify() {
        // A duplicate is reported at its second place.
        Category::Data if what.starts_with("duplicate") || what.contains(" is there twice") => {
            (wording::of_data(&what), stopped_at)
        }
        Category::Data => (wording::of_data(&what), locate::locate(text, place)),
        // serde_json calls it a fault of the syntax when an object has not the one key that an enum asks for.
        _ if what == "expected value" && is_json() => (
            "a condition is an object with one key, such as {\"backend\": {\"name\": \"http_back\"}}; join several with all or any".to_owned(),
            stopped_at,
        ),
        _ => {
            let stop = locate::byte_of(text, error.line(), error.column());
            let (before, after) = text.split_at_checked(stop).unwrap_or((text, ""));
            return (stopped_at.0, stopped_at.1, wording::of_syntax(&what, before, after));
        }
    };
    let what = if place.0.is_empty() {
        what
    } else {
        format!("{place}: {what}")
    };
    (line, column, what)
}

fn place_of(path: &serde_path_to_error::Path) -> Place {
    use serde_path_to_error::Segment;
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Map { key } => Some(Step::Key(key.clone())),
        Segment::Enum { variant } => Some(Step::Key(variant.clone())),
        Segment::Unknown => None,
    };
    Place(path.iter().filter_map(step).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_named_a_file_the_cure_is_to_name_one() {
        let of = |path: &str, kind| cure(Path::new(path), kind);
        let default = of(DEFAULT_PATH, ErrorKind::NotFound);
        assert!(default.contains("--config FILE") && default.contains("haproxy-rhi init"));
        let named = of("config.json", ErrorKind::NotFound);
        assert!(!named.contains("--config") && named.contains("haproxy-rhi init"));
        assert_eq!(of(DEFAULT_PATH, ErrorKind::PermissionDenied), "");
    }
}
