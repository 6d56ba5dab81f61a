//! From observations to health: which level of a service is in force, with rise, fall and hold. Pure: `now` is an
//! argument, and what changed is returned for the caller to log.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::config::{Service, ThenUnknown};
use crate::observation::Observation;
use crate::verdict::{Truth, Verdict, all, verdict};

/// Where a service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not known since the start: nothing is said of its routes yet.
    NotYetKnown,
    /// The level in force, from 0, the best.
    Level(usize),
    /// No level's condition holds.
    Down,
}

impl Standing {
    /// Lower is better.
    fn rank(self) -> usize {
        match self {
            Self::Level(index) => index,
            Self::Down => usize::MAX - 1,
            // From here every way leads up, but `Down` at once: a service that was never up has nothing to lose.
            Self::NotYetKnown => usize::MAX,
        }
    }
}

/// A service's health, with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What is in force.
    pub standing: Standing,
    /// Why, in words and figures: of the reading that led here, or of a newer one that agrees.
    pub why: String,
    /// A change that is not confirmed yet.
    pub pending: Option<Pending>,
    /// Since when it cannot be told, and whether the hold time has passed.
    pub unknown: Option<Unknown>,
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
}

/// A time in which it cannot be told what a service's state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown {
    /// The first such reading.
    pub since: Instant,
    /// The hold time has passed, and the policy rules.
    pub expired: bool,
}

/// What a reading changed: the caller logs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Another level is in force.
    Moved {
        /// What was.
        from: Standing,
        /// What is.
        to: Standing,
    },
    /// It cannot be told any more; what is in force holds for so long.
    Holding(Duration),
    /// It can be told again, and nothing changed.
    Told,
}

/// What one look says of a service, without its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// The level that should be in force; absent: it cannot be told.
    pub target: Option<Standing>,
    /// The best level that is known to hold whatever the unknown ones are; `Down` where there is none.
    pub certain: Standing,
    /// A worse level by an operator's wish.
    pub wish: bool,
    /// In words and figures.
    pub why: String,
    /// Each level's own verdict, best first.
    pub levels: Vec<Verdict>,
}

/// Looks at one service without its history.
pub fn glance(service: &Service, seen: &Observation, newer_than: Option<Instant>) -> Glance {
    let address = addresses(service, seen);
    let levels: Vec<Verdict> = service
        .levels
        .iter()
        .map(|level| with_address(&address, verdict(&level.when, seen, newer_than)))
        .collect();
    let first_unknown = levels.iter().position(|level| level.truth == Truth::Unknown);
    let first_yes = levels.iter().position(|level| level.truth == Truth::Yes);
    let certain = first_yes.map_or(Standing::Down, Standing::Level);
    let decisive = match (first_unknown, first_yes) {
        (Some(unknown), yes) if yes.is_none_or(|yes| unknown < yes) => unknown,
        (_, Some(yes)) => yes,
        // Nothing holds: the last level asks for least, so its reason says most.
        (_, None) => levels.len().saturating_sub(1),
    };
    let told = levels.get(decisive);
    let target = match told.map(|level| level.truth) {
        Some(Truth::Unknown) => None,
        Some(Truth::Yes) => Some(Standing::Level(decisive)),
        _ => Some(Standing::Down),
    };
    // What the level above did not hold for is why a worse one is in force.
    let above = decisive
        .checked_sub(1)
        .and_then(|index| levels.get(index))
        .filter(|_| target != Some(Standing::Down));
    let wish = levels.iter().take(decisive + 1).any(|level| level.truth == Truth::No && level.wish);
    let why = above.or(told).map(|level| level.why.clone()).unwrap_or_default();
    Glance { target, certain, wish, why, levels }
}

/// The condition that every host prefix implies: its address is on this host.
fn addresses(service: &Service, seen: &Observation) -> Verdict {
    let hosts =
        service.prefixes.iter().filter_map(|(prefix, _)| prefix.host()).filter(|_| service.require_address);
    all(hosts
        .map(|address| match seen.addresses.get(&address) {
            Some(Ok(true)) => Verdict::new(Truth::Yes, String::new()),
            Some(Ok(false)) => Verdict::new(Truth::No, format!("address {address} is not on this host")),
            Some(Err(why)) => Verdict::new(
                Truth::Unknown,
                format!("cannot tell whether address {address} is on this host: {why}"),
            ),
            None => Verdict::new(Truth::Unknown, format!("address {address} was not looked for yet")),
        })
        .collect())
}

fn with_address(address: &Verdict, level: Verdict) -> Verdict {
    if address.truth == Truth::Yes { level } else { all(vec![address.clone(), level]) }
}

/// The judge: a service's health after each look.
#[derive(Debug, Clone, Default)]
pub struct Judge {
    healths: BTreeMap<String, Health>,
}

impl Judge {
    /// A service's health so far.
    pub fn health(&self, service: &str) -> Option<&Health> {
        self.healths.get(service)
    }

    /// Forgets services that are not configured any more.
    pub fn keep_only(&mut self, keep: impl Fn(&str) -> bool) {
        self.healths.retain(|name, _| keep(name));
    }

    /// A change or an unknown state is pending, so that it is worth looking again soon.
    pub fn is_pending(&self) -> bool {
        self.healths
            .values()
            .any(|health| health.pending.is_some() || health.unknown.is_some_and(|unknown| !unknown.expired))
    }

    /// Takes one look at one service and says what it changed.
    pub fn judge(&mut self, service: &Service, seen: &Observation, now: Instant) -> Option<Change> {
        let seen_now = glance(service, seen, None);
        let health = self.healths.entry(service.name.clone()).or_insert_with(|| Health {
            standing: Standing::NotYetKnown,
            why: String::new(),
            pending: None,
            unknown: None,
            counted: None,
        });
        match seen_now.target {
            None => {
                let fresh = health.counted.is_none_or(|time| {
                    glance(service, seen, Some(time)).certain.rank() <= seen_now.certain.rank()
                });
                health.cannot_tell(service, &seen_now, fresh, now)
            }
            Some(target) => {
                let was_unknown = health.unknown.take().is_some();
                let fresh = health
                    .counted
                    .is_none_or(|time| glance(service, seen, Some(time)).target == Some(target));
                let moved = health.told(service, &seen_now, target, fresh, now);
                moved.or((was_unknown && health.pending.is_none()).then_some(Change::Told))
            }
        }
    }
}

impl Health {
    fn told(
        &mut self,
        service: &Service,
        glance: &Glance,
        target: Standing,
        fresh: bool,
        now: Instant,
    ) -> Option<Change> {
        if target == self.standing {
            self.pending = None;
            self.why.clone_from(&glance.why);
            self.counted = Some(now);
            return None;
        }
        let better = target.rank() < self.standing.rank();
        let at_once =
            !better && glance.wish || self.standing == Standing::NotYetKnown && target == Standing::Down;
        let needed = match (at_once, better) {
            (true, _) => 1,
            (_, true) => service.rise,
            (_, false) => service.fall,
        };
        let same_side =
            self.pending.filter(|pending| (pending.target.rank() < self.standing.rank()) == better);
        let count = same_side.map_or(0, |pending| pending.count) + u32::from(fresh);
        // The nearest of the targets seen in a row: each reading was at least that far from what is in force.
        let nearest = match same_side {
            Some(pending) if better => {
                std::cmp::max_by_key(pending.target, target, |standing| standing.rank())
            }
            Some(pending) if !at_once => {
                std::cmp::min_by_key(pending.target, target, |standing| standing.rank())
            }
            _ => target,
        };
        if fresh {
            self.counted = Some(now);
        }
        if count < needed {
            self.pending = Some(Pending { target: nearest, count, needed });
            return None;
        }
        // A reading that lies beyond what all of them reached is the first of the way there.
        self.pending = (nearest != target).then_some(Pending { target, count: 1, needed });
        self.why.clone_from(&glance.why);
        self.move_to(nearest)
    }

    fn cannot_tell(
        &mut self,
        service: &Service,
        glance: &Glance,
        fresh: bool,
        now: Instant,
    ) -> Option<Change> {
        let first = self.unknown.is_none();
        let unknown = self.unknown.get_or_insert(Unknown { since: now, expired: false });
        let expired = now.saturating_duration_since(unknown.since) >= service.hold;
        unknown.expired |= expired;
        let to = match (glance.certain, service.then) {
            _ if !expired => None,
            (Standing::Level(index), _) => Some(Standing::Level(index)),
            (_, ThenUnknown::Withdraw) => Some(Standing::Down),
            (_, ThenUnknown::Keep) => None,
        };
        match to {
            // After the hold, what holds for certain is as good as known: a better level takes its readings.
            Some(to) if to.rank() < self.standing.rank() => self.told(service, glance, to, fresh, now),
            Some(to) if to != self.standing => {
                self.pending = None;
                self.why.clone_from(&glance.why);
                self.move_to(to)
            }
            _ => {
                // A fall goes on counting afterwards, a rise starts anew: both are the careful side.
                self.pending = self.pending.filter(|pending| pending.target.rank() > self.standing.rank());
                (first && to.is_none()).then_some(Change::Holding(service.hold))
            }
        }
    }

    fn move_to(&mut self, to: Standing) -> Option<Change> {
        let from = std::mem::replace(&mut self.standing, to);
        Some(Change::Moved { from, to })
    }
}
