//! What many services and servers cost: CPU, memory, the first statement, a service's death; beside ExaBGP's share.

use std::fmt::Write;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab, Region, eventually};

use crate::usage::{Usage, children};

const HERE: Region = Region::NorthEurope;
const SIZES: [&str; 4] = ["100x5", "1000x5", "2000x5", "4000x2"];
const PATIENCE: Duration = Duration::from_secs(300);
const MEASURED: Duration = Duration::from_secs(30);
/// Services that die, one after another.
const DEATHS: usize = 11;

/// One row of the table.
struct Figures {
    first_words: f64,
    first_cpu: f64,
    all_held: f64,
    exabgp_cpu: f64,
    rest: f64,
    exabgp_rest: f64,
    rss: f64,
    deaths: Vec<f64>,
}

/// Services and servers of each, such as 100x5; none: the usual sizes.
#[expect(clippy::print_stdout, reason = "a benchmark talks to a person")]
pub fn measure_all(sizes: &[String]) -> Result<()> {
    let usual = SIZES.map(str::to_owned);
    let sizes = if sizes.is_empty() { &usual[..] } else { sizes };
    println!(
        "{:>10} | {:>8} {:>8} | {:>8} {:>8} | {:>9} {:>9} | {:>7} | {:>8} {:>8}",
        "services",
        "words, s",
        "CPU, s",
        "held, s",
        "ExaBGP",
        "CPU, %",
        "ExaBGP, %",
        "MiB",
        "out p50",
        "max, ms"
    );
    for size in sizes {
        let (services, servers) = size.split_once('x').context("such as 100x5")?;
        let mut figures = measure(services.parse()?, servers.parse()?)?;
        figures.deaths.sort_by(f64::total_cmp);
        let middle = figures.deaths.get(DEATHS / 2).copied().unwrap_or_default();
        println!(
            "{size:>10} | {:>8.2} {:>8.2} | {:>8.1} {:>8.1} | {:>9.2} {:>9.2} | {:>7.1} | {:>8.1} {:>8.1}",
            figures.first_words,
            figures.first_cpu,
            figures.all_held,
            figures.exabgp_cpu,
            figures.rest,
            figures.exabgp_rest,
            figures.rss,
            middle,
            figures.deaths.last().copied().unwrap_or_default()
        );
    }
    println!();
    println!(
        "words, CPU: from the start of haproxy-rhi until its last service is up, and its CPU until then; held, ExaBGP:"
    );
    println!(
        "until the Route Server has every route, and ExaBGP's CPU until then. CPU, %: of a core, over {} s in which",
        MEASURED.as_secs()
    );
    println!(
        "nothing changes, a look a second. MiB: VmRSS. out: from the order that a service's servers are out to the"
    );
    println!("line of haproxy-rhi's log, over {DEATHS} services.");
    Ok(())
}

fn measure(services: usize, servers: usize) -> Result<Figures> {
    let lab = Lab::builder()
        .exabgp(ExaBgp::Debian)
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .file(
            HERE,
            "/etc/haproxy/haproxy.cfg",
            &haproxy(services, servers)?,
        )
        .file(HERE, "/etc/haproxy-rhi/config.json", &config(services))
        .without_exabgp()
        .start()?;
    lab.run(|lab| figures(lab, services, servers))
}

/// The shipped file, and the crowd's backends. Checks are HAProxy's own cost, and the crowd has none.
fn haproxy(services: usize, servers: usize) -> Result<String> {
    let shipped = fs::read_to_string(format!(
        "{}/haproxy/{}.cfg",
        env!("CARGO_MANIFEST_DIR"),
        HERE.folder()
    ))?;
    let mut text = shipped;
    for service in 0..services {
        write!(text, "\nbackend crowd{service}\n")?;
        for server in 0..servers {
            writeln!(text, "    server s{server} {}:80", HERE.backend())?;
        }
    }
    Ok(text)
}

fn prefix(service: usize) -> String {
    format!("100.64.{}.{}/32", service / 250, service % 250)
}

fn config(services: usize) -> String {
    let service = |at: usize| {
        format!(
            "\"s{at}\": {{\"prefixes\": [\"{}\"], \"next_hop\": \"{}\", \"as_path\": [65010], \"require_address\": false, \
             \"rise\": 1, \"fall\": 1, \"levels\": [{{\"name\": \"up\", \"when\": {{\"backend\": {{\"name\": \"crowd{at}\"}}}}}}]}}",
            prefix(at),
            HERE.nva()
        )
    };
    let all: Vec<String> = (0..services).map(service).collect();
    format!(
        "{{\"haproxy\": {{\"stats\": \"/run/haproxy/watch.sock\", \"events\": \"127.0.0.1:30514\", \"timeout\": \"2s\"}}, \
         \"services\": {{{}}}}}",
        all.join(",\n")
    )
}

fn figures(lab: &Lab, services: usize, servers: usize) -> Result<Figures> {
    let exabgp = lab.nva(HERE).exabgp();
    let begun = Instant::now();
    exabgp.start()?;
    let (rhi, bgp) = (pid(lab)?, exabgp.pid()?);
    let started = SystemTime::now();
    let ups = |log: &str| {
        log.lines()
            .filter(|line| line.contains(": not known yet -> up ("))
            .count()
    };
    eventually(PATIENCE, "every service to be up", || {
        ensure!(
            ups(&exabgp.log()) >= services,
            "{} of {services}",
            ups(&exabgp.log())
        );
        Ok(())
    })?;
    let first_words = stamp_of_last_up(&exabgp.log())?
        .duration_since(started)
        .unwrap_or_default();
    let first_cpu = Usage::of(rhi)?.own;
    let routes = |lab: &Lab| -> Result<usize> {
        let [one, _] = lab.route_servers(HERE);
        let rows = [services - 1, services / 2, 0].map(|at| one.rows(&prefix(at)));
        Ok(rows
            .into_iter()
            .collect::<Result<Vec<_>>>()?
            .iter()
            .filter(|rows| !rows.is_empty())
            .count())
    };
    eventually(PATIENCE, "the routes at the Route Server", || {
        ensure!(routes(lab)? == 3, "not yet");
        Ok(())
    })?;
    let (all_held, exabgp_cpu) = (begun.elapsed(), Usage::of(bgp)?.own);
    sleep(Duration::from_secs(10));
    let before = (Usage::of(rhi)?, Usage::of(bgp)?);
    sleep(MEASURED);
    let after = (
        Usage::of(rhi)?.since(&before.0),
        Usage::of(bgp)?.since(&before.1),
    );
    let percent = |usage: &Usage| usage.own.as_secs_f64() * 100.0 / MEASURED.as_secs_f64();
    let deaths = (0..DEATHS.min(services)).map(|at| death(lab, at * services / DEATHS, servers));
    Ok(Figures {
        first_words: first_words.as_secs_f64(),
        first_cpu: first_cpu.as_secs_f64(),
        all_held: all_held.as_secs_f64(),
        exabgp_cpu: exabgp_cpu.as_secs_f64(),
        rest: percent(&after.0),
        exabgp_rest: percent(&after.1),
        rss: f64::from(u32::try_from(after.0.rss)?) / 1024.0,
        deaths: deaths.collect::<Result<_>>()?,
    })
}

/// Milliseconds from the order that takes the servers out to the line of the log.
fn death(lab: &Lab, service: usize, servers: usize) -> Result<f64> {
    let exabgp = lab.nva(HERE).exabgp();
    let words = format!("service s{service}: up -> down");
    let commands: Vec<String> = (0..servers)
        .map(|server| format!("set server crowd{service}/s{server} state maint"))
        .collect();
    let told = SystemTime::now();
    lab.nva(HERE).haproxy().admin(&commands.join(";"))?;
    let line = eventually(PATIENCE, &words, || {
        let log = exabgp.log();
        let line = log
            .lines()
            .find(|line| line.contains(&words))
            .context("not yet")?;
        stamp(line).context("no stamp")
    })?;
    Ok(line.duration_since(told).unwrap_or_default().as_secs_f64() * 1000.0)
}

fn stamp_of_last_up(log: &str) -> Result<SystemTime> {
    let line = log
        .lines()
        .rfind(|line| line.contains(": not known yet -> up ("));
    line.and_then(stamp).context("no stamp")
}

fn stamp(line: &str) -> Option<SystemTime> {
    haproxy_rhi_lab::LogLine {
        at: SystemTime::now(),
        text: line.to_owned(),
    }
    .own_stamp()
}

fn pid(lab: &Lab) -> Result<u32> {
    let is_ours = |pid: &u32| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains("haproxy-rhi")
    };
    let exabgp = lab.nva(HERE).exabgp().pid()?;
    eventually(PATIENCE, "haproxy-rhi", || {
        children(exabgp)
            .into_iter()
            .find(is_ours)
            .context("not yet")
    })
}
