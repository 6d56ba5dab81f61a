//! A checked service: what it announces, at which level, and how it is judged over time.

use std::time::Duration;

use serde::Deserialize;

use super::variable::Variable;
use crate::condition::{Condition, Probe, Url};
use crate::route::{Attributes, Neighbor, NextHop, PathId, Prefix, RouteKey};

/// A service: prefixes that are announced at the best level whose condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name in logs and reports.
    pub name: String,
    /// What it announces, each with its next hop.
    pub prefixes: Vec<(Prefix, NextHop)>,
    /// The path identifier, where add-path is in use.
    pub path_information: Option<PathId>,
    /// To whom; empty: every neighbor that lists the process.
    pub neighbors: Vec<Neighbor>,
    /// Best first, never empty.
    pub levels: Vec<Level>,
    /// Readings in a row that lead to a better level.
    pub rise: u32,
    /// Readings in a row that lead to a worse one.
    pub fall: u32,
    /// Readings of HAProxy that are nearer to each other than this count as one. (Half of `fast_interval`.)
    pub apart: Duration,
    /// For how long routes stay as they are while the state is unknown.
    pub hold: Duration,
    /// What follows the hold.
    pub then: ThenUnknown,
    /// For how long nothing is announced after a start.
    pub warm_up: Duration,
    /// Back-off before a flapping service is announced again; absent: none.
    pub damping: Option<Damping>,
    /// The same service at other NVAs; absent: none is configured.
    pub siblings: Option<Siblings>,
    /// The stages of its drain.
    pub drain: DrainPlan,
    /// Each host prefix must be an address of this host.
    pub require_address: bool,
    /// HAProxy's variable that says until when it is sure that the routes are out.
    pub announced_variable: Variable,
}

impl Service {
    /// How it takes over from siblings that are silent; absent: it does not.
    pub fn takeover(&self) -> Option<&Takeover> {
        self.siblings.as_ref()?.takeover.as_ref()
    }

    /// The levels, with their places, at which another region serves through this one: they watch none of the best
    /// level's backends.
    pub fn through(&self) -> impl Iterator<Item = (usize, &Level)> {
        let own = self.levels.first().map(|best| best.when.backends());
        let own = own.unwrap_or_default();
        let levels = self.levels.iter().enumerate();
        levels.filter(move |(_, level)| {
            let others = level.when.backends();
            let is_own = |name| own.contains(name);
            !own.is_empty() && !others.is_empty() && !others.iter().any(is_own)
        })
    }

    /// All that its routes may carry: at a level, while it is drained, while it takes over, and as the last resort.
    pub fn attributes(&self) -> impl Iterator<Item = &Attributes> {
        let levels = self
            .levels
            .iter()
            .flat_map(|level| [&level.attributes, &level.drained]);
        let alone = self.siblings.iter().map(|siblings| &siblings.attributes);
        levels
            .chain(self.takeover().map(|rule| &rule.attributes))
            .chain(alone)
    }

    /// Its route to a prefix, apart from what it carries.
    pub fn route_key(&self, prefix: Prefix) -> RouteKey {
        let (path_information, neighbors) = (self.path_information, self.neighbors.clone());
        RouteKey {
            prefix,
            path_information,
            neighbors,
        }
    }

    /// Its routes, apart from what they carry.
    pub fn route_keys(&self) -> impl Iterator<Item = RouteKey> {
        self.prefixes
            .iter()
            .map(|(prefix, _)| self.route_key(*prefix))
    }
}

/// A level: a condition and what the route carries while it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Its name in logs and reports.
    pub name: String,
    /// It may be in force while this holds.
    pub when: Condition,
    /// What the route carries then.
    pub attributes: Attributes,
    /// What it carries while the service is being drained.
    pub drained: Attributes,
    /// Readings in a row that lead to it from a worse one.
    pub rise: u32,
    /// Readings in a row that lead from it to a worse one.
    pub fall: u32,
}

impl Level {
    /// A better level that holds wherever this one does: of the levels that hold, the first counts.
    pub fn hidden_by<'levels>(&self, better: &'levels [Self]) -> Option<&'levels Self> {
        better.iter().find(|other| self.when.implies(&other.when))
    }
}

/// The stages of a drain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainPlan {
    /// HAProxy asks its clients to close for so long before the route moves; zero without `haproxy.control`.
    pub ask: Duration,
    /// The route is out with a longer path for so long before it is withdrawn.
    pub depreferred: Duration,
    /// HAProxy's variable that is 1 while the service is drained.
    pub variable: Variable,
}

/// How a service that flaps is kept back: the first return is at once, the second after `wait`, each further one
/// after twice as long, until nothing fell for `quiet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damping {
    /// Before the second return.
    pub wait: Duration,
    /// The longest wait.
    pub ceiling: Duration,
    /// After so long without a fall, all is forgotten.
    pub quiet: Duration,
}

/// The same service at other NVAs. While none of them is known to be healthy, the route stays out as the last resort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Siblings {
    /// Their health pages, never empty.
    pub probes: Vec<Probe>,
    /// Those of this NVA's own region: they have the same servers and the same path.
    pub same_region: Vec<Url>,
    /// How long a sibling that comes back must be healthy before the last resort is withdrawn.
    pub settle: Duration,
    /// What the route carries as the last resort.
    pub attributes: Attributes,
    /// What becomes of the route while those are silent that are preferred to this region; absent: nothing.
    pub takeover: Option<Takeover>,
}

impl Siblings {
    /// The page is that of an NVA of this region.
    pub fn is_near(&self, page: &Probe) -> bool {
        page.url().is_some_and(|url| self.same_region.contains(url))
    }
}

/// How a region takes over from siblings whose routes are preferred to its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takeover {
    /// Their health pages, never empty, each with the time that an answer may take.
    pub probes: Vec<Probe>,
    /// Between the beginnings of two questions.
    pub every: Duration,
    /// How long all of them must be silent.
    pub after: Duration,
    /// What the route carries then. Routers prefer it to that of any level.
    pub attributes: Attributes,
}

/// What follows the hold, while the state is still unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThenUnknown {
    /// Withdraw.
    Withdraw,
    /// Go on holding.
    Keep,
}
