//! A rehearsal for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::route::Prefix;

use super::outcome::{Row, Stay};
use super::record::Seen;
use super::report::{Moved, Report};
use super::timeline::{event, got, milliseconds};

#[derive(Serialize)]
struct Whole<'report> {
    outcome: &'static str,
    servers: usize,
    hold_time_seconds: u64,
    regions: &'report [String],
    alone: &'report BTreeMap<String, Vec<Prefix>>,
    moved: &'report [Moved],
    rows: Vec<JsonRow<'report>>,
    wrong: Vec<JsonWrong<'report>>,
}

#[derive(Serialize)]
struct JsonRow<'report> {
    failure: &'report str,
    regions: Vec<&'report str>,
    what: &'report str,
    noticed_ms: Option<f64>,
    updates: usize,
    routes: Vec<JsonRoute<'report>>,
    clients: Vec<JsonClients<'report>>,
    wrong: &'report [usize],
    timeline: Vec<(f64, String)>,
}

#[derive(Serialize)]
struct JsonRoute<'report> {
    at_ms: f64,
    region: &'report str,
    prefix: String,
    path_length: Option<usize>,
}

#[derive(Serialize)]
struct JsonClients<'report> {
    prefix: String,
    from_ms: f64,
    until_ms: f64,
    regions: Vec<&'report str>,
    get: &'static str,
    could_serve: Vec<&'report str>,
}

#[derive(Serialize)]
struct JsonWrong<'report> {
    regions: Option<&'report str>,
    failures: &'report [String],
    what: &'report str,
    key: &'report str,
    cure: &'report str,
}

/// The whole report as JSON.
pub fn json(report: &Report) -> String {
    let wrong = report.found.iter().map(|found| JsonWrong {
        regions: found.whom.as_deref(),
        failures: &found.failures,
        what: &found.wrong.what,
        key: &found.wrong.key,
        cure: &found.wrong.cure,
    });
    let whole = Whole {
        outcome: if report.found.is_empty() {
            "best"
        } else {
            "worse"
        },
        servers: report.servers,
        hold_time_seconds: report.hold / 1_000_000,
        regions: &report.names,
        alone: &report.lone,
        moved: &report.moved,
        rows: report
            .rows
            .iter()
            .map(|(row, marks)| json_row(row, marks, report))
            .collect(),
        wrong: wrong.collect(),
    };
    let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    format!("{text}\n")
}

fn json_row<'report>(
    row: &'report Row,
    wrong: &'report [usize],
    report: &'report Report,
) -> JsonRow<'report> {
    let routes = row.seen.iter().filter_map(|(at, seen)| match seen {
        Seen::Route {
            node,
            prefix,
            length,
            ..
        } => Some(JsonRoute {
            at_ms: milliseconds(*at),
            region: report.name(*node),
            prefix: prefix.to_string(),
            path_length: *length,
        }),
        _ => None,
    });
    let clients = row.prefixes.iter().flat_map(|(prefix, stays)| {
        let one = |stay: &Stay| json_clients(prefix.to_string(), stay, report);
        stays.iter().map(one).collect::<Vec<_>>()
    });
    let events = row.seen.iter();
    let events = events.filter_map(|(at, seen)| Some((milliseconds(*at), event(seen, report)?)));
    JsonRow {
        failure: &row.failure,
        regions: row.whom.iter().map(|number| report.name(*number)).collect(),
        what: &row.title,
        noticed_ms: row.noticed().map(milliseconds),
        updates: row.updates(None),
        routes: routes.collect(),
        clients: clients.collect(),
        wrong,
        timeline: events.collect(),
    }
}

fn json_clients<'report>(
    prefix: String,
    stay: &Stay,
    report: &'report Report,
) -> JsonClients<'report> {
    let names = |numbers: &[usize]| numbers.iter().map(|number| report.name(*number)).collect();
    JsonClients {
        prefix,
        from_ms: milliseconds(stay.from),
        until_ms: milliseconds(stay.until),
        regions: names(&stay.clients.to),
        get: got(stay.clients.get),
        could_serve: names(&stay.clients.able),
    }
}
