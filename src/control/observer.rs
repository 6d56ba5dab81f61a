//! The progress of a drain, from the running process's status file: whether the process sees the drain, and whether ExaBGP
//! acknowledged the withdrawals.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::running;
use crate::config::Name;
use crate::drain::Stage;
use crate::place::FOLDER;
use crate::report::moment::Moment;
use crate::report::status::{self, Life, Report, Service, Status};

/// Time in which ExaBGP restarts a process that died.
const ABSENCE: Duration = Duration::from_secs(3);
/// Seconds within which the process sees a new drain; clocks may differ by less.
const SEEN_WITHIN: f64 = 1.0;

/// Finds and reads the status of the process that obeys the drain.
#[derive(Debug)]
pub(super) struct DrainObserver {
    config: PathBuf,
    folder: PathBuf,
    declared: Moment,
    absent: Option<Instant>,
}

/// A drained service.
#[derive(Debug)]
pub(super) struct Drained {
    pub(super) service: String,
    /// Flags configure it, not the file.
    pub(super) by_flags: bool,
    /// When its drain was declared; `None`: not known.
    pub(super) since: Option<Moment>,
}

/// The progress of the drain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Observed {
    /// Every service is withdrawn, and ExaBGP acknowledged it.
    Withdrawn,
    /// Some service is not withdrawn yet.
    NotYet {
        /// Which, and what is missing.
        what: String,
        /// Only stages are left, which end by the clock.
        by_the_clock: bool,
    },
    /// A process runs, and has no readable status here.
    NoStatus,
    /// No process runs with this configuration, or reads this folder.
    NoProcess,
}

impl DrainObserver {
    /// For a drain that is declared now.
    pub(super) fn of(config: &Path, folder: &Path) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self {
            config: absolute(config),
            folder: absolute(folder),
            declared: Moment::now(),
            absent: None,
        }
    }

    /// The progress of these services together.
    pub(super) fn observe(&mut self, services: &[Drained], now: Instant) -> Observed {
        let (of_flags, of_file): (Vec<&Drained>, Vec<&Drained>) =
            services.iter().partition(|drained| drained.by_flags);
        for drained in &of_flags {
            let report =
                reports_of_flags(&self.folder).find(|report| has(report, &drained.service));
            match self.observed_in(report, &[drained], now) {
                Observed::Withdrawn | Observed::NoProcess => {}
                other => return other,
            }
        }
        match of_file.is_empty() && !of_flags.is_empty() {
            true => Observed::Withdrawn,
            false => self.observed_in(living(&self.config), &of_file, now),
        }
    }

    fn observed_in(
        &mut self,
        report: Option<Report>,
        services: &[&Drained],
        now: Instant,
    ) -> Observed {
        if let Some(report) = report {
            self.absent = None;
            return observed(&report, services, self.declared);
        }
        let left = left_by_the_dead(&self.config, services);
        // Another process may read the same folder of drains: it has not announced what is left.
        let runs = running::with_config(&self.config)
            || left.is_none() && running::with_folder(&self.folder);
        if runs {
            self.absent = None;
            return Observed::NoStatus;
        }
        let since = *self.absent.get_or_insert(now);
        absent(now.saturating_duration_since(since), left)
    }
}

/// No process has run for so long that obeys the drain for what is `left` by one that is gone.
fn absent(so_long: Duration, left: Option<String>) -> Observed {
    let what = match (so_long >= ABSENCE, left) {
        (true, None) => return Observed::NoProcess,
        (true, Some(what)) => what,
        (false, _) => "looking for a running haproxy-rhi".to_owned(),
    };
    Observed::NotYet {
        what,
        by_the_clock: false,
    }
}

/// The services that the process with this configuration has in force; `None`: no process, or no status.
pub(super) fn services(config: &Path) -> Option<Vec<String>> {
    let report = living(&std::path::absolute(config).ok()?)?;
    let names = report
        .status
        .services
        .into_iter()
        .map(|service| service.name);
    // User exabgp writes the file, and root's terminal shows it: only valid names. No names: no configuration is in force.
    let names: Vec<String> = names.filter(|name| name.parse::<Name>().is_ok()).collect();
    (!names.is_empty()).then_some(names)
}

/// The services that flags configure, of processes that read this folder of drains.
pub(super) fn services_of_flags(folder: &Path) -> Vec<String> {
    let names = reports_of_flags(folder).flat_map(|report| report.status.services);
    let names: BTreeSet<String> = names.map(|service| service.name).collect();
    names
        .into_iter()
        .filter(|name| name.parse::<Name>().is_ok())
        .collect()
}

fn reports_of_flags(folder: &Path) -> impl Iterator<Item = Report> {
    let is_of_flags = |report: &Report| report.status.configuration.file.is_none();
    all_living().filter(move |report| {
        is_of_flags(report) && running::reads(report.status.process.pid, folder)
    })
}

fn has(report: &Report, service: &str) -> bool {
    report.status.services.iter().any(|one| one.name == service)
}

/// The status of the process with this configuration.
fn living(config: &Path) -> Option<Report> {
    all_living().find(|report| is_of(report, config))
}

fn is_of(report: &Report, config: &Path) -> bool {
    let file = report.status.configuration.file.as_deref();
    let file = file.and_then(|file| std::path::absolute(file).ok());
    file.as_deref() == Some(config)
}

fn all_living() -> impl Iterator<Item = Report> {
    all().filter(|report| status::life(report, Moment::now()) == Life::Running)
}

fn all() -> impl Iterator<Item = Report> {
    let files = status::all(Path::new(FOLDER)).unwrap_or_default();
    files
        .into_iter()
        .filter_map(|file| status::read(&file).ok())
}

/// What a process that ended without a word had announced for these services. ExaBGP keeps it, and may not start the process again.
fn left_by_the_dead(config: &Path, services: &[&Drained]) -> Option<String> {
    let is_dead = |report: &Report| matches!(status::life(report, Moment::now()), Life::Dead(_));
    let mut dead = all().filter(|report| is_of(report, config) && is_dead(report));
    dead.find_map(|report| kept(&report, services))
}

/// What ExaBGP keeps of a process that is gone, for these services.
fn kept(report: &Report, services: &[&Drained]) -> Option<String> {
    let is_drained = |one: &&Service| services.iter().any(|drained| drained.service == one.name);
    let drained = report.status.services.iter().filter(is_drained);
    let mut routes = drained.flat_map(|service| &service.routes);
    let route = routes.find(|route| route.is_out())?;
    Some(format!(
        "process {} is gone and has not withdrawn {}, which ExaBGP keeps while it runs (restart ExaBGP)",
        report.status.process.pid, route.prefix
    ))
}

fn observed(report: &Report, services: &[&Drained], declared: Moment) -> Observed {
    let (mut left, mut by_the_clock) = (Vec::new(), true);
    for drained in services {
        if let Some((what, clock)) = not_yet(&report.status, drained, report.heartbeat, declared) {
            left.push(format!("{} {what}", drained.service));
            by_the_clock &= clock;
        }
    }
    if left.is_empty() {
        Observed::Withdrawn
    } else {
        Observed::NotYet {
            what: left.join(", "),
            by_the_clock,
        }
    }
}

/// What is missing for a service, and whether it is only a stage that ends by the clock.
fn not_yet(
    status: &Status,
    drained: &Drained,
    heartbeat: Moment,
    declared: Moment,
) -> Option<(String, bool)> {
    let Some(service) = status
        .services
        .iter()
        .find(|service| service.name == drained.service)
    else {
        return Some((
            "is not in the running process's configuration".to_owned(),
            false,
        ));
    };
    let has_seen = heartbeat.since(declared) >= SEEN_WITHIN;
    let Some(drain) = &service.drain else {
        return Some(match has_seen {
            true => (
                "is not drained in the running process (has it another --drain-folder?)".to_owned(),
                false,
            ),
            false => ("is declared".to_owned(), true),
        });
    };
    // The status shows an earlier drain.
    if !has_seen
        && drained
            .since
            .is_some_and(|since| drain.since.since(since) < -SEEN_WITHIN)
    {
        return Some(("is declared".to_owned(), true));
    }
    if drain.stage == Stage::Held {
        let what = "is held: no sibling is known to be healthy (resume, or drain with --force)";
        return Some((what.to_owned(), false));
    }
    if drain.stage != Stage::Withdrawn {
        return Some((drain.stage.name().to_owned(), true));
    }
    unacknowledged(service).map(|what| (what, false))
}

/// A withdrawal that ExaBGP has not acknowledged.
fn unacknowledged(service: &Service) -> Option<String> {
    let route = service
        .routes
        .iter()
        .find(|route| route.wanted.is_none() || route.wanted != route.acknowledged)?;
    Some(match &route.refused {
        Some(refused) => {
            format!(
                "stays: ExaBGP did not take '{}' ({} tries)",
                refused.command, refused.tries
            )
        }
        None => format!(
            "is to be withdrawn: ExaBGP has not acknowledged it for {}",
            route.prefix
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::status::Route;

    const DECLARED: &str = "2026-11-22T10:59:30.000Z";

    fn api(report: &mut Report) -> &mut Service {
        let mut services = report.status.services.iter_mut();
        services.find(|service| service.name == "api").unwrap()
    }

    /// The sample's drained service, changed, as of 10:59:58.
    fn told(change: impl FnOnce(&mut Service)) -> Observed {
        let mut report: Report =
            serde_json::from_str(include_str!("../report/status/sample.json")).unwrap();
        report.heartbeat = "2026-11-22T10:59:58.000Z".parse().unwrap();
        let service = api(&mut report);
        service.routes.iter_mut().for_each(|route| {
            route.wanted = Some(format!("withdraw route {}", route.prefix));
            (route.acknowledged, route.refused) = (route.wanted.clone(), None);
        });
        service.drain.as_mut().unwrap().stage = Stage::Withdrawn;
        change(service);
        observed(&report, &[&drained(DECLARED)], DECLARED.parse().unwrap())
    }

    fn drained(since: &str) -> Drained {
        Drained {
            service: "api".to_owned(),
            by_flags: false,
            since: Some(since.parse().unwrap()),
        }
    }

    fn not_yet(what: &str, by_the_clock: bool) -> Observed {
        Observed::NotYet {
            what: what.to_owned(),
            by_the_clock,
        }
    }

    #[test]
    fn it_is_over_when_exabgp_has_acknowledged_the_withdrawal() {
        assert_eq!(told(|_| ()), Observed::Withdrawn);
        let route = |change: fn(&mut Route)| told(|service| change(&mut service.routes[0]));
        assert_eq!(
            route(|route| route.acknowledged = None),
            not_yet(
                "api is to be withdrawn: ExaBGP has not acknowledged it for 2001:db8::9/128",
                false
            )
        );
    }

    #[test]
    fn what_a_dead_process_had_out_is_no_drained_service() {
        let mut report: Report =
            serde_json::from_str(include_str!("../report/status/sample.json")).unwrap();
        let route = &mut api(&mut report).routes[0];
        let (pid, prefix) = (12345, route.prefix.clone());
        route.acknowledged = Some(format!("announce route {prefix} next-hop 10.0.0.1"));
        report.status.process.pid = pid;
        assert_eq!(
            kept(&report, &[&drained(DECLARED)]),
            Some(format!(
                "process {pid} is gone and has not withdrawn {prefix}, which ExaBGP keeps while it runs (restart ExaBGP)"
            ))
        );
        let withdraw = |route: &mut Route| {
            route.acknowledged = Some(format!("withdraw route {}", route.prefix));
        };
        api(&mut report).routes.iter_mut().for_each(withdraw);
        assert_eq!(kept(&report, &[&drained(DECLARED)]), None);
    }

    #[test]
    fn what_a_dead_process_left_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("drain");
        let mut observer = DrainObserver::of(Path::new("/nowhere/config.json"), &folder);
        let begun = Instant::now();
        assert!(matches!(
            observer.observe(&[drained(DECLARED)], begun),
            Observed::NotYet { .. }
        ));
        assert_eq!(
            observer.observe(&[drained(DECLARED)], begun + ABSENCE),
            Observed::NoProcess
        );
        let left = || Some("process 12345 is gone".to_owned());
        let not_yet = |what: &str| Observed::NotYet {
            what: what.to_owned(),
            by_the_clock: false,
        };
        assert_eq!(absent(ABSENCE, left()), not_yet("process 12345 is gone"));
        let soon = not_yet("looking for a running haproxy-rhi");
        assert_eq!(absent(Duration::ZERO, left()), soon);
        assert_eq!(absent(Duration::ZERO, None), soon);
    }

    #[test]
    fn stages_end_by_the_clock_and_a_hold_does_not() {
        let stage = |stage| told(|service| service.drain.as_mut().unwrap().stage = stage);
        assert_eq!(stage(Stage::Depreferred), not_yet("api depreferred", true));
        let held = stage(Stage::Held);
        assert!(
            matches!(&held, Observed::NotYet { what, by_the_clock: false } if what.contains("no sibling")),
            "{held:?}"
        );
    }

    #[test]
    fn a_drain_that_the_process_does_not_see_is_named() {
        let unseen = told(|service| service.drain = None);
        assert!(
            matches!(&unseen, Observed::NotYet { what, .. } if what.contains("--drain-folder")),
            "{unseen:?}"
        );
    }

    #[test]
    fn another_drain_than_the_one_just_declared_is_not_taken_for_it() {
        let mut report: Report =
            serde_json::from_str(include_str!("../report/status/sample.json")).unwrap();
        report.heartbeat = DECLARED.parse().unwrap();
        let service = api(&mut report);
        let drain = service.drain.as_mut().unwrap();
        (drain.stage, drain.since) = (
            Stage::Withdrawn,
            "2026-11-22T09:00:00.000Z".parse().unwrap(),
        );
        let seen = |since| observed(&report, &[&drained(since)], DECLARED.parse().unwrap());
        assert_eq!(seen(DECLARED), not_yet("api is declared", true));
        // A drain that is declared again keeps its date.
        assert!(matches!(
            seen("2026-11-22T09:00:00.000Z"),
            Observed::Withdrawn
                | Observed::NotYet {
                    by_the_clock: false,
                    ..
                }
        ));
    }
}
