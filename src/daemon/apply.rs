//! Another configuration is in force: what watches and tells is changed where it must be, and goes on where not.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use log::error;

use super::{Daemon, Event, to};
use crate::config::Config;
use crate::observe::{Cause, Listener, Plan, Watch};

impl Daemon {
    /// Watches what the configuration now asks for. What is not asked for any more is forgotten, and so withdrawn.
    pub(super) fn apply_settings(&mut self, now: Instant) {
        let Some(config) = self.settings.config() else { return };
        let before = self.settings.previous();
        let unchanged = |name: &str| {
            let of = |config: &Config| config.services.iter().find(|service| service.name == name).cloned();
            before.is_some_and(|before| of(before) == of(config))
        };
        self.judge.keep_only(unchanged);
        self.dialogue.read_back_every(config.read_back, now);
        self.drains.control(config, to(&self.sender, Event::Switched));
        self.reports.iter_mut().for_each(|reports| reports.apply(config));
        let plan = Plan::of(config);
        if self.listener.as_ref().map(Listener::address) != plan.haproxy.events.as_ref() {
            // Dropped first: its port may be the one that is asked for.
            self.listener = None;
            let looker = Arc::clone(&self.looker);
            let look = move || {
                let looker = looker.lock().unwrap_or_else(PoisonError::into_inner).clone();
                looker.iter().for_each(|looker| looker.look(Cause::Event));
            };
            let start = plan.haproxy.events.clone().map(|address| Listener::start(address, look));
            self.listener = start.and_then(|started| {
                started.map_err(|error| error!("cannot listen for events: {error}")).ok()
            });
        }
        if self.watch.as_ref().map(Watch::plan) != Some(&plan) {
            self.watches += 1;
            let number = self.watches;
            match Watch::start(plan, now, to(&self.sender, move |sight| Event::Sight(number, sight))) {
                Ok(watch) => {
                    let looker = Some(Arc::clone(watch.looker()));
                    *self.looker.lock().unwrap_or_else(PoisonError::into_inner) = looker;
                    self.watch = Some(watch);
                }
                Err(error) => error!("cannot start to watch: {error}"),
            }
        }
    }
}
