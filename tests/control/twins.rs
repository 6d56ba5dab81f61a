//! A frontend and a backend of one name, which HAProxy allows, in either order; and names that are numbers.

use std::process::Command;

use super::command::{Said, run};
use super::haproxy::Haproxy;

const FRONT: &str = "frontend web\n    bind unix@DIR/web.sock\n    default_backend web\n";
const BACK: &str = "backend web\n    server s1 unix@DIR/backend01.sock check\n    server s2 unix@DIR/backend02.sock check\n";
/// Names that may be the numbers of others.
const NUMBERS: &str = "backend 2\n    server s1 unix@DIR/none.sock\nbackend 3\n    server s1 unix@DIR/none.sock\n\
    backend 10\n    server s1 unix@DIR/none.sock\nbackend 11\n    server s1 unix@DIR/none.sock\n";

fn in_both_orders(test: impl Fn(&Haproxy, &str)) {
    for (first, second) in [(FRONT, BACK), (BACK, FRONT)] {
        let haproxy = Haproxy::with("", &format!("{first}{NUMBERS}{second}"));
        haproxy.eventually_is("web", "s1", "UP");
        let text = format!(
            r#"{{"haproxy": {{"stats": "{}"}}, "services": {{"web": {{"prefixes": ["192.0.2.9/32"],
                "next_hop": "198.51.100.1", "require_address": false, "as_path": [65010],
                "levels": [{{"name": "up", "when": {{"all": [{{"frontend": {{"name": "web"}}}}, {{"backend": {{"name": "web"}}}}]}}}}]}}}}}}"#,
            haproxy.arg("user.sock")
        );
        let config = haproxy.write("config.json", &text);
        test(&haproxy, &config);
    }
}

#[test]
fn both_of_one_name_are_seen() {
    in_both_orders(|haproxy, config| {
        let command = |words: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
            Said::of(
                &command
                    .args(words)
                    .args(["--config", config])
                    .output()
                    .unwrap(),
            )
        };
        let seen = || command(&["check"]);
        seen()
            .ends_with(0)
            .shows(&["web: 2 of 2 servers up", "web: OPEN"]);
        haproxy.says("disable frontend web");
        seen().ends_with(1).shows(&["web: PAUSED"]);
        haproxy.says("enable frontend web");
        // Another process has other numbers, perhaps.
        haproxy.reload();
        haproxy.backend01.is_sick(true);
        haproxy.eventually_is("web", "s1", "DOWN");
        seen()
            .ends_with(0)
            .shows(&["web: 1 of 2 servers up", "web: OPEN"]);
        command(&["validate", "--live"]).ends_with(0).shows(&[
            "note LV009: HAProxy has a frontend and a backend 'web'; this is the frontend",
        ]);
    });
}

#[test]
fn both_of_one_name_are_changed() {
    in_both_orders(|haproxy, _| {
        run(haproxy, &["server", "maint", "web/s1", "--force"])
            .ends_with(0)
            .shows(&["MAINT"]);
        assert_eq!(haproxy.admin("web/s1"), 1);
        run(haproxy, &["server", "ready", "web/s1", "--wait"]).ends_with(0);
        run(haproxy, &["frontend", "disable", "web", "--force"])
            .ends_with(0)
            .shows(&["PAUSED"]);
        run(haproxy, &["frontend", "enable", "web"])
            .ends_with(0)
            .shows(&["OPEN"]);
        assert_eq!(haproxy.get("web.sock").as_deref(), Some("HTTP/1.1 200 OK"));
    });
}
