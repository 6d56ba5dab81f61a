//! Each event under load: what failed, what was reset, and how long anybody waited.

use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Connections, Lab, LoadReport, Outcome, Region, eventually};

use crate::pair::{self, NE, PATIENCE, WE, led_to, load, ready, regions};

const CONFIG: &str = "/etc/haproxy-rhi/config.json";
/// A drain of four seconds, so that it is watched in that time.
const DRAIN: &str = "\"drain\": {\"ask\": \"2s\", \"for\": \"2s\"},\n      \"rise\"";

type Act = fn(&Lab) -> Result<()>;

/// What is done, and where the route leads then.
const EVENTS: [(&str, Act, Region); 10] = [
    (
        "drain",
        |lab| operator(lab, &["drain", "web", "--reason", "bench"]),
        WE,
    ),
    ("resume", |lab| operator(lab, &["resume", "web"]), NE),
    ("all servers killed", |lab| lab.backend(NE).kill(), WE),
    ("all servers back", |lab| lab.backend(NE).start(), NE),
    ("ExaBGP killed", |lab| lab.nva(NE).exabgp().kill(), WE),
    ("ExaBGP back", |lab| lab.nva(NE).exabgp().start(), NE),
    ("HAProxy killed", |lab| lab.nva(NE).haproxy().kill(), WE),
    ("HAProxy back", |lab| lab.nva(NE).haproxy().start(), NE),
    (
        "NVA cut off, for longer than the hold time",
        |lab| lab.nva(NE).cut_link(),
        WE,
    ),
    ("NVA back", |lab| lab.nva(NE).join_link(), NE),
];

/// Of so many events a quick run sees the first.
const QUICK: usize = 4;

fn operator(lab: &Lab, arguments: &[&str]) -> Result<()> {
    let output = lab
        .nva(NE)
        .command("haproxy-rhi")
        .args(arguments)
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// What clients saw of one event.
struct Seen {
    requests: usize,
    failed: usize,
    resets: usize,
    longest: Duration,
}

pub fn table(quick: bool) -> Result<()> {
    let events = if quick { &EVENTS[..QUICK] } else { &EVENTS[..] };
    let without = rounds(events, false)?;
    let with = rounds(events, true)?;
    println!(
        "Open connections: 20 clients that keep theirs and 10 that make a new one for each request, 50 requests a second each."
    );
    println!("None tries anything again. 'waited': the longest that any request took.\n");
    println!("| event | | requests | failed | connections reset | waited |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for ((name, ..), pair) in events.iter().zip(without.iter().zip(&with)) {
        for (mode, seen) in [("without", pair.0), ("with", pair.1)] {
            let name = if mode == "without" { *name } else { "" };
            println!(
                "| {name} | {mode} | {} | {} | {} | {} ms |",
                seen.requests,
                seen.failed,
                seen.resets,
                seen.longest.as_millis()
            );
        }
    }
    println!();
    Ok(())
}

fn rounds(events: &[(&str, Act, Region)], with: bool) -> Result<Vec<Seen>> {
    let path = format!(
        "{}/exabgp/{}/config.json",
        env!("CARGO_MANIFEST_DIR"),
        NE.folder()
    );
    let config = std::fs::read_to_string(path)?.replace("\"rise\"", DRAIN);
    let lab = regions().file(NE, CONFIG, &config).start()?;
    lab.run(|lab| {
        std::fs::create_dir_all(lab.nva(NE).path("/var/lib/haproxy-rhi/drain"))?;
        ready(lab)?;
        let heartbeats = if with {
            Some(pair::switched_on(lab)?)
        } else {
            None
        };
        let seen = events
            .iter()
            .map(|(_, act, to)| event(lab, *act, *to))
            .collect();
        drop(heartbeats);
        seen
    })
}

fn event(lab: &Lab, act: Act, to: Region) -> Result<Seen> {
    let kept = lab.client().load(&haproxy_rhi_lab::Load {
        clients: 20,
        ..load(Connections::Kept)
    })?;
    let short = lab.client().load(&load(Connections::Short))?;
    let count = || kept.so_far().requests.len();
    let more = |wanted: usize| {
        let before = count();
        eventually(PATIENCE * 3, "more requests", || {
            ensure!(
                count() >= before + wanted,
                "{} of {before} and {wanted}",
                count()
            );
            Ok(())
        })
    };
    more(200)?;
    act(lab)?;
    eventually(PATIENCE * 3, "the move", || led_to(lab, to))?;
    // Also those that were left with a host that is gone have their answer, or none for good.
    more(1000)?;
    std::thread::sleep(Duration::from_secs(2));
    let (kept, short) = (kept.finish()?, short.finish()?);
    ready_again(lab, to)?;
    Ok(Seen {
        requests: kept.requests.len() + short.requests.len(),
        failed: kept.failed().len() + short.failed().len(),
        resets: kept.resets(),
        longest: longest(&kept).max(longest(&short)),
    })
}

/// Before the next event, what this one left has settled.
fn ready_again(lab: &Lab, at: Region) -> Result<()> {
    if at == WE { Ok(()) } else { ready(lab) }
}

fn longest(report: &LoadReport) -> Duration {
    let pages = report
        .requests
        .iter()
        .filter(|request| matches!(request.outcome, Outcome::Page(_)));
    let failed = report.failed();
    pages
        .chain(failed)
        .map(|request| request.took)
        .max()
        .unwrap_or_default()
}
