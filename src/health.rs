//! One service's health, with rise, fall, hold, warm-up and damping. Pure: `now` is an argument.
//! In come glances, one a look.
//! Out goes the standing that is in force, and what changed, for the caller to log.
//!
//! `step` is the table of what follows from a look; `rise`, `fall` and `hold` carry it out. `siblings` is asked where no level holds,
//! `taking` where preferred siblings are silent: a takeover is no state of its own, but the best level with other
//! attributes.

mod edit;
mod fall;
mod hold;
mod rise;
mod runs;
mod siblings;
mod step;
mod taking;

use std::sync::Arc;
use std::time::Instant;

use crate::change::Change;
use crate::config::Service;
use crate::damping::Flaps;
use crate::glance::{Glance, glance};
use crate::last_resort::{Alone, LastResort};
use crate::observation::{Observation, Out, Trouble};
use crate::standing::State;
use crate::verdict::Past;
use runs::Runs;
use siblings::{Question, Siblings};
use step::{Reading, Step, step};

/// A service's health, with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Where it stands, whether or not it takes over.
    state: State,
    takeover: Takeover,
    /// Since when that is its standing.
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
    siblings: Siblings,
    /// When a reading was counted last.
    counted: Option<Instant>,
    /// Readings in a row, by the level that they are good enough for.
    runs: Runs,
    /// What took no requests when the state was confirmed last.
    out: Arc<Out>,
}

/// A change on its way: so many readings in a row were on the same side of what is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Where it leads: every reading counted was at least as far from what is in force.
    pub target: State,
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

/// Whether it takes over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Takeover {
    /// At its best level; absent: the siblings have not been asked yet.
    is_on: Option<bool>,
    /// What is said of that before the reason of the level.
    words: String,
}

/// A look, as it counts for this service.
#[derive(Debug)]
struct Look<'a> {
    service: &'a Service,
    glance: Glance,
    /// Where the service should stand; absent: it cannot be told.
    target: Option<State>,
    /// The same by what is certain alone; absent: a route that is out stays until the siblings were asked.
    certain: Option<State>,
    /// What was seen after the last counted reading leads there, too.
    newer: bool,
    /// HAProxy was asked long enough after the last counted reading: looks at a burst of its log lines are one reading.
    apart: bool,
    /// When HAProxy was asked; `now` where it is not asked at all.
    asked: Instant,
    now: Instant,
}

impl Look<'_> {
    /// It counts as a further reading. The first of a change need not be apart.
    fn counts(&self, is_first: bool) -> bool {
        self.newer && (self.apart || is_first)
    }
}

impl Health {
    /// Not known yet, at our start.
    pub fn new(now: Instant) -> Self {
        Self {
            state: State::NotYetKnown,
            takeover: Takeover::default(),
            since: now,
            why: String::new(),
            pending: None,
            unknown: None,
            flaps: Flaps::default(),
            absorbed: 0,
            started: now,
            wished: false,
            fallen: false,
            siblings: Siblings::default(),
            counted: None,
            runs: Runs::default(),
            out: Arc::default(),
        }
    }

    /// When the warm-up is over.
    pub fn warm_up_ends(&self, service: &Service) -> Instant {
        self.started + service.warm_up
    }

    /// A change or an unknown state is pending, or a sibling's answer is waited for.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some_and(|pending| pending.until.is_none())
            || self.unknown.is_some_and(|unknown| !unknown.expired)
            || self.is_asking()
    }

    /// It waits for the answers of its siblings.
    pub fn is_asking(&self) -> bool {
        self.siblings.question == Question::Open
    }

    /// It will ask its siblings once this NVA's health page does not say any more that the route is out.
    pub fn waits_for_silence(&self) -> bool {
        self.siblings.question == Question::AfterSilence
    }

    /// No level has held since then.
    pub fn lost(&self) -> Option<Instant> {
        self.siblings.lost
    }

    /// What is known for the case that no level holds; absent without siblings.
    pub fn last_resort(&self) -> Option<&LastResort> {
        self.siblings.resort.as_ref()
    }

    /// Whether this is the only region that is left.
    pub fn alone(&self) -> Alone {
        self.siblings.alone()
    }

    /// The route is not out because of a sibling's answer (`drained`: a drain has withdrawn it).
    pub fn rests_on_an_answer(&self, drained: bool) -> bool {
        let answers = self.last_resort().is_some_and(LastResort::may_answer);
        drained && self.last_resort().is_some() || self.state == State::Down && answers
    }

    /// When time alone may change it.
    pub fn deadline(&self, service: &Service) -> Option<Instant> {
        let held = self.unknown.filter(|unknown| !unknown.expired);
        let hold = held.map(|unknown| unknown.since + service.hold);
        self.kept_back_until().into_iter().chain(hold).min()
    }

    /// When to look again: a sibling is trusted then, or a rise is not kept back any more.
    pub fn looks_at(&self) -> Option<Instant> {
        let trusted = self.siblings.trusts_again(self.state);
        self.kept_back_until().into_iter().chain(trusted).min()
    }

    fn kept_back_until(&self) -> Option<Instant> {
        self.pending.and_then(|pending| pending.until)
    }

    /// Takes one look and says what it changed. `silent_since`: since when this NVA's health page does not say that
    /// the route is out; absent: it may say so.
    pub fn take(
        &mut self,
        service: &Service,
        seen: &Observation,
        silent_since: Option<Instant>,
        now: Instant,
    ) -> Option<Change> {
        let from = self.standing();
        let change = self.take_state(service, seen, silent_since, now);
        self.take_over_or_give_back(service, seen, now);
        let to = self.standing();
        if from == to {
            return change.filter(|change| !matches!(change, Change::Moved { .. }));
        }
        self.since = now;
        Some(Change::Moved { from, to })
    }

    /// Takes one look at the levels.
    fn take_state(
        &mut self,
        service: &Service,
        seen: &Observation,
        silent_since: Option<Instant>,
        now: Instant,
    ) -> Option<Change> {
        let glance = self.glance(service, seen, None);
        self.note(seen, &glance, now);
        let look = self.look((service, seen), glance, silent_since, now);
        let was_known = self.unknown.is_none();
        let reading = self.reading(&look);
        let change = match step(self.state, reading) {
            Step::Stay => self.stays(&look),
            Step::Rise(better) => self.rises(&look, better),
            Step::Fall(worse) => self.falls(&look, worse),
            Step::Move(there) => Some(self.moves(&look, there)),
            Step::Hold => {
                let is_new = was_known && !matches!(reading, Reading::Overdue(Some(_)));
                self.holds(&look, is_new)
            }
        };
        let is_known_again = !was_known && look.target.is_some() && self.pending.is_none();
        let change = change.or(is_known_again.then_some(Change::Told));
        let confirmed = look.target == Some(self.state) && self.pending.is_none();
        if (confirmed || matches!(change, Some(Change::Moved { .. }))) && self.out != seen.out {
            self.out = Arc::clone(&seen.out);
        }
        let stands = (self.state, self.since);
        self.siblings.ask(stands, silent_since, now);
        change.or_else(|| self.stays_alone())
    }

    /// It is confirmed where it stands.
    fn stays(&mut self, look: &Look<'_>) -> Option<Change> {
        self.gives_up_waiting(look.now);
        self.pending = None;
        self.why.clone_from(&look.glance.why);
        self.counted = Some(look.now);
        None
    }

    /// It is the last resort, and the siblings that were asked since are not healthy either.
    fn stays_alone(&mut self) -> Option<Change> {
        let is_last = self.state == State::LastStanding && self.pending.is_none();
        (is_last && self.siblings.are_lost()).then_some(Change::Alone)
    }

    /// What one look says, with what is known of the siblings' returns.
    fn glance(&self, service: &Service, seen: &Observation, newer_than: Option<Instant>) -> Glance {
        let out = Some(&*self.out);
        let mut glance = glance(service, seen, Past { newer_than, out });
        if let (Some(resort), Some(siblings)) = (&mut glance.last_resort, &service.siblings) {
            // `returns` has the looks before this one. Only a service whose route is out waits until siblings of its
            // region have noticed the loss.
            let lost = self.siblings.lost;
            let lost = lost.filter(|_| matches!(self.state, State::Level(_) | State::LastStanding));
            resort.settle(&self.siblings.returns, lost, siblings.settle);
        }
        glance
    }

    /// Remembers what a look says, whatever follows from it.
    fn note(&mut self, seen: &Observation, glance: &Glance, now: Instant) {
        self.siblings.take(glance, now);
        let haproxy = seen.haproxy.as_ref();
        if haproxy.is_some_and(|reading| matches!(reading.what, Err(Trouble::Gone(_)))) {
            self.started = now;
        }
    }

    /// What a glance says from where the service stands, with the siblings' part in it.
    fn look<'a>(
        &self,
        (service, seen): (&'a Service, &Observation),
        mut glance: Glance,
        silent_since: Option<Instant>,
        now: Instant,
    ) -> Look<'a> {
        let reference = self.siblings.reference(self.state, self.since);
        let since = silent_since
            .zip(reference)
            .map(|(one, other)| one.max(other));
        let (target, with_siblings) = self.with_siblings(glance.target, &glance, since);
        if !with_siblings.is_empty() {
            glance.why = format!("{}; {with_siblings}", glance.why);
        }
        let certain = |glance: &Glance| self.with_siblings(Some(glance.certain), glance, since).0;
        let all = certain(&glance);
        let says_the_same = |time| {
            let newer = self.glance(service, seen, Some(time));
            match target {
                Some(_) => self.with_siblings(newer.target, &newer, since).0 == target,
                None => certain(&newer)
                    .zip(all)
                    .is_some_and(|(newer, all)| newer <= all),
            }
        };
        let asked = seen.haproxy.as_ref().map(|reading| reading.at);
        let counted = asked.zip(self.counted);
        Look {
            service,
            target,
            certain: all,
            // Where it stands already, no reading is counted.
            newer: target == Some(self.state) || self.counted.is_none_or(says_the_same),
            apart: counted.is_none_or(|(asked, counted)| asked >= counted + service.apart),
            asked: asked.unwrap_or(now),
            glance,
            now,
        }
    }

    /// The target and a reason; where no level holds, by the siblings.
    fn with_siblings(
        &self,
        target: Option<State>,
        glance: &Glance,
        since: Option<Instant>,
    ) -> (Option<State>, String) {
        match (target, &glance.last_resort) {
            (Some(State::Down), Some(resort)) => resort.state(self.state, since),
            (target, _) => (target, String::new()),
        }
    }
}
