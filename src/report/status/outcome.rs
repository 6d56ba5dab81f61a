//! The problems of a process, and so a monitor's verdict. Pure.

use super::life::Life;
use super::shape::{
    ExaBgp, Fault, Means, Neighbor, Report, Route, Service, Sibling, Status, is_withdrawal,
};
use super::words::{sentence, span, tries};
use crate::announce::{HOLD_TIME_REFUSED, LOST_AT_ONCE, lacks};
use crate::failure::Outcome;
use crate::report::moment::Moment;
use crate::value::with;

/// Seconds that a fault may last before it is a problem.
pub const IN_PASSING: f64 = 10.0;
/// Seconds that ExaBGP may take to answer.
const SILENCE: f64 = 3.0;
/// Seconds until the first session is up, as a rule: ExaBGP retries after longer and longer waits.
const FIRST_SESSION: f64 = 60.0;

/// How many seconds a change may be on its way before it is a problem.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a route to be acknowledged: the time of a few commands and their answers.
    route: f64,
    /// For a sibling's first answer.
    first_answer: bool,
}

impl Patience {
    /// For one answer at once.
    pub const USUAL: Self = Self {
        route: IN_PASSING,
        first_answer: true,
    };
    /// For `--wait`, which ends when nothing is on its way.
    pub const NONE: Self = Self {
        route: 0.0,
        first_answer: false,
    };
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How grave it is.
    pub outcome: Outcome,
    /// In words.
    pub what: String,
}

/// Everything that is not as it should be, the gravest first.
pub fn problems(report: &Report, life: Life, now: Moment, patience: Patience) -> Vec<Problem> {
    let mut list = List {
        now,
        patience,
        problems: Vec::new(),
    };
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
            "process {} is gone: dead for at most {}, and what follows is as it was then; where ExaBGP runs on without starting it again, its routes stay: restart ExaBGP",
            process.pid,
            span(age)
        )),
        (Life::Left, left) => list.unknown(format!(
            "process {} left{}, and what follows is as it was then",
            process.pid,
            left.as_ref().map(|left| format!(" at {}: {}", left.at, left.why)).unwrap_or_default()
        )),
    }
    if life != Life::Left {
        list.of_status(status);
        list.of_means(report);
    }
    list.problems
        .sort_by_key(|problem| std::cmp::Reverse(problem.outcome));
    list.problems
}

struct List {
    now: Moment,
    patience: Patience,
    problems: Vec<Problem>,
}

impl List {
    fn worse(&mut self, what: String) {
        self.problems.push(Problem {
            outcome: Outcome::Worse,
            what,
        });
    }

    fn unknown(&mut self, what: String) {
        self.problems.push(Problem {
            outcome: Outcome::Unknown,
            what,
        });
    }

    fn of_status(&mut self, status: &Status) {
        match (&status.configuration.since, &status.configuration.fault) {
            (None, fault) => {
                let fault = with(": ", fault.as_ref());
                self.worse(format!("no configuration is in force{fault}"));
            }
            (Some(_), Some(fault)) => {
                self.worse(format!("a newer configuration is faulty: {fault}"))
            }
            (Some(_), None) if status.services.is_empty() => {
                self.worse("no service is configured, so nothing is announced".to_owned());
            }
            (Some(_), None) => {}
        }
        status
            .services
            .iter()
            .for_each(|service| self.of_service(service, status));
        for route in status
            .other_routes
            .iter()
            .filter(|route| !cannot_be_out(route, &status.exabgp))
            .filter(|route| !waits_for_who_is_lacking(route, status))
        {
            self.of_route(route, &status.exabgp);
        }
        let exabgp = &status.exabgp;
        if let Some(since) = exabgp
            .silent_since
            .filter(|since| self.now.since(*since) > SILENCE)
        {
            self.worse(format!(
                "ExaBGP has not answered for {}",
                span(self.now.since(since))
            ));
        }
        if let Some(answer) = &exabgp.not_understood {
            self.worse(format!(
                "'{answer}' answered 'system version', which is no ExaBGP that haproxy-rhi understands (4.2, 5.0, 6), so nothing is announced"
            ));
        }
        if exabgp.neighbors.is_empty() && announces(status) {
            self.of_silence(self.now.since(status.process.started));
        }
        exabgp
            .lacking
            .iter()
            .for_each(|name| self.worse(lacks(name)));
        exabgp
            .neighbors
            .iter()
            .for_each(|neighbor| self.of_neighbor(neighbor));
        for words in hold_times(status) {
            self.worse(words);
        }
    }

    /// ExaBGP has told of no neighbor since the start, so long ago.
    fn of_silence(&mut self, age: f64) {
        let lasts = span(age);
        self.unknown(match age < FIRST_SESSION {
            true => format!(
                "no neighbor was heard of yet, so that it is not known whether anybody hears the routes: waiting for the \
                 first session for {lasts}"
            ),
            false => format!(
                "ExaBGP has told of no neighbor in {lasts}, so that it is not known whether anybody hears the routes: no session \
                 has come up, or no neighbor of exabgp.conf has neighbor-changes beside this process in its api section"
            ),
        });
    }

    /// One that is lost again and again is up and down by turns, which is said as one thing.
    fn of_neighbor(&mut self, neighbor: &Neighbor) {
        let name = &neighbor.neighbor;
        if let Some(cure) = &neighbor.lost_at_once {
            self.worse(format!("neighbor {name}: {LOST_AT_ONCE} ({cure})"));
        }
        let age = neighbor.since.map(|since| self.now.since(since));
        let stays_down = neighbor.lost_at_once.is_none() || age.is_some_and(|age| age > IN_PASSING);
        if !neighbor.up && stays_down {
            let lasts = age.map_or(String::new(), |age| format!(" for {}", span(age)));
            self.worse(format!("neighbor {name} is down{lasts}"));
        }
    }

    /// Faults of means and hooks. Siblings are judged together: one that is healthy is enough.
    fn of_means(&mut self, report: &Report) {
        for means in report.means.iter().filter(|means| means.name != "sibling") {
            if let Some((fault, age)) = self.lasting(means.fault.as_ref()) {
                self.worse(format!(
                    "{} at {} does not work for {age}: {}",
                    means.name, means.place, fault.why
                ));
            }
        }
        for hook in &report.status.hooks {
            if let Some((fault, age)) = self.lasting(hook.fault.as_ref()) {
                self.worse(format!(
                    "hook '{}' fails for {age}: it {}",
                    hook.argv.join(" "),
                    fault.why
                ));
            }
        }
        report
            .status
            .services
            .iter()
            .for_each(|service| self.of_siblings(service, &report.means));
    }

    /// No sibling of another region is healthy. NVAs of this region do not count: they have the same servers.
    fn of_siblings(&mut self, service: &Service, means: &[Means]) {
        let elsewhere = || service.siblings.iter().filter(|one| !one.same_region);
        if !self.patience.first_answer
            && let Some(Sibling { sibling, .. }) = elsewhere().find(|one| !one.asked)
        {
            let name = &service.name;
            self.unknown(format!("service {name}: {sibling} was not asked yet"));
        }
        let words = |sibling: &Sibling| {
            let means = means.iter().find(|means| means.place == sibling.sibling)?;
            let (fault, age) = self.lasting(means.fault.as_ref())?;
            Some(format!("{} for {age} ({})", sibling.sibling, fault.why))
        };
        let words: Option<Vec<String>> = elsewhere().map(words).collect();
        if let Some(words) = words.filter(|words| !words.is_empty()) {
            let name = &service.name;
            self.worse(format!(
                "service {name}: no region would take over, since no sibling is healthy: {}",
                words.join("; ")
            ));
        }
    }

    /// A fault that is more than passing, and its age.
    fn lasting<'fault>(&self, fault: Option<&'fault Fault>) -> Option<(&'fault Fault, String)> {
        let age = self.now.since(fault?.since);
        fault
            .filter(|_| age > IN_PASSING)
            .map(|fault| (fault, span(age)))
    }

    fn of_service(&mut self, service: &Service, status: &Status) {
        let name = &service.name;
        match (&service.unknown, service.outcome()) {
            (Some(unknown), _) => self.unknown(format!(
                "service {name}: state unknown for {} ({})",
                span(self.now.since(unknown.since)),
                unknown.why
            )),
            (None, Outcome::Best) => {}
            (None, Outcome::Unknown) => {
                self.unknown(format!("service {name} is not known yet"));
            }
            (None, Outcome::Worse) => self.worse(format!(
                "service {name} is {}: {}",
                service.standing, service.why
            )),
        }
        if let Some(pending) = &service.pending
            && let (Some(until), Some(by)) = (pending.kept_back_until, pending.kept_back_by)
        {
            self.worse(format!(
                "service {name} is kept back from '{}' by {}, for {} more",
                pending.standing,
                by.word(),
                span(until.since(self.now))
            ));
        }
        if let Some(drain) = &service.drain {
            self.worse(format!("service {name} is {}", sentence(drain)));
        }
        service
            .routes
            .iter()
            .for_each(|route| self.of_route(route, &status.exabgp));
        self.of_nobody(service, status);
    }

    /// What is out, and no session is up to send it.
    fn of_nobody(&mut self, service: &Service, status: &Status) {
        let routes = service.routes.iter().filter(|route| route.is_out());
        let mut unsent = routes.filter(|route| nobody_has(route, status));
        if let Some(Route { prefix, .. }) = unsent.next() {
            let more = match unsent.count() {
                0 => String::new(),
                count => format!(" and {count} more"),
            };
            let name = &service.name;
            self.worse(format!(
                "service {name}: no neighbor is up, so nobody has {prefix}{more}"
            ));
        }
    }

    fn of_route(&mut self, route: &Route, exabgp: &ExaBgp) {
        let prefix = &route.prefix;
        let unheard = unheard(route, exabgp);
        if let Some(refused) = &route.refused {
            let wait = span(refused.retry_at.since(self.now));
            let command = &refused.command;
            let why = match unheard.as_slice() {
                [] if exabgp.silent_since.is_some() => "it does not answer".to_owned(),
                [] => "ExaBGP's log says why".to_owned(),
                _ => format!(
                    "it has told of no neighbor {}; {CURE}",
                    unheard.join(" or ")
                ),
            };
            self.worse(format!(
                "ExaBGP did not take '{command}' ({}), tried again in {wait}: {why}",
                tries(refused.tries)
            ));
        } else if let Some(since) = route
            .differs_since
            .filter(|since| self.now.since(*since) >= self.patience.route)
            .filter(|_| !lacks_all_of(exabgp, route))
        {
            let age = span(self.now.since(since));
            self.worse(format!(
                "{prefix} is not acknowledged as it should be for {age}"
            ));
        } else if let Some(otherwise) = holds_amiss(route, exabgp) {
            match unheard.as_slice() {
                [] => self.worse(format!("{prefix}: {otherwise}, although it was sent again")),
                _ => self.worse(format!(
                    "{prefix}: {otherwise}; ExaBGP has told of no neighbor {}; {CURE}",
                    unheard.join(" or ")
                )),
            }
        }
    }
}

/// Whether a route should be announced.
fn announces(status: &Status) -> bool {
    let routes = status.services.iter().flat_map(|service| &service.routes);
    routes
        .filter_map(|route| route.wanted.as_ref())
        .any(|wanted| !is_withdrawal(wanted))
}

/// No neighbor that a route is for is up, nor one that it was for before an edit: it stays there meanwhile.
pub(super) fn nobody_has(route: &Route, status: &Status) -> bool {
    let left = |other: &Route| other.prefix == route.prefix && other.is_out();
    let mut left = status.other_routes.iter().filter(|other| left(other));
    let exabgp = &status.exabgp;
    nobody_is_up(route, exabgp) && left.all(|other| nobody_is_up(other, exabgp))
}

/// Of the neighbors that a route is for, some are known, and none is up.
fn nobody_is_up(route: &Route, exabgp: &ExaBgp) -> bool {
    // Without acknowledgements nobody asks who has been up since before the process started.
    exabgp.acknowledges && exabgp.is_up_for(route) == Some(false)
}

/// What to do about a neighbor that ExaBGP does not have.
const CURE: &str = "exabgp.conf must have it, spelled alike, and list this process in its api section, or 'neighbors' must not name it";

/// Neighbors that a route names, and that ExaBGP never reported.
fn unheard<'route>(route: &'route Route, exabgp: &ExaBgp) -> Vec<&'route str> {
    let names = route.neighbors.iter().map(String::as_str);
    names.filter(|name| !exabgp.has_told_of(name)).collect()
}

/// How the read-back differs although it was sent again, where that is amiss: a neighbor whose families do not take a prefix never
/// holds it; one that ExaBGP does not have is a mistake.
pub(super) fn holds_amiss<'route>(route: &'route Route, exabgp: &ExaBgp) -> Option<&'route String> {
    let is_of_others =
        |words: &str| words.starts_with("neighbor ") && words.ends_with("does not hold it");
    let otherwise = route.holds_otherwise.as_ref();
    otherwise.filter(|words| !is_of_others(words) || !unheard(route, exabgp).is_empty())
}

/// The neighbors that seem not to keep to hold-time 30, with the cure.
pub fn hold_times(status: &Status) -> impl Iterator<Item = String> {
    let neighbors = status.exabgp.neighbors.iter();
    let refused = neighbors.filter(|neighbor| neighbor.refuses_hold_time);
    refused.map(|neighbor| format!("neighbor {}: {HOLD_TIME_REFUSED}", neighbor.neighbor))
}

/// ExaBGP has none of the neighbors that the route is for, which is said of them.
fn lacks_all_of(exabgp: &ExaBgp, route: &Route) -> bool {
    let neighbors = &route.neighbors;
    !neighbors.is_empty() && neighbors.iter().all(|name| exabgp.lacking.contains(name))
}

/// A route of no service that stays until what takes its place is out, at neighbors that ExaBGP does not have.
fn waits_for_who_is_lacking(route: &Route, status: &Status) -> bool {
    let routes = status.services.iter().flat_map(|service| &service.routes);
    let mut heirs = routes.filter(|heir| heir.prefix == route.prefix);
    heirs.any(|heir| lacks_all_of(&status.exabgp, heir))
}

/// A route of no service that is to be withdrawn, and none of whose neighbors is up: it cannot be out. It is withdrawn
/// once one of them comes up.
fn cannot_be_out(route: &Route, exabgp: &ExaBgp) -> bool {
    let withdraws = route.wanted.as_deref().is_some_and(is_withdrawal);
    withdraws && !route.neighbors.is_empty() && exabgp.is_up_for(route) != Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Moment {
        "2026-11-22T11:00:00.000Z".parse().unwrap()
    }

    /// The sample with nothing wrong.
    fn well() -> Report {
        let mut report: Report = serde_json::from_str(include_str!("sample.json")).unwrap();
        report.means.clear();
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
        let found = problems(&report, life, now(), Patience::USUAL);
        found
            .into_iter()
            .map(|problem| (problem.outcome, problem.what))
            .collect()
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
            running(|status| status.exabgp.neighbors[0].refuses_hold_time = true),
            worse(
                "neighbor 172.16.159.4: its sessions end about 30 s after they came up, again and again: it may not keep to hold-time 30; write hold-time 180; in exabgp.conf"
            )
        );
        assert_eq!(
            running(|status| status.exabgp.not_understood = Some("ExaBGP 7.0".to_owned())),
            worse(
                "'ExaBGP 7.0' answered 'system version', which is no ExaBGP that haproxy-rhi understands (4.2, 5.0, 6), so nothing is announced"
            )
        );
        assert_eq!(
            running(|status| status.exabgp.neighbors[0].up = false),
            worse("neighbor 172.16.159.4 is down for 3d 4h")
        );
        assert_eq!(
            running(|status| status.services[0].routes[0].differs_since =
                at("2026-11-22T10:59:40.000Z")),
            worse("2001:db8::9/128 is not acknowledged as it should be for 20s")
        );
        assert_eq!(found(Life::Stuck(20.0), |_| ())[0].0, Unknown);
        assert_eq!(found(Life::Dead(2.0), |_| ())[0].0, Unknown);
        assert_eq!(
            found(Life::Left, |_| ()),
            [(
                Unknown,
                "process 4194305 left, and what follows is as it was then".to_owned()
            )]
        );
    }

    #[test]
    fn what_is_on_its_way_is_a_problem_for_who_waits() {
        let of = |change: fn(&mut Status)| {
            let mut report = well();
            change(&mut report.status);
            [Patience::USUAL, Patience::NONE]
                .map(|patience| problems(&report, Life::Running, now(), patience).len())
        };
        assert_eq!(of(|_| ()), [0, 0]);
        let just_told = |status: &mut Status| {
            status.services[0].routes[0].differs_since = at("2026-11-22T10:59:59.900Z");
        };
        assert_eq!(of(just_told), [0, 1]);
        let started_just_now = |status: &mut Status| {
            status.process.started = now();
            status.exabgp.neighbors.clear();
        };
        assert_eq!(of(started_just_now), [1, 1]);
        let nobody_answered_yet = |status: &mut Status| {
            status.services[0].siblings = vec![Sibling {
                sibling: "http http://192.0.2.1/health".to_owned(),
                same_region: false,
                asked: false,
                healthy: false,
                why: "not asked yet".to_owned(),
            }];
        };
        assert_eq!(of(nobody_answered_yet), [0, 1]);
        let nothing_to_hear = |status: &mut Status| {
            status.exabgp.neighbors.clear();
            status.services[0].routes.clear();
        };
        assert_eq!(of(nothing_to_hear), [0, 0]);
    }

    /// The last route of the sample is refused, and its neighbor is named.
    fn refused(neighbor: &str) -> Route {
        let sample: Report = serde_json::from_str(include_str!("sample.json")).unwrap();
        let mut route = sample.status.services[1].routes[0].clone();
        route.neighbors = vec![neighbor.to_owned()];
        route
    }

    #[test]
    fn a_neighbor_that_exabgp_does_not_have_is_named_with_the_cure() {
        let of = |neighbor: &'static str| {
            found(Life::Running, |status| {
                status.services[0].routes[0] = refused(neighbor)
            })
            .remove(0)
            .1
        };
        let unknown = of("192.0.2.1");
        assert!(
            unknown.contains("it has told of no neighbor 192.0.2.1; exabgp.conf must have it"),
            "{unknown}"
        );
        let known = of("172.16.159.4");
        assert!(known.ends_with("ExaBGP's log says why"), "{known}");
        let hangs = found(Life::Running, |status| {
            status.services[0].routes[0] = refused("172.16.159.4");
            status.exabgp.silent_since = at("2026-11-22T10:59:58.000Z");
        });
        assert!(hangs[0].1.ends_with("it does not answer"), "{hangs:?}");
    }

    #[test]
    fn a_neighbor_that_exabgp_lacks_is_named_once() {
        let lacking = |neighbors: &[&str]| {
            found(Life::Running, |status| {
                status.exabgp.lacking = vec!["192.0.2.1".to_owned()];
                let route = &mut status.services[0].routes[0];
                route.neighbors = neighbors.iter().map(|name| (*name).to_owned()).collect();
                (route.differs_since, route.acknowledged) = (at("2026-11-22T10:59:00.000Z"), None);
                // What was out before the edit stays for as long.
                let before = Route {
                    neighbors: vec!["172.16.159.4".to_owned()],
                    acknowledged: route.wanted.clone(),
                    wanted: Some("neighbor 172.16.159.4 withdraw route 2001:db8::9/128".to_owned()),
                    ..route.clone()
                };
                status.other_routes.push(before);
            })
        };
        let words = &lacking(&["192.0.2.1"])[0].1;
        assert!(
            words.starts_with("ExaBGP has no neighbor 192.0.2.1")
                && words.contains("exabgp.conf must have it"),
            "{words}"
        );
        assert_eq!(lacking(&["192.0.2.1"]).len(), 1);
        assert_eq!(lacking(&["192.0.2.1", "172.16.159.4"]).len(), 3);
    }

    #[test]
    fn what_nobody_wants_of_a_neighbor_that_exabgp_does_not_have_is_not_amiss() {
        let left = |neighbor: &'static str| {
            found(Life::Running, |status| {
                let mut route = refused(neighbor);
                let withdrawal = format!("neighbor {neighbor} withdraw route 2001:db8::9/128");
                if let Some(refused) = &mut route.refused {
                    refused.command.clone_from(&withdrawal);
                }
                route.wanted = Some(withdrawal);
                status.other_routes.push(route);
            })
        };
        assert_eq!(left("192.0.2.1"), []);
        assert_eq!(left("172.16.159.4").len(), 1);
    }

    #[test]
    fn what_exabgp_holds_otherwise_is_amiss_but_for_a_neighbor_of_other_families() {
        let holds = |neighbor: Option<&str>, words: &str| {
            found(Life::Running, |status| {
                let route = &mut status.services[0].routes[0];
                route.neighbors = neighbor.map(str::to_owned).into_iter().collect();
                route.holds_otherwise = Some(words.to_owned());
            })
        };
        assert_eq!(holds(None, "neighbor 172.16.159.4 does not hold it"), []);
        assert_eq!(
            holds(
                Some("172.16.159.4"),
                "neighbor 172.16.159.4 does not hold it"
            ),
            []
        );
        let words = &holds(Some("192.0.2.1"), "neighbor 192.0.2.1 does not hold it")[0].1;
        assert!(
            words.contains("ExaBGP has told of no neighbor 192.0.2.1"),
            "{words}"
        );
        let words = &holds(None, "neighbor 172.16.159.4 holds it with another as-path")[0].1;
        assert!(
            words.ends_with("as-path, although it was sent again"),
            "{words}"
        );
    }

    #[test]
    fn routes_that_no_neighbor_has_are_named_by_service() {
        let words = |change: fn(&mut Status)| {
            let found = found(Life::Running, |status| {
                let other = status.exabgp.neighbors[0].clone();
                status.exabgp.neighbors.push(Neighbor {
                    neighbor: "172.16.159.5".to_owned(),
                    ..other
                });
                status.exabgp.neighbors[0].up = false;
                let routes = &mut status.services[0].routes;
                routes[0].neighbors = vec!["172.16.159.4".to_owned()];
                change(status);
            });
            let mut words = found.into_iter().map(|(_, what)| what);
            words.find(|what| what.contains("no neighbor is up"))
        };
        let nobody = "service api: no neighbor is up, so nobody has 2001:db8::9/128";
        assert_eq!(words(|_| ()), Some(nobody.to_owned()));
        let two = words(|status| {
            let route = status.services[0].routes[0].clone();
            status.services[0].routes.push(route);
        });
        assert_eq!(two, Some(format!("{nobody} and 1 more")));
        // Another neighbor has it, or nobody is to have it.
        assert_eq!(
            words(|status| status.services[0].routes[0].neighbors.clear()),
            None
        );
        let withdrawn = |status: &mut Status| {
            status.services[0].routes[0].acknowledged =
                Some("withdraw route 2001:db8::9/128".to_owned());
        };
        assert_eq!(words(withdrawn), None);
        // Another one may have been up since before the process started.
        assert_eq!(words(|status| status.exabgp.acknowledges = false), None);
        // An edit has moved it, and it stays where it was.
        let moved = |status: &mut Status| {
            let mut left = status.services[0].routes[0].clone();
            left.neighbors = vec!["172.16.159.5".to_owned()];
            status.other_routes.push(left);
        };
        assert_eq!(words(moved), None);
    }

    #[test]
    fn a_session_that_is_lost_again_and_again_is_amiss_whether_it_is_up_or_not() {
        let words = |up: bool, since: &'static str| {
            let found = found(Life::Running, |status| {
                let neighbor = &mut status.exabgp.neighbors[0];
                (neighbor.up, neighbor.since) = (up, at(since));
                neighbor.lost_at_once = Some("turn graceful restart off".to_owned());
                status.services[0].routes[0].neighbors.clear();
            });
            assert!(found.iter().all(|(outcome, _)| *outcome == Outcome::Worse));
            found
                .into_iter()
                .map(|(_, words)| words)
                .collect::<Vec<_>>()
        };
        let lost = "neighbor 172.16.159.4: its session was lost 5 times in a row as soon as it was up, and none has lasted since (turn graceful restart off)";
        let nobody = "service api: no neighbor is up, so nobody has 2001:db8::9/128";
        assert_eq!(words(true, "2026-11-22T10:59:59.900Z"), [nobody, lost]);
        assert_eq!(words(false, "2026-11-22T10:59:59.900Z"), [nobody, lost]);
        let down = "neighbor 172.16.159.4 is down for 1m 0s";
        assert_eq!(
            words(false, "2026-11-22T10:59:00.000Z"),
            [nobody, lost, down]
        );
    }

    #[test]
    fn routes_that_nobody_may_hear_are_not_as_they_should_be() {
        let silent = |change: fn(&mut Status)| {
            found(Life::Running, |status| {
                status.exabgp.neighbors.clear();
                change(status);
            })
        };
        let (outcome, words) = silent(|_| ()).remove(0);
        assert_eq!(outcome, Outcome::Unknown);
        assert!(
            words.starts_with("ExaBGP has told of no neighbor in 3d 4h"),
            "{words}"
        );
        let (outcome, words) = silent(|status| status.process.started = now()).remove(0);
        assert_eq!(outcome, Outcome::Unknown);
        assert!(
            words.starts_with("no neighbor was heard of yet")
                && words.ends_with("waiting for the first session for 0.0s"),
            "{words}"
        );
        assert_eq!(silent(|status| status.services[0].routes.clear()), []);
        // A region that is down or drained waits for nobody.
        let withdrawn = |status: &mut Status| {
            status.process.started = now();
            status.services[0].routes[0].wanted = Some("withdraw route 9.9.9.9/32".to_owned());
        };
        assert!(
            silent(withdrawn)
                .iter()
                .all(|(outcome, _)| *outcome != Outcome::Unknown)
        );
    }

    fn means(name: &str, place: &str, since: &str) -> Means {
        Means {
            name: name.to_owned(),
            place: place.to_owned(),
            uses: None,
            last_use: None,
            fault: at(since).map(|since| Fault {
                since,
                why: "refused".to_owned(),
            }),
        }
    }

    #[test]
    fn means_that_do_not_work_are_amiss() {
        let with = |all: &[Means]| {
            let mut report = well();
            report.means = all.to_vec();
            problems(&report, Life::Running, now(), Patience::USUAL)
                .into_iter()
                .map(|problem| problem.what)
                .collect::<Vec<_>>()
        };
        let events = means("events", "127.0.0.1:30514", "2026-11-22T10:59:00.000Z");
        assert_eq!(
            with(&[events]),
            ["events at 127.0.0.1:30514 does not work for 1m 0s: refused"]
        );
        assert_eq!(
            with(&[means("events", "x", "2026-11-22T10:59:55.000Z")]),
            Vec::<String>::new()
        );
        let hook = found(Life::Running, |status| {
            let why = "ended with exit status 1".to_owned();
            status.hooks[0].fault =
                at("2026-11-22T10:59:00.000Z").map(|since| Fault { since, why });
        });
        assert_eq!(
            hook[0].1,
            "hook '/usr/local/bin/notify --web' fails for 1m 0s: it ended with exit status 1"
        );
    }

    #[test]
    fn a_service_without_a_healthy_sibling_is_amiss_once_all_have_been_asked() {
        let (near, one, other) = (
            "http http://192.0.2.71/health",
            "http http://192.0.2.1/health",
            "http http://192.0.2.2/health",
        );
        let with = |all: &[Means]| {
            let mut report = well();
            let sibling = |name: &str| Sibling {
                asked: true,
                sibling: name.to_owned(),
                same_region: name == near,
                healthy: false,
                why: "refused".to_owned(),
            };
            report.status.services[0].siblings = vec![sibling(near), sibling(one), sibling(other)];
            report.means = all.to_vec();
            problems(&report, Life::Running, now(), Patience::USUAL)
                .into_iter()
                .map(|problem| problem.what)
                .collect::<Vec<_>>()
        };
        let silent = |place| means("sibling", place, "2026-11-22T10:59:00.000Z");
        assert_eq!(with(&[silent(one)]), Vec::<String>::new());
        let healthy = Means {
            fault: None,
            ..silent(other)
        };
        assert_eq!(with(&[silent(one), healthy]), Vec::<String>::new());
        let well = Means {
            fault: None,
            ..silent(near)
        };
        let words = with(&[well, silent(one), silent(other)]).concat();
        assert!(words.starts_with("service api: no region would take over, since no sibling is healthy: http http://192.0.2.1/health for 1m 0s (refused); http http://192.0.2.2"), "{words}");
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
