//! The table of a rehearsal, 100 columns wide.

use crate::route::{Neighbor, Prefix};
use crate::value::{Joined, counted};
use crate::world::queue::Time;

use super::outcome::{Fate, Row, Stay, moves, sum};
use super::record::{Seen, Service};
use super::report::Report;
use super::site::{length, stands_for_others};
use super::wrong;

/// The widths of the columns.
const WIDTHS: [usize; 6] = [26, 8, 26, 18, 13, 3];
const HEAD: [&str; 6] = [
    "FAILURE",
    "NOTICED",
    "ROUTES",
    "CLIENTS GO TO",
    "THEY GET",
    "UPD",
];
/// The most changes of routes that are listed; more are counted.
const CHANGES: usize = 4;

/// The whole answer.
pub fn table(report: &Report) -> String {
    let mut text = intro(report);
    text.push_str(&line(&HEAD.map(str::to_owned)));
    let mut section = String::new();
    for (row, marks) in &report.rows {
        let whom = report.whom(row);
        if whom != section {
            text.push_str(&format!("\n{whom}\n"));
            section = whom;
        }
        lines(row, marks, report)
            .iter()
            .for_each(|cells| text.push_str(&line(cells)));
    }
    text.push('\n');
    text.push_str(&mends(report));
    text
}

/// What the rehearsal assumes.
fn intro(report: &Report) -> String {
    let servers = counted(report.servers, "server");
    let hold = wrong::words(report.hold);
    let others = if report.known_servers.is_empty() {
        ""
    } else {
        " elsewhere"
    };
    let head = format!("{servers} a backend{others}; BGP's hold time is {hold}.");
    let mut text = format!(
        "{head} Times are from HAProxy's word to the Route\n\
         Servers: HAProxy's checks come before, the network's own time after. UPD: UPDATEs to each of them.\n"
    );
    for line in &report.known_servers {
        text.push_str(&format!("{line}, by its haproxy.cfg.\n"));
    }
    for (name, like) in &report.like {
        text.push_str(&format!(
            "{name} is not given: it is played with the configuration of {like}.\n"
        ));
    }
    for peer in &report.peers {
        let lengths = peer.routes.values().map(length).min();
        let path = lengths.map_or(String::new(), |length| format!(" with a path of {length}"));
        text.push_str(&format!(
            "{} is not given: it is played as a healthy region{path}.\n",
            peer.name
        ));
    }
    let alone = |(name, prefixes): (&String, &Vec<Prefix>)| {
        let prefixes = prefixes.iter().few();
        format!("{prefixes}: {name} alone has it. Where it fails, no other region takes over.")
    };
    let lines = report.moved.iter().map(ToString::to_string);
    for line in lines.chain(report.lone.iter().map(alone)) {
        for part in wrapped(&line, 100) {
            text.push_str(&format!("{part}\n"));
        }
    }
    text.push('\n');
    text
}

/// What is wrong, with its cure.
pub fn mends(report: &Report) -> String {
    let found = &report.found;
    if found.is_empty() {
        let what = match (report.lone.is_empty(), report.shares) {
            (true, _) => "Nothing is wrong.",
            (false, true) => "Nothing is wrong with what more than one region has.",
            (false, false) => "Nothing is wrong but that no prefix is in more than one region.",
        };
        return format!("{what}\n");
    }
    let mut text = "Wrong:\n".to_owned();
    for (number, one) in found.iter().enumerate() {
        let number = format!("[{}]", number + 1);
        let whom = one
            .whom
            .as_ref()
            .map_or(String::new(), |whom| format!("{whom}: "));
        let told = format!("{whom}{}", one.wrong.what);
        let mend = format!("mend: {}: {}", one.wrong.key, one.wrong.cure);
        let lines = wrapped(&told, 94).into_iter().chain(wrapped(&mend, 94));
        for (index, line) in lines.enumerate() {
            let mark = if index == 0 { number.as_str() } else { "" };
            text.push_str(&format!("{mark:<5} {line}\n"));
        }
    }
    text
}

/// A line for a row; where the clients of its prefixes fare differently, one more for those that fare alike.
fn lines(row: &Row, marks: &[usize], report: &Report) -> Vec<[String; 6]> {
    let head = cells(row, marks, report);
    let fates = row.fates();
    if let [] | [_] = fates.as_slice() {
        return vec![head];
    }
    let [title, noticed, _, _, _, updates] = head;
    let none = String::new;
    let head = [title, noticed, none(), none(), none(), updates];
    let of_fate = |fate: &Fate<'_>| {
        [
            format!("\u{a0}\u{a0}{}", fate.prefixes.iter().few()),
            none(),
            routes(row, &fate.prefixes, report),
            clients(fate.stays, report),
            get(fate.stays),
            none(),
        ]
    };
    let fates = fates.iter().map(of_fate);
    [head].into_iter().chain(fates).collect()
}

fn cells(row: &Row, marks: &[usize], report: &Report) -> [String; 6] {
    let marks: String = marks
        .iter()
        .map(|mark| format!(" [{}]", mark + 1))
        .collect();
    let indent = if row.step == 0 { "" } else { "- " };
    let stays = row.worst();
    let prefixes: Vec<Prefix> = row.prefixes.iter().map(|(prefix, _)| *prefix).collect();
    let noticed = row.noticed().map_or("-".to_owned(), words);
    let updates = row.updates(None);
    [
        format!("{indent}{}{marks}", row.title),
        noticed,
        routes(row, &prefixes, report),
        clients(stays, report),
        get(stays),
        if updates == 0 {
            "-".to_owned()
        } else {
            updates.to_string()
        },
    ]
}

/// `path 7, 2 ms; withdrawn, 1.0 s`.
fn routes(row: &Row, prefixes: &[Prefix], report: &Report) -> String {
    let mut found: Vec<String> = Vec::new();
    for (at, seen) in &row.seen {
        let Some((node, what)) = route_change(seen) else {
            continue;
        };
        if !is_of(seen, prefixes) {
            continue;
        }
        let name = match row.whom.as_slice() {
            [one] if *one == node => String::new(),
            _ => format!("{} ", report.name(node)),
        };
        let one = format!("{name}{what}, {}", words(*at));
        if !found.contains(&one) {
            found.push(one);
        }
    }
    let more = found.len().saturating_sub(CHANGES);
    found.truncate(CHANGES);
    if more > 0 {
        found.push(format!("{more} more"));
    }
    if found.is_empty() {
        "-".to_owned()
    } else {
        found.join("; ")
    }
}

fn is_of(seen: &Seen, prefixes: &[Prefix]) -> bool {
    match seen {
        Seen::Route { prefix, .. } | Seen::Left(_, prefix, _) => prefixes.contains(prefix),
        _ => false,
    }
}

/// The NVA whose route changed at the Route Servers, and the change.
pub fn route_change(seen: &Seen) -> Option<(usize, String)> {
    if let Seen::Left(node, _, neighbor) = seen {
        return Some((*node, format!("withdrawn from {}", named(neighbor))));
    }
    let Seen::Route {
        node,
        length,
        other,
        dropped,
        ..
    } = seen
    else {
        return None;
    };
    let what = match (length, other) {
        (None, _) if *dropped => "session ends".to_owned(),
        (None, _) => "withdrawn".to_owned(),
        (Some(length), false) => format!("path {length}"),
        (Some(_), true) => "other attributes".to_owned(),
    };
    Some((*node, what))
}

/// A neighbor that a service names, or all others.
pub fn named(neighbor: &Neighbor) -> String {
    match stands_for_others().as_ref() == Some(neighbor) {
        true => "the others".to_owned(),
        false => neighbor.to_string(),
    }
}

/// `north -> west`.
pub fn clients(stays: &[Stay], report: &Report) -> String {
    let mut places: Vec<String> = Vec::new();
    for stay in stays {
        let place = report.place(&stay.clients.to);
        if places.last() != Some(&place) {
            places.push(place);
        }
    }
    match (places.len(), places.last()) {
        (0..=3, _) => places.join(" -> "),
        (_, last) => format!(
            "{} moves -> {}",
            moves(stays),
            last.map_or("", String::as_str)
        ),
    }
}

/// `nobody 30 s, error page to the end`; `answers` where clients are served all the time.
pub fn get(stays: &[Stay]) -> String {
    let mut parts = Vec::new();
    let last = stays.last().map(|stay| stay.clients.get);
    for (get, word) in [
        (Service::Nobody, "nobody"),
        (Service::ErrorPage, "error page"),
    ] {
        let time = sum(stays, |stay| stay.clients.get == get);
        if last == Some(get) {
            parts.push(format!("{word} to the end"));
        } else if time > 0 {
            parts.push(format!("{word} {}", words(time)));
        }
    }
    if parts.is_empty() {
        "answers".to_owned()
    } else {
        parts.join(", ")
    }
}

/// A row of cells, each folded in its column.
fn line(cells: &[String; 6]) -> String {
    let folded: Vec<Vec<String>> = cells
        .iter()
        .zip(WIDTHS)
        .map(|(cell, width)| wrapped(cell, width))
        .collect();
    let height = folded.iter().map(Vec::len).max().unwrap_or(0);
    let mut text = String::new();
    for index in 0..height {
        let mut line = String::new();
        for (cell, width) in folded.iter().zip(WIDTHS) {
            let part = cell.get(index).map_or("", String::as_str);
            line.push_str(&format!("{part:<width$} "));
        }
        text.push_str(&line.trim_end().replace('\u{a0}', " "));
        text.push('\n');
    }
    text
}

/// Text folded at spaces; a word longer than a line is cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let word: String = word.chars().take(width).collect();
        let fits = |line: &&mut String| line.chars().count() + 1 + word.chars().count() <= width;
        match lines.last_mut().filter(fits) {
            Some(line) => line.push_str(&format!(" {word}")),
            None => lines.push(word),
        }
    }
    lines
}

/// A time with a no-break space before its unit, so that the two stay in one line.
fn words(time: Time) -> String {
    wrong::words(time).replace(' ', "\u{a0}")
}
