//! Frontends that lead to a watched backend: what is refused, what is said, and what goes on.

use super::command::{Said, run};
use super::haproxy::Haproxy;

const NARROW: &str = "one:at-a_time.1";

/// The configuration of a service with this condition, and with further keys.
fn service(haproxy: &Haproxy, when: &str, more: &str) -> String {
    let text = format!(
        r#"{{"haproxy": {{"stats": "/nowhere/watch.sock"}}, "services": {{"web": {{"prefixes": ["192.0.2.9/32"], {more}
            "next_hop": "198.51.100.1", "require_address": false, "levels": [{{"name": "up", "when": {when}}}]}}}}}}"#
    );
    haproxy.write("config.json", &text)
}

fn backend(name: &str) -> String {
    format!(r#"{{"backend": {{"name": "{name}"}}}}"#)
}

fn named(frontend: &str, of: &str) -> String {
    format!(
        r#"{{"all": [{{"frontend": {{"name": "{frontend}"}}}}, {}]}}"#,
        backend(of)
    )
}

fn disable(haproxy: &Haproxy, frontends: &[&str], config: &str) -> Said {
    run(
        haproxy,
        &[&["frontend", "disable"], frontends, &["--config", config]].concat(),
    )
}

#[test]
fn the_only_frontend_of_a_watched_backend_stays() {
    let haproxy = Haproxy::start();
    let config = service(&haproxy, &backend(NARROW), "");
    disable(&haproxy, &["doomed", "narrow"], &config).ends_with(1).complains_of(&[
        "service web watches backend one:at-a_time.1 and not narrow, through which alone clients reach it: 192.0.2.9/32 would stay announced, and nobody would listen; \
         nothing was changed: drain first (haproxy-rhi drain web), or name the frontend in its level \
         (\"when\": {\"all\": [{\"frontend\": {\"name\": \"narrow\"}}, {\"backend\": {\"name\": \"one:at-a_time.1\"}}]}), or add --force",
    ]);
    assert_eq!(
        (
            haproxy.status("narrow", "FRONTEND"),
            haproxy.status("doomed", "FRONTEND")
        ),
        ("OPEN".into(), "OPEN".into())
    );
    let port = format!("127.0.0.1:{}", haproxy.port());
    run(
        &haproxy,
        &[
            "frontend", "disable", "narrow", "--stats", &port, "--config", &config,
        ],
    )
    .ends_with(1);
    let json = run(
        &haproxy,
        &[
            "frontend", "disable", "narrow", "--json", "--config", &config,
        ],
    )
    .ends_with(1)
    .json();
    assert_eq!(json["outcome"], "refused");
    run(&haproxy, &["frontend", "enable", "narrow"]).ends_with(0);
}

#[test]
fn force_closes_it_with_a_warning_and_once_more_without() {
    let haproxy = Haproxy::start();
    let config = service(&haproxy, &backend(NARROW), "");
    disable(&haproxy, &["narrow", "--force"], &config)
        .ends_with(0)
        .complains_of(&["warning: service web watches backend one:at-a_time.1 and not narrow"]);
    assert_eq!(haproxy.status("narrow", "FRONTEND"), "PAUSED");
    disable(&haproxy, &["narrow"], &config).ends_with(0);
}

#[test]
fn another_open_frontend_of_the_same_backend_is_a_note_and_the_last_one_stays() {
    let haproxy = Haproxy::start();
    let config = service(&haproxy, &backend("http_back"), "");
    disable(&haproxy, &["http_front", "doomed"], &config)
        .ends_with(1)
        .complains_of(&["not doomed, http_front, through which alone clients reach it"]);
    disable(&haproxy, &["http_front"], &config).ends_with(0).complains_of(&[
        "note: service web keeps 192.0.2.9/32 announced: doomed stays open, and leads to http_back as http_front does",
    ]);
    disable(&haproxy, &["doomed"], &config).ends_with(1);
    assert_eq!(haproxy.status("doomed", "FRONTEND"), "OPEN");
}

#[test]
fn a_frontend_that_the_level_names_closes_where_a_sibling_is_healthy() {
    let haproxy = Haproxy::start();
    let sibling = format!(
        r#""as_path": [65010], "siblings": {{"urls": ["http://127.0.0.1:{}/health"]}},"#,
        haproxy.front()
    );
    let config = service(&haproxy, &named("doomed", "http_back"), "");
    disable(&haproxy, &["doomed"], &config)
        .ends_with(1)
        .complains_of(&["service web would have no level any more (now 'up', 192.0.2.9/32): doomed: PAUSED; nothing was changed"]);
    let config = service(&haproxy, &named("doomed", "http_back"), &sibling);
    disable(&haproxy, &["doomed"], &config)
        .ends_with(0)
        .complains_of(&["warning: service web would have no level any more (now 'up', 192.0.2.9/32): doomed: PAUSED; its clients move to a healthy sibling (http http://127.0.0.1:"]);
    assert_eq!(haproxy.status("doomed", "FRONTEND"), "PAUSED");
}

#[test]
fn a_listen_section_leads_to_itself_though_no_file_says_so() {
    let haproxy = Haproxy::start();
    std::fs::remove_file(haproxy.path("haproxy.cfg")).unwrap();
    let config = service(&haproxy, &backend("both"), "");
    let level =
        "{\"all\": [{\"frontend\": {\"name\": \"both\"}}, {\"backend\": {\"name\": \"both\"}}]}";
    disable(&haproxy, &["both"], &config)
        .ends_with(1)
        .complains_of(&[level]);
    assert_eq!(haproxy.status("both", "FRONTEND"), "OPEN");
}

#[test]
fn a_file_that_cannot_be_read_is_said_where_it_matters_and_stops_nothing() {
    let haproxy = Haproxy::start();
    std::fs::remove_file(haproxy.path("haproxy.cfg")).unwrap();
    let config = service(&haproxy, &named("narrow", NARROW), "");
    let said = disable(&haproxy, &["doomed"], &config).ends_with(0);
    assert!(!said.err.contains("not known"), "{said:#?}");
    let config = service(&haproxy, &backend(NARROW), "");
    let words = format!(
        "note: where narrow leads is not known (failed to read '{}': no such file or directory)",
        haproxy.arg("haproxy.cfg")
    );
    disable(&haproxy, &["narrow"], &config)
        .ends_with(0)
        .complains_of(&[&words, "look at web"]);
    assert_eq!(haproxy.status("narrow", "FRONTEND"), "PAUSED");
}

#[test]
fn a_drain_closes_it_unasked_since_the_route_goes_first() {
    let haproxy = Haproxy::start();
    let config = service(&haproxy, &backend(NARROW), "");
    let drain = [
        "drain",
        "web",
        "--wait",
        "--then-disable",
        "narrow",
        "--config",
        &config,
        "--drain-folder",
        &haproxy.arg("drains"),
    ];
    run(&haproxy, &drain)
        .ends_with(0)
        .complains_of(&["narrow: disabled"]);
    assert_eq!(haproxy.status("narrow", "FRONTEND"), "PAUSED");
}
