//! Words as they are shown: lists with something between, counts, and the name that was probably meant.

use std::fmt::{Display, Write};

/// So many are named in a line of the log.
pub const FEW: usize = 5;

/// A list as text.
pub trait Joined: Iterator<Item: Display> + Sized {
    /// Its elements with this between them.
    fn joined(mut self, between: &str) -> String {
        let mut text = self
            .next()
            .map(|first| first.to_string())
            .unwrap_or_default();
        for one in self {
            // Nothing that is written to a string fails.
            let _ = write!(text, "{between}{one}");
        }
        text
    }

    /// The first of them, and how many more they are: for a line of the log.
    fn few(mut self) -> String {
        let first = self.by_ref().take(FEW).joined(", ");
        match self.count() {
            0 => first,
            more => format!("{first} and {more} more"),
        }
    }
}

impl<I: Iterator<Item: Display>> Joined for I {}

/// `1 session`, `2 sessions`.
pub fn counted(count: impl TryInto<u64>, what: &str) -> String {
    match count.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// `before` and the value, where there is one: `with(" by ", Some("alice"))`.
pub fn with(before: &str, value: Option<impl Display>) -> String {
    value
        .map(|value| format!("{before}{value}"))
        .unwrap_or_default()
}

/// The name among `known` that was probably meant, by the measure that clap uses for its own; of short ones also what two
/// letters that changed places, or one that is another, make of it. Of those that are alike the first.
pub fn nearest<'known>(
    meant: &str,
    known: impl Iterator<Item = &'known str>,
) -> Option<&'known str> {
    let is_slip = |known: &str| known.len() > 2 && strsim::osa_distance(meant, known) == 1;
    let likeness = |known: &'known str| match strsim::jaro(meant, known) {
        likeness if likeness <= 0.75 && is_slip(known) => (0.76, known),
        likeness => (likeness, known),
    };
    let likely = known.map(likeness).filter(|(likeness, _)| *likeness > 0.75);
    let best = likely.reduce(|best, one| if one.0 > best.0 { one } else { best });
    best.map(|(_, known)| known)
}

/// `; did you mean 'http_back'?`, or nothing.
pub fn did_you_mean<'known>(meant: &str, known: impl Iterator<Item = &'known str>) -> String {
    nearest(meant, known)
        .map(|name| format!("; did you mean '{name}'?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_the_first_are_named() {
        assert_eq!((1..6).few(), "1, 2, 3, 4, 5");
        assert_eq!((1..=1000).few(), "1, 2, 3, 4, 5 and 995 more");
    }

    #[test]
    fn the_nearest_name_is_suggested_and_no_other() {
        let known = || ["http_back", "http_front", "api"].into_iter();
        assert_eq!(nearest("htp_back", known()), Some("http_back"));
        assert_eq!(nearest("http_bakc", known()), Some("http_back"));
        assert_eq!(nearest("apo", known()), Some("api"));
        assert_eq!(nearest("aip", known()), Some("api"));
        let alike = ["backend01", "backend02"].into_iter();
        assert_eq!(nearest("backend09", alike), Some("backend01"));
        assert_eq!(nearest("zzz", known()), None);
        assert_eq!(nearest("", known()), None);
    }

    #[test]
    fn a_list_has_something_between_its_elements_and_nothing_around_them() {
        assert_eq!([1, 2, 3].iter().joined(", "), "1, 2, 3");
        assert_eq!(std::iter::empty::<u8>().joined(", "), "");
        assert_eq!(
            (counted(1_usize, "file"), counted(0_u64, "file")),
            ("1 file".to_owned(), "0 files".to_owned())
        );
    }
}
