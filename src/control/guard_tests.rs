//! Which services would get worse.

use super::*;
use crate::config;
use crate::observation::{BackendRow, Finding, Reading, ServerRow, Trouble};
use ServerState::{Down, Drain, Unchecked, Unresolved, Usable, Weightless};

type Rows<'text> = &'text [(&'text str, ServerState)];

/// A name that ends in `.backup` is a backup server; one with `->` follows what comes after it.
fn row((name, state): &(&str, ServerState)) -> ServerRow {
    let (name, leader) = name
        .split_once("->")
        .map_or((*name, None), |(name, leader)| (name, Some(leader)));
    let words = match state {
        Usable | Unchecked | Weightless => "UP",
        Drain => "DRAIN",
        Unresolved => "MAINT (resolution)",
        _ => "DOWN L4CON",
    };
    ServerRow {
        name: name.to_owned(),
        backup: name.ends_with(".backup"),
        weight: u32::from(*state != Weightless),
        state: *state,
        words: words.to_owned(),
        tracks: leader
            .and_then(|leader| leader.split_once('/'))
            .map(|(a, b)| (a.to_owned(), b.to_owned())),
        remembered: None,
    }
}

fn backend(rows: Rows<'_>) -> Proxy {
    let servers: Vec<ServerRow> = rows.iter().map(row).collect();
    let usable = servers
        .iter()
        .filter(|row| row.weight > 0 && row.words == "UP")
        .count() as u32;
    let status = if usable > 0 { "UP" } else { "DOWN" }.to_owned();
    Proxy {
        frontend: None,
        backend: Some(BackendRow { status, usable }),
        servers,
    }
}

fn seen(backends: &[(&str, Rows<'_>)]) -> Observation {
    let mut proxies: std::collections::BTreeMap<String, Proxy> = backends
        .iter()
        .map(|(name, rows)| ((*name).to_owned(), backend(rows)))
        .collect();
    proxies.insert(
        "http_front".to_owned(),
        Proxy {
            frontend: Some("OPEN".to_owned()),
            ..Proxy::default()
        },
    );
    let snapshot = Snapshot {
        process: None,
        proxies,
    };
    Observation {
        haproxy: Some(Reading {
            at: std::time::Instant::now(),
            what: Ok(snapshot),
        }),
        ..Observation::default()
    }
}

/// A service of each name, with these levels' conditions, best first.
fn services(services: &[(&str, &[&str])]) -> Config {
    let one = |at: usize, (name, levels): &(&str, &[&str])| {
        let levels: Vec<String> = levels
            .iter()
            .enumerate()
            .map(|(level, when)| format!(r#"{{"name": "level{level}", "when": {when}}}"#))
            .collect();
        format!(
            r#""{name}": {{"prefixes": ["192.0.2.{at}/32"], "next_hop": "198.51.100.1", "require_address": false, "levels": [{}]}}"#,
            levels.join(", ")
        )
    };
    let services: Vec<String> = services
        .iter()
        .enumerate()
        .map(|(at, service)| one(at, service))
        .collect();
    config::parse(&format!(r#"{{"services": {{{}}}}}"#, services.join(", "))).unwrap()
}

fn leaving(names: &[&str]) -> Leaving {
    let server = |name: &&str| {
        name.split_once('/')
            .and_then(|(backend, server)| ServerName::of(backend, server))
    };
    let frontends = names
        .iter()
        .filter(|name| !name.contains('/'))
        .map(|name| name.parse().unwrap());
    Leaving {
        servers: names.iter().filter_map(server).collect(),
        frontends: frontends.collect(),
    }
}

/// Each service that gets worse: its name, its level now, and its level then; `?` where the result is not certain.
fn told(config: &Config, seen: &Observation, names: &[&str]) -> Vec<String> {
    let Some(Reading {
        what: Ok(snapshot),
        at,
    }) = &seen.haproxy
    else {
        panic!("nothing was seen")
    };
    let (after, proxies) = without(snapshot, &leaving(names), ServerWish::Maint);
    let after = Observation {
        haproxy: Some(Reading {
            at: *at,
            what: Ok(after),
        }),
        ..seen.clone()
    };
    let word = |level: &Option<String>| level.clone().unwrap_or("none".to_owned());
    effects(concerned(config, &proxies), seen, &after)
        .iter()
        .map(|effect| {
            let perhaps = if effect.perhaps { "?" } else { "" };
            format!(
                "{} {} {}{perhaps}",
                effect.service,
                word(&effect.now),
                word(&effect.then)
            )
        })
        .collect()
}

const ONE: &str = r#"{"backend": {"name": "be"}}"#;
const TWO: &str = r#"{"backend": {"name": "be", "min_active": 2}}"#;
const NOTHING: Vec<String> = Vec::new();

#[test]
fn the_last_healthy_server_is_a_loss_and_one_of_two_is_none() {
    let config = services(&[("web", &[ONE])]);
    let seen = seen(&[("be", &[("a", Usable), ("b", Usable), ("c", Down)])]);
    assert_eq!(told(&config, &seen, &["be/a"]), NOTHING);
    assert_eq!(told(&config, &seen, &["be/b"]), NOTHING);
    assert_eq!(
        told(&config, &seen, &["be/a", "be/b"]),
        ["web level0 none"],
        "all that is named counts together"
    );
    assert_eq!(
        told(&config, &seen, &["be/a", "be/b", "be/c"]),
        ["web level0 none"]
    );
}

#[test]
fn a_level_that_gets_worse_is_told_and_is_no_loss() {
    let config = services(&[("web", &[TWO, ONE])]);
    let seen = seen(&[("be", &[("a", Usable), ("b", Usable)])]);
    assert_eq!(told(&config, &seen, &["be/a"]), ["web level0 level1"]);
    assert_eq!(told(&config, &seen, &["be/a", "be/b"]), ["web level0 none"]);
}

#[test]
fn a_share_and_a_weight_are_counted_as_the_running_half_counts_them() {
    let share = r#"{"backend": {"name": "be", "min_percent": 50}}"#;
    let weight = r#"{"backend": {"name": "be", "min_weight": 3}}"#;
    let config = services(&[("share", &[share]), ("weight", &[weight])]);
    let seen = seen(&[(
        "be",
        &[
            ("a", Usable),
            ("b", Usable),
            ("c", Usable),
            ("d", Down),
            ("e", Unresolved),
        ],
    )]);
    assert_eq!(told(&config, &seen, &["be/a"]), ["weight level0 none"]);
    assert_eq!(
        told(&config, &seen, &["be/a", "be/b"]),
        ["share level0 none", "weight level0 none"]
    );
    assert_eq!(
        told(&config, &seen, &["be/e"]),
        NOTHING,
        "a slot without an address is no server"
    );
}

#[test]
fn what_gives_nothing_costs_nothing() {
    let config = services(&[("web", &[ONE])]);
    let seen = seen(&[(
        "be",
        &[("a", Usable), ("b", Down), ("c", Drain), ("d", Weightless)],
    )]);
    assert_eq!(told(&config, &seen, &["be/b", "be/c", "be/d"]), NOTHING);
    assert_eq!(told(&config, &seen, &["be/b", "be/a"]), ["web level0 none"]);
}

#[test]
fn a_backup_server_does_not_keep_a_service_that_does_not_count_it() {
    let counted = r#"{"backend": {"name": "be", "count_backup": true}}"#;
    let config = services(&[("strict", &[ONE]), ("lenient", &[counted])]);
    let seen = seen(&[("be", &[("a", Usable), ("b.backup", Usable)])]);
    assert_eq!(told(&config, &seen, &["be/a"]), ["strict level0 none"]);
    assert_eq!(told(&config, &seen, &["be/b.backup"]), NOTHING);
}

#[test]
fn the_servers_that_follow_one_go_out_with_it() {
    let other = r#"{"backend": {"name": "other"}}"#;
    let config = services(&[("web", &[ONE]), ("api", &[other])]);
    let seen = seen(&[
        ("be", &[("a", Usable), ("b", Usable)]),
        ("far", &[("x->be/a", Usable)]),
        ("other", &[("y->far/x", Usable), ("z", Down)]),
    ]);
    assert_eq!(told(&config, &seen, &["be/a"]), ["api level0 none"]);
    assert_eq!(told(&config, &seen, &["be/b"]), NOTHING);
    let Some(Reading {
        what: Ok(snapshot), ..
    }) = &seen.haproxy
    else {
        panic!("nothing was seen")
    };
    assert_eq!(
        followers(snapshot, &leaving(&["be/a"])),
        ["far/x", "other/y"]
    );
    assert_eq!(
        followers(snapshot, &leaving(&["be/a", "far/x", "other/y"])),
        NOTHING
    );
}

#[test]
fn a_loop_of_servers_that_follow_each_other_ends() {
    let seen = seen(&[("be", &[("a->be/b", Usable), ("b->be/a", Usable)])]);
    assert_eq!(
        told(&services(&[("web", &[ONE])]), &seen, &["be/a"]),
        ["web none none"]
    );
}

#[test]
fn a_service_that_is_down_has_nothing_to_lose() {
    let config = services(&[("web", &[TWO])]);
    let seen = seen(&[("be", &[("a", Usable), ("b", Down)])]);
    assert_eq!(told(&config, &seen, &["be/a"]), NOTHING);
}

#[test]
fn a_server_that_was_not_checked_yet_keeps_nothing_for_certain() {
    let config = services(&[("web", &[ONE])]);
    let seen = seen(&[("be", &[("a", Usable), ("b", Unchecked), ("c", Unchecked)])]);
    assert_eq!(told(&config, &seen, &["be/a"]), ["web level0 none?"]);
    assert_eq!(told(&config, &seen, &["be/b"]), NOTHING);
    assert_eq!(
        told(&config, &seen, &["be/a", "be/b", "be/c"]),
        ["web level0 none"]
    );
}

#[test]
fn a_service_that_cannot_be_told_is_not_made_worse() {
    let config = services(&[("web", &[ONE])]);
    let seen = seen(&[("be", &[("a", Unchecked), ("b", Unchecked)])]);
    assert_eq!(
        told(&config, &seen, &["be/a"]),
        ["web none none?"],
        "the other one may turn out to be dead"
    );
    assert_eq!(told(&config, &seen, &["be/a", "be/b"]), ["web none none"]);
}

#[test]
fn what_cannot_be_told_for_another_reason_is_no_obstacle() {
    let probed =
        r#"{"all": [{"command": {"argv": ["/nowhere/check"]}}, {"backend": {"name": "be"}}]}"#;
    let config = services(&[("web", &[probed])]);
    let mut seen = seen(&[("be", &[("a", Usable), ("b", Usable)])]);
    for probe in Plan::of(&config).probes {
        let what = Finding::new(None, "it cannot be run");
        seen.probes.insert(
            probe,
            Reading {
                at: std::time::Instant::now(),
                what,
            },
        );
    }
    assert_eq!(told(&config, &seen, &["be/a"]), NOTHING);
    assert_eq!(told(&config, &seen, &["be/a", "be/b"]), ["web none none"]);
}

#[test]
fn what_holds_for_certain_is_enough() {
    let probed =
        r#"{"all": [{"command": {"argv": ["/nowhere/check"]}}, {"backend": {"name": "be"}}]}"#;
    let config = services(&[("web", &[probed, TWO, ONE])]);
    let seen = seen(&[("be", &[("a", Usable), ("b", Usable)])]);
    assert_eq!(told(&config, &seen, &["be/a"]), ["web none level2?"]);
}

#[test]
fn a_frontend_that_a_service_asks_for_is_a_loss() {
    let front = r#"{"all": [{"backend": {"name": "be"}}, {"frontend": {"name": "http_front"}}]}"#;
    let config = services(&[("web", &[front]), ("other", &[ONE])]);
    let seen = seen(&[("be", &[("a", Usable)])]);
    assert_eq!(told(&config, &seen, &["http_front"]), ["web level0 none"]);
}

#[test]
fn a_service_that_does_not_look_at_what_leaves_is_not_looked_at() {
    let config = services(&[
        ("web", &[ONE]),
        ("api", &[r#"{"backend": {"name": "other"}}"#]),
    ]);
    let seen = seen(&[
        ("be", &[("a", Usable)]),
        ("other", &[("a", Usable)]),
        ("third", &[("a", Usable)]),
    ]);
    assert_eq!(told(&config, &seen, &["be/a"]), ["web level0 none"]);
    assert_eq!(told(&config, &seen, &["third/a"]), NOTHING);
}

#[test]
fn nothing_is_lost_by_what_haproxy_does_not_have() {
    let config = services(&[("web", &[ONE])]);
    let seen = seen(&[("be", &[("a", Usable)])]);
    assert_eq!(
        told(&config, &seen, &["be/x", "nope/a", "nofront"]),
        NOTHING
    );
}

#[test]
fn the_words_name_the_service_its_level_its_prefixes_and_the_reason() {
    let config = services(&[("web", &[ONE])]);
    let seen = seen(&[("be", &[("a", Usable), ("b", Down)])]);
    let Some(Reading {
        what: Ok(snapshot),
        at,
    }) = &seen.haproxy
    else {
        panic!("nothing was seen")
    };
    let (after, _) = without(snapshot, &leaving(&["be/a"]), ServerWish::Drain);
    let after = Observation {
        haproxy: Some(Reading {
            at: *at,
            what: Ok(after),
        }),
        ..seen.clone()
    };
    let effects = effects(&config.services, &seen, &after);
    assert!(effects[0].is_loss());
    assert_eq!(
        effects[0].words(),
        "service web would have no level any more (now 'level0', 192.0.2.0/32): be: 0 of 2 servers up: b DOWN L4CON, a DRAIN"
    );
    let gone = Observation {
        haproxy: Some(Reading {
            at: *at,
            what: Err(Trouble::Gone("no socket".to_owned())),
        }),
        ..Observation::default()
    };
    assert_eq!(super::effects(&config.services, &gone, &gone), Vec::new());
}
