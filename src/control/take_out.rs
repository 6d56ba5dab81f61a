//! What `drain` takes out of HAProxy when nobody is left there.

use super::controller::Controller;
use super::declare::declared;
use super::drain::{Scope, shown};
use super::drain_args::{DrainTask, Places};
use super::failure::Failure;
use super::name::{AdminSocket, ServerName};
use super::order::{FrontendWish, ServerWish};
use super::progress::Progress;
use super::taken_out::TakenOut;
use crate::config::{Config, Stats};
use crate::observe::Found;

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
        note(order, task, &servers, progress)?;
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
fn note(
    order: &str,
    task: &DrainTask,
    servers: &[ServerName],
    progress: &mut Progress,
) -> Result<(), Failure> {
    let folder = &task.places.drain_folder;
    let Some(Found::Order(_)) = declared(folder, order)? else {
        let what = shown(order);
        return Err(Failure::NotReached(format!(
            "{what}: the drain was ended meanwhile; nothing is taken out"
        )));
    };
    let mut out = TakenOut::of(folder, order, progress)?;
    add(&mut out.frontends, task.then_disable.iter().map(ToString::to_string));
    add(&mut out.servers, servers.iter().map(ToString::to_string));
    out.write(folder, order)
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
