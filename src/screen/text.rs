//! The screen for a person. Pure.

use super::nva::{Nva, State, Told};
use super::views::View;
use super::whole::Screen;
use crate::failure::Outcome;
use crate::report::moment::Moment;
use crate::report::status::{Paint, Service, WIDTH, fold, span};

/// The columns.
const HEADS: [&str; 9] = [
    "REGION", "NVA", "AGE", "SERVICE", "STANDING", "ROUTE", "BGP", "SEEN", "SEES",
];
/// The widest cell, in columns; an IPv6 address has 39.
const WIDEST: usize = 39;
/// The most services of an NVA, lines of the head, and sentences; those beyond are counted.
const MOST: usize = 20;
/// The longest sentence, in characters.
const LONGEST: usize = 400;

type Row = [String; 9];

/// Which region clients reach, the table of NVAs, and the problems.
pub fn text(screen: &Screen, paint: Paint, now: Moment) -> String {
    let mut out = String::new();
    for reach in screen.reaches.iter().take(MOST) {
        let doubt = reach.doubt().map(|doubt| fold("  ", &doubt, WIDTH));
        let words = fold("", &reach.words(), WIDTH) + &doubt.unwrap_or_default();
        out += &paint.lines(reach.outcome(), &words);
    }
    if screen.reaches.is_empty() {
        let words = "no status tells of a prefix: it is not known which region clients reach";
        out += &paint.lines(Outcome::Unknown, words);
    }
    out += &more(screen.reaches.len(), "");
    out.push('\n');
    out += &table(screen, paint, now);
    out.push('\n');
    let problems = screen.problems();
    for problem in problems.iter().take(MOST) {
        out += &paint.lines(problem.outcome, &sentence("! ", &problem.what));
    }
    out += &more(problems.len(), "! ");
    for note in screen.seen.notes.iter().take(MOST) {
        out += &sentence("- ", note);
    }
    out += &more(screen.seen.notes.len(), "- ");
    if screen.outcome() == Outcome::Best && screen.seen.notes.is_empty() {
        out += &paint.lines(Outcome::Best, "all is as it should be");
    }
    out
}

fn more(count: usize, first: &str) -> String {
    match count.checked_sub(MOST) {
        None | Some(0) => String::new(),
        Some(more) => format!("{first}… {more} more\n"),
    }
}

fn sentence(first: &str, words: &str) -> String {
    fold(first, &cut(words, LONGEST), WIDTH)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn table(screen: &Screen, paint: Paint, now: Moment) -> String {
    let heads = (Outcome::Best, HEADS.map(str::to_owned));
    let nvas = screen.nvas.iter().enumerate();
    let rows = nvas.flat_map(|(index, nva)| rows(screen, index, nva, now));
    let rows: Vec<(Outcome, Row)> = std::iter::once(heads).chain(rows).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|(_, row)| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let mut out = String::new();
    for (outcome, row) in &rows {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        let line = cells.join("  ");
        let line = line.trim_end();
        out += &match outcome {
            Outcome::Best => format!("{line}\n"),
            other => paint.lines(*other, line),
        };
    }
    out
}

fn rows(screen: &Screen, index: usize, nva: &Nva, now: Moment) -> Vec<(Outcome, Row)> {
    let dash = || "-".to_owned();
    let head = [&nva.source.region, &nva.label].map(|text| cut(text, WIDEST));
    let row = |age: String, [service, standing, route, bgp, sees]: [String; 5]| {
        let [region, label] = head.clone();
        let row = [
            region,
            label,
            age,
            service,
            standing,
            route,
            bgp,
            seen(screen, index),
            sees,
        ];
        row.map(|cell| cut(&cell, WIDEST))
    };
    let Ok(told) = &nva.told else {
        let standing = nva.source.place.silent();
        let cells = [dash(), standing.to_owned(), dash(), dash(), dash()];
        return vec![(Outcome::Unknown, row(dash(), cells))];
    };
    let age = match told.age {
        age if age < -1.0 => format!("-{}", span(-age)),
        age => span(age),
    };
    let of = |(number, service): (usize, &Service)| {
        // A status that is not current says what was.
        let was = if nva.current().is_some() { "" } else { "was " };
        let standing = format!(
            "{was}{} {}",
            service.standing,
            span(now.since(service.since))
        );
        let sees = count(screen, |view| view.from == (index, number));
        let cells = [
            service.name.clone(),
            standing,
            format!("{was}{}", route(told, service)),
            bgp(told),
            sees,
        ];
        (outcome(nva, service), row(age.clone(), cells))
    };
    let mut rows: Vec<_> = told.services().enumerate().take(MOST).map(of).collect();
    let more = told.services().count().saturating_sub(MOST);
    if more > 0 || rows.is_empty() {
        let words = if more > 0 {
            format!("… {more} more")
        } else {
            "none".to_owned()
        };
        let cells = [words, dash(), dash(), bgp(told), dash()];
        rows.push((Outcome::Best, row(age, cells)));
    }
    rows
}

fn outcome(nva: &Nva, service: &Service) -> Outcome {
    match (nva.current(), service.level) {
        (None, _) => Outcome::Unknown,
        (Some(told), Some(0)) if told.serves(service) => Outcome::Best,
        _ if service.unknown.is_some() => Outcome::Unknown,
        _ => Outcome::Worse,
    }
}

/// The states of a service's routes, each once.
fn route(told: &Told, service: &Service) -> String {
    let mut words: Vec<String> = Vec::new();
    for route in &service.routes {
        let word = match told.state(route) {
            State::Announced(length) => format!("as-path {length}"),
            State::NoSession => "no session".to_owned(),
            State::Withdrawn => "withdrawn".to_owned(),
            State::NotKnown => "not known".to_owned(),
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    match words.is_empty() {
        true => "none".to_owned(),
        false => words.join(", "),
    }
}

fn bgp(told: &Told) -> String {
    let (up, all) = told.sessions();
    format!("{up}/{all}")
}

/// How many of the services that ask this NVA see it healthy.
fn seen(screen: &Screen, index: usize) -> String {
    count(screen, |view| view.to == Some(index))
}

fn count(screen: &Screen, is_one: impl Fn(&View) -> bool) -> String {
    let views = screen.views.iter().filter(|view| is_one(view));
    let views: Vec<bool> = views.map(|view| view.healthy).collect();
    match views.len() {
        0 => "-".to_owned(),
        all => format!("{}/{all}", views.iter().filter(|healthy| **healthy).count()),
    }
}
