//! Kleene's three values: what is unknown decides nothing that it could not overturn.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use haproxy_rhi::condition::{Condition, Probe};
use haproxy_rhi::observation::{
    BackendRow, Finding, Observation, Proxy, Reading, ServerRow, ServerState, Snapshot,
};
use haproxy_rhi::program::Plan;
use haproxy_rhi::verdict::{Past, Truth, verdict};
use proptest::prelude::*;

const LEAVES: usize = 4;

fn leaf() -> impl Strategy<Value = String> {
    (0..LEAVES).prop_map(|leaf| format!(r#"{{"file": {{"path": "/run/{leaf}"}}}}"#))
}

/// A condition's JSON, so that what is tested is what can be written.
fn condition() -> impl Strategy<Value = String> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 1..5);
        prop_oneof![
            list.clone()
                .prop_map(|list| format!(r#"{{"all": [{}]}}"#, list.join(", "))),
            list.clone()
                .prop_map(|list| format!(r#"{{"any": [{}]}}"#, list.join(", "))),
            (1usize..5, list).prop_map(|(count, list)| format!(
                r#"{{"at_least": {{"count": {count}, "of": [{}]}}}}"#,
                list.join(", ")
            )),
            inner.prop_map(|inner| format!(r#"{{"not": {inner}}}"#)),
        ]
    })
}

fn parsed(json: &str) -> Condition {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn found() -> impl Strategy<Value = Vec<Option<bool>>> {
    proptest::collection::vec(proptest::option::of(any::<bool>()), LEAVES)
}

fn truth(json: &str, found: &[Option<bool>]) -> Truth {
    let at = Instant::now();
    let probes: BTreeMap<Probe, Reading<Finding>> = probes()
        .into_iter()
        .zip(found)
        .map(|(probe, holds)| {
            (
                probe,
                Reading {
                    at,
                    what: Finding::new(*holds, ""),
                },
            )
        })
        .collect();
    verdict(
        &parsed(json),
        &Observation {
            probes,
            ..Observation::default()
        },
        Past::none(),
    )
    .truth
}

/// The probes of the leaves, in their order.
fn probes() -> Vec<Probe> {
    let leaves: Vec<String> = (0..LEAVES)
        .map(|leaf| format!(r#"{{"file": {{"path": "/run/{leaf}"}}}}"#))
        .collect();
    let text = format!(
        r#"{{"services": {{"web": {{"prefixes": ["9.9.9.9/32"], "next_hop": "192.0.2.1",
        "levels": [{{"name": "up", "when": {{"all": [{}]}}}}]}}}}}}"#,
        leaves.join(", ")
    );
    Plan::of(&haproxy_rhi::config::parse(&text).unwrap())
        .probes
        .into_iter()
        .collect()
}

fn not(json: &str) -> String {
    format!(r#"{{"not": {json}}}"#)
}

fn joined(word: &str, list: &[String]) -> String {
    format!(r#"{{"{word}": [{}]}}"#, list.join(", "))
}

fn state() -> impl Strategy<Value = ServerState> {
    use ServerState::*;
    proptest::sample::select(vec![
        Usable, Usable, Unchecked, Unchecked, Maint, Drain, Unresolved, Weightless, Down,
    ])
}

fn servers() -> impl Strategy<Value = Vec<(ServerState, bool, u32)>> {
    proptest::collection::vec((state(), any::<bool>(), 1u32..5), 0..6)
}

fn rule() -> impl Strategy<Value = String> {
    let number = || proptest::option::of(1u32..6);
    (
        number(),
        proptest::option::of(1u32..101),
        proptest::option::of(1u32..12),
        any::<bool>(),
    )
        .prop_map(|(active, percent, weight, backup)| {
            let mut rule = format!(r#"{{"backend": {{"name": "be", "count_backup": {backup}"#);
            for (word, value) in [
                ("min_active", active),
                ("min_percent", percent),
                ("min_weight", weight),
            ] {
                if let Some(value) = value {
                    rule.push_str(&format!(r#", "{word}": {value}"#));
                }
            }
            rule + "}}"
        })
}

/// What HAProxy says of servers in these states: it takes an unchecked one for usable.
fn seen(servers: &[(ServerState, bool, u32)]) -> Observation {
    let rows: Vec<ServerRow> = servers
        .iter()
        .enumerate()
        .map(|(index, (state, backup, weight))| ServerRow {
            name: format!("s{index}"),
            backup: *backup,
            weight: if *state == ServerState::Weightless {
                0
            } else {
                *weight
            },
            state: *state,
            words: format!("{state:?}"),
            tracks: None,
            remembered: None,
        })
        .collect();
    let usable = rows
        .iter()
        .filter(|row| matches!(row.state, ServerState::Usable | ServerState::Unchecked))
        .count();
    let status = if usable > 0 || rows.is_empty() {
        "UP"
    } else {
        "DOWN"
    };
    let backend = Some(BackendRow {
        status: status.to_owned(),
        usable: u32::try_from(usable).unwrap(),
    });
    let proxies = [(
        "be".to_owned(),
        Proxy {
            frontend: None,
            backend,
            servers: rows,
        },
    )]
    .into();
    let what = Ok(Snapshot {
        process: None,
        proxies,
    });
    Observation {
        haproxy: Some(Reading {
            at: Instant::now(),
            what,
        }),
        ..Observation::default()
    }
}

proptest! {
    #![proptest_config(crate::cases(100))]

    #[test]
    fn knowing_more_never_contradicts_a_verdict(json in condition(), found in found(), filled in found()) {
        let before = truth(&json, &found);
        let more: Vec<Option<bool>> = found.iter().zip(&filled).map(|(known, new)| known.or(*new)).collect();
        if before != Truth::Unknown {
            prop_assert_eq!(truth(&json, &more), before, "{} with {:?}, then {:?}", json, found, more);
        }
    }

    #[test]
    fn when_everything_is_known_nothing_is_unknown(json in condition(), found in proptest::collection::vec(any::<bool>(), LEAVES)) {
        let found: Vec<Option<bool>> = found.into_iter().map(Some).collect();
        prop_assert_ne!(truth(&json, &found), Truth::Unknown);
    }

    #[test]
    fn not_all_is_any_not(list in proptest::collection::vec(condition(), 1..4), found in found()) {
        let negated: Vec<String> = list.iter().map(|json| not(json)).collect();
        prop_assert_eq!(truth(&not(&joined("all", &list)), &found), truth(&joined("any", &negated), &found));
        prop_assert_eq!(truth(&not(&joined("any", &list)), &found), truth(&joined("all", &negated), &found));
    }

    #[test]
    fn not_not_is_nothing(json in condition(), found in found()) {
        prop_assert_eq!(truth(&not(&not(&json)), &found), truth(&json, &found));
    }

    #[test]
    fn a_quorum_of_one_is_any_and_of_each_is_all(list in proptest::collection::vec(condition(), 1..4), found in found()) {
        let quorum = |count: usize| format!(r#"{{"at_least": {{"count": {count}, "of": [{}]}}}}"#, list.join(", "));
        prop_assert_eq!(truth(&quorum(1), &found), truth(&joined("any", &list), &found));
        prop_assert_eq!(truth(&quorum(list.len()), &found), truth(&joined("all", &list), &found));
        prop_assert_eq!(truth(&quorum(list.len() + 1), &found), Truth::No);
    }

    #[test]
    fn a_first_check_never_contradicts_a_verdict_on_a_backend(rule in rule(), servers in servers(), dead in any::<u8>()) {
        let rule = parsed(&rule);
        let before = verdict(&rule, &seen(&servers), Past::none()).truth;
        let checked: Vec<(ServerState, bool, u32)> = servers
            .iter()
            .enumerate()
            .map(|(index, server)| match server.0 {
                ServerState::Unchecked if dead >> index & 1 == 1 => (ServerState::Down, server.1, server.2),
                ServerState::Unchecked => (ServerState::Usable, server.1, server.2),
                _ => *server,
            })
            .collect();
        let after = verdict(&rule, &seen(&checked), Past::none()).truth;
        prop_assert_ne!(after, Truth::Unknown);
        if before != Truth::Unknown {
            prop_assert_eq!(after, before, "{:?}, then {:?}", servers, checked);
        }
    }

    #[test]
    fn one_more_usable_server_never_makes_a_backend_worse(rule in rule(), servers in servers(), weight in 1u32..5) {
        // Of a share, one more server of any kind changes the whole: the new one stands for one that was down.
        let mut before = servers.clone();
        before.push((ServerState::Down, false, weight));
        let mut after = servers;
        after.push((ServerState::Usable, false, weight));
        let rule = parsed(&rule);
        prop_assert!(verdict(&rule, &seen(&after), Past::none()).truth >= verdict(&rule, &seen(&before), Past::none()).truth);
    }

    #[test]
    fn a_reload_that_has_checked_nothing_changes_no_verdict(
        rule in rule(), servers in servers(), down_by_default in any::<bool>(), late in any::<bool>()
    ) {
        // What an operator took out says nothing of a server's health.
        let servers: Vec<_> = servers
            .into_iter()
            .filter(|server| {
                matches!(server.0, ServerState::Usable | ServerState::Down | ServerState::Weightless)
            })
            .collect();
        let (rule, before) = (parsed(&rule), seen(&servers));
        let reloaded: Vec<_> =
            servers.iter().map(|server| (ServerState::Unchecked, server.1, server.2)).collect();
        let mut after = seen(&reloaded);
        let read = before.haproxy.as_ref().unwrap();
        let (known, reading) = (read.what.as_ref().unwrap(), after.haproxy.as_mut().unwrap());
        let snapshot = reading.what.as_mut().unwrap();
        for (row, server) in snapshot.proxies.get_mut("be").unwrap().servers.iter_mut().zip(&servers) {
            if server.0 == ServerState::Weightless {
                row.weight = 0;
            }
        }
        if down_by_default {
            let row = BackendRow { status: "DOWN".to_owned(), usable: 0 };
            snapshot.proxies.get_mut("be").unwrap().backend = Some(row);
        }
        let bound = Duration::from_secs(60);
        snapshot.remember((known, read.at), bound, if late { read.at + bound } else { read.at });
        let (before, after) =
            (verdict(&rule, &before, Past::none()).truth, verdict(&rule, &after, Past::none()).truth);
        // After the bound it is forgotten, which may lead to unknown but never to another answer.
        prop_assert!(after == before || late && after == Truth::Unknown, "{before:?}, then {after:?}");
    }
}
