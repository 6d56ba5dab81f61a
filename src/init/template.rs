//! Templates: `{{name}}` is replaced by a value. `@if NAME`, `@else`, `@each NAME` and `@end` have lines of their own; the
//! lines of `@each` are repeated for each element of a list. Pure.

use std::collections::BTreeMap;
use std::str::Lines;

/// A template's values, by name.
pub type Values = BTreeMap<&'static str, Value>;

/// One value. `@if` is true for every name that has one.
#[derive(Debug, Clone)]
pub enum Value {
    Text(String),
    Each(Vec<Values>),
}

/// Fills a template; a value is never read as a template itself.
pub fn filled(template: &str, values: &Values) -> String {
    let mut out = String::new();
    block(&mut template.lines(), values, Some(&mut out));
    out
}

/// Fills a block's lines; true if `@else` ended it.
fn block(lines: &mut Lines<'_>, values: &Values, mut out: Option<&mut String>) -> bool {
    while let Some(line) = lines.next() {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("@else", _) => return true,
            ("@end", _) => return false,
            ("@if", name) => {
                let holds = values.contains_key(name);
                let is_else = block(lines, values, out.as_deref_mut().filter(|_| holds));
                if is_else {
                    block(lines, values, out.as_deref_mut().filter(|_| !holds));
                }
            }
            ("@each", name) => {
                for own in elements(values, name) {
                    let mut all = values.clone();
                    all.extend(own.clone());
                    block(&mut lines.clone(), &all, out.as_deref_mut());
                }
                block(lines, values, None);
            }
            _ => out.iter_mut().for_each(|out| fill(line, values, out)),
        }
    }
    false
}

fn elements<'values>(values: &'values Values, name: &str) -> &'values [Values] {
    match values.get(name) {
        Some(Value::Each(list)) => list,
        _ => &[],
    }
}

fn fill(line: &str, values: &Values, out: &mut String) {
    let mut rest = line;
    while let Some((before, (name, after))) = rest
        .split_once("{{")
        .and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
    {
        out.push_str(before);
        if let Some(Value::Text(text)) = values.get(name) {
            out.push_str(text);
        }
        rest = after;
    }
    out.push_str(rest);
    out.push('\n');
}
