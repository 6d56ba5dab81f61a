//! HAProxy that does not obey, or is not there.

use std::process::Command;
use std::time::Instant;

use super::command::{Said, run};
use super::haproxy::Haproxy;
use super::wait::{PATIENCE, eventually};

#[test]
fn a_socket_that_only_lets_one_look_is_named_with_the_cure() {
    let haproxy = Haproxy::start();
    for level in ["user", "operator"] {
        let socket = haproxy.arg(&format!("{level}.sock"));
        run(&haproxy, &["server", "list", "--stats", &socket])
            .ends_with(0)
            .shows(&["backend01"]);
        for arguments in [
            ["server", "drain", "http_back/backend01"],
            ["server", "maint", "http_back/backend01"],
            ["frontend", "disable", "http_front"],
            ["frontend", "enable", "http_front"],
        ] {
            let said = run(&haproxy, &[&arguments[..], &["--stats", &socket]].concat())
                .ends_with(1)
                .complains_of(&[&socket, "is for looking only", "level admin", "--stats"]);
            assert!(!said.out.contains("forgets"), "{said:?}");
        }
    }
    assert_eq!(haproxy.admin("http_back/backend01"), 0);
    assert_eq!(haproxy.status("http_front", "FRONTEND"), "OPEN");
}

#[test]
fn the_masters_socket_is_recognised() {
    let haproxy = Haproxy::start();
    let socket = haproxy.arg("master.sock");
    eventually("the master listens", || {
        std::os::unix::net::UnixStream::connect(&socket).ok()
    });
    run(&haproxy, &["server", "list", "--stats", &socket])
        .ends_with(2)
        .complains_of(&["HAProxy's master process"]);
    // As the running half reads it.
    let text = format!(
        r#"{{"haproxy": {{"stats": "{socket}"}}, "services": {{"web": {{"prefixes": ["192.0.2.9/32"],
            "next_hop": "198.51.100.1", "require_address": false,
            "levels": [{{"name": "up", "when": {{"backend": {{"name": "http_back"}}}}}}]}}}}}}"#
    );
    let config = haproxy.write("master.json", &text);
    let mut check = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
    Said::of(&check.args(["check", "--config", &config]).output().unwrap())
        .ends_with(2)
        .shows(&["master.sock is the socket of HAProxy's master process, which knows no servers; name one of a 'stats socket' line"]);
}

#[test]
fn haproxy_that_is_not_there_is_told_from_one_that_does_not_answer() {
    let mut haproxy = Haproxy::start();
    run(
        &haproxy,
        &["server", "list", "--stats", "/nowhere/admin.sock"],
    )
    .ends_with(69)
    .complains_of(&["HAProxy is gone: no socket at /nowhere/admin.sock"]);
    haproxy.crash();
    for arguments in [
        &["server", "list"][..],
        &["server", "drain", "http_back/backend01"],
        &["frontend", "enable", "http_front"],
    ] {
        run(&haproxy, arguments)
            .ends_with(69)
            .complains_of(&["HAProxy is gone: connection refused"]);
    }
    let port = format!("127.0.0.1:{}", haproxy.port());
    run(&haproxy, &["server", "list", "--stats", &port])
        .ends_with(69)
        .complains_of(&["connection refused"]);
}

#[test]
fn a_frozen_haproxy_ends_the_command_in_time_and_is_told_nothing() {
    let haproxy = Haproxy::start();
    haproxy.freeze();
    let begun = Instant::now();
    // More of them than its backlog holds.
    for _ in 0..3 {
        run(
            &haproxy,
            &["server", "drain", "http_back/backend01", "--wait"],
        )
        .ends_with(2)
        .complains_of(&["no answer at"]);
    }
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    haproxy.thaw();
    run(&haproxy, &["server", "list", "http_back/backend01"]).ends_with(0);
    assert_eq!(
        haproxy.admin("http_back/backend01"),
        0,
        "it was asked how it is, and given no order"
    );
}

/// Seen from outside it is as if HAProxy hung: the manual names both.
#[test]
fn a_stats_socket_whose_connections_are_all_taken_does_not_answer() {
    let haproxy = Haproxy::start();
    let socket = haproxy.arg("user.sock");
    let list = || run(&haproxy, &["server", "list", "--stats", &socket]);
    list().ends_with(0);
    // 10, unless 'stats maxconn' says otherwise; some more wait in its queue.
    let others: Vec<_> = (0..12)
        .map(|_| std::os::unix::net::UnixStream::connect(&socket).unwrap())
        .collect();
    list()
        .ends_with(2)
        .complains_of(&[&format!("no answer at {socket} in time")]);
    // A socket of its own is no cure: they have one limit between them.
    run(&haproxy, &["server", "list"])
        .ends_with(2)
        .complains_of(&["no answer at "]);
    drop(others);
    eventually("an answer", || (list().status == 0).then_some(()));
    let manual = include_str!("../../man/haproxy-rhi-faults.7.md").replace('\n', " ");
    assert!(
        manual.contains("raise **stats maxconn** in *global*")
            && manual.contains("others hold all connections of its stats sockets")
    );
}

#[test]
fn what_answers_but_is_no_haproxy_is_not_believed() {
    let haproxy = Haproxy::start();
    let socket = haproxy.arg("backend01.sock");
    run(&haproxy, &["server", "list", "--stats", &socket]).ends_with(2);
    run(
        &haproxy,
        &["server", "maint", "http_back/backend01", "--stats", &socket],
    )
    .ends_with(2);
}

#[test]
fn only_a_process_that_is_leaving_is_as_good_as_none() {
    let haproxy = Haproxy::with("    grace 20s", "");
    haproxy.leave();
    run(&haproxy, &["server", "drain", "http_back/backend01"])
        .ends_with(69)
        .complains_of(&["which is stopping"]);
    run(&haproxy, &["frontend", "disable", "http_front"])
        .ends_with(69)
        .complains_of(&["which is stopping"]);
    run(&haproxy, &["server", "list"])
        .ends_with(2)
        .shows(&["backend01"])
        .complains_of(&["what it shows is out of date"]);
}
