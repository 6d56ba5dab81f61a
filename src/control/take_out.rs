//! What `drain` takes out of HAProxy when nobody is left there.

use super::controller::Controller;
use super::declare::{again, cannot_read, declare, declared};
use super::drain::{Scope, shown};
use super::drain_args::{DrainTask, Places};
use super::failure::Failure;
use super::name::{AdminSocket, ServerName};
use super::order::{FrontendWish, ServerWish};
use super::progress::Progress;
use crate::config::{Config, Stats};
use crate::observe::{Declaration, Fault, Found, order_path};

/// Takes out what the operator named, and notes it for the way back before it is done.
pub(super) fn take_out(scope: &Scope, task: &DrainTask, progress: &mut Progress) -> Result<(), Failure> {
    if task.then_disable.is_empty() && task.then_maint.is_empty() {
        return Ok(());
    }
    let controller = Controller::new(control(&scope.config, &task.places));
    let view = controller.look()?;
    let mut servers = Vec::new();
    for target in &task.then_maint {
        servers.extend(super::servers::named(&view, target)?.into_iter().cloned());
    }
    for order in &scope.orders {
        note(order, task, &servers)?;
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

/// Notes in an order what is taken out with it. While it was waited for, somebody may have declared it again, or ended it.
fn note(order: &str, task: &DrainTask, servers: &[ServerName]) -> Result<(), Failure> {
    let folder = &task.places.drain_folder;
    let Some(Found::Order(file)) = declared(folder, order)? else {
        let what = shown(order);
        return Err(Failure::NotReached(format!(
            "{what}: the drain was ended meanwhile; nothing is taken out"
        )));
    };
    if let Err(Fault::Unreadable(error)) = &file.content {
        return Err(cannot_read(&order_path(folder, order), error));
    }
    let mut declaration = again(&file, file.declaration());
    let Declaration { frontends, servers: out, .. } = &mut declaration;
    add(frontends, task.then_disable.iter().map(ToString::to_string));
    add(out, servers.iter().map(ToString::to_string));
    declare(folder, order, &declaration)
}

fn add(list: &mut Vec<String>, names: impl Iterator<Item = String>) {
    for name in names {
        if !list.contains(&name) {
            list.push(name);
        }
    }
}

/// HAProxy's admin socket.
pub(super) fn control(config: &Config, places: &Places) -> AdminSocket {
    let configured = match &config.haproxy.control {
        Some(Stats::Unix(path)) => Some(AdminSocket::Unix(path.clone())),
        Some(Stats::Tcp(address)) => Some(AdminSocket::Tcp(address.clone())),
        _ => None,
    };
    places.stats.clone().or(configured).unwrap_or_default()
}
