//! How fast the far router's route leaves an NVA that has fallen silent: its cable pulled, HAProxy frozen, every program
//! frozen; with `siblings.takeover`, and without it, where the route stays for the hold time (30 s), or for `unknown.hold` (10 s).
//! Beside it clients ask for pages, and ping.
//!
//!     cargo bench --bench silence
//!
//! As root, in about a quarter of an hour: 30 rounds each with a takeover, 3 without. `-- --quick`: 3, and 1.
#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::env;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ANYCAST_ADDRESS, ExaBgp, Lab, Load, Region, eventually};

#[path = "latency/figures.rs"]
mod figures;
#[path = "../tests/regions/silence.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "a test uses the rest, and fails by panicking"
)]
mod silence;

use figures::{Figures, milliseconds};
use silence::{Silence, with_takeover};

const NE: Region = Region::NorthEurope;
const WE: Region = Region::WestEurope;
const PATIENCE: Duration = Duration::from_secs(90);
/// The pace of the questions that a takeover asks: the failures fall evenly into it.
const PERIOD: Duration = Duration::from_millis(250);

/// What came of one row.
struct Row {
    name: String,
    moves: Figures,
    returns: Figures,
    rounds: u32,
    requests: usize,
    failed: usize,
    pings: (u32, u32),
}

fn main() -> Result<()> {
    if !env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let quick = env::args().any(|argument| argument == "--quick");
    let mut rows = Vec::new();
    for takes_over in [true, false] {
        for silence in [Silence::Cable, Silence::Machine, Silence::Haproxy] {
            let rounds = match (takes_over, quick) {
                (true, false) => 30,
                (true, true) | (false, false) => 3,
                (false, true) => 1,
            };
            rows.push(measure(silence, takes_over, rounds)?);
        }
    }
    print(&rows);
    Ok(())
}

fn measure(silence: Silence, takes_over: bool, rounds: u32) -> Result<Row> {
    let builder = Lab::builder()
        .exabgp(ExaBgp::Debian)
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"));
    let builder = if takes_over {
        with_takeover(builder)
    } else {
        builder
    };
    let lab = builder.start()?;
    let name = format!(
        "{silence:?}, {}",
        if takes_over { "takeover" } else { "none" }
    );
    println!("{name}: {rounds} rounds");
    lab.run(|lab| {
        settled(lab)?;
        let load = lab.client().load(&Load {
            at_most: PATIENCE * (rounds + 1),
            ..Load::default()
        })?;
        let ping = lab
            .client()
            .ping(Duration::from_millis(10), rounds * 100 * 60)?;
        let (mut moves, mut returns) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            thread::sleep(PERIOD * round / rounds);
            let begun = SystemTime::now();
            silence.begin(lab)?;
            moves.push(moved(lab, begun, WE)?);
            // A session that is cut for long is over.
            thread::sleep(Duration::from_millis(500));
            let begun = SystemTime::now();
            silence.end(lab)?;
            returns.push(moved(lab, begun, NE)?);
            settled(lab)?;
        }
        let (report, pinged) = (load.finish()?, ping.finish()?);
        Ok(Row {
            name: name.clone(),
            moves: Figures::of(moves.into_iter()),
            returns: Figures::of(returns.into_iter()),
            rounds,
            requests: report.requests.len(),
            failed: report.failed().len(),
            pings: (pinged.sent, pinged.lost()),
        })
    })
}

/// Both regions' routes are out, and the kernel's leads to North Europe, whose page is true.
fn settled(lab: &Lab) -> Result<()> {
    for region in [NE, WE] {
        for instance in lab.route_servers(region) {
            eventually(PATIENCE, &format!("the route of {region}"), || {
                let rows = instance.rows(ANYCAST)?;
                ensure!(rows.len() == 1, "{rows:?}");
                Ok(())
            })?;
        }
    }
    lab.msee().await_region(ANYCAST, Some(NE), PATIENCE)?;
    // Three answers of the page, so that nothing of the round before is left.
    thread::sleep(Duration::from_secs(2));
    Ok(())
}

/// Seconds until the MSEE's kernel route led there.
fn moved(lab: &Lab, since: SystemTime, region: Region) -> Result<f64> {
    lab.msee().await_region(ANYCAST, Some(region), PATIENCE)?;
    let changes = lab.msee().route_changes()?;
    let here = changes
        .iter()
        .filter(|change| change.prefix == ANYCAST_ADDRESS.to_string());
    let change = here.filter(|change| change.at >= since && change.via == Some(region.nva()));
    let first = change
        .map(|change| change.at)
        .next()
        .context("the kernel reported no change")?;
    Ok(first.duration_since(since)?.as_secs_f64())
}

fn print(rows: &[Row]) {
    println!(
        "\nMilliseconds until the MSEE's kernel route led elsewhere, and back once all went on; 4 clients, 50 requests a second"
    );
    println!(
        "each, each on its own connection, and a ping each 10 ms; failed and lost by round.\n"
    );
    println!(
        "| silent, and the other region's | rounds | away p50 | p99 | max | back p50 | p99 | requests failed | of | pings lost | of |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for row in rows {
        let [p50, _, p99, max] = row.moves.shown();
        let [back, _, back99, _] = row.returns.shown();
        let each = |count: usize| milliseconds(Some(count as f64 / f64::from(row.rounds)));
        let (sent, lost) = row.pings;
        println!(
            "| {} | {} | {p50} | {p99} | {max} | {back} | {back99} | {} | {} | {} | {} |",
            row.name,
            row.rounds,
            each(row.failed),
            each(row.requests),
            each(lost as usize),
            each(sent as usize),
        );
    }
}
