//! Another haproxy-rhi beside the current one: two labs in one run, the same shipped files in both, and repetitions
//! that alternate, so that a busy minute of the machine slows both alike.
//!
//! Compared is the first move only. Whether a withdrawal follows depends on the other region's page, which the shipped
//! haproxy.cfg makes depend on a variable that an older binary never sets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::Options;
use crate::candidate::{CANDIDATES, Candidate};
use crate::figures::{Figures, milliseconds};
use crate::moves::{Move, Way};
use crate::rounds::{AFTER_BUDGET, Course, REST};
use crate::site::CURRENT;
use crate::stalls::{Sleeper, Stall};
use crate::tables::{earlier, row, rule};
use crate::traffic::{CLIENTS, Traffic};

/// Failovers of each, and the same with `--quick`.
const COUNT: u32 = 100;
const QUICK: u32 = 6;
/// Failovers of each in a round, which has a median of its own, and the same with `--quick`.
const ROUND: u32 = 10;
const QUICK_ROUND: u32 = 2;
/// A candidate ends then, with what it has.
const BUDGET: Duration = Duration::from_secs(5 * 60);
/// Both in the tables.
const NAMES: [&str; 2] = ["current", "beside"];

/// What is compared.
type Leg = (&'static str, fn(&Move) -> Option<f64>);

const ROUTE: Leg = ("DOWN to the MSEE's kernel route", |one| Some(one.route));
const LINE: Leg = ("DOWN to the line on stdout", |one| one.line);
const UPDATE: Leg = ("DOWN to the first UPDATE", |one| Some(earlier(one)));

/// What came of both binaries with one candidate.
struct Compared {
    candidate: &'static Candidate,
    failovers: [Vec<Move>; 2],
    /// Failovers of each in a round.
    round: u32,
    stalls: Vec<Stall>,
}

/// Measures both, and shows how they differ.
pub fn measure(options: &Options, other: &Path) -> Result<()> {
    let begin = Instant::now();
    let wanted = |candidate: &&Candidate| candidate.is_compared() && options.wants(candidate);
    let candidates: Vec<&'static Candidate> = CANDIDATES.iter().filter(wanted).collect();
    ensure!(
        !candidates.is_empty(),
        "--beside compares haproxy-rhi with datagrams only; --only leaves none of it"
    );
    let binaries = [Path::new(CURRENT), other];
    for (name, binary) in NAMES.iter().zip(binaries) {
        println!("{name}: {}, {}", binary.display(), version(binary)?);
    }
    for candidate in candidates {
        match alternate(candidate, binaries, options) {
            Ok(compared) => print(&compared),
            Err(error) => println!("{}: not measured: {error:#}", candidate.name),
        }
    }
    println!("\nTook {} s. {}", begin.elapsed().as_secs(), EXPLAINED);
    Ok(())
}

const EXPLAINED: &str = "\
Rounds: the lowest and the highest median of a round. Difference: current less beside, of the medians
of all failovers. Spread: the standard deviation of the same difference taken round by round. A difference that is no
larger than the spread is within noise; of three rounds, as with --quick, a larger one may be noise too.";

fn version(binary: &Path) -> Result<String> {
    let output = Command::new(binary).arg("--version").output();
    let output = output.with_context(|| format!("failed to run '{}'", binary.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Both labs up, one failover here, one there.
fn alternate(
    candidate: &'static Candidate,
    binaries: [&Path; 2],
    options: &Options,
) -> Result<Compared> {
    let (count, round) = if options.quick {
        (QUICK, QUICK_ROUND)
    } else {
        (COUNT, ROUND)
    };
    println!(
        "\n{}: {count} failovers and fail-backs of each",
        candidate.name
    );
    let [current, other] = binaries.map(|binary| Course::start(candidate, binary, options.keep));
    let mut courses = [current.context("current")?, other.context("beside")?];
    let sleeper = Sleeper::start();
    // Together as many clients as one lab has otherwise.
    let clients =
        |course: &Course| Traffic::start(&course.site.lab, BUDGET + AFTER_BUDGET, CLIENTS / 2);
    let traffic = courses.iter().map(clients).collect::<Result<Vec<_>>>()?;
    repeat(candidate, count, &mut courses);
    let stalls = sleeper.finish();
    for (traffic, course) in traffic.into_iter().zip(&courses) {
        let served = traffic.finish(&course.rounds);
        served
            .inspect_err(|error| println!("  the clients' requests are lost: {error:#}"))
            .ok();
    }
    let [current, other] = courses;
    let [name, other_name] = NAMES;
    let current = failovers(name, current, options.each)?;
    let other = failovers(other_name, other, options.each)?;
    Ok(Compared {
        candidate,
        failovers: [current, other],
        round,
        stalls,
    })
}

/// A failover of each in turn; its site has rested meanwhile.
fn repeat(candidate: &Candidate, count: u32, courses: &mut [Course; 2]) {
    let begin = Instant::now();
    for number in (0..count).take_while(|_| begin.elapsed() < BUDGET) {
        for course in courses.iter_mut() {
            sleep(candidate.phase(number, count));
            if course
                .round(number, REST + candidate.phase(number * 7, count))
                .is_break()
            {
                return;
            }
        }
    }
}

/// One binary's, with what went wrong.
fn failovers(name: &str, course: Course, each: bool) -> Result<Vec<Move>> {
    let (mut moves, bad) = course.finish()?;
    moves.retain(|one| one.way == Way::Over);
    for problem in bad {
        println!("  {name}, not as it should be: {problem}");
    }
    for one in moves.iter().filter(|_| each) {
        println!(
            "  {name}, {}: route after {} ms",
            one.round,
            milliseconds(Some(one.route * 1000.0))
        );
    }
    Ok(moves)
}

fn print(compared: &Compared) {
    let [current, other] = compared.failovers.each_ref().map(Vec::len);
    let late = compared
        .stalls
        .iter()
        .map(Stall::length)
        .max()
        .unwrap_or_default();
    println!(
        "{current} and {other} failovers; a thread that only sleeps was woken up to {} ms late. Milliseconds:\n",
        late.as_millis()
    );
    row(
        compared.candidate.name,
        11,
        &["p50", "p90", "p99", "max", "rounds"].map(str::to_owned),
    );
    rule(11, 5);
    let legs: &[Leg] = if compared.candidate.tee {
        &[ROUTE, LINE, UPDATE]
    } else {
        &[ROUTE]
    };
    let verdicts: Vec<String> = legs.iter().map(|leg| print_leg(compared, leg)).collect();
    println!("\n{}", verdicts.join("\n"));
}

/// Two rows, and what they say.
fn print_leg(compared: &Compared, (leg, figure): &Leg) -> String {
    row(&format!("**{leg}**"), 11, &[const { String::new() }; 5]);
    let all = compared
        .failovers
        .each_ref()
        .map(|moves| figures(moves, *figure));
    let rounds = compared
        .failovers
        .each_ref()
        .map(|moves| medians(moves, compared.round, *figure));
    for ((name, all), rounds) in NAMES.iter().zip(&all).zip(&rounds) {
        row(
            name,
            11,
            &[all.shown().as_slice(), &[range(rounds)]].concat(),
        );
    }
    let [current, other] = all.map(|all| all.percentile(50));
    let count = rounds.iter().map(BTreeMap::len).min().unwrap_or_default();
    format!(
        "{leg}: {}",
        verdict(current.zip(other), spread(&rounds), count)
    )
}

/// The lowest and the highest median of a round.
fn range(rounds: &BTreeMap<u32, f64>) -> String {
    let ends = [f64::min, f64::max].map(|end| milliseconds(rounds.values().copied().reduce(end)));
    ends.join("-")
}

fn figures<'a>(
    moves: impl IntoIterator<Item = &'a Move>,
    figure: fn(&Move) -> Option<f64>,
) -> Figures {
    Figures::of(moves.into_iter().filter_map(figure))
}

/// The median of each round that has one.
fn medians(moves: &[Move], round: u32, figure: fn(&Move) -> Option<f64>) -> BTreeMap<u32, f64> {
    let numbers: BTreeSet<u32> = moves.iter().map(|one| one.round / round).collect();
    let median = |of: u32| {
        figures(moves.iter().filter(|one| one.round / round == of), figure).percentile(50)
    };
    numbers
        .into_iter()
        .filter_map(|number| Some((number, median(number)?)))
        .collect()
}

/// The standard deviation of the rounds' differences: what hit both in a round alike is not in it. None of one round.
fn spread([current, other]: &[BTreeMap<u32, f64>; 2]) -> Option<f64> {
    let difference = |(round, median): (&u32, &f64)| Some(median - other.get(round)?);
    let differences: Vec<f64> = current.iter().filter_map(difference).collect();
    let count = u32::try_from(differences.len())
        .ok()
        .filter(|count| *count > 1)
        .map(f64::from)?;
    let mean = differences.iter().sum::<f64>() / count;
    let squares: f64 = differences
        .iter()
        .map(|difference| (difference - mean).powi(2))
        .sum();
    Some((squares / (count - 1.0)).sqrt())
}

/// The medians' difference beside the spread.
fn verdict(medians: Option<(f64, f64)>, spread: Option<f64>, rounds: usize) -> String {
    let Some(((current, other), spread)) = medians.zip(spread) else {
        return "too few rounds to compare".to_owned();
    };
    let difference = current - other;
    let word = match difference {
        _ if difference.abs() <= spread => "within noise",
        _ if difference < 0.0 => "current is faster",
        _ => "current is slower",
    };
    let (difference, spread) = (milliseconds(Some(difference)), milliseconds(Some(spread)));
    format!("difference of medians {difference}, spread over {rounds} rounds {spread}: {word}")
}
