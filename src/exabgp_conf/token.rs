//! The words of an exabgp.conf, each with its line and column, as ExaBGP 4.2 and 5.0 cut them. Pure.
//!
//! Spaces and tabs separate, and no other blank; `; { }` and `, [ ]` are words of their own; quotes of both kinds keep a
//! word whole; `#` outside quotes begins a comment; a backslash at the end of a line goes on with the next.

/// A place, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct At {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its text, without quotes.
    pub text: String,
    /// Where it begins.
    pub at: At,
    /// It stood in quotes, so that it is no punctuation.
    pub quoted: bool,
    /// The line in which ExaBGP reads it: the first of those that backslashes join.
    pub row: usize,
}

impl Token {
    /// It is this punctuation.
    pub fn is(&self, mark: &str) -> bool {
        !self.quoted && self.text == mark
    }

    /// A character that looks like a blank and is a letter for ExaBGP, such as U+00A0.
    pub fn false_blank(&self) -> Option<char> {
        self.text.chars().find(|letter| letter.is_whitespace()).filter(|_| !self.quoted)
    }
}

/// Cuts a text into words.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut cutter = Cutter::default();
    for (index, line) in text.split('\n').enumerate() {
        cutter.line(index + 1, line);
    }
    cutter.end();
    cutter.found
}

#[derive(Default)]
struct Cutter {
    found: Vec<Token>,
    word: Option<Token>,
    quote: Option<char>,
    row: usize,
    is_continued: bool,
}

impl Cutter {
    fn line(&mut self, number: usize, line: &str) {
        let line = line.trim_end();
        let continued = line.strip_suffix('\\');
        if !self.is_continued {
            self.row = number;
        }
        self.is_continued = continued.is_some();
        for (index, letter) in continued.unwrap_or(line).chars().enumerate() {
            let at = At { line: number, column: index + 1 };
            match (letter, self.quote) {
                (letter, Some(quote)) if letter == quote => {
                    self.quote = None;
                    // Also an empty one is a word.
                    self.end();
                }
                (letter, Some(_)) => self.push(letter, at, true),
                ('#', None) => break,
                ('"' | '\'', None) => {
                    self.quote = Some(letter);
                    self.begin(at, true);
                }
                (';' | '{' | '}' | ',' | '[' | ']', None) => {
                    self.end();
                    self.push(letter, at, false);
                    self.end();
                }
                (' ' | '\t' | '\r', None) => self.end(),
                (letter, None) => self.push(letter, at, false),
            }
        }
        // A quoted word may go on in the next line only after a backslash.
        if continued.is_none() {
            self.quote = None;
        }
        if self.quote.is_none() {
            self.end();
        }
    }

    fn begin(&mut self, at: At, quoted: bool) {
        let row = self.row;
        let word = self.word.get_or_insert(Token { text: String::new(), at, quoted, row });
        word.quoted |= quoted;
    }

    fn push(&mut self, letter: char, at: At, quoted: bool) {
        self.begin(at, quoted);
        if let Some(word) = &mut self.word {
            word.text.push(letter);
        }
    }

    fn end(&mut self) {
        self.found.extend(self.word.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_are_cut_as_exabgp_cuts_them() {
        assert_eq!(words("a b  c;"), ["a", "b", "c", ";"]);
        assert_eq!(words("\"a b\" 'c d'"), ["a b", "c d"]);
        assert_eq!(words("a,b [x]"), ["a", ",", "b", "[", "x", "]"]);
        assert_eq!(words("\"a,b\" \"[x]\" \"x;y\" \"#x\""), ["a,b", "[x]", "x;y", "#x"]);
        assert_eq!(words("--cmd=\"foo bar\" \"\""), ["--cmd=foo bar", ""]);
        assert_eq!(words("a # b; {\nc"), ["a", "c"]);
        assert_eq!(words("a \\\nb;\r\n"), ["a", "b", ";"]);
        assert_eq!(words("open \"quote\n next;"), ["open", "quote", "next", ";"]);
    }

    #[test]
    fn a_word_knows_its_line_and_column_in_characters() {
        let found = tokens("é {\n\tlocal-as \"65010\";\n}");
        let places: Vec<(&str, usize, usize)> =
            found.iter().map(|token| (token.text.as_str(), token.at.line, token.at.column)).collect();
        assert_eq!(
            places,
            [("é", 1, 1), ("{", 1, 3), ("local-as", 2, 2), ("65010", 2, 11), (";", 2, 18), ("}", 3, 1)]
        );
        assert!(!found[3].is("65010") && found[1].is("{"));
    }
}
