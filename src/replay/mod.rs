//! `haproxy-rhi replay`: what was done and why, and what another configuration would have done.
//! In come a record, and perhaps that configuration.
//! Out goes a table: each move with its reason, each line for ExaBGP, and both in numbers, side by side.
//!
//! A record that begins with its process is run again exactly: the same [`Program`](crate::program::Program) takes the same inputs at
//! the same times, and must say the same lines. Anything else is played: HAProxy, the addresses and the siblings are as the record
//! has them at each time, and ExaBGP takes every line at once.

mod exact;
mod json;
mod lanes;
mod model;
mod out;
mod picture;
mod report;
mod table;
mod tally;

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use crate::config::{self, Config};
use crate::failure::{self, Answer, End, Failure, Outcome};
use crate::files::{self, Links};
use crate::install;
use crate::record::{self, Event, Reader};
use crate::report::moment::Clock;

use exact::Exact;
use model::Model;
use report::{Life, Report};

/// `replay`.
#[derive(Debug, Args)]
pub struct ReplayTask {
    /// The record, as the configuration's key record names it; FILE.1 is read before it, where it is there
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Show what this configuration would have done, too
    #[arg(long, value_name = "NEW")]
    pub config: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Also draw it in this SVG file; - prints the picture and nothing else
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// The end of the help.
pub(crate) const REPLAY_STATUS: &str = "\
What happened last night, and what three falls would have done about it:
  haproxy-rhi replay /var/log/haproxy-rhi/record.jsonl
  haproxy-rhi replay /var/log/haproxy-rhi/record.jsonl --config new.json

Nothing is changed, and nobody is asked.

Exit status: 0 the replay says to ExaBGP what was recorded, 1 it does not, 64 usage, 78 the record or the configuration cannot \
be used.

JSON: {\"outcome\", \"lives\": [{\"from\", \"until\", \"version\", \"calls\", \"whole\", \"cut\", \"differs\"}], \"recorded\": \
{\"events\": [{\"at\", \"service\", \"from\", \"to\", \"why\", \"log\", \"exabgp\"}], \"services\": [{\"name\", \"moves\", \
\"seconds_without\", \"updates\"}]}, \"new\", \"missing\"}; the outcome is best or worse.";

/// Replays. `now` is taken for the start of each process.
///
/// # Errors
/// The record or the configuration cannot be used.
pub fn replay(task: &ReplayTask, now: Instant) -> Result<Answer, Failure> {
    let load = |path: &PathBuf| {
        config::load(path).map_err(|problem| failure::configuration(problem.to_string()))
    };
    let new = task.config.as_ref().map(load).transpose()?;
    let report = played(&task.file, new, now)?;
    let outcome = match report.lives.iter().all(|life| life.differs.is_none()) {
        true => Outcome::Best,
        false => Outcome::Worse,
    };
    let text = match task.json {
        true => json::json(&report, outcome),
        false => table::table(&report),
    };
    let text = match &task.svg {
        Some(_) if report.set_back().is_some() => return Err(no_axis(&task.file, &report)),
        Some(path) => install::drawn(path, picture::picture(&report), text)?,
        None => text,
    };
    Ok((text, End::As(outcome)).into())
}

/// A picture has one axis of time.
fn no_axis(file: &Path, report: &Report) -> Failure {
    let at = report.set_back().unwrap_or_default();
    failure::configuration(format!(
        "{}: --svg: the clock was set back before {at}, and a picture has one axis of time; leave out --svg, or draw FILE and FILE.1 \
         apart, each copied to a name of its own",
        file.display()
    ))
}

fn played(file: &Path, new: Option<Config>, now: Instant) -> Result<Report, Failure> {
    let mut replay = Replay::new(new);
    let mut reader = Reader::new(now);
    let earlier = record::earlier(file);
    // Where the disk was full, one of the two files may be missing: the other one is read.
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    let paths: &[&Path] = match (is_there(&earlier), is_there(file)) {
        (false, _) => &[file],
        (true, false) => &[&earlier],
        (true, true) => &[&earlier, file],
    };
    for path in paths {
        let unusable = |why: String| failure::configuration(format!("{}: {why}", path.display()));
        let opened = files::open(path, Links::Followed);
        let (opened, _) = opened.map_err(|error| unusable(files::reason(&error)))?;
        let read = reader.file(BufReader::new(opened), &mut |event| replay.happen(event));
        read.map_err(unusable)?;
    }
    let unusable = |why: String| failure::configuration(format!("{}: {why}", file.display()));
    reader
        .end(&mut |event| replay.happen(event))
        .map_err(unusable)?;
    Ok(replay.end())
}

/// A replay under way.
struct Replay {
    report: Report,
    /// Runs a process again; `play` does where the record begins in the middle of a process.
    exact: Option<Exact>,
    play: Option<Model>,
    new: Option<Model>,
}

impl Replay {
    fn new(new: Option<Config>) -> Self {
        Self {
            report: Report::default(),
            exact: None,
            play: None,
            new: new.map(|config| Model::new(Some(config))),
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Life(life) => self.begin(life),
            Event::Call(call) => self.call(call),
            Event::Cut => {
                let life = self.report.lives.last_mut();
                life.into_iter().for_each(|life| life.is_cut = true);
            }
        }
    }

    fn begin(&mut self, life: record::Life) {
        self.end_of_a_life();
        let wall = life.head.wall.parse().unwrap_or_default();
        let clock = Clock::new(life.begun, wall);
        self.report.recorded.begin(clock);
        self.report.lives.push(Life {
            clock,
            begun: life.begun,
            until: life.begun,
            version: life.head.version.clone(),
            calls: 0,
            is_whole: life.is_whole(),
            is_cut: false,
            differs: None,
        });
        if let Some(new) = &mut self.new {
            new.begin(&life, clock);
        }
        if life.is_whole() {
            self.exact = Some(Exact::new(&life));
        } else {
            let mut play = Model::new(None);
            play.tally = std::mem::take(&mut self.report.recorded);
            play.begin(&life, clock);
            self.play = Some(play);
        }
    }

    fn call(&mut self, call: record::Call) {
        let Some(life) = self.report.lives.last_mut() else {
            return;
        };
        (life.until, life.calls) = (call.at, life.calls + 1);
        if let Some(new) = &mut self.new {
            new.call(&call);
        }
        if let Some(play) = &mut self.play {
            play.call(&call);
        }
        if let Some(exact) = &mut self.exact {
            let differs = exact.call(call, &mut self.report.recorded);
            life.differs = life.differs.take().or(differs);
        }
    }

    fn end_of_a_life(&mut self) {
        let Some(until) = self.report.lives.last().map(|life| life.until) else {
            return;
        };
        if let Some(play) = self.play.take() {
            self.report.recorded = play.tally;
        }
        self.exact = None;
        self.report.recorded.end(until);
        self.new.iter_mut().for_each(|new| new.tally.end(until));
    }

    fn end(mut self) -> Report {
        self.end_of_a_life();
        if let Some(new) = self.new {
            self.report.missing = new.missing();
            self.report.new = Some(new.tally);
        }
        self.report
    }
}
