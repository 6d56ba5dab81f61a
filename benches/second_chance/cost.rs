//! The same HAProxy with the rules and without, in turns, and with every connection handed over.

use std::time::Duration;

use anyhow::{Context, Result};
use haproxy_rhi_lab::{Host, eventually};

use crate::nvas::{Nvas, Running};
use crate::pair::PATIENCE;

const HAPROXY: &str = "defaults
    mode http
    timeout client 30s
    timeout connect 1s
    timeout server 30s
frontend web
    bind *:8000
    http-request return status 200 content-type text/plain string ok
";

/// What wrk says.
#[derive(Clone)]
struct Measured {
    per_second: f64,
    p50: String,
    p99: String,
    errors: bool,
}

pub fn table(quick: bool) -> Result<()> {
    let (rounds, seconds) = if quick { (5, 2) } else { (9, 4) };
    let mut nvas = Nvas::start(2)?;
    let config = nvas.ring.write("haproxy.cfg", HAPROXY)?;
    let mut haproxy = nvas.ring.command(Host::Nva(1), "/usr/sbin/haproxy");
    let _haproxy = Running::start(haproxy.arg("-db").arg("-f").arg(config))?;
    eventually(PATIENCE, "HAProxy", || {
        nvas.shell(Host::Client, "curl -sf http://9.9.9.9:8000/")
    })?;
    nvas.switch_on()?;
    let (mut without, mut with, mut handed) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        nvas.command(1, "down")?;
        without.push(wrk(&nvas, seconds)?);
        nvas.command(1, "up")?;
        eventually(PATIENCE, "the second chance", || nvas.command(2, "check"))?;
        with.push(wrk(&nvas, seconds)?);
        // The route moves when wrk has made its connections: it makes none later.
        let before = nvas.counted(2)?.handed_over;
        handed.push(moved(&nvas, seconds)?);
        nvas.ring.lead_to(1)?;
        let after = nvas.counted(2)?.handed_over;
        anyhow::ensure!(after > before, "nothing was handed over");
    }
    println!(
        "The cost: wrk, 2 threads, 64 connections, {rounds} turns of {seconds} s each; median of the turns.\n"
    );
    println!("| | requests a second | p50 | p99 | errors |");
    println!("| --- | --- | --- | --- | --- |");
    for (name, measured) in [
        ("without", without),
        ("with, connections where the route leads", with),
        ("with, every packet of the clients' handed over", handed),
    ] {
        let median = median(measured)?;
        let errors = if median.errors { "yes" } else { "none" };
        println!(
            "| {name} | {:.0} | {} | {} | {errors} |",
            median.per_second, median.p50, median.p99
        );
    }
    Ok(())
}

fn moved(nvas: &Nvas, seconds: u64) -> Result<Measured> {
    std::thread::scope(|scope| {
        let run = scope.spawn(|| wrk(nvas, seconds));
        std::thread::sleep(Duration::from_millis(500));
        nvas.ring.lead_to(2)?;
        run.join().map_err(|_| anyhow::anyhow!("wrk is lost"))?
    })
}

fn wrk(nvas: &Nvas, seconds: u64) -> Result<Measured> {
    let said = nvas.shell(
        Host::Client,
        &format!("wrk -t2 -c64 -d{seconds}s --latency http://9.9.9.9:8000/"),
    )?;
    let word = |start: &str| {
        let line = said
            .lines()
            .map(str::trim)
            .find_map(|line| line.strip_prefix(start));
        line.map(|rest| rest.trim().to_owned())
            .with_context(|| format!("no '{start}' in {said}"))
    };
    Ok(Measured {
        per_second: word("Requests/sec:")?.parse()?,
        p50: word("50%")?,
        p99: word("99%")?,
        errors: said.contains("Socket errors") || said.contains("Non-2xx"),
    })
}

fn median(mut measured: Vec<Measured>) -> Result<Measured> {
    measured.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    let errors = measured.iter().any(|one| one.errors);
    let middle = measured
        .get(measured.len() / 2)
        .context("nothing was measured")?
        .clone();
    Ok(Measured { errors, ..middle })
}
