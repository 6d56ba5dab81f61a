//! The judge: the health of every service after each look. Pure: `now` is an argument, and what changed is returned for
//! the caller to log.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::change::Change;
use crate::config::Service;
use crate::health::Health;
use crate::observation::Observation;

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

    /// A change or an unknown state is pending, so that it is worth looking again soon. A service that is merely kept
    /// back is not: that may take minutes.
    pub fn is_pending(&self) -> bool {
        self.healths.values().any(Health::is_pending)
    }

    /// A service is the last resort, and waits for the word of its siblings.
    pub fn is_asking(&self) -> bool {
        self.healths.values().any(Health::is_asking)
    }

    /// Takes one look at one service and says what it changed.
    pub fn judge(&mut self, service: &Service, seen: &Observation, now: Instant) -> Option<Change> {
        let health = self.healths.entry(service.name.clone()).or_insert_with(|| Health::new(now));
        health.take(service, seen, now)
    }
}
