//! What a service's own moves must obey: rise and fall, settle, damping, and that a reload is no event.

use haproxy_rhi::change::Change;
use haproxy_rhi::glance::Standing;

use super::fault::Fault;
use super::invariant::Invariant;
use super::moves::LOOK;
use super::setting::SERVICES;
use super::world::World;
use super::{MS, Time};

/// What is counted beside the program, of one service of one process.
#[derive(Debug, Clone, Default)]
pub struct Readings {
    /// Where it stands; absent: not known here.
    standing: Option<Standing>,
    /// Looks in a row that showed something better, or something worse.
    better: u64,
    worse: u64,
    /// `better` before the last look, which may be on its way to the program.
    before: u64,
    /// When a look saw that last.
    last: Time,
    /// When a look saw a level last, or the program took it for one by what it remembers.
    level: Option<Time>,
    /// The last look saw servers that were not checked.
    unsettled: bool,
    /// Levels were left and come back to.
    outages: u32,
    fallen: bool,
}

/// What an earlier process of HAProxy knew counts for the program: nobody counts that here.
const MANY: u64 = 1000;

impl Readings {
    /// A new process knows nothing of falls.
    pub fn begin(&mut self) {
        *self = Self::default();
        self.forget();
    }

    pub fn standing(&self) -> Option<Standing> {
        self.standing
    }

    pub fn last(&self) -> Time {
        self.last
    }

    pub fn level(&self) -> Option<Time> {
        self.level
    }

    /// It stands where nobody knows, and an outage that nobody saw the end of may be over.
    pub fn forget(&mut self) {
        self.fallen = false;
        (self.standing, self.better, self.worse) = (None, MANY, MANY);
    }
}

impl World {
    /// A look sees HAProxy as it is now. One that hangs is told of later, when others may have been before it: it ends no row.
    pub fn sampled(&mut self, n: usize, hangs: bool) {
        for k in 0..self.nvas[n].marks.readings.len() {
            let nva = &self.nvas[n];
            let level = nva.service(k).and_then(|service| self.level(n, service));
            let settled = nva.haproxy.answers() && nva.haproxy.is_settled();
            let readings = &mut self.nvas[n].marks.readings[k];
            let standing = readings.standing.unwrap_or(Standing::NotYetKnown);
            let seen = level.map_or(Standing::Down, Standing::Level);
            // What is seen within this time is one reading, whatever the second look says.
            let apart = !hangs && self.now >= readings.last + 100 * MS;
            let row = |is: bool, count: u64| {
                if is {
                    count + 1
                } else if apart {
                    0
                } else {
                    count
                }
            };
            if !hangs {
                readings.last = self.now;
            }
            readings.before = readings.better;
            readings.level = level.map_or(readings.level, |_| Some(self.now));
            readings.better = row(seen.rank() < standing.rank(), readings.better);
            readings.worse = row(seen.rank() > standing.rank(), readings.worse);
            if !settled
                || std::mem::replace(&mut readings.unsettled, !settled)
                || readings.standing.is_none()
            {
                (readings.better, readings.worse) = (MANY, MANY);
            }
            readings.unsettled = !settled;
        }
    }

    /// Servers that are not checked yet are what they were in an earlier process of HAProxy.
    pub fn remembered(&mut self, n: usize) {
        let Some(program) = &self.nvas[n].program else {
            return;
        };
        let rises = |name: &str| {
            let pending = program
                .view()
                .judge
                .health(name)
                .and_then(|health| health.pending);
            pending.is_some_and(|pending| matches!(pending.target.into(), Standing::Level(_)))
        };
        let services = self.nvas[n]
            .file
            .services
            .iter()
            .filter(|service| rises(&service.name));
        let numbers: Vec<usize> = services.map(|service| service.number).collect();
        for k in numbers {
            self.nvas[n].marks.readings[k].level = Some(self.now);
        }
    }

    /// A service moved, or is kept back.
    pub fn check_readings(&mut self, n: usize, name: &str, change: &Change) {
        let nva = &self.nvas[n];
        let Some(service) = nva
            .file
            .services
            .iter()
            .find(|service| service.name == name)
        else {
            // What was edited away goes on where what is left could not be watched. One that has another name now begins anew.
            let number = SERVICES.iter().position(|known| *known == name);
            let is_away = |k: &usize| nva.file.services.iter().all(|one| one.number != *k);
            if let Some(k) = number.filter(is_away) {
                self.count_outages(n, k, change);
            }
            return;
        };
        // What is edited is not in force before what it wants to know is watched.
        let in_force = nva
            .program
            .as_ref()
            .and_then(|program| program.view().config?.service(name));
        let rise = in_force.map_or(service.rise, |service| service.rise.into());
        let (k, fall) = (service.number, service.fall);
        let probed = service.is_probed();
        let wished = nva.haproxy.services[k]
            .iter()
            .any(|row| row.admin != super::haproxy::Admin::Ready)
            || !nva.haproxy.frontends[k]
            || nva.haproxy.services[k].iter().any(|row| row.weight != 1);
        let newly = self.now < nva.marks.wished + 10_000 * MS;
        // A reload right after it has forgotten it, and the look that saw it is judged now.
        let forgotten = nva.marks.wished > 0 && self.now < nva.marks.wished + 500 * MS;
        let readings = nva.marks.readings[k].clone();
        // The word of others ends a wait for a better level, before the program has the look that saw something else.
        let is_on_its_way = nva.marks.ill_at == self.now && self.now < readings.last + LOOK;
        let better = match is_on_its_way {
            true => readings.better.max(readings.before),
            false => readings.better,
        };
        match *change {
            Change::Moved {
                from: Standing::Level(_) | Standing::LastStanding | Standing::Down,
                to: Standing::Level(to),
            } if !probed && rises(change) && better < rise => {
                self.violate(Invariant::Readings, n, || {
                    format!("{name} rises to level {to} after {better} of {rise} readings")
                });
            }
            Change::Moved {
                from: Standing::Level(_),
                ..
            } if !(probed
                || wished && newly
                || forgotten
                || rises(change)
                || self.is_unsure(n, k))
                && nva.haproxy.answers()
                && readings.worse < fall =>
            {
                self.violate(Invariant::Readings, n, || {
                    format!("{name} falls after {} of {fall} readings", readings.worse)
                });
            }
            Change::KeptBack {
                falls: Some(falls), ..
            } if falls > readings.outages => {
                self.violate(Invariant::Damping, n, || {
                    format!(
                        "{name} is kept back for {falls} falls, after {} outages",
                        readings.outages
                    )
                });
            }
            _ => {}
        }
        self.count_outages(n, k, change);
    }

    /// HAProxy could not be read, or its address was away, a moment ago.
    pub fn is_unsure(&self, n: usize, k: usize) -> bool {
        self.now < self.nvas[n].marks.mute[k] + 8_000 * MS && self.nvas[n].marks.mute[k] > 0
    }

    fn count_outages(&mut self, n: usize, k: usize, change: &Change) {
        let readings = &mut self.nvas[n].marks.readings[k];
        if let Change::Moved { to, .. } = *change {
            readings.standing = Some(to);
            (readings.better, readings.worse, readings.before) = (MANY, MANY, 0);
        }
        match *change {
            Change::Moved {
                from: Standing::Level(_),
                ..
            } if !rises(change) => {
                readings.outages += u32::from(!readings.fallen);
                readings.fallen = true;
            }
            Change::Moved {
                to: Standing::Level(_),
                ..
            } => readings.fallen = false,
            _ => {}
        }
    }

    /// The last resort is withdrawn: a sibling that came back has been healthy for as long as `settle` says.
    pub fn check_settled(&mut self, n: usize, name: &str, change: &Change) {
        let Change::Moved {
            from: Standing::LastStanding,
            to: Standing::Down,
        } = *change
        else {
            return;
        };
        let nva = &self.nvas[n];
        let Some(service) = nva
            .file
            .services
            .iter()
            .find(|service| service.name == name)
        else {
            return;
        };
        let view = nva.program.as_ref().map(|program| program.view());
        let in_force = view.and_then(|view| view.config?.service(name)?.siblings.as_ref());
        let settle = in_force.map_or(0, |siblings| siblings.settle.as_micros() as Time);
        let k = service.number;
        if !self.answers(n, service) || self.is_unsure(n, k) {
            return;
        }
        let healthy = || {
            nva.marks
                .words
                .iter()
                .filter(|((_, number), (healthy, _))| *number == k && *healthy)
        };
        let settled =
            healthy().any(|(_, (_, since))| *since == 0 || self.now + 100 * MS >= since + settle);
        if healthy().next().is_some() && !settled {
            self.violate(Invariant::Settled, n, || {
                format!("{name} trusts a sibling that came back just now")
            });
        }
    }

    /// A reload of a healthy HAProxy, where all has been well for a while: nothing may be said until its checks are over.
    pub fn is_calm_reload(&self, fault: Fault) -> Option<usize> {
        let Fault::Reload(n) = fault else { return None };
        let nva = &self.nvas[n];
        let as_new = nva
            .haproxy
            .services
            .iter()
            .flatten()
            .all(|row| row.is_usable() && row.weight == 1);
        let alive = self.servers[nva.spec.region]
            .iter()
            .flatten()
            .all(|alive| *alive);
        let well = nva.haproxy.frontends.iter().all(|open| *open) && nva.haproxy.answers();
        let watched = !nva.file.services.is_empty()
            && (0..SERVICES.len()).all(|k| nva.service(k).is_none() || self.may_be_watched(n, k));
        (as_new && alive && well && watched && nva.program.is_some()).then_some(n)
    }

    /// Told to leave, and `on_exit` says withdraw: nothing is out when its successor begins.
    pub fn check_left(&mut self, n: usize) {
        let exabgp = &self.nvas[n].exabgp;
        let left = exabgp.alive
            && !exabgp.stuck
            && exabgp.sessions.iter().any(|session| {
                // ExaBGP 6 has withdrawn it, and sends that a moment later.
                let out = match exabgp.is_six() {
                    true => &session.believes,
                    false => &session.table,
                };
                session.up && !session.silent && session.remote && !out.is_empty()
            });
        let marks = &self.nvas[n].marks;
        if left && !marks.forgotten && marks.faults == marks.faults_at_leave {
            self.violate(Invariant::Left, n, || {
                "it was told to leave, and its routes stay".to_owned()
            });
        }
    }
}

fn rises(change: &Change) -> bool {
    matches!(change, Change::Moved { from, to } if to.rank() < from.rank())
}

/// So long after a SIGTERM everything is withdrawn.
pub const LEFT: Time = 45 * MS;
