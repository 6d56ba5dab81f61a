//! From a seed to a history: which faults, and when. Faults like company: one in the sensitive moment of another.

use super::fault::{Edit, Fault};
use super::random::Random;
use super::setting::{SESSIONS, Setting};
use super::{MS, Time};

/// The faults of a history, in their order, and how it ends.
#[derive(Debug, Clone)]
pub struct History {
    pub setting: Setting,
    pub faults: Vec<(Time, Fault)>,
    /// In the end everything is well again; otherwise what is dead stays dead.
    pub restored: bool,
}

/// A list from which one is drawn.
pub trait Pick {
    fn pick<T: Clone>(&mut self, list: &[T]) -> T;
}

impl Pick for Random {
    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

/// The last fault lies before this.
const LONGEST: Time = 40_000 * MS;

impl History {
    pub fn of(seed: u64) -> Self {
        let setting = Setting::of(seed);
        let mut random = Random::of(seed, 2);
        let count = random.range(3, 40);
        let pace = random.pick(&[20, 300, 1500, 1500, 4000]);
        let mut faults: Vec<(Time, Fault)> = Vec::new();
        let mut at = random.pick(&[0, 500, 3000, 3000, 3000]) * MS;
        for _ in 0..count {
            at += gap(pace, &mut random);
            if at > LONGEST {
                break;
            }
            add(&setting, at, &mut faults, &mut random);
        }
        faults.sort_by_key(|(at, _)| *at);
        Self {
            setting,
            faults,
            restored: random.chance(50),
        }
    }
}

fn gap(pace: u64, random: &mut Random) -> Time {
    match random.below(10) {
        0 => 0,
        1 | 2 => random.range(0, 5 * MS),
        3 | 4 => random.range(0, 200 * MS),
        5 => random.range(0, 8_000 * MS),
        _ => random.range(0, 2 * pace * MS),
    }
}

/// One fault, and often its end.
fn add(setting: &Setting, at: Time, faults: &mut Vec<(Time, Fault)>, random: &mut Random) {
    let n = random.below(setting.nvas.len());
    let k = random.below(setting.nvas[n].config.services.len());
    let (fault, end, percent) = one(setting, n, k, random);
    let later = at + random.pick(&[5, 100, 900, 3000, 9000]) * MS + random.range(0, 500 * MS);
    faults.push((at, fault));
    if random.chance(percent) {
        faults.push((later, end));
    }
    // The same in another region, at nearly the same moment.
    if let Fault::ServersDie(region, _) = fault
        && random.chance(25)
    {
        let other = (region + 1) % setting.regions;
        faults.push((at + random.range(0, 1200 * MS), Fault::ServersDie(other, k)));
        faults.push((
            later + random.range(0, 1200 * MS),
            Fault::ServersReturn(other, k),
        ));
    }
}

/// What happens, what may end it, and how often that happens by itself, in a hundred.
fn one(setting: &Setting, n: usize, k: usize, random: &mut Random) -> (Fault, Fault, u64) {
    use Fault::*;
    let r = setting.nvas[n].region;
    let (i, s) = (random.below(setting.servers), random.below(SESSIONS));
    // What moves routes happens often.
    match random.below(101) {
        0..=13 => (ServersDie(r, k), ServersReturn(r, k), 75),
        14..=19 => (ServerDies(r, k, i), ServerReturns(r, k, i), 75),
        20..=22 => (ServerFlaps(n, k, i), ServerFlaps(n, k, i), 30),
        23..=26 => (Maint(n, k, i), Ready(n, k, i), 75),
        27 => (DrainServer(n, k, i), Ready(n, k, i), 75),
        28 => (Weight(n, k, i, 0), Weight(n, k, i, 1), 75),
        29..=30 => (Frontend(n, k, false), Frontend(n, k, true), 75),
        31..=34 => (Reload(n), Reload(n), 20),
        35..=37 => (Restart(n, 100), Restart(n, 1500), 10),
        38..=41 => (KillHaproxy(n), StartHaproxy(n), 80),
        42..=44 => (HangHaproxy(n), ResumeHaproxy(n), 90),
        45 => (Control(n, false), Control(n, true), 90),
        46 => (LookHangs(n, 3000), LookHangs(n, 300), 20),
        47 => (ProbesHang(n, 3000), ProbesHang(n, 300), 20),
        48..=51 => (Kill(n), Kill(n), 10),
        52..=53 => (Term(n), Kill(n), 10),
        54 => (
            WatchRefused(n, 2),
            Edit(n, k, self::Edit::Interval(500)),
            80,
        ),
        55..=57 => (
            RestartExabgp(n, 300, true),
            RestartExabgp(n, 2000, false),
            20,
        ),
        58..=59 => (Stuck(n, s == 0), GoesOn(n), 95),
        60..=61 => (Refuse(n, 1 + i as u32), Refuse(n, 1), 20),
        62 => (Swallow(n, 1 + i as u32), Swallow(n, 1), 20),
        63 => (Lag(n, 700), Lag(n, 0), 95),
        64..=66 => (SessionResets(n, s, 500), SessionResets(n, 1 - s, 2000), 40),
        67 => (SessionSilent(n, s), SessionHeals(n, s), 90),
        68..=70 => {
            let other = (r + 1) % setting.regions;
            (Partition(r, other), Heal(r, other), 90)
        }
        71..=77 => (Drain(n, Some(k), false), Resume(n, Some(k)), 60),
        78 => (Drain(n, None, false), Resume(n, None), 60),
        79 => (Drain(n, Some(k), true), Resume(n, Some(k)), 60),
        80 => (Drain(n, Some(k), false), Drain(n, None, true), 60),
        81..=91 => {
            let (there, back) = edit(setting, n, k, random);
            (Edit(n, k, there), Edit(n, k, back), 70)
        }
        92 => (FaultyFile(n), FaultyFile(n), 0),
        93..=94 => (Address(n, k, false), Address(n, k, true), 85),
        95..=96 => (File(n, k, false), File(n, k, true), 85),
        97 => (Port(n, k, false), Port(n, k, true), 85),
        98 => (SlowDisk(n, 2000), SlowDisk(n, 0), 80),
        99 => (Clock(n, 5000), Clock(n, -5000), 50),
        _ => (Clock(n, -30_000), Clock(n, 20_000), 50),
    }
}

/// An edit, and one that takes it back.
fn edit(setting: &Setting, n: usize, k: usize, random: &mut Random) -> (Edit, Edit) {
    use Edit::*;
    let config = &setting.nvas[n].config;
    let service = &config.services[k];
    match random.below(24) {
        0 => (Rise(random.range(1, 3)), Rise(service.rise)),
        1 => (Fall(random.range(1, 3)), Fall(service.fall)),
        2 => (Hold(random.pick(&[0, 1000, 3000])), Hold(service.hold)),
        3 => (
            Damping(service.damping.is_none()),
            Damping(service.damping.is_some()),
        ),
        4 => (WarmUp(random.pick(&[0, 3000])), WarmUp(service.warm_up)),
        5 => (Settle(random.pick(&[500, 3000])), Settle(service.settle)),
        6 => (
            DrainTimes(random.pick(&[0, 500, 3000])),
            DrainTimes(service.ask),
        ),
        7 => (
            Interval(random.pick(&[500, 1000])),
            Interval(config.interval),
        ),
        8 => (ReadBack(random.pick(&[0, 5])), ReadBack(config.read_back)),
        9 => (OnExit(random.chance(50)), OnExit(config.keep_on_exit)),
        10 | 11 => (Path(service.path + 1), Path(service.path)),
        12 => (Med(Some(random.range(1, 100))), Med(service.med)),
        13 | 14 => (
            PathInformation(Some(random.range(1, 3))),
            PathInformation(service.path_information),
        ),
        15 | 16 => {
            let other = service
                .neighbors
                .map_or_else(|| Some(random.below(SESSIONS)), |one| Some(1 - one));
            (
                Neighbors(random.pick(&[other, other, None])),
                Neighbors(service.neighbors),
            )
        }
        17 => (LevelName(true), LevelName(false)),
        18 => (
            Degraded(service.levels.len() == 1),
            Degraded(service.levels.len() > 1),
        ),
        19 => (Siblings(!service.siblings), Siblings(service.siblings)),
        20 | 21 => (Both(!service.both), Both(service.both)),
        22 => random.pick(&[(Name(true), Name(false)), (Removed, Back)]),
        _ => (Same, Same),
    }
}
