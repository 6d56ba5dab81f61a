//! `drain`: a region's clients go elsewhere.

use std::collections::BTreeSet;
use std::time::Instant;

use super::answer::Answer;
use super::controller::Controller;
use super::declare::{declaration, declare, declared};
use super::drain_args::{DrainTask, Places, Which};
use super::drain_wait::Waiting;
use super::failure::Failure;
use super::name::{AdminSocket, nearest};
use super::obedience::somebody_runs;
use super::order::{FrontendWish, ServerWish};
use super::progress::Progress;
use super::wait::Interrupt;
use crate::config::{self, Config, Service, Span, Stats};
use crate::drain::ALL;
use crate::glance::{Alone, glance};
use crate::observe::{Declaration, Plan, look_at_all};
use crate::verdict::Past;

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

    pub(super) fn services(&self) -> impl Iterator<Item = &Service> {
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
        .and_then(|end| take_out(&scope, &task, &mut declaration, &mut progress).map(|()| end));
    match waited {
        Ok(end) => {
            let line = |service: &Service| format!("{}: {}\n", service.name, end.words());
            Ok(Answer { text: scope.services().map(line).collect(), failure: None })
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
        let Some(resort) =
            glance(service, &seen, Past::none()).last_resort.filter(|resort| resort.alone() == Alone::Yes)
        else {
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
