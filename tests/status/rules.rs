//! The alert rules that the repository ships: promtool takes them, each fires when it should, and none asks for a metric
//! that nobody writes.

use std::collections::BTreeSet;
use std::process::Command;

const RULES: &str = "systemd/prometheus/haproxy-rhi.rules.yml";
const DASHBOARD: &str = "systemd/prometheus/haproxy-rhi.dashboard.json";

fn promtool(arguments: &[&str]) {
    let output = Command::new("promtool")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("promtool runs (tests/prepare installs it)");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
}

#[test]
fn prometheus_takes_the_rules() {
    promtool(&["check", "rules", RULES]);
}

#[test]
fn each_alert_fires_when_it_should_and_not_before() {
    promtool(&["test", "rules", "tests/status/haproxy-rhi.rules.test.yml"]);
}

/// Every word of a text that is a metric's name.
fn names(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter| !is_part(letter));
    words
        .filter(|word| word.starts_with("haproxy_rhi_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_rule_and_no_panel_asks_for_what_nobody_writes() {
    let read = |path: &str| {
        std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    };
    // Without what formatting puts between the words.
    let words = |path: &str| read(path).replace(char::is_whitespace, "");
    let source = words("src/report/metrics.rs")
        + &words("src/report/metrics/process.rs")
        + &words("src/report/metrics/services.rs")
        + &words("src/report/metrics/means.rs")
        + &words("src/verify/metrics.rs");
    let chance = words("src/second_chance/status.rs");
    let counters = words("src/second_chance/rules/words.rs");
    let written = |name: &str| {
        let base = name
            .trim_end_matches("_bucket")
            .trim_end_matches("_sum")
            .trim_end_matches("_count");
        source.contains(&format!("\"{base}\""))
            || name
                .strip_prefix("haproxy_rhi_second_chance_")
                .is_some_and(|part| {
                    // The counters of the kernel's table.
                    let counter = part.trim_end_matches("_packets_total");
                    chance.contains(&format!("(\"{part}\","))
                        || counters.contains(&format!("\"{counter}\""))
                })
    };
    for path in [RULES, DASHBOARD] {
        let asked = names(&read(path));
        assert!(asked.len() >= 8, "{path} asks for {asked:?}");
        for name in asked {
            assert!(written(&name), "{path} asks for {name}");
        }
    }
    let _: serde_json::Value =
        serde_json::from_str(&read(DASHBOARD)).expect("the dashboard is JSON");
}
