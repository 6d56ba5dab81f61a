//! One service's health: from glances to the level that is in force, with rise, fall, hold, warm-up and damping. Pure:
//! `now` is an argument, and what changed is returned for the caller to log.

use std::cmp::{max_by_key, min_by_key};
use std::time::Instant;

use crate::change::Change;
use crate::config::{Service, ThenUnknown};
use crate::damping::Flaps;
use crate::glance::{Glance, Returns, Standing, glance};
use crate::observation::{Observation, Trouble};

/// A service's health, with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What is in force.
    pub standing: Standing,
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
    /// The siblings were asked, and none of them is known to be healthy.
    pub alone: bool,
    /// A sibling has not been asked yet since the levels were left.
    asking: bool,
    /// It was said that no sibling is healthy.
    told_alone: bool,
    /// Siblings that came back.
    returns: Returns,
    /// When a reading was counted last.
    counted: Option<Instant>,
}

/// A change on its way: so many readings in a row were on the same side of what is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// The target nearest to what is in force among the readings counted: every one of them was at least as far.
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
            since: now,
            why: String::new(),
            pending: None,
            unknown: None,
            flaps: Flaps::default(),
            absorbed: 0,
            started: now,
            wished: false,
            alone: false,
            asking: false,
            told_alone: false,
            returns: Returns::default(),
            counted: None,
        }
    }

    /// A change or an unknown state is pending, or a sibling's word is waited for.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some_and(|pending| pending.until.is_none())
            || self.unknown.is_some_and(|unknown| !unknown.expired)
            || self.asking
    }

    /// It is the last resort, and waits for the word of its siblings.
    pub fn is_asking(&self) -> bool {
        self.asking
    }

    /// Takes one look and says what it changed.
    pub fn take(&mut self, service: &Service, seen: &Observation, now: Instant) -> Option<Change> {
        let mut seen_now = glance(service, seen, None);
        if let Some(resort) = &seen_now.last_resort {
            self.returns.take(resort);
        }
        let returns = self.returns.clone();
        let settle = |glance: &mut Glance| {
            let parts = glance.last_resort.as_mut().zip(service.siblings.as_ref());
            parts.into_iter().for_each(|(resort, siblings)| resort.settle(&returns, siblings.settle, now));
        };
        settle(&mut seen_now);
        if seen.haproxy.as_ref().is_some_and(|reading| matches!(reading.what, Err(Trouble::Gone(_)))) {
            self.started = now;
        }
        self.alone = seen_now.last_resort.as_ref().is_some_and(|resort| resort.is_alone());
        let (target, with_siblings) = self.target(&seen_now);
        if !with_siblings.is_empty() {
            seen_now.why = format!("{}; {with_siblings}", seen_now.why);
        }
        let newer = |time| {
            let mut newer = glance(service, seen, Some(time));
            settle(&mut newer);
            newer
        };
        let apart = self.is_apart(service, seen);
        let change = match target {
            None => {
                let newer =
                    self.counted.is_none_or(|time| newer(time).certain.rank() <= seen_now.certain.rank());
                let fresh = Fresh { newer, apart };
                self.cannot_tell(service, &seen_now, fresh, now)
            }
            Some(target) => {
                let was_unknown = self.unknown.take().is_some();
                let newer = self.counted.is_none_or(|time| self.target(&newer(time)).0 == Some(target));
                let fresh = Fresh { newer, apart };
                let moved = self.told(service, &seen_now, target, fresh, now);
                moved.or((was_unknown && self.pending.is_none()).then_some(Change::Told))
            }
        };
        let asking = self.standing == Standing::LastStanding
            && seen_now.last_resort.is_some_and(|resort| !resort.was_asked_since(self.since));
        self.asking = asking;
        let certain = self.standing == Standing::LastStanding && self.pending.is_none() && self.alone;
        if change.is_some() || asking || !certain || std::mem::replace(&mut self.told_alone, true) {
            return change;
        }
        Some(Change::Alone)
    }

    /// HAProxy was asked long enough after the last reading that counted: what its log lines make us see at once is one
    /// reading, however many lines it writes.
    fn is_apart(&self, service: &Service, seen: &Observation) -> bool {
        let asked = seen.haproxy.as_ref().map(|reading| reading.at);
        asked.zip(self.counted).is_none_or(|(asked, counted)| asked >= counted + service.apart)
    }

    /// Where a glance leads from here, with the siblings' part in it.
    fn target(&self, glance: &Glance) -> (Option<Standing>, String) {
        match (glance.target, &glance.last_resort) {
            (Some(Standing::Down), Some(resort)) => resort.standing(self.standing, self.since),
            (target, _) => (target, String::new()),
        }
    }

    /// Where it stands when only what is certain counts.
    fn certain(&self, glance: &Glance) -> Standing {
        match (glance.certain, &glance.last_resort) {
            (Standing::Down, Some(resort)) => {
                resort.standing(self.standing, self.since).0.unwrap_or(Standing::Down)
            }
            (certain, _) => certain,
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
        let better = target.rank() < self.standing.rank();
        let at_once =
            !better && glance.wish || self.standing == Standing::NotYetKnown && target == Standing::Down;
        if !better {
            self.gives_up_waiting(now);
        }
        let alone = self.alone;
        // On the way to the last resort, and a sibling is healthy by now: the way to a level is another one.
        let leads_here = |pending: &Pending| {
            pending.target != Standing::LastStanding || target == Standing::LastStanding || !better || alone
        };
        let same_side = self
            .pending
            .filter(|pending| (pending.target.rank() < self.standing.rank()) == better)
            .filter(leads_here);
        let counts = fresh.newer && (fresh.apart || same_side.is_none());
        let count = same_side.map_or(0, |pending| pending.count) + u32::from(counts);
        // The nearest of the targets seen in a row: each reading was at least that far from what is in force.
        let nearest = match same_side {
            Some(pending) if better => max_by_key(pending.target, target, |standing| standing.rank()),
            Some(pending) if !at_once => min_by_key(pending.target, target, |standing| standing.rank()),
            _ => target,
        };
        let needed = match (at_once, better) {
            (true, _) => 1,
            (_, true) => nearest.rise(service),
            (_, false) => self.standing.fall(service),
        };
        if counts {
            self.counted = Some(now);
        }
        let since = same_side.map_or(now, |pending| pending.since);
        let mut pending = Pending { target: nearest, count, needed, since, until: None };
        if count < needed {
            self.pending = Some(pending);
            return None;
        }
        // Whoever is the only one left serves at once.
        let kept_back = self.kept_back(service, &pending, now).filter(|_| better && !alone);
        if let Some((until, falls)) = kept_back {
            let before = same_side.and_then(|pending| pending.until);
            pending.until = Some(until);
            self.pending = Some(pending);
            self.why.clone_from(&glance.why);
            let wait = until.saturating_duration_since(now);
            return before.is_none().then_some(Change::KeptBack { target: nearest, wait, falls });
        }
        // A reading that lies beyond what all of them reached is the first of the way there.
        self.pending = (nearest != target).then_some(Pending { target, count: 1, since: now, ..pending });
        self.why.clone_from(&glance.why);
        self.move_to(service, nearest, !better && glance.wish, now)
    }

    /// Until when a rise that is confirmed is kept back, and how many falls are the reason if it is not the warm-up.
    fn kept_back(
        &self,
        service: &Service,
        pending: &Pending,
        now: Instant,
    ) -> Option<(Instant, Option<u32>)> {
        if !matches!(pending.target, Standing::Level(_)) {
            return None;
        }
        let from_level = matches!(self.standing, Standing::Level(_));
        let warm = (!from_level).then(|| (self.started + service.warm_up, None));
        let damped =
            service.damping.filter(|_| !self.wished && self.standing != Standing::NotYetKnown).map(|rules| {
                (pending.since + self.flaps.wait(&rules, now), Some(self.flaps.remembered(&rules, now)))
            });
        warm.into_iter().chain(damped).filter(|(until, _)| *until > now).max_by_key(|(until, _)| *until)
    }

    fn cannot_tell(
        &mut self,
        service: &Service,
        glance: &Glance,
        fresh: Fresh,
        now: Instant,
    ) -> Option<Change> {
        let first = self.unknown.is_none();
        let unknown = self.unknown.get_or_insert(Unknown { since: now, expired: false });
        let expired = now.saturating_duration_since(unknown.since) >= service.hold;
        unknown.expired |= expired;
        let then = match (self.certain(glance), service.then) {
            (Standing::Down | Standing::LastStanding, ThenUnknown::Keep) => None,
            (certain, _) => Some(certain),
        };
        let to = then.filter(|_| expired);
        match to {
            // After the hold, what holds for certain is as good as known: a better level takes its readings.
            Some(to) if to.rank() < self.standing.rank() => self.told(service, glance, to, fresh, now),
            Some(to) if to != self.standing => {
                self.pending = None;
                self.why.clone_from(&glance.why);
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
        if self.pending.is_some_and(|pending| rises(&pending) && pending.until.is_some()) {
            self.absorbed = self.absorbed.saturating_add(1);
            self.flaps.stirred(now);
        }
        self.pending = self.pending.filter(|pending| !rises(pending));
    }

    fn move_to(&mut self, service: &Service, to: Standing, wished: bool, now: Instant) -> Option<Change> {
        let from = std::mem::replace(&mut self.standing, to);
        let fell = matches!(from, Standing::Level(_)) && to.rank() > from.rank();
        if let Some(rules) = service.damping.filter(|_| fell && !wished) {
            self.flaps.fell(&rules, now);
        }
        if fell {
            self.wished = wished;
        }
        self.since = now;
        self.told_alone = false;
        Some(Change::Moved { from, to })
    }
}
