//! What should be: by the servers, HAProxy's word, the hosts and the orders, as a second opinion beside the program's.

use haproxy_rhi::config::Service;
use haproxy_rhi::route::{Attributes, Route};

use super::setting::{Beside, LevelSpec, Need, ServiceSpec};
use super::world::World;
use super::{MS, Time};

/// How long a route's path is.
pub fn length(route: &Route) -> usize {
    route
        .attributes
        .as_path
        .as_ref()
        .map_or(1, |path| path.len())
}

impl World {
    /// The level that holds by HAProxy's word of now, and by what is on the host.
    pub fn level(&self, n: usize, service: &ServiceSpec) -> Option<usize> {
        let (nva, k) = (&self.nvas[n], service.number);
        if !nva.haproxy.answers() || service.require_address && !nva.addresses[k] {
            return None;
        }
        service
            .levels
            .iter()
            .position(|level| self.level_holds(n, k, level))
    }

    fn level_holds(&self, n: usize, k: usize, level: &LevelSpec) -> bool {
        let nva = &self.nvas[n];
        let rows = &nva.haproxy.services[k];
        let usable = rows.iter().filter(|row| row.is_usable()).count();
        let weight: u32 = rows
            .iter()
            .filter(|row| row.is_usable())
            .map(|row| row.weight)
            .sum();
        let enough = match level.need {
            Need::Any => usable >= 1,
            Need::Active(count) => usable >= count,
            Need::Percent(share) => usable * 100 >= rows.len() * share && usable >= 1,
            Need::Weight(sum) => weight as usize >= sum,
        };
        enough
            && level.beside.iter().all(|beside| match beside {
                Beside::Frontend => nva.haproxy.frontends[k],
                Beside::File => nva.files[k],
                Beside::Tcp => nva.ports[k],
            })
    }

    /// Its HAProxy takes connections to the address, if only to answer 503.
    pub fn answers(&self, n: usize, service: &ServiceSpec) -> bool {
        let (nva, k) = (&self.nvas[n], service.number);
        let named = service
            .levels
            .iter()
            .any(|level| level.beside.contains(&Beside::Frontend));
        nva.haproxy.answers()
            && (!service.require_address || nva.addresses[k])
            && (!named || nva.haproxy.frontends[k])
    }

    /// What another NVA should learn of this one in the end.
    pub fn page_should(&self, n: usize, k: usize) -> bool {
        let nva = &self.nvas[n];
        let Some(service) = nva.service(k) else {
            return false;
        };
        let sessions = &nva.exabgp.sessions;
        let up = match service.neighbors {
            Some(session) => sessions[session].up,
            None => sessions.iter().any(|session| session.up),
        };
        nva.file.control
            && nva.haproxy.control
            && nva.haproxy.counted(k) > 0
            && up
            && nva.drained(k).is_none()
            && self.level(n, service).is_some()
    }

    /// A sibling of another region that says that it is healthy, and can be heard.
    fn has_healthy_sibling(&self, n: usize, k: usize) -> bool {
        self.setting
            .siblings(n)
            .any(|other| !self.is_apart(n, other) && self.page_should(other, k))
    }

    /// Of those that are preferred to it, nobody serves, and one at least is silent.
    fn should_take_over(&self, n: usize, k: usize) -> bool {
        let is_silent = |other: usize| {
            let haproxy = &self.nvas[other].haproxy;
            haproxy.alive && haproxy.hangs || self.is_apart(n, other)
        };
        let all: Vec<usize> = self.setting.preferred(n).collect();
        all.iter().any(|other| is_silent(*other))
            && all
                .iter()
                .all(|other| is_silent(*other) || !self.page_should(*other, k))
    }

    /// What the service's routes should carry; absent: it should be withdrawn.
    pub fn expected<'config>(
        &self,
        n: usize,
        spec: &ServiceSpec,
        service: &'config Service,
    ) -> Option<&'config Attributes> {
        let level = self.level(n, spec);
        let healthy = spec.siblings && self.has_healthy_sibling(n, spec.number);
        let last = || {
            let resort = service
                .siblings
                .as_ref()
                .filter(|_| self.answers(n, spec) && !healthy);
            resort.map(|siblings| &siblings.attributes)
        };
        match (self.nvas[n].drained(spec.number), level) {
            (Some(true), _) => None,
            (Some(false), _) if !spec.siblings || healthy => None,
            // A drain that may not withdraw keeps it: a longer path would lead to those that are silent.
            (_, Some(0)) if spec.siblings && self.should_take_over(n, spec.number) => {
                service.takeover().map(|rule| &rule.attributes)
            }
            (Some(false), Some(level)) => Some(&service.levels[level].drained),
            (None, Some(level)) => Some(&service.levels[level].attributes),
            (_, None) => last(),
        }
    }

    /// The times that the configuration itself states, of a return at most.
    pub fn grace(&self, n: usize, service: &ServiceSpec) -> Time {
        let damping = service.damping.map_or(0, |(_, ceiling, _)| ceiling);
        let refused = self.nvas[n]
            .marks
            .refused
            .is_some_and(|at| self.now < at + 60_000 * MS);
        let stated =
            service.hold + service.settle + damping + service.warm_up + 3 * service.sibling_timeout;
        10_000 * MS
            + (stated + service.ask + service.depreferred) * MS
            + if refused { 25_000 * MS } else { 0 }
    }

    pub fn longest_grace(&self, n: usize) -> Time {
        self.nvas[n]
            .file
            .services
            .iter()
            .map(|service| self.grace(n, service))
            .max()
            .unwrap_or(10_000 * MS)
    }

    /// When something changed last of an NVA or, where that matters, of those that it asks.
    pub fn quiet_since(&self, n: usize, with_siblings: bool) -> Time {
        let own = self.nvas[n].marks.touched;
        if !with_siblings {
            return own;
        }
        let others = self
            .setting
            .siblings(n)
            .map(|other| self.nvas[other].marks.touched)
            .max()
            .unwrap_or(0);
        own.max(others).max(self.partitioned)
    }
}
