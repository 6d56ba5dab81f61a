//! Warm-up, damping and the last resort, for any sequence of readings.

use std::time::{Duration, Instant};

use haproxy_rhi::change::Change;
use haproxy_rhi::condition::Probe;
use haproxy_rhi::config::{self, Service};
use haproxy_rhi::glance::{Standing, glance};
use haproxy_rhi::judge::Judge;
use haproxy_rhi::last_resort::Alone;
use haproxy_rhi::observation::{Finding, Observation, Reading};
use haproxy_rhi::verdict::Past;
use proptest::prelude::*;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// One look: whether the level's condition holds, and the sibling's new word, if it has one. Absent: unknown.
#[derive(Debug, Clone, Copy)]
struct Look {
    holds: Option<bool>,
    sibling: Option<Option<bool>>,
}

fn truth() -> impl Strategy<Value = Option<bool>> {
    prop_oneof![4 => Just(Some(true)), 4 => Just(Some(false)), 1 => Just(None)]
}

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let run =
        (truth(), proptest::option::of(truth()), 1usize..8).prop_map(|(holds, sibling, times)| {
            // The sibling answers once a run, often later than the looks.
            (0..times)
                .map(|at| Look {
                    holds,
                    sibling: sibling.filter(|_| at == times / 2),
                })
                .collect::<Vec<_>>()
        });
    proptest::collection::vec(run, 1..25).prop_map(|runs| runs.concat())
}

struct Watched {
    service: Service,
    seen: Observation,
    judge: Judge,
    start: Instant,
    now: Instant,
}

impl Watched {
    fn new(policy: &str) -> Self {
        let text = format!(
            r#"{{"services": {{"web": {{"prefixes": ["9.9.9.9/32"], "next_hop": "192.0.2.1", "require_address": false,
            "as_path": [65010], "levels": [{{"name": "up", "when": {{"file": {{"path": "/run/up"}}}}}}], {policy}}}}}}}"#
        );
        let service = config::parse(&text).unwrap().services.remove(0);
        let now = Instant::now();
        Self {
            service,
            seen: Observation::default(),
            judge: Judge::default(),
            start: now,
            now,
        }
    }

    /// The move of this look, if there is one.
    fn look(&mut self, look: Look) -> Option<(Standing, Standing)> {
        self.now += LOOK;
        let level = Probe::File(serde_json::from_str(r#"{"path": "/run/up"}"#).unwrap());
        let reading = |holds| Reading {
            at: self.now,
            what: Finding::new(holds, ""),
        };
        self.seen.probes.insert(level, reading(look.holds));
        if let (Some(holds), Some(siblings)) = (look.sibling, &self.service.siblings) {
            self.seen
                .probes
                .insert(siblings.probes[0].clone(), reading(holds));
        }
        match self
            .judge
            .judge(&self.service, &self.seen, Some(self.start), self.now)
        {
            Some(Change::Moved { from, to }) => Some((from, to)),
            _ => None,
        }
    }

    fn sibling(&self) -> Option<&Reading<Finding>> {
        self.seen
            .probes
            .get(&self.service.siblings.as_ref().unwrap().probes[0])
    }
}

const UP: Standing = Standing::Level(0);

proptest! {
    #![proptest_config(crate::cases(200))]

    #[test]
    fn a_route_is_withdrawn_only_when_a_sibling_that_was_asked_since_is_healthy(
        rise in 1u32..4, fall in 1u32..4, hold in 0u32..6, settle in 0u32..6, looks in looks()
    ) {
        let mut watched = Watched::new(&format!(
            r#""rise": {rise}, "fall": {fall}, "unknown": {{"hold": "{}ms"}},
            "siblings": {{"urls": ["http://192.0.2.2/"], "settle": "{}ms"}}"#,
            hold * 100, settle * 100
        ));
        let mut since = watched.now;
        // Since when no level holds.
        let mut lost: Option<Instant> = None;
        // Once it was seen ill: since when it is healthy again.
        let mut returned: Option<Option<Instant>> = None;
        for look in looks {
            let moved = watched.look(look);
            match look.holds {
                Some(true) => lost = None,
                Some(false) => lost = lost.or(Some(watched.now)),
                None => {}
            }
            if let Some(reading) = watched.sibling() {
                returned = match (reading.what.holds, returned) {
                    (Some(true), Some(back)) => Some(back.or(Some(reading.at))),
                    (Some(true), None) => None,
                    _ => Some(None),
                };
            }
            let Some((from, to)) = moved else { continue };
            let healthy = watched.sibling().filter(|reading| reading.what.holds == Some(true));
            match (from, to) {
                (Standing::Level(_), Standing::Down) => prop_assert!(false, "withdrawn at once"),
                // What an earlier process announced may be out: an old word does not withdraw it either.
                (Standing::NotYetKnown, Standing::Down) => {
                    prop_assert!(healthy.is_some_and(|reading| lost.is_some_and(|lost| reading.at > lost)));
                }
                (Standing::LastStanding, Standing::Down) => {
                    prop_assert!(healthy.is_some_and(|reading| reading.at > since), "{healthy:?}");
                    let settled = |back: Instant| healthy.is_some_and(|reading| reading.at >= back + settle * LOOK);
                    prop_assert!(returned.is_none_or(|back| back.is_some_and(settled)), "{returned:?}");
                }
                // What an earlier process announced may be out: it waits with the longer path for a sibling that is
                // just back.
                (Standing::NotYetKnown, Standing::LastStanding) => {
                    // One that was asked for before the pause was over is no word of trust.
                    let is_back = |reading: &Reading<Finding>| {
                        returned.flatten().is_some_and(|back| reading.at < back + settle * LOOK)
                    };
                    prop_assert!(healthy.is_none_or(is_back), "{healthy:?}");
                }
                (_, Standing::LastStanding) if from != UP => prop_assert!(healthy.is_none(), "{healthy:?}"),
                _ => {}
            }
            since = watched.now;
        }
    }

    #[test]
    fn who_left_the_levels_stays_out_until_a_sibling_says_that_it_is_healthy(
        rise in 1u32..4, fall in 1u32..4, settle in 0u32..6, looks in looks(), sibling in truth()
    ) {
        let mut watched = Watched::new(&format!(
            r#""rise": {rise}, "fall": {fall}, "siblings": {{"urls": ["http://192.0.2.2/"], "settle": "{}ms"}}"#,
            settle * 100
        ));
        for look in looks {
            watched.look(look);
        }
        for _ in 0..10 + settle {
            watched.look(Look { holds: Some(false), sibling: Some(sibling) });
        }
        let expected = if sibling == Some(true) { Standing::Down } else { Standing::LastStanding };
        prop_assert_eq!(watched.judge.health("web").unwrap().standing(), expected);
        prop_assert!(!watched.judge.is_pending());
    }

    #[test]
    fn a_return_takes_the_whole_wait_without_a_fall(
        rise in 1u32..4, fall in 1u32..3, wait in 1u32..8, doublings in 0u32..4, looks in looks()
    ) {
        let ceiling = wait << doublings;
        let mut watched = Watched::new(&format!(
            r#""rise": {rise}, "fall": {fall}, "unknown": {{"hold": "1d"}},
            "damping": {{"wait": "{}ms", "ceiling": "{}ms", "quiet": "1d"}}"#,
            wait * 100, ceiling * 100
        ));
        let mut falls = 0;
        for (at, look) in looks.iter().enumerate() {
            match watched.look(*look) {
                Some((UP, Standing::Down)) => falls += 1,
                Some((Standing::Down, UP)) if falls > 1 => {
                    let wait = (wait << (falls - 2)).min(ceiling) as usize;
                    let well = looks[..=at].iter().rev().take_while(|look| look.holds != Some(false)).count();
                    prop_assert!(well > wait, "well for {well} looks after {falls} falls");
                }
                _ => {}
            }
        }
        // Kept back, never for ever.
        for _ in 0..(ceiling + 2 * rise + 2) {
            watched.look(Look { holds: Some(true), sibling: None });
        }
        prop_assert_eq!(watched.judge.health("web").unwrap().standing(), UP);
    }

    #[test]
    fn nothing_is_announced_before_the_warm_up_is_over(rise in 1u32..4, warm_up in 0u32..20, looks in looks()) {
        let mut watched = Watched::new(&format!(r#""rise": {rise}, "warm_up": "{}ms""#, warm_up * 100));
        for (at, look) in looks.iter().enumerate() {
            if let Some((_, UP)) = watched.look(*look) {
                prop_assert!(at >= warm_up as usize, "announced at look {at}");
            }
        }
        for _ in 0..(warm_up + 2 * rise + 2) {
            watched.look(Look { holds: Some(true), sibling: None });
        }
        prop_assert_eq!(watched.judge.health("web").unwrap().standing(), UP);
    }

    #[test]
    fn not_asked_is_never_alone(words in proptest::collection::vec(proptest::option::of(truth()), 1..5)) {
        let urls: Vec<String> = (0..words.len()).map(|at| format!(r#""http://198.51.100.{at}/""#)).collect();
        let watched = Watched::new(&format!(r#""siblings": {{"urls": [{}]}}"#, urls.join(", ")));
        let mut seen = Observation::default();
        for (probe, word) in watched.service.siblings.as_ref().unwrap().probes.iter().zip(&words) {
            let reading = word.map(|holds| Reading { at: watched.now, what: Finding::new(holds, "") });
            seen.probes.extend(reading.map(|reading| (probe.clone(), reading)));
        }
        let expected = match () {
            () if words.contains(&Some(Some(true))) => Alone::No,
            () if words.contains(&None) => Alone::NotAsked,
            () => Alone::Yes,
        };
        prop_assert_eq!(glance(&watched.service, &seen, Past::none()).last_resort.unwrap().alone(), expected);
    }
}

/// An edit has added a prefix, and nobody has looked for its address yet.
#[test]
fn an_address_that_was_not_looked_for_takes_no_last_resort_away() {
    let dead = |sibling: Option<bool>| Look {
        holds: Some(false),
        sibling: sibling.map(Some),
    };
    let started = |word: Option<bool>| {
        let mut watched = Watched::new(
            r#""rise": 1, "fall": 1, "siblings": {"urls": ["http://198.51.100.2/"], "settle": "0ms"}"#,
        );
        watched.service.require_address = true;
        let before = watched
            .judge
            .health("web")
            .map_or(Standing::NotYetKnown, haproxy_rhi::health::Health::standing);
        assert_eq!(before, Standing::NotYetKnown);
        watched.look(dead(word));
        watched
    };
    let standing = |watched: &Watched| watched.judge.health("web").unwrap().standing();
    // Nobody is known to be healthy: what may be out stays.
    assert_eq!(standing(&started(None)), Standing::NotYetKnown);
    assert_eq!(standing(&started(Some(false))), Standing::NotYetKnown);
    // A sibling is: whatever the address is.
    let mut watched = started(Some(false));
    watched.look(dead(Some(true)));
    assert_eq!(standing(&watched), Standing::Down);
    // The last resort stays one, and a level becomes it.
    let mut watched = started(Some(false));
    let address: std::net::IpAddr = "9.9.9.9".parse().unwrap();
    let here = |watched: &mut Watched| drop(watched.seen.addresses.insert(address, Ok(true)));
    here(&mut watched);
    watched.look(Look {
        holds: Some(true),
        sibling: Some(Some(false)),
    });
    assert_eq!(standing(&watched), UP);
    watched.seen.addresses.clear();
    watched.look(dead(Some(false)));
    assert_eq!(standing(&watched), Standing::LastStanding);
    watched.look(dead(Some(false)));
    assert_eq!(standing(&watched), Standing::LastStanding);
    watched.seen.addresses.insert(address, Ok(false));
    watched.look(dead(Some(false)));
    assert_eq!(standing(&watched), Standing::Down);
}

#[test]
fn a_reading_of_before_the_hold_was_over_that_comes_late_is_no_reason_to_come_back() {
    let mut watched = Watched::new(r#""rise": 1, "unknown": {"hold": "500ms"}"#);
    watched.look(Look {
        holds: Some(true),
        sibling: None,
    });
    for _ in 0..8 {
        watched.look(Look {
            holds: None,
            sibling: None,
        });
    }
    assert_eq!(
        watched.judge.health("web").unwrap().standing(),
        Standing::Down
    );
    // It began while the state was unknown, and ends long after the withdrawal.
    let asked = watched.now - 6 * LOOK;
    watched.now += 10 * LOOK;
    let probe = Probe::File(serde_json::from_str(r#"{"path": "/run/up"}"#).unwrap());
    watched.seen.probes.insert(
        probe,
        Reading {
            at: asked,
            what: Finding::new(Some(true), ""),
        },
    );
    assert_eq!(
        watched.judge.judge(
            &watched.service,
            &watched.seen,
            Some(watched.start),
            watched.now
        ),
        None
    );
    assert_eq!(
        watched.judge.health("web").unwrap().standing(),
        Standing::Down
    );
    // One that began since is.
    assert_eq!(
        watched.look(Look {
            holds: Some(true),
            sibling: None
        }),
        Some((Standing::Down, UP))
    );
}
