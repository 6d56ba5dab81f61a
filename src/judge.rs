//! The judge: the health of every service after each look. Pure: `now` is an argument.
//! In come observations, and edits of the configuration.
//! Out goes what changed, for the caller to log.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::change::Change;
use crate::config::{Config, Service};
use crate::health::Health;
use crate::observation::Observation;
use crate::standing::Standing;

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

    /// Another configuration is in force: services of the same name go on, those that are gone are forgotten.
    pub fn reconfigure(&mut self, before: &Config, after: &Config) {
        let (before, after) = (by_name(before), by_name(after));
        self.healths
            .retain(|name, _| after.contains_key(name.as_str()));
        for (name, health) in &mut self.healths {
            if let (Some(before), Some(after)) =
                (before.get(name.as_str()), after.get(name.as_str()))
                && before != after
            {
                health.reconfigure(before, after);
            }
        }
    }

    /// When time alone may change a service's health; only times after `judged` count.
    pub fn deadline(&self, config: &Config, judged: Option<Instant>) -> Option<Instant> {
        let of = |service: &Service| self.healths.get(&service.name)?.deadline(service);
        let times = config.services.iter().filter_map(of);
        times
            .filter(|at| judged.is_none_or(|judged| *at > judged))
            .min()
    }

    /// When it is worth looking again, whatever is pending.
    pub fn looks_at(&self) -> Option<Instant> {
        self.healths.values().filter_map(Health::looks_at).min()
    }

    /// A change or an unknown state is pending, so that it is worth looking again soon. A service that is merely kept
    /// back is not: that may take minutes.
    pub fn is_pending(&self) -> bool {
        self.healths.values().any(Health::is_pending)
    }

    /// A service will ask its siblings once this NVA's health page does not say that its route is out.
    pub fn waits_for_silence(&self) -> bool {
        self.healths.values().any(Health::waits_for_silence)
    }

    /// A service waits for the answers of its siblings.
    pub fn is_asking(&self) -> bool {
        self.healths.values().any(Health::is_asking)
    }

    /// A service has taken over from its siblings, and gives back by their answers.
    pub fn has_taken_over(&self) -> bool {
        self.healths
            .values()
            .any(|health| health.standing() == Standing::Takeover)
    }

    /// Takes one look at one service and says what it changed.
    ///
    /// `silent_since`: since when this NVA's health page does not say that the service's route is out.
    pub fn judge(
        &mut self,
        service: &Service,
        seen: &Observation,
        silent_since: Option<Instant>,
        now: Instant,
    ) -> Option<Change> {
        let health = self
            .healths
            .entry(service.name.clone())
            .or_insert_with(|| Health::new(now));
        health.take(service, seen, silent_since, now)
    }
}

fn by_name(config: &Config) -> BTreeMap<&str, &Service> {
    config
        .services
        .iter()
        .map(|service| (service.name.as_str(), service))
        .collect()
}
