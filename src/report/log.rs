//! The log at stderr. A thread writes it: a journal that does not read must not hold up the loop.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use env_logger::Target;
use log::{Level, LevelFilter};

/// Lines that may wait for a reader; what comes beyond is counted, and lost.
const WAITING: usize = 1024;
/// On leaving: how long the last lines may take.
const LAST_LINES: Duration = Duration::from_millis(200);

/// Lines that were lost since the last that was written.
static LOST: AtomicU64 = AtomicU64::new(0);
/// The way to the thread.
static LINES: OnceLock<SyncSender<Line>> = OnceLock::new();

enum Line {
    Text(Vec<u8>),
    /// Everything before it is written.
    Mark(SyncSender<()>),
}

/// Logs to stderr: for the journal with its priorities (sd-daemon(3)), otherwise with the time.
pub fn log_to_stderr() {
    let journal = is_journal(io::stderr());
    let mut builder = env_logger::Builder::new();
    builder
        .filter_level(LevelFilter::Error)
        .filter_module("haproxy_rhi", LevelFilter::Info)
        .parse_default_env();
    builder.format(move |out, record| {
        if journal {
            let priority = match record.level() {
                Level::Error => 3,
                Level::Warn => 4,
                Level::Info => 6,
                Level::Debug | Level::Trace => 7,
            };
            return writeln!(out, "<{priority}>{}: {}", program(record.target()), record.args());
        }
        let word = match record.level() {
            Level::Error => "error: ",
            Level::Warn => "warning: ",
            Level::Info => "",
            Level::Debug | Level::Trace => "debug: ",
        };
        let (time, program) = (out.timestamp_millis(), program(record.target()));
        writeln!(out, "{time} {program}: {word}{}", record.args())
    });
    let (sender, lines) = mpsc::sync_channel(WAITING);
    let started = thread::Builder::new().name("log".to_owned()).spawn(move || write(&lines));
    if started.is_ok() && LINES.set(sender).is_ok() {
        builder.target(Target::Pipe(Box::new(Queue)));
    }
    // A second call in one process changes nothing.
    let _ = builder.try_init();
}

/// The crate of a line, as its program is called.
fn program(target: &str) -> String {
    target.split("::").next().unwrap_or_default().replace('_', "-")
}

/// This is the journal's end, as systemd.exec(5) has it told: its device and inode are in the environment. ExaBGP hands
/// both on as they are, so that a line's beginning is the journal's too.
fn is_journal(stream: impl AsFd) -> bool {
    let Ok(data) = rustix::fs::fstat(stream) else { return false };
    std::env::var("JOURNAL_STREAM").is_ok_and(|told| told == format!("{}:{}", data.st_dev, data.st_ino))
}

/// Waits until the lines so far are written, but not for long.
pub fn flush_log() {
    let (mark, written) = mpsc::sync_channel(1);
    if let Some(lines) = LINES.get()
        && lines.try_send(Line::Mark(mark)).is_ok()
    {
        let _ = written.recv_timeout(LAST_LINES);
    }
}

/// The end of the queue at which `env_logger` writes: one call a line.
struct Queue;

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let sent = LINES.get().is_some_and(|lines| lines.try_send(Line::Text(line.to_vec())).is_ok());
        if !sent {
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
            }
            Line::Mark(mark) => drop(mark.try_send(())),
        }
        match LOST.swap(0, Ordering::Relaxed) {
            0 => {}
            lost => drop(writeln!(
                io::stderr(),
                "haproxy-rhi: {lost} line(s) of the log were lost: nobody read them"
            )),
        }
    }
}
