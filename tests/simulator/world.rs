//! The world of a history: its clock, what is to happen, and who is told.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Instant;

use haproxy_rhi::condition::Probe;
use haproxy_rhi::exabgp::Message;
use haproxy_rhi::observation::{Cause, Look};
use haproxy_rhi::program::Settings;
use haproxy_rhi::route::RouteKey;
use haproxy_rhi::world::queue::Queue;

use super::dice::History;
use super::invariant::Violation;
use super::listen::Listens;
use super::nva::Nva;
use super::setting::Setting;
use super::{MS, Time};

/// What is to happen at a time.
#[derive(Debug)]
pub enum Event {
    Wake(usize),
    LookAnswers {
        n: usize,
        life: u32,
        number: u32,
        begun: Time,
        cause: Cause,
        names: Option<Rc<BTreeSet<String>>>,
    },
    Looked {
        n: usize,
        life: u32,
        number: u32,
        look: Box<Look>,
    },
    PageAsked {
        n: usize,
        life: u32,
        number: u32,
        begun: Time,
        probe: Box<Probe>,
        page: (usize, usize),
        back: Time,
    },
    Probed {
        n: usize,
        life: u32,
        number: u32,
        begun: Time,
        probe: Box<Probe>,
        holds: Option<bool>,
        page: Option<(usize, usize, Time)>,
    },
    Turn(usize, u32),
    Round(usize, u32),
    Heard(usize, u32, Vec<Message>),
    Set {
        n: usize,
        life: u32,
        settings: Settings,
    },
    Switched {
        n: usize,
        life: u32,
        result: Result<(), String>,
    },
    Checked {
        n: usize,
        k: usize,
        i: usize,
        check: u32,
    },
    HaproxyStarts(usize, u32),
    ProcessStarts(usize, u32),
    ExabgpStarts(usize, u32),
    Establish(usize, usize, u32),
    RouteServerGivesUp(usize, usize, u32),
    ExabgpGivesUp(usize, usize, u32),
    Fault(usize),
    FaultsEnd,
    Inspect,
    Left(usize),
    /// The ledger is written, by its number.
    Kept {
        n: usize,
        life: u32,
        number: u32,
        keys: BTreeSet<RouteKey>,
    },
}

#[derive(Debug)]
pub struct World {
    pub setting: Setting,
    pub history: History,
    pub now: Time,
    pub queue: Queue<Event>,
    pub nvas: Vec<Nva>,
    /// So many questions of a hundred, to another region, are lost.
    pub loss: u64,
    /// By NVA; empty: nobody listens.
    pub listeners: Vec<Box<dyn Listens>>,
    /// By region, service and server.
    pub servers: Vec<Vec<Vec<bool>>>,
    /// Regions that do not see each other.
    pub apart: Vec<Vec<bool>>,
    pub partitioned: Time,
    pub violation: Option<Violation>,
    /// What happened, in words; absent: nobody listens.
    pub log: Option<Vec<(Time, String)>>,
    pub end: Time,
    /// No route anywhere, by service, since then.
    pub nowhere: Vec<Option<Time>>,
}

impl World {
    pub fn new(history: &History, with_log: bool) -> Self {
        let setting = history.setting.clone();
        let nvas: Vec<Nva> = (0..setting.nvas.len())
            .map(|number| Nva::new(&setting, number))
            .collect();
        let services = setting.nvas[0].config.services.len();
        let last = history.faults.last().map_or(0, |(at, _)| *at);
        let mut world = Self {
            servers: vec![vec![vec![true; setting.servers]; services]; setting.regions],
            apart: vec![vec![false; setting.regions]; setting.regions],
            partitioned: 0,
            history: history.clone(),
            now: 0,
            queue: Queue::new(Instant::now()),
            nvas,
            loss: 1,
            listeners: Vec::new(),
            violation: None,
            log: with_log.then(Vec::new),
            end: Time::MAX,
            nowhere: vec![None; services],
            setting,
        };
        for index in 0..history.faults.len() {
            world.at(history.faults[index].0, Event::Fault(index));
        }
        world.at(last + MS, Event::FaultsEnd);
        world.at(0, Event::Inspect);
        for n in 0..world.nvas.len() {
            world.at(n as Time * 10 * MS, Event::ExabgpStarts(n, 0));
        }
        world
    }

    pub fn instant(&self, at: Time) -> Instant {
        self.queue.instant(at)
    }

    /// The first microsecond that is not before it.
    pub fn time(&self, at: Instant) -> Time {
        self.queue.time(at)
    }

    pub fn at(&mut self, at: Time, event: Event) {
        self.queue.at(at, event);
    }

    pub fn after(&mut self, wait: Time, event: Event) {
        self.at(self.now + wait, event);
    }

    pub fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push((self.now, text()));
        }
    }

    /// Plays until the end, or the first violation.
    pub fn play(&mut self) {
        while let Some(event) = self.queue.next(self.end) {
            if self.violation.is_some() {
                return;
            }
            self.now = self.queue.now();
            self.happen(event);
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Wake(n) => self.wake(n),
            Event::LookAnswers {
                n,
                life,
                number,
                begun,
                cause,
                names,
            } => {
                self.look_answers(n, life, number, begun, cause, names);
            }
            Event::Looked {
                n,
                life,
                number,
                look,
            } => self.looked(n, life, number, *look),
            Event::PageAsked {
                n,
                life,
                number,
                begun,
                probe,
                page,
                back,
            } => {
                self.page_asked(n, life, number, begun, probe, page, back);
            }
            Event::Probed {
                n,
                life,
                number,
                begun,
                probe,
                holds,
                page,
            } => {
                self.probed(n, life, number, begun, *probe, holds, page);
            }
            Event::Turn(n, generation) => self.turn(n, generation),
            Event::Round(n, generation) => self.send_round(n, generation),
            Event::Heard(n, generation, messages) => self.hear(n, generation, messages),
            Event::Set { n, life, settings } => self.set(n, life, settings),
            Event::Switched { n, life, result } => self.switched(n, life, result),
            Event::Checked { n, k, i, check } => self.checked(n, k, i, check),
            Event::HaproxyStarts(n, pid) => self.haproxy_starts(n, pid),
            Event::ProcessStarts(n, life) => self.process_starts(n, life),
            Event::ExabgpStarts(n, generation) => self.exabgp_starts(n, generation),
            Event::Establish(n, s, generation) => self.establish(n, s, generation),
            Event::RouteServerGivesUp(n, s, generation) => {
                self.route_server_gives_up(n, s, generation)
            }
            Event::ExabgpGivesUp(n, s, generation) => self.exabgp_gives_up(n, s, generation),
            Event::Fault(index) => self.fault(self.history.faults[index].1),
            Event::FaultsEnd => self.faults_end(),
            Event::Inspect => self.inspect(),
            Event::Left(n) => self.check_left(n),
            Event::Kept {
                n,
                life,
                number,
                keys,
            } => self.kept(n, life, number, keys),
        }
    }

    /// Something of an NVA's changed.
    pub fn touch(&mut self, n: usize) {
        self.nvas[n].marks.touched = self.now;
    }

    /// Something beside its servers.
    pub fn touch_infra(&mut self, n: usize) {
        self.touch(n);
        self.nvas[n].marks.infra = self.now;
    }
}
