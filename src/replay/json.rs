//! A replay for programs.

use serde::Serialize;

use crate::failure::Outcome;
use crate::report::moment::Moment;

use super::report::{Life, Report};
use super::tally::{Event, Tally};

#[derive(Serialize)]
struct Whole<'report> {
    outcome: Outcome,
    lives: Vec<JsonLife<'report>>,
    recorded: JsonTally<'report>,
    new: Option<JsonTally<'report>>,
    missing: &'report [String],
}

#[derive(Serialize)]
struct JsonLife<'report> {
    from: Moment,
    until: Moment,
    version: &'report str,
    calls: u64,
    whole: bool,
    cut: bool,
    differs: Option<JsonDifference<'report>>,
}

#[derive(Serialize)]
struct JsonDifference<'report> {
    at: Moment,
    recorded: &'report [String],
    replayed: &'report [String],
}

#[derive(Serialize)]
struct JsonTally<'report> {
    events: Vec<JsonEvent<'report>>,
    services: Vec<JsonService<'report>>,
}

#[derive(Serialize)]
struct JsonEvent<'report> {
    at: Moment,
    service: Option<&'report str>,
    from: Option<&'report str>,
    to: Option<&'report str>,
    why: Option<&'report str>,
    log: Option<&'report str>,
    exabgp: Option<&'report str>,
}

#[derive(Serialize)]
struct JsonService<'report> {
    name: &'report str,
    moves: u64,
    seconds_without: f64,
    updates: u64,
}

/// The whole report as JSON.
pub fn json(report: &Report, outcome: Outcome) -> String {
    let whole = Whole {
        outcome,
        lives: report.lives.iter().map(life).collect(),
        recorded: tally(&report.recorded),
        new: report.new.as_ref().map(tally),
        missing: &report.missing,
    };
    let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    format!("{text}\n")
}

fn life(life: &Life) -> JsonLife<'_> {
    JsonLife {
        from: life.clock.at(life.begun),
        until: life.clock.at(life.until),
        version: &life.version,
        calls: life.calls,
        whole: life.is_whole,
        cut: life.is_cut,
        differs: life.differs.as_ref().map(|difference| JsonDifference {
            at: life.clock.at(difference.at),
            recorded: &difference.recorded,
            replayed: &difference.replayed,
        }),
    }
}

fn tally(tally: &Tally) -> JsonTally<'_> {
    let services = tally.services.iter();
    let services = services.map(|(name, numbers)| JsonService {
        name,
        moves: numbers.moves,
        seconds_without: numbers.without.as_secs_f64(),
        updates: numbers.updates,
    });
    JsonTally {
        events: tally.events.iter().map(event).collect(),
        services: services.collect(),
    }
}

fn event((at, event): &(Moment, Event)) -> JsonEvent<'_> {
    let empty = JsonEvent {
        at: *at,
        service: None,
        from: None,
        to: None,
        why: None,
        log: None,
        exabgp: None,
    };
    match event {
        Event::Moved {
            service,
            from,
            to,
            why,
            line,
        } => JsonEvent {
            service: Some(service),
            from: Some(from),
            to: Some(to),
            why: Some(why),
            log: Some(line),
            ..empty
        },
        Event::Told(line) => JsonEvent {
            log: Some(line),
            ..empty
        },
        Event::Said(line) => JsonEvent {
            exabgp: Some(line),
            ..empty
        },
    }
}
