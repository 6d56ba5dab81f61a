//! Text of other programs and users, made fit for a log line and for a terminal that may be root's.
//! In comes the text.
//! Out goes each of its characters, or what is shown in its place.

/// The text in one line: of each character what [`fit`] shows.
pub fn plain(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().map(fit)
}

/// A space for a line feed or a tab, U+FFFD for any other control character, for what is invisible and for what changes the direction of
/// the text (Unicode, UAX #9): a name with one of these remains another name.
pub fn fit(letter: char) -> char {
    match letter {
        '\n' | '\r' | '\t' => ' ',
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fffe}'
        | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        letter if letter.is_control() => char::REPLACEMENT_CHARACTER,
        letter => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_a_terminal_obeys_or_does_not_show_is_replaced() {
        for (text, expected) in [
            ("web 1", "web 1"),
            ("Zürich ‰", "Zürich ‰"),
            ("a\nb\tc\r", "a b c "),
            ("\u{1b}[31mred", "\u{fffd}[31mred"),
            ("\u{9b}31m\u{7f}\0", "\u{fffd}31m\u{fffd}\u{fffd}"),
            ("a\u{202e}b\u{2066}c\u{200f}", "a\u{fffd}b\u{fffd}c\u{fffd}"),
            ("\u{feff}a\u{200b}\u{2028}", "\u{fffd}a\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(plain(text).collect::<String>(), expected, "{text:?}");
        }
    }
}
