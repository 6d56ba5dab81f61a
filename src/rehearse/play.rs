//! A rehearsal under way: the queue of events, the NVAs and the peers.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

use crate::condition::Probe;
use crate::exabgp::Message;
use crate::observation::Cause;
use crate::program::Settings;
use crate::route::{Prefix, RouteKey};
use crate::world::queue::{MS, Queue, Time};

use super::peers::{Peer, peers};
use super::record::{Clients, Record, Seen};
use super::site::{Node, Region};

/// The wall clock when a rehearsal begins, in microseconds since 1970.
pub const WALL: i64 = 1_800_000_000_000_000;
/// The time until HAProxy answers a look.
pub const LOOK: Time = 500;
/// The time from one region to another, one way.
pub const WAY: Time = 10 * MS;
/// The time from ExaBGP's start until a session is up.
pub const SESSION: Time = 1_000 * MS;

/// A look or a probe of an NVA's process, ordered by the watch of this number.
#[derive(Debug, Clone, Copy)]
pub struct Errand {
    pub n: usize,
    pub life: u32,
    pub number: u32,
    pub begun: Time,
}

/// What is to happen at a time.
#[derive(Debug)]
pub enum Event {
    /// The program asked to be called.
    Wake(usize),
    /// HAProxy is asked, and answers now.
    Look(Errand, Cause),
    /// HAProxy's process (the PID) has ended: looks until this time, or until another process answers.
    Return(usize, u32, Time),
    /// A probe arrives at another region.
    PageAsked(Errand, Box<Probe>),
    /// Its answer arrives, or the time for it is over.
    Probed(Errand, Box<Probe>, Option<bool>),
    /// ExaBGP's loop turns.
    Turn(usize, u32),
    /// What ExaBGP said arrives.
    Heard(usize, u32, Vec<Message>),
    /// HAProxy is told variables.
    Set(usize, u32, Settings),
    /// HAProxy's answer to `Set`.
    Switched(usize, u32, Result<(), String>),
    /// The ledger is written.
    Kept(usize, u32, u32, BTreeSet<RouteKey>),
    /// HAProxy has checked its servers for the first time.
    Checked(usize, u32),
    /// A process of haproxy-rhi starts.
    ProcessStarts(usize, u32),
    /// ExaBGP starts.
    ExabgpStarts(usize, u32),
    /// A session comes up.
    Establish(usize, usize, u32),
    /// The hold time of a machine that is gone is over.
    HoldEnds(usize, u32),
    /// The hold time of a peer that is gone is over.
    PeerHoldEnds(usize, u32),
}

/// A rehearsal.
#[derive(Debug)]
pub struct Play {
    pub queue: Queue<Event>,
    pub nodes: Vec<Node>,
    pub peers: Vec<Peer>,
    /// Pairs of NVAs and peers that do not see each other, the lower number first.
    pub apart: BTreeSet<(usize, usize)>,
    pub hold: Time,
    pub record: Record,
    /// Where clients of each prefix go.
    pub clients: BTreeMap<Prefix, Clients>,
    /// `clients` must be computed again.
    pub stale: bool,
}

impl Play {
    /// All NVAs start. `servers`: how many each backend has; `hold`: BGP's hold time.
    pub fn new(regions: &[Region], servers: usize, hold: Time, start: Instant) -> Self {
        let nodes: Vec<Node> = regions
            .iter()
            .map(|region| Node::new(region, servers, start))
            .collect();
        let mut play = Self {
            queue: Queue::new(start),
            peers: peers(regions),
            nodes,
            apart: BTreeSet::new(),
            hold,
            record: Record::default(),
            clients: BTreeMap::new(),
            stale: true,
        };
        for n in 0..play.nodes.len() {
            let at = MS * (1 + n as Time * 7);
            play.queue.at(at, Event::ExabgpStarts(n, 0));
        }
        play
    }

    /// Plays until `end`.
    pub fn until(&mut self, end: Time) {
        while let Some(event) = self.queue.next(end) {
            self.happen(event);
            self.look_at_clients();
        }
        self.queue.pass(end);
    }

    /// Plays until just after a poll of HAProxy, the worst moment for a fault; for `patience` at most.
    pub fn until_polled(&mut self, n: usize, patience: Time) {
        let (end, polled) = (self.queue.now() + patience, |play: &Self| {
            play.nodes.get(n).map_or(0, |node| node.polled)
        });
        let before = polled(self);
        while polled(self) == before
            && let Some(event) = self.queue.next(end)
        {
            self.happen(event);
            self.look_at_clients();
        }
        let now = self.queue.now();
        self.until(now + MS);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Wake(n) => self.wake(n),
            Event::Look(errand, cause) => self.look_answers(errand, cause),
            Event::Return(n, pid, until) => self.look_for_return(n, pid, until),
            Event::PageAsked(errand, probe) => self.page_asked(errand, probe),
            Event::Probed(errand, probe, holds) => self.probed(errand, *probe, holds),
            Event::Turn(n, generation) => self.turn(n, generation),
            Event::Heard(n, generation, messages) => self.hear(n, generation, messages),
            Event::Set(n, life, settings) => self.set(n, life, settings),
            Event::Switched(n, life, result) => self.switched(n, life, result),
            Event::Kept(n, life, number, keys) => self.kept(n, life, number, keys),
            Event::Checked(n, pid) => self.checked(n, pid),
            Event::ProcessStarts(n, life) => self.process_starts(n, life),
            Event::ExabgpStarts(n, generation) => self.exabgp_starts(n, generation),
            Event::Establish(n, s, generation) => self.establish(n, s, generation),
            Event::HoldEnds(n, boots) => self.hold_ends(n, boots),
            Event::PeerHoldEnds(p, boots) => self.peer_hold_ends(p, boots),
        }
    }

    /// Records an event.
    pub fn see(&mut self, seen: Seen) {
        let now = self.queue.now();
        self.record.add(now, seen);
    }

    /// Whether these two do not see each other. Peers are numbered after the NVAs.
    pub fn is_apart(&self, one: usize, other: usize) -> bool {
        self.apart.contains(&(one.min(other), one.max(other)))
    }

    /// The proxies that a look of this NVA asks for; `None`: HAProxy is not asked.
    pub fn asked(&self, n: usize) -> Option<Rc<BTreeSet<String>>> {
        self.nodes.get(n)?.asked.clone()
    }
}
