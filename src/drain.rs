//! Drains: an operator's wish that a service moves elsewhere, and the stages in which it does. Pure: `now` is an
//! argument.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::{Duration, Instant};

use crate::config::{Config, DrainPlan, Service};
use crate::health::Health;
use crate::judge::Judge;

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
        self.age.saturating_add(now.saturating_duration_since(self.read))
    }

    /// `drained by alice: kernel update`, for people.
    pub fn words(&self) -> String {
        let by = self.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
        let reason = self.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
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
        // '@' comes right before 'A'.
        let for_all =
            self.0.range::<str, _>((Bound::Included("@"), Bound::Excluded("A"))).map(|(_, order)| order);
        let orders = || for_all.clone().chain(self.0.get(service));
        let read = orders().map(|order| order.read).max()?;
        let oldest = orders().max_by_key(|order| order.elapsed(read))?;
        Some(Order { force: orders().any(|order| order.force), ..oldest.clone() })
    }
}

/// How far a drain has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// HAProxy asks its clients to close their connections; the route is as it was.
    Asking,
    /// The route is out with a longer path: the clients go elsewhere, stragglers are still served.
    Depreferred,
    /// No sibling is known to be healthy: the route stays out with the longer path.
    Held,
    /// The route is withdrawn.
    Withdrawn,
}

impl Stage {
    /// Its name in logs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Depreferred => "depreferred",
            Self::Held => "held",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// The stage by the clock alone, and when the next one begins.
pub fn scheduled(plan: &DrainPlan, elapsed: Duration) -> (Stage, Option<Duration>) {
    if elapsed < plan.ask {
        (Stage::Asking, Some(plan.ask - elapsed))
    } else if let Some(left) =
        (plan.ask + plan.depreferred).checked_sub(elapsed).filter(|left| !left.is_zero())
    {
        (Stage::Depreferred, Some(left))
    } else {
        (Stage::Withdrawn, None)
    }
}

/// The stage of a service's drain; absent: it is not drained.
pub fn stage(service: &Service, health: Option<&Health>, orders: &Orders, now: Instant) -> Option<Stage> {
    let order = orders.of(&service.name)?;
    let (stage, _) = scheduled(&service.drain, order.elapsed(now));
    // Who drains the last region that is left takes the address away from everybody: that takes a word more.
    let alone = health.is_some_and(|health| health.alone) && !order.force;
    Some(if stage == Stage::Withdrawn && alone { Stage::Held } else { stage })
}

/// How far the drains of all services have come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stages(BTreeMap<String, Stage>);

impl Stages {
    /// A service's stage; absent: it is not drained.
    pub fn of(&self, service: &str) -> Option<Stage> {
        self.0.get(service).copied()
    }

    /// Goes to the stages that are due, and names the services that came to another one, or are not drained any more.
    pub fn advance<'config>(
        &mut self,
        config: &'config Config,
        judge: &Judge,
        orders: &Orders,
        now: Instant,
    ) -> Vec<&'config Service> {
        self.0.retain(|name, _| config.services.iter().any(|service| service.name == *name));
        let mut advanced = |service: &&Service| {
            let stage = stage(service, judge.health(&service.name), orders, now);
            let before = match stage {
                Some(stage) => self.0.insert(service.name.clone(), stage),
                None => self.0.remove(&service.name),
            };
            before != stage
        };
        config.services.iter().filter(|service| advanced(service)).collect()
    }
}

/// When some drain comes to its next stage.
pub fn deadline<'services>(
    services: impl Iterator<Item = &'services Service>,
    orders: &Orders,
    now: Instant,
) -> Option<Instant> {
    services
        .filter_map(|service| scheduled(&service.drain, orders.of(&service.name)?.elapsed(now)).1)
        .map(|left| now + left)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn the_stages_follow_each_other() {
        let plan = DrainPlan { ask: 10 * S, depreferred: 5 * S, variable: "proc.draining".parse().unwrap() };
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
        let order = Order { read: now, age: 60 * S, id: None, by: None, reason: None, force: false };
        assert_eq!(order.elapsed(now + 2 * S), 62 * S);
    }

    #[test]
    fn orders_combine_to_the_oldest_date_and_any_force() {
        let now = Instant::now();
        let order = |age: u32, force: bool, reason: &str| {
            let reason = Some(reason.to_owned());
            Order { read: now, age: age * S, id: None, by: None, reason, force }
        };
        let of_web = |orders: &[(&str, Order)]| {
            Orders(orders.iter().map(|(name, order)| ((*name).to_owned(), order.clone())).collect()).of("web")
        };
        let (own, all) = (("web", order(60, false, "own")), ("@all", order(5, true, "all")));
        assert_eq!(of_web(&[own.clone(), all.clone()]), Some(order(60, true, "own")));
        assert_eq!(of_web(&[all.clone(), ("@unit", order(9, false, "unit"))]), Some(order(9, true, "unit")));
        assert_eq!(of_web(&[("api", own.1.clone()), ("Web", all.1.clone()), ("7", all.1)]), None);
        // Read at different times: what counts is when it was declared.
        let later = Order { read: now + 100 * S, ..order(70, false, "later") };
        assert_eq!(of_web(&[own.clone(), ("@all", later)]), Some(own.1));
        // Of the same age: its own.
        let (old, own) =
            (Order { age: OLD, ..order(0, true, "all") }, Order { age: OLD, ..order(0, false, "own") });
        assert_eq!(of_web(&[("@all", old), ("web", own.clone())]), Some(Order { force: true, ..own }));
    }
}
