//! A replay for people.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::foreign;
use crate::report::moment::Moment;
use crate::value::counted;

use super::report::{Life, Report};
use super::tally::{Event, Numbers, Tally};

/// The whole answer.
pub fn table(report: &Report) -> String {
    let mut text = String::new();
    for (number, life) in report.lives.iter().enumerate() {
        text.push_str(&about(life));
        text.push_str(&events(report, number));
        text.push('\n');
    }
    text.push_str(&numbers(report));
    if !report.missing.is_empty() {
        text.push_str("\nThe new configuration asks for these, of which nothing is recorded:\n");
    }
    for missing in &report.missing {
        text.push_str(&format!("  {}\n", plain(missing)));
    }
    text.push('\n');
    text.push_str(&verdict(report));
    text
}

fn about(life: &Life) -> String {
    let (begun, until) = (life.clock.at(life.begun), life.clock.at(life.until));
    let calls = counted(life.calls, "call");
    let whole = match (life.is_whole, life.is_cut) {
        (true, false) => "",
        (true, true) => "Its last line is cut off.\n",
        (false, false) => "It begins in the middle of a process: played, and not compared.\n",
        (false, true) => {
            "It begins in the middle of a process, and its last line is cut off: played, and not compared.\n"
        }
    };
    format!(
        "{begun} to {until}, haproxy-rhi {}, {calls}\n{whole}\n",
        plain(&life.version)
    )
}

/// What happened in a life, of both programs in the order of time.
fn events(report: &Report, life: usize) -> String {
    let of = |tally: &Tally, mark: &'static str| {
        let events = tally.of_life(life).iter();
        let lines = events.map(move |(at, event)| (*at, mark, plain(&line(event))));
        lines.collect::<Vec<_>>()
    };
    let is_alone = report.new.is_none();
    let mut all = of(&report.recorded, if is_alone { "" } else { "recorded  " });
    if let Some(new) = &report.new {
        all.extend(of(new, "new       "));
    }
    all.sort_by_key(|(at, ..)| *at);
    if all.is_empty() {
        return "nothing changed\n".to_owned();
    }
    let line =
        |(at, mark, line): &(Moment, &str, String)| format!("{}  {mark}{line}\n", time_of_day(*at));
    all.iter().map(line).collect()
}

/// Replaces control characters: a record has texts of other programs, and a terminal would obey them.
fn plain(text: &str) -> String {
    foreign::plain(text).collect()
}

fn line(event: &Event) -> String {
    match event {
        Event::Moved { line, .. } | Event::Told(line) => line.clone(),
        Event::Said(line) => format!("> {line}"),
    }
}

/// The wall clock's time of day, in UTC.
fn time_of_day(moment: Moment) -> String {
    let text = moment.to_string();
    text.get(11..23).unwrap_or_default().to_owned()
}

/// Each service in numbers, of both programs side by side.
fn numbers(report: &Report) -> String {
    let tallies: Vec<&Tally> = [Some(&report.recorded), report.new.as_ref()]
        .into_iter()
        .flatten()
        .collect();
    let names: BTreeSet<&String> = tallies
        .iter()
        .flat_map(|tally| tally.services.keys())
        .collect();
    let longest = names.iter().map(|name| name.chars().count()).max();
    let width = longest.unwrap_or(0).max("SERVICE".len());
    let mut text = String::new();
    if tallies.len() > 1 {
        text.push_str(&format!(
            "{:width$}  {:>31}  {:>31}\n",
            "", "RECORDED", "NEW"
        ));
    }
    let row = |name: &str, cells: &[[String; 3]]| {
        let mut row = format!("{name:width$}");
        for [moves, without, updates] in cells {
            row.push_str(&format!("  {moves:>5}  {without:>15}  {updates:>7}"));
        }
        format!("{row}\n")
    };
    let head = ["MOVES", "WITHOUT SERVICE", "UPDATES"].map(str::to_owned);
    text.push_str(&row("SERVICE", &vec![head; tallies.len()]));
    for name in names {
        let cells = tallies.iter().map(|tally| cells(tally.services.get(name)));
        text.push_str(&row(name, &cells.collect::<Vec<_>>()));
    }
    text
}

fn cells(numbers: Option<&Numbers>) -> [String; 3] {
    let absent = || "-".to_owned();
    numbers.map_or([absent(), absent(), absent()], |numbers| {
        [
            numbers.moves.to_string(),
            seconds(numbers.without),
            numbers.updates.to_string(),
        ]
    })
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

/// Whether the replay says to ExaBGP what was recorded.
fn verdict(report: &Report) -> String {
    let mut differing = report.lives.iter();
    let differing = differing.find_map(|life| Some((life, life.differs.as_ref()?)));
    let Some((life, differs)) = differing else {
        let compared = report.lives.iter().filter(|life| life.is_whole).count();
        return match compared {
            0 => "No process's beginning is recorded: nothing was compared.\n".to_owned(),
            _ => "The replay says to ExaBGP what was recorded, line by line.\n".to_owned(),
        };
    };
    let mut text = format!(
        "The replay differs from the record at {}:\n",
        life.clock.at(differs.at)
    );
    let side = |mark: &str, lines: &[String]| {
        let lines = lines
            .iter()
            .map(|line| format!("  {mark}  > {}\n", plain(line)));
        let lines: String = lines.collect();
        if lines.is_empty() {
            format!("  {mark}  nothing\n")
        } else {
            lines
        }
    };
    text.push_str(&side("recorded", &differs.recorded));
    text.push_str(&side("replayed", &differs.replayed));
    if life.version != env!("CARGO_PKG_VERSION") {
        text.push_str(&format!(
            "It was recorded by haproxy-rhi {}.\n",
            plain(&life.version)
        ));
    }
    text
}
