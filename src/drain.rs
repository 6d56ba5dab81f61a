//! Drains: what an operator declared, and the stages of a drain. Pure: `now` is an argument.
//! In come a drain's age and the service's plan.
//! Out go the stage, and the time until the next one.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::config::DrainPlan;
use crate::value::with;

/// The name of the order for every service, also those that are configured later. Every name that begins with `@` is for all
/// services: a unit that stops has an order of its own (`@UNIT`).
pub const ALL: &str = "@all";

/// The age of an order without a usable date, or with one in the future: longer than every stage.
pub const OLD: Duration = Duration::MAX;

/// What an operator declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// When it was read, on the loop's clock, which may not reach back to the declaration; `age` covers the time before.
    pub read: Instant,
    /// Its age when it was read.
    pub age: Duration,
    /// Tells one drain from the next, even if the end of the first was not seen. `None`: made by hand.
    pub id: Option<String>,
    /// Who declared it; `None`: not known.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Withdraw though no sibling is known to be healthy.
    pub force: bool,
}

impl Order {
    /// How long ago it was declared.
    pub fn elapsed(&self, now: Instant) -> Duration {
        self.age
            .saturating_add(now.saturating_duration_since(self.read))
    }

    /// `drained by alice: kernel update`, for people.
    pub fn words(&self) -> String {
        let by = with(" by ", self.by.as_ref());
        format!("drained{by}{}", with(": ", self.reason.as_ref()))
    }
}

/// All orders in force, by name: a service, or `@…` for all services.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Orders(pub BTreeMap<String, Order>);

impl Orders {
    /// The drain of a service, from its own order and those for all: the oldest of them, forced if any is forced.
    pub fn of(&self, service: &str) -> Option<Order> {
        let orders = || self.each(service).map(|(_, order)| order);
        let read = orders().map(|order| order.read).max()?;
        let oldest = orders().max_by_key(|order| order.elapsed(read))?;
        Some(Order {
            force: orders().any(|order| order.force),
            ..oldest.clone()
        })
    }

    /// Every order for a service, with its name: those for all first, then its own.
    pub fn each(&self, service: &str) -> impl Iterator<Item = (&String, &Order)> {
        // Names from '@' up to 'A', the next character.
        let for_all = self
            .0
            .range::<str, _>((Bound::Included("@"), Bound::Excluded("A")));
        for_all.chain(self.0.get_key_value(service))
    }
}

/// How far a drain has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// HAProxy asks its clients to close their connections; the route is unchanged.
    Asking,
    /// The route is announced with a longer as-path; connections that still arrive are served.
    Depreferred,
    /// Whether a sibling is healthy is not known yet; the route is unchanged.
    Waiting,
    /// No sibling is known to be healthy: the route stays announced with the longer as-path.
    Held,
    /// The route is withdrawn.
    Withdrawn,
}

impl Stage {
    /// The next stage depends on the siblings.
    pub fn asks(self) -> bool {
        matches!(self, Self::Waiting | Self::Held)
    }

    /// Its name in logs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Depreferred => "depreferred",
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// The stage by the clock alone, and the time until the next one; `None`: it is the last.
pub fn scheduled(plan: &DrainPlan, elapsed: Duration) -> (Stage, Option<Duration>) {
    if elapsed < plan.ask {
        (Stage::Asking, Some(plan.ask - elapsed))
    } else if let Some(left) = (plan.ask + plan.depreferred)
        .checked_sub(elapsed)
        .filter(|left| !left.is_zero())
    {
        (Stage::Depreferred, Some(left))
    } else {
        (Stage::Withdrawn, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn the_stages_follow_each_other() {
        let plan = DrainPlan {
            ask: 10 * S,
            depreferred: 5 * S,
            variable: "proc.draining".parse().unwrap(),
        };
        let at = |seconds: u32| scheduled(&plan, seconds * S);
        assert_eq!(at(0), (Stage::Asking, Some(10 * S)));
        assert_eq!(at(9), (Stage::Asking, Some(S)));
        assert_eq!(at(10), (Stage::Depreferred, Some(5 * S)));
        assert_eq!(at(14), (Stage::Depreferred, Some(S)));
        assert_eq!(at(15), (Stage::Withdrawn, None));
        assert_eq!(at(100_000), (Stage::Withdrawn, None));
    }

    #[test]
    fn an_order_goes_on_where_it_was_after_a_restart() {
        let now = Instant::now();
        let order = Order {
            read: now,
            age: 60 * S,
            id: None,
            by: None,
            reason: None,
            force: false,
        };
        assert_eq!(order.elapsed(now + 2 * S), 62 * S);
    }

    #[test]
    fn orders_combine_to_the_oldest_date_and_any_force() {
        let now = Instant::now();
        let order = |age: u32, force: bool, reason: &str| {
            let reason = Some(reason.to_owned());
            Order {
                read: now,
                age: age * S,
                id: None,
                by: None,
                reason,
                force,
            }
        };
        let of_web = |orders: &[(&str, Order)]| {
            Orders(
                orders
                    .iter()
                    .map(|(name, order)| ((*name).to_owned(), order.clone()))
                    .collect(),
            )
            .of("web")
        };
        let (own, all) = (
            ("web", order(60, false, "own")),
            ("@all", order(5, true, "all")),
        );
        assert_eq!(
            of_web(&[own.clone(), all.clone()]),
            Some(order(60, true, "own"))
        );
        assert_eq!(
            of_web(&[all.clone(), ("@unit", order(9, false, "unit"))]),
            Some(order(9, true, "unit"))
        );
        assert_eq!(
            of_web(&[("api", own.1.clone()), ("Web", all.1.clone()), ("7", all.1)]),
            None
        );
        // Read at different times: what counts is when it was declared.
        let later = Order {
            read: now + 100 * S,
            ..order(70, false, "later")
        };
        assert_eq!(of_web(&[own.clone(), ("@all", later)]), Some(own.1));
        // Of the same age: its own.
        let (old, own) = (
            Order {
                age: OLD,
                ..order(0, true, "all")
            },
            Order {
                age: OLD,
                ..order(0, false, "own")
            },
        );
        assert_eq!(
            of_web(&[("@all", old), ("web", own.clone())]),
            Some(Order { force: true, ..own })
        );
    }
}
