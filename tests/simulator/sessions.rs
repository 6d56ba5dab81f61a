//! ExaBGP's turns, its sessions, and what arrives at the Route Servers.

use haproxy_rhi::exabgp::Message;
use haproxy_rhi::program::Input;

use super::exabgp::{Change, Id};
use super::invariant::Invariant;
use super::world::{Event, World};
use super::{MS, Time};

/// A silent session ends after it.
pub const HOLD: Time = 6_000 * MS;

impl World {
    pub fn exabgp_starts(&mut self, n: usize, generation: u32) {
        let nva = &mut self.nvas[n];
        if nva.exabgp.generation != generation {
            return;
        }
        nva.exabgp.alive = true;
        let life = nva.life;
        self.touch_infra(n);
        self.after(20 * MS, Event::ProcessStarts(n, life));
        for s in 0..self.nvas[n].exabgp.sessions.len() {
            let wait = self.nvas[n].random.range(100, 1200) * MS;
            let generation = self.nvas[n].exabgp.sessions[s].generation;
            self.after(wait, Event::Establish(n, s, generation));
        }
    }

    pub fn order_turn(&mut self, n: usize) {
        let exabgp = &mut self.nvas[n].exabgp;
        if exabgp.turning || exabgp.stuck || !exabgp.alive || exabgp.is_idle() {
            return;
        }
        exabgp.turning = true;
        let generation = exabgp.generation;
        let wait = if self.nvas[n].random.chance(10) {
            20 * MS
        } else {
            self.nvas[n].random.range(200, 2000)
        };
        self.after(wait, Event::Turn(n, generation));
    }

    pub fn turn(&mut self, n: usize, generation: u32) {
        let exabgp = &mut self.nvas[n].exabgp;
        if exabgp.generation != generation {
            return;
        }
        exabgp.turning = false;
        if exabgp.stuck {
            return;
        }
        let (answers, sent) = exabgp.turn();
        let (killed, lag) = (exabgp.killed, exabgp.lag);
        for (s, change) in sent {
            self.deliver(n, s, change);
        }
        self.order_round(n);
        if let Some(line) = self.nvas[n].exabgp.for_all.take() {
            self.violate(Invariant::Flush, n, || {
                format!("ExaBGP 6 may give '{line}' to every neighbor")
            });
        }
        if killed {
            self.violate(Invariant::Flush, n, || {
                "a flush for a session that is down ends ExaBGP 4.2".to_owned()
            });
        }
        assert_eq!(self.nvas[n].exabgp.misused, None);
        if !answers.is_empty() {
            self.after(100 + lag, Event::Heard(n, generation, answers));
        }
        self.order_turn(n);
    }

    pub fn order_round(&mut self, n: usize) {
        let generation = self.nvas[n].exabgp.generation;
        if let Some(wait) = self.nvas[n].exabgp.orders_round() {
            self.after(wait, Event::Round(n, generation));
        }
    }

    /// ExaBGP 6 sends what it has acknowledged.
    pub fn send_round(&mut self, n: usize, generation: u32) {
        let exabgp = &mut self.nvas[n].exabgp;
        if exabgp.generation != generation {
            return;
        }
        if exabgp.stuck {
            exabgp.round = false;
            return;
        }
        // Its sessions' UPDATEs leave together, and which session's are first tells nothing.
        let sent = exabgp.send_round();
        let announces = |(s, _): &(usize, Change)| {
            sent.iter()
                .any(|(other, change)| other == s && change.to.is_some())
        };
        let (first, last): (Vec<_>, Vec<_>) = sent.iter().cloned().partition(announces);
        for (s, change) in first.into_iter().chain(last) {
            self.deliver(n, s, change);
        }
    }

    pub fn hear(&mut self, n: usize, generation: u32, messages: Vec<Message>) {
        let nva = &mut self.nvas[n];
        if nva.exabgp.generation != generation {
            return;
        }
        if nva.program.is_none() {
            nva.unheard.extend(messages);
            return;
        }
        self.feed(n, messages.into_iter().map(Input::Heard).collect());
    }

    fn tell(&mut self, n: usize, message: Message) {
        self.note(|| format!("nva {n}: ExaBGP says {message:?}"));
        let generation = self.nvas[n].exabgp.generation;
        self.after(100, Event::Heard(n, generation, vec![message]));
    }

    /// A session comes up, if it can.
    pub fn establish(&mut self, n: usize, s: usize, generation: u32) {
        let exabgp = &self.nvas[n].exabgp;
        let session = &exabgp.sessions[s];
        if session.generation != generation || session.up || !exabgp.alive {
            return;
        }
        if exabgp.stuck || session.silent || self.now < session.down_until {
            self.after(500 * MS, Event::Establish(n, s, generation));
            return;
        }
        self.table_ends(n, s);
        let sent = self.nvas[n].exabgp.establish(s);
        self.nvas[n].exabgp.sessions[s].remote = true;
        self.touch_infra(n);
        let up = self.nvas[n].exabgp.up(s).unwrap();
        self.tell(n, up);
        for (s, change) in sent {
            self.deliver(n, s, change);
        }
    }

    /// The session ends for both.
    pub fn reset(&mut self, n: usize, s: usize, for_: Time) {
        self.nvas[n].exabgp.sessions[s].down_until = self.now + for_;
        for stranger in &mut self.nvas[n].exabgp.strangers {
            stranger.up ^= s == 1;
        }
        self.table_ends(n, s);
        self.exabgp_loses(n, s);
    }

    /// ExaBGP learns that a session is over, and tries again.
    fn exabgp_loses(&mut self, n: usize, s: usize) {
        if !self.nvas[n].exabgp.sessions[s].up {
            return;
        }
        let down = self.nvas[n].exabgp.fall(s).unwrap();
        self.touch_infra(n);
        self.tell(n, down);
        let generation = self.nvas[n].exabgp.sessions[s].generation;
        let wait = self.nvas[n].random.range(50, 800) * MS;
        self.after(wait, Event::Establish(n, s, generation));
    }

    /// No packet passes any more: each end gives up by its own clock.
    pub fn falls_silent(&mut self, n: usize, s: usize) {
        let generation = self.nvas[n].exabgp.sessions[s].generation;
        let late = self.nvas[n].random.range(0, 1000) * MS;
        self.after(HOLD, Event::RouteServerGivesUp(n, s, generation));
        self.after(
            HOLD - 500 * MS + late,
            Event::ExabgpGivesUp(n, s, generation),
        );
    }

    pub fn route_server_gives_up(&mut self, n: usize, s: usize, generation: u32) {
        let exabgp = &self.nvas[n].exabgp;
        let session = &exabgp.sessions[s];
        if (session.silent || exabgp.stuck) && session.generation == generation {
            self.touch_infra(n);
            self.table_ends(n, s);
        }
    }

    pub fn exabgp_gives_up(&mut self, n: usize, s: usize, generation: u32) {
        let exabgp = &self.nvas[n].exabgp;
        let session = &exabgp.sessions[s];
        if session.silent && !exabgp.stuck && session.generation == generation {
            self.exabgp_loses(n, s);
        }
    }

    /// Packets pass again, or ExaBGP goes on: what was on its way arrives, or the session is over.
    pub fn speaks_again(&mut self, n: usize, s: usize) {
        let session = &mut self.nvas[n].exabgp.sessions[s];
        if session.silent || !session.up {
            return;
        }
        if !session.remote {
            self.exabgp_loses(n, s);
            return;
        }
        // It is read in one go, so that a table is what the last word for each route says.
        let wire = std::mem::take(&mut session.wire);
        for (at, change) in wire.iter().enumerate() {
            if wire[at + 1..].iter().all(|later| later.id != change.id) {
                self.deliver(n, s, change.clone());
            }
        }
    }

    /// The Route Server forgets what it heard of the session.
    pub fn table_ends(&mut self, n: usize, s: usize) {
        self.nvas[n].marks.fell = self.now;
        let session = &mut self.nvas[n].exabgp.sessions[s];
        session.remote = false;
        if !session.table.is_empty() {
            session.table.clear();
            self.note(|| {
                format!(
                    "nva {n}: Route Server {s} has no route of its any more, the session is over"
                )
            });
        }
    }

    fn deliver(&mut self, n: usize, s: usize, change: Change) {
        let session = &mut self.nvas[n].exabgp.sessions[s];
        if session.silent {
            session.wire.push(change);
        } else if session.remote {
            self.arrives(n, s, change);
        }
    }

    /// An UPDATE.
    fn arrives(&mut self, n: usize, s: usize, change: Change) {
        let Change { id, to, said } = change;
        let table = &mut self.nvas[n].exabgp.sessions[s].table;
        let before = match &to {
            Some(route) => table.insert(id, route.clone()),
            None => table.remove(&id),
        };
        if before == to {
            return;
        }
        self.note(|| {
            let words = |route: &Option<haproxy_rhi::route::Route>| {
                route.as_ref().map_or("nothing".to_owned(), |route| {
                    format!("a path of {}", super::truth::length(route))
                })
            };
            format!(
                "nva {n}: Route Server {s} has {} for {} (before: {})",
                words(&to),
                id.0,
                words(&before)
            )
        });
        self.updated(n, s, id, to.as_ref(), said);
    }

    /// Whether any Route Server holds a route of this NVA's to the prefix.
    pub fn holds(&self, n: usize, id: Id) -> bool {
        self.nvas[n]
            .exabgp
            .sessions
            .iter()
            .any(|session| session.table.keys().any(|(prefix, _)| *prefix == id.0))
    }
}
