//! `drain --wait`: waits until ExaBGP has acknowledged the withdrawals, and the servers' sessions have ended.

use std::thread;
use std::time::{Duration, Instant};

use super::again::since;
use super::controller::Controller;
use super::drain_args::DrainTask;
use super::name::ServerName;
use super::observer::{DrainObserver, Drained, Observed};
use super::progress::Progress;
use super::scope::Scope;
use super::take_out::control;
use super::view::View;
use super::wait::Interrupt;
use crate::condition::ProxyName;
use crate::config::{Config, Service};
use crate::drain::{Orders, Stage, scheduled};
use crate::failure::{self, Failure, Kind};
use crate::program::Plan;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// How the wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// ExaBGP acknowledged the withdrawals.
    Withdrawn,
    /// The time of all stages is over; the running process keeps no readable status.
    ByTheClock,
    /// No process runs: only the sessions were waited for.
    NoProcess,
}

impl End {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Withdrawn => "drained",
            Self::ByTheClock => {
                "drained, by the clock: the running process keeps no status in /run/exabgp"
            }
            Self::NoProcess => {
                "declared; no haproxy-rhi runs here with this configuration, so none of its routes was to be withdrawn"
            }
        }
    }
}

/// A wait for the withdrawals and the sessions.
pub(super) struct Waiting<'task> {
    pub(super) scope: &'task Scope,
    /// The services.
    pub(super) names: &'task [String],
    /// The services among them that flags configure.
    pub(super) of_flags: &'task [String],
    pub(super) task: &'task DrainTask,
    pub(super) begun: Instant,
    /// The drains in force.
    pub(super) orders: &'task Orders,
    pub(super) interrupt: &'task Interrupt,
}

impl Waiting<'_> {
    /// Waits. Ctrl-C ends the wait, and the drain stays.
    pub(super) fn wait(&self, progress: &mut Progress) -> Result<End, Failure> {
        let deadline = self.begun + self.task.timeout.get();
        let reader = self.reader();
        if reader.is_none() {
            progress.tell(
                "note: a stats page does not count the servers' sessions; only the stages are waited for",
            );
        }
        let mut observer =
            DrainObserver::of(&self.task.places.config, &self.task.places.drain_folder);
        let drained: Vec<Drained> = self.names.iter().map(|name| self.drained(name)).collect();
        loop {
            let now = Instant::now();
            let routes = match observer.observe(&drained, now) {
                Observed::Withdrawn => Ok(End::Withdrawn),
                Observed::NoProcess => Ok(End::NoProcess),
                Observed::NoStatus => self.stages_left(now).map_or(Ok(End::ByTheClock), Err),
                Observed::NotYet { what, by_the_clock } => {
                    let by_the_clock = by_the_clock && self.scope.config.is_ok();
                    Err(self
                        .stages_left(now)
                        .filter(|_| by_the_clock)
                        .unwrap_or(what))
                }
            };
            let sessions = match &reader {
                Some(reader) => self.sessions(reader),
                None => Ok(0),
            };
            let left = match (&routes, &sessions) {
                (Ok(end), Ok(0)) => return Ok(*end),
                (Ok(End::NoProcess), Ok(count)) => {
                    format!("nothing announced, {count} session(s) left")
                }
                (Ok(_), Ok(count)) => format!("withdrawn, {count} session(s) left"),
                (Err(routes), Ok(count)) => format!("{routes}, {count} session(s)"),
                (Ok(End::NoProcess), Err(failure)) => failure.to_string(),
                (Ok(_), Err(failure)) => format!("withdrawn, {failure}"),
                (Err(routes), Err(_)) => routes.clone(),
            };
            // Without HAProxy there are no sessions to wait for.
            if let (Ok(end), Err(failure)) = (&routes, &sessions)
                && failure.kind == Kind::Gone
            {
                progress.tell(&format!("note: {left}"));
                return Ok(*end);
            }
            if self.interrupt.came() {
                return Err(failure::not_reached(format!(
                    "stopped waiting, the drain stays on: {left}"
                )));
            }
            if now >= deadline {
                return Err(failure::not_reached(format!(
                    "not within {}, the drain stays on: {left}",
                    self.task.timeout
                )));
            }
            progress.show(&left, deadline.saturating_duration_since(now));
            thread::sleep(PAUSE);
        }
    }

    /// The socket to count sessions at: the watched one, of any level. `None`: a stats page is watched.
    fn reader(&self) -> Option<Controller> {
        let Ok(config) = &self.scope.config else {
            return Some(Controller::new(control(None, &self.task.places)));
        };
        let socket = config.haproxy.stats.socket();
        socket.cloned().map(Controller::new)
    }

    fn sessions(&self, reader: &Controller) -> Result<u64, Failure> {
        let Ok(config) = &self.scope.config else {
            // Which socket this HAProxy has is not known: sessions that cannot be counted are not waited for.
            let counted = reader.look().map(|view| count(&view, None));
            return counted.map_err(|failure| {
                failure::gone(format!("its sessions are not counted: {failure}"))
            });
        };
        let services = self.scope.services().cloned().collect();
        let plan = Plan::of(&Config {
            services,
            ..config.clone()
        });
        let proxies: Vec<ProxyName> = plan
            .proxies
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect();
        // The backends of services by flags are not known: all are counted.
        match self.of_flags.is_empty() {
            true => Ok(count(&reader.look_at(&proxies)?, Some(&proxies))),
            false => Ok(count(&reader.look()?, None)),
        }
    }

    fn drained(&self, name: &str) -> Drained {
        let order = self.orders.of(name);
        let by_flags = self.of_flags.iter().any(|one| one == name);
        Drained {
            service: name.to_owned(),
            by_flags,
            since: order.as_ref().and_then(since),
        }
    }

    /// The stages that are not over by the clock; `None`: all routes should be withdrawn.
    fn stages_left(&self, now: Instant) -> Option<String> {
        if self.scope.config.is_err() {
            return Some("the running process does not tell".to_owned());
        }
        let left: Vec<String> = self
            .scope
            .services()
            .filter_map(
                |service| match scheduled(&service.drain, self.elapsed(service, now)) {
                    (Stage::Withdrawn, _) => None,
                    (stage, left) => {
                        let left = left.unwrap_or_default().as_secs_f64().ceil();
                        Some(format!("{} {} for {left} s", service.name, stage.name()))
                    }
                },
            )
            .collect();
        (!left.is_empty()).then(|| left.join(", "))
    }

    fn elapsed(&self, service: &Service, now: Instant) -> Duration {
        let order = self.orders.of(&service.name);
        order.map_or(now.saturating_duration_since(self.begun), |order| {
            order.elapsed(now)
        })
    }
}

/// Sessions, open or queued, of the servers in these backends, backup servers too; `None`: of all servers.
fn count(view: &View, proxies: Option<&[ProxyName]>) -> u64 {
    let of_these =
        |name: &&ServerName| proxies.is_none_or(|proxies| proxies.contains(&name.backend));
    let servers = view.servers.iter().filter(|(name, _)| of_these(name));
    servers
        .map(|(_, server)| server.sessions.saturating_add(server.queue))
        .sum()
}
