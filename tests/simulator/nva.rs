//! One NVA: HAProxy, ExaBGP and the real [`Program`] between them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use haproxy_rhi::condition::Probe;
use haproxy_rhi::config::{self, Config};
use haproxy_rhi::exabgp::Message;
use haproxy_rhi::program::{Plan, Program};
use haproxy_rhi::route::{Prefix, RouteKey};

use super::Time;
use super::exabgp::{ExaBgp, Stranger};
use super::haproxy::Haproxy;
use super::random::Random;
use super::setting::{
    ConfigSpec, NvaSpec, SESSIONS, Setting, layout, neighbor, page, port, ready_file,
};

/// Where a probe looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Another NVA's page for a service.
    Page(usize, usize),
    File(usize),
    Port(usize),
}

/// What an operator declared, and when.
#[derive(Debug, Clone)]
pub struct Declared {
    pub at: Time,
    pub force: bool,
}

#[derive(Debug)]
pub struct Nva {
    pub spec: NvaSpec,
    /// The file as it is now.
    pub file: ConfigSpec,
    pub config: Config,
    pub program: Option<Program>,
    /// Processes so far.
    pub life: u32,
    pub ledger: BTreeSet<RouteKey>,
    /// The disk takes so long to write it.
    pub disk: Time,
    /// What is written in it: by which process, and the number of its order.
    pub kept: (u32, u32),
    pub number: u32,
    pub plan: Plan,
    /// The proxies that a look asks for; absent: HAProxy is not asked.
    pub asked: Option<Rc<BTreeSet<String>>>,
    pub probes: Vec<(Probe, Target)>,
    pub deadline: Option<Time>,
    pub wake: Option<Time>,
    /// Since then a command waits before a full pipe.
    pub unwritten: Option<Time>,
    pub unheard: VecDeque<Message>,
    pub leaving: bool,
    pub watch_refused: u32,
    pub look_hangs: Time,
    pub probes_hang: Time,
    /// Each probe's questions that were lost in a row.
    pub losses: BTreeMap<Probe, u8>,
    pub orders: BTreeMap<String, Declared>,
    /// The wall clock, beyond the time of the history.
    pub clock: i64,
    pub addresses: Vec<bool>,
    pub files: Vec<bool>,
    pub ports: Vec<bool>,
    pub haproxy: Haproxy,
    pub exabgp: ExaBgp,
    pub random: Random,
    pub marks: Marks,
}

/// What the invariants remember of an NVA.
#[derive(Debug, Clone)]
pub struct Marks {
    /// Something of its own changed.
    pub touched: Time,
    /// HAProxy, ExaBGP, a session, the process: not the servers.
    pub infra: Time,
    /// It could not be said that HAProxy answers, that the address is there and the frontends are open.
    pub mute: Vec<Time>,
    /// No level has held since then, by HAProxy's word.
    pub lost: Vec<Option<Time>>,
    /// A sibling's page said 200 then.
    pub vouched: Vec<Option<Time>>,
    /// The last word of each sibling, by its number, and since when it says so.
    pub words: BTreeMap<(usize, usize), (bool, Time)>,
    /// Whether there is a prefix of IPv6 was edited.
    pub six: Time,
    /// A watch was refused: what was edited is in force some time later.
    pub edits_wait: bool,
    /// It became the last resort.
    pub alone: Vec<Time>,
    /// The neighbor whose the route was to be until an edit, and when that was.
    pub chosen: Vec<Option<(usize, Time)>>,
    /// An edit of its path identifier.
    pub renumbered: Vec<Time>,
    /// Commands were refused or left unanswered.
    pub refused: Option<Time>,
    /// An edit that must change nothing is watched until then.
    pub calm: Option<(Time, super::fault::Fault)>,
    /// An edit is watched until then: the route must stay out.
    pub kept: Option<(Time, usize, super::fault::Edit)>,
    /// Withdrawn by a drain since then (that was said, where something was out), and not wanted back since.
    pub drained: Vec<Option<Time>>,
    /// Withdrawn since then, and until then, by prefix: what is sent again to a session that comes up was decided then.
    pub withdrawn: BTreeMap<Prefix, (Time, Option<Time>)>,
    /// The process that saw a drain's times change: the next one counts them anew, from the drain's date.
    pub retimed: Option<u32>,
    /// A drain has withdrawn it, and that is not said yet.
    pub to_be_said: Vec<bool>,
    /// How far its drain has come.
    pub stages: Vec<Option<haproxy_rhi::drain::Stage>>,
    /// Answers in a row of a sibling's that were none, or not 200.
    pub ill: BTreeMap<(usize, usize), u32>,
    /// When a sibling was last heard of as not healthy.
    pub ill_at: Time,
    pub updates: u32,
    pub faults: u32,
    pub wakes: (Time, u32),
    pub forced: Vec<Time>,
    pub removed: Vec<Option<Time>>,
    pub readings: Vec<super::readings::Readings>,
    /// Faults when it was told to leave.
    pub faults_at_leave: u32,
    /// An operator changed something in HAProxy.
    pub wished: Time,
    /// The ledger is not written yet.
    pub unwritten: bool,
    /// A process died before its ledger was written: nobody knows what it announced.
    pub forgotten: bool,
    /// When a session fell last.
    pub fell: Time,
    /// Its wall clock stepped back.
    pub stepped_back: bool,
}

/// Some have a neighbor that another process is for.
fn stranger(setting: &Setting, number: usize) -> Option<Stranger> {
    let mut random = Random::of(setting.seed, 900 + number as u64);
    let spec = &setting.nvas[number];
    random.chance(30).then(|| Stranger {
        neighbor: neighbor(spec.region, SESSIONS).parse().unwrap(),
        up: random.chance(50),
        named: VecDeque::new(),
    })
}

impl Nva {
    pub fn new(setting: &Setting, number: usize) -> Self {
        let spec = setting.nvas[number].clone();
        let services = spec.config.services.len();
        let config = parse(&spec.config, setting, number);
        let neighbors = (0..SESSIONS)
            .map(|session| neighbor(spec.region, session).parse().unwrap())
            .collect();
        let mut nva = Self {
            file: spec.config.clone(),
            program: None,
            life: 0,
            ledger: BTreeSet::new(),
            disk: 0,
            kept: (0, 0),
            number: 0,
            plan: Plan::of(&config),
            asked: None,
            probes: Vec::new(),
            deadline: None,
            wake: None,
            unwritten: None,
            unheard: VecDeque::new(),
            leaving: false,
            watch_refused: 0,
            look_hangs: 0,
            probes_hang: 0,
            losses: BTreeMap::new(),
            orders: BTreeMap::new(),
            clock: 1_800_000_000_000_000,
            addresses: vec![true; services],
            files: vec![true; services],
            ports: vec![true; services],
            haproxy: Haproxy::new(layout(services), &vec![setting.servers; services]),
            exabgp: ExaBgp::new(spec.exabgp, spec.acks, neighbors, setting.seed),
            random: Random::of(setting.seed, 100 + number as u64),
            marks: Marks::new(services),
            config,
            spec,
        };
        nva.exabgp.strangers.extend(stranger(setting, number));
        nva.asks();
        nva
    }

    /// The service's number by its name in the file.
    pub fn service(&self, number: usize) -> Option<&super::setting::ServiceSpec> {
        self.file
            .services
            .iter()
            .find(|service| service.number == number)
    }

    pub fn wall(&self, now: Time) -> i64 {
        self.clock + now as i64
    }

    /// The force and the drain of a service, as operators declared them.
    pub fn drained(&self, number: usize) -> Option<bool> {
        let name = &self.service(number)?.name;
        let own = self.orders.get(name);
        let all = self.orders.get("@all");
        if own.is_none() && all.is_none() {
            return None;
        }
        Some(own.is_some_and(|order| order.force) || all.is_some_and(|order| order.force))
    }

    /// What the probes of the plan look at.
    pub fn watch(&mut self, number: u32, plan: Plan, nvas: usize) {
        let target = |probe: &Probe| {
            let text = probe.to_string();
            for service in 0..self.files.len() {
                if text.ends_with(&ready_file(service)) {
                    return Target::File(service);
                }
                if text.ends_with(&port(service)) {
                    return Target::Port(service);
                }
                for other in 0..nvas {
                    if text.ends_with(&page(other, service)) {
                        return Target::Page(other, service);
                    }
                }
            }
            panic!("nobody knows {text}")
        };
        self.probes = plan
            .probed()
            .into_iter()
            .map(|probe| (probe.clone(), target(probe)))
            .collect();
        (self.number, self.plan) = (number, plan);
        self.asks();
    }

    /// Who follows whom is the same in every process of HAProxy here.
    fn asks(&mut self) {
        let mut names = self.plan.proxies.clone();
        while let followed = self.plan.followed(&self.haproxy.read(&names, false))
            && !followed.is_subset(&names)
        {
            names.extend(followed);
        }
        self.asked = (!names.is_empty()).then(|| Rc::new(names));
    }
}

impl Marks {
    /// What drains have withdrawn may come back.
    pub fn forget_drains(&mut self) {
        self.drained.fill(None);
        self.to_be_said.fill(false);
    }

    fn new(services: usize) -> Self {
        Self {
            touched: 0,
            infra: 0,
            mute: vec![0; services],
            lost: vec![None; services],
            vouched: vec![None; services],
            words: BTreeMap::new(),
            six: 0,
            edits_wait: false,
            alone: vec![0; services],
            renumbered: vec![0; services],
            chosen: vec![None; services],
            refused: None,
            calm: None,
            kept: None,
            drained: vec![None; services],
            withdrawn: BTreeMap::new(),
            retimed: None,
            to_be_said: vec![false; services],
            stages: vec![None; services],
            ill: BTreeMap::new(),
            ill_at: 0,
            updates: 0,
            faults: 0,
            wakes: (0, 0),
            forced: vec![0; services],
            removed: vec![None; services],
            readings: vec![Default::default(); services],
            faults_at_leave: 0,
            wished: 0,
            fell: 0,
            stepped_back: false,
            unwritten: false,
            forgotten: false,
        }
    }
}

pub fn parse(file: &ConfigSpec, setting: &Setting, number: usize) -> Config {
    let text = file.json(setting, number);
    config::parse(&text).unwrap_or_else(|error| panic!("{error:?}: {text}"))
}
