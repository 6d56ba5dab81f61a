//! What the running process tells of itself: the status file, the metrics, the hooks. The loop calls; nothing here
//! decides or waits.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use log::error;

use super::edges::Edges;
use super::event::Event;
use super::page::Page;
use super::settings::Settings;
use crate::change::Change;
use crate::config::{Config, Haproxy, Service};
use crate::exabgp::Command;
use crate::health::Health;
use crate::hook::Hooks;
use crate::means::Means;
use crate::observation::Cause;
use crate::observe::Sight;
use crate::program::{Input, Reason, View};
use crate::report::histogram::Histogram;
use crate::report::history::History;
use crate::report::metrics::metrics;
use crate::report::moment::{Clock, Moment};
use crate::report::status::{self, Configuration, FORMAT, Facts, Id, Left, Report, Status};
use crate::report::{File, Keeper};

/// Where nothing changes, the files are written this often.
const BEAT: Duration = Duration::from_secs(10);
/// The shortest time between two reports.
const PACE: Duration = Duration::from_millis(100);
/// After news a further report follows, with what other threads have done since.
const AFTER: Duration = Duration::from_secs(1);
/// Reports take at most one part in so many of the loop's time.
const SHARE: u32 = 50;
/// On leaving, for the last file.
const LAST_FILE: Duration = Duration::from_millis(200);
/// On leaving, for the page in HAProxy.
const LAST_PAGE: Duration = Duration::from_millis(100);

/// Where the command line wants the files.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The status file; absent: beside the ledger.
    pub status: Option<PathBuf>,
    /// The metrics; absent: where the configuration says.
    pub metrics: Option<PathBuf>,
}

/// What is told, and to whom.
#[derive(Debug)]
pub struct Reports {
    name: String,
    id: Id,
    history: History,
    clock: Clock,
    status: Option<Keeper<Arc<Told>>>,
    metrics: Option<Keeper<Arc<Told>>>,
    /// For the page that HAProxy serves.
    page: Option<Page>,
    /// The command line names the metrics' file.
    metrics_are_fixed: bool,
    hooks: Hooks,
    /// What was written last, and when.
    told: Option<(Arc<Told>, Instant)>,
    /// There may be news.
    stirred: bool,
    /// `View::changes` at the last call.
    seen: u64,
    /// When to report again after the last news.
    again: Option<Instant>,
    /// No report before this time.
    next: Instant,
}

/// What the threads write.
#[derive(Debug)]
struct Told {
    report: Arc<Report>,
    looks: Histogram,
    decisions: Histogram,
}

impl Reports {
    /// Starts the threads. Without one of them everything goes on.
    pub fn start(files: Files, settings: &Settings, now: Instant) -> Self {
        let prefixes = settings
            .config()
            .into_iter()
            .flat_map(|config| &config.services);
        let first = prefixes
            .flat_map(|service| &service.prefixes)
            .map(|(prefix, _)| *prefix)
            .next();
        let name = status::name(settings.file(), first);
        let path = files.status.unwrap_or_else(|| status::path(&name));
        let path = Some(path).filter(|path| path != Path::new("/dev/null"));
        let without = "the command status shows this process as it was, or not at all";
        let text = |told: &Arc<Told>, file: &mut File| {
            serde_json::to_writer(&mut *file, &*told.report)?;
            file.write_all(b"\n")
        };
        let mut reports = Self {
            name,
            id: Id::own(),
            history: History::default(),
            clock: Clock::new(now, Moment::now()),
            status: path.and_then(|path| started(Keeper::start(path, without, text))),
            metrics: None,
            page: None,
            metrics_are_fixed: files.metrics.is_some(),
            hooks: Hooks::default(),
            told: None,
            stirred: false,
            seen: 0,
            again: None,
            next: now,
        };
        if let Some(path) = files.metrics {
            reports.measure(path);
        }
        reports
    }

    fn measure(&mut self, path: PathBuf) {
        let name = self.name.clone();
        let text = move |told: &Arc<Told>, file: &mut File| {
            file.write_all(metrics(&name, &told.report, &told.looks, &told.decisions).as_bytes())
        };
        self.metrics = started(Keeper::start(
            path,
            "the metrics are as they were, or missing",
            text,
        ));
        // The new file is written at once.
        self.told = None;
    }

    /// Another configuration is in force.
    pub fn apply(&mut self, config: &Config) {
        self.stirred = true;
        self.hooks.apply(&config.hooks);
        self.history
            .keep_only(|name| config.services.iter().any(|service| service.name == name));
        self.publish(&config.haproxy);
        let now = self.metrics.as_ref().map(Keeper::path);
        if self.metrics_are_fixed || now == config.metrics.as_deref() {
            return;
        }
        // A file that is not written any more would be read for ever.
        self.metrics.take().into_iter().for_each(Keeper::remove);
        if let Some(path) = config.metrics.clone() {
            self.measure(path);
        }
    }

    fn publish(&mut self, haproxy: &Haproxy) {
        let place = Page::wanted(haproxy);
        if self.page.as_ref().map(Page::kept_at) == place.as_ref() {
            return;
        }
        self.page.take().into_iter().for_each(Page::empty);
        self.page = place.and_then(|place| started(Page::start(place)));
        // It is told at once.
        self.told = None;
    }

    /// A service changed.
    pub fn changed(&mut self, service: &Service, health: &Health, change: &Change, now: Instant) {
        self.stirred = true;
        if let Change::Moved { from, to } = change {
            let transition = self
                .history
                .moved(service, health, (*from, *to), self.clock.at(now));
            self.hooks.tell(&transition);
        }
    }

    /// Notes an event, if it may be news. Other changes are reported with the next beat.
    pub(super) fn stirred(&mut self, event: &Event) {
        self.stirred |= match event {
            Event::Sight(_, Sight::Looked(look)) => look.cause != Cause::Poll,
            Event::Sight(..) | Event::Signal(_) => false,
            Event::Pipe(_) => true,
            Event::Input(input) => !matches!(**input, Input::Switched(Ok(()))),
        };
    }

    /// A service's drain came to another stage, in these words.
    pub fn staged(&mut self, service: &Service, health: &Health, line: &str, now: Instant) {
        self.history
            .drained(service, health.standing(), line, self.clock.at(now));
        self.stirred = true;
    }

    /// Counts what was judged.
    pub fn judged(&mut self, view: View<'_>, now: Instant) {
        if view.seen.is_none() {
            return;
        }
        let process = |history: &History| Some(history.haproxy()?.process.as_ref()?.pid);
        let before = process(&self.history);
        self.stirred |= self.history.follow(view, now.elapsed(), now);
        // Another process has lost the variable of the page.
        self.stirred |= process(&self.history) != before;
        self.stirred |= std::mem::replace(&mut self.seen, view.changes) != view.changes;
    }

    /// Reports, if it is time to. Called after the commands of this turn.
    pub fn report(&mut self, view: View<'_>, settings: &Settings, edges: &Edges, now: Instant) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        let is_news = std::mem::take(&mut self.stirred);
        self.again = is_news.then_some(now + AFTER);
        let begun = Instant::now();
        let status = self.snapshot(view, &[], settings, edges, now);
        let means = self.accounts(view, edges, now);
        self.tell(status, means, now);
        self.next = now + pause(begun.elapsed());
    }

    /// The status at this moment, after these last words.
    pub fn snapshot(
        &mut self,
        view: View<'_>,
        last_words: &[Command],
        settings: &Settings,
        edges: &Edges,
        now: Instant,
    ) -> Status {
        self.clock.follow(Instant::now(), Moment::now());
        self.history.heard(view.dialogue, view.desired, now);
        status::snapshot(&Facts {
            id: &self.id,
            configuration: self.configuration(settings),
            view,
            last_words,
            history: &self.history,
            hooks: self.hooks.account(&self.clock),
            followed: edges.followed(),
            clock: self.clock,
            now,
        })
    }

    fn configuration(&self, settings: &Settings) -> Configuration {
        Configuration {
            file: settings.file().map(|path| path.display().to_string()),
            since: settings.loaded().map(|loaded| self.clock.at(loaded)),
            fault: settings.fault().map(str::to_owned),
        }
    }

    fn accounts(&mut self, view: View<'_>, edges: &Edges, now: Instant) -> Vec<status::Means> {
        let accounts = edges.means().into_iter().chain(self.means());
        let accounts = accounts.map(|(name, means)| (name, means.account()));
        let read_back = view.dialogue.account().read_back;
        let read_back = read_back.map(|account| ("read-back", account.clone()));
        let accounts = accounts.chain(read_back).collect();
        let of = (view.config, view.seen);
        status::means(accounts, of, &mut self.history, &self.clock, now)
    }

    /// There is news.
    pub fn stir(&mut self) {
        self.stirred = true;
    }

    /// When to report next; absent: no report is wanted.
    pub fn deadline(&self) -> Option<Instant> {
        let is_read = self.status.is_some() || self.metrics.is_some() || self.page.is_some();
        let time = match &self.told {
            Some((_, at)) if !self.stirred => {
                let beat = *at + BEAT;
                self.again
                    .map_or(beat, |again| again.min(beat))
                    .max(self.next)
            }
            _ => self.next,
        };
        is_read.then_some(time)
    }

    /// The files that are kept.
    fn means(&self) -> Vec<(&'static str, Means)> {
        let status = self
            .status
            .as_ref()
            .map(|keeper| ("status", keeper.means().clone()));
        let metrics = self
            .metrics
            .as_ref()
            .map(|keeper| ("metrics", keeper.means().clone()));
        let page = self
            .page
            .as_ref()
            .map(|page| ("page", page.means().clone()));
        status.into_iter().chain(metrics).chain(page).collect()
    }

    /// Writes the reports, if something changed or a beat is due. The mere use of a file or variable is no change.
    fn tell(&mut self, status: Status, means: Vec<status::Means>, now: Instant) {
        let news = |means: &[status::Means]| {
            let events = |one: &status::Means| one.uses.filter(|_| one.name == "events");
            means
                .iter()
                .map(|one| (one.place.clone(), events(one), one.fault.clone()))
                .collect::<Vec<_>>()
        };
        let is_news = |(last, at): &(Arc<Told>, Instant)| {
            last.report.status != status
                || news(&last.report.means) != news(&means)
                || now >= *at + BEAT
        };
        if !self.told.as_ref().is_none_or(is_news) {
            return;
        }
        let told = Arc::new(self.dated(status, means));
        self.status
            .iter()
            .for_each(|keeper| keeper.keep(Arc::clone(&told)));
        self.metrics
            .iter()
            .for_each(|keeper| keeper.keep(Arc::clone(&told)));
        self.page
            .iter()
            .for_each(|page| page.keep(Arc::clone(&told.report)));
        self.told = Some((told, now));
    }

    fn dated(&self, status: Status, means: Vec<status::Means>) -> Told {
        Told {
            report: Arc::new(Report {
                format: FORMAT,
                heartbeat: Moment::now(),
                heartbeat_every_seconds: BEAT.as_secs(),
                heartbeat_boot_seconds: status::boot_seconds(),
                left_out: 0,
                means,
                status,
            }),
            looks: self.history.looks.clone(),
            decisions: self.history.decisions.clone(),
        }
    }

    /// The last report of a process that leaves: none may follow, which would be of a process that runs.
    pub fn leave(&mut self, reason: &Reason, mut left: Status) {
        self.hooks.end();
        let (status, page) = (self.status.take(), self.page.take());
        self.metrics = None;
        let Some((told, _)) = self.told.take() else {
            return;
        };
        let why = if let Reason::Gone(why) = reason {
            why
        } else {
            "told to leave"
        };
        left.process.left = Some(Left {
            at: Moment::now(),
            why: why.to_owned(),
        });
        let last = Arc::new(self.dated(left, told.report.means.clone()));
        if let Some(keeper) = status {
            keeper.last(Arc::clone(&last), status::is_ours, LAST_FILE);
        }
        if let Some(page) = page {
            page.last(Arc::clone(&last.report), LAST_PAGE);
        }
    }
}

/// Until the next report, after one that took so long. The loop may not have had the processor meanwhile: no beat is left out for that.
fn pause(took: Duration) -> Duration {
    (took * SHARE).clamp(PACE, BEAT)
}

fn started<T>(thread: std::io::Result<T>) -> Option<T> {
    thread.map_err(|error| error!("cannot start a thread to tell the status or the metrics ({error}); they are missing until a restart")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_took_long_puts_off_no_beat() {
        let millis = Duration::from_millis;
        assert_eq!(pause(millis(0)), PACE);
        assert_eq!(pause(millis(20)), millis(1000));
        assert_eq!(pause(millis(1600)), BEAT);
    }

    #[test]
    fn after_the_last_report_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        let (now, settings) = (
            Instant::now(),
            Settings::of_file(folder.path().join("none")),
        );
        let files = Files {
            status: Some(path.clone()),
            metrics: None,
        };
        let mut reports = Reports::start(files, &settings, now);
        let status: Report =
            serde_json::from_str(include_str!("../report/status/sample.json")).unwrap();
        reports.tell(status.status.clone(), Vec::new(), now);
        reports.stir();
        assert!(reports.deadline().is_some());
        reports.leave(&Reason::Told, status.status);
        assert_eq!(reports.deadline(), None);
    }
}
