//! `drain`: a region's clients go elsewhere.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use super::answer::Answer;
use super::controller::Controller;
use super::declare::{declaration, declare, declared};
use super::drain_args::{DrainTask, Places, Which};
use super::failure::Failure;
use super::name::{AdminSocket, ServerName, nearest};
use super::obedience::somebody_runs;
use super::order::{FrontendWish, ServerWish};
use super::progress::Progress;
use super::view::View;
use super::wait::Interrupt;
use crate::condition::ProxyName;
use crate::config::{self, Config, Service, Span, Stats};
use crate::drain::{ALL, Stage, scheduled};
use crate::glance::glance;
use crate::observe::{Declaration, Plan, look_at_all};

/// Between two looks at the sessions.
const PAUSE: Duration = Duration::from_millis(200);

/// What a command is about.
pub(super) struct Scope {
    pub(super) config: Config,
    /// The names of the orders: a service each, or all.
    pub(super) orders: Vec<String>,
}

impl Scope {
    pub(super) fn of(which: &Which, places: &Places) -> Result<Self, Failure> {
        let config =
            config::load(&places.config).map_err(|problem| Failure::Configuration(problem.to_string()))?;
        if which.all {
            let order = which.on_behalf_of.as_ref().map_or(ALL.to_owned(), |unit| format!("@{}", unit.0));
            return Ok(Self { config, orders: vec![order] });
        }
        let known = || config.services.iter().map(|service| service.name.as_str());
        for name in &which.services {
            if !known().any(|service| service == name.0) {
                let perhaps = nearest(&name.0, known()).map(|name| format!("; did you mean '{name}'?"));
                return Err(Failure::Refused(format!(
                    "{} has no service '{}'{}",
                    places.config.display(),
                    name.0,
                    perhaps.unwrap_or_default()
                )));
            }
        }
        let orders: BTreeSet<String> = which.services.iter().map(|name| name.0.clone()).collect();
        Ok(Self { config, orders: orders.into_iter().collect() })
    }

    fn services(&self) -> impl Iterator<Item = &Service> {
        let meant =
            |service: &&Service| self.orders.iter().any(|order| is_for_all(order) || *order == service.name);
        self.config.services.iter().filter(meant)
    }
}

/// `haproxy-rhi drain`.
pub(super) fn drain(task: DrainTask) -> Result<Answer, Failure> {
    let scope = Scope::of(&task.which, &task.places)?;
    let folder = &task.places.drain_folder;
    // A unit that stops is not held up for nothing: at a shutdown HAProxy's comes after ExaBGP's, and other people's
    // ExaBGP has the same drop-in.
    if task.which.on_behalf_of.is_some() {
        let nothing = match (scope.services().next(), somebody_runs()) {
            (None, _) => Some("no service is configured"),
            (_, false) => Some("no haproxy-rhi runs here"),
            (Some(_), true) => None,
        };
        if let Some(why) = nothing {
            return Ok(Answer { text: format!("nothing to drain: {why}\n"), failure: None });
        }
    }
    if !task.force {
        is_not_the_last(&scope)?;
    }
    let interrupt = Interrupt::heard().map_err(|error| Failure::CannotTell(error.to_string()))?;
    let begun = Instant::now();
    let mut declaration = declaration(task.reason.clone(), task.force, task.until_reboot)?;
    if let Some(unit) = &task.which.on_behalf_of {
        declaration.by = Some(unit.0.clone());
    }
    for order in &scope.orders {
        // What an earlier drain has taken out is still its to put back.
        if let Some(before) = declared(folder, order)? {
            (declaration.frontends, declaration.servers) = (before.frontends, before.servers);
        }
        declare(folder, order, &declaration)?;
    }
    let mut text: String = scope.services().map(plan_in_words).collect();
    let back: Vec<String> = scope.orders.iter().map(|order| as_arguments(order)).collect();
    text.push_str(&format!("back again: haproxy-rhi resume {}\n", back.join(" ")));
    if !task.wait {
        return Ok(Answer { text, failure: None });
    }
    let mut progress = Progress::on_stderr();
    let waited = Waiting { scope: &scope, task: &task, begun, interrupt: &interrupt }
        .wait(&mut progress)
        .and_then(|()| take_out(&scope, &task, &mut declaration, &mut progress));
    match waited {
        Ok(()) => {
            text = scope.services().map(|service| format!("{}: drained\n", service.name)).collect();
            Ok(Answer { text, failure: None })
        }
        Err(failure) => Ok(Answer { text: String::new(), failure: Some(failure) }),
    }
}

pub(super) fn is_for_all(order: &str) -> bool {
    order.starts_with('@')
}

/// As it is written on the command line.
pub(super) fn as_arguments(order: &str) -> String {
    match order.strip_prefix('@') {
        None => order.to_owned(),
        Some(_) if order == ALL => "--all".to_owned(),
        Some(unit) => format!("--all --on-behalf-of {unit}"),
    }
}

/// Who drains the last healthy region takes the address away from everybody.
fn is_not_the_last(scope: &Scope) -> Result<(), Failure> {
    let mut plan = Plan::of(&scope.config);
    plan.proxies.clear();
    let asked: BTreeSet<_> = scope
        .services()
        .flat_map(|service| service.siblings.iter().flat_map(|siblings| siblings.probes.iter().cloned()))
        .collect();
    plan.probes.retain(|probe| asked.contains(probe));
    let seen = look_at_all(&plan);
    for service in scope.services() {
        let Some(resort) = glance(service, &seen, None).last_resort.filter(|resort| resort.is_alone()) else {
            continue;
        };
        let words: Vec<&str> = resort.siblings().map(|(_, why)| why).collect();
        return Err(Failure::Refused(format!(
            "service {}: no sibling is known to be healthy ({}); nothing was declared: look at the other region first, or say --force",
            service.name,
            words.join("; ")
        )));
    }
    Ok(())
}

/// `web: HAProxy asks its clients to close for 10s, a longer path for 10s, then withdrawn`.
fn plan_in_words(service: &Service) -> String {
    let mut stages = Vec::new();
    if !service.drain.ask.is_zero() {
        stages.push(format!("HAProxy asks its clients to close for {}", Span::from(service.drain.ask)));
    }
    if !service.drain.depreferred.is_zero() {
        stages.push(format!("a longer path for {}", Span::from(service.drain.depreferred)));
    }
    stages.push(if stages.is_empty() { "withdrawn" } else { "then withdrawn" }.to_owned());
    format!("{}: declared; {}\n", service.name, stages.join(", "))
}

/// A wait for the stages and the sessions.
struct Waiting<'task> {
    scope: &'task Scope,
    task: &'task DrainTask,
    begun: Instant,
    interrupt: &'task Interrupt,
}

impl Waiting<'_> {
    fn wait(&self, progress: &mut Progress) -> Result<(), Failure> {
        let deadline = self.begun + self.task.timeout.get();
        let reader = reader(&self.scope.config);
        if reader.is_none() {
            progress.tell(
                "note: a stats page does not count the servers' sessions; only the stages are waited for",
            );
        }
        loop {
            let now = Instant::now();
            let stages = self.stages_left(now);
            let sessions = match &reader {
                Some(reader) => sessions(reader, &self.scope.config, self.scope.services()),
                None => Ok(0),
            };
            let left = match (&stages, &sessions) {
                (None, Ok(0)) => return Ok(()),
                (None, Ok(count)) => format!("withdrawn, {count} session(s) left"),
                (Some(stages), Ok(count)) => format!("{stages}, {count} session(s)"),
                (None, Err(failure)) => format!("withdrawn, {failure}"),
                (Some(stages), Err(_)) => stages.clone(),
            };
            // Without HAProxy there are no sessions to wait for.
            if stages.is_none() && matches!(sessions, Err(Failure::Gone(_))) {
                progress.tell(&format!("note: {left}"));
                return Ok(());
            }
            if self.interrupt.came() {
                return Err(Failure::NotReached(format!("stopped waiting, the drain stays on: {left}")));
            }
            if now >= deadline {
                return Err(Failure::NotReached(format!(
                    "not within {}, the drain stays on: {left}",
                    self.task.timeout
                )));
            }
            progress.show(&left, deadline.saturating_duration_since(now));
            thread::sleep(PAUSE);
        }
    }

    /// The stages that are not over; absent: all routes are withdrawn by now.
    fn stages_left(&self, now: Instant) -> Option<String> {
        let left: Vec<String> = self
            .scope
            .services()
            .filter_map(|service| {
                match scheduled(&service.drain, now.saturating_duration_since(self.begun)) {
                    (Stage::Withdrawn, _) => None,
                    (stage, left) => {
                        let left = left.unwrap_or_default().as_secs_f64().ceil();
                        Some(format!("{} {} for {left} s", service.name, stage.name()))
                    }
                }
            })
            .collect();
        (!left.is_empty()).then(|| left.join(", "))
    }
}

/// Where the sessions are counted: whoever may look may count.
fn reader(config: &Config) -> Option<Controller> {
    let socket = match &config.haproxy.stats {
        Stats::Unix(path) => AdminSocket::Unix(path.clone()),
        Stats::Tcp(address) => AdminSocket::Tcp(address.clone()),
        Stats::Page { .. } => return None,
    };
    Some(Controller::new(socket))
}

/// Sessions that the servers behind the services have open or queued: also those of backup servers, which run through
/// this HAProxy as well.
fn sessions<'scope>(
    reader: &Controller,
    config: &Config,
    services: impl Iterator<Item = &'scope Service>,
) -> Result<u64, Failure> {
    let plan = Plan::of(&Config { services: services.cloned().collect(), ..config.clone() });
    let proxies: Vec<ProxyName> = plan.proxies.iter().filter_map(|name| name.parse().ok()).collect();
    let view: View = reader.look_at(&proxies)?;
    let of_these = |name: &&ServerName| proxies.contains(&name.backend);
    let servers = view.servers.iter().filter(|(name, _)| of_these(name));
    Ok(servers.map(|(_, server)| server.sessions.saturating_add(server.queue)).sum())
}

/// When nobody is left: what the operator wants taken out as well, noted for the way back before it is done.
fn take_out(
    scope: &Scope,
    task: &DrainTask,
    declaration: &mut Declaration,
    progress: &mut Progress,
) -> Result<(), Failure> {
    if task.then_disable.is_empty() && task.then_maint.is_empty() {
        return Ok(());
    }
    let controller = Controller::new(control(&scope.config, &task.places));
    let view = controller.look()?;
    let mut servers = Vec::new();
    for target in &task.then_maint {
        servers.extend(super::servers::named(&view, target)?.into_iter().cloned());
    }
    for name in &task.then_disable {
        if !declaration.frontends.contains(&name.to_string()) {
            declaration.frontends.push(name.to_string());
        }
    }
    for name in &servers {
        if !declaration.servers.contains(&name.to_string()) {
            declaration.servers.push(name.to_string());
        }
    }
    for order in &scope.orders {
        declare(&task.places.drain_folder, order, declaration)?;
    }
    for name in &servers {
        controller.set_server(name, ServerWish::Maint)?;
        progress.tell(&format!("{name}: maintenance"));
    }
    for name in &task.then_disable {
        controller.set_frontend(name, FrontendWish::Disabled)?;
        progress.tell(&format!("{name}: disabled"));
    }
    Ok(())
}

pub(super) fn control(config: &Config, places: &Places) -> AdminSocket {
    let configured = match &config.haproxy.control {
        Some(Stats::Unix(path)) => Some(AdminSocket::Unix(path.clone())),
        Some(Stats::Tcp(address)) => Some(AdminSocket::Tcp(address.clone())),
        _ => None,
    };
    places.stats.clone().or(configured).unwrap_or_default()
}
