//! The simulator: several regions in virtual time, with the real [`Program`](haproxy_rhi::program::Program) on each NVA
//! between a model of HAProxy and one of ExaBGP. A seed is a history of faults; what must hold at every moment of every
//! history is in `simulator/invariant.rs`.
//!
//! `cargo test` tries what it can in half a minute, 1,500 at most.
//! `SIMULATOR_HISTORIES=1000000` tries as many, `SIMULATOR_FROM=n` begins at another seed, `SIMULATOR_SEED=n` tells one
//! history. `tests/simulate N` does the first in an optimised build; `tests/all` ends with `tests/simulate 10000`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_arguments,
    reason = "a test fails by panicking"
)]

#[path = "simulator/dice.rs"]
mod dice;
#[path = "simulator/fault.rs"]
mod fault;
#[path = "simulator/found.rs"]
mod found;
#[path = "simulator/happen.rs"]
mod happen;
#[path = "simulator/invariant.rs"]
mod invariant;
#[path = "simulator/listen.rs"]
mod listen;
#[path = "simulator/moves.rs"]
mod moves;
#[path = "simulator/nva.rs"]
mod nva;
#[path = "simulator/process.rs"]
mod process;
#[path = "simulator/readings.rs"]
mod readings;
#[path = "simulator/sessions.rs"]
mod sessions;
#[path = "simulator/setting.rs"]
mod setting;
#[path = "simulator/story.rs"]
mod story;
#[path = "simulator/truth.rs"]
mod truth;
#[path = "simulator/world.rs"]
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dice::History;
use haproxy_rhi::world::queue::{MS, Time};
use haproxy_rhi::world::{exabgp, haproxy, random};

/// Histories that every test run tries, if it can in this time.
const HISTORIES: u64 = 1_500;
const PATIENCE: Duration = Duration::from_secs(30);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn many_histories_break_nothing() {
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let (first, count) = match number("SIMULATOR_SEED") {
        Some(seed) => (seed, 1),
        None => (
            number("SIMULATOR_FROM").unwrap_or(0),
            number("SIMULATOR_HISTORIES").unwrap_or(HISTORIES),
        ),
    };
    let patience = (number("SIMULATOR_HISTORIES").is_none() && count > 1).then_some(PATIENCE);
    let most = number("SIMULATOR_SHOW").unwrap_or(3) as usize;
    let (next, bad) = (AtomicU64::new(first), Mutex::new(Vec::new()));
    let (start, cores) = (
        Instant::now(),
        std::thread::available_parallelism().map_or(1, usize::from),
    );
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let enough = patience.is_some_and(|patience| start.elapsed() >= patience);
                    if enough || seed >= first + count || bad.lock().unwrap().len() >= most {
                        return;
                    }
                    let history = History::of(seed);
                    if (seed - first) % 100_000 == 99_999 {
                        eprintln!("{} histories begun", seed - first + 1);
                    }
                    if let Some(violation) = story::play(&history) {
                        eprintln!("seed {seed} is bad: {}", violation.text);
                        bad.lock().unwrap().push((seed, violation));
                    }
                }
            });
        }
    });
    let tried = next.into_inner().min(first + count) - first;
    let each = tried as f64 / start.elapsed().as_secs_f64();
    eprintln!(
        "{tried} histories in {:.1} s: {each:.0} a second on {cores} core(s)",
        start.elapsed().as_secs_f64()
    );
    let mut bad = bad.into_inner().unwrap();
    bad.sort_by_key(|(seed, _)| *seed);
    if std::env::var_os("SIMULATOR_BRIEF").is_some() {
        bad.iter()
            .for_each(|(seed, bad)| eprintln!("seed {seed}: {:?} {}", bad.invariant, bad.text));
        assert!(bad.is_empty(), "seeds that are bad");
    }
    let told: String = bad
        .iter()
        .map(|(seed, violation)| story::tell(&History::of(*seed), violation))
        .collect();
    std::panic::set_hook(quiet);
    assert!(bad.is_empty(), "{told}");
}

#[test]
#[ignore = "a measurement"]
fn how_long_histories_are() {
    let all: Vec<(u64, Time)> = (0..200)
        .map(|seed| story::events(&History::of(seed)))
        .collect();
    let (events, time): (u64, Time) = all
        .iter()
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    eprintln!("{} events, {} ms a history", events / 200, time / MS / 200);
}

/// Whether they are noticed, the two commands say.
#[test]
fn every_mutant_applies() {
    for command in ["tests/mutants/run", "tests/mutants/attacks/run"] {
        let check = std::process::Command::new(command)
            .arg("--check")
            .output()
            .unwrap();
        assert!(
            check.status.success(),
            "{}",
            String::from_utf8_lossy(&check.stderr)
        );
    }
}
