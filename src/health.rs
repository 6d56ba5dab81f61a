//! One service's health, with rise, fall, hold, warm-up and damping. Pure: `now` is an argument.
//! In come glances, one a look.
//! Out goes the standing that is in force, and what changed, for the caller to log.

mod edit;
mod rise;
mod runs;
mod taking;

use std::cmp::min_by_key;
use std::sync::Arc;
use std::time::Instant;

use crate::change::Change;
use crate::config::{Service, ThenUnknown};
use crate::damping::Flaps;
use crate::glance::{Alone, Glance, LastResort, Returns, Standing, glance};
use crate::observation::{Observation, Out, Trouble};
use crate::verdict::Past;
use runs::Runs;

/// A service's health, with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What is in force, whether or not it takes over.
    standing: Standing,
    /// It is to take over, at its best level, or not; absent: the siblings have not been asked yet.
    takes_over: Option<bool>,
    /// What is said of that before the reason of the level.
    words: String,
    /// Since when.
    pub since: Instant,
    /// Why, in words and figures: of the reading that led here, or of a newer one that agrees.
    pub why: String,
    /// A change that is not confirmed yet.
    pub pending: Option<Pending>,
    /// Since when it cannot be told, and whether the hold time has passed.
    pub unknown: Option<Unknown>,
    /// The falls that keep it back.
    pub flaps: Flaps,
    /// Returns that it was kept back from, because it fell again before it had been well for long enough.
    pub absorbed: u64,
    /// The warm-up is counted from here: our own start, or HAProxy's after it was gone.
    started: Instant,
    /// The last move was an operator's wish, which is no flap.
    wished: bool,
    /// It fell, by no wish, and has not come back to a level since: an outage, however many levels it passes.
    fallen: bool,
    /// What is known for the case that no level holds; absent without siblings.
    pub resort: Option<LastResort>,
    /// Since when no level has held.
    lost: Option<Instant>,
    /// A sibling has not been asked yet since the levels were left.
    asking: bool,
    /// It waits until this region's own page does not say any more that the route is out.
    waits_for_silence: bool,
    /// It was said that no sibling is healthy.
    alone_logged: bool,
    /// Siblings that came back.
    returns: Returns,
    /// When a reading was counted last.
    counted: Option<Instant>,
    /// Readings in a row, by the level that they are good enough for.
    runs: Runs,
    /// What took no requests when the standing was confirmed last.
    out: Arc<Out>,
}

/// A change on its way: so many readings in a row were on the same side of what is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Where it leads: every reading counted was at least as far from what is in force.
    pub target: Standing,
    /// Readings so far.
    pub count: u32,
    /// Readings that it takes.
    pub needed: u32,
    /// The first of them.
    pub since: Instant,
    /// Confirmed, and kept back until then.
    pub until: Option<Instant>,
}

/// A time in which it cannot be told what a service's state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown {
    /// The first such reading.
    pub since: Instant,
    /// The hold time has passed, and the policy rules.
    pub expired: bool,
}

/// Whether a reading is another one than those that were counted.
#[derive(Debug, Clone, Copy)]
struct Fresh {
    /// It was taken after them. The first of a change needs no more.
    newer: bool,
    /// And some time after them.
    apart: bool,
    /// HAProxy was asked then; now where it is not asked at all.
    asked: Instant,
}

impl Health {
    /// When the warm-up is over.
    pub fn warm_up_ends(&self, service: &Service) -> Instant {
        self.started + service.warm_up
    }

    /// Not known yet, at our start.
    pub fn new(now: Instant) -> Self {
        Self {
            standing: Standing::NotYetKnown,
            takes_over: None,
            words: String::new(),
            since: now,
            why: String::new(),
            pending: None,
            unknown: None,
            flaps: Flaps::default(),
            absorbed: 0,
            started: now,
            wished: false,
            fallen: false,
            resort: None,
            lost: None,
            asking: false,
            waits_for_silence: false,
            alone_logged: false,
            returns: Returns::default(),
            counted: None,
            runs: Runs::default(),
            out: Arc::default(),
        }
    }

    /// A change or an unknown state is pending, or a sibling's word is waited for.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some_and(|pending| pending.until.is_none())
            || self.unknown.is_some_and(|unknown| !unknown.expired)
            || self.asking
    }

    /// It waits for the word of its siblings.
    pub fn is_asking(&self) -> bool {
        self.asking
    }

    /// It will ask its siblings once this region's own page does not say any more that the route is out.
    pub fn waits_for_silence(&self) -> bool {
        self.waits_for_silence
    }

    /// No level has held since then.
    pub fn lost(&self) -> Option<Instant> {
        self.lost
    }

    /// Whether this is the only region that is left.
    pub fn alone(&self) -> Alone {
        self.resort
            .as_ref()
            .map(LastResort::alone)
            .unwrap_or_default()
    }

    /// That the route is not out rests on the word of a sibling (`drained`: that of a drain does).
    pub fn rests_on_a_word(&self, drained: bool) -> bool {
        let answers = self.resort.as_ref().is_some_and(LastResort::may_answer);
        drained && self.resort.is_some() || self.standing == Standing::Down && answers
    }

    /// When time alone may change it.
    pub fn deadline(&self, service: &Service) -> Option<Instant> {
        let hold = self
            .unknown
            .filter(|unknown| !unknown.expired)
            .map(|unknown| unknown.since + service.hold);
        self.pending
            .and_then(|pending| pending.until)
            .into_iter()
            .chain(hold)
            .min()
    }

    /// When it should be looked at again: a sibling is trusted then, or what was kept back is not any more.
    pub fn looks_at(&self) -> Option<Instant> {
        let kept_back = self.pending.and_then(|pending| pending.until);
        self.trusts_again().into_iter().chain(kept_back).min()
    }

    /// When a sibling that came back is trusted.
    fn trusts_again(&self) -> Option<Instant> {
        let waits = matches!(
            self.standing,
            Standing::LastStanding | Standing::NotYetKnown
        );
        self.resort
            .as_ref()
            .filter(|_| waits)
            .and_then(LastResort::settles)
    }

    /// Takes one look and says what it changed. `silent_since`: since when this region's own page does not say that the
    /// route is out; absent: it may say so.
    pub fn take(
        &mut self,
        service: &Service,
        seen: &Observation,
        silent_since: Option<Instant>,
        now: Instant,
    ) -> Option<Change> {
        let from = self.standing();
        let change = self.take_level(service, seen, silent_since, now);
        self.hear(service, seen, now);
        let to = self.standing();
        if from == to {
            return change.filter(|change| !matches!(change, Change::Moved { .. }));
        }
        self.since = now;
        Some(Change::Moved { from, to })
    }

    /// Takes one look at the levels.
    fn take_level(
        &mut self,
        service: &Service,
        seen: &Observation,
        silent_since: Option<Instant>,
        now: Instant,
    ) -> Option<Change> {
        let mut seen_now = self.glance(service, seen, None);
        self.note(seen, &seen_now, now);
        let since = silent_since
            .zip(self.reference())
            .map(|(silent, since)| silent.max(since));
        let (target, with_siblings) = self.target(&seen_now, since);
        if !with_siblings.is_empty() {
            seen_now.why = format!("{}; {with_siblings}", seen_now.why);
        }
        let apart = self.is_apart(service, seen);
        let asked = seen.haproxy.as_ref().map_or(now, |reading| reading.at);
        let newer = |time| self.glance(service, seen, Some(time));
        let change = match target {
            None => {
                let rank = |glance: &Glance| self.certain(glance, since).map(Standing::rank);
                let holds = |glance: &Glance| {
                    rank(glance)
                        .zip(rank(&seen_now))
                        .is_some_and(|(new, all)| new <= all)
                };
                let newer = self.counted.is_none_or(|time| holds(&newer(time)));
                let fresh = Fresh {
                    newer,
                    apart,
                    asked,
                };
                self.cannot_tell(service, (&seen_now, since), fresh, now)
            }
            Some(target) => {
                // Where it stands already, no reading is counted.
                let newer = target == self.standing
                    || self
                        .counted
                        .is_none_or(|time| self.target(&newer(time), since).0 == Some(target));
                let was_unknown = self.unknown.take().is_some();
                let fresh = Fresh {
                    newer,
                    apart,
                    asked,
                };
                let moved = self.told(service, &seen_now, target, fresh, now);
                moved.or((was_unknown && self.pending.is_none()).then_some(Change::Told))
            }
        };
        let confirmed = target == Some(self.standing) && self.pending.is_none();
        if (confirmed || matches!(change, Some(Change::Moved { .. }))) && self.out != seen.out {
            self.out = Arc::clone(&seen.out);
        }
        self.ask(silent_since, now);
        change.or_else(|| self.stays_alone())
    }

    /// One look, with what is known of the siblings' returns.
    fn glance(&self, service: &Service, seen: &Observation, newer_than: Option<Instant>) -> Glance {
        let mut glance = glance(
            service,
            seen,
            Past {
                newer_than,
                out: Some(&self.out),
            },
        );
        if let (Some(resort), Some(siblings)) = (&mut glance.last_resort, &service.siblings) {
            // Only what was taken before says who was ill.
            resort.settle(&self.returns, siblings.settle);
        }
        glance
    }

    /// Remembers what a look says, whatever follows from it.
    fn note(&mut self, seen: &Observation, glance: &Glance, now: Instant) {
        if let Some(resort) = &glance.last_resort {
            self.returns.take(resort);
        }
        self.resort.clone_from(&glance.last_resort);
        if seen
            .haproxy
            .as_ref()
            .is_some_and(|reading| matches!(reading.what, Err(Trouble::Gone(_))))
        {
            self.started = now;
        }
        match glance.target {
            Some(Standing::Level(_)) => self.lost = None,
            Some(_) => self.lost = self.lost.or(Some(now)),
            None => {}
        }
    }

    /// Words of siblings count that were asked for after this; absent: they are not asked for.
    fn reference(&self) -> Option<Instant> {
        match self.standing {
            Standing::LastStanding => Some(self.since),
            Standing::NotYetKnown => self.lost,
            Standing::Takeover | Standing::Level(_) | Standing::Down => None,
        }
    }

    /// Whether the siblings are to be asked now.
    fn ask(&mut self, silent_since: Option<Instant>, now: Instant) {
        let wanted = self.reference().filter(|_| self.resort.is_some());
        self.waits_for_silence = wanted.is_some() && silent_since.is_none();
        let since = wanted
            .zip(silent_since)
            .map(|(wanted, silent)| wanted.max(silent));
        let asked = |since| {
            self.resort
                .as_ref()
                .is_some_and(|resort| resort.was_asked_since(since))
        };
        let is_back = self.trusts_again().is_some_and(|at| now >= at);
        self.asking = since.is_some_and(|since| !asked(since) || is_back);
    }

    /// It is the last resort, and the siblings that were asked since are not healthy either.
    fn stays_alone(&mut self) -> Option<Change> {
        let certain = self.standing == Standing::LastStanding
            && self.pending.is_none()
            && self.alone() == Alone::Yes
            && !self.asking
            && !self.waits_for_silence;
        (certain && !std::mem::replace(&mut self.alone_logged, true)).then_some(Change::Alone)
    }

    /// HAProxy was asked long enough after the last reading that counted: what its log lines make us see at once is one
    /// reading, however many lines it writes.
    fn is_apart(&self, service: &Service, seen: &Observation) -> bool {
        let asked = seen.haproxy.as_ref().map(|reading| reading.at);
        asked
            .zip(self.counted)
            .is_none_or(|(asked, counted)| asked >= counted + service.apart)
    }

    /// Where a glance leads from here, with the siblings' part in it.
    fn target(&self, glance: &Glance, since: Option<Instant>) -> (Option<Standing>, String) {
        match (glance.target, &glance.last_resort) {
            (Some(Standing::Down), Some(resort)) => resort.standing(self.standing, since),
            (target, _) => (target, String::new()),
        }
    }

    /// Where it stands when only what is certain counts; absent: what is out stays until the siblings were asked.
    fn certain(&self, glance: &Glance, since: Option<Instant>) -> Option<Standing> {
        match (glance.certain, &glance.last_resort) {
            (Standing::Down, Some(resort)) => resort.standing(self.standing, since).0,
            (certain, _) => Some(certain),
        }
    }

    fn told(
        &mut self,
        service: &Service,
        glance: &Glance,
        target: Standing,
        fresh: Fresh,
        now: Instant,
    ) -> Option<Change> {
        if target == self.standing {
            self.gives_up_waiting(now);
            self.pending = None;
            self.why.clone_from(&glance.why);
            self.counted = Some(now);
            return None;
        }
        // From what is not known yet every way leads up, but to nothing: that is a fall of what may be out.
        let at_once = self.standing == Standing::NotYetKnown && target == Standing::Down;
        if target.rank() < self.standing.rank() && !at_once {
            return self.rises(service, glance, target, fresh, now);
        }
        self.gives_up_waiting(now);
        self.falls(service, glance, target, fresh, now)
    }

    fn falls(
        &mut self,
        service: &Service,
        glance: &Glance,
        target: Standing,
        fresh: Fresh,
        now: Instant,
    ) -> Option<Change> {
        let at_once = glance.wish || self.standing == Standing::NotYetKnown;
        // What was judged with an old reading has counted nothing yet.
        let is_fall =
            |pending: &Pending| pending.target.rank() > self.standing.rank() && pending.count > 0;
        let before = self.pending.filter(is_fall);
        let counts = fresh.newer && (fresh.apart || before.is_none());
        let count = before.map_or(0, |pending| pending.count) + u32::from(counts);
        let nearest = match before {
            Some(pending) if !at_once => {
                min_by_key(pending.target, target, |standing| standing.rank())
            }
            _ => target,
        };
        let needed = if at_once {
            1
        } else {
            self.standing.fall(service)
        };
        if counts {
            self.counted = Some(now);
        }
        let since = before.map_or(now, |pending| pending.since);
        let pending = Pending {
            target: nearest,
            count,
            needed,
            since,
            until: None,
        };
        if count < needed {
            self.pending = Some(pending);
            return None;
        }
        // A reading that lies beyond what all of them reached is the first of the way there.
        self.pending = (nearest != target).then_some(Pending {
            target,
            count: 1,
            since: now,
            ..pending
        });
        self.why.clone_from(&glance.why);
        self.move_to(service, nearest, glance.wish, now)
    }

    fn cannot_tell(
        &mut self,
        service: &Service,
        (glance, asked): (&Glance, Option<Instant>),
        fresh: Fresh,
        now: Instant,
    ) -> Option<Change> {
        let first = self.unknown.is_none();
        let unknown = self.unknown.get_or_insert(Unknown {
            since: now,
            expired: false,
        });
        let expired = now.saturating_duration_since(unknown.since) >= service.hold;
        unknown.expired |= expired;
        let then = match (self.certain(glance, asked), service.then) {
            (Some(Standing::Down | Standing::LastStanding), ThenUnknown::Keep) => None,
            (certain, _) => certain,
        };
        let to = then.filter(|_| expired);
        match to {
            // After the hold, what holds for certain is as good as known: a better level takes its readings.
            Some(to) if to.rank() < self.standing.rank() && to != Standing::Down => {
                self.told(service, glance, to, fresh, now)
            }
            Some(to) if to != self.standing => {
                self.pending = None;
                self.why.clone_from(&glance.why);
                // What was asked before, and comes late, is no reason to come back.
                self.counted = Some(now);
                self.move_to(service, to, false, now)
            }
            _ => {
                // A fall goes on counting afterwards, a rise starts anew: both are the careful side. Who only waits goes
                // on waiting: one lost poll shall not cost minutes.
                self.pending = self.pending.filter(|pending| {
                    pending.target.rank() > self.standing.rank() || pending.until.is_some()
                });
                let (why, hold) = (glance.why.clone(), service.hold);
                (first && to.is_none()).then_some(Change::Holding { why, hold, then })
            }
        }
    }

    /// What was on its way is not any more. If it was kept back, damping has spared the routers a flap.
    fn gives_up_waiting(&mut self, now: Instant) {
        let rises = |pending: &Pending| pending.target.rank() < self.standing.rank();
        if self
            .pending
            .is_some_and(|pending| rises(&pending) && pending.until.is_some())
        {
            self.absorbed = self.absorbed.saturating_add(1);
            self.flaps.stirred(now);
        }
        self.pending = self.pending.filter(|pending| !rises(pending));
    }

    fn move_to(
        &mut self,
        service: &Service,
        to: Standing,
        wished: bool,
        now: Instant,
    ) -> Option<Change> {
        let was_out = self.standing() != Standing::NotYetKnown;
        let from = std::mem::replace(&mut self.standing, to);
        let fell = was_out && matches!(from, Standing::Level(_)) && to.rank() > from.rank();
        // However many levels it passes on its way down: one outage is one fall.
        if let Some(rules) = service.damping.filter(|_| fell && !wished && !self.fallen) {
            self.flaps.fell(&rules, now);
        }
        match to {
            _ if fell => (self.wished, self.fallen) = (wished, self.fallen || !wished),
            Standing::Takeover | Standing::Level(_) => self.fallen = false,
            Standing::LastStanding | Standing::Down | Standing::NotYetKnown => {}
        }
        self.since = now;
        self.alone_logged = false;
        Some(Change::Moved { from, to })
    }
}
