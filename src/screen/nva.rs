//! An NVA by its status: which one it is, whether the status is current, and which routes are out. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::ask::Answer;
use super::source::{Place, Source};
use crate::condition::Url;
use crate::failure::Outcome;
use crate::report::moment::Moment;
use crate::report::status::{
    Life, Out, Patience, Problem, Report, Route, Service, Wire, life, problems, span,
};

/// Seconds by which clocks may differ.
const SKEW: f64 = 5.0;

/// An NVA.
#[derive(Debug)]
pub struct Nva {
    /// Where its status was read.
    pub source: Source,
    /// Its name on the screen: its address, where that is known.
    pub label: String,
    /// The hosts at which siblings may ask it.
    pub hosts: BTreeSet<String>,
    /// Its status, or why there is none.
    pub told: Result<Told, String>,
    /// Each prefix, with the index of its service.
    prefixes: BTreeMap<String, usize>,
    problems: Vec<Problem>,
}

/// A status.
#[derive(Debug)]
pub struct Told {
    /// As it was read.
    pub report: Box<Report>,
    /// How old it is, in seconds; less than 0 where its clock is ahead.
    pub age: f64,
    /// Whether its process lives.
    pub life: Life,
}

/// A route's state, as routers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// ExaBGP acknowledged it, and a session is up. The length of its AS path.
    Announced(usize),
    /// ExaBGP acknowledged it, and no session is up.
    NoSession,
    /// ExaBGP acknowledged its withdrawal.
    Withdrawn,
    /// What ExaBGP holds is unknown, or whether a session is up.
    NotKnown,
}

impl Nva {
    pub fn new(source: Source, answer: Answer, patience: Patience, now: Moment) -> Self {
        let told = answer.map(|report| Told {
            age: now.since(report.heartbeat),
            life: life(&report, now),
            report: Box::new(report),
        });
        let asked = match &source.place {
            Place::Page(url) => host(url.as_str()),
            Place::File(_) => None,
        };
        let routes = told.iter().flat_map(|told| told.services());
        let hops = routes
            .flat_map(|service| &service.routes)
            .filter_map(next_hop);
        let services = told.iter().flat_map(Told::services).enumerate();
        let prefixes = services.flat_map(|(index, service)| {
            let prefixes = service.routes.iter().map(|route| route.prefix.clone());
            prefixes.map(move |prefix| (prefix, index))
        });
        let prefixes = prefixes.collect();
        // A loopback address is the end of a tunnel, and no NVA's address.
        let (tunnel, asked): (Option<String>, Option<String>) = match asked {
            Some(host) if is_loopback(&host) => (Some(host), None),
            asked => (None, asked),
        };
        let hosts: BTreeSet<String> = hops.chain(asked.clone()).collect();
        let file = || match &source.place {
            Place::File(path) => path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned()),
            Place::Page(_) => None,
        };
        let label = asked.or_else(|| hosts.first().cloned());
        let label = label.or(tunnel).or_else(file);
        let mut nva = Self {
            label: label.unwrap_or_else(|| source.place.to_string()),
            source,
            hosts,
            told,
            prefixes,
            problems: Vec::new(),
        };
        nva.problems = nva.found(patience, now);
        nva
    }

    /// `north 172.16.156.70`
    pub fn name(&self) -> String {
        format!("{} {}", self.source.region, self.label)
    }

    /// Its problems.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter()
    }

    /// Its status, if that is current.
    pub fn current(&self) -> Option<&Told> {
        let told = self.told.as_ref().ok()?;
        (told.life == Life::Running && told.age > -SKEW).then_some(told)
    }

    /// Its service that shares a prefix with `service`, of another NVA: the names may differ.
    pub fn same(&self, service: &Service) -> Option<&Service> {
        let mut prefixes = service.routes.iter().map(|route| &route.prefix);
        let index = prefixes.find_map(|prefix| self.prefixes.get(prefix))?;
        self.told.as_ref().ok()?.services().nth(*index)
    }

    /// Whether both statuses are of the same process.
    pub fn is_same_process(&self, other: &Self) -> bool {
        let id = |nva: &Self| {
            let process = nva.told.as_ref().ok()?.report.status.process.clone();
            Some((process.boot_id?, process.pid, process.start_ticks))
        };
        id(self).is_some_and(|own| id(other) == Some(own))
    }

    /// Whether both NVAs have a prefix in common.
    pub fn shares(&self, other: &Self) -> bool {
        let mut prefixes = self.prefixes.keys();
        prefixes.any(|prefix| other.prefixes.contains_key(prefix))
    }

    fn found(&self, patience: Patience, now: Moment) -> Vec<Problem> {
        let unknown = |what: String| Problem {
            outcome: Outcome::Unknown,
            what,
        };
        let told = match &self.told {
            Ok(told) => told,
            Err(why) => return vec![unknown(format!("no status: {why} ({})", self.source.place))],
        };
        let mut found = problems(&told.report, told.life, now, patience);
        if told.age <= -SKEW {
            found.push(unknown(format!(
                "its status is dated {} ahead: a clock is wrong, there or here, and its age is unknown",
                span(-told.age)
            )));
        }
        let mut routes = told.services().flat_map(|service| &service.routes);
        // What else is wrong is most often why.
        let is_alone = found.is_empty();
        let why = routes.find_map(|route| {
            let why = told.not_known(route)?;
            (is_alone || why == UNREAD).then_some((route, why))
        });
        if let Some((route, why)) = why {
            let prefix = &route.prefix;
            found.push(unknown(format!(
                "it is not known whether {prefix} is out: {why}; haproxy-rhi status there tells more"
            )));
        }
        let anycast = |route: &&Route| {
            let address = route.prefix.split('/').next();
            matches!(self.source.place, Place::Page(_)) && address == Some(self.label.as_str())
        };
        let mut routes = told.services().flat_map(|service| &service.routes);
        if routes.find(anycast).is_some() {
            found.push(unknown(format!(
                "{} is the anycast address: it answers for whichever region is reached; ask each NVA at its own",
                self.label
            )));
        }
        found
    }
}

impl Told {
    /// Its services.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.report.status.services.iter()
    }

    /// A route's state.
    pub fn state(&self, route: &Route) -> State {
        match route.acknowledged.as_deref().and_then(Out::of_command) {
            None => State::NotKnown,
            Some(Out::Withdrawn) => State::Withdrawn,
            Some(Out::Announced(wire)) => match self.report.status.exabgp.is_up_for(route) {
                Some(true) => State::Announced(length(&wire)),
                Some(false) => State::NoSession,
                None => State::NotKnown,
            },
        }
    }

    /// Why a route's state is not known; absent: it is.
    fn not_known(&self, route: &Route) -> Option<&'static str> {
        let command = route.acknowledged.as_deref();
        (self.state(route) == State::NotKnown).then(|| match command.map(Out::of_command) {
            None => "ExaBGP has acknowledged nothing of it",
            Some(None) => UNREAD,
            Some(Some(_)) => "ExaBGP has told of no session with its neighbors",
        })
    }

    /// The count of sessions that are up, and of all.
    pub fn sessions(&self) -> (usize, usize) {
        let neighbors = &self.report.status.exabgp.neighbors;
        let up = neighbors.iter().filter(|one| one.is_up()).count();
        (up, neighbors.len())
    }

    /// Whether it says that it serves: at a level or in a takeover, with a route that is out, and not drained.
    pub fn serves(&self, service: &Service) -> bool {
        let is_out = |route| matches!(self.state(route), State::Announced(_));
        let stands = service.level.is_some() || service.standing == TAKEOVER;
        stands && service.drain.is_none() && service.routes.iter().any(is_out)
    }
}

/// Why a route's state is not known: its command is none that this program writes.
const UNREAD: &str = "what ExaBGP acknowledged last cannot be read";

/// The standing of a region whose sibling is silent.
pub const TAKEOVER: &str = "takeover";

/// The length of the AS path. Without one, ExaBGP sends its own AS number alone.
fn length(wire: &Wire) -> usize {
    wire.as_path.as_ref().map_or(1, Vec::len)
}

fn next_hop(route: &Route) -> Option<String> {
    let told = || match Out::of_command(route.acknowledged.as_deref()?)? {
        Out::Announced(Wire { next_hop, .. }) => next_hop,
        Out::Withdrawn => None,
    };
    let configured = route
        .next_hop
        .as_deref()
        .and_then(|hop| hop.parse::<IpAddr>().ok());
    configured.or_else(told).map(|hop| hop.to_string())
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The host of a URL: an address in its canonical form, or a name in lower case.
pub fn host(url: &str) -> Option<String> {
    let url: Url = url.parse().ok()?;
    let address = url.address().map(|address| address.to_string());
    address.or_else(|| {
        let rest = url.as_str().split_once("://")?.1;
        let host = rest.split(['/', '?', '#', ':']).next()?;
        Some(host.to_ascii_lowercase())
    })
}
