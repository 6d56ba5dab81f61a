//! README's table "What happens when", in milliseconds: how fast the far router's route leaves North Europe's NVA for each fault
//! that moves it, and how fast it is back; for the faults that it knows beside exabgp-healthcheck, at its fastest and with its
//! defaults. Each is counted from the fault itself. Beside it clients ask for pages, and ping.
//!
//!     cargo bench --bench rows
//!
//! As root, in three quarters of an hour: 30 rounds each, of what takes long 3. `-- --rounds N`: so many at most; `-- --only NAME`:
//! only rows whose name contains it.
#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::env;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{
    ANYCAST, ANYCAST_ADDRESS, ExaBgp, Lab, LabBuilder, Load, Nva, Region, Signal, eventually,
};

#[path = "latency/figures.rs"]
mod figures;
mod rivals;
mod settled;
#[path = "../tests/regions/silence.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "a test uses the rest, and fails by panicking"
)]
mod silence;

use figures::{Figures, milliseconds};
use silence::{CONFIG, Silence, with_takeover};

const NE: Region = Region::NorthEurope;
const WE: Region = Region::WestEurope;
const PATIENCE: Duration = Duration::from_secs(90);
/// The pace at which everybody looks who does not hear: the failures fall evenly into it.
const PERIOD: Duration = Duration::from_secs(1);
const LONG: u32 = 3;

/// What befalls North Europe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    ServersDie,
    HaproxyIsKilled,
    FrontendIsDisabled,
    AddressIsRemoved,
    ConfigurationIsEdited,
    ExabgpGetsSigterm,
    ExabgpIsKilled,
    ExabgpHangs,
    Silent(Silence),
}

use Fault::*;

/// Who watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watcher {
    HaproxyRhi,
    /// The other region takes over.
    WithTakeover,
    Fastest,
    Defaults,
}

use Watcher::*;

/// Each row: who watches, and how many rounds.
const ROWS: [(Fault, &[(Watcher, u32)]); 11] = [
    (
        ServersDie,
        &[(HaproxyRhi, 30), (Fastest, 30), (Defaults, 10)],
    ),
    (
        HaproxyIsKilled,
        &[(HaproxyRhi, 30), (Fastest, 30), (Defaults, 10)],
    ),
    (FrontendIsDisabled, &[(HaproxyRhi, 30)]),
    (AddressIsRemoved, &[(HaproxyRhi, 30)]),
    (ConfigurationIsEdited, &[(HaproxyRhi, 30)]),
    (ExabgpGetsSigterm, &[(HaproxyRhi, 30)]),
    (ExabgpIsKilled, &[(HaproxyRhi, 30)]),
    (ExabgpHangs, &[(HaproxyRhi, LONG)]),
    (
        Silent(Silence::Haproxy),
        &[
            (WithTakeover, 30),
            (HaproxyRhi, LONG),
            (Fastest, LONG),
            (Defaults, LONG),
        ],
    ),
    (
        Silent(Silence::Cable),
        &[(WithTakeover, 30), (HaproxyRhi, LONG)],
    ),
    (
        Silent(Silence::Machine),
        &[(WithTakeover, 30), (HaproxyRhi, LONG)],
    ),
];

impl Fault {
    fn begin(self, lab: &Lab) -> Result<()> {
        let nva = lab.nva(NE);
        match self {
            ServersDie => lab.backend(NE).kill(),
            HaproxyIsKilled => nva.haproxy().kill(),
            FrontendIsDisabled => frontend(nva, "disable"),
            AddressIsRemoved => nva.remove_address(ANYCAST),
            ConfigurationIsEdited => edit(nva, "[65010]", "[65010, 65010, 65010, 65010]"),
            ExabgpGetsSigterm => nva.exabgp().stop(),
            ExabgpIsKilled => nva.exabgp().kill(),
            ExabgpHangs => nva.exabgp().signal(Signal::Stop),
            Silent(silence) => silence.begin(lab),
        }
    }

    fn end(self, lab: &Lab) -> Result<()> {
        let nva = lab.nva(NE);
        match self {
            ServersDie => lab.backend(NE).start(),
            HaproxyIsKilled => nva.haproxy().start(),
            FrontendIsDisabled => frontend(nva, "enable"),
            AddressIsRemoved => nva.add_address(ANYCAST),
            ConfigurationIsEdited => edit(nva, "[65010, 65010, 65010, 65010]", "[65010]"),
            ExabgpGetsSigterm | ExabgpIsKilled => nva.exabgp().start(),
            ExabgpHangs => nva.exabgp().signal(Signal::Cont),
            Silent(silence) => silence.end(lab),
        }
    }
}

fn frontend(nva: &Nva, verb: &str) -> Result<()> {
    let answer = nva
        .haproxy()
        .admin(&format!("{verb} frontend http_front"))?;
    ensure!(answer.trim().is_empty(), "HAProxy answered '{answer}'");
    Ok(())
}

fn edit(nva: &Nva, from: &str, to: &str) -> Result<()> {
    let [from, to] = [from, to].map(|path| format!("\"as_path\": {path},"));
    nva.write(CONFIG, &nva.read(CONFIG)?.replace(&from, &to))
}

impl Watcher {
    fn of(self, lab: LabBuilder) -> LabBuilder {
        match self {
            HaproxyRhi => lab,
            WithTakeover => with_takeover(lab),
            Fastest => rivals::with_healthcheck(lab, NE, "-i 0.1 -f 0.1 --rise 1 --fall 1"),
            Defaults => rivals::with_healthcheck(lab, NE, ""),
        }
    }
}

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
    let builder = Lab::builder()
        .exabgp(ExaBgp::Debian)
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"));
    let builder = watcher.of(builder);
    let lab = builder.start()?;
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
            fault.begin(lab)?;
            moves.push(moved(lab, begun, WE)?);
            // A session that is cut for long is over.
            thread::sleep(Duration::from_millis(500));
            let begun = SystemTime::now();
            fault.end(lab)?;
            returns.push(moved(lab, begun, NE)?);
            settled(lab)?;
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

/// Settled for as long as three answers of a page take, so that nothing of the round before is left.
fn settled(lab: &Lab) -> Result<()> {
    settled::settled(lab, PATIENCE)?;
    thread::sleep(Duration::from_secs(2));
    Ok(())
}

/// Seconds until the MSEE's kernel route led there.
fn moved(lab: &Lab, since: SystemTime, region: Region) -> Result<f64> {
    lab.msee().await_region(ANYCAST, Some(region), PATIENCE)?;
    // What follows the kernel's table may be a moment behind it.
    eventually(PATIENCE, "the change in the kernel's table", || {
        let changes = lab.msee().route_changes()?;
        let mut here = changes
            .iter()
            .filter(|change| change.prefix == ANYCAST_ADDRESS.to_string());
        let there = here.find(|change| change.at >= since && change.via == Some(region.nva()));
        let first = there.context("the kernel reported no change")?.at;
        Ok(first.duration_since(since)?.as_secs_f64())
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
