//! What was measured, for a person and for the README: no line of a table is longer than 120 letters.

use std::time::{Duration, SystemTime};

use crate::figures::{Figures, milliseconds};
use crate::moves::{Move, Way};
use crate::rounds::Measured;
use crate::stalls::Stall;

/// A leg, as a move has it.
type Leg = (&'static str, fn(&Move) -> Option<f64>);

const FROM_THE_WORD: [Leg; 5] = [
    ("line on stdout that moves the route", |one| one.line),
    ("UPDATE at the first instance", |one| {
        one.updates.first().copied()
    }),
    ("UPDATE at the second instance", |one| {
        one.updates.last().copied()
    }),
    ("MSEE's kernel route", |one| Some(one.route)),
    ("withdrawn at both instances", |one| one.gone),
];

/// One after another, and whose time it is.
const PARTS: [Leg; 8] = [
    ("failure, return -> HAProxy's word", |one| Some(one.found)),
    ("word -> datagram (HAProxy)", |one| Some(one.datagram)),
    ("datagram -> line (who watches)", |one| {
        Some(one.line? - one.datagram)
    }),
    ("line -> ExaBGP's pipe (the tee)", |one| {
        Some(one.passed? - one.line?)
    }),
    ("pipe -> first UPDATE (ExaBGP)", |one| {
        Some(earlier(one) - one.passed?)
    }),
    ("datagram -> first UPDATE, in sum", |one| {
        Some(earlier(one) - one.datagram)
    }),
    ("first UPDATE -> second (ExaBGP)", |one| {
        Some(later(one) - earlier(one))
    }),
    ("UPDATE -> kernel route (BIRDs)", |one| {
        Some(one.route - deciding(one))
    }),
];

/// So many of the slowest are shown one by one.
const SLOWEST: usize = 6;

pub fn earlier(one: &Move) -> f64 {
    one.updates.iter().copied().fold(f64::INFINITY, f64::min)
}

fn later(one: &Move) -> f64 {
    one.updates
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max)
}

/// The route goes with the last withdraw, and is back with the first announce.
fn deciding(one: &Move) -> f64 {
    if one.way == Way::Over {
        later(one)
    } else {
        earlier(one)
    }
}

/// After each candidate.
pub fn progress(measured: &Measured, each: bool) {
    if each {
        measured
            .moves
            .iter()
            .for_each(|one| println!("  {}", line(measured, one)));
    }
    for problem in &measured.bad {
        println!("  not as it should be: {problem}");
    }
    println!("  took {} s", measured.took.as_secs());
}

/// Every stamp of a move.
fn line(measured: &Measured, one: &Move) -> String {
    let begin = measured
        .moves
        .first()
        .map_or(SystemTime::UNIX_EPOCH, |one| one.word);
    let after = one
        .word
        .duration_since(begin)
        .unwrap_or_default()
        .as_secs_f64();
    let word = if one.way == Way::Over { "DOWN" } else { "UP" };
    let ms = |figure: Option<f64>| milliseconds(figure.map(|seconds| seconds * 1000.0));
    let (found, datagram, route) = (
        ms(Some(one.found)),
        ms(Some(one.datagram)),
        ms(Some(one.route)),
    );
    let (line, passed) = (ms(one.line), ms(one.passed));
    let [first, second] = one.updates.map(|update| ms(Some(update)));
    format!(
        "at {after:>7.3} s {word:<4} after {found:>5}: datagram {datagram:>5}, line {line:>5}, pipe {passed:>5}, \
         UPDATE {first:>5} and {second:>5}, route {route:>5}"
    )
}

/// All tables.
pub fn print(results: &[Measured], took: Duration) {
    print_words(results);
    print_requests(results);
    print_parts(results);
    print_slowest(results);
    print_notes(results, took);
}

fn print_words(results: &[Measured]) {
    println!();
    println!("Milliseconds from HAProxy's word, DOWN or UP, to what follows:");
    println!();
    let ranks = ["p50", "p90", "p99", "max"].map(str::to_owned);
    row(
        "after DOWN; on the right, after UP",
        7,
        &[ranks.clone(), ranks].concat(),
    );
    rule(7, 8);
    for measured in results {
        row(
            &format!("**{}**", measured.candidate.name),
            7,
            &[const { String::new() }; 8],
        );
        for (leg, figure) in FROM_THE_WORD {
            let cells = [Way::Over, Way::Back]
                .map(|way| Figures::of(measured.moves(way).filter_map(figure)).shown());
            row(leg, 7, &cells.concat());
        }
    }
}

fn print_requests(results: &[Measured]) {
    println!();
    println!(
        "Requests that got no page of either region, and pings without an answer. Over: under way while the"
    );
    println!("servers of North Europe were gone; back: after their return.");
    println!();
    let heads = [
        "failovers",
        "requests",
        "lost over",
        "lost back",
        "pings",
        "lost",
    ];
    row("", 10, &heads.map(str::to_owned));
    rule(10, heads.len());
    for measured in results {
        let served = &measured.served;
        let pings = served
            .pings
            .map(|pings| [pings.sent.to_string(), pings.lost().to_string()]);
        let figures = [
            measured.rounds,
            served.requests,
            served.failed_over,
            served.failed_back,
        ];
        let cells = [
            figures.map(|figure| figure.to_string()).to_vec(),
            pings.unwrap_or_default().to_vec(),
        ];
        row(measured.candidate.name, 10, &cells.concat());
    }
    println!();
    for measured in results
        .iter()
        .filter(|measured| !measured.served.why.is_empty())
    {
        let why = measured
            .served
            .why
            .iter()
            .map(|(reason, count)| format!("{count} x {reason}"));
        println!(
            "{}: {}",
            measured.candidate.name,
            why.collect::<Vec<_>>().join("; ")
        );
    }
}

fn print_parts(results: &[Measured]) {
    let shown: Vec<(&Measured, &str)> = results
        .iter()
        .filter_map(|measured| Some((measured, measured.candidate.short?)))
        .collect();
    println!();
    println!("The parts, one after another, p50 in milliseconds:");
    println!();
    let ways = [Way::Over, Way::Back];
    let heads: Vec<String> = ways
        .iter()
        .flat_map(|_| shown.iter().map(|(_, short)| (*short).to_owned()))
        .collect();
    row("after DOWN; on the right, after UP", 7, &heads);
    rule(7, heads.len());
    for (part, figure) in PARTS {
        let cells: Vec<String> = ways
            .iter()
            .flat_map(|way| shown.iter().map(|(measured, _)| measured.moves(*way)))
            .map(|moves| milliseconds(Figures::of(moves.filter_map(figure)).percentile(50)))
            .collect();
        row(part, 7, &cells);
    }
}

fn print_slowest(results: &[Measured]) {
    let mut all: Vec<(&Measured, &Move)> = results
        .iter()
        .filter(|measured| measured.candidate.short.is_some())
        .flat_map(|measured| measured.moves(Way::Over).map(move |one| (measured, one)))
        .collect();
    all.sort_by(|(_, one), (_, other)| other.route.total_cmp(&one.route));
    println!();
    println!("The slowest failovers of those:");
    for (measured, one) in all.iter().take(SLOWEST) {
        println!(
            "{:<6} {}",
            measured.candidate.short.unwrap_or_default(),
            line(measured, one)
        );
        let end = one.word + Duration::from_secs_f64(one.route.max(0.0));
        let meanwhile = |stall: &&Stall| stall.from < end && one.word < stall.until;
        if let Some(longest) = measured
            .stalls
            .iter()
            .filter(meanwhile)
            .map(Stall::length)
            .max()
        {
            println!(
                "{:<6} meanwhile a thread that only sleeps was woken {} ms late",
                "",
                longest.as_millis()
            );
        }
    }
    let stalls = || {
        results
            .iter()
            .flat_map(|measured| &measured.stalls)
            .map(Stall::length)
    };
    println!(
        "In the whole run a thread that only sleeps was woken late by 5 ms or more {} times, by {} ms at most.",
        stalls().count(),
        stalls().max().unwrap_or_default().as_millis()
    );
}

fn print_notes(results: &[Measured], took: Duration) {
    println!();
    for measured in results {
        println!(
            "{:<27} {}",
            measured.candidate.name,
            measured.candidate.explained()
        );
    }
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "
Two regions in network namespaces on one machine of {cpus} CPUs, with the distribution's HAProxy, ExaBGP and BIRD.
Each failover: all servers of North Europe are gone at once; each fail-back: they are there again. Meanwhile
four clients ask for 50 pages a second each, on new connections, and one pings 100 times a second.
All stamps are of one clock. HAProxy's word: its own log stamp, the time at which it composed the message.
Datagram: the message's arrival at another socket, to which HAProxy sends it last. Line: its arrival at a tee
between the program and ExaBGP, and pipe: when the tee had passed it on; without the tee shows what that costs.
The line that moves the route is the first that says something else: a longer path, or the withdrawal itself.
UPDATE: BIRD's log at each instance of the Route Server. Kernel route: 'ip -ts monitor route' at the MSEE.
Took {} min {} s.",
        took.as_secs() / 60,
        took.as_secs() % 60
    );
}

/// A row of a table: with eight cells of seven letters, it has 120.
pub fn row(name: &str, width: usize, cells: &[String]) {
    let cells: Vec<String> = cells
        .iter()
        .map(|cell| format!(" {cell:>width$} |"))
        .collect();
    println!("| {name:<36} |{}", cells.concat());
}

pub fn rule(width: usize, cells: usize) {
    println!(
        "| {:-<36} |{}",
        "",
        format!(" {:->width$}: |", "", width = width - 1).repeat(cells)
    );
}
