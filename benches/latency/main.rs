//! How fast a region's route goes when its servers die, and how fast it is back when they return: leg by leg, with
//! clients at work, haproxy-rhi beside exabgp-healthcheck and beside the least that any program must do.
//!
//! `cargo bench --bench latency`, as root, in half an hour. `-- --quick` in three minutes; `-- --each` shows every
//! repetition; `-- --only NAME` measures only the candidates whose names contain it; `-- --keep` leaves the logs.
//! `-- --exabgp 4.2.25` or `5.0.15` runs another ExaBGP than Debian's.
//! `-- --svg FILE` draws each failover's time, of all candidates one below the other.
//! `-- --beside PATH` compares with another haproxy-rhi, of an earlier commit for example: see [`beside`].

#![expect(clippy::print_stdout, reason = "a benchmark talks to a person")]

#[path = "../rivals/mod.rs"]
#[expect(dead_code, reason = "the other benchmark uses the rest")]
mod rivals;

// What runs inside the lab, from this same executable.
mod bare;
mod tee;

// From what is measured to what is shown.
mod beside;
mod candidate;
mod figures;
mod moves;
mod picture;
mod rounds;
mod site;
mod stalls;
mod tables;
mod tap;
mod traffic;

use std::env;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

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
    beside: Option<PathBuf>,
    svg: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().collect();
    match arguments.split_first().map(|(_, words)| words) {
        Some([word, words @ ..]) if word == tee::WORD => return tee::run(words),
        Some([word, words @ ..]) if word == bare::WORD => return bare::run(words),
        _ => {}
    }
    if rivals::ready("latency") {
        let options = Options::of(&arguments)?;
        match &options.beside {
            Some(other) => beside::measure(&options, other)?,
            None => measure(&options)?,
        }
    }
    Ok(())
}

impl Options {
    fn of(arguments: &[String]) -> Result<Self> {
        let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
        let value = |flag: &str| {
            arguments
                .iter()
                .skip_while(|argument| *argument != flag)
                .nth(1)
                .cloned()
        };
        let beside = value("--beside").map(PathBuf::from);
        ensure!(
            !given("--beside") || beside.as_ref().is_some_and(|path| path.is_file()),
            "--beside takes the path of another haproxy-rhi binary, for example ../old/target/release/haproxy-rhi"
        );
        let svg = value("--svg").map(PathBuf::from);
        let is_file = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "svg");
        ensure!(
            !given("--svg") || beside.is_none() && svg.as_ref().is_some_and(is_file),
            "--svg takes a file to write, for example /tmp/latency.svg, and not with --beside"
        );
        let (quick, each, keep) = (given("--quick"), given("--each"), given("--keep"));
        Ok(Self {
            quick,
            each,
            keep,
            only: value("--only"),
            beside,
            svg,
        })
    }

    fn wants(&self, candidate: &Candidate) -> bool {
        self.only
            .as_ref()
            .is_none_or(|part| candidate.name.contains(part.as_str()))
    }
}

fn measure(options: &Options) -> Result<()> {
    let begin = Instant::now();
    let mut results: Vec<Measured> = Vec::new();
    for candidate in CANDIDATES
        .iter()
        .filter(|candidate| options.wants(candidate))
    {
        let left = LONGEST
            .saturating_sub(begin.elapsed())
            .min(candidate.budget);
        let count = if options.quick {
            candidate.quick
        } else {
            candidate.count
        };
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
    let Some(path) = &options.svg else {
        return Ok(());
    };
    fs::write(path, picture::picture(&results, options.quick))
        .with_context(|| format!("failed to write '{}'", path.display()))
}
