//! Looks, probes and variables: what goes between a program and HAProxy, and between regions.

use std::time::Duration;

use crate::condition::Probe;
use crate::config::{Socket, Stats};
use crate::observation::{Cause, Finding, Look, Reading, Trouble};
use crate::program::{Input, Settings};
use crate::world::queue::{MS, Time};

use super::play::{Errand, Event, LOOK, Play, WALL, WAY};
use super::site::Asked;

/// The interval of the looks for HAProxy's return, and for how long they go on: as in `observe`.
const RETURN: Time = 100 * MS;
const RETURNS: Time = 10_000 * MS;

impl Play {
    fn errand(&self, n: usize, number: u32) -> Errand {
        Errand {
            n,
            life: self.life(n),
            number,
            begun: self.queue.now(),
        }
    }

    /// Orders a look at HAProxy and the addresses.
    pub fn order_look(&mut self, n: usize, number: u32, cause: Cause) {
        let errand = self.errand(n, number);
        let node = self.nodes.get_mut(n).into_iter();
        node.filter(|_| cause == Cause::Poll)
            .for_each(|node| node.polled = errand.begun);
        self.queue.after(LOOK, Event::Look(errand, cause));
    }

    /// HAProxy logs: a look at once, where `events` is configured.
    pub fn haproxy_logs(&mut self, n: usize) {
        let node = self.nodes.get(n);
        let hears =
            node.filter(|node| node.plan.haproxy.events.is_some() && node.program.is_some());
        if let Some(number) = hears.map(|node| node.number) {
            self.order_look(n, number, Cause::Event);
        }
    }

    /// HAProxy's process has ended, which is seen over a Unix socket.
    pub fn haproxy_ended(&mut self, n: usize) {
        let Some(node) = self.nodes.get(n).filter(|node| node.program.is_some()) else {
            return;
        };
        if let Stats::Socket(Socket::Unix(_)) = node.plan.haproxy.stats
            && node.asked.is_some()
        {
            let (pid, until) = (node.haproxy.pid, self.queue.now() + RETURNS);
            self.queue.after(LOOK, Event::Return(n, pid, until));
        }
    }

    /// Looks again and again until another process of HAProxy answers.
    pub fn look_for_return(&mut self, n: usize, pid: u32, until: Time) {
        let Some(node) = self.nodes.get(n).filter(|node| node.program.is_some()) else {
            return;
        };
        let (number, is_back) = (node.number, node.haproxy.pid != pid);
        self.order_look(n, number, Cause::End);
        if !is_back && self.queue.now() < until {
            self.queue.after(RETURN, Event::Return(n, pid, until));
        }
    }

    /// HAProxy answers a look, or does not.
    pub fn look_answers(&mut self, errand: Errand, cause: Cause) {
        let Errand { n, life, .. } = errand;
        let (now, asked) = (self.queue.now(), self.asked(n));
        let Some(node) = self.nodes.get_mut(n).filter(|node| node.life == life) else {
            return;
        };
        let timeout = errand.begun + micros(node.plan.haproxy.timeout);
        let hangs = node.haproxy.alive && node.haproxy.hangs;
        if hangs && asked.is_some() && now < timeout {
            self.queue.at(timeout, Event::Look(errand, cause));
            return;
        }
        let haproxy = asked.map(|names| match (node.haproxy.alive, hangs) {
            (false, _) => Err(Trouble::Gone("connection refused".to_owned())),
            (true, true) => Err(Trouble::Unreadable("no answer in time".to_owned())),
            (true, false) => {
                let mut snapshot = node.haproxy.snapshot(&names, now);
                // The stats page does not name the process.
                if let Stats::Page { .. } = node.plan.haproxy.stats {
                    snapshot.process = None;
                }
                Ok(snapshot)
            }
        });
        let addresses = node.plan.addresses.iter();
        let look = Look {
            at: self.queue.instant(errand.begun),
            cause,
            haproxy,
            addresses: addresses.map(|address| (*address, Ok(true))).collect(),
        };
        self.feed(n, vec![Input::Looked(errand.number, look)]);
    }

    /// Orders a probe.
    pub fn order_probe(&mut self, n: usize, number: u32, probe: Probe) {
        let errand = self.errand(n, number);
        let target = self.nodes.get(n).and_then(|node| node.pages.get(&probe));
        let probe = Box::new(probe);
        match target {
            Some(Asked::Else | Asked::Off) | None => {
                let holds = Some(target != Some(&Asked::Off));
                self.queue.after(LOOK, Event::Probed(errand, probe, holds));
            }
            Some(Asked::Node(..) | Asked::Peer(_)) => {
                self.queue.after(WAY, Event::PageAsked(errand, probe));
            }
        }
    }

    /// A probe arrives at another region, or nowhere.
    pub fn page_asked(&mut self, errand: Errand, probe: Box<Probe>) {
        let node = self.nodes.get(errand.n);
        let target = node.and_then(|node| node.pages.get(&*probe)).copied();
        let answer = target.and_then(|target| self.page(errand.n, target));
        let at = match answer {
            Some(_) => self.queue.now() + WAY,
            None => errand.begun + micros(probe.timeout()),
        };
        self.queue.at(at, Event::Probed(errand, probe, answer));
    }

    /// The answer of a health page as in the shipped haproxy.cfg; `None`: silence.
    fn page(&self, n: usize, target: Asked) -> Option<bool> {
        match target {
            Asked::Node(other, service) => {
                let node = self.nodes.get(other)?;
                let hears = !node.gone && !node.haproxy.hangs && !self.is_apart(n, other);
                hears.then(|| self.says_healthy(other, service))
            }
            Asked::Peer(peer) => {
                let hears = !self.is_apart(n, self.nodes.len() + peer);
                let peer = self.peers.get(peer)?;
                (hears && !peer.gone).then_some(peer.serves && peer.out)
            }
            Asked::Else => Some(true),
            Asked::Off => Some(false),
        }
    }

    fn says_healthy(&self, n: usize, service: usize) -> bool {
        let Some(node) = self.nodes.get(n) else {
            return false;
        };
        let Some(known) = node.service(service) else {
            return false;
        };
        let names = [&known.announced_variable, &known.drain.variable].map(ToString::to_string);
        let now = self.queue.now();
        let wall = WALL + i64::try_from(now).unwrap_or(0);
        let mut groups = node.groups.get(service).into_iter().flatten();
        groups.any(|group| node.haproxy.page(*group, &names, wall, now))
    }

    /// A probe is done.
    pub fn probed(&mut self, errand: Errand, probe: Probe, holds: Option<bool>) {
        let Errand {
            n, life, number, ..
        } = errand;
        let node = self.nodes.get(n);
        if node.is_none_or(|node| node.life != life || node.number != number) {
            return;
        }
        let what = match holds {
            Some(holds) => {
                Finding::new(Some(holds), if holds { "status 200" } else { "status 503" })
            }
            None => Finding::silence("no answer in time"),
        };
        let at = self.queue.instant(errand.begun);
        self.feed(n, vec![Input::Probed(number, probe, Reading { at, what })]);
    }

    /// HAProxy is told variables.
    pub fn set(&mut self, n: usize, life: u32, settings: Settings) {
        let wall = WALL + i64::try_from(self.queue.now()).unwrap_or(0);
        let Some(node) = self.nodes.get_mut(n).filter(|node| !node.gone) else {
            return;
        };
        let (wait, result) = match (node.haproxy.alive, node.haproxy.hangs) {
            (false, _) => (200, Err("connection refused".to_owned())),
            (true, true) => (500 * MS, Err("no answer in time".to_owned())),
            (true, false) => {
                node.haproxy.set(settings, wall);
                (200, Ok(()))
            }
        };
        self.queue.after(wait, Event::Switched(n, life, result));
    }

    /// HAProxy's answer to `set`.
    pub fn switched(&mut self, n: usize, life: u32, result: Result<(), String>) {
        if self.life(n) == life {
            self.feed(n, vec![Input::Switched(result)]);
        }
    }
}

/// A duration in microseconds.
pub fn micros(duration: Duration) -> Time {
    Time::try_from(duration.as_micros()).unwrap_or(Time::MAX / 4)
}
