//! What the running process tells of services that are drained: whether it sees the drain, and whether ExaBGP took the
//! withdrawals. Nobody but it knows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::obedience::{reads, runs_with};
use crate::config::Name;
use crate::drain::Stage;
use crate::place::FOLDER;
use crate::report::moment::Moment;
use crate::report::status::{self, Life, Report, Service, Status};

/// ExaBGP starts a process again that died within this time.
const ABSENCE: Duration = Duration::from_secs(3);
/// The process sees a drain within this time, in seconds; clocks may differ by less.
const OBEDIENCE: f64 = 1.0;

/// Whom to ask, and since when.
#[derive(Debug)]
pub(super) struct Witness {
    config: PathBuf,
    folder: PathBuf,
    declared: Moment,
    absent: Option<Instant>,
}

/// A service, and the drain that is in force.
#[derive(Debug)]
pub(super) struct Drained {
    pub(super) service: String,
    /// A run line has it, and no file.
    pub(super) by_flags: bool,
    /// When it was declared; absent: that cannot be told.
    pub(super) since: Option<Moment>,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// Every service is withdrawn, and ExaBGP acknowledged it.
    Withdrawn,
    /// Something is not so yet.
    NotYet {
        /// In words.
        what: String,
        /// The stages come first, which the clock can tell.
        by_the_clock: bool,
    },
    /// A process runs, and keeps no status that can be read here.
    Silent,
    /// No process runs with this configuration, or reads this folder.
    Nobody,
}

impl Witness {
    /// Of a drain that is declared now.
    pub(super) fn of(config: &Path, folder: &Path) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self {
            config: absolute(config),
            folder: absolute(folder),
            declared: Moment::now(),
            absent: None,
        }
    }

    /// What is told of these services.
    pub(super) fn word(&mut self, services: &[Drained], now: Instant) -> Word {
        let (of_flags, of_file): (Vec<&Drained>, Vec<&Drained>) =
            services.iter().partition(|drained| drained.by_flags);
        for drained in &of_flags {
            let report =
                of_flags_reports(&self.folder).find(|report| has(report, &drained.service));
            match self.word_of(report, &[drained], now) {
                Word::Withdrawn | Word::Nobody => {}
                other => return other,
            }
        }
        match of_file.is_empty() && !of_flags.is_empty() {
            true => Word::Withdrawn,
            false => self.word_of(living(&self.config), &of_file, now),
        }
    }

    fn word_of(&mut self, report: Option<Report>, services: &[&Drained], now: Instant) -> Word {
        if let Some(report) = report {
            self.absent = None;
            return word(&report, services, self.declared);
        }
        if runs_with(&self.config, &self.folder) {
            self.absent = None;
            return Word::Silent;
        }
        let since = *self.absent.get_or_insert(now);
        if now.saturating_duration_since(since) >= ABSENCE {
            return Word::Nobody;
        }
        Word::NotYet {
            what: "looking for a haproxy-rhi that runs".to_owned(),
            by_the_clock: false,
        }
    }
}

/// The services that the process with this configuration has in force; absent: it does not run, or does not tell.
pub(super) fn services(config: &Path) -> Option<Vec<String>> {
    let report = living(&std::path::absolute(config).ok()?)?;
    let names = report
        .status
        .services
        .into_iter()
        .map(|service| service.name);
    // User exabgp's words, for root's terminal. None: it has no configuration in force, and does not know what is out.
    let names: Vec<String> = names.filter(|name| name.parse::<Name>().is_ok()).collect();
    (!names.is_empty()).then_some(names)
}

/// The services of processes that flags configure, and that read this folder of drains.
pub(super) fn services_of_flags(folder: &Path) -> Vec<String> {
    let names = of_flags_reports(folder).flat_map(|report| report.status.services);
    let names: BTreeSet<String> = names.map(|service| service.name).collect();
    names
        .into_iter()
        .filter(|name| name.parse::<Name>().is_ok())
        .collect()
}

fn of_flags_reports(folder: &Path) -> impl Iterator<Item = Report> {
    let is_of_flags = |report: &Report| report.status.configuration.file.is_none();
    all_living()
        .filter(move |report| is_of_flags(report) && reads(report.status.process.pid, folder))
}

fn has(report: &Report, service: &str) -> bool {
    report.status.services.iter().any(|one| one.name == service)
}

/// What the process with this configuration tells.
fn living(config: &Path) -> Option<Report> {
    all_living().find(|report| {
        let file = report
            .status
            .configuration
            .file
            .as_deref()
            .and_then(|file| std::path::absolute(file).ok());
        file.as_deref() == Some(config)
    })
}

fn all_living() -> impl Iterator<Item = Report> {
    let files = status::all(Path::new(FOLDER)).unwrap_or_default();
    let reports = files
        .into_iter()
        .filter_map(|file| status::read(&file).ok());
    reports.filter(|report| status::life(report, Moment::now()) == Life::Running)
}

fn word(report: &Report, services: &[&Drained], declared: Moment) -> Word {
    let (mut left, mut by_the_clock) = (Vec::new(), true);
    for drained in services {
        if let Some((what, clock)) = not_yet(&report.status, drained, report.heartbeat, declared) {
            left.push(format!("{} {what}", drained.service));
            by_the_clock &= clock;
        }
    }
    if left.is_empty() {
        Word::Withdrawn
    } else {
        Word::NotYet {
            what: left.join(", "),
            by_the_clock,
        }
    }
}

/// What is not so yet of a service, and whether it is only a stage that ends by itself.
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
    let heard = heartbeat.since(declared) >= OBEDIENCE;
    let Some(drain) = &service.drain else {
        return Some(match heard {
            true => (
                "is not drained in the running process (has it another --drain-folder?)".to_owned(),
                false,
            ),
            false => ("is declared".to_owned(), true),
        });
    };
    // It is not this drain but one before it.
    if !heard
        && drained
            .since
            .is_some_and(|since| drain.since.since(since) < -OBEDIENCE)
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
    untaken(service).map(|what| (what, false))
}

/// A withdrawal that ExaBGP has not acknowledged.
fn untaken(service: &Service) -> Option<String> {
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

    /// The sample's drained service, changed, as of 10:59:58.
    fn told(change: impl FnOnce(&mut Service)) -> Word {
        let mut report: Report =
            serde_json::from_str(include_str!("../report/status/sample.json")).unwrap();
        report.heartbeat = "2026-11-22T10:59:58.000Z".parse().unwrap();
        let service = report
            .status
            .services
            .iter_mut()
            .find(|service| service.name == "api")
            .unwrap();
        service.routes.iter_mut().for_each(|route| {
            route.wanted = Some(format!("withdraw route {}", route.prefix));
            (route.acknowledged, route.refused) = (route.wanted.clone(), None);
        });
        service.drain.as_mut().unwrap().stage = Stage::Withdrawn;
        change(service);
        word(&report, &[&drained(DECLARED)], DECLARED.parse().unwrap())
    }

    fn drained(since: &str) -> Drained {
        Drained {
            service: "api".to_owned(),
            by_flags: false,
            since: Some(since.parse().unwrap()),
        }
    }

    fn not_yet(what: &str, by_the_clock: bool) -> Word {
        Word::NotYet {
            what: what.to_owned(),
            by_the_clock,
        }
    }

    #[test]
    fn it_is_over_when_exabgp_has_acknowledged_the_withdrawal() {
        assert_eq!(told(|_| ()), Word::Withdrawn);
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
    fn stages_end_by_the_clock_and_a_hold_does_not() {
        let stage = |stage| told(|service| service.drain.as_mut().unwrap().stage = stage);
        assert_eq!(stage(Stage::Depreferred), not_yet("api depreferred", true));
        let held = stage(Stage::Held);
        assert!(
            matches!(&held, Word::NotYet { what, by_the_clock: false } if what.contains("no sibling")),
            "{held:?}"
        );
    }

    #[test]
    fn a_drain_that_the_process_does_not_see_is_said_so() {
        let unseen = told(|service| service.drain = None);
        assert!(
            matches!(&unseen, Word::NotYet { what, .. } if what.contains("--drain-folder")),
            "{unseen:?}"
        );
    }

    #[test]
    fn another_drain_than_the_one_just_declared_is_not_taken_for_it() {
        let mut report: Report =
            serde_json::from_str(include_str!("../report/status/sample.json")).unwrap();
        report.heartbeat = DECLARED.parse().unwrap();
        let service = report
            .status
            .services
            .iter_mut()
            .find(|service| service.name == "api")
            .unwrap();
        let drain = service.drain.as_mut().unwrap();
        (drain.stage, drain.since) = (
            Stage::Withdrawn,
            "2026-11-22T09:00:00.000Z".parse().unwrap(),
        );
        let word = |since| word(&report, &[&drained(since)], DECLARED.parse().unwrap());
        assert_eq!(word(DECLARED), not_yet("api is declared", true));
        // Declared again, it is the one that it was.
        assert!(matches!(
            word("2026-11-22T09:00:00.000Z"),
            Word::Withdrawn
                | Word::NotYet {
                    by_the_clock: false,
                    ..
                }
        ));
    }
}
