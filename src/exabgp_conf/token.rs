//! The words of an exabgp.conf, each with its line and column, as ExaBGP 4.2 and 5.0 cut them. Pure.
//!
//! Spaces and tabs separate, and no other blank; `; { }` and `, [ ]` are words of their own; quotes of both kinds keep a
//! word whole; `#` outside quotes begins a comment; a backslash at the end of a line joins it to the next, also in a
//! comment. A quote of the other kind inside a quoted word replaces the first: then only the other kind ends the word.

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
    /// It was in quotes, so that it is no mark.
    pub quoted: bool,
    /// Its quote is not closed in its line.
    pub open: bool,
    /// The line in which ExaBGP reads it: the first of those that backslashes join.
    pub row: usize,
}

impl Token {
    /// Whether it is this mark, outside quotes.
    pub fn is(&self, mark: &str) -> bool {
        !self.quoted && self.text == mark
    }

    /// A blank that ExaBGP takes for a letter, such as U+00A0.
    pub fn false_blank(&self) -> Option<char> {
        self.text
            .chars()
            .find(|letter| letter.is_whitespace())
            .filter(|_| !self.quoted)
    }
}

/// What is wrong with a backslash at the end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// The next line is empty or missing: ExaBGP refuses the file.
    Dangling,
    /// ExaBGP takes the backslash and this first letter of the next line for an escape: the letter is lost.
    Eats(char),
}

/// The first backslash at the end of a line that does not join it to the next one.
pub fn false_joint(text: &str) -> Option<(At, Joint)> {
    let mut lines = text.lines().map(str::trim_end).enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let next = lines.peek().and_then(|(_, next)| next.chars().next());
        let joint = match next {
            None => Joint::Dangling,
            Some(letter) if "bfnrtu".contains(letter) => Joint::Eats(letter),
            Some(_) => continue,
        };
        if line.ends_with('\\') {
            return Some((
                At {
                    line: index + 1,
                    column: line.chars().count(),
                },
                joint,
            ));
        }
    }
    None
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
    is_comment: bool,
}

impl Cutter {
    fn line(&mut self, number: usize, line: &str) {
        let line = line.trim_end();
        let continued = line.strip_suffix('\\');
        if !self.is_continued {
            self.row = number;
            self.is_comment = false;
        }
        self.is_continued = continued.is_some();
        for (index, letter) in continued.unwrap_or(line).chars().enumerate() {
            let at = At {
                line: number,
                column: index + 1,
            };
            match (letter, self.quote) {
                _ if self.is_comment => break,
                (letter, Some(quote)) if letter == quote => {
                    self.quote = None;
                    // An empty pair of quotes is a word, too.
                    self.end();
                }
                ('"' | '\'', _) => {
                    self.quote = Some(letter);
                    self.begin(at, true);
                }
                (letter, Some(_)) => self.push(letter, at, true),
                ('#', None) => self.is_comment = true,
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
            let is_open = self.quote.take().is_some();
            self.word.iter_mut().for_each(|word| word.open = is_open);
        }
        if self.quote.is_none() {
            self.end();
        }
    }

    fn begin(&mut self, at: At, quoted: bool) {
        let row = self.row;
        let word = self.word.get_or_insert(Token {
            text: String::new(),
            at,
            quoted,
            open: false,
            row,
        });
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
        assert_eq!(
            words("\"a,b\" \"[x]\" \"x;y\" \"#x\""),
            ["a,b", "[x]", "x;y", "#x"]
        );
        assert_eq!(words("--cmd=\"foo bar\" \"\""), ["--cmd=foo bar", ""]);
        assert_eq!(words("a # b; {\nc"), ["a", "c"]);
        assert_eq!(words("a \\\nb;\r\n"), ["a", "b", ";"]);
        assert_eq!(
            words("open \"quote\n next;"),
            ["open", "quote", "next", ";"]
        );
        assert_eq!(words("# a \\\nb;\nc;"), ["c", ";"]);
        assert_eq!(words("a # \\\nb;\nc;"), ["a", "c", ";"]);
    }

    #[test]
    fn a_quote_that_is_not_closed_is_known() {
        let open = |text: &str| -> Vec<String> {
            tokens(text)
                .into_iter()
                .filter(|token| token.open)
                .map(|token| token.text)
                .collect()
        };
        assert_eq!(open("a \"b c\nd 'e;\n"), ["b c", "e;"]);
        // The inner quote replaces the outer one, and is not closed.
        assert_eq!(open("a \"it's\";"), ["its;"]);
        assert_eq!(
            open("a \"b \\\nc\" 'd' \"e\"'f' g\"h i\"j;"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_backslash_with_nothing_after_it_is_found() {
        let place = |text: &str| false_joint(text).map(|(at, joint)| (at.line, at.column, joint));
        for text in ["a;\nb \\", "a;\nb \\\n", "a;\nb \\ \n\nc", "a;\n# \\\n"] {
            let column = text.lines().nth(1).unwrap().trim_end().len();
            assert_eq!(place(text), Some((2, column, Joint::Dangling)), "{text}");
        }
        assert_eq!(place("a \\\nrun b;"), Some((1, 3, Joint::Eats('r'))));
        assert_eq!(place("a \\\n b;\nc\\d\n\ne"), None);
    }

    #[test]
    fn a_word_knows_its_line_and_column_in_characters() {
        let found = tokens("é {\n\tlocal-as \"65010\";\n}");
        let places: Vec<(&str, usize, usize)> = found
            .iter()
            .map(|token| (token.text.as_str(), token.at.line, token.at.column))
            .collect();
        assert_eq!(
            places,
            [
                ("é", 1, 1),
                ("{", 1, 3),
                ("local-as", 2, 2),
                ("65010", 2, 11),
                (";", 2, 18),
                ("}", 3, 1)
            ]
        );
        assert!(!found[3].is("65010") && found[1].is("{"));
    }
}
