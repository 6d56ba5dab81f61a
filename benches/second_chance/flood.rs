//! Heartbeats under fire: floods of SYNs and of new connections to an NVA, and full sets.

mod ears;
mod full;
mod senders;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use haproxy_rhi::route::Family;
use haproxy_rhi_lab::{Host, eventually};

use crate::netlink::Nftables;
use crate::nvas::{BOTH, Http, Nvas, Running, joined};
use crate::pair::PATIENCE;
use ears::{Ear, Gaps, Sampler};
use senders::{PORT, Taker};

const SYNS: u32 = 10_000;
const CONNECTIONS: u32 = 5_000;
/// The heartbeat's pause, and what is late by more than 300 ms.
const LATE: Duration = Duration::from_millis(500);
/// So long an answer counts.
const ALIVE: Duration = Duration::from_secs(1);
/// Clients of each NVA that keep their connections.
const KEPT: usize = 10;

const UNIT: &str =
    include_str!("../../systemd/second-chance/haproxy-rhi-second-chance-heartbeat.service");

/// The NVAs and all that listens to them.
struct Stage {
    nvas: Nvas,
    ears: [Ear; 2],
    _taker: Taker,
    _heartbeats: Vec<Running>,
}

pub fn table(quick: bool, before: Option<&Path>) -> Result<()> {
    let time = Duration::from_secs(if quick { 10 } else { 60 });
    println!(
        "Heartbeats are sent every 200 ms; {KEPT} clients of each NVA keep connections, the second's are handed over.\n"
    );
    if let Some(path) = before {
        let program = [path.to_str().context("not UTF-8")?, "second-chance"].map(str::to_owned);
        rows("before", Stage::set(&program, "0")?, time, quick)?;
    }
    let nice = UNIT
        .lines()
        .find_map(|line| line.strip_prefix("Nice="))
        .context("no Nice= in the unit")?;
    rows(
        "after",
        Stage::set(&[crate::pair::PROGRAM.to_owned()], nice)?,
        time,
        quick,
    )
}

fn rows(name: &str, stage: Stage, time: Duration, quick: bool) -> Result<()> {
    let nvas = &stage.nvas;
    println!(
        "| {name} | reached | heartbeats: median, longest gap | the sibling's | answers: longest gap | the sibling's | \
         late by > 300 ms | left out, by answers, by samples | requests, failed |"
    );
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let second = time.as_secs_f64();
    stage.row("quiet", Duration::from_secs(10), |wait| {
        std::thread::sleep(wait);
        Ok("-".to_owned())
    })?;
    stage.row(&format!("{SYNS} SYN/s"), time, |time| stage.syn_flood(time))?;
    stage.row(&format!("{CONNECTIONS} connections/s"), time, |time| {
        let made = senders::connections(nvas, CONNECTIONS, time)?;
        Ok(format!(
            "{:.0} connections/s, {} failed",
            f64::from(made.whole) / second,
            made.failed
        ))
    })?;
    full::fill(nvas)?;
    stage.row("quiet, sets full", Duration::from_secs(20), |wait| {
        std::thread::sleep(wait);
        Ok("-".to_owned())
    })?;
    stage.row(&format!("{SYNS} SYN/s, sets full"), time, |time| {
        stage.syn_flood(time)
    })?;
    println!();
    full::costs(nvas, name, quick)
}

impl Stage {
    fn set(program: &[String], nice: &str) -> Result<Self> {
        let nvas = Nvas::start_with(2, program)?;
        let file = |name: &str| nvas.ring.directory().join(name).display().to_string();
        let mut heartbeats = Vec::new();
        for nva in [1, 2] {
            nvas.command(nva, "up")?;
            // As its unit runs it.
            let (metrics, status) = (file(&format!("{nva}.prom")), file(&format!("{nva}.json")));
            let heartbeat =
                nvas.heartbeat_command(nva, &["--metrics", &metrics, "--status-file", &status]);
            let mut command = Command::new("nice");
            command
                .args(["-n", nice])
                .arg(heartbeat.get_program())
                .args(heartbeat.get_args());
            heartbeats.push(Running::start(&mut command)?);
        }
        [1, 2].into_iter().try_for_each(|nva| nvas.ready(nva))?;
        let seen = format!(
            "table ip seen {{ counter syns {{ }}\nchain i {{ type filter hook prerouting priority -400;\n\
             tcp dport {PORT} tcp flags & (syn|ack) == syn counter name syns\n}}\n}}\n"
        );
        nvas.ring.nft(Host::Nva(1), &seen)?;
        let (ears, taker) = (
            [Ear::open(&nvas, 1)?, Ear::open(&nvas, 2)?],
            Taker::start(&nvas, 1)?,
        );
        Ok(Self {
            nvas,
            ears,
            _taker: taker,
            _heartbeats: heartbeats,
        })
    }

    fn syn_flood(&self, time: Duration) -> Result<String> {
        let before = self.syns()?;
        senders::syns(&self.nvas, SYNS, time)?;
        Ok(format!(
            "{:.0} SYN/s",
            (self.syns()? - before) as f64 / time.as_secs_f64()
        ))
    }

    /// That came to the first NVA.
    fn syns(&self) -> Result<u64> {
        let counted = self.nvas.ring.on(Host::Nva(1), || {
            Ok(Nftables::open()?.packets(Family::V4, "seen")?)
        });
        let counted = joined(counted)?.context("no table")?;
        counted.get("syns").copied().context("no counter")
    }

    /// Connections of both NVAs; afterwards the route leads to the first, which hands over what is the second's.
    fn kept(&self) -> Result<Vec<(u8, Http)>> {
        let mut kept = Vec::new();
        for nva in [2, 1] {
            self.nvas.ring.lead_to(nva)?;
            for _ in 0..KEPT {
                let mut http = self.nvas.connect(BOTH[0])?;
                eventually(PATIENCE, "a page", || http.who())?;
                kept.push((nva, http));
            }
        }
        Ok(kept)
    }

    fn row(
        &self,
        load: &str,
        time: Duration,
        act: impl FnOnce(Duration) -> Result<String>,
    ) -> Result<()> {
        let (mut kept, ends) = (self.kept()?, AtomicBool::new(false));
        let samplers = [
            Sampler::start(&self.nvas, 1, 2),
            Sampler::start(&self.nvas, 2, 1),
        ];
        let from = SystemTime::now();
        let (reached, (requests, failed)) = std::thread::scope(|scope| {
            let asking = scope.spawn(|| ask(&mut kept, &ends));
            let reached = act(time);
            ends.store(true, Ordering::Relaxed);
            let asked = asking
                .join()
                .map_err(|_| anyhow::anyhow!("a thread is lost"))?;
            reached.map(|reached| (reached, asked))
        })?;
        let to = SystemTime::now();
        let [one, two] = samplers.map(Sampler::finish);
        let (one, two) = (one?, two?);
        let [first, second] = &self.ears;
        let (first, second) = (first.heard(from, to)?, second.heard(from, to)?);
        // What the second hears is of the first, whose the flood is.
        let all = [
            &second.requests,
            &first.requests,
            &first.answers,
            &second.answers,
        ];
        let late: usize = all.iter().map(|gaps| gaps.longer_than(LATE)).sum();
        let gone = [&first.answers, &second.answers]
            .map(|gaps| gaps.longer_than(ALIVE))
            .iter()
            .sum::<usize>();
        println!(
            "| {load} | {reached} | {} | {} | {} | {} | {late} | {gone}, {} of {} | {requests}, {failed} |",
            said(all[0], true),
            said(all[1], true),
            said(all[2], false),
            said(all[3], false),
            one.left_out + two.left_out,
            one.all + two.all,
        );
        Ok(())
    }
}

fn said(gaps: &Gaps, with_median: bool) -> String {
    let (count, longest) = (gaps.count(), gaps.longest().as_millis());
    if with_median {
        format!("{count}: {}, {longest} ms", gaps.median().as_millis())
    } else {
        format!("{count}: {longest} ms")
    }
}

/// Each client asks five times a second for the page of the NVA that holds its connection: requests, and those that failed.
fn ask(kept: &mut Vec<(u8, Http)>, ends: &AtomicBool) -> (usize, usize) {
    let (mut requests, mut failed) = (0, 0);
    while !ends.load(Ordering::Relaxed) {
        let start = Instant::now();
        kept.retain_mut(|(nva, http)| {
            requests += 1;
            let holds = http.who().is_ok_and(|who| who == *nva);
            failed += usize::from(!holds);
            holds
        });
        std::thread::sleep(Duration::from_millis(200).saturating_sub(start.elapsed()));
    }
    (requests, failed)
}
