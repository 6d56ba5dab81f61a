//! `haproxy-rhi status`: the status files of the processes, for a person or a program.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::heartbeat::{self, SecondChance};
use super::life::{Life, life};
use super::manner::{Manner, RETRY, shown};
use super::outcome::{Patience, Problem, hold_times, problems};
use super::place;
use super::shape::{FORMAT, LONGEST, Report};
use super::text::{Paint, text};
use super::unit;
use crate::failure::Outcome;
use crate::files::{self, Links};
use crate::foreign;
use crate::place::FOLDER;
use crate::report::moment::Moment;

/// How long a person at a terminal waits for the first status file.
const FIRST: Duration = Duration::from_secs(3);

/// What to show, and how.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Status files; empty: all in ExaBGP's run-time folder.
    pub files: Vec<PathBuf>,
    /// How to show them.
    pub manner: Manner,
}

/// Shows the status files.
///
/// # Errors
/// The output is closed.
pub fn show(request: &Request, out: &mut impl Write) -> io::Result<Outcome> {
    let manner = request.manner;
    if manner.terminal && !manner.watch && manner.wait.is_none() && request.files.is_empty() {
        await_first();
    }
    shown(manner, out, |now| answer(request, now))
}

/// Waits for the first status file: ExaBGP, just started, takes a moment to start haproxy-rhi.
fn await_first() {
    let end = Instant::now() + FIRST;
    while place::all(Path::new(FOLDER)).is_ok_and(|files| files.is_empty()) && Instant::now() < end
    {
        thread::sleep(RETRY);
    }
}

fn unreadable(error: &io::Error) -> String {
    let cure = match error.kind() {
        io::ErrorKind::PermissionDenied => "; look as root, or as a member of group exabgp",
        _ => "",
    };
    format!("failed to read '{FOLDER}': {}{cure}", files::reason(error))
}

/// A process, as its status file shows it.
struct Process {
    file: PathBuf,
    report: Result<(Box<Report>, Life, Vec<Problem>), String>,
}

fn answer(request: &Request, now: Moment) -> (String, Outcome) {
    let folder = Path::new(FOLDER);
    let found = match request.files.is_empty() {
        true => place::all(folder).map_err(|error| unreadable(&error)),
        false => Ok(request.files.clone()),
    };
    let none = match &found {
        Err(why) => Some(why.clone()),
        Ok(files) if files.is_empty() => Some(format!(
            "no status file in '{FOLDER}': {}",
            unit::why_none()
        )),
        Ok(_) => None,
    };
    let manner = request.manner;
    let patience = manner.patience();
    let processes: Vec<Process> = found
        .unwrap_or_default()
        .into_iter()
        .map(|file| process(file, now, patience))
        .collect();
    let chance = request
        .files
        .is_empty()
        .then(|| heartbeat::read(now))
        .flatten();
    let amiss = chance
        .as_ref()
        .is_some_and(|told| !told.problems.is_empty());
    let outcome = processes
        .iter()
        .map(outcome)
        .max()
        .unwrap_or(Outcome::Unknown);
    let outcome = if amiss {
        outcome.max(Outcome::Worse)
    } else {
        outcome
    };
    let paint = manner.paint();
    let text = match manner.json {
        true => to_json(
            &processes,
            none.as_deref(),
            chance.as_ref(),
            outcome,
            now,
            manner.watch,
        ),
        false => to_text(&processes, none.as_deref(), chance.as_ref(), now, paint),
    };
    (text, outcome)
}

fn process(file: PathBuf, now: Moment, patience: Patience) -> Process {
    let report = read(&file).map(|report| {
        let life = life(&report, now);
        let problems = problems(&report, life, now, patience);
        (Box::new(report), life, problems)
    });
    Process { file, report }
}

/// Reads a status file.
///
/// # Errors
/// The file cannot be read, or is no status file.
pub fn read(path: &Path) -> Result<Report, String> {
    let bytes =
        files::read(path, Links::Followed, LONGEST).map_err(|error| files::reason(&error))?;
    parse(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Reads a status from JSON.
///
/// # Errors
/// It is no status, or has another format.
pub fn parse(value: Value) -> Result<Report, String> {
    match value.get("format").and_then(Value::as_u64) {
        Some(format) if format == u64::from(FORMAT) => serde_json::from_value(value)
            .map_err(|error| format!("it is no status file ({})", short(&error.to_string()))),
        Some(format) => Err(format!(
            "it has format {format}, and this haproxy-rhi reads {FORMAT}"
        )),
        None => Err("it is no status file".to_owned()),
    }
}

/// Neighbors that seem not to keep to hold-time 30, by the running processes' status files. A file that cannot be read is
/// skipped: `status` reports it.
pub fn told_of_hold_times() -> Vec<String> {
    let files = place::all(Path::new(FOLDER)).unwrap_or_default();
    let reports = files.iter().filter_map(|file| read(file).ok());
    let running = reports.filter(|report| life(report, Moment::now()) == Life::Running);
    let words = running.flat_map(|report| hold_times(&report.status).collect::<Vec<_>>());
    words.map(|words| short(&words)).collect()
}

/// At most 300 characters, none a control character: errors quote the file, which user exabgp may write, on a terminal.
fn short(text: &str) -> String {
    foreign::plain(text).take(300).collect()
}

fn outcome(told: &Process) -> Outcome {
    match &told.report {
        Ok((_, _, problems)) => problems
            .iter()
            .map(|problem| problem.outcome)
            .max()
            .unwrap_or(Outcome::Best),
        Err(_) => Outcome::Unknown,
    }
}

/// Problems of the second chance are shown with each process, which must not say that all is well.
fn to_text(
    processes: &[Process],
    none: Option<&str>,
    chance: Option<&SecondChance>,
    now: Moment,
    paint: Paint,
) -> String {
    let mut out = none
        .map(|none| paint.of(Outcome::Unknown, none) + "\n")
        .unwrap_or_default();
    let beside = chance
        .map(|chance| chance.problems.as_slice())
        .unwrap_or_default();
    let worse = |what: &String| Problem {
        outcome: Outcome::Worse,
        what: what.clone(),
    };
    let beside: Vec<Problem> = beside.iter().map(worse).collect();
    for (index, told) in processes.iter().enumerate() {
        out += if index == 0 { "" } else { "\n" };
        match &told.report {
            Ok((report, life, problems)) => {
                let problems = [problems.as_slice(), &beside].concat();
                out += &text(report, *life, &problems, now, paint);
            }
            Err(why) => {
                let line = format!("failed to read '{}': {why}", told.file.display());
                out += &(paint.of(Outcome::Unknown, &line) + "\n");
            }
        }
    }
    if processes.iter().all(|told| told.report.is_err()) {
        let lines = beside
            .iter()
            .map(|problem| paint.of(Outcome::Worse, &format!("! {}", problem.what)) + "\n");
        out.extend(lines);
    }
    match chance {
        Some(chance) if !chance.text.is_empty() => out + "\n" + &chance.text,
        _ => out,
    }
}

fn to_json(
    processes: &[Process],
    none: Option<&str>,
    chance: Option<&SecondChance>,
    all: Outcome,
    now: Moment,
    one_line: bool,
) -> String {
    let process = |told: &Process| {
        let (state, problems, status) = match &told.report {
            Ok((report, life, problems)) => {
                let problems: Vec<&str> = problems
                    .iter()
                    .map(|problem| problem.what.as_str())
                    .collect();
                (
                    life.word(),
                    problems,
                    serde_json::to_value(report).map(|report| aged(report, now)),
                )
            }
            Err(why) => ("unreadable", vec![why.as_str()], Ok(Value::Null)),
        };
        let status = status.unwrap_or_default();
        let (file, outcome) = (told.file.display().to_string(), outcome(told));
        json!({"file": file, "state": state, "outcome": outcome, "problems": problems, "status": status})
    };
    let processes: Vec<Value> = processes.iter().map(process).collect();
    let mut value = json!({"outcome": all, "processes": processes});
    if let (Some(none), Some(object)) = (none, value.as_object_mut()) {
        object.insert("problem".to_owned(), none.into());
    }
    if let (Some(chance), Some(object)) = (chance, value.as_object_mut()) {
        let status = aged(chance.value.clone(), now);
        object.insert(
            "second_chance".to_owned(),
            json!({"problems": chance.problems, "status": status}),
        );
    }
    json_text(&value, one_line)
}

/// An object as text; on one line where more follow.
pub fn json_text(value: &Value, one_line: bool) -> String {
    let text = match one_line {
        true => serde_json::to_string(value),
        false => serde_json::to_string_pretty(value),
    };
    text.unwrap_or_default() + "\n"
}

/// Adds the age of each time, in seconds, beside the time.
fn aged(value: Value, now: Moment) -> Value {
    match value {
        Value::Object(object) => {
            let mut new = Map::new();
            for (key, value) in object {
                let time = value.as_str().and_then(|text| text.parse::<Moment>().ok());
                let age = time.map(|time| (format!("{key}_age_seconds"), json!(now.since(time))));
                new.insert(key, aged(value, now));
                new.extend(age);
            }
            Value::Object(new)
        }
        Value::Array(list) => list.into_iter().map(|value| aged(value, now)).collect(),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_has_its_age_beside_it() {
        let now: Moment = "2026-11-22T10:08:00.500Z".parse().unwrap();
        let value = json!({"a": [{"since": "2026-11-22T10:07:58.000Z", "name": "x"}], "until": "2026-11-22T10:08:03.000Z", "left": null});
        assert_eq!(
            aged(value, now),
            json!({
                "a": [{"since": "2026-11-22T10:07:58.000Z", "since_age_seconds": 2.5, "name": "x"}],
                "until": "2026-11-22T10:08:03.000Z",
                "until_age_seconds": -2.5,
                "left": null,
            })
        );
    }

    #[test]
    fn what_is_amiss_beside_a_process_stands_in_its_head() {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/status/sample.json");
        let report = read(&sample).unwrap();
        let now = report.heartbeat;
        let process = Process {
            file: sample,
            report: Ok((Box::new(report), Life::Running, Vec::new())),
        };
        let shown = |problems: &[&str]| {
            let problems = problems
                .iter()
                .map(|problem| (*problem).to_owned())
                .collect();
            let beside = SecondChance {
                problems,
                text: "second chance: on\n".to_owned(),
                ..SecondChance::default()
            };
            to_text(
                std::slice::from_ref(&process),
                None,
                Some(&beside),
                now,
                Paint(false),
            )
        };
        let (well, amiss) = (shown(&[]), shown(&["second chance: off"]));
        assert!(
            well.contains("\nall is as it should be\n")
                && well.ends_with("\n\nsecond chance: on\n"),
            "{well}"
        );
        assert!(!amiss.contains("all is as it should be"), "{amiss}");
        assert!(
            amiss
                .lines()
                .take(3)
                .any(|line| line == "! second chance: off"),
            "{amiss}"
        );
    }

    #[test]
    fn what_is_no_status_file_is_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.status.json");
        assert_eq!(read(&path), Err("no such file or directory".to_owned()));
        assert_eq!(read(folder.path()), Err("is a directory".to_owned()));
        for (text, why) in [
            ("", "it is no status file"),
            ("{\"format\": 1", "it is no status file"),
            ("{}", "it is no status file"),
            (
                "{\"format\": 2}",
                "it has format 2, and this haproxy-rhi reads 1",
            ),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(read(&path), Err(why.to_owned()), "{text:?}");
        }
        // Nothing in it that a terminal obeys.
        let sample = include_str!("sample.json").replacen(
            "\"heartbeat\": \"",
            "\"heartbeat\": \"\\u001b[2J",
            1,
        );
        std::fs::write(&path, sample).unwrap();
        let why = read(&path).unwrap_err();
        assert!(
            why.contains("[2J") && !why.contains(char::is_control),
            "{why:?}"
        );
    }
}
