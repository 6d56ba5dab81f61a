//! Words and lines of a status as a person reads it: spans of time, and text that fits a terminal.

use super::shape::Drain;
use crate::foreign;
use crate::value::with;

/// `3d 4h`, `12s`, `0.4s`; less than 0 is `0.0s`.
pub fn span(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative, and rounded"
    )]
    let whole = seconds.max(0.0) as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) if whole < 10 => format!("{:.1}s", seconds.max(0.0)),
        (0, 0, 0) => format!("{whole}s"),
        (0, 0, minutes) => format!("{minutes}m {}s", whole % 60),
        (0, hours, minutes) => format!("{hours}h {minutes}m"),
        (days, hours, _) => format!("{days}d {hours}h"),
    }
}

/// Text of other programs, for a terminal that may be root's: without control characters other than line feeds.
pub fn plain(text: &str) -> String {
    let fit = |letter| {
        if letter == '\n' {
            letter
        } else {
            foreign::fit(letter)
        }
    };
    text.chars().map(fit).collect()
}

/// `1 try`, `5 tries`.
pub fn tries(count: u32) -> String {
    if count == 1 {
        "1 try".to_owned()
    } else {
        format!("{count} tries")
    }
}

/// `drained by alice: kernel update (withdrawn)`.
pub fn sentence(drain: &Drain) -> String {
    let by = with(" by ", drain.by.as_ref());
    let reason = with(": ", drain.reason.as_ref());
    format!("drained{by}{reason} ({})", drain.stage.name())
}

/// Text in lines of at most so many columns, those after the first further in. Control characters become blanks: the
/// text may be HAProxy's or ExaBGP's, and a terminal would obey them.
pub fn fold(first: &str, text: &str, width: usize) -> String {
    let text: String = foreign::plain(text).collect();
    let indent = first.chars().count();
    let room = width.saturating_sub(indent).max(20);
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word = word;
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push(std::mem::take(&mut line));
        }
        // A word that is longer than a line is cut.
        while let Some((cut, _)) = word.char_indices().nth(room).filter(|_| line.is_empty()) {
            let (head, tail) = word.split_at_checked(cut).unwrap_or((word, ""));
            lines.push(head.to_owned());
            word = tail;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        let begin = if index == 0 {
            first.to_owned()
        } else {
            " ".repeat(indent)
        };
        out.push_str(format!("{begin}{line}").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_two_parts_at_most() {
        for (seconds, text) in [
            (-3.0, "0.0s"),
            (0.44, "0.4s"),
            (9.94, "9.9s"),
            (12.9, "12s"),
            (61.0, "1m 1s"),
            (3_600.0, "1h 0m"),
            (273_900.0, "3d 4h"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn lines_keep_their_width_and_nothing_is_lost() {
        let text =
            "http_back: 0 of 2 servers up, 1 wanted: backend01 DOWN L4CON, backend02 DOWN L4CON";
        let folded = fold("  why    ", text, 40);
        assert!(
            folded.lines().all(|line| line.chars().count() <= 40),
            "{folded}"
        );
        assert!(
            folded.starts_with("  why    http_back: 0 of 2 servers up, 1\n         wanted:"),
            "{folded}"
        );
        let words: Vec<&str> = folded.split_whitespace().skip(1).collect();
        assert_eq!(words.join(" "), text);
    }

    #[test]
    fn a_long_word_is_cut_and_control_characters_do_nothing() {
        let folded = fold("- ", &"é".repeat(95), 42);
        assert_eq!(
            folded
                .lines()
                .map(|line| line.chars().count())
                .collect::<Vec<_>>(),
            [42, 42, 17]
        );
        assert_eq!(fold("", "a\u{1b}[31mb\nc", 80), "a\u{fffd}[31mb c\n");
        assert_eq!(fold("name", "", 80), "name\n");
    }
}
