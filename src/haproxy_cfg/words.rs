//! The words of one line of haproxy.cfg (configuration.txt section 2.2). Pure.

/// The words of a line, without its comment. Quotes and backslashes are taken away.
pub fn words(line: &str) -> Vec<String> {
    let (mut words, mut word): (Vec<String>, Option<String>) = (Vec::new(), None);
    let mut letters = line.chars();
    let mut quote = None;
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('#', None) => break,
            (' ' | '\t' | '\r', None) => words.extend(word.take()),
            // Weak and strong quotes; an empty pair is a word too.
            ('"' | '\'', None) => (quote, word) = (Some(letter), Some(word.unwrap_or_default())),
            (letter, Some(end)) if letter == end => quote = None,
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(letters.next()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_line_is_cut_at_blanks_outside_of_quotes_and_before_a_comment() {
        for (line, expected) in [
            ("", &[][..]),
            ("  # all of it", &[]),
            ("\tdefault_backend  web \r", &["default_backend", "web"]),
            ("frontend web#why", &["frontend", "web"]),
            (
                r#"use_backend "web"'1' if { path "/a b" }"#,
                &["use_backend", "web1", "if", "{", "path", "/a b", "}"],
            ),
            (
                r##"a "#" '#' \# \\ b\ c"##,
                &["a", "#", "#", "#", r"\", "b c"],
            ),
            (r#"a "it's \"so\"" '\'"#, &["a", r#"it's "so""#, r"\"]),
            ("a ''", &["a", ""]),
            ("open 'for ever", &["open", "for ever"]),
            ("end\\", &["end"]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }
}
