//! The dry run of `check`: what was seen, which level is in force and why, and the exact lines.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Instant;

use serde_json::{Value, json};

use super::words;
use crate::announce;
use crate::condition::Probe;
use crate::config::{Config, Service, Span};
use crate::drain::Orders;
use crate::failure::Outcome;
use crate::glance::{Glance, glance};
use crate::last_resort::LastResort;
use crate::observation::{Observation, Trouble};
use crate::route::Prefix;
use crate::standing::State;
use crate::verdict::{Past, Verdict, leaves};

/// The report as text or JSON, and the outcome.
pub fn check(
    config: &Config,
    seen: &Observation,
    orders: &Orders,
    as_json: bool,
) -> (String, Outcome) {
    let glances: Vec<(&Service, Glance)> = config
        .services
        .iter()
        .map(|service| {
            let mut glance = glance(service, seen, Past::none());
            let (target, with_siblings) = glance.settled(Instant::now());
            glance.target = target;
            if !with_siblings.is_empty() {
                glance.why = format!("{}; {with_siblings}", glance.why);
            }
            (service, glance)
        })
        .collect();
    let drained = |service: &Service| {
        orders
            .of(&service.name)
            .map_or(Outcome::Best, |_| Outcome::Worse)
    };
    let outcomes = glances
        .iter()
        .map(|(service, glance)| outcome(glance).max(drained(service)));
    let outcome = outcomes.max().unwrap_or(Outcome::Best);
    let text = match as_json {
        true => to_json(config, seen, orders, &glances),
        false => to_text(config, seen, orders, &glances),
    };
    (text, outcome)
}

fn outcome(glance: &Glance) -> Outcome {
    match glance.target {
        Some(State::Level(0)) => Outcome::Best,
        Some(_) => Outcome::Worse,
        None => Outcome::Unknown,
    }
}

fn state<'service>(service: &'service Service, glance: &Glance) -> &'service str {
    glance
        .target
        .map_or("unknown", |target| words::standing(service, target.into()))
}

fn lines(service: &Service, glance: &Glance) -> Vec<String> {
    glance
        .target
        .map(|target| announce::lines(service, target.into(), None))
        .unwrap_or_default()
}

/// HAProxy's state in a line; `None`: no condition asks for it.
fn haproxy(config: &Config, seen: &Observation) -> Option<String> {
    let place = &config.haproxy.stats;
    Some(match &seen.haproxy.as_ref()?.what {
        Ok(snapshot) => match &snapshot.process {
            Some(process) if process.stopping => {
                format!(
                    "HAProxy {} at {place}, process {}, stopping",
                    process.version, process.pid
                )
            }
            Some(process) => format!(
                "HAProxy {} at {place}, process {}",
                process.version, process.pid
            ),
            None => format!("HAProxy's stats page at {place}"),
        },
        Err(Trouble::Gone(why)) => format!("HAProxy is gone: {why}"),
        Err(Trouble::Unreadable(why)) => format!("HAProxy cannot be read: {why}"),
    })
}

fn to_text(
    config: &Config,
    seen: &Observation,
    orders: &Orders,
    glances: &[(&Service, Glance)],
) -> String {
    let mut text = String::new();
    if let Some(line) = haproxy(config, seen) {
        text.push_str(&format!("{line}\n"));
    }
    if glances.is_empty() {
        text.push_str(
            "no service is configured, nothing is announced; haproxy-rhi init writes a first one, and check takes the flags that a run line has\n",
        );
    }
    for (service, glance) in glances {
        of_service(&mut text, (service, glance), seen, orders);
    }
    text
}

fn of_service(
    text: &mut String,
    (service, glance): (&Service, &Glance),
    seen: &Observation,
    orders: &Orders,
) {
    let order = orders.of(&service.name);
    let (name, state) = (&service.name, state(service, glance));
    let _ = write!(text, "\nservice {name}: {state}");
    if glance.target.is_none() {
        let (hold, then) = (Span::from(service.hold), then(service));
        let _ = write!(text, " (run holds for {hold}, then: {then})");
    }
    text.push('\n');
    let words = [
        ("line", true),
        ("drain", order.is_some()),
        ("sibling", glance.last_resort.is_some()),
    ];
    let words = words.into_iter().filter(|(_, is_there)| *is_there);
    let words = words.map(|(word, _)| word.len());
    let levels = service.levels.iter().map(|level| level.name.len());
    let width = words.chain(levels).max().unwrap_or(0);
    of_levels(text, (service, glance), seen, width);
    for prefix in missing_addresses(service, seen) {
        let _ = writeln!(text, "  {:width$}  {}", "cure", add_address(prefix));
    }
    let resort = glance.last_resort.iter();
    // A sibling's answer counts only where no level holds; it is always shown, so that its URL can be tested.
    for sibling in resort.flat_map(LastResort::siblings) {
        let healthy = if sibling.healthy { "yes" } else { "no" };
        let words = sibling.words();
        let _ = writeln!(text, "  {:width$}  {healthy:7}  {words}", "sibling");
    }
    if let Some(order) = &order {
        let words = order.words();
        let rest = "the rest shows the state once the drain has ended";
        let _ = writeln!(text, "  {:width$}  {words}; {rest}", "drain");
    }
    let label = if order.is_some() { "later" } else { "line" };
    for line in lines(service, glance) {
        let _ = writeln!(text, "  {label:width$}  {line}");
    }
}

/// Each level, and each of its conditions.
fn of_levels(
    text: &mut String,
    (service, glance): (&Service, &Glance),
    seen: &Observation,
    width: usize,
) {
    for (level, verdict) in service.levels.iter().zip(&glance.levels) {
        let (word, why) = (verdict.truth.word(), &verdict.why);
        let _ = writeln!(text, "  {:width$}  {word:7}  {why}", level.name);
        let mut parts = leaves(&level.when, seen);
        // Where HAProxy is gone, several say the same.
        parts.dedup_by(|one, other| one.truth == other.truth && one.why == other.why);
        // A level's only condition repeats the level's line, unless the address is missing too.
        let repeats_level = |leaf: &Verdict| parts.len() == 1 && leaf.why == verdict.why;
        for leaf in parts.iter().filter(|leaf| !repeats_level(leaf)) {
            let (word, why) = (leaf.truth.word(), &leaf.why);
            let _ = writeln!(text, "  {:width$}    {word:7}  {why}", "");
        }
    }
}

/// The siblings whose healthy answers may be another host's, a line each.
pub fn doubts(config: &Config, seen: &Observation) -> Vec<String> {
    let siblings = config.services.iter().flat_map(|one| &one.siblings);
    let probes: BTreeSet<&Probe> = siblings.flat_map(|siblings| &siblings.probes).collect();
    let doubt = |probe: &Probe| {
        let doubt = seen.probes.get(probe)?.what.doubt()?;
        let url = probe.url()?.as_str();
        Some(format!(
            "{url} answers {doubt}, and may be no page of haproxy-rhi: haproxy-rhi validate --live\n"
        ))
    };
    probes.into_iter().filter_map(doubt).collect()
}

/// The prefixes whose address should be on this host, and is not.
pub fn missing_addresses<'a>(
    service: &'a Service,
    seen: &'a Observation,
) -> impl Iterator<Item = &'a Prefix> {
    let prefixes = service
        .prefixes
        .iter()
        .map(|(prefix, _)| prefix)
        .filter(|_| service.require_address);
    prefixes.filter(|prefix| {
        prefix
            .host()
            .is_some_and(|address| seen.addresses.get(&address) == Some(&Ok(false)))
    })
}

/// The command that adds a prefix's address to this host, now and at each boot.
pub fn add_address(prefix: &Prefix) -> String {
    format!("systemctl enable --now \"anycast-address@$(systemd-escape {prefix}).service\"")
}

fn then(service: &Service) -> &'static str {
    match service.then {
        crate::config::ThenUnknown::Withdraw => "withdraw",
        crate::config::ThenUnknown::Keep => "keep",
    }
}

fn to_json(
    config: &Config,
    seen: &Observation,
    orders: &Orders,
    glances: &[(&Service, Glance)],
) -> String {
    let shown = |verdict: &Verdict| json!({"holds": verdict.truth.word(), "why": verdict.why});
    let services: Vec<Value> = glances
        .iter()
        .map(|(service, glance)| {
            let levels: Vec<Value> = service
                .levels
                .iter()
                .zip(&glance.levels)
                .map(|(level, verdict)| {
                    let conditions: Vec<Value> = leaves(&level.when, seen).iter().map(shown).collect();
                    json!({"name": level.name, "holds": verdict.truth.word(), "why": verdict.why, "conditions": conditions})
                })
                .collect();
            json!({
                "name": service.name,
                "level": glance.target.map(|target| words::standing(service, target.into())),
                "best": glance.target == Some(State::Level(0)),
                "why": glance.why,
                "drained": orders.of(&service.name).map(|order| order.words()),
                "levels": levels,
                "siblings": glance.last_resort.iter().flat_map(LastResort::siblings).map(|one| json!({"healthy": one.healthy, "why": one.words()})).collect::<Vec<Value>>(),
                "lines": lines(service, glance),
            })
        })
        .collect();
    let report = json!({"haproxy": haproxy(config, seen), "services": services});
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}
