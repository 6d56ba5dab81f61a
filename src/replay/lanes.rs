//! The standings of each prefix over time, for a picture.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{Config, Service};
use crate::program::View;
use crate::report;
use crate::report::moment::Moment;
use crate::route::Prefix;
use crate::standing::Standing;

/// A prefix of a service.
pub type Key = (String, Prefix);

/// A prefix's standing with its name, and whether its route is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand {
    pub name: String,
    pub standing: Standing,
    pub is_out: bool,
}

/// The changes of each prefix; `None`: no process is recorded from then on.
#[derive(Debug, Default)]
pub struct Lanes {
    pub lanes: BTreeMap<Key, Vec<(Moment, Option<Stand>)>>,
}

impl Lanes {
    /// Adds what a call changed.
    pub fn add(&mut self, view: View<'_>, out: &BTreeSet<Prefix>, at: Moment) {
        let Some(config) = view.config else {
            return;
        };
        for service in &config.services {
            let health = view.judge.health(&service.name);
            let standing = health.map_or(Standing::NotYetKnown, |health| health.standing());
            for (prefix, _) in &service.prefixes {
                self.stand(service, *prefix, (standing, out.contains(prefix)), at);
            }
        }
        let count = config.services.iter().map(|service| service.prefixes.len());
        if self.lanes.len() > count.sum() {
            self.leave(config, at);
        }
    }

    fn stand(&mut self, service: &Service, prefix: Prefix, now: (Standing, bool), at: Moment) {
        let key = (service.name.clone(), prefix);
        let lane = self.lanes.entry(key).or_default();
        let last = lane.last().and_then(|(_, stand)| stand.as_ref());
        if last.is_none_or(|last| (last.standing, last.is_out) != now) {
            let (standing, is_out) = now;
            let name = report::standing(service, standing).to_owned();
            let stand = Stand {
                name,
                standing,
                is_out,
            };
            lane.push((at, Some(stand)));
        }
    }

    /// Ends the lanes of prefixes that the configuration does not have any more.
    fn leave(&mut self, config: &Config, at: Moment) {
        for ((service, prefix), lane) in &mut self.lanes {
            let of = config.service(service);
            let is_there = of.is_some_and(|of| of.prefixes.iter().any(|(own, _)| own == prefix));
            if !is_there && lane.last().is_some_and(|(_, stand)| stand.is_some()) {
                lane.push((at, None));
            }
        }
    }

    /// Ends all lanes: the process's record ends.
    pub fn end(&mut self, at: Moment) {
        self.lanes
            .values_mut()
            .for_each(|lane| lane.push((at, None)));
    }
}
