//! `drain --then-disable` and `--then-maint`: takes frontends and servers out of HAProxy after the sessions have ended.

use super::command::{FrontendWish, ServerWish};
use super::controller::Controller;
use super::declare::find;
use super::drain_args::{DrainTask, Places};
use super::name::ServerName;
use super::progress::Progress;
use super::scope::{Scope, shown};
use super::taken_out::TakenOut;
use super::view::{Frontend, View};
use crate::condition::ProxyName;
use crate::config::{Config, Socket};
use crate::failure::{self, Failure, Kind};
use crate::observe::{Found, OrderFile};

/// Checks, before the drain is declared, that the named frontends and servers exist, and that the socket takes commands. Where
/// HAProxy is gone, `take_out` checks it later.
pub(super) fn can_take_out(scope: &Scope, task: &DrainTask) -> Result<(), Failure> {
    if task.then_disable.is_empty() && task.then_maint.is_empty() {
        return Ok(());
    }
    let controller = Controller::new(control(scope.config.as_ref().ok(), &task.places));
    let view = match controller.look() {
        Err(failure) if failure.kind == Kind::Gone => return Ok(()),
        view => view?,
    };
    controller.takes_commands()?;
    for target in &task.then_maint {
        super::servers::named(&view, target)?;
    }
    super::frontends::named(&view, &task.then_disable).map(drop)
}

/// Takes out the named frontends and servers, and first records them for `resume`.
pub(super) fn take_out(
    scope: &Scope,
    task: &DrainTask,
    progress: &mut Progress,
) -> Result<(), Failure> {
    if task.then_disable.is_empty() && task.then_maint.is_empty() {
        return Ok(());
    }
    let controller = Controller::new(control(scope.config.as_ref().ok(), &task.places));
    let view = controller.look()?;
    let mut servers = Vec::new();
    for target in &task.then_maint {
        servers.extend(super::servers::named(&view, target)?.into_iter().cloned());
    }
    let drains: Vec<OrderFile> = scope
        .orders
        .iter()
        .map(|order| in_force(order, task))
        .collect::<Result<_, _>>()?;
    for (order, drain) in scope.orders.iter().zip(drains) {
        record(order, drain, task, (&view, &servers), progress)?;
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

/// The drain's file, read again: during the wait the drain may have been declared again, or ended.
fn in_force(order: &str, task: &DrainTask) -> Result<OrderFile, Failure> {
    match find(&task.places.drain_folder, order)? {
        Some(Found::Order(file)) => Ok(*file),
        _ => Err(failure::not_reached(format!(
            "{}: the drain was ended meanwhile; nothing is taken out",
            shown(order)
        ))),
    }
}

/// Records what a drain takes out; not what was out before by hand.
fn record(
    order: &str,
    drain: OrderFile,
    task: &DrainTask,
    (view, servers): (&View, &[ServerName]),
    progress: &mut Progress,
) -> Result<(), Failure> {
    let folder = &task.places.drain_folder;
    let drain = drain.declaration().id;
    let before = TakenOut::of(folder, order, progress).unwrap_or_default();
    let mut out = before.of_drain(drain, progress);
    let others = TakenOut::of_others(folder, order);
    let is_open = |name: &&ProxyName| view.frontends.get(*name).is_none_or(Frontend::is_open);
    let frontends = task
        .then_disable
        .iter()
        .filter(|name| is_open(name) || listed(&others.frontends, name));
    add(&mut out.frontends, frontends.map(ToString::to_string));
    let is_in = |name: &ServerName| {
        view.servers
            .get(name)
            .is_none_or(|server| server.admin.wish() != ServerWish::Maint)
    };
    let servers = servers
        .iter()
        .filter(|name| is_in(name) || listed(&others.servers, name));
    add(&mut out.servers, servers.map(ToString::to_string));
    if out.is_nothing() {
        Ok(())
    } else {
        out.write(folder, order)
    }
}

fn listed(list: &[String], name: &impl ToString) -> bool {
    list.contains(&name.to_string())
}

fn add(list: &mut Vec<String>, names: impl Iterator<Item = String>) {
    for name in names {
        if !list.contains(&name) {
            list.push(name);
        }
    }
}

/// HAProxy's admin socket: `--stats`, the configuration's `haproxy.control`, or the default of HAProxy's packages.
pub(super) fn control(config: Option<&Config>, places: &Places) -> Socket {
    let configured = config.and_then(|config| config.haproxy.control.as_ref());
    let socket = places.stats.as_ref().or(configured);
    socket.cloned().unwrap_or_default()
}
