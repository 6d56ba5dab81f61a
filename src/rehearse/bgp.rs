//! ExaBGP's turns, its sessions, and what the Route Servers have of each NVA.

use std::collections::BTreeSet;

use crate::exabgp::Message;
use crate::program::Input;
use crate::world::exabgp::Change;
use crate::world::queue::MS;

use super::play::{Event, Play, SESSION};
use super::record::Seen;
use super::site::length;

impl Play {
    /// ExaBGP starts, its process and its sessions follow.
    pub fn exabgp_starts(&mut self, n: usize, generation: u32) {
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        if node.exabgp.generation != generation || node.gone {
            return;
        }
        node.exabgp.alive = true;
        let life = node.life;
        let sessions = node
            .exabgp
            .sessions
            .iter()
            .map(|session| session.generation);
        for (s, generation) in sessions.enumerate() {
            self.queue
                .after(SESSION, Event::Establish(n, s, generation));
        }
        self.queue.after(20 * MS, Event::ProcessStarts(n, life));
    }

    /// Schedules a turn of ExaBGP's loop, if there is something to do and none is scheduled.
    pub fn order_turn(&mut self, n: usize) {
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        let exabgp = &mut node.exabgp;
        if exabgp.turning || !exabgp.alive || exabgp.is_idle() || node.gone {
            return;
        }
        exabgp.turning = true;
        self.queue.after(500, Event::Turn(n, exabgp.generation));
    }

    /// A turn of its loop.
    pub fn turn(&mut self, n: usize, generation: u32) {
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        let exabgp = &mut node.exabgp;
        if exabgp.generation != generation || node.gone {
            return;
        }
        exabgp.turning = false;
        let (answers, sent) = exabgp.turn();
        for (s, change) in sent {
            self.arrives(n, s, change);
        }
        if !answers.is_empty() {
            self.queue.after(100, Event::Heard(n, generation, answers));
        }
        self.order_turn(n);
    }

    /// What ExaBGP said arrives.
    pub fn hear(&mut self, n: usize, generation: u32, messages: Vec<Message>) {
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        if node.exabgp.generation != generation {
            return;
        }
        match node.program {
            Some(_) => self.feed(n, messages.into_iter().map(Input::Heard).collect()),
            None => node.unheard.extend(messages),
        }
    }

    /// A session comes up.
    pub fn establish(&mut self, n: usize, s: usize, generation: u32) {
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        let current = node
            .exabgp
            .sessions
            .get(s)
            .map(|session| session.generation);
        if current != Some(generation) || !node.exabgp.alive || node.gone {
            return;
        }
        let life = node.exabgp.generation;
        let sent = node.exabgp.establish(s);
        let session = node.exabgp.sessions.get_mut(s).into_iter();
        session.for_each(|session| session.remote = true);
        let up = node.exabgp.up(s).into_iter().collect();
        self.stale = true;
        self.queue.after(100, Event::Heard(n, life, up));
        for (s, change) in sent {
            self.arrives(n, s, change);
        }
    }

    /// An UPDATE arrives at a Route Server.
    fn arrives(&mut self, n: usize, s: usize, change: Change) {
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        let Some(session) = node
            .exabgp
            .sessions
            .get_mut(s)
            .filter(|session| session.remote)
        else {
            return;
        };
        let Change { id, to, .. } = change;
        let before = match &to {
            Some(route) => session.table.insert(id, route.clone()),
            None => session.table.remove(&id),
        };
        self.stale |= before != to;
        let leaves = before.is_some() && to.is_none();
        if let Some(neighbor) = node.left(s, &id.0).filter(|_| leaves) {
            self.see(Seen::Left(n, id.0, neighbor));
        } else if before != to && node.is_first(s, &id.0) {
            let length = to.as_ref().map(|route| length(&route.attributes));
            let other =
                before.is_some_and(|before| Some(self::length(&before.attributes)) == length);
            let prefix = id.0;
            self.see(Seen::Route {
                node: n,
                prefix,
                length,
                other,
                dropped: false,
            });
        }
    }

    /// The Route Servers forget what they heard of an NVA.
    pub fn tables_end(&mut self, n: usize) {
        self.stale = true;
        let mut ended = BTreeSet::new();
        let sessions = self.nodes.get_mut(n).into_iter();
        let sessions = sessions.flat_map(|node| node.exabgp.sessions.iter_mut());
        for session in sessions {
            session.remote = false;
            let table = std::mem::take(&mut session.table);
            ended.extend(table.into_keys().map(|(prefix, _)| prefix));
        }
        for prefix in ended {
            self.see(Seen::Route {
                node: n,
                prefix,
                length: None,
                other: false,
                dropped: true,
            });
        }
    }

    /// ExaBGP is gone, with its sessions.
    pub fn exabgp_ends(&mut self, n: usize) {
        let node = self.nodes.get_mut(n).into_iter();
        node.for_each(|node| {
            node.exabgp.die();
            node.unheard.clear();
        });
        self.process_ends(n, None);
    }

    /// The hold time of a machine that is gone is over.
    pub fn hold_ends(&mut self, n: usize, boots: u32) {
        let node = self.nodes.get(n);
        if node.is_some_and(|node| node.gone && node.boots == boots) {
            self.see(Seen::Held(n));
            self.tables_end(n);
        }
    }

    /// The hold time of a peer that is gone is over.
    pub fn peer_hold_ends(&mut self, p: usize, boots: u32) {
        let number = self.nodes.len() + p;
        let peer = self.peers.get_mut(p);
        if let Some(peer) = peer.filter(|peer| peer.gone && peer.boots == boots) {
            peer.out = false;
            self.stale = true;
            self.see(Seen::Held(number));
        }
    }
}
