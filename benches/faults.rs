//! What the Route Servers see of each fault, and how long after its end they hold what they should: the README's table.
//!
//!     cargo bench --bench faults
//!
//! As root, in about twenty minutes: five rounds of all faults on two versions of ExaBGP at the same time, and
//! meanwhile 100,000 polls of HAProxy.
#![expect(clippy::print_stdout, reason = "it prints a table")]
#![expect(dead_code, reason = "the tests use the rest of these modules")]

use std::collections::BTreeMap;
use std::fs;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, eventually};

#[path = "../tests/faults/service.rs"]
mod service;

#[path = "../tests/faults/fault.rs"]
mod fault;

#[path = "../tests/faults/filter.rs"]
mod filter;

#[path = "../tests/faults/many.rs"]
mod many;

use fault::Seen;
use service::{CONFIG, DOWN, NE, PATIENCE, RUN, SILVER, STANZA, START, State, expected, hold};

const ROUNDS: usize = 5;
const VERSIONS: [(&str, ExaBgp); 2] = [
    ("4.2.21", ExaBgp::Debian),
    ("5.0.15", ExaBgp::Pip("5.0.15")),
];
const POLLS: u64 = 100_000;
const COMMANDS: usize = 20_000;

/// A fault that ends in this state.
type Inflict = fn(&Lab, State) -> Result<Seen>;

/// What is done, from when it counts, and how. A round has no more than four starts of haproxy-rhi before ExaBGP's own.
const FAULTS: [(&str, &str, Inflict); 15] = [
    (
        "a change of state, for comparison",
        "the change",
        |lab, to| changed(lab, to),
    ),
    ("haproxy-rhi killed", "the kill", |lab, _| {
        fault::killed(lab, now(lab)?)
    }),
    (
        "haproxy-rhi killed, state changed before its return",
        "the kill",
        fault::killed,
    ),
    (
        "ExaBGP SIGUSR2: old and new haproxy-rhi side by side",
        "the new one's start",
        fault::replaced_by_usr2,
    ),
    (
        "ExaBGP killed, state changed before its return",
        "the sessions' return",
        fault::exabgp_killed,
    ),
    (
        "ExaBGP restarted, state changed meanwhile",
        "the sessions' return",
        fault::exabgp_restarted,
    ),
    (
        "ExaBGP SIGUSR1, a change at the same time",
        "the signal",
        fault::reloaded,
    ),
    (
        "ExaBGP SIGUSR1 with another exabgp.conf",
        "the sessions' return",
        |lab, to| {
            let hold_time = if lab.nva(NE).read(STANZA)?.contains("hold-time 9;") {
                10
            } else {
                9
            };
            fault::reloaded_with(lab, &service::stanza(RUN, hold_time)?, to)
        },
    ),
    (
        "ExaBGP stopped for 5 s, 40 changes",
        "SIGCONT",
        |lab, to| fault::frozen(lab, Duration::from_secs(5), 40, to),
    ),
    (
        "one Route Server resets its session, with a change",
        "the session's return",
        |lab, to| fault::reset(lab, &[0], to),
    ),
    (
        "both reset, with a change",
        "the sessions' return",
        |lab, to| fault::reset(lab, &[0, 1], to),
    ),
    (
        "one Route Server away for 20 s, A-B-A meanwhile",
        "the session's return",
        |lab, _| away(lab, &[SILVER, START]),
    ),
    (
        "the same, A-withdrawn-A",
        "the session's return",
        |lab, _| away(lab, &[DOWN, START]),
    ),
    (
        "partition that outlives the hold time (9 s), no change",
        "the sessions' return",
        |lab, _| fault::partitioned(lab, &[now(lab)?]),
    ),
    (
        "partition that outlives the hold time (9 s), a change",
        "the sessions' return",
        |lab, to| fault::partitioned(lab, &[to]),
    ),
];

/// Ways of ExaBGP's answers: each is a lab of its own, and what counts is a change.
const ANSWERS: [(&str, &str, &str); 4] = [
    ("acks off (`exabgp_api_ack=false`)", "the change", ""),
    ("every third ack lost", "the change", "lose"),
    ("acks late and out of order", "the change", "shuffle"),
    (
        "a predecessor's acks, at every start",
        "the kill",
        "strange",
    ),
];

fn main() -> Result<()> {
    haproxy_rhi_lab::requirements()?;
    for (_, version) in VERSIONS {
        version.prepare()?;
    }
    let polls = thread::spawn(polled);
    let runs = VERSIONS.map(|(_, version)| thread::spawn(move || inflicted(&version)));
    let mut results = Vec::new();
    for run in runs {
        results.push(run.join().map_err(|_| anyhow!("a run panicked"))??);
    }
    let heads: Vec<String> = VERSIONS
        .iter()
        .map(|(name, _)| format!("the peers saw ({name}) | median | maximum"))
        .collect();
    println!("| fault | counted from | {} |", heads.join(" | "));
    println!("|---|---|{}", "---|---:|---:|".repeat(VERSIONS.len()));
    let names = FAULTS.iter().map(|(name, from, _)| (*name, *from));
    for (name, from) in names.chain(ANSWERS.iter().map(|(name, from, _)| (*name, *from))) {
        let cells: Vec<String> = results
            .iter()
            .map(|result| cells(result.get(name)))
            .collect();
        println!("| {name} | {from} | {} |", cells.join(" | "));
    }
    println!(
        "\n{ROUNDS} rounds. After each fault both Route Servers held every route with its next hop, AS path, MED and"
    );
    println!("communities, and no other, and nothing moved for a second.\n");

    for (name, version) in VERSIONS {
        let lab = many::many(&version, many::PREFIXES)?;
        let (took, taken) = lab.run(|lab| {
            let before = service::sessions(lab);
            let told = many::told(lab, COMMANDS)?;
            ensure!(
                service::sessions(lab) == before,
                "{before:?}, {:?}",
                service::sessions(lab)
            );
            Ok(told)
        })?;
        println!(
            "ExaBGP {name}: {taken} commands in {:.1} s, no session lost",
            took.as_secs_f64()
        );
    }
    println!(
        "{}",
        polls.join().map_err(|_| anyhow!("the polls panicked"))??
    );
    Ok(())
}

fn cells(seen: Option<&Vec<Seen>>) -> String {
    let Some(seen) = seen else {
        return "- | - | -".to_owned();
    };
    let extent = |of: fn(&Seen) -> [usize; 2]| {
        let all: Vec<usize> = seen.iter().flat_map(of).collect();
        (
            all.iter().min().copied().unwrap_or_default(),
            all.iter().max().copied().unwrap_or_default(),
        )
    };
    let saw = match (extent(|seen| seen.sessions), extent(|seen| seen.updates)) {
        ((0, 0), (_, 0)) => "nothing".to_owned(),
        ((0, 0), (_, 1)) => "1 UPDATE".to_owned(),
        ((0, 0), (least, most)) if least == most => format!("{most} UPDATEs"),
        ((0, 0), (least, most)) => format!("{least} to {most} UPDATEs"),
        // All routes came anew: BIRD does not count more than five messages in a row.
        ((0, _), _) => "one new session".to_owned(),
        _ => "new sessions".to_owned(),
    };
    let mut times: Vec<u128> = seen.iter().map(|seen| seen.took.as_millis()).collect();
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let most = times.last().copied().unwrap_or_default();
    format!("{saw} | {median} ms | {most} ms")
}

/// All rounds on one ExaBGP.
fn inflicted(version: &ExaBgp) -> Result<BTreeMap<&'static str, Vec<Seen>>> {
    let mut results: BTreeMap<&str, Vec<Seen>> = BTreeMap::new();
    let lab = service::started(version, 9)?;
    lab.run(|lab| {
        for round in 0..ROUNDS {
            for (name, _, inflict) in FAULTS {
                let to = if now(lab)? == START { SILVER } else { START };
                let seen = inflict(lab, to).with_context(|| format!("round {round}: {name}"))?;
                results.entry(name).or_default().push(seen);
            }
        }
        Ok(())
    })?;
    for (name, _, mode) in ANSWERS {
        let lab = if mode.is_empty() {
            without_acks(version)?
        } else {
            filter::filtered(version, mode, &service::config())?
        };
        lab.run(|lab| {
            for round in 0..ROUNDS {
                let to = if round % 2 == 0 { SILVER } else { START };
                let seen = if mode == "strange" {
                    // The filter is what ExaBGP starts again.
                    if round == 3 {
                        sleep(Duration::from_secs(64))
                    }
                    fault::killed(lab, to)
                } else {
                    // Lost answers are waited for before the change goes out.
                    slowly_changed(lab, to)
                };
                results
                    .entry(name)
                    .or_default()
                    .push(seen.with_context(|| format!("round {round}: {name}"))?);
            }
            Ok(())
        })?;
    }
    Ok(results)
}

/// The state that both Route Servers show now.
fn now(lab: &Lab) -> Result<State> {
    let state = [START, SILVER, DOWN]
        .into_iter()
        .find(|state| hold(lab, &expected(*state)).is_ok());
    state.context("the Route Servers hold no known state")
}

fn changed(lab: &Lab, to: State) -> Result<Seen> {
    fault::seen(lab, to, || {
        service::set(lab, to)?;
        Ok(Instant::now())
    })
}

/// A change with all the time that a lost answer takes.
fn slowly_changed(lab: &Lab, to: State) -> Result<Seen> {
    let before = (service::updates(lab), service::sessions(lab));
    let start = Instant::now();
    service::set(lab, to)?;
    let took = service::converges_within(lab, to, start, Duration::from_secs(6))?;
    let after = (service::updates(lab), service::sessions(lab));
    Ok(Seen {
        updates: fault::new(after.0, before.0),
        sessions: fault::new(after.1, before.1),
        took,
    })
}

fn away(lab: &Lab, through: &[State]) -> Result<Seen> {
    service::set(lab, START)?;
    service::converges(lab, START, Instant::now())?;
    fault::absent(lab, 0, Duration::from_secs(20), through)
}

fn without_acks(version: &ExaBgp) -> Result<Lab> {
    let lab = service::lab(version, RUN, 9)?.without_exabgp().start()?;
    lab.nva(NE).exabgp().set_env("exabgp_api_ack", "false");
    lab.nva(NE).exabgp().start()?;
    service::sessions_are_up(&lab)?;
    eventually(PATIENCE, "the first routes", || {
        hold(&lab, &expected(START))
    })?;
    Ok(lab)
}

/// Memory over many polls of HAProxy, which counts them.
fn polled() -> Result<String> {
    let path = format!(
        "{}/exabgp/{}/config.json",
        env!("CARGO_MANIFEST_DIR"),
        NE.folder()
    );
    let shipped = fs::read_to_string(&path)?;
    let config = shipped
        .replace("\"interval\": \"1s\"", "\"interval\": \"10ms\"")
        .replace(
            "\"fast_interval\": \"100ms\"",
            "\"fast_interval\": \"10ms\"",
        );
    let lab = service::lab(&ExaBgp::Debian, RUN, 30)?
        .file(NE, CONFIG, &config)
        .start()?;
    lab.run(|lab| {
        let there = || {
            let out = lab.route_servers(NE).iter().all(|instance| instance.rows(ANYCAST).is_ok_and(|rows| rows.len() == 1));
            ensure!(out, "the route is not there");
            Ok(())
        };
        eventually(PATIENCE, "the route", there)?;
        let helper = lab.nva(NE).exabgp().helper_pid()?;
        let memory = || service::status(helper, "VmRSS");
        while polls(lab)? < 1_000 {
            sleep(Duration::from_millis(200));
        }
        let (start, first, updates) = ((polls(lab)?, Instant::now()), memory()?, service::updates(lab));
        let mut most = first;
        while polls(lab)? < start.0 + POLLS {
            sleep(Duration::from_secs(1));
            there()?;
            most = most.max(memory()?);
        }
        ensure!(service::updates(lab) == updates, "{updates:?}, {:?}", service::updates(lab));
        let (count, time, last) = (polls(lab)? - start.0, start.1.elapsed().as_secs(), memory()?);
        Ok(format!("{count} polls in {time} s: {first} KiB of memory before, {last} KiB after, {most} KiB at most; no UPDATE"))
    })
}

fn polls(lab: &Lab) -> Result<u64> {
    let info = lab.nva(NE).haproxy().watch("show info")?;
    let count = info
        .lines()
        .find_map(|line| line.strip_prefix("CumConns: "));
    count
        .context("no CumConns")?
        .trim()
        .parse()
        .context("CumConns")
}
