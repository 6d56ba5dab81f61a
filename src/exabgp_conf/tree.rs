//! The sections and statements of an exabgp.conf, whatever they are called. Pure.

use super::token::{At, Token, tokens};

/// How deep sections may be nested: ExaBGP's own are not deeper than five.
const DEEPEST: usize = 16;

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

/// What ExaBGP will not read, and where.
pub type Fault = (At, String);

/// Reads a text. What is unbalanced is told of, and the rest is read all the same.
pub fn items(text: &str) -> (Vec<Item>, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut stack: Vec<(Vec<Token>, Vec<Item>)> = vec![(Vec::new(), Vec::new())];
    let mut words: Vec<Token> = Vec::new();
    for token in tokens(text) {
        if token.is(";") {
            if let (false, Some((_, items))) = (words.is_empty(), stack.last_mut()) {
                items.push(Item { words: std::mem::take(&mut words), inside: None });
            }
        } else if token.is("{") {
            if words.is_empty() {
                faults.push((token.at, "a '{' without a name before it".to_owned()));
            }
            if stack.len() > DEEPEST {
                faults.push((token.at, "sections nested deeper than any of ExaBGP's".to_owned()));
                break;
            }
            stack.push((std::mem::take(&mut words), Vec::new()));
        } else if token.is("}") {
            unended(&mut words, &mut faults);
            close(&mut stack, token.at, &mut faults);
        } else {
            words.push(token);
        }
    }
    unended(&mut words, &mut faults);
    while stack.len() > 1 {
        let at = stack.last().and_then(|(head, _)| head.first()).map(|word| (word.at, word.text.clone()));
        if let Some((at, name)) = at {
            faults.push((at, format!("section '{name}' is not closed; a '}}' is missing")));
        }
        let Some((words, inside)) = stack.pop() else { break };
        if let (false, Some((_, items))) = (words.is_empty(), stack.last_mut()) {
            items.push(Item { words, inside: Some(inside) });
        }
    }
    (stack.pop().map(|(_, items)| items).unwrap_or_default(), faults)
}

fn unended(words: &mut Vec<Token>, faults: &mut Vec<Fault>) {
    if let Some(first) = words.first() {
        faults.push((first.at, format!("the statement '{}' has no ';' at its end", first.text)));
    }
    words.clear();
}

fn close(stack: &mut Vec<(Vec<Token>, Vec<Item>)>, at: At, faults: &mut Vec<Fault>) {
    if stack.len() < 2 {
        faults.push((at, "a '}' too many".to_owned()));
        return;
    }
    let Some((words, inside)) = stack.pop() else { return };
    if let (false, Some((_, items))) = (words.is_empty(), stack.last_mut()) {
        items.push(Item { words, inside: Some(inside) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(usize, usize, String)> {
        items(text).1.into_iter().map(|(at, what)| (at.line, at.column, what)).collect()
    }

    #[test]
    fn sections_of_any_name_are_read() {
        let (items, faults) = items("a { b { c d; } e; }\nf;");
        assert!(faults.is_empty());
        assert_eq!((items.len(), items[0].keyword(), items[1].keyword()), (2, "a", "f"));
        let inside = items[0].inside.as_ref().unwrap();
        assert_eq!((inside[0].keyword(), inside[1].keyword()), ("b", "e"));
        assert_eq!(inside[0].inside.as_ref().unwrap()[0].name().unwrap().text, "d");
    }

    #[test]
    fn what_is_unbalanced_is_told_with_its_place() {
        assert_eq!(faults("a;\n}"), [(2, 1, "a '}' too many".to_owned())]);
        assert_eq!(faults("a {\n b;"), [(1, 1, "section 'a' is not closed; a '}' is missing".to_owned())]);
        assert_eq!(faults("a {\n b }"), [(2, 2, "the statement 'b' has no ';' at its end".to_owned())]);
        assert_eq!(faults("{ a; }")[0].2, "a '{' without a name before it");
        assert!(!faults(&"a {".repeat(100_000)).is_empty());
    }
}
