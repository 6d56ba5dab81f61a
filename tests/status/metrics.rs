//! Metrics: promtool takes them, and they say what is so.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab, eventually};

use crate::stage::{CONFIG, NE, PATIENCE, config_with, held, regions};

crate::stories! {
    prometheus_takes_them_and_they_follow_the_service,
}

const FIRST: &str = "/run/exabgp/first.prom";
const SECOND: &str = "/run/exabgp/second.prom";

/// `promtool check metrics`: its complaints are this test's.
fn checked(text: &str) -> Result<()> {
    let mut promtool = Command::new("promtool");
    let mut child = promtool
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("failed to run promtool (tests/prepare installs it)")?;
    child
        .stdin
        .take()
        .context("no stdin")?
        .write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    ensure!(output.status.success() && said.is_empty(), "{said}\n{text}");
    Ok(())
}

/// The value of a series, by its name and a part of its labels.
fn value(text: &str, name: &str, label: &str) -> Option<f64> {
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("{name}{{")) && line.contains(label))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

/// Waits until each series has its value.
fn are(lab: &Lab, path: &str, series: &[(&str, &str, f64)]) -> Result<String> {
    eventually(PATIENCE, "metrics", || {
        let text = lab.nva(NE).read(path)?;
        for (name, label, wanted) in series {
            let found = value(&text, name, label);
            ensure!(
                found == Some(*wanted),
                "{name} with {label} is {found:?}, not {wanted}\n{text}"
            );
        }
        Ok(text)
    })
}

fn prometheus_takes_them_and_they_follow_the_service(version: ExaBgp) {
    let config = |path: &str| {
        config_with(&format!(
            "\"metrics\": \"{path}\", \"hooks\": [{{\"argv\": [\"/bin/true\"]}}],"
        ))
    };
    let lab = regions(&version)
        .file(NE, CONFIG, &config(FIRST))
        .start()
        .unwrap();
    lab.run(|lab| {
        held(lab, Some(0))?;
        let process = "process=\"etc+haproxy-rhi+config.json\"";
        let address = lab.route_servers(NE)[0].address().to_string();
        let text = are(
            lab,
            FIRST,
            &[
                ("haproxy_rhi_build_info", process, 1.0),
                ("haproxy_rhi_config_in_force", process, 1.0),
                ("haproxy_rhi_config_faulty", process, 0.0),
                ("haproxy_rhi_service_standing", "standing=\"up\"", 1.0),
                ("haproxy_rhi_service_standing", "standing=\"down\"", 0.0),
                ("haproxy_rhi_service_level", "service=\"web\"", 0.0),
                ("haproxy_rhi_service_unknown", "service=\"web\"", 0.0),
                ("haproxy_rhi_route_announced", "prefix=\"9.9.9.9/32\"", 1.0),
                ("haproxy_rhi_route_differs", "prefix=\"9.9.9.9/32\"", 0.0),
                (
                    "haproxy_rhi_neighbor_up",
                    &format!("neighbor=\"{address}\""),
                    1.0,
                ),
                ("haproxy_rhi_haproxy_state", "state=\"readable\"", 1.0),
                ("haproxy_rhi_exabgp_answers", process, 1.0),
                ("haproxy_rhi_exabgp_commands_refused_total", process, 0.0),
                ("haproxy_rhi_hook_failures_total", "hook=\"/bin/true\"", 0.0),
                ("haproxy_rhi_hook_runs_total", "hook=\"/bin/true\"", 1.0),
            ],
        )?;
        checked(&text)?;
        // It looked, and each look led to a decision.
        let looks = value(&text, "haproxy_rhi_look_duration_seconds_count", process);
        let decisions = value(
            &text,
            "haproxy_rhi_decision_duration_seconds_count",
            process,
        );
        ensure!(
            looks > Some(0.0) && decisions >= looks,
            "{looks:?}, {decisions:?}"
        );

        lab.backend(NE).kill()?;
        held(lab, None)?;
        let text = are(
            lab,
            FIRST,
            &[
                ("haproxy_rhi_service_standing", "standing=\"down\"", 1.0),
                ("haproxy_rhi_service_level", "service=\"web\"", -1.0),
                ("haproxy_rhi_service_transitions_total", "to=\"down\"", 1.0),
                (
                    "haproxy_rhi_service_transitions_total",
                    "to=\"last standing\"",
                    1.0,
                ),
                ("haproxy_rhi_route_announced", "prefix=\"9.9.9.9/32\"", 0.0),
                ("haproxy_rhi_sibling_healthy", "sibling=", 1.0),
            ],
        )?;
        checked(&text)?;

        // Other metrics, and no file that nobody writes any more.
        lab.nva(NE).write(CONFIG, &config(SECOND))?;
        are(
            lab,
            SECOND,
            &[("haproxy_rhi_service_level", "service=\"web\"", -1.0)],
        )?;
        eventually(PATIENCE, "the end of the first file", || {
            ensure!(!lab.nva(NE).path(FIRST).exists());
            Ok(())
        })
    })
    .unwrap();
}
