//! The log at stderr. A thread writes it: a journal that does not read must not hold up the loop.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;
use std::time::Duration;

use clap::ValueEnum;
use env_logger::Target;
use log::{Level, LevelFilter};
use serde::Serialize;

use super::moment::Moment;

/// Octets that the queue holds: two lines of each of 4,000 services, several times over. A line beyond is dropped and
/// counted.
const MOST_WAITING: usize = 4 << 20;
/// How long the exit waits for the last lines.
const LAST_LINES: Duration = Duration::from_millis(200);

/// Octets in the queue.
static WAITING: AtomicUsize = AtomicUsize::new(0);
/// Lines dropped since the last one written.
static LOST: AtomicU64 = AtomicU64::new(0);
/// The log's form is [`LogFormat::Json`].
static IS_JSON: AtomicBool = AtomicBool::new(false);
/// The queue to the thread that writes.
static LINES: OnceLock<Sender<Line>> = OnceLock::new();

enum Line {
    Text(Vec<u8>),
    /// Answered when all lines before it are written.
    Mark(SyncSender<()>),
}

/// The log's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// A line of text, for people and the journal.
    #[default]
    Text,
    /// A JSON object a line, for programs.
    Json,
}

/// The log's form by the process's command line, even where the rest of the command line is invalid.
pub fn asked_format() -> LogFormat {
    let mut words = std::env::args_os()
        .skip_while(|word| word != "--log-format")
        .skip(1);
    let apart = words.next().is_some_and(|word| word == "json");
    let joined = || std::env::args_os().any(|word| word == "--log-format=json");
    if apart || joined() {
        LogFormat::Json
    } else {
        LogFormat::Text
    }
}

/// Logs to stderr: one JSON object a line; or text, for the journal with its priorities (sd-daemon(3)), otherwise with the time.
pub fn log_to_stderr(format: LogFormat) {
    IS_JSON.store(format == LogFormat::Json, Ordering::Relaxed);
    let journal = is_journal(io::stderr());
    let mut builder = env_logger::Builder::new();
    builder
        .filter_level(LevelFilter::Error)
        .filter_module("haproxy_rhi", LevelFilter::Info)
        .parse_default_env();
    builder.format(move |out, record| {
        let program = program(record.target());
        if format == LogFormat::Json {
            return writeln!(
                out,
                "{}",
                object(record.level(), &program, &record.args().to_string())
            );
        }
        if journal {
            return writeln!(
                out,
                "<{}>{program}: {}",
                priority(record.level()),
                record.args()
            );
        }
        let word = match record.level() {
            Level::Error => "error: ",
            Level::Warn => "warning: ",
            Level::Info => "",
            Level::Debug | Level::Trace => "debug: ",
        };
        writeln!(out, "{} {program}: {word}{}", Moment::now(), record.args())
    });
    let (sender, lines) = mpsc::channel();
    let started = thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || write(&lines));
    if started.is_ok() && LINES.set(sender).is_ok() {
        builder.target(Target::Pipe(Box::new(Queue)));
    }
    // A second call in one process changes nothing.
    let _ = builder.try_init();
}

fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

/// A line in the log's form, with its line feed, for writing past the queue.
pub fn unqueued(level: Level, message: &str) -> String {
    match IS_JSON.load(Ordering::Relaxed) {
        true => format!("{}\n", object(level, "haproxy-rhi", message)),
        false => format!("haproxy-rhi: {message}\n"),
    }
}

/// A line of the log as JSON.
#[derive(Serialize)]
struct Object<'a> {
    time: Moment,
    level: &'a str,
    program: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    message: &'a str,
}

fn object(level: Level, program: &str, message: &str) -> String {
    let level = match level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Info => "info",
        Level::Debug | Level::Trace => "debug",
    };
    let object = Object {
        time: Moment::now(),
        level,
        program,
        service: service(message),
        message,
    };
    serde_json::to_string(&object).unwrap_or_default()
}

/// The service that a line is about: such a line begins with it.
fn service(message: &str) -> Option<&str> {
    let (name, _) = message.strip_prefix("service ")?.split_once(": ")?;
    (!name.contains(' ')).then_some(name)
}

/// The name of a program, by the crate that logs.
fn program(target: &str) -> String {
    target
        .split("::")
        .next()
        .unwrap_or_default()
        .replace('_', "-")
}

/// Whether the stream leads to the journal: `$JOURNAL_STREAM` is its device and inode (systemd.exec(5)). ExaBGP passes on
/// both stderr and environment, so the journal reads a line's priority.
fn is_journal(stream: impl AsFd) -> bool {
    let Ok(data) = rustix::fs::fstat(stream) else {
        return false;
    };
    std::env::var("JOURNAL_STREAM")
        .is_ok_and(|told| told == format!("{}:{}", data.st_dev, data.st_ino))
}

/// Waits until the lines so far are written, but not for long.
pub fn flush_log() {
    let (mark, written) = mpsc::sync_channel(1);
    if let Some(lines) = LINES.get()
        && lines.send(Line::Mark(mark)).is_ok()
    {
        let _ = written.recv_timeout(LAST_LINES);
    }
}

/// The queue as `env_logger` writes to it: one call a line.
struct Queue;

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let before = WAITING.fetch_add(line.len(), Ordering::Relaxed);
        let sent = before + line.len() <= MOST_WAITING
            && LINES
                .get()
                .is_some_and(|lines| lines.send(Line::Text(line.to_vec())).is_ok());
        if !sent {
            WAITING.fetch_sub(line.len(), Ordering::Relaxed);
            LOST.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(lines: &Receiver<Line>) {
    for line in lines {
        match line {
            Line::Text(text) => {
                let _ = io::stderr().write_all(&text);
                WAITING.fetch_sub(text.len(), Ordering::Relaxed);
            }
            Line::Mark(mark) => drop(mark.try_send(())),
        }
        match LOST.swap(0, Ordering::Relaxed) {
            0 => {}
            lost => {
                let text =
                    format!("{lost} line(s) of the log were lost: stderr was not read in time");
                let _ = io::stderr().write_all(unqueued(Level::Warn, &text).as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_object_whatever_is_in_it() {
        for message in [
            "plain",
            "service web: up -> down (a \"b\"\n\u{1b}[31m\\ \u{7f})",
            "",
            "\u{2028}",
        ] {
            let text = object(Level::Warn, "haproxy-rhi", message);
            assert!(!text.contains('\n'), "{text}");
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(
                (&value["message"], &value["level"]),
                (&message.into(), &"warning".into())
            );
            assert!(
                value["time"].as_str().unwrap().parse::<Moment>().is_ok(),
                "{text}"
            );
        }
    }

    #[test]
    fn a_line_about_a_service_names_it() {
        assert_eq!(
            service("service web: up -> down (x), withdrawing 9.9.9.9/32"),
            Some("web")
        );
        assert_eq!(service("configuration 'service a: b' in force"), None);
        assert_eq!(service("service that: is no name of one"), Some("that"));
        assert_eq!(service("service that is none: x"), None);
    }
}
