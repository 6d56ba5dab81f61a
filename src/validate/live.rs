//! The configuration against the running HAProxy: whether each proxy and server that a condition names is there, and
//! whether a level names the frontend that leads to its backend.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::config::Config;
use crate::haproxy_cfg::{Outline, texts_of};
use crate::observation::{Observation, Snapshot, Trouble};
use crate::observe;
use crate::program::Plan;
use crate::value::nearest;

use super::doors;
use super::ground::{Ground, place};
use super::logged;
use super::names::{Named, Proxies, named};
use super::page;
use super::rule::*;
use super::{servers, several};

/// A line about the HAProxy that was asked, and the findings.
///
/// # Errors
/// HAProxy cannot be asked, or not read.
pub fn findings(ground: &Ground<'_>) -> Result<(String, Vec<Finding>), Trouble> {
    let config = ground.config;
    let mut plan = Plan::of(config);
    // Only HAProxy is asked.
    plan.probes.clear();
    plan.addresses.clear();
    if plan.proxies.is_empty() {
        return Ok((
            "no condition names a backend or frontend, so HAProxy was not asked".to_owned(),
            Vec::new(),
        ));
    }
    let seen = observe::look_at_all(&plan);
    let snapshot = read(&seen)?;
    let (all, twins) = names(config);
    let several = several::finding(ground, &ask(config, "show info\n"));
    let names: Vec<Named<'_>> = config
        .services
        .iter()
        .flat_map(|service| {
            let top = place(service).key("levels");
            let levels = service.levels.iter().enumerate();
            levels.flat_map(move |(index, level)| named(&level.when, &top.index(index).key("when")))
        })
        .collect();
    let mut found: Vec<Finding> = names
        .iter()
        .filter_map(|named| missing(ground, named, snapshot, &all))
        .collect();
    let who = snapshot
        .process
        .as_ref()
        .map_or("HAProxy's stats page".to_owned(), |process| {
            format!("HAProxy {}, process {}", process.version, process.pid)
        });
    let words = if found.is_empty() {
        format!("{who}: every backend, frontend and server that a condition names is there")
    } else {
        who
    };
    found.extend(several);
    // Once, where several levels watch the same servers.
    let mut seen = BTreeSet::new();
    let of_each = names
        .iter()
        .filter(|named| seen.insert((named.proxy, &named.servers, named.count_backup)));
    found.extend(of_each.flat_map(|named| servers::findings(ground, named, snapshot)));
    let mut told = BTreeSet::new();
    let of_two = names
        .iter()
        .filter(|named| twins.contains(named.proxy) && told.insert(named.proxy));
    found.extend(of_two.map(|named| two_of_a_name(ground, named)));
    found.extend(doors::findings(ground, snapshot.process.as_ref(), &all));
    if let Ok(texts) = texts_of(
        doors::host(&config.haproxy),
        snapshot.process.as_ref().map(|process| process.pid),
    ) {
        let outline = Outline::read(texts.iter().map(String::as_str));
        found.extend(logged::findings(ground, &names, &outline));
        found.extend(page::finding(ground, &outline));
    }
    Ok((words, found))
}

fn read(seen: &Observation) -> Result<&Snapshot, Trouble> {
    match seen.haproxy.as_ref().map(|reading| &reading.what) {
        Some(Ok(snapshot)) => Ok(snapshot),
        Some(Err(trouble)) => Err(trouble.clone()),
        None => Err(Trouble::Unreadable("HAProxy was not asked".to_owned())),
    }
}

/// A stats socket's answer; empty of a stats page.
fn ask(config: &Config, question: &str) -> Vec<u8> {
    let Some(socket) = config.haproxy.stats.socket() else {
        return Vec::new();
    };
    observe::ask(socket, question, Instant::now() + config.haproxy.timeout).unwrap_or_default()
}

/// HAProxy's proxies, and the names that a frontend and a backend share; none of a stats page.
fn names(config: &Config) -> (Proxies, BTreeSet<String>) {
    let answer = ask(config, "show stat -1 3 -1\n");
    let blocks = observe::blocks(&answer);
    let Some(block) = blocks.first() else {
        return Default::default();
    };
    let kinds = observe::table(block).unwrap_or_default().into_iter();
    let numbers = observe::numbers(block).unwrap_or_default().into_iter();
    (
        kinds
            .map(|(name, proxy)| (name, proxy.frontend.is_some(), proxy.backend.is_some()))
            .collect(),
        numbers
            .filter(|(_, numbers)| numbers.len() > 1)
            .map(|(name, _)| name)
            .collect(),
    )
}

fn two_of_a_name(ground: &Ground<'_>, named: &Named<'_>) -> Finding {
    let what = format!(
        "HAProxy has a frontend and a backend '{}'; this is the {}",
        named.proxy,
        named.kind()
    );
    let cure = "nothing, or give them two names in haproxy.cfg";
    ground.in_config(&named.place.key("name"), note(&TWO_OF_A_NAME, what, cure))
}

fn missing(
    ground: &Ground<'_>,
    named: &Named<'_>,
    snapshot: &Snapshot,
    all: &Proxies,
) -> Option<Finding> {
    let kind = named.kind();
    let proxy = snapshot.proxies.get(named.proxy);
    let there = proxy.is_some_and(|proxy| {
        if named.frontend {
            proxy.frontend.is_some()
        } else {
            proxy.backend.is_some()
        }
    });
    if !there {
        let others: Vec<&str> = all
            .iter()
            .filter(|(_, front, back)| if named.frontend { *front } else { *back })
            .map(|(name, ..)| name.as_str())
            .collect();
        let what = format!("HAProxy has no {kind} '{}'", named.proxy);
        let cure = cure(kind, named.proxy, &others);
        return Some(ground.in_config(&named.place.key("name"), error(&NO_SUCH_PROXY, what, cure)));
    }
    let servers: Vec<&str> = proxy
        .map(|proxy| proxy.servers.iter().map(|row| row.name.as_str()).collect())
        .unwrap_or_default();
    let (index, gone) = named
        .servers
        .iter()
        .enumerate()
        .find(|(_, name)| !servers.contains(name))?;
    let what = format!("HAProxy's backend '{}' has no server '{gone}'", named.proxy);
    let place = named.place.key("servers").index(index);
    Some(ground.in_config(
        &place,
        error(&NO_SUCH_SERVER, what, cure("server", gone, &servers)),
    ))
}

/// The name that was perhaps meant, then the known names.
fn cure(kind: &str, wanted: &str, known: &[&str]) -> String {
    let close = nearest(wanted, known.iter().copied());
    let mut list: Vec<&str> = known.to_vec();
    list.truncate(12);
    match (close, list.is_empty()) {
        (Some(close), _) => format!("is '{close}' meant? its {kind}s: {}", list.join(", ")),
        (None, true) => format!("name a {kind} of HAProxy's"),
        (None, false) => format!("its {kind}s: {}", list.join(", ")),
    }
}
