//! What a process works with, and that does not work: each is told with its reason, and a monitor's verdict has it.

use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab, Region, eventually};
use serde_json::Value;

use crate::stage::{CONFIG, NE, PATIENCE, becomes, config_with, held, regions, standing};

const METRICS: &str = "/run/metrics/rhi.prom";
const FAILS: &str = "[\"/bin/sh\", \"-c\", \"test -e /run/exabgp/hook-may-run\"]";

/// The fault of these means, in words.
fn fault<'told>(process: &'told Value, name: &str) -> Option<&'told str> {
    let means = process["status"]["means"].as_array()?;
    means.iter().find(|means| means["name"] == name)?["fault"]["why"].as_str()
}

fn problems(process: &Value) -> String {
    process["problems"].to_string()
}

fn has(process: &Value, words: &[&str]) -> bool {
    words.iter().all(|words| problems(process).contains(words))
}

fn run(lab: &Lab, line: &str) -> Result<()> {
    let status = lab.nva(NE).command("sh").args(["-c", line]).status()?;
    ensure!(status.success(), "{line}: {status}");
    Ok(())
}

#[test]
fn what_does_not_work_is_told_until_it_works() {
    let hooks = format!(
        "\"read_back\": \"1s\", \"metrics\": \"{METRICS}\", \"hooks\": [{{\"argv\": {FAILS}, \"timeout\": \"60s\"}}],"
    );
    let config =
        config_with(&hooks).replace("/run/haproxy/control.sock", "/run/haproxy/no-such.sock");
    let lab = regions(&ExaBgp::Debian)
        .file(NE, CONFIG, &config)
        .without_exabgp()
        .start()
        .unwrap();
    lab.run(|lab| {
        let deaf = "import socket,time; s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 30514)); time.sleep(3600)";
        let mut taken = lab.nva(NE).command("python3").args(["-c", deaf]).spawn()?;
        lab.nva(NE).exabgp().start()?;
        held(lab, Some(0))?;
        // HAProxy's server for the sibling falls, and logs that to who has the port.
        lab.nva(Region::WestEurope).cut_link()?;
        let words = [
            "events at 127.0.0.1:30514 does not work for ",
            "address already in use",
            "control at /run/haproxy/no-such.sock does not work for ",
            &format!("metrics at {METRICS} does not work for "),
            "hook '/bin/sh -c test -e /run/exabgp/hook-may-run' fails for ",
            "it ended with exit status 1",
            "service web: no region would take over, since no sibling is healthy: http http://172.16.136.70/health for ",
        ];
        becomes(lab, "every fault", |code, process| {
            code == 1 && standing(process) == "up" && has(process, &words)
        })?;

        // Each is mended while the process runs.
        taken.kill()?;
        taken.wait()?;
        run(lab, "mkdir -m 777 /run/metrics; touch /run/exabgp/hook-may-run")?;
        lab.nva(Region::WestEurope).join_link()?;
        lab.nva(Region::WestEurope).exabgp().start()?;
        lab.nva(NE).write(CONFIG, &config.replace("no-such.sock", "control.sock"))?;
        becomes(lab, "events that are heard", |_, process| fault(process, "events").is_none())?;
        // A move that the hook is told.
        lab.backend(NE).kill()?;
        held(lab, None)?;
        lab.backend(NE).start()?;
        held(lab, Some(0))?;
        let told = becomes(lab, "no fault", |code, process| {
            let means = process["status"]["means"].as_array().cloned().unwrap_or_default();
            let is_read = means.iter().any(|means| means["name"] == "read-back" && means["uses"] != 0);
            code == 0 && problems(process) == "[]" && is_read
        })?;
        let means = told["status"]["means"].as_array().cloned().unwrap_or_default();
        let names: Vec<&str> = means.iter().filter_map(|means| means["name"].as_str()).collect();
        ensure!(names == ["events", "addresses", "control", "ledger", "status", "metrics", "read-back", "sibling"], "{names:?}");
        for means in &means {
            // No address came or went.
            let is_used = means["last_use"].is_string() && means["uses"] != 0;
            ensure!(is_used || means["name"] == "addresses", "{means}");
        }
        eventually(PATIENCE, "the metrics", || {
            let text = lab.nva(NE).read(METRICS)?;
            let works = text.lines().filter(|line| line.starts_with("haproxy_rhi_means_works{"));
            let works: Vec<&str> = works.collect();
            ensure!(works.len() == 8 && works.iter().all(|line| line.ends_with(" 1")), "{works:?}");
            Ok(())
        })
    })
    .unwrap();
}

#[test]
fn events_that_never_come_are_told_when_a_server_falls() {
    // HAProxy logs elsewhere.
    let config = config_with("").replace("127.0.0.1:30514", "127.0.0.1:30515");
    let lab = regions(&ExaBgp::Debian)
        .file(NE, CONFIG, &config)
        .start()
        .unwrap();
    lab.run(|lab| {
        held(lab, Some(0))?;
        lab.backend(NE).kill()?;
        held(lab, None)?;
        lab.backend(NE).start()?;
        held(lab, Some(0))?;
        let words = [
            "events at 127.0.0.1:30515 does not work for ",
            "HAProxy logged nothing here",
            "log global",
        ];
        becomes(lab, "silence", |code, process| {
            code == 1 && has(process, &words)
        })?;
        // One that comes at last.
        lab.nva(NE).write(CONFIG, &config_with(""))?;
        becomes(lab, "events where they come", |_, process| {
            fault(process, "events").is_none()
        })?;
        let began = std::time::Instant::now();
        lab.backend(NE).kill()?;
        held(lab, None)?;
        lab.backend(NE).start()?;
        held(lab, Some(0))?;
        // A fault would be told by now.
        std::thread::sleep(Duration::from_secs(20).saturating_sub(began.elapsed()));
        becomes(lab, "nothing wrong", |code, _| code == 0).map(drop)
    })
    .unwrap();
}
