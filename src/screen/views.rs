//! What NVAs say of each other, and where that contradicts what the other one says of itself. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::nva::{Nva, TAKEOVER, Told, host};
use crate::failure::Outcome;
use crate::report::moment::Moment;
use crate::report::status::{Fault, IN_PASSING, Problem, Service, Sibling, span};

/// What one NVA says of another.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The index of the NVA that says it, and of its service.
    pub from: (usize, usize),
    /// The index of the other NVA; `None`: it is not on the screen.
    pub to: Option<usize>,
    /// The host that it asks.
    pub host: String,
    /// It is known to be healthy.
    pub healthy: bool,
    /// Its answer.
    pub why: String,
    /// For how many seconds it is not healthy; `None`: it is healthy, or was not asked yet.
    pub unhealthy_for: Option<f64>,
}

/// Where NVAs contradict each other.
#[derive(Debug, Default)]
pub struct Seen {
    /// What is not as it should be.
    pub problems: Vec<Problem>,
    /// What may be in order, or may be over soon.
    pub notes: Vec<String>,
}

/// Every view, in order.
pub fn views(nvas: &[Nva], now: Moment) -> Vec<View> {
    let mut all = Vec::new();
    for (from, told) in current(nvas) {
        let means = told.report.means.iter();
        let faults = means.filter_map(|means| Some((means.place.as_str(), means.fault.as_ref()?)));
        let faults: BTreeMap<&str, &Fault> = faults.collect();
        for (number, service) in told.services().enumerate() {
            let of = |sibling: &Sibling| {
                let fault = faults.get(sibling.sibling.as_str());
                let host = asked(&sibling.sibling);
                View {
                    from: (from, number),
                    to: whose(nvas, &host, service),
                    host,
                    healthy: sibling.healthy,
                    why: sibling.why.clone(),
                    unhealthy_for: fault.map(|fault| now.since(fault.since).max(0.0)),
                }
            };
            all.extend(service.siblings.iter().map(of));
        }
    }
    all
}

fn current(nvas: &[Nva]) -> impl Iterator<Item = (usize, &Told)> {
    let all = nvas.iter().enumerate();
    all.filter_map(|(index, nva)| Some((index, nva.current()?)))
}

/// The host of a sibling such as `http http://172.16.136.70/health`.
fn asked(sibling: &str) -> String {
    let url = sibling.split(' ').next_back().unwrap_or(sibling);
    host(url).unwrap_or_else(|| sibling.to_owned())
}

/// The NVA of that host; of several processes there, the one that has this service.
fn whose(nvas: &[Nva], host: &str, service: &Service) -> Option<usize> {
    let all = || {
        nvas.iter()
            .enumerate()
            .filter(|(_, nva)| nva.hosts.contains(host))
    };
    let own = all().find(|(_, nva)| nva.same(service).is_some());
    own.or_else(|| all().next()).map(|(index, _)| index)
}

impl Seen {
    pub fn of(nvas: &[Nva], views: &[View], now: Moment) -> Self {
        let mut seen = Self::default();
        for (index, nva) in nvas.iter().enumerate() {
            seen.twice(nvas, index, nva);
            seen.silent(nvas, views, index, nva);
        }
        let mut strangers = BTreeSet::new();
        for view in views {
            seen.differs(nvas, view, now);
            if view.to.is_none() && strangers.insert((view.from.0, &view.host)) {
                let name = nvas.get(view.from.0).map(Nva::name).unwrap_or_default();
                let host = &view.host;
                seen.notes
                    .push(format!("{name} asks {host}, which is none of these NVAs"));
            }
        }
        seen.takeovers(nvas, now);
        seen.versions(nvas);
        seen
    }

    fn add(&mut self, age: f64, what: String) {
        if age > IN_PASSING {
            self.problems.push(Problem {
                outcome: Outcome::Worse,
                what,
            });
        } else {
            self.notes.push(what);
        }
    }

    /// Two sources of one NVA: the address of a page that leads elsewhere, or a file of another region.
    fn twice(&mut self, nvas: &[Nva], index: usize, nva: &Nva) {
        for other in nvas.iter().skip(index + 1) {
            // Two processes of one NVA have a prefix each.
            let host = nva.hosts.intersection(&other.hosts).next();
            let of_host = host.filter(|_| nva.shares(other));
            let what = match of_host {
                Some(host) => format!("NVA {host}"),
                None if nva.is_same_process(other) => "one process".to_owned(),
                None => continue,
            };
            self.problems.push(Problem {
                outcome: Outcome::Unknown,
                what: format!(
                    "{} and {} both tell of {what}: one of them is not what it is called here",
                    nva.source.place, other.source.place
                ),
            });
        }
    }

    /// What others say of an NVA without a current status.
    fn silent(&mut self, nvas: &[Nva], views: &[View], index: usize, nva: &Nva) {
        if nva.current().is_some() {
            return;
        }
        for view in views.iter().filter(|view| view.to == Some(index)) {
            let from = nvas.get(view.from.0).map(Nva::name).unwrap_or_default();
            let sees = if view.healthy {
                "healthy"
            } else {
                "not healthy"
            };
            self.notes
                .push(format!("{from} sees {} {sees} ({})", nva.name(), view.why));
        }
    }

    fn differs(&mut self, nvas: &[Nva], view: &View, now: Moment) {
        let service_of = |(nva, service): (usize, usize)| {
            let nva = nvas.get(nva)?;
            Some((nva, nva.current()?.services().nth(service)?))
        };
        let (Some((from, own)), Some(to)) = (service_of(view.from), view.to) else {
            return;
        };
        let Some((to, told)) = nvas.get(to).and_then(|nva| Some((nva, nva.current()?))) else {
            return;
        };
        let Some(service) = to.same(own) else {
            return;
        };
        let (from, to, name) = (from.name(), to.name(), &service.name);
        let since = now.since(service.since).max(0.0);
        match (view.healthy, told.serves(service)) {
            (false, true) => {
                // It was not asked yet.
                let Some(age) = view.unhealthy_for else {
                    return;
                };
                self.add(age, format!(
                    "{from} does not see {to} healthy for {} ({}), and {to} says that it serves ({name}: {} for {})",
                    span(age), view.why, service.standing, span(since)
                ));
            }
            (true, false) => {
                let drained = service
                    .drain
                    .as_ref()
                    .map(|drain| now.since(drain.since).max(0.0));
                let says = match (drained, service.level) {
                    (Some(age), _) => format!("drained for {}", span(age)),
                    (None, Some(_)) => "its route is not out".to_owned(),
                    (None, None) => format!("{} for {}", service.standing, span(since)),
                };
                self.add(drained.unwrap_or(since), format!(
                    "{from} sees {to} healthy ({}), and {to} says that it does not serve ({name}: {says})",
                    view.why
                ));
            }
            (true, true) | (false, false) => {}
        }
    }

    /// A takeover, while another region serves at its best level.
    fn takeovers(&mut self, nvas: &[Nva], now: Moment) {
        for (from, told) in current(nvas) {
            for own in told.services().filter(|one| one.standing == TAKEOVER) {
                let region = |index: usize| nvas.get(index).map(|nva| &nva.source.region);
                let serving = current(nvas).find(|(to, other)| {
                    let same = nvas.get(*to).and_then(|nva| nva.same(own));
                    let is_well = |one: &Service| one.level == Some(0) && other.serves(one);
                    region(*to) != region(from) && same.is_some_and(is_well)
                });
                let names = |index: usize| nvas.get(index).map(Nva::name).unwrap_or_default();
                if let Some((to, _)) = serving {
                    let age = now.since(own.since).max(0.0);
                    self.add(
                        age,
                        format!(
                            "{} has taken over for {} ({}), and {} says that it serves",
                            names(from),
                            span(age),
                            own.why,
                            names(to)
                        ),
                    );
                }
            }
        }
    }

    fn versions(&mut self, nvas: &[Nva]) {
        let told = nvas.iter().filter_map(|nva| nva.told.as_ref().ok());
        let versions: BTreeSet<&str> = told
            .map(|told| told.report.status.process.version.as_str())
            .collect();
        if versions.len() > 1 {
            let versions: Vec<&str> = versions.into_iter().collect();
            self.notes.push(format!(
                "versions differ: haproxy-rhi {}",
                versions.join(", ")
            ));
        }
        for nva in nvas {
            let left_out = nva.told.as_ref().map_or(0, |told| told.report.left_out);
            if left_out > 0 {
                self.notes.push(format!(
                    "{}: its page has no room for {left_out} more services, neighbors or siblings; haproxy-rhi status there has them",
                    nva.name()
                ));
            }
        }
    }
}
