//! What to add to an exabgp.conf, and to remove from it. Pure.

use std::collections::BTreeSet;

use super::{Exabgp, is_managed};
use crate::exabgp_conf::{At, Neighbor, StaticRoute, Token, tokens};
use crate::init::answers::Answers;

/// A replacement: start and end in bytes, and the new text.
type Edit = (usize, usize, String);

impl Exabgp {
    /// What is missing, or to be removed: a line each.
    pub fn missing(&self, answers: &Answers) -> Vec<String> {
        let (path, (name, there)) = (&self.file.path, self.process());
        let mut missing: Vec<String> = (!there)
            .then(|| format!("{path}: a process that runs haproxy-rhi"))
            .into_iter()
            .collect();
        missing.extend(self.without_api(answers).map(|neighbor| {
            format!(
                "{path}:{}: api {{ processes [ {name} ]; neighbor-changes; }} of neighbor {}",
                neighbor.at.line, neighbor.name
            )
        }));
        let servers = answers.route_servers.iter().map(ToString::to_string);
        let is_there = |name: &String| self.conf.neighbors.iter().any(|one| one.name == *name);
        missing.extend(servers.filter(|name| !is_there(name)).map(|name| {
            format!("{path}: neighbor {name}, peer-as 65515: write it by hand, as the others are")
        }));
        let routes: BTreeSet<(At, &str)> = self
            .conf
            .neighbors
            .iter()
            .flat_map(|neighbor| self.managed(neighbor, answers))
            .map(|route| (route.at, route.prefix.as_str()))
            .collect();
        missing.extend(routes.into_iter().map(|(at, prefix)| {
            format!("{path}:{}: static route {prefix} must go: haproxy-rhi announces it, and it would stay when that is withdrawn", at.line)
        }));
        missing
    }

    /// The existing file with what is missing, and without the static routes.
    pub fn extended(&self, answers: &Answers) -> String {
        let text = &self.file.text;
        let tokens = tokens(text);
        let (name, there) = self.process();
        let mut edits: Vec<Edit> = Vec::new();
        if !there {
            let at = tokens.first().map_or(0, |first| {
                offset(
                    text,
                    At {
                        column: 1,
                        ..first.at
                    },
                )
            });
            let process =
                "process haproxy-rhi {\n\trun /usr/bin/haproxy-rhi run;\n\tencoder text;\n}\n\n";
            edits.push((at, at, process.to_owned()));
        }
        edits.extend(
            self.without_api(answers)
                .filter_map(|neighbor| api(text, &tokens, neighbor, name)),
        );
        let all: Vec<&StaticRoute> = self
            .conf
            .neighbors
            .iter()
            .flat_map(|neighbor| &neighbor.routes)
            .collect();
        let mut seen = BTreeSet::new();
        for route in all.iter().filter(|route| is_managed(route, answers)) {
            let Some((start, end)) = statement(text, &tokens, route.at) else {
                continue;
            };
            let inside = |other: &&&StaticRoute| (start..end).contains(&offset(text, other.at));
            if all
                .iter()
                .filter(inside)
                .all(|other| is_managed(other, answers))
                && seen.insert(start)
            {
                edits.push(whole_lines(text, start, end));
            }
        }
        edits.sort_by_key(|(start, _, _)| std::cmp::Reverse(*start));
        let mut text = text.clone();
        edits
            .into_iter()
            .for_each(|(start, end, with)| text.replace_range(start..end, &with));
        text
    }
}

/// The byte offset of a line and column.
fn offset(text: &str, at: At) -> usize {
    let above: usize = text
        .split_inclusive('\n')
        .take(at.line - 1)
        .map(str::len)
        .sum();
    let line = text.get(above..).unwrap_or_default();
    above
        + line
            .char_indices()
            .nth(at.column - 1)
            .map_or(line.len(), |(byte, _)| byte)
}

/// The statement around a token, from its keyword to its `;` or `}`, in bytes.
fn statement(text: &str, tokens: &[Token], at: At) -> Option<(usize, usize)> {
    let place = tokens.iter().position(|token| token.at == at)?;
    let ends = |token: &Token| [";", "{", "}"].iter().any(|mark| token.is(mark));
    let (before, after) = tokens.split_at_checked(place)?;
    // The braces of `route P { … }` come after the token.
    let start = before.iter().rposition(ends).map_or(0, |end| end + 1);
    let mut depth = 0_usize;
    for token in after {
        depth += usize::from(token.is("{"));
        depth = depth.saturating_sub(usize::from(token.is("}")));
        if depth == 0 && (token.is(";") || token.is("}")) {
            return Some((
                offset(text, tokens.get(start)?.at),
                offset(text, token.at) + 1,
            ));
        }
    }
    None
}

/// Removes a range; whole lines, if they contain nothing else but a comment.
fn whole_lines(text: &str, start: usize, end: usize) -> Edit {
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    let rest = after.find('\n').map_or(after.len(), |newline| newline + 1);
    let blank = |piece: Option<&str>| {
        piece.is_some_and(|piece| matches!(piece.trim().chars().next(), None | Some('#')))
    };
    match blank(text.get(line..start)) && blank(after.get(..rest)) {
        true => (line, end + rest, String::new()),
        false => (start, end, String::new()),
    }
}

/// Inserts the api section before the neighbor's last brace. Beside another section it needs a name; ExaBGP joins both.
fn api(text: &str, tokens: &[Token], neighbor: &Neighbor, process: &str) -> Option<Edit> {
    let from = tokens.iter().position(|token| token.at == neighbor.at)?;
    let mut depth = 0_usize;
    let close = tokens.iter().skip(from).find(|token| {
        depth += usize::from(token.is("{"));
        depth -= usize::from(token.is("}")).min(depth);
        token.is("}") && depth == 0
    })?;
    // A name may be used once in the file.
    let name = match neighbor.all("api/processes").next() {
        Some(_) => format!("api haproxy-rhi-{}", neighbor.name.replace(['.', ':'], "-")),
        None => "api".to_owned(),
    };
    let at = offset(text, close.at);
    let line = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let indent = text.get(line..at)?;
    if !indent.trim().is_empty() {
        return Some((
            at,
            at,
            format!("{name} {{ processes [ {process} ]; neighbor-changes; }} "),
        ));
    }
    let inner = format!("{indent}\t");
    let section = format!(
        "{inner}{name} {{\n{inner}\tprocesses [ {process} ];\n{inner}\tneighbor-changes;\n{inner}}}\n"
    );
    Some((line, line, section))
}
