//! Rise, fall and hold, for any sequence of readings.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use haproxy_rhi::change::Change;
use haproxy_rhi::condition::Probe;
use haproxy_rhi::config::{self, Config, Level, Service, ThenUnknown};
use haproxy_rhi::glance::Standing;
use haproxy_rhi::judge::Judge;
use haproxy_rhi::observation::{Finding, Observation, Reading};
use haproxy_rhi::program::Plan;
use proptest::prelude::*;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// What one look finds of each level's condition, best first; absent: it cannot be told.
type Found = Vec<Option<bool>>;

#[derive(Debug, Clone)]
struct Rules {
    rise: usize,
    fall: usize,
    hold: u32,
    keep: bool,
}

fn found(levels: usize) -> impl Strategy<Value = Found> {
    proptest::collection::vec(
        prop_oneof![Just(Some(true)), Just(Some(false)), Just(None)],
        levels,
    )
}

/// Readings, many of them the same several times in a row: else nothing would ever be confirmed.
fn readings() -> impl Strategy<Value = Vec<Found>> {
    let run = (found(3), 1usize..6).prop_map(|(found, times)| vec![found; times]);
    proptest::collection::vec(run, 1..12).prop_map(|runs| runs.concat())
}

fn rules() -> impl Strategy<Value = Rules> {
    (1usize..5, 1usize..5, 0u32..8, any::<bool>()).prop_map(|(rise, fall, hold, keep)| Rules {
        rise,
        fall,
        hold,
        keep,
    })
}

fn configuration(rules: &Rules) -> Config {
    let levels: Vec<String> = (0..3)
        .map(|level| {
            format!(r#"{{"name": "l{level}", "when": {{"file": {{"path": "/run/l{level}"}}}}}}"#)
        })
        .collect();
    let text = format!(
        r#"{{"services": {{"web": {{"prefixes": ["9.9.9.9/32"], "next_hop": "192.0.2.1", "require_address": false,
        "rise": {}, "fall": {}, "unknown": {{"hold": "{}ms", "then": "{}"}}, "levels": [{}]}}}}}}"#,
        rules.rise,
        rules.fall,
        rules.hold * 100,
        if rules.keep { "keep" } else { "withdraw" },
        levels.join(", ")
    );
    config::parse(&text).unwrap()
}

/// A service that is looked at.
struct Watched {
    service: Service,
    probes: Vec<Probe>,
    judge: Judge,
    start: Instant,
    now: Instant,
}

impl Watched {
    fn new(rules: &Rules) -> Self {
        let mut config = configuration(rules);
        let probes = Plan::of(&config).probes.into_iter().collect();
        let service = config.services.remove(0);
        let now = Instant::now();
        Self {
            service,
            probes,
            judge: Judge::default(),
            start: now,
            now,
        }
    }

    fn look(&mut self, found: &Found) -> Option<Change> {
        self.now += LOOK;
        let reading = |holds: &Option<bool>| Reading {
            at: self.now,
            what: Finding::new(*holds, ""),
        };
        let probes: BTreeMap<Probe, Reading<Finding>> = self
            .probes
            .iter()
            .cloned()
            .zip(found.iter().map(reading))
            .collect();
        let seen = Observation {
            probes,
            ..Observation::default()
        };
        self.judge
            .judge(&self.service, &seen, Some(self.start), self.now)
    }

    /// The file says something else of each level.
    fn edit(&mut self, change: impl FnMut(&mut Level)) {
        let mut change = change;
        self.edit_all(|service| service.levels.iter_mut().for_each(&mut change));
    }

    /// The file says something else of the service.
    fn edit_all(&mut self, change: impl FnOnce(&mut Service)) {
        let mut config = configuration(&Rules {
            rise: 1,
            fall: 1,
            hold: 0,
            keep: false,
        });
        config.services[0] = self.service.clone();
        let before = config.clone();
        change(&mut config.services[0]);
        self.judge.reconfigure(&before, &config);
        self.service = config.services.remove(0);
    }

    fn standing(&self) -> Standing {
        self.judge.health("web").unwrap().standing()
    }
}

/// The level that a reading calls for; absent: it cannot be told.
fn target(found: &Found) -> Option<Standing> {
    let first = found.iter().position(|level| *level != Some(false));
    match first {
        None => Some(Standing::Down),
        Some(level) => found[level].map(|_| Standing::Level(level)),
    }
}

/// The best level that holds whatever cannot be told.
fn certain(found: &Found) -> Standing {
    found
        .iter()
        .position(|level| *level == Some(true))
        .map_or(Standing::Down, Standing::Level)
}

/// Higher is worse.
fn rank(standing: Standing) -> usize {
    match standing {
        Standing::Takeover => 0,
        Standing::Level(level) => level,
        Standing::LastStanding => 3,
        Standing::Down => 4,
        Standing::NotYetKnown => 5,
    }
}

proptest! {
    #![proptest_config(crate::cases(100))]

    #[test]
    fn a_better_level_takes_as_many_readings_in_a_row_as_rise_says(rules in rules(), readings in readings()) {
        let mut watched = Watched::new(&rules);
        for (at, found) in readings.iter().enumerate() {
            let Some(Change::Moved { from, to }) = watched.look(found) else { continue };
            if rank(to) >= rank(from) || (from, to) == (Standing::NotYetKnown, Standing::Down) {
                continue;
            }
            prop_assert!(at + 1 >= rules.rise, "{from:?} -> {to:?} at reading {at}");
            for earlier in &readings[at + 1 - rules.rise..=at] {
                // What is at least as good whatever the unknown levels are.
                prop_assert!(rank(certain(earlier)) <= rank(to), "{from:?} -> {to:?} by {earlier:?}");
            }
        }
    }

    #[test]
    fn a_worse_level_takes_as_many_readings_as_fall_says_or_the_whole_hold(rules in rules(), readings in readings()) {
        let mut watched = Watched::new(&rules);
        let mut unknown_for = 0;
        for (at, found) in readings.iter().enumerate() {
            unknown_for = if target(found).is_none() { unknown_for + 1 } else { 0 };
            let Some(Change::Moved { from, to }) = watched.look(found) else { continue };
            if rank(to) <= rank(from) {
                continue;
            }
            if unknown_for > 0 {
                prop_assert!(unknown_for > rules.hold as usize, "{from:?} -> {to:?} after {unknown_for} readings");
                continue;
            }
            let known: Vec<usize> =
                readings[..=at].iter().filter_map(target).map(rank).rev().take(rules.fall).collect();
            prop_assert!(known.len() == rules.fall && known.iter().all(|known| *known >= rank(to)),
                "{from:?} -> {to:?} after {known:?}");
        }
    }

    #[test]
    fn what_cannot_be_told_changes_nothing_before_the_hold_is_over(rules in rules(), before in readings()) {
        let mut watched = Watched::new(&rules);
        before.iter().for_each(|found| _ = watched.look(found));
        // A reading that can be told, so that the hold begins now.
        watched.look(&vec![Some(true); 3]);
        let standing = watched.standing();
        let unknown = vec![None; 3];
        for reading in 0..rules.hold {
            watched.look(&unknown);
            prop_assert_eq!(watched.standing(), standing, "after {} of {} readings", reading, rules.hold);
        }
        watched.look(&unknown);
        let after = if rules.keep { standing } else { Standing::Down };
        prop_assert_eq!(watched.standing(), after);
        prop_assert_eq!(watched.service.then == ThenUnknown::Keep, rules.keep);
    }

    #[test]
    fn enough_equal_readings_lead_to_what_they_say(rules in rules(), before in readings(), last in found(3).prop_filter("it cannot be told", |last| target(last).is_some())) {
        let mut watched = Watched::new(&rules);
        before.iter().for_each(|found| _ = watched.look(found));
        for _ in 0..2 * rules.rise.max(rules.fall) {
            watched.look(&last);
        }
        prop_assert_eq!(Some(watched.standing()), target(&last));
        prop_assert!(!watched.judge.is_pending());
    }

    #[test]
    fn a_move_is_told_when_and_only_when_the_standing_changes(rules in rules(), readings in readings()) {
        let mut watched = Watched::new(&rules);
        let mut standing = Standing::NotYetKnown;
        for found in &readings {
            let moved = match watched.look(found) {
                Some(Change::Moved { from, to }) => Some((from, to)),
                _ => None,
            };
            let now = watched.standing();
            prop_assert_eq!(moved, (now != standing).then_some((standing, now)));
            standing = now;
        }
    }

    #[test]
    fn the_same_look_twice_is_one_reading(rules in rules(), readings in readings()) {
        let mut once = Watched::new(&rules);
        let mut twice = Watched::new(&rules);
        for found in &readings {
            once.look(found);
            twice.look(found);
            // Judged again at once, as after a probe that has nothing new: nothing newer was seen.
            let reading = |holds: &Option<bool>| Reading { at: twice.now, what: Finding::new(*holds, "") };
            let probes = twice.probes.iter().cloned().zip(found.iter().map(reading)).collect();
            let seen = Observation { probes, ..Observation::default() };
            twice.judge.judge(&twice.service, &seen, Some(twice.start), twice.now);
            prop_assert_eq!(once.standing(), twice.standing());
        }
    }

    #[test]
    fn an_edit_of_what_is_announced_changes_no_move(rules in rules(), readings in readings(), at in 0usize..60) {
        let (mut edited, mut left) = (Watched::new(&rules), Watched::new(&rules));
        for (reading, found) in readings.iter().enumerate() {
            if reading == at {
                edited.edit(|level| level.attributes.as_path = Some("65010 65010".parse().unwrap()));
            }
            prop_assert_eq!(edited.look(found), left.look(found), "at reading {}", reading);
            prop_assert_eq!(edited.standing(), left.standing());
        }
    }

    #[test]
    fn an_edit_keeps_the_standing_under_the_levels_names_and_conditions(
        rules in rules(), readings in readings(), renamed in 0usize..3, turn in 0usize..3, last in found(3)
    ) {
        let mut watched = Watched::new(&rules);
        readings.iter().for_each(|found| _ = watched.look(found));
        let before = watched.standing();
        let mut at = 0;
        watched.edit(|level| {
            if at == renamed {
                level.name = "another".to_owned();
            }
            at += 1;
        });
        prop_assert_eq!(watched.standing(), before, "level {} is called otherwise", renamed);
        watched.edit_all(|service| {
            service.levels.rotate_left(turn);
            (service.rise, service.fall) = (7, 7);
        });
        let moved = match before {
            Standing::Level(level) => Standing::Level((level + 3 - turn) % 3),
            other => other,
        };
        prop_assert_eq!(watched.standing(), moved, "the levels are in another order");
        // The edit alone is no reading: whatever is seen next, one look moves nothing up.
        watched.service.levels.iter_mut().for_each(|level| (level.rise, level.fall) = (7, 7));
        watched.look(&last);
        prop_assert!(rank(watched.standing()) >= rank(moved) || moved == Standing::NotYetKnown);
    }
}
