//! Drains: an operator's wish that a service moves elsewhere, and the stages in which it does. Pure: `now` is an argument.
//! In come a drain's date and the service's plan.
//! Out goes the stage that it has come to, and when the next one is.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::config::DrainPlan;

/// The order's name for every service, also those that are configured later. Another one that begins with `@` means
/// them all as well: a unit that stops has its own beside the operators'.
pub const ALL: &str = "@all";

/// The age of an order that cannot be dated, or is dated in the future: older than every stage.
pub const OLD: Duration = Duration::MAX;

/// What an operator declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// When it was read, on the loop's clock. That clock may know no time before the process, so `age` says the rest.
    pub read: Instant,
    /// Its age when it was read.
    pub age: Duration,
    /// Another id is another drain, also if nobody saw the one before it end. `None`: made by hand.
    pub id: Option<String>,
    /// Who declared it, as far as it is known.
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
        let by = self
            .by
            .as_deref()
            .map(|by| format!(" by {by}"))
            .unwrap_or_default();
        let reason = self
            .reason
            .as_deref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        format!("drained{by}{reason}")
    }
}

/// All orders in force, by service; [`ALL`] and others that begin with `@` are for every one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Orders(pub BTreeMap<String, Order>);

impl Orders {
    /// What is declared for a service, by its own order and those for all: since the oldest of them, and forced if one
    /// is.
    pub fn of(&self, service: &str) -> Option<Order> {
        let orders = || self.each(service).map(|(_, order)| order);
        let read = orders().map(|order| order.read).max()?;
        let oldest = orders().max_by_key(|order| order.elapsed(read))?;
        Some(Order {
            force: orders().any(|order| order.force),
            ..oldest.clone()
        })
    }

    /// Every order for a service, with its name: those for all, and its own.
    pub fn each(&self, service: &str) -> impl Iterator<Item = (&String, &Order)> {
        // '@' comes right before 'A'.
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
    /// HAProxy asks its clients to close their connections; the route is as it was.
    Asking,
    /// The route is out with a longer path: the clients go elsewhere, stragglers are still served.
    Depreferred,
    /// The siblings are being asked whether one of them is healthy: the route stays as it is.
    Waiting,
    /// No sibling is known to be healthy: the route stays out with the longer path.
    Held,
    /// The route is withdrawn.
    Withdrawn,
}

impl Stage {
    /// What comes next depends on the siblings.
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

/// The stage by the clock alone, and when the next one begins.
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
