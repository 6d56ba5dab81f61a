//! What is wrong with an exabgp.conf wherever it runs. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use super::ground::{Ground, names};
use super::rule::*;
use crate::config::{self, Service, Source};
use crate::daemon::RunTask;
use crate::exabgp_conf::{
    IS_JSON, Neighbor, Process, Refused, SIX_DOES, Setting, StaticRoute, Token,
};

const ASK: &str = "ask ExaBGP itself with exabgp --validate (4.2), exabgp validate (5.0) or exabgp configuration validate (6)";

/// The most slips in a name that is taken for haproxy-rhi, misspelled.
const SLIPS: usize = 2;

/// All findings.
pub fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let Some((_, conf)) = &ground.conf else {
        return Vec::new();
    };
    let mut found: Vec<Finding> = Vec::new();
    for fault in &conf.faults {
        let ask = match fault.what.as_str() {
            IS_JSON => "name ExaBGP's own file, such as /etc/exabgp/exabgp.conf",
            what if what.ends_with(SIX_DOES) => {
                "leave it out, or run ExaBGP 6 (validate --exabgp 6)"
            }
            // The fault has a cure of its own, after the semicolon.
            what if what.contains("; ") => ASK,
            _ => {
                "correct it; ask ExaBGP itself with exabgp --validate (4.2), exabgp validate (5.0) or exabgp configuration validate (6)"
            }
        };
        let (rule, severity, cure) = match fault.refused {
            Refused::ByBoth => (&SYNTAX, Severity::Error, ask),
            Refused::By4_2 => (
                &ONLY_5,
                Severity::Warning,
                "leave it out, or run ExaBGP 5.0",
            ),
            Refused::ByNone => (
                &PASSED_OVER,
                match fault.breaks {
                    true => Severity::Error,
                    false => Severity::Warning,
                },
                "correct it; ExaBGP says nothing of it",
            ),
        };
        found.push(ground.in_conf(fault.at, said(rule, severity, fault.what.clone(), cure)));
    }
    if conf.is_broken() {
        return found;
    }
    let slips: Vec<Finding> = conf
        .processes
        .iter()
        .filter_map(|process| misspelled(ground, process))
        .collect();
    if ground.processes().next().is_none() && slips.is_empty() {
        let cure = "add a process section with run /usr/bin/haproxy-rhi run; and encoder text;";
        found.push(Finding {
            at: None,
            ..ground.in_conf(
                Default::default(),
                error(&NO_PROCESS, "no process runs haproxy-rhi", cure),
            )
        });
    }
    found.extend(slips);
    for process in &conf.processes {
        found.extend(of_process(ground, process));
    }
    found.extend(of_same_configuration(ground));
    fn name(process: &Process) -> &str {
        &process.name
    }
    let names = Names {
        known: conf.processes.iter().map(name).collect(),
        ours: ground.processes().map(name).collect(),
    };
    let neighbors = conf.neighbors.iter();
    let of_neighbors = neighbors.flat_map(|one| of_neighbor(ground, one, &names));
    found.extend(once(of_neighbors));
    found
}

/// A program whose name is haproxy-rhi with a slip or two.
fn misspelled(ground: &Ground<'_>, process: &Process) -> Option<Finding> {
    let argv = process.argv();
    let program = argv.first().filter(|_| !process.is_ours())?;
    let (folder, name) = program.rsplit_once('/').unwrap_or(("", program));
    if !(1..=SLIPS).contains(&strsim::osa_distance(name, "haproxy-rhi")) {
        return None;
    }
    let what = format!(
        "process {} runs '{program}', which is not haproxy-rhi",
        process.name
    );
    let at = process.setting("run").map_or(process.at, |run| run.at);
    let folder = if folder.is_empty() {
        "/usr/bin"
    } else {
        folder
    };
    let cure = format!("did you mean '{folder}/haproxy-rhi'?");
    Some(ground.in_conf(at, error(&NO_PROCESS, what, cure)))
}

/// Two haproxy-rhi processes with one configuration file.
fn of_same_configuration(ground: &Ground<'_>) -> Vec<Finding> {
    let mut files: BTreeMap<PathBuf, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for process in ground.processes() {
        let Some(source) = run_task(process).filter(|source| source.flags.is_none()) else {
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
        found.push(ground.in_conf(process.at, error(&SAME_CONFIG, what, cure)));
    }
    found
}

fn of_process(ground: &Ground<'_>, process: &Process) -> Vec<Finding> {
    let name = &process.name;
    let mut found = Vec::new();
    if process.setting("encoder").is_none() {
        let what = format!("process {name} has no encoder");
        found.push(ground.in_conf(process.at, error(&ENCODER, what, "add encoder text;")));
    }
    let argv = process.argv();
    let Some(program) = argv.first() else {
        let said = error(
            &RUN_PATH,
            format!("process {name} runs nothing"),
            "add run /usr/bin/haproxy-rhi run;",
        );
        found.push(ground.in_conf(process.at, said));
        return found;
    };
    if process.is_ours() {
        let at = process.setting("run").map_or(process.at, |run| run.at);
        let here = |said| ground.in_conf(at, said);
        found.extend(of_program(process, program, &argv).into_iter().map(here));
        found.extend(of_respawn(ground, process));
        found.extend(of_run_line(ground, process, &argv));
    }
    found
}

fn of_program(process: &Process, program: &str, argv: &[String]) -> Vec<Said> {
    let name = &process.name;
    let mut found = Vec::new();
    if !program.starts_with('/') {
        let what = format!("process {name} runs '{program}', a relative path");
        let cure = "write it from the root, such as /usr/bin/haproxy-rhi";
        found.push(warning(&RUN_PATH, what, cure));
    }
    if argv.iter().any(|word| word == "--dry-run") {
        let what = format!("process {name} is a dry run, which announces nothing");
        found.push(error(&DRY_RUN, what, "leave --dry-run out"));
    }
    found
}

fn of_respawn(ground: &Ground<'_>, process: &Process) -> Option<Finding> {
    let respawn = process
        .setting("respawn")
        .filter(|respawn| respawn.is_off())?;
    let what = format!("process {} is not started again when it ends", process.name);
    Some(ground.in_conf(respawn.at, error(&RESPAWN, what, "leave respawn out")))
}

fn of_run_line(ground: &Ground<'_>, process: &Process, argv: &[String]) -> Option<Finding> {
    let run = process.setting("run");
    let is_mark = |word: &&Token| ["[", "]", ","].iter().any(|mark| word.is(mark));
    if let Some(mark) = run.and_then(|run| run.words.iter().find(is_mark)) {
        let what = format!("'{}' outside quotes in the run line", mark.text);
        let cure = "put the list into quotes, such as --as-path \"65010 65010\"";
        return Some(ground.in_conf(mark.at, error(&RUN_LINE, what, cure)));
    }
    let problem = parsed(argv)?.err()?.to_string();
    let first = problem.lines().next().unwrap_or_default();
    let first = first.trim_start_matches("error: ");
    let what = format!("haproxy-rhi cannot use this run line: {first}");
    let at = run.map_or(process.at, |run| run.at);
    Some(ground.in_conf(at, error(&RUN_LINE, what, "see haproxy-rhi run --help")))
}

/// The words from haproxy-rhi on, as haproxy-rhi reads them.
fn parsed(argv: &[String]) -> Option<Result<RunTask, clap::Error>> {
    let is_ours = |word: &String| word.rsplit('/').next() == Some("haproxy-rhi");
    let first = argv.iter().position(is_ours)?;
    Some(RunTask::of_line(
        argv.iter().skip(first).map(String::as_str),
    ))
}

/// What haproxy-rhi would run with, where a run line says `run`.
pub fn run_task(process: &Process) -> Option<Source> {
    Some(parsed(&process.argv())?.ok()?.source)
}

/// The processes of exabgp.conf by name: all, and those that run haproxy-rhi.
struct Names<'conf> {
    known: BTreeSet<&'conf str>,
    ours: BTreeSet<&'conf str>,
}

fn of_neighbor(ground: &Ground<'_>, neighbor: &Neighbor, names: &Names<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for list in neighbor.all("api/processes") {
        found.extend(without_brackets(ground, "processes", list));
        for name in list.values().filter(|name| !names.known.contains(name)) {
            let what = format!("there is no process {name}, and ExaBGP refuses the file");
            let said = error(&NOT_LISTED, what, "name a process of this file");
            found.push(ground.in_conf(list.at, said));
        }
    }
    for list in neighbor.all("api/processes-match") {
        found.extend(without_brackets(ground, "processes-match", list));
    }
    let list = neighbor.setting("api/processes");
    let at = list.map_or(neighbor.at, |list| list.at);
    found.extend(of_list(ground, neighbor, names).map(|said| ground.in_conf(at, said)));
    found.extend(not_written(ground, neighbor));
    if neighbor.is_on("adj-rib-out") == Some(false) {
        let (_, at) = neighbor.value("adj-rib-out");
        let cure = "write adj-rib-out true;, or leave it out";
        found.push(ground.in_conf(at, warning(&ADJ_RIB_OUT, "adj-rib-out is off", cure)));
    }
    for (name, at) in &neighbor.overruled {
        let what = format!(
            "{name} here has no effect, since a template that neighbor {} inherits has another",
            neighbor.name
        );
        let said = warning(&OVERRULED, what, "leave it in one place");
        found.push(ground.in_conf(*at, said));
    }
    let routes = neighbor.routes.iter();
    found.extend(routes.flat_map(|route| of_route(ground, route)));
    found
}

/// Whether a neighbor lists haproxy-rhi, and has `neighbor-changes`.
fn of_list(ground: &Ground<'_>, neighbor: &Neighbor, names: &Names<'_>) -> Option<Said> {
    let listed = neighbor.all("api/processes").flat_map(Setting::values);
    let is_listed = listed.into_iter().any(|name| names.ours.contains(name));
    if is_listed {
        let tells = neighbor.is_on("api/neighbor-changes") == Some(true);
        let what = "no neighbor-changes beside processes";
        return (!tells).then(|| warning(&NO_CHANGES, what, "add neighbor-changes;"));
    }
    let ours = names.ours.iter().next()?;
    let services = &ground.config.services;
    let is_meant =
        |service: &Service| service.neighbors.is_empty() || self::names(service, neighbor);
    if !services.is_empty() && !services.iter().any(is_meant) {
        return None;
    }
    let name = &neighbor.name;
    let cure = format!("add api {{ processes [ {ours} ]; neighbor-changes; }}");
    if neighbor.setting("api/processes-match").is_some() {
        let what = format!(
            "neighbor {name} names haproxy-rhi by processes-match at most, and such a process is told no neighbor-changes"
        );
        return Some(warning(&NOT_LISTED, what, cure));
    }
    let what = format!("neighbor {name} does not list process {ours}, and gets no route of its");
    Some(error(&NOT_LISTED, what, cure))
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
    Some(ground.in_conf(list.at, error(&NOT_LISTED, what, cure)))
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
                // Without a local-address, 5.0 takes the session's.
                let (rule, severity) = match value {
                    None if key != "local-address" => (&SYNTAX, Severity::Error),
                    _ => (&NOT_WRITTEN, Severity::Warning),
                };
                ground.in_conf(
                    at,
                    said(rule, severity, what, format!("write it out: {key} ...;")),
                )
            })
        })
}

fn of_route(ground: &Ground<'_>, route: &StaticRoute) -> Vec<Finding> {
    let here = |said| ground.in_conf(route.at, said);
    let mut found: Vec<Finding> = of_path(route).map(here).into_iter().collect();
    let address = || {
        route
            .prefix
            .parse()
            .map(|address: IpAddr| IpNet::from(address))
    };
    let Ok(prefix) = route.prefix.parse::<IpNet>().or_else(|_| address()) else {
        return found;
    };
    if prefix.prefix_len() == 0 {
        let what = format!("static route {prefix} is a default route");
        found.push(here(error(
            &DEFAULT_ROUTE,
            what,
            "name the prefixes that are meant",
        )));
        return found;
    }
    for service in &ground.config.services {
        let managed = service.prefixes.iter();
        let managed = managed.filter_map(|(prefix, _)| prefix.to_string().parse::<IpNet>().ok());
        let of = managed.filter_map(|managed| covers(prefix, managed, &service.name));
        found.extend(of.map(here));
    }
    found
}

fn of_path(route: &StaticRoute) -> Option<Said> {
    let is_word = |token: &Token| token.text.chars().any(char::is_alphabetic);
    let is_empty = route.words.iter().enumerate().any(|(index, word)| {
        word.text == "as-path" && route.words.get(index + 1).is_none_or(is_word)
    });
    let what = format!("static route {}: as-path without a value", route.prefix);
    let cure = "leave the word out, or write as-path [ 65010 ]";
    is_empty.then(|| error(&SYNTAX, what, cure))
}

/// A static route beside a prefix that a service manages.
fn covers(prefix: IpNet, managed: IpNet, service: &str) -> Option<Said> {
    if managed.contains(&prefix) {
        let what = format!(
            "static route {prefix}: service {service} manages {managed}, and this stays when that is withdrawn"
        );
        return Some(error(&STATIC_ROUTE, what, "remove the static route"));
    }
    let what = format!(
        "static route {prefix} covers {managed} of service {service}, so that clients still come here when that is withdrawn everywhere"
    );
    let cure = "leave it if it is meant as the last resort";
    prefix
        .contains(&managed)
        .then(|| note(&STATIC_ROUTE, what, cure))
}
