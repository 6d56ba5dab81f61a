//! What a fault does to the world.

use crate::config::Config;
use crate::program::{Input, Reason};
use crate::world::haproxy::{Admin, Seen};
use crate::world::queue::{MS, Time};

use super::play::{Event, Play};
use super::site::Node;

/// The time from HAProxy's start until each server is checked once.
const CHECKED: Time = 500 * MS;
/// The time until ExaBGP starts a dead process again.
const RESPAWN: Time = 100 * MS;

/// Something that is done to an NVA or a peer, by their numbers.
#[derive(Debug, Clone)]
pub enum Act {
    /// How many servers of each backend are UP in HAProxy.
    Servers(usize, usize),
    PeerServes(usize, bool),
    HaproxyDies(usize),
    HaproxyStarts(usize),
    HaproxyHangs(usize, bool),
    HaproxyReloads(usize),
    Vanishes(usize),
    Boots(usize),
    PeerVanishes(usize),
    PeerBoots(usize),
    ExabgpDies(usize),
    ExabgpStarts(usize),
    ProcessDies(usize),
    /// Two do not see each other (true), or do again.
    Part(usize, usize, bool),
    Drain(usize, bool),
    Edit(usize, Box<Config>),
}

impl Play {
    /// Does it now.
    pub fn act(&mut self, act: &Act) {
        match act {
            Act::Servers(n, alive) => self.servers(*n, *alive),
            Act::PeerServes(p, serves) => self.peer(*p, |peer| peer.serves = *serves),
            Act::HaproxyDies(n) => self.haproxy_dies(*n),
            Act::HaproxyStarts(n) | Act::HaproxyReloads(n) => self.haproxy_begins(*n),
            Act::HaproxyHangs(n, hangs) => {
                let node = self.nodes.get_mut(*n).into_iter();
                node.for_each(|node| node.haproxy.hangs = *hangs);
            }
            Act::Vanishes(n) => self.vanishes(*n),
            Act::Boots(n) => self.boots(*n),
            Act::PeerVanishes(p) => self.peer_vanishes(*p),
            Act::PeerBoots(p) => self.peer(*p, |peer| (peer.gone, peer.out) = (false, true)),
            Act::ExabgpDies(n) => {
                let gone = "ExaBGP closed its end of the pipe".to_owned();
                self.feed(*n, vec![Input::Leave(Reason::Gone(gone))]);
                self.exabgp_ends(*n);
                self.tables_end(*n);
            }
            Act::ExabgpStarts(n) => {
                let generation = self.nodes.get(*n).map_or(0, |node| node.exabgp.generation);
                self.exabgp_starts(*n, generation);
            }
            Act::ProcessDies(n) => self.process_ends(*n, Some(RESPAWN)),
            Act::Part(one, other, apart) => {
                let pair = (*one.min(other), *one.max(other));
                match apart {
                    true => self.apart.insert(pair),
                    false => self.apart.remove(&pair),
                };
            }
            Act::Drain(n, on) => self.drain(*n, *on),
            Act::Edit(n, config) => {
                let now = self.queue.instant(self.queue.now());
                let node = self.nodes.get_mut(*n).into_iter();
                node.for_each(|node| node.edit((**config).clone(), now));
                self.feed(*n, vec![Input::Configuration(config.clone())]);
            }
        }
        self.stale = true;
        self.look_at_clients();
    }

    fn peer(&mut self, p: usize, change: impl FnMut(&mut super::peers::Peer)) {
        self.peers.get_mut(p).into_iter().for_each(change);
    }

    fn servers(&mut self, n: usize, alive: usize) {
        if let Some(node) = self.nodes.get_mut(n) {
            node.revive(true, alive);
        }
        self.haproxy_logs(n);
        // Servers that stand for this region's, at other NVAs.
        for other in (0..self.nodes.len()).filter(|other| *other != n) {
            let lives = |(number, node): (usize, &Node)| number != other && node.lives();
            let alive = if self.nodes.iter().enumerate().any(lives) {
                usize::MAX
            } else {
                0
            };
            if let Some(node) = self.nodes.get_mut(other)
                && node.revive(false, alive)
            {
                self.haproxy_logs(other);
            }
        }
    }

    fn haproxy_dies(&mut self, n: usize) {
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        (node.haproxy.alive, node.haproxy.hangs) = (false, false);
        node.haproxy.variables.clear();
        self.haproxy_ended(n);
    }

    /// A new process of HAProxy, which has checked no server yet.
    fn haproxy_begins(&mut self, n: usize) {
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        let was_alive = node.haproxy.alive;
        let weight = node
            .haproxy
            .services
            .iter()
            .flatten()
            .map(|row| row.weight)
            .max();
        node.haproxy.begin();
        let rows = node.haproxy.services.iter_mut().flatten();
        rows.for_each(|row| row.weight = weight.unwrap_or(1));
        let pid = node.haproxy.pid;
        self.queue.after(CHECKED, Event::Checked(n, pid));
        // The old process of a reload ends, which is a reason to look.
        if was_alive {
            self.haproxy_ended(n);
        }
    }

    /// HAProxy's first checks end: its servers are UP.
    pub fn checked(&mut self, n: usize, pid: u32) {
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        if node.haproxy.pid != pid || !node.haproxy.alive {
            return;
        }
        let rows = node.haproxy.services.iter_mut().flatten();
        rows.filter(|row| row.admin == Admin::Ready)
            .for_each(|row| row.seen = Seen::Up);
        node.haproxy.changed();
        self.stale = true;
    }

    /// The machine is gone without a word: its routes stay for the hold time.
    fn vanishes(&mut self, n: usize) {
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        node.gone = true;
        node.boots += 1;
        let boots = node.boots;
        (node.haproxy.alive, node.haproxy.hangs) = (false, false);
        node.haproxy.variables.clear();
        let sessions = node.exabgp.sessions.iter_mut();
        sessions.for_each(|session| session.up = false);
        self.process_ends(n, None);
        self.queue.after(self.hold, Event::HoldEnds(n, boots));
    }

    /// The machine starts; of what it had announced, only the ledger is left.
    fn boots(&mut self, n: usize) {
        self.tables_end(n);
        self.exabgp_ends(n);
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        node.gone = false;
        let generation = node.exabgp.generation;
        self.haproxy_begins(n);
        self.exabgp_starts(n, generation);
    }

    fn peer_vanishes(&mut self, p: usize) {
        let hold = self.hold;
        let Some(peer) = self.peers.get_mut(p) else {
            return;
        };
        peer.gone = true;
        peer.boots += 1;
        let boots = peer.boots;
        self.queue.after(hold, Event::PeerHoldEnds(p, boots));
    }

    fn drain(&mut self, n: usize, on: bool) {
        let now = self.queue.now();
        let node = self.nodes.get_mut(n).into_iter();
        node.for_each(|node| node.drained = on.then_some(now));
        let orders = self.declared(n);
        self.feed(n, vec![Input::Orders(orders)]);
    }
}
