//! `drain`: declares a drain, and waits for it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use super::again::{declare_or_again, drained_since};
use super::declare::declaration;
use super::drain_args::{DrainTask, Places};
use super::drain_wait::Waiting;
use super::progress::Progress;
use super::running;
use super::scope::{Scope, as_arguments};
use super::take_out::{can_take_out, take_out};
use super::wait::Interrupt;
use crate::config::{self, Service, Span};
use crate::drain::{Order, Orders};
use crate::failure::{self, Answer, Failure};
use crate::glance::glance;
use crate::last_resort::{Alone, Sibling};
use crate::observe::{DEFAULT_FOLDER, look_at_all, read_orders};
use crate::program::Plan;
use crate::value::Joined;
use crate::verdict::Past;

/// `haproxy-rhi drain`.
pub fn drain(task: DrainTask) -> Result<Answer, Failure> {
    let scope = Scope::of(&task.which, &task.places)?;
    let folder = &task.places.drain_folder;
    let mut progress = Progress::on_stderr();
    // A unit's stop must not be delayed for nothing: the drop-in is also on hosts whose ExaBGP runs no haproxy-rhi, and at
    // a shutdown ExaBGP stops before HAProxy.
    if let Some(why) = task
        .which
        .on_behalf_of
        .as_ref()
        .and_then(|_| no_need(&scope, &task.places.config))
    {
        return Ok(format!("nothing to drain: {why}\n").into());
    }
    let of_flags = if task.which.all {
        scope.of_flags(folder)
    } else {
        Vec::new()
    };
    let names = scope.names(&task.places, &of_flags, &mut progress)?;
    if task.which.all && names.is_empty() {
        progress.tell(&format!(
            "note: {}",
            no_service(&task.places.config, running::any())
        ));
    }
    // For the answer's text only: an unreadable folder fails when the drain is written.
    let orders = || read_orders(folder).unwrap_or_default();
    let before = orders();
    if !task.force {
        refuse_the_last(&scope, &before)?;
    }
    can_take_out(&scope, &task)?;
    let interrupt = Interrupt::heard().map_err(|error| failure::unknown(error.to_string()))?;
    let begun = Instant::now();
    declare_all(&scope, &task, &mut progress)?;
    let after = orders();
    let in_force = |name: &String| in_words(name, scope.service(name), &before, after.of(name));
    if !task.wait {
        let text: String = names.iter().map(in_force).collect();
        return Ok(answer_at_once(&scope, &task, text, &mut progress).into());
    }
    for name in names.iter().filter(|name| before.of(name).is_some()) {
        progress.tell(in_force(name).trim_end());
    }
    let waited = Waiting {
        scope: &scope,
        names: &names,
        of_flags: &of_flags,
        task: &task,
        begun,
        orders: &after,
        interrupt: &interrupt,
    }
    .wait(&mut progress)
    .and_then(|end| take_out(&scope, &task, &mut progress).map(|()| end));
    let end = waited?.words();
    let text: String = names
        .iter()
        .map(|name| format!("{name}: {end}\n"))
        .collect();
    Ok(text.into())
}

/// The answer without `--wait`.
fn answer_at_once(
    scope: &Scope,
    task: &DrainTask,
    text: String,
    progress: &mut Progress,
) -> String {
    let Places {
        config,
        drain_folder,
        ..
    } = &task.places;
    if !running::with_config(config) && !running::with_folder(drain_folder) {
        progress.tell(
            "note: no haproxy-rhi runs here that reads this; the drain holds once one starts",
        );
    }
    let back = scope
        .orders
        .iter()
        .map(|order| as_arguments(order))
        .joined(" ");
    let flags = flags(&task.places);
    format!("{text}back again: haproxy-rhi resume {back}{flags}\n")
}

/// Why a unit that stops needs no drain.
fn no_need(scope: &Scope, config: &Path) -> Option<String> {
    if has_died() {
        Some("the service has ended by itself".to_owned())
    } else if scope.has_none() {
        Some(no_service(config, running::any()))
    } else {
        (!running::any()).then(|| "no haproxy-rhi runs here".to_owned())
    }
}

/// The note on a configuration without services; `runs`: a process may have some by flags.
fn no_service(config: &Path, runs: bool) -> String {
    let file = config.display();
    let others = format!(
        "; a service that exabgp.conf's run line configures by flags is not drained with a unit, and one that keeps no \
         status in /run/exabgp is not waited for: configure it in {file}, and leave the flags out"
    );
    format!(
        "no service is configured in {file}{}",
        if runs { others.as_str() } else { "" }
    )
}

/// systemd runs ExecStop also after the unit's process has died (systemd.exec(5), SERVICE_RESULT); a drain would delay its
/// restart.
fn has_died() -> bool {
    let failed = std::env::var_os("SERVICE_RESULT").is_some_and(|result| result != "success");
    failed && std::env::var_os("MAINPID").is_none()
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

/// A service's line: the stages of a new drain, or the date of an earlier one.
fn in_words(
    name: &str,
    service: Option<&Service>,
    before: &Orders,
    after: Option<Order>,
) -> String {
    match (before.of(name), after, service) {
        (Some(before), Some(after), _) => {
            let force = if after.force && !before.force {
                "; now with --force"
            } else {
                ""
            };
            format!("{name}: {}{force}\n", drained_since(&after))
        }
        (_, _, Some(service)) => plan_in_words(service),
        (_, _, None) => format!("{name}: declared\n"),
    }
}

/// The flags of places that are not the defaults.
fn flags(places: &Places) -> String {
    let flag = |name: &str, path: &Path, default: &str| {
        let is_default = path == Path::new(default);
        if is_default {
            String::new()
        } else {
            format!(" {name} {}", path.display())
        }
    };
    flag("--config", &places.config, config::DEFAULT_PATH)
        + &flag("--drain-folder", &places.drain_folder, DEFAULT_FOLDER)
}

/// Refuses a drain of the last healthy region. A service that is drained already is not checked. Where the configuration does
/// not load, the running process holds the drain instead.
fn refuse_the_last(scope: &Scope, before: &Orders) -> Result<(), Failure> {
    let Ok(config) = &scope.config else {
        return Ok(());
    };
    let mut plan = Plan::of(config);
    plan.proxies.clear();
    let new = || {
        scope
            .services()
            .filter(|service| before.of(&service.name).is_none())
    };
    let asked: BTreeSet<_> = new()
        .flat_map(|service| {
            service
                .siblings
                .iter()
                .flat_map(|siblings| siblings.probes.iter().cloned())
        })
        .collect();
    plan.probes.retain(|probe| asked.contains(probe));
    let seen = look_at_all(&plan);
    for service in new() {
        let Some(resort) = glance(service, &seen, Past::none())
            .last_resort
            .filter(|resort| resort.alone() == Alone::Yes)
        else {
            continue;
        };
        let words: Vec<String> = resort.siblings().iter().map(Sibling::words).collect();
        return Err(failure::refused(format!(
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
        stages.push(format!(
            "HAProxy asks its clients to close for {}",
            Span::from(service.drain.ask)
        ));
    }
    if !service.drain.depreferred.is_zero() {
        stages.push(format!(
            "a longer path for {}",
            Span::from(service.drain.depreferred)
        ));
    }
    stages.push(
        if stages.is_empty() {
            "withdrawn"
        } else {
            "then withdrawn"
        }
        .to_owned(),
    );
    format!("{}: declared; {}\n", service.name, stages.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_without_services_beside_a_process_of_flags_has_a_cure() {
        let words = |runs| no_service(Path::new("/etc/haproxy-rhi/config.json"), runs);
        assert_eq!(
            words(false),
            "no service is configured in /etc/haproxy-rhi/config.json"
        );
        assert!(
            words(true).contains("by flags")
                && words(true).contains("configure it in /etc/haproxy-rhi")
        );
    }
}
