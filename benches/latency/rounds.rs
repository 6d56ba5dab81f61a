//! A candidate's failovers and fail-backs, one after another, with clients at work.

use std::ops::ControlFlow;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;

use crate::candidate::Candidate;
use crate::moves::{Move, Round, Way};
use crate::site::{CURRENT, HERE, Site};
use crate::stalls::{Sleeper, Stall};
use crate::traffic::{CLIENTS, Served, Traffic};

/// How long the route may take to move.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long a bad round may take to end well.
const RECOVERY: Duration = Duration::from_secs(60);
/// What the last round may take after the budget.
pub const AFTER_BUDGET: Duration = PATIENCE.saturating_add(RECOVERY);
/// Between two moves, so that the one has no part in the other.
pub const REST: Duration = Duration::from_millis(400);

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
pub fn measure(
    candidate: &'static Candidate,
    count: u32,
    budget: Duration,
    keep: bool,
) -> Result<Measured> {
    let begin = Instant::now();
    let mut course = Course::start(candidate, Path::new(CURRENT), keep)?;
    let sleeper = Sleeper::start();
    let traffic = Traffic::start(&course.site.lab, budget + AFTER_BUDGET, CLIENTS)?;
    for number in 0..count {
        if begin.elapsed() >= budget {
            let fitted = course.rounds.len();
            course.bad.push(format!(
                "{fitted} rounds of {count} fitted into {} s",
                budget.as_secs()
            ));
            break;
        }
        sleep(REST + candidate.phase(number, count));
        if course
            .round(number, REST + candidate.phase(number * 7, count))
            .is_break()
        {
            break;
        }
    }
    let stalls = sleeper.finish();
    let served = traffic.finish(&course.rounds).unwrap_or_else(|error| {
        course
            .bad
            .push(format!("the clients' requests are lost: {error:#}"));
        Served::default()
    });
    let rounds = course.rounds.len();
    let (moves, bad) = course.finish()?;
    Ok(Measured {
        candidate,
        rounds,
        moves,
        served,
        stalls,
        bad,
        took: begin.elapsed(),
    })
}

/// A site's failovers and fail-backs so far.
pub struct Course {
    pub site: Site,
    pub rounds: Vec<Round>,
    /// Rounds that went wrong, and how.
    pub bad: Vec<String>,
}

impl Course {
    pub fn start(candidate: &Candidate, binary: &Path, keep: bool) -> Result<Self> {
        let site = Site::start(candidate, binary)?;
        if keep {
            site.lab.keep_logs();
        }
        Ok(Self {
            site,
            rounds: Vec::new(),
            bad: Vec::new(),
        })
    }

    /// One failover and its fail-back. Breaks if the site does not recover from a round that went wrong.
    pub fn round(&mut self, number: u32, rest: Duration) -> ControlFlow<()> {
        let error = match round(&self.site, number, rest) {
            Ok(round) => {
                self.rounds.push(round);
                return ControlFlow::Continue(());
            }
            Err(error) => error,
        };
        self.bad.push(format!("round {number}: {error:#}"));
        self.site.lab.keep_logs();
        let Err(error) = recover(&self.site) else {
            return ControlFlow::Continue(());
        };
        self.bad.push(format!(
            "given up after round {number}: {error:#}; {}",
            self.site.logs()
        ));
        ControlFlow::Break(())
    }

    /// The moves of which every stamp was found, and what went wrong.
    pub fn finish(mut self) -> Result<(Vec<Move>, Vec<String>)> {
        let evidence = self.site.evidence()?;
        let mut moves = Vec::new();
        for round in &self.rounds {
            for way in [Way::Over, Way::Back] {
                match evidence.of(round, way) {
                    Ok(one) => moves.push(one),
                    Err(what) => self.bad.push(format!("round {}: {what}", round.number)),
                }
            }
        }
        if !self.bad.is_empty() {
            self.site.lab.keep_logs();
            self.bad.push(self.site.logs());
        }
        Ok((moves, self.bad))
    }
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
    Ok(Round {
        number,
        failed,
        repaired,
        ended: SystemTime::now(),
    })
}

/// After a round that went wrong: the servers are there, and the route leads here.
fn recover(site: &Site) -> Result<()> {
    // Perhaps they never died.
    let _ = site.repair();
    site.lab
        .msee()
        .await_region(haproxy_rhi_lab::ANYCAST, Some(HERE), RECOVERY)
}
