//! When to look: at the interval, at the fast interval while a change is pending, and at once after an event. Looks
//! out of turn are bounded: a few at once, then one each [`PAUSE`]. Pure.

use std::time::{Duration, Instant};

/// The shortest time between two looks out of turn, once the first few are used up.
const PAUSE: Duration = Duration::from_millis(50);
/// Looks out of turn that are made at once.
const CREDITS: u32 = 10;

/// Looks that may be made out of turn.
#[derive(Debug, Clone)]
pub struct Credits {
    left: u32,
    refilled: Instant,
}

impl Credits {
    /// With all credits.
    pub fn new(now: Instant) -> Self {
        Self {
            left: CREDITS,
            refilled: now,
        }
    }

    /// When the next credit is there: `now`, if there is one.
    pub fn ready(&mut self, now: Instant) -> Instant {
        let whole =
            now.saturating_duration_since(self.refilled).as_millis() / PAUSE.as_millis().max(1);
        if whole > 0 {
            self.left = self
                .left
                .saturating_add(u32::try_from(whole).unwrap_or(u32::MAX))
                .min(CREDITS);
            self.refilled = now;
        }
        if self.left > 0 {
            now
        } else {
            self.refilled + PAUSE
        }
    }

    /// One was used.
    pub fn spend(&mut self) {
        self.left = self.left.saturating_sub(1);
    }
}

/// The pace of looking.
#[derive(Debug, Clone)]
pub struct Pace {
    interval: Duration,
    fast: Duration,
    hung: Duration,
    /// When the look under way began, and when it was reported to hang; the same time: not yet.
    busy: Option<(Instant, Instant)>,
    last: Option<Instant>,
    woken: bool,
    /// The last look was out of turn: one more soon sees what HAProxy had not finished when it logged.
    follow_up: bool,
    credits: Credits,
    started: Instant,
}

impl Pace {
    /// A pace that looks at once.
    pub fn new(interval: Duration, fast: Duration, timeout: Duration, now: Instant) -> Self {
        // A look has one deadline, but a name server or a file system may keep it longer.
        let hung = timeout * 2 + Duration::from_millis(100);
        Self {
            interval,
            fast,
            hung,
            busy: None,
            last: None,
            woken: false,
            follow_up: false,
            credits: Credits::new(now),
            started: now,
        }
    }

    /// Something happened: look at once, or again after the look under way.
    pub fn wake(&mut self) {
        self.woken = true;
    }

    /// A look is due now.
    pub fn due(&mut self, pending: bool, wanted: Option<Instant>, now: Instant) -> bool {
        self.credits.ready(now);
        self.busy.is_none() && now >= self.deadline(pending, wanted)
    }

    /// A look began.
    pub fn begun(&mut self, now: Instant) {
        if std::mem::take(&mut self.woken) {
            self.credits.spend();
            self.follow_up = true;
        } else {
            self.follow_up = false;
        }
        (self.last, self.busy) = (Some(now), Some((now, now)));
    }

    /// The listening thread made a look out of turn.
    pub fn stirred(&mut self, at: Instant) {
        self.last = self.last.max(Some(at));
        self.follow_up = true;
    }

    /// The look ended.
    pub fn done(&mut self) {
        self.busy = None;
    }

    /// The look under way takes too long. True once an interval.
    pub fn hangs(&mut self, now: Instant) -> bool {
        match &mut self.busy {
            Some((begun, told)) => {
                let first = now.saturating_duration_since(*begun) >= self.hung && told == begun;
                let again = told != begun && now.saturating_duration_since(*told) >= self.interval;
                if first || again {
                    *told = now;
                }
                first || again
            }
            None => false,
        }
    }

    /// How long the look under way has taken.
    pub fn busy_for(&self, now: Instant) -> Duration {
        self.busy.map_or(Duration::ZERO, |(begun, _)| {
            now.saturating_duration_since(begun)
        })
    }

    /// When a look is due, or the one under way hangs. A look that is `wanted` at a time is done once one began after that.
    pub fn deadline(&self, pending: bool, wanted: Option<Instant>) -> Instant {
        let Some(last) = self.last else {
            return self.started;
        };
        if let Some((begun, told)) = self.busy {
            return if told == begun {
                begun + self.hung
            } else {
                told + self.interval
            };
        }
        let polled = last
            + if pending || self.follow_up {
                self.fast
            } else {
                self.interval
            };
        let polled = wanted
            .filter(|at| *at > last)
            .map_or(polled, |at| polled.min(at));
        match (self.woken, self.credits.left) {
            (false, _) => polled,
            (true, 0) => polled.min(self.credits.refilled + PAUSE),
            (true, _) => last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn pace(now: Instant) -> Pace {
        Pace::new(1000 * MS, 100 * MS, 500 * MS, now)
    }

    /// Looks until `end`, waking every `each`; a look takes a millisecond.
    fn looks(
        mut pace: Pace,
        start: Instant,
        end: Duration,
        each: Option<Duration>,
        pending: bool,
    ) -> Vec<u128> {
        let (mut now, mut times) = (start, Vec::new());
        while now < start + end {
            if each.is_some_and(|each| (now - start).as_millis().is_multiple_of(each.as_millis())) {
                pace.wake();
            }
            if pace.due(pending, None, now) {
                pace.begun(now);
                times.push((now - start).as_millis());
                pace.done();
            }
            now += MS;
        }
        times
    }

    #[test]
    fn it_looks_at_once_and_then_at_the_interval() {
        let now = Instant::now();
        assert_eq!(
            looks(pace(now), now, 3500 * MS, None, false),
            [0, 1000, 2000, 3000]
        );
        assert_eq!(
            looks(pace(now), now, 350 * MS, None, true),
            [0, 100, 200, 300]
        );
    }

    #[test]
    fn a_wake_up_is_a_look_at_once_and_one_soon_after() {
        let now = Instant::now();
        let mut pace = pace(now);
        assert!(pace.due(false, None, now));
        pace.begun(now);
        pace.done();
        pace.wake();
        assert!(pace.due(false, None, now + 3 * MS));
        pace.begun(now + 3 * MS);
        pace.done();
        assert!(!pace.due(false, None, now + 50 * MS));
        assert!(pace.due(false, None, now + 103 * MS));
        pace.begun(now + 103 * MS);
        pace.done();
        assert_eq!(pace.deadline(false, None), now + 1103 * MS);
    }

    #[test]
    fn who_waits_for_each_turn_has_one_a_pause() {
        let start = Instant::now();
        let (mut credits, mut now, mut turns) = (Credits::new(start), start, 0);
        while now < start + 5000 * MS {
            now = credits.ready(now).max(now);
            credits.ready(now);
            credits.spend();
            turns += 1;
        }
        assert!((100..=111).contains(&turns), "{turns} turns in 5 s");
    }

    #[test]
    fn a_flood_of_wake_ups_is_a_bounded_number_of_looks() {
        let now = Instant::now();
        let times = looks(pace(now), now, 10_000 * MS, Some(MS), false);
        assert!(
            (100..=230).contains(&times.len()),
            "{} looks in 10 s",
            times.len()
        );
    }

    #[test]
    fn a_wake_up_during_a_look_is_another_look() {
        let now = Instant::now();
        let mut pace = pace(now);
        assert!(pace.due(false, None, now));
        pace.begun(now);
        pace.wake();
        assert!(!pace.due(false, None, now + MS));
        pace.done();
        assert!(pace.due(false, None, now + 2 * MS));
    }

    #[test]
    fn a_look_that_hangs_is_said_once_an_interval() {
        let now = Instant::now();
        let mut pace = pace(now);
        pace.begun(now);
        assert!(!pace.hangs(now + 1000 * MS));
        assert!(pace.hangs(now + 1100 * MS));
        assert!(!pace.hangs(now + 1101 * MS));
        assert!(pace.hangs(now + 2100 * MS));
        pace.done();
        assert!(!pace.hangs(now + 9000 * MS));
    }
}
