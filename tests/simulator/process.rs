//! The program of an NVA and its edges: what is told to it, and how what it says is carried out.

use haproxy_rhi::change::Change;
use haproxy_rhi::condition::Probe;
use haproxy_rhi::decide::Intent;
use haproxy_rhi::drain::Stage;
use haproxy_rhi::drain::{Order, Orders};
use haproxy_rhi::exabgp::{Command, Dialect};
use haproxy_rhi::glance::Standing;
use haproxy_rhi::observation::{Cause, Finding, Look, Reading, Trouble};
use haproxy_rhi::program::{Input, Output, Program, Settings};
use haproxy_rhi::report;
use haproxy_rhi::route::RouteKey;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use super::invariant::Invariant;
use super::invariant::service_of;
use super::nva::Target;
use super::setting::variable;
use super::world::{Event, World};
use super::{MS, Time};

/// Wakes without any input in ten milliseconds.
const WAKES: u32 = 50;

/// An announcement waits so long at most for what is written.
const LEDGER: Time = 500 * MS;

impl World {
    /// Killed, or born by ExaBGP: a new process begins.
    pub fn process_starts(&mut self, n: usize, life: u32) {
        let now = self.instant(self.now);
        let nva = &mut self.nvas[n];
        if nva.life != life || nva.program.is_some() || !nva.exabgp.alive {
            return;
        }
        nva.program = Some(Program::new(nva.ledger.clone(), now));
        nva.exabgp.starts_process();
        nva.exabgp.starts.push(self.now);
        (nva.leaving, nva.unwritten, nva.wake) = (false, None, None);
        nva.marks.words.clear();
        nva.marks
            .readings
            .iter_mut()
            .for_each(super::readings::Readings::begin);
        let unheard: Vec<Input> = std::mem::take(&mut nva.unheard)
            .into_iter()
            .map(Input::Heard)
            .collect();
        self.note(|| format!("nva {n}: haproxy-rhi starts"));
        if let Some((listener, now)) = self.listener(n) {
            listener.starts(now);
        }
        self.touch_infra(n);
        let orders = self.declared(n);
        let config = self.nvas[n].config.clone();
        self.feed(
            n,
            vec![
                Input::Configuration(Box::new(config)),
                Input::Orders(orders),
            ],
        );
        self.feed(n, unheard);
    }

    /// The process is gone; ExaBGP starts another one after `wait`.
    pub fn process_ends(&mut self, n: usize, wait: Time) {
        let nva = &mut self.nvas[n];
        nva.program = None;
        nva.life += 1;
        nva.deadline = None;
        nva.marks.forgotten |= std::mem::take(&mut nva.marks.unwritten);
        nva.marks.stages.fill(None);
        let life = nva.life;
        self.touch_infra(n);
        let wait = wait.max(self.left_dead(n));
        self.after(wait, Event::ProcessStarts(n, life));
    }

    /// ExaBGP 6 ends the process at its sixth start in 64 s, and goes on without it: until somebody notices, and sends SIGUSR1.
    fn left_dead(&mut self, n: usize) -> Time {
        let (now, exabgp) = (self.now, &mut self.nvas[n].exabgp);
        exabgp.starts.retain(|at| now < at + 64_000 * MS);
        match exabgp.starts.len() {
            count if count > 5 && exabgp.is_six() => 64_000 * MS,
            _ => 0,
        }
    }

    /// What operators declare, as it is read now.
    pub fn declared(&self, n: usize) -> Orders {
        let (read, nva) = (self.instant(self.now), &self.nvas[n]);
        let order = |(name, order): (&String, &super::nva::Declared)| {
            let age = Duration::from_micros(self.now - order.at);
            let id = Some(order.at.to_string());
            (
                name.clone(),
                Order {
                    read,
                    age,
                    id,
                    by: None,
                    reason: None,
                    force: order.force,
                },
            )
        };
        Orders(nva.orders.iter().map(order).collect())
    }

    pub fn feed(&mut self, n: usize, mut inputs: Vec<Input>) {
        let now = self.instant(self.now);
        for _ in 0..100 {
            let Some(program) = &mut self.nvas[n].program else {
                return;
            };
            let outputs = program.take(inputs.drain(..), now);
            for output in outputs {
                self.carry_out(n, output, &mut inputs);
            }
            if inputs.is_empty() || self.nvas[n].program.is_none() {
                self.order_wake(n);
                return;
            }
        }
        self.violate(Invariant::Spin, n, || {
            "it does not stop at one instant".to_owned()
        });
    }

    /// When the program asked to be called.
    fn order_wake(&mut self, n: usize) {
        let Some(program) = &self.nvas[n].program else {
            return;
        };
        let deadline = program.deadline().map(|at| self.time(at));
        if deadline.is_some_and(|at| at <= self.now) {
            self.violate(Invariant::Spin, n, || {
                "its deadline is not later than the call".to_owned()
            });
        }
        self.nvas[n].deadline = deadline;
        if let Some(at) = deadline
            && self.nvas[n]
                .wake
                .is_none_or(|wake| wake > at || wake <= self.now)
        {
            self.nvas[n].wake = Some(at);
            self.at(at, Event::Wake(n));
        }
    }

    pub fn wake(&mut self, n: usize) {
        let now = self.now;
        let nva = &mut self.nvas[n];
        if nva.wake != Some(now) || nva.program.is_none() {
            return;
        }
        nva.wake = None;
        match nva.deadline {
            Some(at) if at > now => {
                nva.wake = Some(at);
                self.at(at, Event::Wake(n));
            }
            Some(_) => {
                let (since, count) = &mut nva.marks.wakes;
                if now - *since > 10 * MS {
                    (*since, *count) = (now, 0);
                }
                *count += 1;
                if *count > WAKES {
                    self.violate(Invariant::Spin, n, || format!("{WAKES} wakes in 10 ms"));
                }
                self.feed(n, Vec::new());
            }
            None => {}
        }
    }

    fn carry_out(&mut self, n: usize, output: Output, inputs: &mut Vec<Input>) {
        match output {
            Output::Watch(number, plan) => {
                let nvas = self.nvas.len();
                let nva = &mut self.nvas[n];
                let refused = nva.watch_refused > 0;
                nva.watch_refused = nva.watch_refused.saturating_sub(1);
                // An edit that waited may have taken away the level under it.
                if std::mem::replace(&mut nva.marks.edits_wait, refused) {
                    nva.marks
                        .readings
                        .iter_mut()
                        .for_each(super::readings::Readings::forget);
                }
                if !refused {
                    nva.watch(number, *plan, nvas);
                }
                inputs.push(Input::Watching(
                    number,
                    if refused {
                        Err("no thread".to_owned())
                    } else {
                        Ok(())
                    },
                ));
            }
            Output::Look(number) => self.order_look(n, number, Cause::Poll),
            Output::Probe(number, probe) => self.order_probe(n, number, probe),
            Output::Keep(number, keys) => self.keep(n, number, keys),
            Output::Say(commands, dialect) => self.say(n, commands, dialect, inputs),
            Output::Tell(_, settings) => {
                let life = self.nvas[n].life;
                let wait = self.nvas[n].random.range(100, 3000);
                self.after(wait, Event::Set { n, life, settings });
            }
            Output::Judged => {
                self.tell_listener(n, |listener, view, now| listener.judged(view, now));
            }
            Output::Changed(service, change) => {
                self.tell_change(n, &service, &change);
                self.tell_listener(n, |listener, view, now| {
                    listener.changed(view, &service, &change, now);
                });
                self.changed_in_calm(n, &service, &change);
                if let Some(change) = without_takeover(change) {
                    self.check_move(n, &service, &change);
                    self.check_settled(n, &service, &change);
                    self.check_readings(n, &service, &change);
                }
            }
            Output::Stage(service, before) => {
                self.tell_stage(n, &service, before);
                self.staged(n, &service);
            }
            Output::Note(note) => self.note(|| format!("nva {n} logs: {note}")),
            Output::Exit(_) => {
                self.note(|| format!("nva {n}: haproxy-rhi leaves"));
                self.process_ends(n, 50 * MS);
            }
        }
    }

    fn tell_change(&mut self, n: usize, name: &str, change: &haproxy_rhi::change::Change) {
        if self.log.is_none() {
            return;
        }
        let Some(program) = &self.nvas[n].program else {
            return;
        };
        let view = program.view();
        let Some(service) = view.config.and_then(|config| config.service(name)) else {
            return;
        };
        let Some(health) = view.judge.health(name) else {
            return;
        };
        let (_, line) = report::change(service, health, view.drains.stage(name), change);
        self.note(|| format!("nva {n} logs: {line}"));
    }

    fn tell_stage(&mut self, n: usize, name: &str, before: Option<Stage>) {
        if self.log.is_none() {
            return;
        }
        let Some(program) = &self.nvas[n].program else {
            return;
        };
        let stage = program.view().drains.stage(name);
        self.note(|| format!("nva {n} logs: drain of {name}: {before:?} -> {stage:?}"));
    }

    fn say(
        &mut self,
        n: usize,
        commands: Vec<Command>,
        dialect: &'static Dialect,
        inputs: &mut Vec<Input>,
    ) {
        if self.log.is_some() {
            for command in &commands {
                self.note(|| format!("nva {n} says: {}", dialect.line(command)));
            }
        }
        self.said_in_calm(n, &commands);
        self.said_by_a_drain(n, &commands);
        let now = self.now;
        self.mark_withdrawn(n, &commands);
        let exabgp = &mut self.nvas[n].exabgp;
        exabgp
            .pipe
            .extend(commands.into_iter().map(|command| (command, now, dialect)));
        if self.nvas[n].exabgp.stuck && self.nvas[n].exabgp.full {
            self.nvas[n].unwritten = Some(now);
        } else {
            inputs.push(Input::Written);
        }
        self.order_turn(n);
    }

    /// Remembers since when nothing is wanted of a prefix.
    fn mark_withdrawn(&mut self, n: usize, commands: &[Command]) {
        let nva = &mut self.nvas[n];
        let Some(program) = &nva.program else { return };
        let desired = program.view().desired;
        let is_wanted = |prefix| {
            desired
                .iter()
                .any(|(key, intent)| key.prefix == prefix && matches!(intent, Intent::Announce(_)))
        };
        for command in commands {
            let (Command::Announce(key, _) | Command::Withdraw(key)) = command else {
                continue;
            };
            let known = nva.marks.withdrawn.get_mut(&key.prefix);
            match (is_wanted(key.prefix), known) {
                (true, Some((_, until))) => *until = until.or(Some(self.now)),
                (true, None) | (false, Some((_, None))) => {}
                (false, _) => {
                    nva.marks.withdrawn.insert(key.prefix, (self.now, None));
                }
            }
        }
    }

    /// A thread writes the ledger; it dies with the process.
    fn keep(&mut self, n: usize, number: u32, keys: BTreeSet<RouteKey>) {
        let wait = self.nvas[n].disk + self.nvas[n].random.range(50, 500);
        let life = self.nvas[n].life;
        // An announcement waits for its ledger, but not for a disk that is so slow.
        self.nvas[n].marks.unwritten |= wait >= LEDGER;
        self.after(
            wait,
            Event::Kept {
                n,
                life,
                number,
                keys,
            },
        );
    }

    /// One after the other: what was ordered later is written later.
    pub fn kept(&mut self, n: usize, life: u32, number: u32, keys: BTreeSet<RouteKey>) {
        let nva = &mut self.nvas[n];
        if nva.life == life && (life, number) >= nva.kept {
            (nva.ledger, nva.kept) = (keys, (life, number));
            nva.marks.unwritten = false;
            self.feed(n, vec![Input::Kept(number)]);
        }
    }

    fn order_look(&mut self, n: usize, number: u32, cause: Cause) {
        let nva = &mut self.nvas[n];
        let names = nva.asked.clone();
        let (life, begun) = (nva.life, self.now);
        if nva.look_hangs > self.now && cause == Cause::Poll {
            let until = std::mem::take(&mut nva.look_hangs);
            // Until then nobody can tell whether HAProxy answers.
            nva.marks.mute.fill(until);
            let look = Box::new(self.look(n, begun, cause, names.as_deref(), true));
            self.at(
                until,
                Event::Looked {
                    n,
                    life,
                    number,
                    look,
                },
            );
            return;
        }
        let wait = nva.random.range(80, 900);
        // What it saw may be as old as the question, or as young as the answer.
        if nva.random.chance(50) && nva.haproxy.answers() {
            let look = Box::new(self.look(n, begun, cause, names.as_deref(), false));
            self.after(
                wait,
                Event::Looked {
                    n,
                    life,
                    number,
                    look,
                },
            );
        } else {
            self.after(
                wait,
                Event::LookAnswers {
                    n,
                    life,
                    number,
                    begun,
                    cause,
                    names,
                },
            );
        }
    }

    pub fn look_answers(
        &mut self,
        n: usize,
        life: u32,
        number: u32,
        begun: Time,
        cause: Cause,
        names: Option<Rc<BTreeSet<String>>>,
    ) {
        let nva = &self.nvas[n];
        let timeout = begun + nva.plan.haproxy.timeout.as_micros() as Time;
        if nva.haproxy.alive && nva.haproxy.hangs && self.now < timeout && names.is_some() {
            self.at(
                timeout,
                Event::LookAnswers {
                    n,
                    life,
                    number,
                    begun,
                    cause,
                    names,
                },
            );
            return;
        }
        let look = self.look(n, begun, cause, names.as_deref(), false);
        self.looked(n, life, number, look);
    }

    fn look(
        &mut self,
        n: usize,
        begun: Time,
        cause: Cause,
        names: Option<&BTreeSet<String>>,
        hangs: bool,
    ) -> Look {
        let (at, now) = (self.instant(begun), self.now);
        self.sampled(n, hangs);
        let nva = &mut self.nvas[n];
        let haproxy = names.map(|names| match (nva.haproxy.alive, nva.haproxy.hangs) {
            (false, _) => Err(Trouble::Gone("connection refused".to_owned())),
            (true, true) => Err(Trouble::Unreadable("no answer in time".to_owned())),
            (true, false) => Ok(nva.haproxy.snapshot(names, now)),
        });
        let here = |address: &std::net::IpAddr| (*address, Ok(nva.addresses[service_of(*address)]));
        let addresses = nva.plan.addresses.iter().map(here).collect();
        Look {
            at,
            cause,
            haproxy,
            addresses,
        }
    }

    pub fn looked(&mut self, n: usize, life: u32, number: u32, look: Look) {
        if self.nvas[n].life == life {
            self.feed(n, vec![Input::Looked(number, look)]);
            self.remembered(n);
            self.tell_pending(n);
        }
    }

    /// What waits for more readings.
    fn tell_pending(&mut self, n: usize) {
        let (Some(_), Some(program)) = (&self.log, &self.nvas[n].program) else {
            return;
        };
        let view = program.view();
        let services = view.config.iter().flat_map(|config| &config.services);
        let pending = services.filter_map(|service| view.judge.health(&service.name)?.pending);
        let lines: Vec<String> = pending
            .map(|pending| {
                format!(
                    "{:?} {} of {}, kept back: {}",
                    pending.target,
                    pending.count,
                    pending.needed,
                    pending.until.is_some()
                )
            })
            .collect();
        lines
            .into_iter()
            .for_each(|line| self.note(|| format!("nva {n} waits: {line}")));
    }

    /// HAProxy logged something: who listens looks at once.
    pub fn stir(&mut self, n: usize) {
        let nva = &mut self.nvas[n];
        let is_sent =
            nva.plan.haproxy.events.is_some() && nva.program.is_some() && nva.random.chance(97);
        let hears = |(listener, now): (&mut dyn super::listen::Listens, _)| listener.hears(now);
        if is_sent && self.listener(n).is_none_or(hears) {
            let number = self.nvas[n].number;
            self.order_look(n, number, Cause::Event);
        }
    }

    fn order_probe(&mut self, n: usize, number: u32, probe: Probe) {
        let now = self.now;
        let (loss, nva) = (self.loss, &mut self.nvas[n]);
        let life = nva.life;
        let Some((_, target)) = nva.probes.iter().find(|(known, _)| *known == probe) else {
            return;
        };
        let timeout = probe.timeout().as_micros() as Time;
        let probe = Box::new(probe);
        let answer = |holds, probe| Event::Probed {
            n,
            life,
            number,
            begun: now,
            probe,
            holds,
            page: None,
        };
        if nva.probes_hang > now {
            let until = nva.probes_hang;
            self.at(until, answer(None, probe));
            return;
        }
        match *target {
            Target::File(service) => {
                let there = nva.files[service];
                self.after(50, answer(Some(there), probe));
            }
            Target::Port(service) => {
                let there = nva.ports[service];
                self.after(200, answer(Some(there), probe));
            }
            Target::Page(other, service) => {
                let (one_way, lost) = (nva.random.range(500, 25 * MS), nva.random.chance(loss));
                // Three in a row are no loss, but a sibling that is silent.
                let losses = nva.losses.entry((*probe).clone()).or_default();
                let lost = lost && *losses < 2;
                *losses = if lost { *losses + 1 } else { 0 };
                if lost || self.is_apart(n, other) {
                    self.after(timeout, answer(Some(false), probe));
                } else {
                    let page = (other, service);
                    let event = Event::PageAsked {
                        n,
                        life,
                        number,
                        begun: now,
                        probe,
                        page,
                        back: one_way,
                    };
                    self.after(one_way, event);
                }
            }
        }
    }

    pub fn page_asked(
        &mut self,
        n: usize,
        life: u32,
        number: u32,
        begun: Time,
        probe: Box<Probe>,
        (other, service): (usize, usize),
        back: Time,
    ) {
        let hangs = self.nvas[other].haproxy.alive && self.nvas[other].haproxy.hangs;
        if hangs || self.is_apart(n, other) {
            let at = begun + probe.timeout().as_micros() as Time;
            self.at(
                at,
                Event::Probed {
                    n,
                    life,
                    number,
                    begun,
                    probe,
                    holds: Some(false),
                    page: None,
                },
            );
            return;
        }
        let holds = self.page(other, service);
        let page = Some((other, service, self.now));
        self.after(
            back,
            Event::Probed {
                n,
                life,
                number,
                begun,
                probe,
                holds: Some(holds),
                page,
            },
        );
    }

    pub fn probed(
        &mut self,
        n: usize,
        life: u32,
        number: u32,
        begun: Time,
        probe: Probe,
        holds: Option<bool>,
        page: Option<(usize, usize, Time)>,
    ) {
        let at = self.instant(begun);
        let mut what = Finding::new(holds, "");
        let nva = &mut self.nvas[n];
        // What a watch asked that was replaced counts for nobody.
        if nva.life != life || number != nva.number {
            return;
        }
        // What a takeover asks is no word on whether this region is alone.
        let is_word = nva.plan.probes.contains(&probe);
        if let Some((other, service, when)) = page.filter(|_| is_word) {
            if holds == Some(true) {
                let vouched = &mut nva.marks.vouched[service];
                *vouched = Some(vouched.map_or(when, |before| before.max(when)));
            }
            self.hears_of(n, other, service, holds == Some(true));
        } else if page.is_none()
            && let Some((_, Target::Page(other, service))) =
                nva.probes.iter().find(|(known, _)| *known == probe)
        {
            let (other, service) = (*other, *service);
            if is_word {
                self.hears_of(n, other, service, false);
            }
            what = Finding::silence("");
        }
        let reading = Reading { at, what };
        self.feed(n, vec![Input::Probed(number, probe, reading)]);
    }

    fn hears_of(&mut self, n: usize, other: usize, service: usize, healthy: bool) {
        let now = self.now;
        let ill = self.nvas[n].marks.ill.entry((other, service)).or_default();
        *ill = if healthy { 0 } else { *ill + 1 };
        if !healthy {
            self.nvas[n].marks.ill_at = now;
        }
        let word = self.nvas[n]
            .marks
            .words
            .entry((other, service))
            .or_insert((healthy, if healthy { 0 } else { now }));
        if word.0 != healthy {
            // An illness that is over before it was judged is none.
            *word = (
                healthy,
                if healthy && now < word.1 + 300 * MS {
                    0
                } else {
                    now
                },
            );
            self.note(|| format!("nva {n} hears of nva {other}: {healthy}"));
        }
    }

    /// A sibling's health page, as the haproxy.cfg of this repository has it.
    pub fn page(&self, n: usize, service: usize) -> bool {
        let nva = &self.nvas[n];
        let names = [variable("out", service), variable("drain", service)];
        nva.haproxy
            .page(service, &names, nva.wall(self.now), self.now)
    }

    pub fn is_apart(&self, n: usize, other: usize) -> bool {
        self.apart[self.nvas[n].spec.region][self.nvas[other].spec.region]
    }

    pub fn set(&mut self, n: usize, life: u32, settings: Settings) {
        let wall = self.nvas[n].wall(self.now);
        let nva = &mut self.nvas[n];
        let hung = nva.haproxy.alive && nva.haproxy.hangs;
        let result = match (nva.haproxy.alive, hung || !nva.haproxy.control) {
            (false, _) => Err("connection refused".to_owned()),
            (true, true) => Err("no answer in time".to_owned()),
            (true, false) => {
                nva.haproxy.set(settings, wall);
                Ok(())
            }
        };
        let wait = if hung { 500 * MS } else { 200 };
        self.after(wait, Event::Switched { n, life, result });
    }

    pub fn switched(&mut self, n: usize, life: u32, result: Result<(), String>) {
        if self.nvas[n].life == life {
            if let Some((listener, now)) = self.listener(n) {
                listener.switched(&result, now);
            }
            self.feed(n, vec![Input::Switched(result)]);
        }
    }
}

/// The same between levels: a takeover is the best level with another path. Absent: nothing else has changed.
fn without_takeover(change: Change) -> Option<Change> {
    let level = |standing| {
        if standing == Standing::Takeover {
            Standing::Level(0)
        } else {
            standing
        }
    };
    match change {
        Change::Moved { from, to } => {
            let (from, to) = (level(from), level(to));
            (from != to).then_some(Change::Moved { from, to })
        }
        other => Some(other),
    }
}
