//! The sections and statements of an exabgp.conf, of any name. Pure.

use std::net::IpAddr;

use super::token::{At, Joint, Token, false_joint, tokens};
use super::vocabulary;
use crate::value::Joined;

/// How deep sections may be nested: ExaBGP's own are not deeper than five.
const DEEPEST: usize = 16;

const OPEN: &str = "a quote that is not closed in its line; close it with the same one, and have no other kind inside";

/// A statement, or a section with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its words before the `;` or `{`; never empty.
    pub words: Vec<Token>,
    /// The items between the braces; `None`: it is a statement.
    pub inside: Option<Vec<Item>>,
}

impl Item {
    /// Its first word.
    pub fn keyword(&self) -> &str {
        self.words.first().map_or("", |word| word.text.as_str())
    }

    /// Where it begins.
    pub fn at(&self) -> At {
        self.words.first().map(|word| word.at).unwrap_or_default()
    }

    /// Its second word.
    pub fn name(&self) -> Option<&Token> {
        self.words.get(1)
    }
}

/// Which versions of ExaBGP refuse a file for a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// 4.2 and 5.0.
    ByBoth,
    /// 4.2 alone.
    By4_2,
    /// None: they take the file silently, and read something else than is meant.
    ByNone,
}

/// A fault of the file's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its place.
    pub at: At,
    /// What is wrong; some texts end with `; ` and the cure.
    pub what: String,
    /// Who refuses the file.
    pub refused: Refused,
    /// Statements after it are lost, or are read as parts of others: further faults may follow from it.
    pub breaks: bool,
}

impl Fault {
    /// One that ExaBGP refuses.
    pub(super) fn refused(at: At, what: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            refused: Refused::ByBoth,
            breaks: false,
        }
    }

    /// One that ExaBGP 4.2 refuses.
    pub(super) fn newer(at: At, what: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            refused: Refused::By4_2,
            breaks: false,
        }
    }

    /// One that ExaBGP takes silently.
    pub(super) fn taken(at: At, what: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            refused: Refused::ByNone,
            breaks: false,
        }
    }

    /// The same fault, with [`Fault::breaks`].
    pub(super) fn breaking(self) -> Self {
        Self {
            breaks: true,
            ..self
        }
    }
}

/// Reads a text. As in ExaBGP 4.2 and 5.0, a section that is not closed ends with the file, and a `}` too many ends the file.
/// A line without its `;` or `{` is read as if it had one, so that it is one fault. All three are faults.
pub fn items(text: &str) -> (Vec<Item>, Vec<Fault>) {
    let mut faults = Vec::new();
    let text = without_mark(text, &mut faults);
    let tokens = tokens(text);
    faults.extend(of_the_whole(text, &tokens));
    let mut reader = Reader {
        stack: vec![(Vec::new(), Vec::new())],
        words: Vec::new(),
        faults,
    };
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        let goes_on = reader.token(token);
        if !goes_on {
            if tokens.next().is_some() {
                reader.rest_is_lost();
            }
            break;
        }
    }
    reader.end()
}

/// The sections that are open, the innermost last, each with its head; the first one is the file.
type Stack = Vec<(Vec<Token>, Vec<Item>)>;

struct Reader {
    stack: Stack,
    words: Vec<Token>,
    faults: Vec<Fault>,
}

impl Reader {
    /// Takes a word; false: nothing after it is read.
    fn token(&mut self, token: Token) -> bool {
        let is_end = token.is(";") || token.is("{");
        if is_end {
            self.earlier_lines(&token);
        }
        self.faults.extend(of_form(&token, &self.words));
        if token.open {
            self.words.clear();
        } else if token.is(";") {
            let words = std::mem::take(&mut self.words);
            self.statement(words);
        } else if token.is("{") {
            let head = std::mem::take(&mut self.words);
            return self.open(token.at, head);
        } else if token.is("}") {
            return self.close(&token);
        } else {
            self.words.push(token);
        }
        true
    }

    fn statement(&mut self, words: Vec<Token>) {
        if let (false, Some((_, items))) = (words.is_empty(), self.stack.last_mut()) {
            items.push(Item {
                words,
                inside: None,
            });
        }
    }

    fn open(&mut self, at: At, head: Vec<Token>) -> bool {
        if self.stack.len() > DEEPEST {
            let what = "sections nested deeper than any of ExaBGP's";
            self.faults.push(Fault::refused(at, what).breaking());
            return false;
        }
        self.stack.push((head, Vec::new()));
        true
    }

    fn close(&mut self, brace: &Token) -> bool {
        self.unended(Some(brace));
        if self.stack.len() < 2 {
            self.faults.push(Fault::taken(brace.at, TOO_MANY));
            return false;
        }
        close(&mut self.stack);
        true
    }

    /// More follows after the `}` that ended the file: its fault is a breaking one.
    fn rest_is_lost(&mut self) {
        let last = self.faults.last_mut();
        if let Some(fault) = last.filter(|fault| fault.what == TOO_MANY) {
            fault.what += ": ExaBGP reads no further, and what follows is lost";
            fault.breaks = true;
        }
    }

    /// Finds lines above that no mark ends, and after which a line begins with a word that ExaBGP knows.
    fn earlier_lines(&mut self, mark: &Token) {
        let mut lines = lines(std::mem::take(&mut self.words));
        self.words = lines.pop().unwrap_or_default();
        for line in lines {
            let Some(first) = line.first() else { continue };
            let (at, is_section) = (first.at, vocabulary::is_section(&first.text));
            let what = match is_section {
                true => without_brace(&line),
                false => in_two_lines(first, mark, true),
            };
            self.faults.push(Fault::refused(at, what).breaking());
            match is_section {
                true => {
                    self.open(at, line);
                }
                false => self.statement(line),
            }
        }
    }

    /// A statement without its `;`: refused, unless a `}` follows in its line. Then ExaBGP drops the statement.
    fn unended(&mut self, end: Option<&Token>) {
        if let Some(end) = end {
            self.earlier_lines(end);
        }
        let words = std::mem::take(&mut self.words);
        if let (Some(first), Some(last)) = (words.first(), words.last()) {
            let what = format!("the statement '{}' has no ';' at its end", first.text);
            let fault = match end.is_some_and(|end| end.row == last.row) {
                true => Fault::taken(first.at, what + ", and ExaBGP drops it"),
                false => Fault::refused(first.at, what),
            };
            self.faults.push(fault.breaking());
            self.statement(words);
        }
    }

    fn end(mut self) -> (Vec<Item>, Vec<Fault>) {
        self.unended(None);
        close_all(&mut self.stack, &mut self.faults);
        let top = self.stack.pop().map(|(_, items)| items);
        (top.unwrap_or_default(), self.faults)
    }
}

const TOO_MANY: &str = "a '}' too many";

/// Splits words into lines. One that begins with an unknown word, or inside brackets, goes on with the line before.
fn lines(words: Vec<Token>) -> Vec<Vec<Token>> {
    let mut lines: Vec<Vec<Token>> = Vec::new();
    let mut brackets = 0;
    for word in words {
        let above = lines.last().and_then(|line| line.last());
        let goes_on = above.is_some_and(|above| above.row == word.row);
        if above.is_none() || !goes_on && brackets < 1 && vocabulary::is_known(&word.text) {
            lines.push(Vec::new());
            brackets = 0;
        }
        brackets += i32::from(word.is("[")) - i32::from(word.is("]"));
        if let Some(line) = lines.last_mut() {
            line.push(word);
        }
    }
    lines
}

fn without_brace(line: &[Token]) -> String {
    let head = line.iter().map(|word| word.text.as_str()).joined(" ");
    format!("'{head}' has no '{{' in its line; write '{head} {{'")
}

fn without_mark<'text>(text: &'text str, faults: &mut Vec<Fault>) -> &'text str {
    let Some(rest) = text.strip_prefix('\u{feff}') else {
        return text;
    };
    faults.push(Fault::refused(
        At { line: 1, column: 1 },
        "a byte order mark before the first word; save the file as UTF-8 without one",
    ));
    rest
}

fn close_all(stack: &mut Stack, faults: &mut Vec<Fault>) {
    while stack.len() > 1 {
        if let Some((head, items)) = stack.last()
            && let Some(first) = head.first()
        {
            let name = &first.text;
            let what = format!(
                "section '{name}' is not closed, and ExaBGP has it go on to the end of the file"
            );
            let fault = Fault::taken(first.at, what);
            faults.push(match items.iter().any(|item| is_swallowed(name, item)) {
                true => fault.breaking(),
                false => fault,
            });
        }
        close(stack);
    }
}

/// Whether a section of a file's top level is inside another one, which therefore is not closed.
fn is_swallowed(section: &str, item: &Item) -> bool {
    let is_address = |name: &Token| name.text.parse::<IpAddr>().is_ok();
    match (item.keyword(), section) {
        ("process" | "template", _) => item.inside.is_some(),
        ("neighbor", "group") => false,
        ("neighbor", "template") => item.name().is_some_and(is_address),
        ("neighbor", _) => item.inside.is_some(),
        _ => false,
    }
}

fn of_the_whole(text: &str, tokens: &[Token]) -> Option<Fault> {
    if tokens.is_empty() {
        return Some(Fault::refused(
            At { line: 1, column: 1 },
            "the file has no statement",
        ));
    }
    let (at, joint) = false_joint(text)?;
    let what = match joint {
        Joint::Dangling => {
            "a '\\' at the end of a line, and the next line is empty; remove the '\\'".to_owned()
        }
        Joint::Eats(letter) => format!(
            "the '\\' takes the '{letter}' that begins the next line away; begin that line with a space"
        ),
    };
    Some(Fault::refused(at, what))
}

/// The fault of a word, by the words before it in its statement: a false blank, an open quote, a `;` or `{` that ends nothing
/// or words of an earlier line.
fn of_form(token: &Token, before: &[Token]) -> Option<Fault> {
    let is_keyword = before.is_empty();
    if let Some(letter) = token.false_blank() {
        let (code, what) = (
            u32::from(letter),
            token.text.replace(char::is_whitespace, " "),
        );
        let what = format!(
            "in '{what}' is a U+{code:04X}, which ExaBGP takes for a letter; write a space"
        );
        let fault = match is_keyword {
            true => Fault::refused(token.at, what),
            false => Fault::taken(token.at, what),
        };
        return Some(fault.breaking());
    }
    if token.open {
        return Some(Fault::refused(token.at, OPEN).breaking());
    }
    let mark = [";", "{"].into_iter().find(|mark| token.is(mark))?;
    match before.first() {
        None if mark == ";" => Some(Fault::refused(
            token.at,
            "a ';' with no statement before it; remove it",
        )),
        None => Some(Fault::refused(token.at, "a '{' without a name before it").breaking()),
        Some(first) if first.row != token.row => {
            let last = before.last();
            let is_alone = last.is_none_or(|last| last.row != token.row);
            let fault = Fault::refused(first.at, in_two_lines(first, token, !is_alone));
            // A mark alone in its line belongs to the line before: no other statement is lost.
            Some(match last.is_some_and(|last| last.row != first.row) {
                true => fault.breaking(),
                false => fault,
            })
        }
        Some(_) => None,
    }
}

/// `reads_on`: the words before the mark, in its line, may be another statement.
fn in_two_lines(first: &Token, mark: &Token, reads_on: bool) -> String {
    let (name, sign, line) = (&first.text, &mark.text, mark.at.line);
    let join = "join the lines, or end each but the last with a '\\'";
    match reads_on {
        true => format!(
            "'{name}' has no ';' in its line, and ExaBGP reads on to the '{sign}' in line {line}; end it with a ';', or, where the lines are one statement, {join}"
        ),
        false => format!("'{name}' and its '{sign}' in line {line} are not in one line; {join}"),
    }
}

fn close(stack: &mut Stack) {
    let Some((words, inside)) = stack.pop() else {
        return;
    };
    if let (false, Some((_, items))) = (words.is_empty(), stack.last_mut()) {
        items.push(Item {
            words,
            inside: Some(inside),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(usize, usize, bool, String)> {
        let found = items(text).1.into_iter();
        found
            .map(|fault| {
                (
                    fault.at.line,
                    fault.at.column,
                    fault.refused == Refused::ByBoth,
                    fault.what,
                )
            })
            .collect()
    }

    #[test]
    fn sections_of_any_name_are_read() {
        let (items, faults) = items("a { b { c d; } e; }\nf;");
        assert!(faults.is_empty());
        assert_eq!(
            (items.len(), items[0].keyword(), items[1].keyword()),
            (2, "a", "f")
        );
        let inside = items[0].inside.as_ref().unwrap();
        assert_eq!((inside[0].keyword(), inside[1].keyword()), ("b", "e"));
        assert_eq!(
            inside[0].inside.as_ref().unwrap()[0].name().unwrap().text,
            "d"
        );
    }

    #[test]
    fn after_a_brace_too_many_nothing_is_read() {
        let names: Vec<String> = items("a { } } b { }")
            .0
            .iter()
            .map(|item| item.keyword().to_owned())
            .collect();
        assert_eq!(names, ["a"]);
    }

    #[test]
    fn a_line_without_its_end_is_one_fault_and_read_as_if_it_had_one() {
        let told = |text: &str| {
            let (items, faults) = items(text);
            let names: Vec<String> = items.iter().map(|item| item.keyword().to_owned()).collect();
            let lines: Vec<usize> = faults.iter().map(|fault| fault.at.line).collect();
            assert!(faults.iter().all(|fault| fault.breaks), "{faults:?}");
            (names.join(" "), lines)
        };
        let of = |names: &str, lines: &[usize]| (names.to_owned(), lines.to_vec());
        assert_eq!(
            told("process a\n run b;\n}\nneighbor c {}"),
            of("process neighbor", &[1])
        );
        assert_eq!(
            told("hold-time 1\npeer-as 2\nlocal-as 3;"),
            of("hold-time peer-as local-as", &[1, 2])
        );
        assert_eq!(told("peer-as 2\nstatic {\n}"), of("peer-as static", &[1]));
        assert_eq!(told("processes [\n a\n ];\nx;"), of("processes x", &[1]));
    }

    #[test]
    fn what_is_unbalanced_is_told_with_its_place() {
        let one = |text: &str, line, column, refused, what: &str| {
            assert_eq!(
                faults(text),
                [(line, column, refused, what.to_owned())],
                "{text}"
            );
        };
        one("a;\n}", 2, 1, false, "a '}' too many");
        one(
            "a;\n}\nb;",
            2,
            1,
            false,
            "a '}' too many: ExaBGP reads no further, and what follows is lost",
        );
        let open = "section 'a' is not closed, and ExaBGP has it go on to the end of the file";
        one("a {\n b;", 1, 1, false, open);
        one(
            "a {\n b\n}",
            2,
            2,
            true,
            "the statement 'b' has no ';' at its end",
        );
        one(
            "a {\n b }",
            2,
            2,
            false,
            "the statement 'b' has no ';' at its end, and ExaBGP drops it",
        );
        assert_eq!(faults("{ a; }")[0].3, "a '{' without a name before it");
        assert!(!faults(&"a {".repeat(100_000)).is_empty());
        let lines = "peer-as 1\n".repeat(100_000) + ";";
        assert_eq!(faults(&lines).len(), 100_000);
    }
}
