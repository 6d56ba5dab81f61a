//! Two more listeners for HAProxy's messages: when HAProxy said what, and when its message is at a socket.
//!
//! HAProxy composes a message for each `log` line of its configuration anew, in their order, with the time of that
//! moment. The stamp is the first line's, which nobody waits for: no thread that it wakes takes HAProxy's CPU before
//! haproxy-rhi's message is sent. The arrival is the last line's.

use std::fs::{Permissions, set_permissions};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use anyhow::{Context, Result};
use haproxy_rhi_lab::{LogLine, Nva};

/// HAProxy's chroot.
const CHROOT: &str = "/var/lib/haproxy";
/// Inside of it: the socket of the first `log` line, and that of the last.
const FIRST: &str = "/dev/latency-first";
const LAST: &str = "/dev/latency-last";

/// A message of HAProxy's.
#[derive(Debug, Clone)]
pub struct Word {
    /// HAProxy's own stamp: the time at which it composed the message.
    pub stamped: SystemTime,
    /// When the message arrived here, by way of the last `log` line.
    pub arrived: SystemTime,
    /// Without the stamp.
    pub text: String,
}

/// The configuration with a `log` line before those that it has, and one after them.
pub fn added_to(config: &str) -> Result<String> {
    let mut lines: Vec<String> = config.lines().map(str::to_owned).collect();
    let is_section = |line: &&String| line.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let global = lines
        .iter()
        .position(|line| line.trim() == "global")
        .context("no 'global' section")?;
    let length = lines
        .iter()
        .skip(global + 1)
        .take_while(|line| !is_section(line))
        .count();
    let is_log = |index: &usize| {
        lines
            .get(*index)
            .is_some_and(|line| line.trim().starts_with("log "))
    };
    let mut section = global..=global + length;
    let first = section.find(is_log).context("no 'log' line in 'global'")?;
    let last = section.rfind(is_log).unwrap_or(first);
    let line = |socket: &str| format!("    log {socket} format timed local0 notice");
    lines.insert(last + 1, line(LAST));
    lines.insert(first, line(FIRST));
    Ok(lines.join("\n") + "\n")
}

/// Listens until it is dropped.
pub struct Tap {
    socket: UnixDatagram,
    words: Arc<Mutex<Vec<Word>>>,
    reader: Option<JoinHandle<()>>,
}

impl Tap {
    /// On an NVA whose HAProxy has the configuration.
    pub fn open(nva: &Nva) -> Result<Self> {
        let bind = |socket: &str| bind(&nva.path(&format!("{CHROOT}{socket}")));
        let (first, last) = (bind(FIRST)?, bind(LAST)?);
        first.set_nonblocking(true)?;
        let words = Arc::default();
        let (receiver, sink) = (last.try_clone()?, Arc::clone(&words));
        let reader = thread::spawn(move || read(&first, &receiver, &sink));
        Ok(Self {
            socket: last,
            words,
            reader: Some(reader),
        })
    }

    /// What HAProxy has said so far.
    pub fn words(&self) -> Vec<Word> {
        self.words
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn bind(path: &Path) -> Result<UnixDatagram> {
    let open = || {
        let socket = UnixDatagram::bind(path)?;
        set_permissions(path, Permissions::from_mode(0o666)).map(|()| socket)
    };
    open().with_context(|| format!("failed to listen at '{}'", path.display()))
}

impl Drop for Tap {
    fn drop(&mut self) {
        if self.socket.shutdown(Shutdown::Both).is_ok()
            && let Some(reader) = self.reader.take()
        {
            let _ = reader.join();
        }
    }
}

fn read(first: &UnixDatagram, last: &UnixDatagram, words: &Mutex<Vec<Word>>) {
    let mut buffer = vec![0; 65536];
    let mut earlier: Vec<LogLine> = Vec::new();
    while let Ok(length) = last.recv(&mut buffer) {
        let arrived = SystemTime::now();
        // Nothing is what a closed socket gives.
        let Some(message) = buffer.get(..length).filter(|message| !message.is_empty()) else {
            return;
        };
        let Some(mut line) = stamped(message) else {
            continue;
        };
        while let Ok(length) = first.recv(&mut buffer) {
            earlier.extend(buffer.get(..length).and_then(stamped));
        }
        if let Some(same) = earlier.iter().position(|earlier| earlier.text == line.text) {
            line = earlier.swap_remove(same);
        }
        let word = Word {
            stamped: line.at,
            arrived,
            text: line.text,
        };
        words
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(word);
    }
}

/// `<129>2026-11-22T06:35:12.123456+00:00 Server http_back/backend01 is DOWN, …`
fn stamped(message: &[u8]) -> Option<LogLine> {
    let message = String::from_utf8_lossy(message);
    let (_, text) = message.split_once('>')?;
    let line = LogLine {
        at: SystemTime::UNIX_EPOCH,
        text: text.trim_end().to_owned(),
    };
    let (_, text) = line.text.split_once(' ')?;
    Some(LogLine {
        at: line.own_stamp()?,
        text: text.to_owned(),
    })
}
