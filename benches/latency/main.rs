//! How fast a region's route goes when its servers die, and how fast it is back when they return: leg by leg, with
//! clients at work, haproxy-rhi beside exabgp-healthcheck and beside the least that any program must do.
//!
//! `cargo bench --bench latency`, as root, in half an hour. `-- --quick` in three minutes; `-- --each` shows every
//! repetition; `-- --only NAME` measures only the candidates whose names contain it; `-- --keep` leaves the logs.

#![expect(clippy::print_stdout, reason = "a benchmark talks to a person")]

#[path = "../rivals/mod.rs"]
#[expect(dead_code, reason = "the other benchmark uses the rest")]
mod rivals;

// What runs inside the lab, from this same executable.
mod bare;
mod tee;

// From what is measured to what is shown.
mod candidate;
mod figures;
mod moves;
mod rounds;
mod site;
mod stalls;
mod tables;
mod tap;
mod traffic;

use std::env;
use std::time::{Duration, Instant};

use anyhow::Result;

use candidate::{CANDIDATES, Candidate};
use rounds::Measured;

/// Whatever happens, the last table is shown by then.
const LONGEST: Duration = Duration::from_secs(33 * 60);

/// How it was asked for.
struct Options {
    quick: bool,
    each: bool,
    keep: bool,
    only: Option<String>,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().collect();
    match arguments.split_first().map(|(_, words)| words) {
        Some([word, words @ ..]) if word == tee::WORD => return tee::run(words),
        Some([word, words @ ..]) if word == bare::WORD => return bare::run(words),
        _ => {}
    }
    if rivals::ready("latency") {
        measure(&Options::of(&arguments));
    }
    Ok(())
}

impl Options {
    fn of(arguments: &[String]) -> Self {
        let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
        let only = arguments.iter().skip_while(|argument| *argument != "--only").nth(1).cloned();
        Self { quick: given("--quick"), each: given("--each"), keep: given("--keep"), only }
    }

    fn wants(&self, candidate: &Candidate) -> bool {
        self.only.as_ref().is_none_or(|part| candidate.name.contains(part.as_str()))
    }
}

fn measure(options: &Options) {
    let begin = Instant::now();
    let mut results: Vec<Measured> = Vec::new();
    for candidate in CANDIDATES.iter().filter(|candidate| options.wants(candidate)) {
        let left = LONGEST.saturating_sub(begin.elapsed()).min(candidate.budget);
        let count = if options.quick { candidate.quick } else { candidate.count };
        println!("{}: {count} failovers and fail-backs", candidate.name);
        match rounds::measure(candidate, count, left, options.keep) {
            Ok(measured) => {
                tables::progress(&measured, options.each);
                results.push(measured);
            }
            // The others are still worth their while.
            Err(error) => println!("  not measured: {error:#}"),
        }
    }
    tables::print(&results, begin.elapsed());
}
