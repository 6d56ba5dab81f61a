//! A candidate's failovers and fail-backs, one after another, with clients at work.

use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;

use crate::candidate::Candidate;
use crate::moves::{Evidence, Move, Round, Way};
use crate::site::{HERE, Site};
use crate::stalls::{Sleeper, Stall};
use crate::traffic::{Served, Traffic};

/// How long the route may take to move.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long a bad round may take to end well.
const RECOVERY: Duration = Duration::from_secs(60);
/// Between two moves, so that the one has no part in the other.
const REST: Duration = Duration::from_millis(400);

/// What came of a candidate.
pub struct Measured {
    pub candidate: &'static Candidate,
    /// Failovers, each with its fail-back.
    pub rounds: usize,
    /// Those of which every stamp was found.
    pub moves: Vec<Move>,
    pub served: Served,
    /// When the machine was too busy to wake a sleeper.
    pub stalls: Vec<Stall>,
    /// Rounds that went wrong, and how.
    pub bad: Vec<String>,
    pub took: Duration,
}

impl Measured {
    /// The moves of one way.
    pub fn moves(&self, way: Way) -> impl Iterator<Item = &Move> {
        self.moves.iter().filter(move |one| one.way == way)
    }
}

/// Measures one candidate, for no longer than `budget`.
pub fn measure(candidate: &'static Candidate, count: u32, budget: Duration, keep: bool) -> Result<Measured> {
    let begin = Instant::now();
    let site = Site::start(candidate)?;
    if keep {
        site.lab.keep_logs();
    }
    let sleeper = Sleeper::start();
    let traffic = Traffic::start(&site.lab, budget + PATIENCE + RECOVERY)?;
    let (mut rounds, mut bad) = (Vec::new(), Vec::new());
    for number in 0..count {
        if begin.elapsed() >= budget {
            bad.push(format!("{} rounds of {count} fitted into {} s", rounds.len(), budget.as_secs()));
            break;
        }
        // Even parts of the period, in another order on the way back.
        let phase = |number: u32| candidate.period * (number % count) / count;
        sleep(REST + phase(number));
        match round(&site, number, REST + phase(number * 7)) {
            Ok(round) => rounds.push(round),
            Err(error) => {
                bad.push(format!("round {number}: {error:#}"));
                site.lab.keep_logs();
                if let Err(error) = recover(&site) {
                    bad.push(format!("given up after round {number}: {error:#}; {}", site.logs()));
                    break;
                }
            }
        }
    }
    let stalls = sleeper.finish();
    let served = traffic.finish(&rounds).unwrap_or_else(|error| {
        bad.push(format!("the clients' requests are lost: {error:#}"));
        Served::default()
    });
    let evidence = evidence(&site, candidate.tee)?;
    let mut moves = Vec::new();
    for round in &rounds {
        for way in [Way::Over, Way::Back] {
            match evidence.of(round, way) {
                Ok(one) => moves.push(one),
                Err(what) => bad.push(format!("round {}: {what}", round.number)),
            }
        }
    }
    if !bad.is_empty() {
        site.lab.keep_logs();
        bad.push(site.logs());
    }
    Ok(Measured { candidate, rounds: rounds.len(), moves, served, stalls, bad, took: begin.elapsed() })
}

/// The servers die, and come back after `rest`.
fn round(site: &Site, number: u32, rest: Duration) -> Result<Round> {
    let failed = SystemTime::now();
    site.fail()?;
    site.await_route(failed, HERE.other(), PATIENCE)?;
    sleep(rest);
    let repaired = SystemTime::now();
    site.repair()?;
    site.await_route(repaired, HERE, PATIENCE)?;
    // The stamps of the other instance may still be under way.
    sleep(REST / 2);
    Ok(Round { number, failed, repaired, ended: SystemTime::now() })
}

/// After a round that went wrong: the servers are there, and the route leads here.
fn recover(site: &Site) -> Result<()> {
    // Perhaps they never died.
    let _ = site.repair();
    site.lab.msee().await_region(haproxy_rhi_lab::ANYCAST, Some(HERE), RECOVERY)
}

fn evidence(site: &Site, has_tee: bool) -> Result<Evidence> {
    let [first, second] = site.lab.route_servers(HERE);
    Ok(Evidence {
        backend: site.backend.clone(),
        words: site.tap.words(),
        lines: site.lines()?,
        heard: [first.heard(), second.heard()],
        routes: site.lab.msee().route_changes()?,
        has_tee,
    })
}
