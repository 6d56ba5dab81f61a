//! The edges around [`Program`]: the clock, the signals, the files and one channel. Nothing here decides.
//! In come what threads report, signals, and an edited configuration, each as an [`Input`].
//! Out goes what the program orders: lines for ExaBGP, looks, variables, the ledger, the log, reports.

mod edges;
mod event;
mod fault;
mod ledger;
mod page;
mod recorder;
mod reports;
mod settings;
mod signals;
mod task;
mod tell;
mod watchdog;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use log::{error, warn};
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGTERM, SIGUSR2};

use crate::announce::{self, PipeEvent, Writer};
use crate::observe::{self, Sight};
use crate::program::{Input, Output, Program, Reason};
use crate::route::RouteKey;

use edges::{Edges, Outlet};
use event::{Event, to};
use ledger::Ledger;
use recorder::Recorder;
pub use reports::Files;
use reports::Reports;
pub use settings::Settings;
pub use task::RunTask;
use watchdog::Watchdog;

/// The most events that wait for the loop. Beyond, the threads that report have to wait, and the loop never does.
const WAITING_EVENTS: usize = 1024;
/// The most events that are taken before the next decision, so that no flood holds one up.
const EVENTS_A_TICK: usize = 64;

/// The running process.
#[derive(Debug)]
struct Daemon {
    settings: Settings,
    events: Receiver<Box<Event>>,
    program: Program,
    edges: Edges,
    reports: Option<Reports>,
    watchdog: Watchdog,
    /// The routes that an earlier process left, until the first call of the program.
    inherited: Option<BTreeSet<RouteKey>>,
}

/// Runs until ExaBGP is gone or a signal says to leave.
///
/// # Errors
/// The system gives no threads or no pipes at the start.
pub fn run(settings: Settings, drains: PathBuf, files: Files, dry_run: bool) -> io::Result<()> {
    // ExaBGP's umask of 0137 makes folders that nobody can enter.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let (sender, events) = mpsc::sync_channel(WAITING_EVENTS);
    let now = Instant::now();
    signals::catch(sender.clone())?;
    let (mut inherited, mut ledger, mut outlet) = (BTreeSet::new(), None, Outlet::Terminal);
    if !dry_run {
        announce::drain_stdin(to(&sender, Event::Pipe))?;
        outlet = Outlet::ExaBgp(Writer::start(to(&sender, Event::Pipe))?);
        if let Some(file) = settings.file() {
            let (opened, left) = Ledger::open(
                file,
                to(&sender, |number| {
                    Event::Input(Box::new(Input::Kept(number)))
                }),
            )?;
            (inherited, ledger) = (left, Some(opened));
        }
    }
    let left = Some(inherited.clone());
    let program = if dry_run {
        Program::without_exabgp(now)
    } else {
        Program::new(inherited, now)
    };
    let reports = (!dry_run).then(|| Reports::start(files, &settings, now));
    let edges = Edges::start(sender.clone(), outlet, ledger)?;
    let watchdog = Watchdog::start()?;
    let mut daemon = Daemon {
        settings,
        events,
        program,
        edges,
        reports,
        watchdog,
        inherited: left,
    };
    daemon.start(&drains, now);
    observe::watch_orders(
        drains,
        to(&sender, |orders| {
            Event::Input(Box::new(Input::Orders(orders)))
        }),
    )?;
    daemon.serve();
    Ok(())
}

impl Daemon {
    /// Configuration and drains, before anything is announced.
    fn start(&mut self, drains: &std::path::Path, now: Instant) {
        let mut inputs: Vec<Input> = self
            .settings
            .config()
            .cloned()
            .map(Box::new)
            .map(Input::Configuration)
            .into_iter()
            .collect();
        self.configured();
        match observe::read_orders(drains) {
            Ok(orders) => inputs.push(Input::Orders(orders)),
            Err(error) => warn!(
                "failed to read the drains in '{}' ({error}), starting without them; trying again",
                drains.display()
            ),
        }
        self.take(inputs, now);
        self.inherited = None;
    }

    fn serve(&mut self) {
        while !self.edges.left() {
            let (inputs, now) = match self.wait() {
                Some(waited) => waited,
                None => return,
            };
            self.take(inputs, now);
        }
    }

    /// Waits for an event, or for the next deadline. Absent: no thread can report any more.
    fn wait(&mut self) -> Option<(Vec<Input>, Instant)> {
        let now = Instant::now();
        let wait = self.deadline(now).saturating_duration_since(now);
        self.watchdog.rests();
        let first = self.events.recv_timeout(wait);
        self.watchdog.turns();
        let first = match first {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return None,
        };
        let now = Instant::now();
        let others = self.events.try_iter().take(EVENTS_A_TICK - 1);
        let events: Vec<Box<Event>> = first.into_iter().chain(others).collect();
        let mut inputs: Vec<Input> = events
            .into_iter()
            .filter_map(|event| self.input(*event))
            .collect();
        let fault = self.settings.fault().map(str::to_owned);
        if self.settings.reload(now) {
            inputs.extend(
                self.settings
                    .config()
                    .cloned()
                    .map(Box::new)
                    .map(Input::Configuration),
            );
            self.configured();
        }
        if self.settings.fault() != fault.as_deref() {
            self.stir();
        }
        Some((inputs, now))
    }

    /// The input that an event is for the program; absent: none.
    fn input(&mut self, event: Event) -> Option<Input> {
        self.reports
            .iter_mut()
            .for_each(|reports| reports.stirred(&event));
        Some(match event {
            Event::Sight(number, Sight::Looked(look)) => Input::Looked(number, look),
            Event::Sight(number, Sight::Probed(probe, reading)) => {
                Input::Probed(number, probe, reading)
            }
            Event::Pipe(PipeEvent::Heard(message)) => Input::Heard(message),
            Event::Pipe(PipeEvent::Written(result)) => return self.edges.written(result),
            Event::Pipe(PipeEvent::Closed) => {
                Input::Leave(Reason::Gone("ExaBGP closed its end of the pipe".to_owned()))
            }
            Event::Signal(SIGTERM | SIGINT) => Input::Leave(Reason::Told),
            Event::Signal(SIGHUP) => {
                self.settings.look_again();
                return None;
            }
            Event::Signal(SIGUSR2) => {
                fault::on_signal();
                return None;
            }
            Event::Signal(_) => return None,
            Event::Input(input) => *input,
        })
    }

    /// Calls the program and carries out its outputs, until that leads to no further inputs.
    fn take(&mut self, mut inputs: Vec<Input>, now: Instant) {
        loop {
            if let Some(recorder) = &mut self.edges.recorder {
                recorder.called(&self.program, &self.settings, &inputs, now);
            }
            let outputs = self.program.take(std::mem::take(&mut inputs), now);
            if let Some(recorder) = &mut self.edges.recorder {
                recorder.ended(&outputs, now);
            }
            for output in outputs {
                self.carry_out(output, &mut inputs, now);
            }
            if inputs.is_empty() || self.edges.left() {
                break;
            }
        }
        if self.program.quiet().is_none_or(|until| now >= until) {
            self.tell_all(now);
        }
    }

    fn carry_out(&mut self, output: Output, inputs: &mut Vec<Input>, now: Instant) {
        match output {
            Output::Judged => self.tell_judged(now),
            Output::Changed(service, change) => self.tell_change(&service, &change, now),
            Output::Stage(service, before) => self.tell_stage(&service, before, now),
            Output::Exit(reason) => self.leave(&reason, now),
            other => {
                if matches!(other, Output::Say(..) | Output::Note(_)) {
                    self.stir();
                }
                self.edges.carry_out(other, inputs);
            }
        }
    }

    fn stir(&mut self) {
        self.reports.iter_mut().for_each(Reports::stir);
    }

    fn deadline(&self, now: Instant) -> Instant {
        let program = self.program.deadline();
        let reports = self.reports.as_ref().and_then(Reports::deadline);
        let reports = reports.map(|at| self.program.quiet().map_or(at, |quiet| at.max(quiet)));
        program
            .into_iter()
            .chain(reports)
            .fold(self.settings.deadline(now), Instant::min)
    }

    /// Applies what the program does not need of a configuration: events, reports and the record.
    fn configured(&mut self) {
        let Some(config) = self.settings.config() else {
            return;
        };
        self.reports
            .iter_mut()
            .for_each(|reports| reports.apply(config));
        self.edges.listen(config.haproxy.events.as_ref());
        let wanted = config.record.clone().filter(|_| self.reports.is_some());
        self.record(wanted);
    }

    /// Records to this file only; absent: nowhere.
    fn record(&mut self, wanted: Option<PathBuf>) {
        let recorder = &mut self.edges.recorder;
        if recorder.as_ref().map(Recorder::path) == wanted.as_deref() {
            return;
        }
        let before = recorder.take().into_iter();
        before.for_each(|recorder| recorder.finish(Duration::ZERO));
        let inherited = self.inherited.as_ref();
        let inherited = inherited.map(|routes| routes.iter().cloned().collect());
        let started = self.program.view().started;
        let begun = wanted.map(|path| Recorder::start(path, started, inherited));
        *recorder = begun.and_then(|begun| {
            begun.map_err(|error| error!("cannot start a thread to write the record ({error}); it is missing until a restart")).ok()
        });
    }
}
