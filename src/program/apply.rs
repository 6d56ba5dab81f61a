//! Applies another configuration: what is known stays, under the names of the new configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::edited::{self, ByService};
use super::variables::Answerer;
use super::{Output, Plan, Program, RETRY, SURE, Setting, Settings, Sight, Watch};
use crate::announce::AdjRibOut;
use crate::config::{Config, Service, Variable};
use crate::decide::{Intent, intents};
use crate::health::Health;
use crate::route::RouteKey;
use crate::standing::Standing;

impl Program {
    /// Takes another configuration. It comes into force once its watch has begun; the first one at once, since none
    /// is in force before it.
    pub(super) fn apply(&mut self, config: Config, outputs: &mut Vec<Output>, now: Instant) {
        let is_watched = self.watch.plan(Plan::of(&config), outputs);
        self.coming = Some(config);
        if is_watched || self.config.is_none() {
            if let Some((_, sight)) = &mut self.watch.current {
                sight.edit(now);
            }
            self.install(outputs, now);
        }
    }

    fn install(&mut self, outputs: &mut Vec<Output>, now: Instant) {
        let Some(config) = self.coming.take() else {
            return;
        };
        let out = self.announced(self.config.as_ref());
        match &self.config {
            Some(before) => {
                self.judge.reconfigure(before, &config);
                self.dialogue
                    .inherit(never_said(before, &config, self.dialogue.rib()));
            }
            None => self.drains.configured(&config, &mut self.notes),
        }
        self.drains.reconfigure(self.config.as_ref(), &config);
        self.dialogue.read_back_every(config.read_back, now);
        let back = self.variables.control(config.haproxy.control.as_ref());
        outputs.extend(back.map(|(control, settings)| Output::Tell(control, settings)));
        let before = self.config.replace(config);
        let after = self.announced(self.config.as_ref());
        if let Some((before, config)) = before.as_ref().zip(self.config.as_ref()) {
            let services = config.services.iter();
            let intents = services.flat_map(|service| self.intents(service));
            let (withdrawn, both) = (edited::withdrawn(intents), (&out, &after));
            edited::note(before, config, both, &withdrawn, &mut self.notes);
        }
    }

    /// What should be out of a configuration.
    fn announced(&self, config: Option<&Config>) -> ByService {
        let services = config.into_iter().flat_map(|config| &config.services);
        services
            .map(|service| {
                let routes = edited::announced(service, self.intents(service));
                (service.name.clone(), routes)
            })
            .collect()
    }

    /// What should become of a service's routes.
    fn intents(&self, service: &Service) -> impl Iterator<Item = (RouteKey, Intent)> {
        let health = self.judge.health(&service.name);
        let standing = health.map_or(Standing::NotYetKnown, Health::standing);
        intents(service, standing, self.drains.stage(&service.name))
    }

    /// The watch with this number has begun, or failed to begin: then the watch before goes on, and it is tried again.
    pub(super) fn watching(
        &mut self,
        number: u32,
        result: Result<(), String>,
        outputs: &mut Vec<Output>,
        now: Instant,
    ) {
        let Some((_, plan)) = self.watch.next.take_if(|(next, _)| *next == number) else {
            return;
        };
        match result {
            Ok(()) => {
                let earlier = self.watch.current.take().map(|(_, sight)| sight);
                self.watch.current = Some((number, Sight::new(plan, earlier, now)));
                if std::mem::take(&mut self.watch.complained) {
                    self.notes.info("the watch has started");
                }
                self.install(outputs, now);
            }
            Err(why) => {
                if !std::mem::replace(&mut self.watch.complained, true) {
                    let so_far = match &self.config {
                        Some(_) if self.coming.is_some() => {
                            "the configuration before stays in force"
                        }
                        _ => "nothing is known",
                    };
                    self.notes.warn(format!(
                        "cannot start to watch ({why}): {so_far}; trying again each second"
                    ));
                }
                self.watch.next = Some((number, plan));
                self.watch.retry = Some(now + RETRY);
            }
        }
    }

    /// Retries a watch that failed to begin.
    pub(super) fn watch_again(&mut self, outputs: &mut Vec<Output>, now: Instant) {
        if self.watch.retry.is_none_or(|at| now < at) {
            return;
        }
        self.watch.retry = None;
        outputs.extend(
            self.watch
                .next
                .clone()
                .map(|(number, plan)| Output::Watch(number, Box::new(plan))),
        );
    }

    /// Sets `wanted`: the variables that HAProxy should have.
    pub(super) fn want(&mut self) {
        let config = self
            .config
            .as_ref()
            .filter(|config| config.haproxy.control.is_some());
        let services = || config.into_iter().flat_map(|config| &config.services);
        let (mut wanted, mut out) = (Settings::new(), BTreeMap::new());
        for service in services() {
            let drained = self.drains.stage(&service.name).is_some();
            let flag = wanted
                .entry(service.drain.variable.clone())
                .or_insert(Setting::Flag(false));
            *flag = Setting::Flag(drained || *flag == Setting::Flag(true));
            let all = out.entry(&service.announced_variable).or_insert(Some(true));
            *all = both(*all, self.is_out(service));
        }
        let unknown = out
            .iter()
            .filter(|(_, out)| out.is_none())
            .map(|(variable, _)| (*variable).clone());
        let unknown: BTreeSet<Variable> = unknown.collect();
        let setting = |out: bool| {
            if out {
                Setting::Until(SURE)
            } else {
                Setting::Flag(false)
            }
        };
        wanted.extend(
            out.into_iter()
                .filter_map(|(variable, out)| Some((variable.clone(), setting(out?)))),
        );
        self.variables.leave(unknown);
        self.wanted = wanted;
    }

    /// Whether a service's routes are out, and not as the last resort; absent: not known, so that the time in its
    /// variable runs out.
    fn is_out(&self, service: &Service) -> Option<bool> {
        let health = self.judge.health(&service.name);
        let drained = self.drains.stage(&service.name).is_some();
        match health.map_or(Standing::NotYetKnown, Health::standing) {
            Standing::NotYetKnown
                if drained || health.is_some_and(|health| health.lost().is_some()) =>
            {
                Some(false)
            }
            Standing::NotYetKnown => None,
            Standing::LastStanding | Standing::Down => Some(false),
            Standing::Takeover | Standing::Level(_) => {
                let is_out = !drained
                    && !self.writing.is_stuck(self.called)
                    && service.route_keys().all(|key| self.dialogue.is_out(&key));
                let is_unknown = || {
                    !drained
                        && service
                            .route_keys()
                            .any(|key| self.dialogue.rib().is_open(&key))
                };
                (is_out || !is_unknown()).then_some(is_out)
            }
        }
    }

    /// The process of HAProxy that answered last.
    pub(super) fn answerer(&self) -> Option<Answerer> {
        self.watch.current.as_ref()?.1.answerer()
    }

    /// Orders the variables that are due to be set in HAProxy.
    pub(super) fn tell(&mut self, outputs: &mut Vec<Output>, now: Instant) {
        let answerer = self.answerer();
        let due = self.variables.due(&self.wanted, answerer, now);
        outputs.extend(due.map(|(control, settings)| Output::Tell(control, settings)));
    }
}

/// For services that share a variable: false if the routes of one are not out, even if those of the other are unknown.
fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Routes that leave the configuration before this process sent a command about them. An earlier process may have
/// announced them, and been killed before its ledger had them.
fn never_said(before: &Config, after: &Config, rib: &AdjRibOut) -> Vec<RouteKey> {
    let keys = |config: &Config| -> BTreeSet<RouteKey> {
        let services = config.services.iter();
        services.flat_map(Service::route_keys).collect()
    };
    let (before, after) = (keys(before), keys(after));
    let gone = before.difference(&after);
    gone.filter(|key| !rib.is_known(key)).cloned().collect()
}

impl Watch {
    /// Orders a watch of this plan. True: it is watched already.
    fn plan(&mut self, plan: Plan, outputs: &mut Vec<Output>) -> bool {
        let current = self.current.as_ref().map(|(_, sight)| sight.plan());
        if current == Some(&plan) {
            (self.next, self.retry, self.complained) = (None, None, false);
            return true;
        }
        self.number += 1;
        self.next = Some((self.number, plan.clone()));
        self.retry = None;
        outputs.push(Output::Watch(self.number, Box::new(plan)));
        false
    }
}
