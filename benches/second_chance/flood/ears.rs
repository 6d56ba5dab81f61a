//! When heartbeats and their answers came in, as the kernel stamped them, and what the rules made of it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, SystemTime};

use anyhow::{Result, ensure};
use haproxy_rhi::route::Family;
use haproxy_rhi_lab::{Host, eventually};

use crate::netlink::Nftables;
use crate::nvas::{Nvas, Running};
use crate::pair::PATIENCE;

pub const TABLE: &str = "haproxy_rhi_second_chance";
const REQUEST: u8 = 8;
const ANSWER: u8 = 0;

/// What comes out of an NVA's tunnel.
pub struct Ear {
    notes: PathBuf,
    _python: Running,
}

/// What one NVA heard in a while.
pub struct Heard {
    /// The sibling's heartbeats.
    pub requests: Gaps,
    /// Answers to its own.
    pub answers: Gaps,
}

/// The times between one packet and the next, and from the beginning to the first and from the last to the end.
pub struct Gaps(Vec<Duration>);

impl Ear {
    pub fn open(nvas: &Nvas, nva: u8) -> Result<Self> {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/benches/second_chance/flood/ear.py"
        );
        let notes = nvas.ring.directory().join(format!("ear-{nva}"));
        let mut python = nvas.ring.command(Host::Nva(nva), "/usr/bin/python3");
        let python = Running::start(python.args([script, "second-chance"]).arg(&notes))?;
        let ear = Self {
            notes,
            _python: python,
        };
        eventually(PATIENCE, "heartbeats and answers", || {
            let both = [REQUEST, ANSWER]
                .iter()
                .all(|kind| ear.stamps(*kind).is_ok_and(|seen| !seen.is_empty()));
            ensure!(both, "NVA {nva} hears none");
            Ok(())
        })?;
        Ok(ear)
    }

    pub fn heard(&self, from: SystemTime, to: SystemTime) -> Result<Heard> {
        let of = |kind| Ok::<_, anyhow::Error>(Gaps::between(&self.stamps(kind)?, from, to));
        Ok(Heard {
            requests: of(REQUEST)?,
            answers: of(ANSWER)?,
        })
    }

    fn stamps(&self, kind: u8) -> Result<Vec<SystemTime>> {
        let row = |line: &str| {
            let (stamp, of) = line.split_once(' ')?;
            let stamp = SystemTime::UNIX_EPOCH + Duration::from_nanos(stamp.parse().ok()?);
            (of.parse() == Ok(kind)).then_some(stamp)
        };
        Ok(fs::read_to_string(&self.notes)?
            .lines()
            .filter_map(row)
            .collect())
    }
}

impl Gaps {
    fn between(stamps: &[SystemTime], from: SystemTime, to: SystemTime) -> Self {
        let inside = stamps
            .iter()
            .copied()
            .filter(|stamp| (from..to).contains(stamp));
        let points: Vec<SystemTime> = std::iter::once(from).chain(inside).chain([to]).collect();
        let pairs = points.iter().zip(points.iter().skip(1));
        Self(
            pairs
                .map(|(one, next)| next.duration_since(*one).unwrap_or_default())
                .collect(),
        )
    }

    pub fn count(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    pub fn longest(&self) -> Duration {
        self.0.iter().max().copied().unwrap_or_default()
    }

    pub fn median(&self) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort();
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }

    pub fn longer_than(&self, limit: Duration) -> usize {
        self.0.iter().filter(|gap| **gap > limit).count()
    }
}

/// Looks every 50 ms whether an NVA's rules would hand anything to its sibling.
pub struct Sampler {
    ends: Arc<AtomicBool>,
    samples: JoinHandle<Result<Samples>>,
}

#[derive(Debug, Default, Clone, Copy)]
pub struct Samples {
    pub all: usize,
    /// The sibling was left out.
    pub left_out: usize,
}

impl Sampler {
    pub fn start(nvas: &Nvas, nva: u8, sibling: u8) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ends);
        let samples = nvas.ring.on(Host::Nva(nva), move || {
            let (mut nftables, mut samples) = (Nftables::open()?, Samples::default());
            while !end.load(Ordering::Relaxed) {
                let alive = nftables.keys(Family::V4, TABLE, &format!("alive_{sibling}"))?;
                samples.all += 1;
                samples.left_out += usize::from(alive.is_none_or(|alive| alive.is_empty()));
                sleep(Duration::from_millis(50));
            }
            Ok(samples)
        });
        Self { ends, samples }
    }

    pub fn finish(self) -> Result<Samples> {
        self.ends.store(true, Ordering::Relaxed);
        crate::nvas::joined(self.samples)
    }
}
