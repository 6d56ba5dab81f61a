//! Every expression over the day.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::day::{BEGIN, END, day};
use crate::picture::picture;
use crate::prometheus::{Prometheus, Row, Rule, Window};
use crate::script::{script, words};
use crate::series::{SCRAPE, Scraped};
use crate::shipped::{Panel, RULES, dashboard, legend, list, panels};

const DAY: (u64, u64) = (BEGIN, END);

/// Alerts and panels' expressions that the day does not make speak, and why not.
const ELSEWHERE: [(&str, &str); 3] = [
    (
        "Alerts: {{instance}} {{alertname}}",
        "Prometheus writes them itself as it evaluates the rules, see live.rs",
    ),
    ("Packets of the second chance: {{instance}} taken", PACKETS),
    (
        "Packets of the second chance: {{instance}} over the limit",
        PACKETS,
    ),
];
const PACKETS: &str =
    "how many of them there are depends on the kernel; tests/second_chance counts them";

#[test]
fn every_panel_and_every_alert_says_what_the_day_was_like() {
    let folder = tempfile::tempdir().unwrap();
    let scraped = day();
    let prometheus = filled(&scraped, folder.path()).unwrap();
    let rules = prometheus.rules().unwrap();
    let mut windows: Vec<Window> = Vec::new();
    for rule in &rules {
        windows.extend(prometheus.windows(rule, DAY).unwrap());
    }
    windows.sort_by_key(|window| (window.0, window.1, window.2.clone(), window.3.to_string()));
    let mut told = timeline(&windows);
    let mut silent = silent_alerts(&rules, &windows);
    for panel in panels(&dashboard()) {
        silent.extend(shown(&panel, &prometheus, &mut told).unwrap());
    }
    compare("tests/dashboard/day.txt", &told);
    compare("man/pictures/dashboard.svg", &picture(&prometheus).unwrap());
    let instances = prometheus.label_values("haproxy_rhi_build_info", "instance", DAY);
    assert_eq!(
        instances.unwrap(),
        ["ne", "we"],
        "what the dashboard's variable offers"
    );
    let known: BTreeSet<String> = ELSEWHERE
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(
        silent, known,
        "what says nothing all day long (left), and what is listed as such (right)"
    );
    as_promtool_has_it(&scraped, &rules, &windows, folder.path()).unwrap();
}

/// Prometheus with the day.
fn filled(scraped: &Scraped, folder: &Path) -> Result<Prometheus<'static>> {
    let metrics = folder.join("day.om");
    std::fs::write(&metrics, scraped.open_metrics(BEGIN))?;
    promtool(
        &["tsdb", "create-blocks-from", "openmetrics"],
        &[&metrics, &folder.join("data")],
    )?;
    Prometheus::over(folder)
}

fn promtool(words: &[&str], paths: &[&Path]) -> Result<()> {
    let output = Command::new("promtool").args(words).args(paths).output()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    ensure!(output.status.success(), "{said}");
    Ok(())
}

/// What happened, and between it the alerts that began and were over.
fn timeline(windows: &[Window]) -> String {
    let mut lines: Vec<(u64, String)> = Vec::new();
    for (minute, act) in script() {
        lines.push((BEGIN + (minute * 60.0) as u64, words(act)));
    }
    for (begin, end, alert, labels) in windows {
        lines.push((*begin, format!("  {alert} fires: {}", of(labels))));
        if *end <= END {
            lines.push((*end, format!("  {alert} is over: {}", of(labels))));
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    let lines = lines
        .into_iter()
        .map(|(at, line)| format!("{} {line}\n", clock(at)));
    lines.collect::<String>() + "\n"
}

/// The labels that tell one from another.
fn of(labels: &Value) -> String {
    let told = labels.as_object().into_iter().flatten();
    let told = told.filter(|(name, _)| {
        ![
            "__name__",
            "job",
            "process",
            "alertname",
            "severity",
            "alertstate",
        ]
        .contains(&name.as_str())
    });
    let told: Vec<&str> = told.filter_map(|(_, value)| value.as_str()).collect();
    told.join(", ")
}

pub fn clock(at: u64) -> String {
    let seconds = at % 86_400;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

fn silent_alerts(rules: &[Rule], windows: &[Window]) -> BTreeSet<String> {
    let names = rules.iter().map(|rule| rule.alert.clone());
    names
        .filter(|name| windows.iter().all(|window| window.2 != *name))
        .collect()
}

/// What a panel shows over the day. Returns the expressions without any data.
fn shown(panel: &Panel, prometheus: &Prometheus<'_>, told: &mut String) -> Result<Vec<String>> {
    let mut silent = Vec::new();
    for target in &panel.targets {
        let rows = prometheus.over_time(&target.expression, DAY)?;
        let _ = writeln!(told, "panel '{}': {}", panel.title, target.expression);
        let is_silent = rows.iter().all(|row| is_flat(panel, row));
        if is_silent {
            silent.push(format!("{}: {}", panel.title, target.legend));
        }
        for row in &rows {
            let name = legend(&target.legend, &row.labels);
            ensure!(
                !name.contains("{{"),
                "panel '{}': no such label: {name}",
                panel.title
            );
            let _ = writeln!(told, "  {name}: {}", course(panel, row)?);
        }
    }
    Ok(silent)
}

/// A curve that lies on the ground all day long shows nothing.
fn is_flat(panel: &Panel, row: &Row) -> bool {
    panel.kind == "timeseries"
        && row
            .values
            .iter()
            .all(|(_, value)| value.is_nan() || *value == 0.0)
}

/// A state by its changes; a curve by its highest value.
fn course(panel: &Panel, row: &Row) -> Result<String> {
    if panel.kind == "timeseries" {
        let numbers = row.values.iter().filter(|(_, value)| !value.is_nan());
        let highest = numbers.max_by(|one, other| one.1.total_cmp(&other.1));
        let (at, value) = highest.copied().unwrap_or_default();
        return Ok(format!(
            "from {} on, highest {value:.5} at {}",
            clock(row.values[0].0),
            clock(at)
        ));
    }
    let mut course: Vec<String> = Vec::new();
    let (mut before, mut until) = (None, row.values[0].0);
    for (at, value) in &row.values {
        if *at > until {
            course.push(format!("{} nothing", clock(until)));
            before = None;
        }
        until = at + SCRAPE;
        let words = match panel.mapped(*value) {
            Some((text, _)) => text,
            None if list(&panel.json, "/fieldConfig/defaults/mappings").is_empty() => {
                panel.threshold(*value)
            }
            None => anyhow::bail!("panel '{}' has no mapping for {value}", panel.title),
        };
        if before.as_ref() != Some(&words) {
            course.push(format!("{} {words}", clock(*at)));
            before = Some(words);
        }
    }
    if until <= END {
        course.push(format!("{} nothing", clock(until)));
    }
    Ok(course.join(", "))
}

/// What came is what the file says.
fn compare(path: &str, came: &str) {
    let file = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_DASHBOARD").is_some() {
        std::fs::write(&file, came).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    let mut lines = expected.lines().zip(came.lines());
    let first = lines.find(|(is, came)| is != came);
    assert!(
        expected == came,
        "{path}: (expected, came) {first:?}; UPDATE_DASHBOARD=1 cargo test --test dashboard rewrites it, for review"
    );
}

/// The rules' own engine over the same series: at every scrape exactly those alerts fire.
fn as_promtool_has_it(
    scraped: &Scraped,
    rules: &[Rule],
    windows: &[Window],
    folder: &Path,
) -> Result<()> {
    let asked: String = rules
        .iter()
        .map(|rule| format!("{} ", rule.expression))
        .collect();
    let is_asked = |family: &str| asked.contains(family);
    let mut tests = String::new();
    for at in (BEGIN..=END).step_by(SCRAPE as usize) {
        let fire = windows
            .iter()
            .filter(|(begin, end, ..)| (*begin..*end).contains(&at));
        let names: Vec<&str> = fire.map(|window| window.2.as_str()).collect();
        let _ = writeln!(
            tests,
            "      - expr: count by (alertname) (ALERTS{{alertstate=\"firing\"}})\n        eval_time: {}s\n        exp_samples:",
            at - BEGIN
        );
        for name in names.iter().collect::<BTreeSet<_>>() {
            let count = names.iter().filter(|other| other == &name).count();
            let _ = writeln!(
                tests,
                "          - {{labels: '{{alertname=\"{name}\"}}', value: {count}}}"
            );
        }
    }
    let series = scraped.input_series(BEGIN, is_asked);
    let text = format!(
        "rule_files: ['{RULES}']\nevaluation_interval: {SCRAPE}s\ntests:\n  - interval: {SCRAPE}s\n    input_series:\n{series}    promql_expr_test:\n{tests}"
    );
    let path = folder.join("day.test.yml");
    std::fs::write(&path, text)?;
    promtool(&["test", "rules"], &[&path])
}
