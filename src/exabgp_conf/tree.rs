//! The sections and statements of an exabgp.conf, whatever they are called. Pure.

use super::token::{At, Joint, Token, false_joint, tokens};

/// How deep sections may be nested: ExaBGP's own are not deeper than five.
const DEEPEST: usize = 16;

const OPEN: &str = "a quote that is not closed in its line; close it with the same one, and have no other kind inside";

/// A statement, or a section with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its words, before the `;` or the `{`; never empty.
    pub words: Vec<Token>,
    /// What is between the braces; absent: it is a statement.
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

/// Which ExaBGP refuses a file for a fault of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// 4.2 and 5.0.
    ByBoth,
    /// 4.2 alone.
    By4_2,
    /// None: they take it without a word, and read something else than is meant.
    ByNone,
}

/// A fault of the file's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub at: At,
    /// What.
    pub what: String,
    /// Who refuses it.
    pub refused: Refused,
}

impl Fault {
    /// One that ExaBGP refuses.
    pub(super) fn refused(at: At, what: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            refused: Refused::ByBoth,
        }
    }

    /// One that ExaBGP 4.2 refuses.
    pub(super) fn newer(at: At, what: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            refused: Refused::By4_2,
        }
    }

    /// One that ExaBGP passes over.
    pub(super) fn taken(at: At, what: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            refused: Refused::ByNone,
        }
    }
}

/// Reads a text. What is unbalanced is told of, and read as ExaBGP 4.2 and 5.0 do: a section that is not closed ends with
/// the file, and a `}` too many ends the file.
pub fn items(text: &str) -> (Vec<Item>, Vec<Fault>) {
    let mut faults = Vec::new();
    let text = without_mark(text, &mut faults);
    let mut stack: Vec<(Vec<Token>, Vec<Item>)> = vec![(Vec::new(), Vec::new())];
    let mut words: Vec<Token> = Vec::new();
    let tokens = tokens(text);
    faults.extend(of_the_whole(text, &tokens));
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        faults.extend(of_form(&token, &words));
        if token.open {
            words.clear();
            continue;
        }
        if token.is(";") {
            if let (false, Some((_, items))) = (words.is_empty(), stack.last_mut()) {
                items.push(Item {
                    words: std::mem::take(&mut words),
                    inside: None,
                });
            }
        } else if token.is("{") {
            if stack.len() > DEEPEST {
                faults.push(Fault::refused(
                    token.at,
                    "sections nested deeper than any of ExaBGP's",
                ));
                break;
            }
            stack.push((std::mem::take(&mut words), Vec::new()));
        } else if token.is("}") {
            unended(&mut words, Some(&token), &mut faults);
            if stack.len() < 2 {
                let lost = match tokens.next() {
                    Some(_) => ": ExaBGP reads no further, and what follows is lost",
                    None => "",
                };
                faults.push(Fault::taken(token.at, format!("a '}}' too many{lost}")));
                break;
            }
            close(&mut stack);
        } else {
            words.push(token);
        }
    }
    unended(&mut words, None, &mut faults);
    close_all(&mut stack, &mut faults);
    (
        stack.pop().map(|(_, items)| items).unwrap_or_default(),
        faults,
    )
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

fn close_all(stack: &mut Vec<(Vec<Token>, Vec<Item>)>, faults: &mut Vec<Fault>) {
    while stack.len() > 1 {
        let at = stack
            .last()
            .and_then(|(head, _)| head.first())
            .map(|word| (word.at, word.text.clone()));
        if let Some((at, name)) = at {
            faults.push(Fault::taken(
                at,
                format!(
                    "section '{name}' is not closed, and ExaBGP has it go on to the end of the file"
                ),
            ));
        }
        close(stack);
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

/// What ExaBGP refuses of a word, by those before it in the same statement: a `;` or `{` that ends nothing, or what
/// stands in an earlier line.
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
        return Some(if is_keyword {
            Fault::refused(token.at, what)
        } else {
            Fault::taken(token.at, what)
        });
    }
    if token.open {
        return Some(Fault::refused(token.at, OPEN));
    }
    let mark = [";", "{"].into_iter().find(|mark| token.is(mark))?;
    match before.first() {
        None if mark == ";" => Some(Fault::refused(
            token.at,
            "a ';' with no statement before it; remove it",
        )),
        None => Some(Fault::refused(token.at, "a '{' without a name before it")),
        Some(first) if first.row != token.row => {
            Some(Fault::refused(first.at, in_two_lines(first, token, before)))
        }
        Some(_) => None,
    }
}

/// A mark that stands alone belongs to the line before; words before it may be a statement of their own.
fn in_two_lines(first: &Token, mark: &Token, before: &[Token]) -> String {
    let (name, sign, line) = (&first.text, &mark.text, mark.at.line);
    let join = "join the lines, or end each but the last with a '\\'";
    match before.last() {
        Some(last) if last.row == mark.row => format!(
            "'{name}' has no ';' in its line, and ExaBGP reads on to the '{sign}' in line {line}; end it with a ';', or, where the lines are one statement, {join}"
        ),
        _ => format!("'{name}' and its '{sign}' in line {line} are not in one line; {join}"),
    }
}

/// A statement without its `;`: refused, unless the section ends in the same line. Then ExaBGP drops the statement.
fn unended(words: &mut Vec<Token>, end: Option<&Token>, faults: &mut Vec<Fault>) {
    if let (Some(first), Some(last)) = (words.first(), words.last()) {
        if end.is_some_and(|end| end.row == last.row) {
            let what = format!(
                "the statement '{}' has no ';' at its end, and ExaBGP drops it",
                first.text
            );
            faults.push(Fault::taken(first.at, what));
            words.clear();
            return;
        }
        faults.push(Fault::refused(
            first.at,
            format!("the statement '{}' has no ';' at its end", first.text),
        ));
    }
    words.clear();
}

fn close(stack: &mut Vec<(Vec<Token>, Vec<Item>)>) {
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
    }
}
