//! Plays histories, and tells a bad one in as few faults as possible.

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::dice::History;
use super::invariant::{Invariant, Violation};
use super::world::World;
use super::{MS, Time};

/// Plays a history; what is violated first, if anything is.
pub fn play(history: &History) -> Option<Violation> {
    run(history, false).0
}

/// How many events a history has.
pub fn events(history: &History) -> (u64, Time) {
    let mut world = World::new(history, false);
    world.play();
    (world.queue.ordered(), world.now)
}

fn run(history: &History, with_log: bool) -> (Option<Violation>, Vec<(Time, String)>) {
    let mut world = World::new(history, with_log);
    let played = catch_unwind(AssertUnwindSafe(|| world.play()));
    if let Err(panic) = played {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let text = text.unwrap_or_default();
        world.violation = Some(Violation {
            invariant: Invariant::Panic,
            at: world.now,
            text,
        });
    }
    (world.violation.take(), world.log.take().unwrap_or_default())
}

/// The same violation with as few faults as possible, each as early as needed.
pub fn shrink(history: &History, invariant: Invariant) -> History {
    let fails =
        |history: &History| play(history).is_some_and(|violation| violation.invariant == invariant);
    let mut best = history.clone();
    let mut size = (best.faults.len() / 2).max(1);
    loop {
        let (mut at, mut less) = (0, false);
        while at < best.faults.len() {
            let mut tried = best.clone();
            tried.faults.drain(at..(at + size).min(best.faults.len()));
            if fails(&tried) {
                (best, less) = (tried, true);
            } else {
                at += size;
            }
        }
        if size == 1 && !less {
            return best;
        }
        size = if less { size } else { (size / 2).max(1) };
    }
}

/// A bad history for people: what was violated, the faults that it takes, and what happened around it.
pub fn tell(history: &History, violation: &Violation) -> String {
    let short = shrink(history, violation.invariant);
    let (found, log) = run(&short, true);
    let found = found.unwrap_or_else(|| violation.clone());
    let mut text = format!(
        "\nseed {}: {:?} at {}: {}\n\nthe history, {} faults{}:\n",
        history.setting.seed,
        found.invariant,
        seconds(found.at),
        found.text,
        short.faults.len(),
        if short.restored {
            ", in the end all is restored"
        } else {
            ""
        }
    );
    for (at, fault) in &short.faults {
        let _ = writeln!(text, "    {} {fault}", seconds(*at));
    }
    let _ = writeln!(text, "\nas a list: {:?}\n", short.faults);
    for (n, nva) in short.setting.nvas.iter().enumerate() {
        let _ = writeln!(
            text,
            "nva {n}: region {}, ExaBGP {}, acks {}, checks {} ms, first {} ms\n        {}",
            nva.region,
            nva.exabgp,
            nva.acks,
            nva.check,
            nva.first_check,
            nva.config.json(&short.setting, n)
        );
    }
    text.push_str("\nwhat happened:\n");
    let skip = log
        .len()
        .saturating_sub(if std::env::var_os("SIMULATOR_SEED").is_some() {
            1000
        } else {
            60
        });
    for (at, line) in log.iter().skip(skip) {
        let _ = writeln!(text, "    {} {line}", seconds(*at));
    }
    text
}

fn seconds(at: Time) -> String {
    format!("{:>7}.{:03} s", at / MS / 1000, at / MS % 1000)
}
