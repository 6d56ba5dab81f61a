//! `drain` and `resume`: what is declared, what is waited for, what is taken out and put back.

use std::fs;
use std::process::{Child, Command, Stdio};

use super::command::{Said, run, start};
use super::haproxy::Haproxy;
use super::wait::eventually;

/// A service without a path to make longer: its only stage is the last. What else it has, and its HAProxy.
pub fn service(haproxy: &Haproxy, more: &str) -> Vec<String> {
    let text = format!(
        r#"{{"haproxy": {{"stats": "{}"}}, "services": {{"web": {{"prefixes": ["192.0.2.9/32"],
            "next_hop": "198.51.100.1", "require_address": false, {more}
            "levels": [{{"name": "up", "when": {{"backend": {{"name": "http_back"}}}}}}]}}}}}}"#,
        haproxy.arg("user.sock")
    );
    let config = haproxy.write("config.json", &text);
    [
        "--config",
        &config,
        "--drain-folder",
        &haproxy.arg("drains"),
    ]
    .map(str::to_owned)
    .to_vec()
}

pub fn words<'all>(words: &[&'all str], more: &'all [String]) -> Vec<&'all str> {
    words
        .iter()
        .copied()
        .chain(more.iter().map(String::as_str))
        .collect()
}

pub fn does(haproxy: &Haproxy, command: &[&str], places: &[String]) -> Said {
    run(haproxy, &words(command, places))
}

/// A running process with nobody at the other end of its pipes.
pub struct Running(Child);

impl Running {
    pub fn start(places: &[String]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
        command
            .arg("run")
            .args(places)
            .args(["--status-file", "/dev/null"]);
        Self(
            command
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn declared(haproxy: &Haproxy) -> Vec<String> {
    let folders = [
        fs::read_dir(haproxy.path("drains")),
        fs::read_dir(haproxy.path("drains.units")),
    ];
    let entries = folders.into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Puts an order's file there by hand.
pub fn declare(haproxy: &Haproxy, name: &str, text: &str) {
    fs::create_dir_all(haproxy.path("drains")).unwrap();
    haproxy.write(&format!("drains/{name}"), text);
}

/// What an order says.
pub fn declaration(haproxy: &Haproxy, name: &str) -> serde_json::Value {
    serde_json::from_str(&fs::read_to_string(haproxy.path("drains").join(name)).unwrap()).unwrap()
}

#[test]
fn a_drain_is_declared_shown_and_ended() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, r#""as_path": [65010], "drain": {"for": "7s"},"#);
    does(
        &haproxy,
        &["drain", "web", "--reason", "kernel update"],
        &places,
    )
    .ends_with(0)
    .shows(&[
        "web: declared; a longer path for 7s, then withdrawn\n",
        "back again: haproxy-rhi resume web --config ",
    ]);
    // Nobody takes it up.
    let nobody = "note: no haproxy-rhi runs here that reads this; the drain holds once one starts";
    does(&haproxy, &["drain", "web"], &places)
        .ends_with(0)
        .complains_of(&[nobody]);
    let running = Running::start(&places);
    let said = does(&haproxy, &["drain", "web"], &places).ends_with(0);
    assert!(!said.err.contains("no haproxy-rhi runs here"), "{said:?}");
    drop(running);
    assert_eq!(declared(&haproxy), ["web"]);
    let text = fs::read_to_string(haproxy.path("drains/web")).unwrap();
    let drain: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&drain["reason"], &drain["boot"]),
        (&"kernel update".into(), &serde_json::Value::Null)
    );
    assert!(
        drain["by"].is_string() && drain["since_ms"].is_u64(),
        "{drain}"
    );
    does(&haproxy, &["resume", "web"], &places)
        .ends_with(0)
        .shows(&["web: not drained any more"]);
    does(&haproxy, &["resume", "web"], &places)
        .ends_with(0)
        .shows(&["web: not drained\n"]);
    assert!(declared(&haproxy).is_empty());
}

/// What it would announce is announced later.
#[test]
fn a_look_tells_of_a_drain_and_of_every_condition() {
    let haproxy = Haproxy::start();
    let mut places = service(&haproxy, "");
    does(
        &haproxy,
        &["drain", "web", "--reason", "kernel update"],
        &places,
    )
    .ends_with(0);
    let check = |places: &[String], more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
        Said::of(
            &command
                .arg("check")
                .args(places)
                .args(more)
                .output()
                .unwrap(),
        )
    };
    check(&places, &[]).ends_with(1).shows(&[
        ": kernel update; the rest shows the state once the drain has ended\n",
        "\n  later  announce route 192.0.2.9/32 ",
    ]);
    let json = check(&places, &["--json"]).ends_with(1).json();
    assert!(
        json["services"][0]["drained"]
            .as_str()
            .unwrap()
            .ends_with(": kernel update")
    );
    does(&haproxy, &["resume", "web"], &places).ends_with(0);
    let json = check(&places, &["--json"]).ends_with(0).json();
    assert!(json["services"][0]["drained"].is_null());
    // An address that is missing hides nothing else.
    let text = fs::read_to_string(haproxy.path("config.json")).unwrap();
    places[1] = haproxy.write(
        "away.json",
        &text.replace("\"require_address\": false,", ""),
    );
    let words = [
        "address 192.0.2.9 is not on this host",
        "yes      http_back: 2 of 2 servers up",
    ];
    check(&places, &[]).ends_with(1).shows(&words);
}

#[test]
fn a_service_that_is_not_there_is_not_drained() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    does(&haproxy, &["drain", "wbe"], &places)
        .ends_with(1)
        .complains_of(&["has no service 'wbe'; did you mean 'web'?"]);
    does(&haproxy, &["drain", "../web"], &places).ends_with(64);
    does(&haproxy, &["drain"], &places).ends_with(64);
    does(&haproxy, &["drain", "web", "--all"], &places).ends_with(64);
    assert!(declared(&haproxy).is_empty());
    let nowhere = ["--config".to_owned(), haproxy.arg("none.json")];
    does(&haproxy, &["drain", "web"], &nowhere)
        .ends_with(78)
        .complains_of(&["failed to read"]);
}

#[test]
fn a_drain_of_a_unit_stands_beside_the_operators_own() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    does(&haproxy, &["drain", "--all"], &places).ends_with(0);
    let unit = ["--all", "--on-behalf-of", "exabgp.service"];
    // A unit's drain is for whoever runs: without one it declares nothing.
    let _running = Running::start(&places);
    does(&haproxy, &[&["drain"], &unit[..]].concat(), &places).ends_with(0);
    assert_eq!(declared(&haproxy), ["@all", "@exabgp.service"]);
    does(&haproxy, &["resume", "--all"], &places)
        .ends_with(0)
        .shows(&["note: all services are drained by exabgp.service; haproxy-rhi resume --all --on-behalf-of exabgp.service ends that"]);
    assert_eq!(declared(&haproxy), ["@exabgp.service"]);
    does(&haproxy, &[&["resume"], &unit[..]].concat(), &places).ends_with(0);
    assert!(declared(&haproxy).is_empty());
}

#[test]
fn until_reboot_names_this_boot() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    does(&haproxy, &["drain", "web", "--until-reboot"], &places).ends_with(0);
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    assert!(
        fs::read_to_string(haproxy.path("drains/web"))
            .unwrap()
            .contains(boot.trim())
    );
}

#[test]
fn the_last_healthy_region_is_drained_by_force_only() {
    let haproxy = Haproxy::start();
    // Nobody listens there.
    let siblings = r#""as_path": [65010], "siblings": {"urls": ["http://127.0.0.1:1/health"]},"#;
    let places = service(&haproxy, siblings);
    does(&haproxy, &["drain", "web"], &places)
        .ends_with(1)
        .complains_of(&["service web: no sibling is known to be healthy (http http://127.0.0.1:1/health: connection refused); nothing was declared"]);
    assert!(declared(&haproxy).is_empty());
    does(&haproxy, &["drain", "web", "--force"], &places).ends_with(0);
    assert!(
        fs::read_to_string(haproxy.path("drains/web"))
            .unwrap()
            .contains("\"force\":true")
    );
}

#[test]
fn wait_waits_for_the_sessions_and_takes_out_what_is_named() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    haproxy.backend01.hold();
    haproxy.backend02.hold();
    let client = haproxy.get_slowly("front.sock");
    eventually("the request is under way", || {
        (haproxy.backend01.requests() + haproxy.backend02.requests() >= 1).then_some(())
    });
    let then = [
        "drain",
        "web",
        "--wait",
        "--then-maint",
        "http_back/backend01",
        "--then-disable",
        "doomed",
    ];
    let mut drain = start(&haproxy, &words(&then, &places));
    drain.eventually_says("nothing announced, 1 session(s) left");
    assert_eq!(
        haproxy.admin("http_back/backend01"),
        0,
        "not before the sessions have ended"
    );
    haproxy.backend01.release();
    haproxy.backend02.release();
    drain
        .end()
        .ends_with(0)
        .shows(&["web: declared; no haproxy-rhi runs here with this configuration"])
        .complains_of(&["http_back/backend01: maintenance", "doomed: disabled"]);
    assert_eq!(
        client.join().unwrap().as_deref(),
        Some("HTTP/1.1 200 OK"),
        "nothing was cut off"
    );
    assert_eq!(
        (
            haproxy.admin("http_back/backend01"),
            haproxy.status("doomed", "FRONTEND").as_str()
        ),
        (1, "PAUSED")
    );
    // The way back: HAProxy first, its checks, then the route.
    does(&haproxy, &["resume", "web"], &places)
        .ends_with(0)
        .complains_of(&["http_back/backend01: ready", "doomed: enabled"])
        .shows(&["web: not drained any more"]);
    assert_eq!(
        (
            haproxy.admin("http_back/backend01"),
            haproxy.status("doomed", "FRONTEND").as_str()
        ),
        (0, "OPEN")
    );
    assert_eq!(haproxy.status("http_back", "backend01"), "UP");
    assert!(declared(&haproxy).is_empty());
}

/// Before anything is declared.
#[test]
fn what_cannot_be_taken_out_is_not_drained_for() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    for (then, words) in [
        (
            ["--then-maint", "http_back/backend09"],
            "did you mean 'backend01'?",
        ),
        (
            ["--then-disable", "domed"],
            "HAProxy has no frontend 'domed'; did you mean 'doomed'?",
        ),
        (["--then-disable", "http_back"], "'http_back' is a backend"),
    ] {
        let drain = ["drain", "web", "--wait", then[0], then[1]];
        does(&haproxy, &drain, &places)
            .ends_with(1)
            .complains_of(&[words]);
        assert!(declared(&haproxy).is_empty(), "{then:?}");
    }
    let mut drain = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
    drain.args([
        "drain",
        "web",
        "--wait",
        "--then-disable",
        "doomed",
        "--stats",
        &haproxy.arg("user.sock"),
    ]);
    Said::of(&drain.args(&places).output().unwrap())
        .ends_with(1)
        .complains_of(&["is for looking only"]);
    assert!(declared(&haproxy).is_empty());
}

/// systemd says so of a unit whose process has died; one that never had any, or that is stopped, drains.
#[test]
fn a_unit_whose_process_has_died_does_not_drain() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    let _running = Running::start(&places);
    for (result, declares) in [("exit-code", false), ("success", true)] {
        let mut drain = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
        drain
            .args(["drain", "--all", "--on-behalf-of", "a.service"])
            .args(&places);
        drain.env("SERVICE_RESULT", result).env_remove("MAINPID");
        let said = Said::of(&drain.output().unwrap()).ends_with(0);
        assert_eq!(!declared(&haproxy).is_empty(), declares, "{result}");
        drop(said);
    }
}

/// It obeys the folder, whatever it calls its configuration.
#[test]
fn a_process_with_the_same_configuration_of_another_name_is_waited_for() {
    let haproxy = Haproxy::start();
    let mut places = service(&haproxy, r#""as_path": [65010], "drain": {"for": "1h"},"#);
    let _running = Running::start(&places);
    places[1] = haproxy.write(
        "copy.json",
        &fs::read_to_string(haproxy.path("config.json")).unwrap(),
    );
    does(
        &haproxy,
        &["drain", "web", "--wait", "--timeout", "3500ms"],
        &places,
    )
    .ends_with(1)
    .complains_of(&["not within 3500ms, the drain stays on: web depreferred for 3"]);
}

#[test]
fn who_has_seen_enough_leaves_the_drain_on() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, r#""as_path": [65010], "drain": {"for": "1h"},"#);
    // It keeps no status, so that the clock tells the stages.
    let _running = Running::start(&places);
    let mut drain = start(
        &haproxy,
        &words(&["drain", "web", "--wait", "--timeout", "1d"], &places),
    );
    drain.eventually_says("web depreferred for 3");
    drain.signal("INT");
    drain
        .end()
        .ends_with(1)
        .complains_of(&["stopped waiting, the drain stays on: web depreferred for 3"]);
    assert_eq!(declared(&haproxy), ["web"]);
    does(
        &haproxy,
        &["drain", "web", "--wait", "--timeout", "100ms"],
        &places,
    )
    .ends_with(1)
    .complains_of(&["not within 100ms, the drain stays on: "]);
}

#[test]
fn a_server_that_does_not_come_back_keeps_the_route_away() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    does(
        &haproxy,
        &[
            "drain",
            "web",
            "--wait",
            "--then-maint",
            "http_back/backend01",
        ],
        &places,
    )
    .ends_with(0);
    haproxy.backend01.is_sick(true);
    does(&haproxy, &["resume", "web", "--timeout", "500ms"], &places)
        .ends_with(1)
        .complains_of(&[
            "not within 500ms",
            "http_back/backend01 is",
            "the drain stays on",
        ]);
    assert_eq!(declared(&haproxy), ["web"]);
    haproxy.backend01.is_sick(false);
    does(&haproxy, &["resume", "web"], &places).ends_with(0);
    assert!(declared(&haproxy).is_empty());
}

/// A service that flags configure is drained as well, and the command knows nothing of it.
#[test]
fn that_the_file_names_no_service_to_wait_for_is_said() {
    let haproxy = Haproxy::start();
    let config = haproxy.write("config.json", r#"{"services": {}}"#);
    let places = [
        "--config",
        &config,
        "--drain-folder",
        &haproxy.arg("drains"),
    ]
    .map(str::to_owned);
    let told = does(&haproxy, &["drain", "--all", "--wait"], &places).ends_with(0);
    told.complains_of(&["no service is configured in ", "config.json"]);
    assert_eq!(declared(&haproxy), ["@all"]);
}
