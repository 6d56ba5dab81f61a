//! README's table "What happens when", in milliseconds: how fast the far router's route leaves North Europe's NVA for each fault
//! that moves it, and how fast it is back; for the faults that it knows beside exabgp-healthcheck, at its fastest and with its
//! defaults. Each is counted from the fault itself. Beside it clients ask for pages, and ping.
//!
//!     cargo bench --bench rows
//!
//! As root, in an hour: 30 rounds each, of what takes long 3. `-- --rounds N`: so many at most; `-- --only NAME`:
//! only rows whose name contains it.
//! "Back" is counted from the fault's end; of a fault that ends by itself, from its beginning.
#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::collections::BTreeSet;
use std::env;
use std::net::Ipv4Addr;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use haproxy_rhi_lab::{ANYCAST, ANYCAST_ADDRESS, Lab, Load, eventually};

mod fault;
#[path = "../latency/figures.rs"]
mod figures;
#[path = "../../tests/regions/four.rs"]
mod four;
#[path = "../rivals/mod.rs"]
mod rivals;
#[path = "../settled/mod.rs"]
mod settled;
#[path = "../../tests/regions/silence.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "a test uses the rest, and fails by panicking"
)]
mod silence;

use fault::{Fault, ROWS, Watcher};
use figures::{Figures, milliseconds};

const PATIENCE: Duration = Duration::from_secs(90);
/// The pace at which everybody looks who does not hear: the failures fall evenly into it.
const PERIOD: Duration = Duration::from_secs(1);

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
    if !rivals::ready("rows") {
        return Ok(());
    }
    let after = |flag: &str| env::args().skip_while(|word| word != flag).nth(1);
    let only = after("--only").unwrap_or_default();
    let most = after("--rounds").map(|most| most.parse()).transpose()?;
    let mut rows = Vec::new();
    for (fault, watchers) in ROWS {
        for (watcher, rounds) in watchers {
            let name = format!("{fault:?}, {watcher:?}");
            if name.contains(&only) {
                let rounds = most.map_or(*rounds, |most: u32| most.min(*rounds));
                match measure(&name, fault, *watcher, rounds) {
                    Ok(row) => {
                        // Whatever happens, this much is shown.
                        println!("  {:?}, back {:?}", row.moves.shown(), row.returns.shown());
                        rows.push(row);
                    }
                    // The others are still worth their while.
                    Err(error) => println!("  not measured: {error:#}"),
                }
            }
        }
    }
    print(&rows);
    Ok(())
}

fn measure(name: &str, fault: Fault, watcher: Watcher, rounds: u32) -> Result<Row> {
    let lab = fault::lab(fault, watcher)?.start()?;
    println!("{name}: {rounds} rounds");
    lab.run(|lab| {
        settled(lab, fault)?;
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
            let [away, back] = once(lab, fault)?;
            moves.push(away);
            returns.push(back);
            settled(lab, fault)?;
            thread::sleep(fault.pause());
        }
        let (report, pinged) = (load.finish()?, ping.finish()?);
        Ok(Row {
            name: name.to_owned(),
            moves: Figures::of(moves.into_iter()),
            returns: Figures::of(returns.into_iter()),
            rounds,
            requests: report.requests.len(),
            failed: report.failed().len(),
            pings: (pinged.sent, pinged.lost()),
        })
    })
}

/// Seconds from the fault until the route was away, and from its end until it was back.
fn once(lab: &Lab, fault: Fault) -> Result<[f64; 2]> {
    let [home, away] = [fault.home(), fault.away()].map(BTreeSet::from_iter);
    let is_away = |hops: &BTreeSet<Ipv4Addr>| !hops.is_empty() && hops.is_subset(&away);
    let is_back = |hops: &BTreeSet<Ipv4Addr>| hops.is_subset(&home) && !hops.is_subset(&away);
    let begun = SystemTime::now();
    fault.begin(lab)?;
    let left = moved(lab, begun, is_away)?;
    let since = if fault.passes() {
        left
    } else {
        // A session that is cut for long is over.
        thread::sleep(Duration::from_millis(500));
        SystemTime::now()
    };
    fault.end(lab)?;
    let returned = moved(lab, since, is_back)?;
    let ended = if fault.passes() { begun } else { since };
    Ok([
        left.duration_since(begun)?.as_secs_f64(),
        returned.duration_since(ended)?.as_secs_f64(),
    ])
}

/// Settled for as long as three answers of a page take, so that nothing of the round before is left.
fn settled(lab: &Lab, fault: Fault) -> Result<()> {
    settled::settled(lab, PATIENCE)?;
    lab.msee()
        .await_next_hops(ANYCAST, &fault.home(), PATIENCE)?;
    thread::sleep(Duration::from_secs(2));
    Ok(())
}

/// When the MSEE's kernel route first led there.
fn moved(
    lab: &Lab,
    since: SystemTime,
    leads_there: impl Fn(&BTreeSet<Ipv4Addr>) -> bool,
) -> Result<SystemTime> {
    eventually(PATIENCE, "the change in the kernel's table", || {
        let changes = lab.msee().route_changes()?;
        let mut here = changes
            .iter()
            .filter(|change| change.prefix == ANYCAST_ADDRESS.to_string() && change.at >= since);
        let there = here.find(|change| leads_there(&change.next_hops));
        Ok(there.context("the kernel reported no such change")?.at)
    })
}

fn print(rows: &[Row]) {
    println!(
        "\nMilliseconds from a fault until the MSEE's kernel route led elsewhere, and back from its end; 4 clients, 50 requests a second"
    );
    println!(
        "each, each on its own connection, and a ping each 10 ms; failed and lost by round.\n"
    );
    println!(
        "| fault, and who watches | rounds | away p50 | p99 | max | back p50 | p99 | requests failed | of | pings lost | of |"
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
