//! `drain`: a region's clients go elsewhere.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use super::again::{declare_or_again, drained_since};
use super::answer::Answer;
use super::declare::declaration;
use super::drain_args::{DrainTask, Places, Which};
use super::drain_wait::Waiting;
use super::failure::Failure;
use super::name::nearest;
use super::obedience::{runs_with, somebody_runs};
use super::progress::Progress;
use super::take_out::{can_take_out, take_out};
use super::wait::Interrupt;
use crate::config::{self, Config, Service, Span};
use crate::drain::{ALL, Order, Orders};
use crate::glance::{Alone, glance};
use crate::observe::{DEFAULT_FOLDER, look_at_all, read_orders};
use crate::program::Plan;
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
    // Only for words: a folder that cannot be listed is found out when a file is written.
    let orders = || read_orders(folder).unwrap_or_default();
    let before = orders();
    if !task.force {
        is_not_the_last(&scope, &before)?;
    }
    can_take_out(&scope, &task)?;
    let interrupt = Interrupt::heard().map_err(|error| Failure::CannotTell(error.to_string()))?;
    let begun = Instant::now();
    let mut progress = Progress::on_stderr();
    declare_all(&scope, &task, &mut progress)?;
    let after = orders();
    let now_in_force = |service: &Service| in_words(service, &before, after.of(&service.name));
    if !task.wait {
        if !runs_with(&task.places.config, folder) {
            progress.tell("note: no haproxy-rhi runs here that reads this; the drain holds once one starts");
        }
        let back: Vec<String> = scope.orders.iter().map(|order| as_arguments(order)).collect();
        let text: String = scope.services().map(now_in_force).collect();
        let text =
            format!("{text}back again: haproxy-rhi resume {}{}\n", back.join(" "), elsewhere(&task.places));
        return Ok(Answer { text, failure: None });
    }
    for service in scope.services().filter(|service| before.of(&service.name).is_some()) {
        progress.tell(now_in_force(service).trim_end());
    }
    let waited = Waiting { scope: &scope, task: &task, begun, orders: &after, interrupt: &interrupt }
        .wait(&mut progress)
        .and_then(|end| take_out(&scope, &task, &mut progress).map(|()| end));
    match waited {
        Ok(end) => {
            let line = |service: &Service| format!("{}: {}\n", service.name, end.words());
            Ok(Answer { text: scope.services().map(line).collect(), failure: None })
        }
        Err(failure) => Ok(Answer { text: String::new(), failure: Some(failure) }),
    }
}

fn declare_all(scope: &Scope, task: &DrainTask, progress: &mut Progress) -> Result<(), Failure> {
    for order in &scope.orders {
        let mut new = declaration(task.reason.clone(), task.force, task.until_reboot)?;
        if let Some(unit) = &task.which.on_behalf_of {
            new.by = Some(unit.0.clone());
        }
        declare_or_again(&task.places.drain_folder, order, new, progress)?;
    }
    Ok(())
}

/// What is said of a service: the plan of a new drain, or since when there is one.
fn in_words(service: &Service, before: &Orders, after: Option<Order>) -> String {
    match (before.of(&service.name), after) {
        (Some(before), Some(after)) => {
            let force = if after.force && !before.force { "; now with --force" } else { "" };
            format!("{}: {}{force}\n", service.name, drained_since(&after))
        }
        _ => plan_in_words(service),
    }
}

pub(super) fn is_for_all(order: &str) -> bool {
    order.starts_with('@')
}

/// The flags that say where things are, if that is not where they are looked for.
fn elsewhere(places: &Places) -> String {
    let flag = |name: &str, path: &Path, default: &str| {
        let is_default = path == Path::new(default);
        if is_default { String::new() } else { format!(" {name} {}", path.display()) }
    };
    flag("--config", &places.config, config::DEFAULT_PATH)
        + &flag("--drain-folder", &places.drain_folder, DEFAULT_FOLDER)
}

/// As people are told of it.
pub(super) fn shown(order: &str) -> &str {
    if is_for_all(order) { "all services" } else { order }
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
/// One that is drained already is not asked about.
fn is_not_the_last(scope: &Scope, before: &Orders) -> Result<(), Failure> {
    let mut plan = Plan::of(&scope.config);
    plan.proxies.clear();
    let new = || scope.services().filter(|service| before.of(&service.name).is_none());
    let asked: BTreeSet<_> = new()
        .flat_map(|service| service.siblings.iter().flat_map(|siblings| siblings.probes.iter().cloned()))
        .collect();
    plan.probes.retain(|probe| asked.contains(probe));
    let seen = look_at_all(&plan);
    for service in new() {
        let Some(resort) =
            glance(service, &seen, Past::none()).last_resort.filter(|resort| resort.alone() == Alone::Yes)
        else {
            continue;
        };
        let words: Vec<String> = resort.siblings().map(|(_, why)| why).collect();
        return Err(Failure::Refused(format!(
            "service {}: no sibling is known to be healthy ({}); nothing was declared: look at the other region first, or add --force",
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
