//! The loop: the clock, the signals, one channel, and `tick`. Nothing else reads the time to decide.

mod apply;
mod drains;
mod leave;
mod ledger;
mod reports;
mod settings;
mod signals;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use log::{log, warn};
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGTERM};

use crate::announce::{self, Command, Dialogue, Message, PipeEvent, Writer};
use crate::change::Change;
use crate::decide::{self, Desired};
use crate::drain::Orders;
use crate::judge::Judge;
use crate::observe::{self, Listener, Looker, Sight, Watch};
use crate::report;

use drains::Drains;
use ledger::Ledger;
pub use ledger::{FOLDER as RUN_TIME_FOLDER, file_name_of};
pub use reports::Files;
use reports::Reports;
pub use settings::Settings;

/// Events that may wait: readers of pipes and sockets are held up beyond, decisions never are.
const WAITING_EVENTS: usize = 1024;
/// Events that are taken before the next decision: no flood of them holds one up.
const EVENTS_A_TICK: u32 = 64;
/// After a command: what is not urgent waits, so that ExaBGP's UPDATE does not. Never for longer, however many follow.
const QUIET: Duration = Duration::from_millis(3);

/// Without any configuration that can be used, what an earlier process announced is watched by nobody: it is
/// withdrawn after this time.
const WITHOUT_SETTINGS: Duration = Duration::from_secs(10);

/// What can happen.
#[derive(Debug)]
enum Event {
    /// Of the watch with this number: one that was replaced may still report.
    Sight(u32, Sight),
    Pipe(PipeEvent),
    Signal(i32),
    /// Operators declare other drains.
    Orders(Orders),
    /// What HAProxy said to the drains' variables.
    Switched(Result<(), String>),
}

/// Where commands go.
#[derive(Debug)]
enum Outlet {
    /// To ExaBGP, at stdout.
    ExaBgp(Writer),
    /// To a person who looks on: each command is taken as done.
    Terminal,
}

/// The running process.
#[derive(Debug)]
struct Daemon {
    settings: Settings,
    events: Receiver<Event>,
    sender: SyncSender<Event>,
    watch: Option<Watch>,
    watches: u32,
    listener: Option<Listener>,
    /// Whoever looks when HAProxy logs something: the watch's, also after the watch was replaced.
    looker: Arc<Mutex<Option<Arc<Looker>>>>,
    judge: Judge,
    drains: Drains,
    dialogue: Dialogue,
    ledger: Option<Ledger>,
    reports: Option<Reports>,
    outlet: Outlet,
    /// Until then ExaBGP has the processor to itself.
    quiet: Option<Instant>,
    started: Instant,
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
    let (mut dialogue, mut ledger) = (Dialogue::without_exabgp(now), None);
    let mut outlet = Outlet::Terminal;
    if !dry_run {
        announce::drain_stdin(to(&sender, Event::Pipe))?;
        dialogue = Dialogue::new(now);
        outlet = Outlet::ExaBgp(Writer::start(to(&sender, Event::Pipe))?);
        if let Some(file) = settings.file() {
            let (opened, inherited) = Ledger::open(file)?;
            dialogue.inherit(inherited);
            ledger = Some(opened);
        }
    }
    let reports = (!dry_run).then(|| Reports::start(files, &settings, now));
    let mut daemon = Daemon {
        settings,
        events,
        sender,
        watch: None,
        watches: 0,
        listener: None,
        looker: Arc::default(),
        judge: Judge::default(),
        drains: Drains::default(),
        dialogue,
        ledger,
        reports,
        outlet,
        quiet: None,
        started: now,
    };
    daemon.apply_settings(now);
    // Before anything is announced.
    match observe::read_orders(&drains) {
        Ok(orders) => daemon.drains.take(orders, daemon.settings.config()),
        Err(error) => warn!("failed to read the drains in '{}' ({error})", drains.display()),
    }
    observe::watch_orders(drains, to(&daemon.sender, Event::Orders))?;
    daemon.serve()
}

fn gone(error: &io::Error) -> String {
    format!("ExaBGP takes no more commands ({error})")
}

/// A reporter that turns what a thread sends into events.
fn to<T>(
    sender: &SyncSender<Event>,
    event: impl Fn(T) -> Event + Send + Sync + Clone + 'static,
) -> impl Fn(T) + Send + Sync + Clone + 'static {
    let sender = sender.clone();
    // The loop has ended when nobody receives: then nobody needs to know.
    move |what| drop(sender.send(event(what)))
}

impl Daemon {
    fn serve(&mut self) -> io::Result<()> {
        loop {
            let now = Instant::now();
            let wait = self.deadline(now).saturating_duration_since(now);
            let mut next = match self.events.recv_timeout(wait) {
                Ok(event) => Some(event),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            let now = Instant::now();
            let (mut looked, mut taken) = (false, 0);
            while let Some(event) = next {
                match self.take(event, now) {
                    Taken::Nothing => {}
                    Taken::Look => looked = true,
                    Taken::Leave(reason) => return self.leave(reason),
                }
                taken += 1;
                next = if taken < EVENTS_A_TICK { self.events.try_recv().ok() } else { None };
            }
            if let Err(error) = self.tick(looked, now) {
                return self.leave(gone(&error));
            }
        }
    }

    /// Observe, judge, decide, reconcile.
    fn tick(&mut self, looked: bool, now: Instant) -> io::Result<()> {
        let looked = self.observe(now) || looked;
        let changes = if looked { self.judge(now) } else { Vec::new() };
        self.drain(now);
        let desired = self.decide(now);
        let reconciled = if self.may_reconcile(now) { self.reconcile(&desired, now) } else { Ok(()) };
        // After the command: nobody waits for the words.
        self.tell(&changes, now);
        if let Some(ledger) = &mut self.ledger {
            ledger.keep(desired.keys().chain(self.dialogue.rib().keys()));
        }
        self.account(looked, now);
        if self.quiet.is_none_or(|until| now >= until) {
            self.quiet = None;
            self.report(&desired, now);
            self.schedule(now);
        }
        reconciled
    }

    fn take(&mut self, event: Event, now: Instant) -> Taken {
        self.reports.iter_mut().for_each(|reports| reports.stirred(&event));
        match event {
            Event::Sight(number, sight) => match &mut self.watch {
                Some(watch) if number == self.watches => {
                    if watch.take(sight) {
                        Taken::Look
                    } else {
                        Taken::Nothing
                    }
                }
                _ => Taken::Nothing,
            },
            Event::Pipe(PipeEvent::Heard(message)) => {
                self.dialogue.heard(message, now);
                Taken::Nothing
            }
            Event::Pipe(PipeEvent::Written(Ok(()))) => {
                if let Outlet::ExaBgp(writer) = &mut self.outlet {
                    writer.written();
                }
                Taken::Nothing
            }
            Event::Pipe(PipeEvent::Written(Err(error))) => Taken::Leave(gone(&error)),
            Event::Pipe(PipeEvent::Closed) => Taken::Leave("ExaBGP closed its end of the pipe".to_owned()),
            Event::Signal(SIGTERM | SIGINT) => Taken::Leave(String::new()),
            Event::Signal(SIGHUP) => {
                self.settings.look_again();
                Taken::Nothing
            }
            Event::Signal(_) => Taken::Nothing,
            Event::Orders(orders) => {
                self.drains.take(orders, self.settings.config());
                Taken::Nothing
            }
            Event::Switched(result) => {
                self.drains.switched(result, now);
                Taken::Nothing
            }
        }
    }

    /// Looks whether the configuration changed, and whether a look hangs.
    fn observe(&mut self, now: Instant) -> bool {
        if self.settings.reload(now) {
            self.apply_settings(now);
        }
        self.watch.as_mut().is_some_and(|watch| watch.hangs(now))
    }

    /// Orders the looks that are due.
    fn schedule(&mut self, now: Instant) {
        let (pending, asking) = (self.judge.is_pending(), self.judge.is_asking());
        if let Some(watch) = &mut self.watch {
            watch.schedule(pending, asking, now);
        }
    }

    /// What changed, by the services' places in the configuration.
    fn judge(&mut self, now: Instant) -> Vec<(usize, Change)> {
        let (Some(config), Some(watch)) = (self.settings.config(), &self.watch) else { return Vec::new() };
        let services = config.services.iter().enumerate();
        services
            .filter_map(|(place, service)| Some((place, self.judge.judge(service, watch.seen(), now)?)))
            .collect()
    }

    /// Logs what changed, and tells the hooks.
    fn tell(&mut self, changes: &[(usize, Change)], now: Instant) {
        let Some(config) = self.settings.config() else { return };
        for (place, change) in changes {
            let Some(service) = config.services.get(*place) else { continue };
            let Some(health) = self.judge.health(&service.name) else { continue };
            let (level, line) = report::change(service, health, self.drains.stage(&service.name), change);
            log!(level, "{line}");
            self.reports.iter_mut().for_each(|reports| reports.changed(service, health, change, now));
        }
    }

    /// Goes on with what operators wish.
    fn drain(&mut self, now: Instant) {
        let (Some(config), Some(watch)) = (self.settings.config(), &self.watch) else { return };
        self.drains.proceed(config, &self.judge, watch.process(), now);
    }

    fn decide(&self, now: Instant) -> Desired {
        let Some(config) = self.settings.config() else { return Desired::new() };
        decide::decide(config, &self.judge, self.drains.orders(), now)
    }

    /// There is a configuration, or there has been none for long.
    fn may_reconcile(&self, now: Instant) -> bool {
        self.settings.config().is_some() || now >= self.started + WITHOUT_SETTINGS
    }

    fn reconcile(&mut self, desired: &Desired, now: Instant) -> io::Result<()> {
        match &mut self.outlet {
            Outlet::ExaBgp(writer) if writer.is_idle() => {
                let commands = self.dialogue.next(desired, now);
                if !commands.is_empty() {
                    self.quiet = self.quiet.or(Some(now + QUIET));
                }
                return writer.write(&commands);
            }
            Outlet::ExaBgp(_) => {}
            Outlet::Terminal => loop {
                let commands = self.dialogue.next(desired, now);
                if commands.is_empty() {
                    break;
                }
                for command in commands {
                    show(&command);
                    self.dialogue.heard(Message::Done, now);
                }
            },
        }
        Ok(())
    }

    fn deadline(&self, now: Instant) -> Instant {
        let watch = self.watch.as_ref().map(|watch| watch.deadline(self.judge.is_pending()));
        let dialogue = match &self.outlet {
            Outlet::ExaBgp(writer) if !writer.is_idle() => None,
            _ if !self.may_reconcile(now) => Some(self.started + WITHOUT_SETTINGS),
            _ => self.dialogue.deadline(now),
        };
        let drains = self.settings.config().and_then(|config| self.drains.deadline(config, now));
        let reports = self.reports.as_ref().and_then(Reports::deadline);
        let all = watch.into_iter().chain(dialogue).chain(drains).chain(reports);
        let next = all.fold(self.settings.deadline(now), Instant::min);
        self.quiet.unwrap_or(next)
    }
}

/// What an event asks for.
enum Taken {
    Nothing,
    Look,
    Leave(String),
}

/// A dry run's line.
fn show(command: &Command) {
    // A closed terminal is told by its signal.
    let _ = writeln!(io::stdout(), "{command}");
}
