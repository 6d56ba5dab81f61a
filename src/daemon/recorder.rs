//! The recorder: a record of every call of the program, for `haproxy-rhi replay`. Where a record is wanted, a thread writes it, so that
//! no disk holds up the loop; what cannot be written is left out, and the record begins anew after the hole.
//!
//! Two files at most: the one that is named, and the one before it, with `.1` after its name.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use log::warn;

use super::settings::Settings;
use crate::files;
use crate::mailbox::{Mailbox, Reader, mailbox};
use crate::means::Means;
use crate::observation::{Cause, Look};
use crate::program::{Input, Output, Program};
use crate::record::{BEGINS, Scribe, earlier};
use crate::report::moment::Moment;
use crate::route::RouteKey;

/// Not readable for everybody: a configuration may have secrets in the arguments of commands.
const MODE: u32 = 0o640;
/// What a day of the busiest NVAs takes is less than one file.
const BOUNDS: Bounds = Bounds {
    size: 128 << 20,
    waiting: 16 << 20,
    retry: Duration::from_secs(60),
};
/// Bytes of lines that make a write before their time.
const GATHERED: usize = 64 << 10;
/// The longest time that a line waits for its write.
const SOON: Duration = Duration::from_secs(1);
/// How long the file of another process, which leaves, is waited for.
const OTHERS: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);
/// On leaving: how long the last lines may take.
pub(super) const LAST_LINES: Duration = Duration::from_millis(200);

/// Bounds of the record.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Bytes of a file, beyond which there is another one: a second's lines may go beyond.
    size: u64,
    /// Bytes that wait for the disk.
    waiting: usize,
    /// Between two tries to write it.
    retry: Duration,
}

/// The loop's side of it.
#[derive(Debug)]
pub(super) struct Recorder {
    path: PathBuf,
    means: Means,
    scribe: Scribe,
    /// What an earlier process left, before the first call.
    inherited: Option<Vec<RouteKey>>,
    lines: String,
    since: Option<Instant>,
    /// This call is recorded.
    writes: bool,
    letters: Mailbox<Letter>,
    state: Arc<State>,
    bounds: Bounds,
}

/// What both sides know.
#[derive(Debug)]
struct State {
    /// Bytes that wait.
    waiting: AtomicUsize,
    /// A head must come next: at the beginning, in another file, or after a hole.
    wants_head: AtomicBool,
}

#[derive(Debug)]
enum Letter {
    Head(String),
    Lines(String),
    /// The end, and who waits for it.
    Last(SyncSender<()>),
}

impl Recorder {
    /// Starts the thread. `started`: when the process did; `inherited`: before the first call, what an earlier one left.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(
        path: PathBuf,
        started: Instant,
        inherited: Option<Vec<RouteKey>>,
    ) -> io::Result<Self> {
        Self::within(BOUNDS, path, started, inherited)
    }

    fn within(
        bounds: Bounds,
        path: PathBuf,
        started: Instant,
        inherited: Option<Vec<RouteKey>>,
    ) -> io::Result<Self> {
        let state = Arc::new(State {
            waiting: AtomicUsize::new(0),
            wants_head: AtomicBool::new(true),
        });
        let means = Means::new(path.display());
        let (letters, reader) = mailbox(usize::MAX);
        let mut disk = Disk {
            path: path.clone(),
            bounds,
            means: means.clone(),
            state: Arc::clone(&state),
            file: None,
            failed: None,
        };
        thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || disk.write_all(&reader))?;
        Ok(Self {
            path,
            means,
            scribe: Scribe::new(started, format!("{} {}", std::process::id(), Moment::now())),
            inherited,
            lines: String::new(),
            since: None,
            writes: false,
            letters,
            state,
            bounds,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Each write is a use.
    pub fn means(&self) -> &Means {
        &self.means
    }

    /// The program is about to be called.
    pub fn called(
        &mut self,
        program: &Program,
        settings: &Settings,
        inputs: &[Input],
        now: Instant,
    ) {
        self.writes = true;
        if self.state.wants_head.load(Relaxed) {
            self.writes = self.state.waiting.load(Relaxed) < self.bounds.waiting / 2;
            if self.writes {
                self.state.wants_head.store(false, Relaxed);
                self.begin(program, settings, now);
            }
        }
        if self.writes {
            self.scribe.called(inputs, settings.text(), now);
        }
    }

    /// The call of the program returned these outputs.
    pub fn ended(&mut self, outputs: &[Output], now: Instant) {
        if !self.writes {
            return;
        }
        let (line, is_urgent) = self.scribe.ended(outputs);
        self.lines.push_str(&line);
        let since = *self.since.get_or_insert(now);
        if is_urgent || self.lines.len() >= GATHERED || now >= since + SOON {
            self.hand_over();
        }
    }

    fn begin(&mut self, program: &Program, settings: &Settings, now: Instant) {
        self.hand_over();
        let (routes, inputs) = match self.inherited.take() {
            Some(routes) => (routes, Vec::new()),
            None => in_force(program, settings),
        };
        let wall = Moment::now().to_string();
        let head = self
            .scribe
            .head(routes, &inputs, settings.text(), (now, wall));
        self.put(head.len(), Letter::Head(head));
    }

    fn hand_over(&mut self) {
        self.since = None;
        let lines = std::mem::take(&mut self.lines);
        if lines.is_empty() {
            return;
        }
        if self.state.waiting.load(Relaxed) > self.bounds.waiting {
            // A slow disk: there is a hole.
            return self.state.wants_head.store(true, Relaxed);
        }
        self.put(lines.len(), Letter::Lines(lines));
    }

    fn put(&self, length: usize, letter: Letter) {
        self.state.waiting.fetch_add(length, Relaxed);
        self.letters.put(letter);
    }

    /// The end: waits for the disk, but no longer than `patience`.
    pub fn finish(mut self, patience: Duration) {
        self.hand_over();
        let (done, waiting) = mpsc::sync_channel(1);
        self.put(0, Letter::Last(done));
        let _ = waiting.recv_timeout(patience);
    }
}

/// What a replay begins with in the middle of a process: its routes, and the inputs that lead to its state.
fn in_force(program: &Program, settings: &Settings) -> (Vec<RouteKey>, Vec<Input>) {
    let view = program.view();
    let config = settings.config().cloned().map(Box::new);
    let orders = Input::Orders(view.drains.orders().clone());
    let seen = view.seen.into_iter();
    let seen = seen.flat_map(|seen| {
        let look = seen.haproxy.as_ref().map(|reading| {
            let look = Look {
                at: reading.at,
                cause: Cause::Poll,
                haproxy: Some(reading.what.clone()),
                addresses: seen.addresses.clone(),
            };
            Input::Looked(0, look)
        });
        let found = seen.probes.iter();
        let found = found.map(|(probe, found)| Input::Probed(0, probe.clone(), found.clone()));
        look.into_iter().chain(found)
    });
    let config = config.map(Input::Configuration).into_iter();
    let inputs = config.chain([orders]).chain(seen).collect();
    (view.desired.keys().cloned().collect(), inputs)
}

/// The thread's side.
struct Disk {
    path: PathBuf,
    bounds: Bounds,
    means: Means,
    state: Arc<State>,
    /// With its length.
    file: Option<(File, u64)>,
    /// When it could not be written last.
    failed: Option<Instant>,
}

impl Disk {
    fn write_all(&mut self, letters: &Reader<Letter>) {
        while let Some(letter) = letters.take() {
            let (length, written) = match letter {
                Letter::Head(head) => (head.len(), self.begin(&head)),
                Letter::Lines(lines) => (lines.len(), self.write(&lines)),
                Letter::Last(waiting) => {
                    let _ = waiting.try_send(());
                    return;
                }
            };
            self.state.waiting.fetch_sub(length, Relaxed);
            written.unwrap_or_else(|error| self.fails(&error));
        }
    }

    /// Writes a head: on a line of its own, and into another file where this one is full.
    fn begin(&mut self, head: &str) -> io::Result<()> {
        self.file = None;
        let (mut file, mut length) = self.open()?;
        if length > 0 && length + head.len() as u64 > self.bounds.size {
            files::rename(&self.path, &earlier(&self.path))?;
            (file, length) = self.open()?;
        }
        if length > 0 {
            file.write_all(b"\n")?;
        }
        self.file = Some((file, length));
        self.write(head)
    }

    fn open(&self) -> io::Result<(File, u64)> {
        let begun = Instant::now();
        loop {
            match files::append(&self.path, MODE, BEGINS) {
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                Err(_) if begun.elapsed() >= OTHERS => {
                    return Err(io::Error::other("another process writes to it"));
                }
                Err(_) => thread::sleep(PAUSE),
                opened => return opened,
            }
        }
    }

    fn write(&mut self, lines: &str) -> io::Result<()> {
        let Some((file, length)) = &mut self.file else {
            if self
                .failed
                .is_some_and(|at| at.elapsed() >= self.bounds.retry)
            {
                self.state.wants_head.store(true, Relaxed);
            }
            return Ok(());
        };
        file.write_all(lines.as_bytes())?;
        *length += lines.len() as u64;
        if *length >= self.bounds.size {
            self.state.wants_head.store(true, Relaxed);
        }
        self.failed = None;
        self.means.used();
        Ok(())
    }

    fn fails(&mut self, error: &io::Error) {
        self.file = None;
        self.means.failed(files::reason(error));
        if self.failed.replace(Instant::now()).is_none() {
            warn!(
                "failed to write the record '{}' ({error}); what happens now cannot be replayed; trying again each minute",
                self.path.display()
            );
        }
    }
}

#[cfg(test)]
mod tests;
