//! The drains: what is declared, and how far each has come. Pure.
//!
//! A drain only goes forward: declared again, or together with another one, it keeps the oldest date, and one order with
//! force is enough. Its last step, the withdrawal, needs the answer of a sibling that was asked after the step was
//! due: otherwise it could withdraw the last region.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::config::{Config, Service};
use crate::drain::{Order, Orders, Stage, scheduled};

use crate::health::Health;
use crate::judge::Judge;
use crate::last_resort::{Alone, Ill, LastResort};
use crate::note::Notes;

/// What operators declare, and how far it has come.
#[derive(Debug, Default)]
pub struct Drains {
    orders: Orders,
    by_service: BTreeMap<String, Drain>,
}

/// Orders by their name and id.
type Ids = BTreeSet<(String, Option<String>)>;

#[derive(Debug)]
struct Drain {
    /// With the oldest date of all orders, and force if one of them has it.
    order: Order,
    /// The orders behind this drain, which goes on while one of them stands.
    ids: Ids,
    stage: Stage,
    /// When the last stage was due: only siblings asked after it count.
    due: Option<Instant>,
    /// Answers without a healthy sibling, since the last stage was due.
    ill: Ill,
}

impl Drains {
    /// What is declared.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// How far a service's drain has come; absent: it is not drained.
    pub fn stage(&self, service: &str) -> Option<Stage> {
        self.by_service.get(service).map(|drain| drain.stage)
    }

    /// The order that a service's drain follows; absent: it is not drained.
    pub fn order(&self, service: &str) -> Option<&Order> {
        self.by_service.get(service).map(|drain| &drain.order)
    }

    /// A drain is at its last step, and waits for a sibling's answer.
    pub(super) fn is_asking(&self, judge: &Judge, now: Instant) -> bool {
        self.by_service
            .values()
            .any(|drain| drain.stage == Stage::Waiting)
            || self.trusts_again(judge).is_some_and(|at| now >= at)
    }

    /// Other orders are in force.
    pub(super) fn take(&mut self, orders: Orders, config: Option<&Config>, notes: &mut Notes) {
        if let Some(config) = config {
            let new = orders
                .0
                .keys()
                .filter(|name| !self.orders.0.contains_key(*name));
            note_strangers(new, config, notes);
        }
        self.orders = orders;
    }

    /// The first configuration is in force: warns of orders whose service it does not have.
    pub(super) fn configured(&self, config: &Config, notes: &mut Notes) {
        note_strangers(self.orders.0.keys(), config, notes);
    }

    /// Another configuration is in force: services that are gone are not drained any more. One that was withdrawn and
    /// comes back while its order stands asks its siblings anew, unless the order is forced.
    pub(super) fn reconfigure(&mut self, before: Option<&Config>, config: &Config) {
        self.by_service.retain(|name, drain| {
            drain.stage == Stage::Withdrawn || config.service(name).is_some()
        });
        let was_gone = |name: &str| before.is_none_or(|before| before.service(name).is_none());
        let back = |name: &str| was_gone(name) && config.service(name).is_some();
        self.by_service
            .iter_mut()
            .filter(|(name, _)| back(name))
            .for_each(|(_, drain)| drain.ask_anew());
    }

    /// Takes each drain to the stage that is due. Returns the services whose stage changed or whose drain ended, with
    /// the stage before.
    /// `silent_since`: since when this NVA's health page does not say that a service's route is out.
    pub(super) fn advance(
        &mut self,
        config: &Config,
        judge: &Judge,
        silent_since: impl Fn(&Service) -> Option<Instant>,
        now: Instant,
    ) -> Vec<(String, Option<Stage>)> {
        let mut changed = Vec::new();
        if self.orders.0.is_empty() && self.by_service.is_empty() {
            return changed;
        }
        // Drops drains whose orders ended while their service was gone.
        let goes_on = |name: &str| self.orders.each(name).next().is_some();
        self.by_service
            .retain(|name, _| goes_on(name) || config.service(name).is_some());
        for service in &config.services {
            let before = self.stage(&service.name);
            self.advance_one(
                service,
                judge.health(&service.name),
                silent_since(service),
                now,
            );
            if self.stage(&service.name) != before {
                changed.push((service.name.clone(), before));
            }
        }
        changed
    }

    fn advance_one(
        &mut self,
        service: &Service,
        health: Option<&Health>,
        silent_since: Option<Instant>,
        now: Instant,
    ) {
        let Some(order) = self.orders.of(&service.name) else {
            self.by_service.remove(&service.name);
            return;
        };
        let ids: Ids = self
            .orders
            .each(&service.name)
            .map(|(name, order)| (name.clone(), order.id.clone()))
            .collect();
        // None of the known orders stands: that drain ended between two looks.
        if self
            .by_service
            .get(&service.name)
            .is_some_and(|drain| drain.ids.is_disjoint(&ids))
        {
            self.by_service.remove(&service.name);
        }
        let drain = self
            .by_service
            .entry(service.name.clone())
            .or_insert_with(|| Drain::new(order.clone()));
        drain.ids = ids;
        drain.declared_again(order, now);
        drain.advance(service, health, silent_since, now);
    }

    /// When some drain comes to its next stage by the clock.
    pub(super) fn deadline(&self, config: &Config, now: Instant) -> Option<Instant> {
        let next = |service: &Service| {
            let drain = self.by_service.get(&service.name)?;
            scheduled(&service.drain, drain.order.elapsed(now)).1
        };
        config
            .services
            .iter()
            .filter_map(next)
            .map(|left| now + left.max(Duration::from_nanos(1)))
            .min()
    }

    /// When a sibling that came back is trusted, so that a drain that waits may withdraw.
    pub(super) fn trusts_again(&self, judge: &Judge) -> Option<Instant> {
        let held = self
            .by_service
            .iter()
            .filter(|(_, drain)| drain.stage.asks());
        held.filter_map(|(name, _)| judge.health(name)?.last_resort()?.settles())
            .min()
    }
}

impl Drain {
    fn new(order: Order) -> Self {
        Self {
            order,
            ids: Ids::new(),
            stage: Stage::Asking,
            due: None,
            ill: Ill::default(),
        }
    }

    /// Forgets the siblings' answers, which are too old.
    fn ask_anew(&mut self) {
        (self.due, self.ill) = (None, Ill::default());
        if !self.order.force {
            self.stage = Stage::Waiting;
        }
    }

    /// Takes a new declaration, but keeps the oldest date.
    fn declared_again(&mut self, order: Order, now: Instant) {
        let (read, age) = match self.order.elapsed(now) > order.elapsed(now) {
            true => (self.order.read, self.order.age),
            false => (order.read, order.age),
        };
        self.order = Order { read, age, ..order };
    }

    fn advance(
        &mut self,
        service: &Service,
        health: Option<&Health>,
        silent_since: Option<Instant>,
        now: Instant,
    ) {
        let (stage, _) = scheduled(&service.drain, self.order.elapsed(now));
        // An edit may have made the stages longer: what has begun goes on.
        if stage != Stage::Withdrawn && self.stage < Stage::Waiting {
            self.stage = self.stage.max(stage);
            return;
        }
        let due = *self.due.get_or_insert(now);
        self.stage = match (&service.siblings, health.and_then(Health::last_resort)) {
            (siblings, _) if self.order.force || siblings.is_none() => {
                self.ill = Ill::default();
                Stage::Withdrawn
            }
            (_, Some(resort)) => {
                self.last_stage(resort, silent_since.map(|silent| silent.max(due)))
            }
            (_, None) => self.stage.max(Stage::Waiting),
        };
    }

    /// The stage that follows from the siblings that were asked after `since`; absent: none counts yet.
    fn last_stage(&mut self, resort: &LastResort, since: Option<Instant>) -> Stage {
        let healthy = since.is_some_and(|since| resort.is_trusted_since(since));
        let counts = since.is_some_and(|since| resort.was_asked_since(since));
        if counts || resort.alone() != Alone::Yes {
            self.ill.take(resort);
        }
        let alone = self.ill.is_sure();
        match self.stage {
            Stage::Withdrawn if alone => Stage::Held,
            Stage::Withdrawn => Stage::Withdrawn,
            _ if healthy => Stage::Withdrawn,
            _ if alone => Stage::Held,
            Stage::Held => Stage::Held,
            Stage::Asking | Stage::Depreferred | Stage::Waiting => Stage::Waiting,
        }
    }
}

/// Warns of orders for services that are not configured.
fn note_strangers<'name>(
    names: impl Iterator<Item = &'name String>,
    config: &Config,
    notes: &mut Notes,
) {
    for name in names.filter(|name| !name.starts_with('@') && config.service(name).is_none()) {
        notes.warn(format!(
            "a drain is declared for '{name}', and there is no such service"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(services: &str) -> Config {
        crate::config::parse(&format!(r#"{{"services": {services}}}"#)).unwrap()
    }

    fn web() -> Config {
        config(
            r#"{"web": {
                "prefixes": ["9.9.9.9/32"], "next_hop": "172.16.156.70",
                "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}],
                "as_path": [65010], "siblings": {"urls": ["http://172.16.136.70/health"]}
            }}"#,
        )
    }

    /// Web's drain has withdrawn its route, on the answer of a sibling.
    fn withdrawn(now: Instant) -> Drains {
        let order = Order {
            read: now,
            age: crate::drain::OLD,
            id: None,
            by: None,
            reason: None,
            force: false,
        };
        let ids = Ids::from([("web".to_owned(), None)]);
        let drain = Drain {
            ids,
            stage: Stage::Withdrawn,
            ..Drain::new(order.clone())
        };
        Drains {
            orders: Orders([("web".to_owned(), order)].into()),
            by_service: [("web".to_owned(), drain)].into(),
        }
    }

    #[test]
    fn a_drain_whose_service_is_gone_asks_nobody_until_it_is_back() {
        let (now, judge, empty) = (Instant::now(), Judge::default(), config("{}"));
        let mut drains = withdrawn(now);
        drains.reconfigure(Some(&web()), &empty);
        drains.advance(&empty, &judge, |_| None, now);
        assert!(!drains.is_asking(&judge, now));
        // Another edit, meanwhile.
        drains.reconfigure(Some(&empty), &empty);
        assert!(!drains.is_asking(&judge, now));
        drains.reconfigure(Some(&empty), &web());
        drains.advance(&web(), &judge, |_| None, now);
        assert_eq!(drains.stage("web"), Some(Stage::Waiting));
        assert!(drains.is_asking(&judge, now));
    }

    #[test]
    fn a_drain_that_ends_while_its_service_is_gone_is_over() {
        let (now, judge, empty) = (Instant::now(), Judge::default(), config("{}"));
        let mut drains = withdrawn(now);
        drains.reconfigure(Some(&web()), &empty);
        drains.take(Orders::default(), Some(&empty), &mut Notes::default());
        drains.advance(&empty, &judge, |_| None, now);
        assert_eq!(drains.stage("web"), None);
    }
}
