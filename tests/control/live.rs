//! `validate --live`: what the running HAProxy has of a level's servers.

use std::net::UdpSocket;
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
    Said::of(
        &validate
            .args(["validate", "--live", &config])
            .output()
            .unwrap(),
    )
}

#[test]
fn servers_that_cannot_count_or_that_nobody_checks_are_found() {
    let haproxy = Haproxy::with("", BACKENDS);
    let of = |backend: &str, status: i32, words: &[&str]| {
        let said = validated(&haproxy, backend).ends_with(status);
        let all = said.out + &said.err;
        assert!(
            words.iter().all(|word| all.contains(word)),
            "{backend}: {all}"
        );
        assert_eq!(
            (all.contains("LV004") || all.contains("LV005")),
            !words.is_empty(),
            "{backend}: {all}"
        );
    };
    let never = [
        "error LV004: every server of HAProxy's backend 'only_backups' is a backup",
        "\"count_backup\": true",
    ];
    of(r#""name": "only_backups""#, 78, &never);
    of(r#""name": "only_backups", "count_backup": true"#, 0, &[]);
    of(
        r#""name": "dispatched""#,
        78,
        &["error LV004: HAProxy's backend 'dispatched' has no server"],
    );
    let unchecked = [
        "warning LV005: 2 server(s) of HAProxy's backend 'unchecked' have no check, and are up whatever happens: s1, s2",
    ];
    of(r#""name": "unchecked""#, 0, &unchecked);
    of(r#""name": "unchecked", "servers": ["checked"]"#, 0, &[]);
    of(
        r#""name": "by_agent""#,
        0,
        &["warning LV005: 1 server(s) of HAProxy's backend 'by_agent' "],
    );
    of(r#""name": "followers""#, 0, &[]);
    of(r#""name": "http_back""#, 0, &[]);
    of(
        r#""name": "http_back", "min_active": 9"#,
        0,
        &["warning LV004: 9 servers of HAProxy's backend 'http_back' are wanted, and it has "],
    );
}

/// A configuration with these keys of its own, of `haproxy` and of the service.
fn with(haproxy: &Haproxy, own: &str, keys: &str, service: &str) -> Said {
    let text = format!(
        r#"{{{own} "haproxy": {{"stats": "{}"{keys}}}, "services": {{"web": {{"prefixes": ["192.0.2.9/32"],
            "next_hop": "198.51.100.1", "require_address": false, {service}
            "levels": [{{"name": "up", "when": {{"all": [{{"frontend": {{"name": "http_front"}}}}, {{"backend": {{"name": "http_back"}}}}]}}}}]}}}}}}"#,
        haproxy.arg("user.sock")
    );
    let config = haproxy.write("live.json", &text);
    let mut validate = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
    Said::of(
        &validate
            .args(["validate", "--live", &config])
            .output()
            .unwrap(),
    )
    .ends_with(0)
}

/// The findings of these rules, each from its severity on.
fn rules(said: &Said, rules: &[&str]) -> Vec<String> {
    let lines = said
        .out
        .lines()
        .filter(|line| rules.iter().any(|rule| line.contains(rule)));
    lines
        .filter_map(|line| Some(line[line.find("warning LV")?..].to_owned()))
        .collect()
}

#[test]
fn what_haproxy_logs_elsewhere_or_not_whole_is_found() {
    for (global, defaults, words) in [
        (
            "",
            "",
            Some(
                "sends to 127.0.0.1:30599 no log line of backend http_back; write 'log 127.0.0.1:30599 format timed local0 notice' in global, and 'log global'",
            ),
        ),
        (
            "log 127.0.0.1:30599 format timed local0 notice",
            "",
            Some("no log line of backend http_back"),
        ),
        (
            "log 127.0.0.1:30598 local0",
            "log global",
            Some("no log line of backend http_back"),
        ),
        (
            "log 127.0.0.1:30599 format raw local0 err",
            "log global",
            Some("the failures and no returns (level notice) of backend http_back"),
        ),
        (
            "log 127.0.0.1:30599 format timed local0 notice",
            "log global",
            None,
        ),
        ("", "log 127.0.0.1:30599 local0", None),
    ] {
        let haproxy = Haproxy::with(global, defaults);
        let found = rules(
            &with(&haproxy, "", r#", "events": "127.0.0.1:30599""#, ""),
            &["LV006"],
        );
        assert_eq!(
            found.len(),
            usize::from(words.is_some()),
            "{global} {defaults}: {found:?}"
        );
        assert!(
            words.is_none_or(|words| found[0].contains(words)),
            "{found:?}"
        );
    }
}

#[test]
fn checks_that_are_slower_than_what_is_remembered_are_found() {
    let haproxy = Haproxy::with("", "");
    assert_eq!(
        rules(&with(&haproxy, "", "", ""), &["LV007"]),
        Vec::<String>::new()
    );
    let found = rules(
        &with(&haproxy, "", r#", "remember": "50ms""#, ""),
        &["LV007"],
    );
    assert_eq!(
        found,
        [
            "warning LV007: server 'backend01' of HAProxy's backend 'http_back' is checked every 100ms, and what was known of it before a reload of HAProxy counts for 50ms; \
             check it more often, or set \"remember\" of haproxy to more than 100ms"
        ]
    );
}

#[test]
fn checks_that_find_a_dead_server_late_are_noted_once() {
    let late = "note LV014: HAProxy finds a dead server of backend 'http_back' after up to ";
    let haproxy = Haproxy::with("", "default-server inter 4s fall 3");
    let said = with(&haproxy, "", "", "").shows(&[
        late,
        "12s, one that hangs after about 27s ('backend01': inter 4s, fall 3, timeout check 5s), and the route moves no sooner; write 'timeout check 300ms'",
    ]);
    assert_eq!(said.out.matches("LV014").count(), 1, "{}", said.out);
    let haproxy = Haproxy::with("", "timeout check 300ms");
    let said = with(&haproxy, "", "", "");
    assert!(!said.out.contains("LV014"), "{}", said.out);
}

#[test]
fn a_status_that_no_page_serves_is_found() {
    let haproxy = Haproxy::with("", "");
    let keys = r#", "control": "/run/control.sock", "status_variable": "proc.page""#;
    let found = rules(&with(&haproxy, "", keys, ""), &["LV011"]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("no 'http-request return' of haproxy.cfg has proc.page"),
        "{found:?}"
    );
    assert_eq!(
        rules(&with(&haproxy, "", "", ""), &["LV011"]),
        Vec::<String>::new()
    );
}

/// 198.51.100.1 is a documentation's address, and nobody's.
#[test]
fn a_next_hop_that_is_not_on_this_host_is_noted() {
    let haproxy = Haproxy::with("", "");
    let noted = |said: Said| said.out.matches(" note LV012: ").count();
    let said = with(&haproxy, "", "", "").shows(&[
        " note LV012: service web: next hop 198.51.100.1 is no address of this host; leave it if ",
    ]);
    assert_eq!(noted(said), 1);
    let text = std::fs::read_to_string(haproxy.path("live.json")).unwrap();
    // An address of this host, where it has one beside loopback.
    let own = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("198.51.100.1:9")?;
        socket.local_addr()
    });
    let own = own.map(|own| own.ip().to_string()).ok();
    for own in own.into_iter().chain(["self".to_owned()]) {
        let config = haproxy.write("own.json", &text.replace("198.51.100.1", &own));
        let mut validate = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
        let said = validate
            .args(["validate", "--live", &config])
            .output()
            .unwrap();
        assert_eq!(noted(Said::of(&said).ends_with(0)), 0, "{own}");
    }
}

#[test]
fn what_haproxy_rhi_works_with_is_tried() {
    let haproxy = Haproxy::with("", "log 127.0.0.1:30597 local0");
    let admin = haproxy.arg("admin.sock");
    let well = format!(r#", "events": "127.0.0.1:30597", "control": "{admin}""#);
    let notify = haproxy.write("notify", "#!/bin/sh\n");
    let metrics = haproxy.arg("rhi.prom");
    let own = format!(r#""metrics": "{metrics}", "hooks": [{{"argv": ["/bin/true"]}}],"#);
    assert_eq!(
        rules(&with(&haproxy, &own, &well, ""), &["LV00"]),
        Vec::<String>::new()
    );
    assert_eq!(
        haproxy
            .says("get var proc.haproxy_rhi_validate")
            .unwrap()
            .trim(),
        "proc.haproxy_rhi_validate: type=sint value=<0>"
    );

    let _taken = std::net::UdpSocket::bind("127.0.0.1:30597").unwrap();
    let user = haproxy.arg("user.sock");
    let ill = format!(r#", "events": "127.0.0.1:30597", "control": "{user}""#);
    let own = format!(
        r#""metrics": "{}/gone/rhi.prom", "hooks": [{{"argv": ["{notify}"]}}, {{"argv": ["/no/such"]}}],"#,
        haproxy.arg("")
    );
    let sibling = r#""siblings": {"urls": ["http://127.0.0.1:1/health"], "last_standing": {"as_path": [65010, 65010]}},"#;
    let found = rules(&with(&haproxy, &own, &ill, sibling), &["LV008"]);
    for words in [
        "HAProxy's events cannot be heard at 127.0.0.1:30597: another program listens there, and it is no haproxy-rhi; end it",
        &format!("no variable of HAProxy's can be set at {user}: it answers 'Permission denied"),
        "rhi.prom' cannot be written: no such file or directory; make its folder",
        &format!("hook '{notify}' is not executable; name a program"),
        "hook '/no/such' cannot be read: no such file or directory",
        "service web: the sibling is not healthy, and would not take over: http http://127.0.0.1:1/health: connection refused",
    ] {
        assert!(
            found.iter().any(|line| line.contains(words)),
            "{words}: {found:#?}"
        );
    }
    assert_eq!(found.len(), 6, "{found:#?}");
}

const PAGES: &str = "frontend pages
    bind 127.0.0.1:19831
    http-request return status 200 content-type text/plain string shop if { path /shop }
    http-request return status 200 hdr haproxy-rhi-nva 127.0.0.1 if { path /health }
    http-request return status 200 hdr haproxy-rhi-nva 127.0.0.9 if { path /other }
    http-request return status 200 hdr haproxy-rhi-nva 198.51.100.1 if { path /back }
    http-request return status 404
";

/// At the wrong port or path an application answers 200, too.
#[test]
fn a_siblings_page_that_does_not_name_it_is_found() {
    let haproxy = Haproxy::with("", PAGES);
    let told = |urls: &str| {
        let siblings = format!(
            r#""siblings": {{"urls": [{urls}], "last_standing": {{"as_path": [65010, 65010]}}}},"#
        );
        with(&haproxy, "", "", &siblings)
    };
    let well = told(r#""http://127.0.0.1:19831/health", "http://localhost:19831/other""#);
    assert_eq!(rules(&well, &["LV013", "LV008"]), Vec::<String>::new());
    let said = told(
        r#""http://127.0.0.1:19831/shop", "http://localhost:19831/shop", "http://127.0.0.1:19831/other", "http://127.0.0.1:19831/none""#,
    );
    let found = rules(&said, &["LV013"]);
    let begin = "warning LV013: service web: http http://";
    for words in [
        format!(
            "{begin}127.0.0.1:19831/shop: status 200 without the header haproxy-rhi-nva: it counts as healthy, and may be an application's answer; write the port and the path"
        ),
        format!(
            "{begin}localhost:19831/shop: status 200 without the header haproxy-rhi-nva: it counts"
        ),
        format!("{begin}127.0.0.1:19831/other: status 200 with the name of 127.0.0.9: it counts"),
    ] {
        let is_said = |line: &String| line.starts_with(&words);
        assert!(found.iter().any(is_said), "{words}: {found:#?}");
    }
    assert_eq!(found.len(), 3, "{found:#?}");
    let said = told(r#""http://127.0.0.1:19831/back""#);
    let itself = "warning HA008: service web: http http://127.0.0.1:19831/back: status 200 with the name of 198.51.100.1, which is this NVA itself; name the other NVA's own address";
    assert!(said.out.contains(itself), "{}", said.out);
    // check says it, too, beside the answer.
    let check = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .args(["check", "--config", &haproxy.arg("live.json")])
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&check.stdout).into_owned(),
        String::from_utf8_lossy(&check.stderr).into_owned(),
    );
    let words = "http://127.0.0.1:19831/back: status 200 with the name of 198.51.100.1";
    assert!(out.contains(words), "{out}");
    let words = "http://127.0.0.1:19831/back answers with the name of 198.51.100.1, and may be no page of haproxy-rhi";
    assert!(err.contains(words), "{err}");
}

const PAGE: &str = "frontend page
    bind 127.0.0.1:19817
    stats enable
    stats uri /haproxy?stats
    stats scope page
frontend elsewhere
    bind 127.0.0.1:19818
    http-request redirect location /other
";

#[test]
fn what_is_no_stats_socket_and_what_is_no_backend_are_called_by_name() {
    let haproxy = Haproxy::with("    stats socket ipv4@127.0.0.1:19816 level admin", PAGE);
    let plain = haproxy.write("plain", "");
    let user = haproxy.arg("user.sock");
    for (stats, backend, words) in [
        (
            user.as_str(),
            "http_front",
            "HAProxy has no backend 'http_front', and 'http_front' is a frontend",
        ),
        (&plain, "http_back", "plain is no socket"),
        (
            "tcp://127.0.0.1:19816",
            "http_back",
            "begins with 'tcp://'; write 127.0.0.1:19816",
        ),
        (
            "ipv4@127.0.0.1:19816",
            "http_back",
            "begins with 'ipv4@'; write 127.0.0.1:19816",
        ),
        (
            "http://127.0.0.1:19816/",
            "http_back",
            "does not speak HTTP; a stats socket over TCP is written without http://",
        ),
        (
            "127.0.0.1:19817",
            "http_back",
            "it speaks HTTP, and is no stats socket; write the URL of its stats page",
        ),
        (
            "http://127.0.0.1:19817/haproxy?stats",
            "http_back",
            "HAProxy's stats page shows no backend 'http_back'",
        ),
        (
            "http://127.0.0.1:19818/haproxy?stats",
            "http_back",
            "status 302, which leads to '/other'; write the URL of the page",
        ),
    ] {
        let mut check = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
        check.args([
            "check",
            "--prefix",
            "192.0.2.9/32",
            "--next-hop",
            "198.51.100.1",
            "--no-address-check",
        ]);
        let said = Said::of(
            &check
                .args(["--stats", stats, "--backend", backend])
                .output()
                .unwrap(),
        );
        let all = said.out + &said.err;
        assert!(all.contains(words), "{stats} {backend}: {all}");
    }
}
