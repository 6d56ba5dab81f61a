//! What `haproxy-rhi rehearse` says of these regions is what happens in them: the same moves in the same order, and none before its time.

use std::fs;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ANYCAST_ADDRESS, ExaBgp, Lab, Region, eventually, holds};
use serde_json::Value;

use crate::far_end::{NE, PATIENCE, WE, regions};
use crate::silence::{CONFIG, with_takeover};

crate::stories! {
    what_was_rehearsed_is_what_happens,
}

/// A rehearsed failure befalls at the worst moment, right after a poll; a real one whenever it does.
const POLL: Duration = Duration::from_secs(1);
/// The takeover's: a page that says 503 for so long, where this machine is slow, has answered, and is given back to before it serves.
const SETTLE: Duration = Duration::from_secs(1);
const DRAIN: &str = "/var/lib/haproxy-rhi/drain/@all";

/// A part of a failure: its name, its place among the failure's parts, and how it is done here.
type Step = (&'static str, usize, fn(&Lab) -> Result<()>);

const STEPS: [Step; 9] = [
    ("servers-die", 0, |lab| lab.backend(NE).kill()),
    ("servers-die", 1, |lab| lab.backend(NE).start()),
    ("haproxy-dies", 0, |lab| lab.nva(NE).haproxy().kill()),
    ("haproxy-dies", 1, |lab| lab.nva(NE).haproxy().start()),
    ("haproxy-freezes", 0, |lab| lab.nva(NE).haproxy().freeze()),
    ("haproxy-freezes", 1, |lab| lab.nva(NE).haproxy().thaw()),
    ("exabgp-restarts", 0, exabgp_restarts),
    ("drain", 0, drained),
    ("drain", 1, |lab| {
        Ok(fs::remove_file(lab.nva(NE).path(DRAIN))?)
    }),
];

fn exabgp_restarts(lab: &Lab) -> Result<()> {
    lab.nva(NE).exabgp().kill()?;
    lab.msee().await_region(ANYCAST, Some(WE), PATIENCE)?;
    // As long as it is away in a rehearsal.
    std::thread::sleep(Duration::from_secs(1));
    lab.nva(NE).exabgp().start()
}

fn drained(lab: &Lab) -> Result<()> {
    let path = lab.nva(NE).path(DRAIN);
    fs::create_dir_all(path.parent().context("a folder")?)?;
    lab.nva(NE).write(DRAIN, "")
}

/// What is seen of a step: each region's moves from level to level, and where the far router leads, with the time of each.
#[derive(Debug, Default)]
struct Seen {
    moves: [Vec<String>; 2],
    ways: Vec<(Region, Duration)>,
}

impl Seen {
    fn order(&self) -> (&[Vec<String>; 2], Vec<Region>) {
        let ways = self.ways.iter().map(|(region, _)| *region);
        (&self.moves, ways.collect())
    }
}

/// `service web: up -> down (…` in a line.
fn moved(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("service web: ")?;
    let (moved, _) = rest.split_once(" (")?;
    moved.contains(" -> ").then(|| moved.to_owned())
}

fn rehearsed(lab: &Lab) -> Result<Value> {
    let file = |region: Region| {
        let path = lab.nva(region).path(CONFIG);
        format!("{}={}", region.folder(), path.display())
    };
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
    // One server, as here.
    command.args(["rehearse", &file(NE), &file(WE), "--servers", "1", "--json"]);
    let output = command.output()?;
    ensure!(output.stderr.is_empty(), "{output:?}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What the rehearsal saw of North Europe's failure.
fn expected(rehearsal: &Value, (failure, step, _): Step) -> Result<Seen> {
    let rows = rehearsal["rows"].as_array().context("rows")?;
    let mut rows = rows
        .iter()
        .filter(|row| row["failure"] == failure && row["regions"][0] == NE.folder());
    let row = rows
        .nth(step)
        .with_context(|| format!("{failure}, {step}"))?;
    let mut seen = Seen::default();
    for event in row["timeline"].as_array().context("timeline")? {
        let line = event[1].as_str().context("a line")?;
        let region = usize::from(line.starts_with(WE.folder()));
        seen.moves[region].extend(moved(line));
    }
    let mut before = None;
    for stay in row["clients"].as_array().context("clients")? {
        let name = stay["regions"][0].as_str().context("a region")?;
        let region = if name == NE.folder() { NE } else { WE };
        let at = stay["from_ms"].as_f64().context("a time")?;
        if before.is_some_and(|before| before != region) {
            seen.ways
                .push((region, Duration::from_secs_f64(at / 1000.0)));
        }
        before = Some(region);
    }
    Ok(seen)
}

/// How much of the logs and of the far router's record is known.
struct Known {
    logs: [usize; 2],
    ways: usize,
    at: SystemTime,
}

impl Known {
    fn now(lab: &Lab) -> Result<Self> {
        Ok(Self {
            logs: [NE, WE].map(|region| lab.nva(region).exabgp().log().len()),
            ways: lab.msee().route_changes()?.len(),
            at: SystemTime::now(),
        })
    }

    /// What came since.
    fn seen(&self, lab: &Lab) -> Result<Seen> {
        let mut seen = Seen::default();
        for (place, region) in [NE, WE].into_iter().enumerate() {
            let log = lab.nva(region).exabgp().log();
            let new = log.get(self.logs[place]..).unwrap_or_default();
            seen.moves[place].extend(new.lines().filter_map(moved));
        }
        let changes = lab.msee().route_changes()?;
        for change in changes.iter().skip(self.ways) {
            let region = Region::ALL
                .into_iter()
                .find(|region| Some(region.nva()) == change.via);
            let Some(region) = region.filter(|_| change.prefix == ANYCAST_ADDRESS.to_string())
            else {
                continue;
            };
            if seen.ways.last().is_none_or(|(last, _)| *last != region) {
                let at = change.at.duration_since(self.at).unwrap_or_default();
                seen.ways.push((region, at));
            }
        }
        Ok(seen)
    }
}

fn what_was_rehearsed_is_what_happens(version: ExaBgp) {
    let lab = with_takeover(regions(&version)).start().unwrap();
    lab.run(|lab| {
        lab.msee().await_region(ANYCAST, Some(NE), PATIENCE)?;
        let rehearsal = rehearsed(lab)?;
        for step in STEPS {
            let name = format!("{}, part {}", step.0, step.1);
            let expected = expected(&rehearsal, step)?;
            let known = Known::now(lab)?;
            step.2(lab)?;
            let is_so = || {
                let seen = known.seen(lab)?;
                ensure!(
                    seen.order() == expected.order(),
                    "{name}: rehearsed was {expected:?}, and seen {seen:?}"
                );
                Ok(())
            };
            eventually(PATIENCE, &name, is_so)?;
            holds(Duration::from_secs(1), &name, is_so)?;
            let seen = known.seen(lab)?;
            for ((_, rehearsed), (_, at)) in expected.ways.iter().zip(&seen.ways) {
                ensure!(
                    *at + POLL + SETTLE >= *rehearsed,
                    "{name}: {seen:?} is earlier than {expected:?}"
                );
            }
        }
        Ok(())
    })
    .unwrap();
}
