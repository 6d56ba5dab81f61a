//! `validate --live`: what the running HAProxy has of a level's servers.

use std::process::Command;

use super::command::Said;
use super::haproxy::Haproxy;

const BACKENDS: &str = "backend only_backups
    server b1 unix@DIR/spare.sock check backup
    server b2 unix@DIR/spare.sock check backup
backend unchecked
    server checked unix@DIR/backend01.sock check
    server s1 unix@DIR/backend01.sock
    server s2 unix@DIR/backend01.sock
backend by_agent
    server s1 unix@DIR/backend01.sock agent-check agent-addr 127.0.0.1 agent-port 1 agent-inter 500ms
backend dispatched
    dispatch 127.0.0.1:1
";

fn validated(haproxy: &Haproxy, backend: &str) -> Said {
    let text = format!(
        r#"{{"haproxy": {{"stats": "{}"}}, "services": {{"web": {{"prefixes": ["192.0.2.9/32"],
            "next_hop": "198.51.100.1", "require_address": false,
            "levels": [{{"name": "up", "when": {{"backend": {{{backend}}}}}}}]}}}}}}"#,
        haproxy.arg("user.sock")
    );
    let config = haproxy.write("live.json", &text);
    let mut validate = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
    Said::of(&validate.args(["validate", "--live", &config]).output().unwrap())
}

#[test]
fn servers_that_cannot_count_or_that_nobody_checks_are_found() {
    let haproxy = Haproxy::with("", BACKENDS);
    let of = |backend: &str, status: i32, words: &[&str]| {
        let said = validated(&haproxy, backend).ends_with(status);
        let all = said.out + &said.err;
        assert!(words.iter().all(|word| all.contains(word)), "{backend}: {all}");
        assert_eq!((all.contains("LV004") || all.contains("LV005")), !words.is_empty(), "{backend}: {all}");
    };
    let never = [
        "error LV004: every server of HAProxy's backend 'only_backups' is a backup",
        "\"count_backup\": true",
    ];
    of(r#""name": "only_backups""#, 78, &never);
    of(r#""name": "only_backups", "count_backup": true"#, 0, &[]);
    of(r#""name": "dispatched""#, 78, &["error LV004: HAProxy's backend 'dispatched' has no server"]);
    let unchecked = [
        "warning LV005: 2 server(s) of HAProxy's backend 'unchecked' have no check, and are up whatever happens: s1, s2",
    ];
    of(r#""name": "unchecked""#, 0, &unchecked);
    of(r#""name": "unchecked", "servers": ["checked"]"#, 0, &[]);
    of(r#""name": "by_agent""#, 0, &["warning LV005: 1 server(s) of HAProxy's backend 'by_agent' "]);
    of(r#""name": "followers""#, 0, &[]);
    of(r#""name": "http_back""#, 0, &[]);
}
