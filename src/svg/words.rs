//! Words in a picture: their width, cut to the room, and escaped.

use crate::foreign;

/// The widest letter, at the font's size of 12.
pub const LETTER: f64 = 7.3;

/// The width of words, at most.
pub fn wide(words: &str) -> f64 {
    words.chars().map(letter).sum()
}

/// Beyond Latin, Greek and Cyrillic, letters may be twice as wide.
fn letter(letter: char) -> f64 {
    if u32::from(letter) < 0x0600 {
        LETTER
    } else {
        2.0 * LETTER
    }
}

/// Words that are no wider than this.
pub fn cut(words: &str, width: f64) -> String {
    if wide(words) <= width {
        return words.to_owned();
    }
    let mut left = width - LETTER;
    let fits = |one: &char| {
        left -= letter(*one);
        left >= 0.0
    };
    words.chars().take_while(fits).chain(['…']).collect()
}

/// Words escaped for XML, without characters that XML forbids or that change the direction of text.
pub fn escaped(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for letter in foreign::plain(words) {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            _ => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_too_wide_are_cut_by_letters() {
        assert_eq!(cut("north", 100.0), "north");
        assert_eq!(cut("north-europe", 44.0), "north…");
        assert_eq!(cut("日本日本日本", 44.0), "日本…");
        assert!(cut("x", 0.0).chars().count() == 1);
    }
}
