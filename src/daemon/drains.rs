//! The drains while the process runs: what is declared, how far each has come, and HAProxy's part in it.

use std::time::Instant;

use log::{error, log, warn};

use crate::config::Config;
use crate::drain::{Orders, Stage, Stages, deadline};
use crate::judge::Judge;
use crate::report;
use crate::switch::{Switch, Variables};

/// The drains of all services.
#[derive(Debug, Default)]
pub struct Drains {
    orders: Orders,
    stages: Stages,
    switch: Option<Switch>,
}

impl Drains {
    /// What is declared.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// How far a service's drain has come; absent: it is not drained.
    pub fn stage(&self, service: &str) -> Option<Stage> {
        self.stages.of(service)
    }

    /// Other orders are in force.
    pub fn take(&mut self, orders: Orders, config: Option<&Config>) {
        for name in orders.0.keys().filter(|name| !self.orders.0.contains_key(*name)) {
            let known = |config: &Config| config.services.iter().any(|service| service.name == *name);
            if !name.starts_with('@') && !config.is_some_and(known) {
                warn!("a drain is declared for '{name}', and there is no such service");
            }
        }
        self.orders = orders;
    }

    /// The switch of the HAProxy that the configuration names.
    pub fn control(&mut self, config: &Config, report: impl Fn(Result<(), String>) + Send + 'static) {
        if self.switch.as_ref().map(Switch::control) == config.haproxy.control.as_ref() {
            return;
        }
        self.switch = config.haproxy.control.clone().and_then(|control| {
            let started = Switch::start(control, report);
            started.map_err(|error| error!("cannot start to tell HAProxy of drains: {error}")).ok()
        });
    }

    /// HAProxy answered, or did not.
    pub fn switched(&mut self, result: Result<(), String>, now: Instant) {
        self.switch.iter_mut().for_each(|switch| switch.said(result.clone(), now));
    }

    /// Goes to the stages that are due, says so, and has HAProxy told. `process` is the HAProxy that answers.
    pub fn proceed(&mut self, config: &Config, judge: &Judge, process: Option<u32>, now: Instant) {
        for service in self.stages.advance(config, judge, &self.orders, now) {
            let (health, order) = (judge.health(&service.name), self.orders.of(&service.name));
            let (level, line) = report::drain(service, health, order.as_ref(), self.stages.of(&service.name));
            log!(level, "{line}");
        }
        let mut variables = Variables::new();
        for service in &config.services {
            *variables.entry(service.drain.variable.clone()).or_default() |=
                self.stages.of(&service.name).is_some();
        }
        if let Some(switch) = &mut self.switch {
            switch.set(&variables, process, now);
        }
    }

    /// When some drain comes to its next stage, or HAProxy is told again.
    pub fn deadline(&self, config: &Config, now: Instant) -> Option<Instant> {
        let stage = deadline(config.services.iter(), &self.orders, now);
        let switch = self.switch.as_ref().and_then(Switch::deadline);
        stage.into_iter().chain(switch).min()
    }
}
