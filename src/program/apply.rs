//! Another configuration is in force. What it says changes; what is known stays, under the names that it has now.

use std::time::Instant;

use super::{Output, Plan, Program, RETRY, SURE, Setting, Settings, Sight, Watch};
use crate::config::{Config, Service};
use crate::glance::Standing;

impl Program {
    pub(super) fn apply(&mut self, config: Config, outputs: &mut Vec<Output>, now: Instant) {
        if let Some(before) = &self.config {
            self.judge.reconfigure(before, &config);
        }
        self.dialogue.read_back_every(config.read_back, now);
        let back = self.variables.control(config.haproxy.control.as_ref());
        outputs.extend(back.map(|(control, settings)| Output::Tell(control, settings)));
        self.watch.plan(Plan::of(&config), outputs);
        self.config = Some(config);
    }

    /// The watch began, or could not: then the one before goes on, and it is tried again.
    pub(super) fn watching(&mut self, number: u32, result: Result<(), String>, now: Instant) {
        let Some((_, plan)) = self.watch.next.take_if(|(next, _)| *next == number) else { return };
        match result {
            Ok(()) => {
                let earlier = self.watch.current.take().map(|(_, sight)| sight);
                self.watch.current = Some((number, Sight::new(plan, earlier, now)));
            }
            Err(why) => {
                self.notes.warn(format!("cannot start to watch ({why}), trying again"));
                self.watch.next = Some((number, plan));
                self.watch.retry = Some(now + RETRY);
            }
        }
    }

    /// Tries again to begin a watch that could not.
    pub(super) fn watch_again(&mut self, outputs: &mut Vec<Output>, now: Instant) {
        if self.watch.retry.is_none_or(|at| now < at) {
            return;
        }
        self.watch.retry = None;
        outputs.extend(self.watch.next.clone().map(|(number, plan)| Output::Watch(number, Box::new(plan))));
    }

    /// What HAProxy should be told of the services.
    pub(super) fn want(&mut self) {
        let mut wanted = Settings::new();
        if self.config.as_ref().is_none_or(|config| config.haproxy.control.is_none()) {
            self.wanted = wanted;
            return;
        }
        for service in self.config.iter().flat_map(|config| &config.services) {
            let drained = self.drains.stage(&service.name).is_some();
            let flag = wanted.entry(service.drain.variable.clone()).or_insert(Setting::Flag(false));
            *flag = Setting::Flag(drained || *flag == Setting::Flag(true));
        }
        let services = self.config.iter().flat_map(|config| &config.services);
        let mut unknown = Vec::new();
        for service in services {
            match self.is_out(service) {
                None => unknown.push(service.announced_variable.clone()),
                Some(true) => {
                    wanted.entry(service.announced_variable.clone()).or_insert(Setting::Until(SURE));
                }
                Some(false) => {
                    wanted.insert(service.announced_variable.clone(), Setting::Flag(false));
                }
            }
        }
        wanted.retain(|variable, _| !unknown.contains(variable));
        self.wanted = wanted;
    }

    /// Whether a service's routes are out, for its clients and not as the last resort; absent: not known yet.
    fn is_out(&self, service: &Service) -> Option<bool> {
        let health = self.judge.health(&service.name);
        let drained = self.drains.stage(&service.name).is_some();
        match health.map_or(Standing::NotYetKnown, |health| health.standing) {
            Standing::NotYetKnown if drained || health.is_some_and(|health| health.lost().is_some()) => {
                Some(false)
            }
            Standing::NotYetKnown => None,
            Standing::LastStanding | Standing::Down => Some(false),
            Standing::Level(_) => {
                let mut keys = service.prefixes.iter().map(|(prefix, _)| service.route_key(*prefix));
                Some(!drained && keys.all(|key| self.dialogue.is_out(&key)))
            }
        }
    }

    /// Has HAProxy told.
    pub(super) fn tell(&mut self, outputs: &mut Vec<Output>, now: Instant) {
        let process = self.watch.current.as_ref().and_then(|(_, sight)| sight.process());
        let due = self.variables.due(&self.wanted, process, now);
        outputs.extend(due.map(|(control, settings)| Output::Tell(control, settings)));
    }
}

impl Watch {
    /// Something else is to be watched.
    fn plan(&mut self, plan: Plan, outputs: &mut Vec<Output>) {
        let current = self.current.as_ref().map(|(_, sight)| sight.plan());
        if current == Some(&plan) {
            (self.next, self.retry) = (None, None);
            return;
        }
        self.number += 1;
        self.next = Some((self.number, plan.clone()));
        self.retry = None;
        outputs.push(Output::Watch(self.number, Box::new(plan)));
    }
}
