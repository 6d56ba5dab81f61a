//! What it costs to run: memory, CPU and processes of haproxy-rhi and of exabgp-healthcheck, side by side.
//!
//!     cargo bench --bench footprint                       # as root
//!     cargo bench --bench footprint -- --beside PATH      # beside another haproxy-rhi, of an earlier commit for example
//!     cargo bench --bench footprint -- --record            # with a record and without, in turns
//!     cargo bench --bench footprint -- --source [SRC]     # lines and functions only; beside those of another src
//!     cargo bench --bench footprint -- --crowd            # many services: 100x5, 1000x5, 2000x5 and 4000x2 servers
//!     cargo bench --bench footprint -- --crowd 100x5      # these

#![expect(clippy::print_stdout, reason = "a benchmark talks to a person")]

mod crowd;
mod rivals;
mod source;
mod usage;

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, LabBuilder, Region, eventually};

use rivals::{ready, with_healthcheck};
use usage::{Starts, Usage, children};

const CONFIG: &str = "/etc/haproxy-rhi/config.json";
/// The turns of `--record`.
const TURNS: u32 = 5;
const MEASURED: Duration = Duration::from_secs(60);
/// Its pace when nothing changes is haproxy-rhi's: one look a second.
const TIMING: &str = "-i 1 -f 0.1 --rise 1 --fall 1";
const PATIENCE: Duration = Duration::from_secs(20);
/// What a process does once, at its start, is left out.
const WARM_UP: Duration = Duration::from_secs(5);

/// What was measured of one of the two.
struct Cost {
    usage: Usage,
    started: usize,
}

fn main() -> Result<()> {
    let mut source = std::env::args().skip_while(|argument| argument != "--source");
    if source.next().is_some() {
        let other = source.find(|argument| !argument.starts_with('-'));
        return source::print(other.as_ref().map(Path::new));
    }
    if !ready("footprint") {
        return Ok(());
    }
    if std::env::args().any(|argument| argument == "--record") {
        return recorded();
    }
    if std::env::args().any(|argument| argument == "--crowd") {
        let is_size =
            |argument: &String| argument.starts_with(|letter: char| letter.is_ascii_digit());
        return crowd::measure_all(&std::env::args().skip(1).filter(is_size).collect::<Vec<_>>());
    }
    let mut arguments = std::env::args()
        .skip_while(|argument| argument != "--beside")
        .skip(1);
    match arguments.next() {
        Some(other) => beside(&[
            Path::new(&other),
            Path::new(env!("CARGO_BIN_EXE_haproxy-rhi")),
        ]),
        None => {
            measure()?;
            source::print(None)
        }
    }
}

/// Each binary in a lab of its own, with the same shipped files.
fn beside(binaries: &[&Path]) -> Result<()> {
    println!(
        "{:>12} {:>12} {:>12} {:>12} {:>12} {:>14}",
        "MiB of file", "VmRSS, MiB", "VmHWM, MiB", "PSS, MiB", "own, MiB", "CPU, ms/min"
    );
    for binary in binaries {
        let lab = with_metrics(Lab::builder().exabgp(ExaBgp::Debian).binary(*binary))?.start()?;
        sleep(WARM_UP);
        let process = pid(&lab, Region::NorthEurope, "haproxy-rhi")?;
        let before = Usage::of(process)?;
        sleep(MEASURED);
        let usage = Usage::of(process)?.since(&before);
        println!(
            "{:>12.1} {:>12.1} {:>12.1} {:>12.1} {:>12.2} {:>14.0}   {}",
            mib(fs::metadata(binary)?.len() / 1024),
            mib(usage.rss),
            mib(usage.hwm),
            mib(usage.pss),
            mib(usage.private),
            usage.own.as_secs_f64() * 1000.0 * 60.0 / MEASURED.as_secs_f64(),
            binary.display()
        );
    }
    Ok(())
}

/// One process, whose file is edited each minute: now it records, now it does not.
fn recorded() -> Result<()> {
    let lab = with_metrics(
        Lab::builder()
            .exabgp(ExaBgp::Debian)
            .binary(env!("CARGO_BIN_EXE_haproxy-rhi")),
    )?;
    let lab = lab.start()?;
    let nva = lab.nva(Region::NorthEurope);
    let without = nva.read(CONFIG)?;
    let with = without.replacen('{', r#"{"record": "/run/exabgp/record.jsonl","#, 1);
    let mut sides = [("without", &without, 0.0), ("with", &with, 0.0)];
    for turn in 0..TURNS {
        for (name, config, sum) in &mut sides {
            nva.write(CONFIG, config)?;
            sleep(WARM_UP);
            let process = pid(&lab, Region::NorthEurope, "haproxy-rhi")?;
            let before = on_cpu(process)?;
            sleep(MEASURED);
            let own = (on_cpu(process)? - before) * 1000.0;
            println!("turn {turn}, {name}: {own:.1} ms");
            *sum += own;
        }
    }
    let length = fs::metadata(nva.path("/run/exabgp/record.jsonl"))?.len();
    let [without, with] = sides.map(|(_, _, sum)| sum / f64::from(TURNS));
    println!(
        "without a record {without:.1} ms of CPU a minute, with it {with:.1} ms: {:+.1} %; {} bytes of record a minute",
        (with / without - 1.0) * 100.0,
        length / u64::from(TURNS)
    );
    Ok(())
}

/// Seconds on a processor of the threads that there are, to the nanosecond: a difference of a few per cent is less than a tick.
fn on_cpu(process: u32) -> Result<f64> {
    let mut sum = 0.0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        let nanoseconds = text.split(' ').next().context("schedstat")?;
        sum += nanoseconds.parse::<f64>()? / 1e9;
    }
    Ok(sum)
}

/// The shipped configuration of North Europe, and metrics.
fn with_metrics(lab: LabBuilder) -> Result<LabBuilder> {
    let root = env!("CARGO_MANIFEST_DIR");
    let shipped = fs::read_to_string(format!("{root}/exabgp/north-europe/config.json"))?;
    let config = shipped.replacen('{', r#"{"metrics": "/run/exabgp/haproxy-rhi.prom","#, 1);
    Ok(lab.file(Region::NorthEurope, CONFIG, &config))
}

fn mib(kib: u64) -> f64 {
    f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0
}

fn measure() -> Result<()> {
    let lab = Lab::builder()
        .exabgp(ExaBgp::Debian)
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"));
    let lab = with_metrics(lab)?;
    let lab = with_healthcheck(lab, Region::WestEurope, TIMING).start()?;
    for instance in Region::ALL
        .into_iter()
        .flat_map(|region| lab.route_servers(region))
    {
        eventually(
            PATIENCE,
            &format!("a route at {}", instance.address()),
            || {
                ensure!(instance.rows(ANYCAST)?.len() == 1, "there is none");
                Ok(())
            },
        )?;
    }
    sleep(WARM_UP);

    let ours = pid(&lab, Region::NorthEurope, "haproxy-rhi")?;
    let theirs = pid(&lab, Region::WestEurope, "exabgp-healthcheck")?;
    let begin = Instant::now();
    let before = (Usage::of(ours)?, Usage::of(theirs)?);
    let starts = (Starts::below(ours), Starts::below(theirs));
    sleep(MEASURED);
    let after = (Usage::of(ours)?, Usage::of(theirs)?);
    let minutes = begin.elapsed().as_secs_f64() / 60.0;
    let ours = Cost {
        usage: after.0.since(&before.0),
        started: starts.0.finish()?,
    };
    let theirs = Cost {
        usage: after.1.since(&before.1),
        started: starts.1.finish()?,
    };
    print(&ours, &theirs, minutes);
    Ok(())
}

fn print(ours: &Cost, theirs: &Cost, minutes: f64) {
    println!(
        "Both announce {ANYCAST} to two Route Servers by Debian's ExaBGP, each beside a HAProxy whose"
    );
    println!(
        "servers are up, at the same time, for {:.0} s on the same machine.",
        minutes * 60.0
    );
    println!();
    println!("haproxy-rhi          run, with the shipped config.json and metrics: a look a second");
    println!(
        "exabgp-healthcheck   {TIMING}, its command a curl of a page of HAProxy's: a look a second"
    );
    println!();
    println!(
        "{:<42} {:>12} {:>20} {:>7}",
        "", "haproxy-rhi", "exabgp-healthcheck", "times"
    );
    let row = |name: &str, figure: &dyn Fn(&Cost) -> f64, digits: usize| {
        let (ours, theirs) = (figure(ours), figure(theirs));
        let times = if ours > 0.0 {
            format!("{:.1}", theirs / ours)
        } else {
            "-".to_owned()
        };
        println!("{name:<42} {ours:>12.digits$} {theirs:>20.digits$} {times:>7}");
    };
    let millis = |time: Duration| time.as_secs_f64() * 1000.0 / minutes;
    row("memory, MiB (VmRSS)", &|cost| mib(cost.usage.rss), 1);
    row(
        "memory at its highest, MiB (VmHWM)",
        &|cost| mib(cost.usage.hwm),
        1,
    );
    row(
        "memory, shared pages in shares, MiB (PSS)",
        &|cost| mib(cost.usage.pss),
        1,
    );
    row(
        "memory of its own, MiB (RssAnon)",
        &|cost| mib(cost.usage.private),
        2,
    );
    row(
        "CPU of the process, ms a minute",
        &|cost| millis(cost.usage.own),
        0,
    );
    row(
        "CPU of its ended children, ms a minute",
        &|cost| millis(cost.usage.children),
        0,
    );
    row(
        "CPU in sum, ms a minute",
        &|cost| millis(cost.usage.own + cost.usage.children),
        0,
    );
    row(
        "processes started, a minute, at least",
        &|cost| cost.started as f64 / minutes,
        0,
    );
    println!();
    println!(
        "Memory from /proc/PID/status and smaps_rollup, without the children's; CPU is user and system time"
    );
    println!(
        "in /proc/PID/stat, in steps of 10 ms. Processes are counted by looking every 2 ms: some are missed."
    );
}

/// The process that a region's ExaBGP runs.
fn pid(lab: &Lab, region: Region, name: &str) -> Result<u32> {
    let named = |pid: &u32| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains(name)
    };
    let exabgp = lab.nva(region).exabgp().pid()?;
    children(exabgp)
        .into_iter()
        .find(named)
        .with_context(|| format!("ExaBGP in {region} runs no {name}"))
}
