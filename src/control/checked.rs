//! Waiting for HAProxy's checks: after a start HAProxy calls every server UP until it has checked it.

use std::thread;
use std::time::{Duration, Instant};

use super::wait::Interrupt;
use crate::config::{Config, Span};
use crate::glance::glance;
use crate::observe::look_at_all;
use crate::program::Plan;
use crate::verdict::Past;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// The longest interval of the running process that is waited for; a longer configured one is not.
const LONGEST_INTERVAL: Duration = Duration::from_secs(5);

/// Waits until the state of every service is known, `timeout` at most; then for one interval of the running process, so
/// that it has seen the same.
pub(super) fn await_checks(config: &Config, timeout: Span, interrupt: &Interrupt) {
    let (plan, deadline) = (Plan::of(config), Instant::now() + timeout.get());
    loop {
        let seen = look_at_all(&plan);
        let known = config
            .services
            .iter()
            .all(|service| glance(service, &seen, Past::none()).target.is_some());
        if known || interrupt.came() || Instant::now() >= deadline {
            break;
        }
        thread::sleep(PAUSE);
    }
    thread::sleep(config.haproxy.interval.min(LONGEST_INTERVAL) + config.haproxy.timeout);
}
