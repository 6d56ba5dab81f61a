//! What NVAs say of each other, and where that is not what the other one says of itself. Pure.

use std::collections::BTreeSet;

use super::nva::{Nva, TAKEOVER, Told, host};
use crate::failure::Outcome;
use crate::report::moment::Moment;
use crate::report::status::{Problem, Service, Sibling, span};

/// A difference may last so many seconds: a sibling is asked each second, and its answer is confirmed.
const IN_PASSING: f64 = 10.0;

/// What one NVA says of another.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Which NVA, and which of its services.
    pub from: (usize, usize),
    /// Of which NVA; absent: of none that is shown.
    pub to: Option<usize>,
    /// Where it asks.
    pub host: String,
    /// It is known to be healthy.
    pub healthy: bool,
    /// Its answer.
    pub why: String,
    /// For so many seconds it is not; absent: it is, or was not asked.
    pub unhealthy_for: Option<f64>,
}

/// What is amiss between NVAs.
#[derive(Debug, Default)]
pub struct Seen {
    /// What is not as it should be.
    pub problems: Vec<Problem>,
    /// What may be as it should be, or is over soon.
    pub notes: Vec<String>,
}

/// Every view, in order.
pub fn views(nvas: &[Nva], now: Moment) -> Vec<View> {
    let mut all = Vec::new();
    for (from, told) in current(nvas) {
        for (number, service) in told.services().enumerate() {
            let of = |sibling: &Sibling| view(nvas, (from, number), told, sibling, now);
            all.extend(service.siblings.iter().map(of));
        }
    }
    all
}

fn current(nvas: &[Nva]) -> impl Iterator<Item = (usize, &Told)> {
    let all = nvas.iter().enumerate();
    all.filter_map(|(index, nva)| Some((index, nva.current()?)))
}

fn view(nvas: &[Nva], from: (usize, usize), told: &Told, sibling: &Sibling, now: Moment) -> View {
    let name = sibling.sibling.as_str();
    let asked = name.split(' ').next_back().unwrap_or(name);
    let host = host(asked).unwrap_or_else(|| name.to_owned());
    let means = told.report.means.iter().find(|means| means.place == name);
    let fault = means.and_then(|means| means.fault.as_ref());
    View {
        from,
        to: nvas.iter().position(|nva| nva.hosts.contains(&host)),
        host,
        healthy: sibling.healthy,
        why: sibling.why.clone(),
        unhealthy_for: fault.map(|fault| now.since(fault.since).max(0.0)),
    }
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

    /// One NVA that two sources tell of: a page that is asked at an address that leads elsewhere, a file of another region.
    fn twice(&mut self, nvas: &[Nva], index: usize, nva: &Nva) {
        for other in nvas.iter().skip(index + 1) {
            if let Some(host) = nva.hosts.intersection(&other.hosts).next() {
                self.problems.push(Problem {
                    outcome: Outcome::Unknown,
                    what: format!(
                        "{} and {} both tell of NVA {host}: one of them is not what it is called here",
                        nva.source.place, other.source.place
                    ),
                });
            }
        }
    }

    /// One that tells nothing here may be seen by others.
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
        let Some(service) = told.services().find(|one| shares(one, own)) else {
            return;
        };
        let (from, to, name) = (from.name(), to.name(), &service.name);
        let since = now.since(service.since).max(0.0);
        match (view.healthy, told.serves(service)) {
            (false, true) => {
                let age = view.unhealthy_for.unwrap_or_default();
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

    /// A shorter path than that of a region that is well.
    fn takeovers(&mut self, nvas: &[Nva], now: Moment) {
        for (from, told) in current(nvas) {
            for own in told.services().filter(|one| one.standing == TAKEOVER) {
                let serving = current(nvas).find(|(to, other)| {
                    let region = |index: usize| nvas.get(index).map(|nva| &nva.source.region);
                    let mut same = other.services().filter(|one| shares(one, own));
                    region(*to) != region(from)
                        && same.any(|one| one.level == Some(0) && other.serves(one))
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

/// The same service: regions may call it otherwise, and share its address.
fn shares(one: &Service, other: &Service) -> bool {
    let mut routes = one.routes.iter();
    routes.any(|route| other.routes.iter().any(|its| its.prefix == route.prefix))
}
