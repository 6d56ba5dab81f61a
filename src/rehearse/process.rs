//! The program of an NVA: its inputs, and how its outputs are carried out.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use crate::change::Change;
use crate::drain::{ALL, Order, Orders, Stage};
use crate::exabgp::Command;
use crate::observation::Cause;
use crate::program::{Input, Output, Plan, Program};
use crate::report;
use crate::route::RouteKey;
use crate::world::queue::{MS, Time};

use super::peers::asked;
use super::play::{Event, Play};
use super::record::Seen;

/// The most rounds of inputs and outputs at one instant.
const ROUNDS: usize = 100;

impl Play {
    /// ExaBGP starts a process.
    pub fn process_starts(&mut self, n: usize, life: u32) {
        let (now, orders) = (self.queue.instant(self.queue.now()), self.declared(n));
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        if node.life != life || node.program.is_some() || node.gone || !node.exabgp.alive {
            return;
        }
        node.program = Some(Program::new(node.ledger.clone(), now));
        node.exabgp.starts_process();
        node.wake = None;
        let config = Box::new(node.config.clone());
        let unheard = std::mem::take(&mut node.unheard);
        self.feed(n, vec![Input::Configuration(config), Input::Orders(orders)]);
        self.feed(n, unheard.into_iter().map(Input::Heard).collect());
    }

    /// The process is gone. `restarted`: the time until ExaBGP starts another one.
    pub fn process_ends(&mut self, n: usize, restarted: Option<Time>) {
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        (node.program, node.deadline) = (None, None);
        node.life += 1;
        let life = node.life;
        if let Some(wait) = restarted {
            self.queue.after(wait, Event::ProcessStarts(n, life));
        }
    }

    /// The drains that operators declare.
    pub fn declared(&self, n: usize) -> Orders {
        let (now, since) = (
            self.queue.now(),
            self.nodes.get(n).and_then(|node| node.drained),
        );
        let order = |at: Time| Order {
            read: self.queue.instant(now),
            age: Duration::from_micros(now.saturating_sub(at)),
            id: Some(at.to_string()),
            by: None,
            reason: None,
            force: false,
        };
        let order = since.map(|at| (ALL.to_owned(), order(at)));
        Orders(order.into_iter().collect())
    }

    /// Feeds inputs to the program, and the answers to its outputs, until there are none.
    pub fn feed(&mut self, n: usize, mut inputs: Vec<Input>) {
        let now = self.queue.instant(self.queue.now());
        for _ in 0..ROUNDS {
            let program = self.nodes.get_mut(n).and_then(|node| node.program.as_mut());
            let Some(program) = program else { return };
            for output in program.take(inputs.drain(..), now) {
                self.carry_out(n, output, &mut inputs);
            }
            if inputs.is_empty() {
                break;
            }
        }
        self.order_wake(n);
    }

    fn order_wake(&mut self, n: usize) {
        let (now, queue) = (self.queue.now(), &mut self.queue);
        let Some(node) = self.nodes.get_mut(n) else {
            return;
        };
        let deadline = node.program.as_ref().and_then(Program::deadline);
        node.deadline = deadline.map(|at| queue.time(at));
        if let Some(at) = node.deadline
            && node.wake.is_none_or(|wake| wake > at || wake <= now)
        {
            node.wake = Some(at);
            queue.at(at, Event::Wake(n));
        }
    }

    /// Calls the program, if its deadline has come.
    pub fn wake(&mut self, n: usize) {
        let now = self.queue.now();
        let Some(node) = self.nodes.get_mut(n).filter(|node| node.wake == Some(now)) else {
            return;
        };
        node.wake = None;
        match node.deadline {
            Some(at) if at > now => self.order_wake(n),
            Some(_) => self.feed(n, Vec::new()),
            None => {}
        }
    }

    fn carry_out(&mut self, n: usize, output: Output, inputs: &mut Vec<Input>) {
        match output {
            Output::Watch(number, plan) => {
                self.watch(n, number, *plan);
                inputs.push(Input::Watching(number, Ok(())));
            }
            Output::Look(number) => self.order_look(n, number, Cause::Poll),
            Output::Probe(number, probe) => self.order_probe(n, number, probe),
            Output::Keep(number, keys) => {
                let life = self.life(n);
                let kept = Event::Kept(n, life, number, keys);
                self.queue.after(200, kept);
            }
            Output::Say(commands, dialect) => {
                let now = self.queue.now();
                for command in commands {
                    if let Command::Announce(..) | Command::Withdraw(_) = command {
                        self.see(Seen::Noticed);
                    }
                    let node = self.nodes.get_mut(n).into_iter();
                    node.for_each(|node| {
                        node.exabgp.pipe.push_back((command.clone(), now, dialect))
                    });
                }
                inputs.push(Input::Written);
                self.order_turn(n);
            }
            Output::Tell(_, settings) => {
                let life = self.life(n);
                self.queue.after(500, Event::Set(n, life, settings));
            }
            Output::Changed(service, change) => self.changed(n, &service, &change),
            Output::Stage(service, before) => self.staged(n, &service, before),
            Output::Note(note) => self.see(Seen::Logged(n, note.text)),
            Output::Judged => {}
            Output::Exit(_) => self.process_ends(n, Some(50 * MS)),
        }
    }

    fn changed(&mut self, n: usize, name: &str, change: &Change) {
        self.see(Seen::Noticed);
        if let Change::KeptBack { falls, .. } = change {
            self.see(Seen::KeptBack(n, name.to_owned(), falls.is_some()));
        }
        let line = self.nodes.get(n).and_then(|node| {
            let view = node.program.as_ref()?.view();
            let service = view.config?.service(name)?;
            let health = view.judge.health(name)?;
            Some(report::change(service, health, view.drains.stage(name), change).1)
        });
        line.into_iter()
            .for_each(|line| self.see(Seen::Logged(n, line)));
    }

    fn staged(&mut self, n: usize, name: &str, before: Option<Stage>) {
        self.see(Seen::Noticed);
        let line = self.nodes.get(n).and_then(|node| {
            let view = node.program.as_ref()?.view();
            let service = view.config?.service(name)?;
            let (health, drains) = (view.judge.health(name), view.drains);
            Some(
                report::drain(
                    service,
                    health,
                    drains.order(name),
                    (before, drains.stage(name)),
                )
                .1,
            )
        });
        line.into_iter()
            .for_each(|line| self.see(Seen::Logged(n, line)));
    }

    /// The number of the current process.
    pub fn life(&self, n: usize) -> u32 {
        self.nodes.get(n).map_or(0, |node| node.life)
    }

    /// Takes a plan: what its probes ask, and which proxies its looks name.
    fn watch(&mut self, n: usize, number: u32, plan: Plan) {
        let probes = plan.probed().into_iter().cloned();
        let pages = probes.map(|probe| (probe.clone(), asked(&probe, n, &self.nodes, &self.peers)));
        let pages = pages.collect();
        if let Some(node) = self.nodes.get_mut(n) {
            let names = plan.proxies.clone();
            node.asked = (!names.is_empty()).then(|| Rc::new(names));
            (node.number, node.plan, node.pages) = (number, plan, pages);
        }
    }

    /// The ledger is written.
    pub fn kept(&mut self, n: usize, life: u32, number: u32, keys: BTreeSet<RouteKey>) {
        let Some(node) = self.nodes.get_mut(n).filter(|node| node.life == life) else {
            return;
        };
        node.ledger = keys;
        self.feed(n, vec![Input::Kept(number)]);
    }
}
