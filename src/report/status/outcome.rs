//! What of a process is not as it should be, and so a monitor's verdict. Pure.

use super::life::Life;
use super::shape::{Report, Route, Service, Status};
use super::words::{sentence, span};
use crate::report::Outcome;
use crate::report::moment::Moment;

/// A route may differ from what it should be for so many seconds: the time of a few commands and their answers.
const IN_PASSING: f64 = 10.0;
/// ExaBGP may take so many seconds to say that it is there.
const SILENCE: f64 = 3.0;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How grave it is.
    pub outcome: Outcome,
    /// In words.
    pub what: String,
}

/// Everything that is not as it should be, the gravest first.
pub fn problems(report: &Report, life: Life, now: Moment) -> Vec<Problem> {
    let mut list = List { now, problems: Vec::new() };
    let status = &report.status;
    let process = &status.process;
    match (life, &process.left) {
        (Life::Running, _) => {}
        (Life::Stuck(age), _) => list.unknown(format!(
            "process {} is stuck or stopped: its last sign of life is {} old, and what follows is as it was then",
            process.pid,
            span(age)
        )),
        (Life::Dead(age), _) => list.unknown(format!(
            "process {} is gone: dead since at most {}, and what follows is as it was then",
            process.pid,
            span(age)
        )),
        (Life::Left, left) => list.unknown(format!(
            "process {} left{}",
            process.pid,
            left.as_ref().map(|left| format!(" at {}: {}", left.at, left.why)).unwrap_or_default()
        )),
    }
    if life != Life::Left {
        list.of_status(status);
    }
    list.problems.sort_by_key(|problem| std::cmp::Reverse(problem.outcome));
    list.problems
}

struct List {
    now: Moment,
    problems: Vec<Problem>,
}

impl List {
    fn worse(&mut self, what: String) {
        self.problems.push(Problem { outcome: Outcome::Worse, what });
    }

    fn unknown(&mut self, what: String) {
        self.problems.push(Problem { outcome: Outcome::Unknown, what });
    }

    fn of_status(&mut self, status: &Status) {
        match (&status.configuration.since, &status.configuration.fault) {
            (None, fault) => {
                let fault = fault.as_deref().map(|fault| format!(": {fault}")).unwrap_or_default();
                self.worse(format!("no configuration is in force{fault}"));
            }
            (Some(_), Some(fault)) => self.worse(format!("a newer configuration is faulty: {fault}")),
            (Some(_), None) => {}
        }
        status.services.iter().for_each(|service| self.of_service(service));
        status.other_routes.iter().for_each(|route| self.of_route(route));
        let exabgp = &status.exabgp;
        if let Some(since) = exabgp.silent_since.filter(|since| self.now.since(*since) > SILENCE) {
            self.worse(format!("ExaBGP has not answered for {}", span(self.now.since(since))));
        }
        for neighbor in exabgp.neighbors.iter().filter(|neighbor| !neighbor.up) {
            self.worse(format!(
                "neighbor {} is down for {}",
                neighbor.neighbor,
                span(self.now.since(neighbor.since))
            ));
        }
    }

    fn of_service(&mut self, service: &Service) {
        let name = &service.name;
        match (&service.unknown, service.level) {
            (Some(unknown), _) => self.unknown(format!(
                "service {name}: it cannot be told for {} ({})",
                span(self.now.since(unknown.since)),
                unknown.why
            )),
            (None, Some(0)) => {}
            (None, None) if service.standing == "not known yet" => {
                self.unknown(format!("service {name} is not known yet"));
            }
            (None, _) => self.worse(format!("service {name} is {}: {}", service.standing, service.why)),
        }
        if let Some(pending) = &service.pending
            && let (Some(until), Some(by)) = (pending.kept_back_until, &pending.kept_back_by)
        {
            self.worse(format!(
                "service {name} is kept back from '{}' by {by}, for {} more",
                pending.standing,
                span(until.since(self.now))
            ));
        }
        if let Some(drain) = &service.drain {
            self.worse(format!("service {name} is {}", sentence(drain)));
        }
        service.routes.iter().for_each(|route| self.of_route(route));
    }

    fn of_route(&mut self, route: &Route) {
        let prefix = &route.prefix;
        if let Some(refused) = &route.refused {
            let wait = span(refused.retry_at.since(self.now));
            self.worse(format!(
                "ExaBGP did not take '{}' ({} tries), tried again in {wait}",
                refused.command, refused.tries
            ));
        } else if let Some(since) = route.differs_since.filter(|since| self.now.since(*since) > IN_PASSING) {
            let age = span(self.now.since(since));
            self.worse(format!("{prefix} is not acknowledged as it should be for {age}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Moment {
        "2026-11-22T11:00:00.000Z".parse().unwrap()
    }

    /// The sample with nothing amiss.
    fn well() -> Report {
        let mut report: Report = serde_json::from_str(include_str!("sample.json")).unwrap();
        let status = &mut report.status;
        status.configuration.fault = None;
        status.exabgp.neighbors.truncate(1);
        status.services.remove(0);
        status.other_routes.clear();
        let service = &mut status.services[0];
        (service.unknown, service.drain) = (None, None);
        let route = &mut service.routes[0];
        (route.refused, route.differs_since) = (None, None);
        route.acknowledged = route.wanted.clone();
        report
    }

    fn found(life: Life, change: impl FnOnce(&mut Status)) -> Vec<(Outcome, String)> {
        let mut report = well();
        change(&mut report.status);
        let found = problems(&report, life, now());
        found.into_iter().map(|problem| (problem.outcome, problem.what)).collect()
    }

    fn at(text: &str) -> Option<Moment> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn each_thing_that_is_amiss_is_said_once() {
        use Outcome::{Unknown, Worse};
        assert_eq!(found(Life::Running, |_| ()), []);
        let worse = |words: &str| vec![(Worse, words.to_owned())];
        let running = |change: fn(&mut Status)| found(Life::Running, change);
        assert_eq!(
            running(|status| status.services[0].level = Some(1)),
            worse("service api is up: api_back: 2 of 2 servers up")
        );
        assert_eq!(
            running(|status| status.configuration.since = None),
            worse("no configuration is in force")
        );
        assert_eq!(
            running(|status| status.exabgp.silent_since = at("2026-11-22T10:59:50.000Z")),
            worse("ExaBGP has not answered for 10s")
        );
        assert_eq!(
            running(|status| status.exabgp.neighbors[0].up = false),
            worse("neighbor 172.16.159.4 is down for 3d 4h")
        );
        assert_eq!(
            running(|status| status.services[0].routes[0].differs_since = at("2026-11-22T10:59:40.000Z")),
            worse("2001:db8::9/128 is not acknowledged as it should be for 20s")
        );
        assert_eq!(found(Life::Stuck(20.0), |_| ())[0].0, Unknown);
        assert_eq!(found(Life::Dead(2.0), |_| ())[0].0, Unknown);
        assert_eq!(found(Life::Left, |_| ()), [(Unknown, "process 4194305 left".to_owned())]);
    }

    #[test]
    fn what_is_only_passing_is_not_amiss() {
        let passing = found(Life::Running, |status| {
            status.services[0].routes[0].differs_since = at("2026-11-22T10:59:55.000Z");
            status.exabgp.silent_since = at("2026-11-22T10:59:58.000Z");
        });
        assert_eq!(passing, []);
    }

    #[test]
    fn what_cannot_be_told_weighs_more_than_what_is_worse() {
        let mixed = found(Life::Running, |status| {
            status.exabgp.neighbors[0].up = false;
            status.services[0].standing = "not known yet".to_owned();
            status.services[0].level = None;
        });
        let outcomes: Vec<Outcome> = mixed.iter().map(|(outcome, _)| *outcome).collect();
        assert_eq!(outcomes, [Outcome::Unknown, Outcome::Worse]);
    }
}
