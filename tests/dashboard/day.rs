//! The day is played, and scraped every 15 s.

use std::cell::RefCell;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use crate::chance::{Chance, pages};
use crate::script::{Act, Found, NAMES, NE, script};
use crate::series::{SCRAPE, Scraped};
use crate::simulator::dice::History;
use crate::simulator::fault::Fault;
use crate::simulator::listen::Listens;
use crate::simulator::random::Random;
use crate::simulator::setting::{LevelSpec, Need, Setting};
use crate::simulator::world::World;
use crate::simulator::{MS, Time};
use crate::told::{Shared, Told};

/// 2027-01-15 08:00, when the simulator's clocks begin; until 14:00.
pub const BEGIN: u64 = 1_800_000_000;
pub const END: u64 = BEGIN + 6 * 3600;
const SECOND: Time = 1_000 * MS;

/// Plays it.
pub fn day() -> Scraped {
    let history = History {
        setting: setting(),
        // None of its own: the script has them.
        faults: vec![((END - BEGIN + 60) * SECOND, Fault::Clock(NE, 0))],
        restored: false,
    };
    let mut day = Day {
        world: World::new(&history, false),
        told: Vec::new(),
        chance: Chance::Well,
        chances: pages().unwrap(),
        found: Found::Intended,
        verified: BEGIN,
        pages: Found::all().map(|found| (found, verify(found))),
        scraped: Scraped::default(),
    };
    let now = day.world.instant(0);
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN);
    let told = || Rc::new(RefCell::new(Told::new(now, wall)));
    day.told = NAMES.map(|_| told()).to_vec();
    day.world.loss = 0;
    let listeners = day.told.iter().cloned();
    day.world.listeners = listeners
        .map(|one| Box::new(one) as Box<dyn Listens>)
        .collect();
    day.play();
    day.scraped
}

/// Two regions of one NVA: the second takes over, a worse level has a longer path, and what flaps is kept back.
fn setting() -> Setting {
    let mut setting = Setting::plain(2, &mut Random::of(1, 1));
    setting.seed = 1;
    for nva in &mut setting.nvas {
        nva.config.read_back = 60;
        let service = &mut nva.config.services[0];
        service.levels[0].need = Need::Active(2);
        service.levels.push(LevelSpec {
            name: "degraded".to_owned(),
            need: Need::Any,
            beside: Vec::new(),
            prepend: 3,
        });
        service.damping = Some((300_000, 1_800_000, 3_600_000));
    }
    setting
}

struct Day {
    world: World,
    told: Vec<Shared>,
    chance: Chance,
    chances: Vec<(Chance, String)>,
    found: Found,
    /// When 'haproxy-rhi verify' ran last.
    verified: u64,
    pages: [(Found, String); 3],
    scraped: Scraped,
}

impl Day {
    fn play(&mut self) {
        let mut acts = script().into_iter().peekable();
        for at in (0..=END - BEGIN).step_by(SCRAPE as usize) {
            while let Some((minute, act)) = acts.next_if(|(minute, _)| minute * 60.0 <= at as f64) {
                self.until((minute * 60_000.0) as Time * MS);
                self.act(act);
            }
            self.until(at * SECOND);
            self.scrape(at);
        }
    }

    fn until(&mut self, at: Time) {
        self.world.end = at;
        self.world.play();
        assert_eq!(self.world.violation.take().map(|found| found.text), None);
        self.world.queue.pass(at);
        self.world.now = at;
    }

    fn act(&mut self, act: Act) {
        let told = |n: usize| self.told[n].borrow_mut();
        match act {
            Act::Fault(fault) => self.world.fault(fault),
            Act::Deaf(n, is_deaf) => told(n).is_deaf = is_deaf,
            Act::Faulty(n, is_faulty) => {
                told(n).fault = is_faulty.then(|| "config.json:1:1: expected value".to_owned())
            }
            Act::HookFails(n, fails) => told(n).hook_fails = fails,
            Act::Refuses(n, refuses) => {
                self.world.nvas[n].exabgp.refuse = if refuses { u32::MAX } else { 0 }
            }
            Act::SecondChance(chance) => self.chance = chance,
            Act::Verify(found) => self.found = found,
            Act::Stranger(n) => {
                for session in &mut self.world.nvas[n].exabgp.sessions {
                    session.believes.clear();
                    session.table.clear();
                }
            }
        }
    }

    /// The node exporter reads the files: where no process runs, they are as they were.
    fn scrape(&mut self, at: u64) {
        self.scraped.begin();
        let now = self.world.instant(at * SECOND);
        for (n, name) in NAMES.iter().enumerate() {
            let mut told = self.told[n].borrow_mut();
            if let Some(program) = &self.world.nvas[n].program {
                told.write(program.view(), now);
            }
            self.scraped.add(name, &told.page);
        }
        // Its timer runs every ten minutes.
        if at.is_multiple_of(600) {
            self.verified = BEGIN + at;
        }
        let page = self.pages.iter().find(|(found, _)| *found == self.found);
        let page = page.map_or("", |(_, page)| page);
        self.scraped.add(NAMES[NE], &dated(page, self.verified));
        let page = self
            .chances
            .iter()
            .find(|(chance, _)| *chance == self.chance);
        self.scraped
            .add(NAMES[NE], page.map_or("", |(_, page)| page));
    }
}

impl Found {
    fn all() -> [Self; 3] {
        [Self::Intended, Self::Otherwise, Self::Unknown]
    }
}

/// What `haproxy-rhi verify --metrics` writes.
fn verify(found: Found) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let learned = root.join("tests/verify").join(match found {
        Found::Intended => "north-europe.json",
        Found::Otherwise => "north-europe-withdrawn.json",
        Found::Unknown => "cut-off.json",
    });
    let folder = tempfile::tempdir().unwrap();
    let metrics = folder.path().join("verify.prom");
    let output = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .arg("verify")
        .arg(format!("north-europe={}", learned.display()))
        .arg("--config")
        .arg(root.join("exabgp/north-europe/config.json"))
        .arg("--metrics")
        .arg(&metrics)
        .output()
        .unwrap();
    std::fs::read_to_string(metrics).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Its date is that of the host's clock.
fn dated(page: &str, at: u64) -> String {
    let line = |line: &str| match line.split_once(' ') {
        Some((name, _)) if name.starts_with("haproxy_rhi_verify_time_seconds{") => {
            format!("{name} {at}\n")
        }
        _ => format!("{line}\n"),
    };
    page.lines().map(line).collect()
}
