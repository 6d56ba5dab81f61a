//! What is wrong with an exabgp.conf wherever it runs. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use ipnet::IpNet;

use super::ground::{Ground, names};
use super::rule::*;
use crate::config::Source;
use crate::config::{self, Service};
use crate::daemon::RunTask;
use crate::exabgp_conf::{Neighbor, Process, Refused, Setting, StaticRoute, Token};

/// All findings.
pub fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let Some((_, conf)) = &ground.conf else {
        return Vec::new();
    };
    let mut found: Vec<Finding> = Vec::new();
    for fault in &conf.faults {
        let ask =
            "correct it; ask ExaBGP itself with exabgp --validate (4.2) or exabgp validate (5.0)";
        let (rule, severity, cure) = match fault.refused {
            Refused::ByBoth => (&SYNTAX, Severity::Error, ask),
            Refused::By4_2 => (
                &ONLY_5,
                Severity::Warning,
                "leave it out, or run ExaBGP 5.0",
            ),
            Refused::ByNone => (
                &PASSED_OVER,
                Severity::Warning,
                "correct it; ExaBGP says nothing of it",
            ),
        };
        found.push(ground.in_conf(fault.at, rule, severity, fault.what.clone(), cure));
    }
    if ground.processes().next().is_none() {
        let cure = "add a process section with run /usr/bin/haproxy-rhi run; and encoder text;";
        found.push(Finding {
            at: None,
            ..ground.in_conf(
                Default::default(),
                &NO_PROCESS,
                Severity::Error,
                "no process runs haproxy-rhi".to_owned(),
                cure,
            )
        });
    }
    for process in &conf.processes {
        found.extend(of_process(ground, process));
    }
    found.extend(of_same_configuration(ground));
    let ours: BTreeSet<&str> = ground
        .processes()
        .map(|process| process.name.as_str())
        .collect();
    let known: BTreeSet<&str> = conf
        .processes
        .iter()
        .map(|process| process.name.as_str())
        .collect();
    let of_neighbors = conf
        .neighbors
        .iter()
        .flat_map(|one| of_neighbor(ground, one, &ours, &known));
    found.extend(once(of_neighbors));
    found
}

/// Two processes of ours with one file between them.
fn of_same_configuration(ground: &Ground<'_>) -> Vec<Finding> {
    let mut files: BTreeMap<PathBuf, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for process in ground.processes() {
        let Some(source) = run_task(process).filter(|source| !source.flags.any()) else {
            continue;
        };
        let file = source.config.unwrap_or_else(|| config::DEFAULT_PATH.into());
        let Some(first) = files.get(&file) else {
            files.insert(file, &process.name);
            continue;
        };
        let what = format!(
            "processes {first} and {} both run with {}",
            process.name,
            file.display()
        );
        let cure = "leave one out, or give it another --config";
        found.push(ground.in_conf(process.at, &SAME_CONFIG, Severity::Error, what, cure));
    }
    found
}

fn of_process(ground: &Ground<'_>, process: &Process) -> Vec<Finding> {
    let mut found = Vec::new();
    let at = |setting: Option<&Setting>| setting.map_or(process.at, |setting| setting.at);
    if process.setting("encoder").is_none() {
        let what = format!("process {} has no encoder", process.name);
        found.push(ground.in_conf(
            process.at,
            &ENCODER,
            Severity::Error,
            what,
            "add encoder text;",
        ));
    }
    let run = process.setting("run");
    let argv = process.argv();
    let Some(program) = argv.first() else {
        let what = format!("process {} runs nothing", process.name);
        found.push(ground.in_conf(
            process.at,
            &RUN_PATH,
            Severity::Error,
            what,
            "add run /usr/bin/haproxy-rhi run;",
        ));
        return found;
    };
    if !process.is_ours() {
        return found;
    }
    if !program.starts_with('/') {
        let what = format!("process {} runs '{program}', a relative path", process.name);
        found.push(ground.in_conf(
            at(run),
            &RUN_PATH,
            Severity::Warning,
            what,
            "write it from the root, such as /usr/bin/haproxy-rhi",
        ));
    }
    if argv.iter().any(|word| word == "--dry-run") {
        let what = format!(
            "process {} is a dry run, which announces nothing",
            process.name
        );
        found.push(ground.in_conf(
            at(run),
            &DRY_RUN,
            Severity::Error,
            what,
            "leave --dry-run out",
        ));
    }
    if let Some(respawn) = process
        .setting("respawn")
        .filter(|respawn| respawn.is_off())
    {
        let what = format!("process {} is not started again when it ends", process.name);
        found.push(ground.in_conf(
            respawn.at,
            &RESPAWN,
            Severity::Error,
            what,
            "leave respawn out",
        ));
    }
    if let Some(mark) = run.and_then(|run| {
        run.words
            .iter()
            .find(|word| ["[", "]", ","].iter().any(|mark| word.is(mark)))
    }) {
        let what = format!("'{}' outside quotes in the run line", mark.text);
        found.push(ground.in_conf(
            mark.at,
            &RUN_LINE,
            Severity::Error,
            what,
            "put the list into quotes, such as --as-path \"65010 65010\"",
        ));
    } else if let Some(first) = argv
        .iter()
        .position(|word| word.rsplit('/').next() == Some("haproxy-rhi"))
        && let Err(problem) = RunTask::of_line(argv.iter().skip(first).map(String::as_str))
    {
        let problem = problem.to_string();
        let what = problem
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned();
        found.push(ground.in_conf(
            at(run),
            &RUN_LINE,
            Severity::Error,
            format!("haproxy-rhi cannot use this run line: {what}"),
            "see haproxy-rhi run --help",
        ));
    }
    found
}

/// What haproxy-rhi would run with, where a run line says `run`.
pub fn run_task(process: &Process) -> Option<Source> {
    let argv = process.argv();
    let first = argv
        .iter()
        .position(|word| word.rsplit('/').next() == Some("haproxy-rhi"))?;
    Some(
        RunTask::of_line(argv.iter().skip(first).map(String::as_str))
            .ok()?
            .source,
    )
}

fn of_neighbor(
    ground: &Ground<'_>,
    neighbor: &Neighbor,
    ours: &BTreeSet<&str>,
    known: &BTreeSet<&str>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut listed = false;
    for list in neighbor.all("api/processes") {
        found.extend(without_brackets(ground, "processes", list));
        for name in list.values() {
            listed |= ours.contains(name);
            if !known.contains(name) {
                let what = format!("there is no process {name}, and ExaBGP refuses the file");
                found.push(ground.in_conf(
                    list.at,
                    &NOT_LISTED,
                    Severity::Error,
                    what,
                    "name a process of this file",
                ));
            }
        }
    }
    for list in neighbor.all("api/processes-match") {
        found.extend(without_brackets(ground, "processes-match", list));
    }
    let named_by_match = neighbor.setting("api/processes-match").is_some();
    let services = &ground.config.services;
    let is_meant = |service: &Service| service.neighbors.is_empty() || names(service, neighbor);
    if !listed && !ours.is_empty() && (services.is_empty() || services.iter().any(is_meant)) {
        let name = ours.iter().next().copied().unwrap_or("haproxy-rhi");
        let what = match named_by_match {
            true => format!(
                "neighbor {} names haproxy-rhi by processes-match at most, and such a process is told no neighbor-changes",
                neighbor.name
            ),
            false => {
                format!(
                    "neighbor {} does not list process {name}, and gets no route of its",
                    neighbor.name
                )
            }
        };
        let severity = if named_by_match {
            Severity::Warning
        } else {
            Severity::Error
        };
        let at = neighbor
            .setting("api/processes")
            .map_or(neighbor.at, |list| list.at);
        found.push(ground.in_conf(
            at,
            &NOT_LISTED,
            severity,
            what,
            format!("add api {{ processes [ {name} ]; neighbor-changes; }}"),
        ));
    } else if listed && neighbor.is_on("api/neighbor-changes") != Some(true) {
        let at = neighbor
            .setting("api/processes")
            .map_or(neighbor.at, |list| list.at);
        found.push(ground.in_conf(
            at,
            &NO_CHANGES,
            Severity::Warning,
            "no neighbor-changes beside processes".to_owned(),
            "add neighbor-changes;",
        ));
    }
    found.extend(not_written(ground, neighbor));
    if neighbor.is_on("adj-rib-out") == Some(false) {
        let (_, at) = neighbor.value("adj-rib-out");
        found.push(ground.in_conf(
            at,
            &ADJ_RIB_OUT,
            Severity::Warning,
            "adj-rib-out is off".to_owned(),
            "write adj-rib-out true;, or leave it out",
        ));
    }
    for (name, at) in &neighbor.overruled {
        let what = format!(
            "{name} here has no effect, since a template that neighbor {} inherits has another",
            neighbor.name
        );
        found.push(ground.in_conf(
            *at,
            &OVERRULED,
            Severity::Warning,
            what,
            "leave it in one place",
        ));
    }
    neighbor
        .routes
        .iter()
        .for_each(|route| found.extend(of_route(ground, route)));
    found
}

fn without_brackets(ground: &Ground<'_>, word: &str, list: &Setting) -> Option<Finding> {
    let is_at = |word: Option<&Token>, mark| word.is_some_and(|word| word.text == mark);
    if is_at(list.words.first(), "[") && list.words.iter().any(|word| word.text == "]") {
        return None;
    }
    let (what, name) = match list.value() {
        "" => (format!("{word} names no process"), "haproxy-rhi"),
        name => (format!("{word} {name} is not between '[' and ']'"), name),
    };
    let what = format!("{what}, and ExaBGP refuses the file");
    let cure = format!("write {word} [ {name} ];");
    Some(ground.in_conf(list.at, &NOT_LISTED, Severity::Error, what, cure))
}

fn not_written<'all>(
    ground: &'all Ground<'_>,
    neighbor: &'all Neighbor,
) -> impl Iterator<Item = Finding> + 'all {
    ["local-address", "local-as", "peer-as"]
        .into_iter()
        .filter_map(|key| {
            let (value, at) = neighbor.value(key);
            value.is_none_or(|value| value == "auto").then(|| {
                let name = &neighbor.name;
                let what = match value {
                    Some(auto) => {
                        format!("neighbor {name} has {key} {auto}, and ExaBGP 4.2 refuses the file")
                    }
                    None if key == "local-address" => {
                        format!("neighbor {name} has no {key}, and ExaBGP 4.2 refuses the file")
                    }
                    None => format!("neighbor {name} has no {key}, and ExaBGP refuses the file"),
                };
                // 5.0 takes the address of the session where nothing is said.
                let (rule, severity) = match value {
                    None if key != "local-address" => (&SYNTAX, Severity::Error),
                    _ => (&NOT_WRITTEN, Severity::Warning),
                };
                ground.in_conf(
                    at,
                    rule,
                    severity,
                    what,
                    format!("write it out: {key} ...;"),
                )
            })
        })
}

fn of_route(ground: &Ground<'_>, route: &StaticRoute) -> Vec<Finding> {
    let mut found = Vec::new();
    let empty_path = route.words.iter().enumerate().any(|(index, word)| {
        word.text == "as-path"
            && route
                .words
                .get(index + 1)
                .is_none_or(|next| next.text.chars().any(char::is_alphabetic))
    });
    if empty_path {
        found.push(ground.in_conf(
            route.at,
            &SYNTAX,
            Severity::Error,
            format!("static route {}: as-path without a value", route.prefix),
            "leave the word out, or write as-path [ 65010 ]",
        ));
    }
    let Ok(prefix) = route.prefix.parse::<IpNet>().or_else(|_| {
        route
            .prefix
            .parse()
            .map(|address: std::net::IpAddr| IpNet::from(address))
    }) else {
        return found;
    };
    if prefix.prefix_len() == 0 {
        found.push(ground.in_conf(
            route.at,
            &DEFAULT_ROUTE,
            Severity::Error,
            format!("static route {prefix} is a default route"),
            "name the prefixes that are meant",
        ));
        return found;
    }
    for service in &ground.config.services {
        for (managed, _) in &service.prefixes {
            let Ok(managed) = managed.to_string().parse::<IpNet>() else {
                continue;
            };
            if managed == prefix || managed.contains(&prefix) {
                let what = format!(
                    "static route {prefix}: service {} manages {managed}, and this stays when that is withdrawn",
                    service.name
                );
                found.push(ground.in_conf(
                    route.at,
                    &STATIC_ROUTE,
                    Severity::Error,
                    what,
                    "remove the static route",
                ));
            } else if prefix.contains(&managed) {
                let what = format!(
                    "static route {prefix} covers {managed} of service {}, so that clients still come here when that is withdrawn everywhere",
                    service.name
                );
                found.push(ground.in_conf(
                    route.at,
                    &STATIC_ROUTE,
                    Severity::Note,
                    what,
                    "leave it if it is meant as the last resort",
                ));
            }
        }
    }
    found
}
