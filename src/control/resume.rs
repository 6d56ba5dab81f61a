//! `resume`: a region's clients come back.

use std::path::Path;

use super::answer::Answer;
use super::checked::await_checks;
use super::controller::Controller;
use super::declare::{cannot_read, declared, end, not_believed};
use super::drain::{Scope, as_arguments, is_for_all, shown};
use super::drain_args::ResumeTask;
use super::failure::Failure;
use super::name::ServerName;
use super::obedience::somebody_runs;
use super::order::{FrontendWish, ServerWish};
use super::progress::Progress;
use super::take_out::control;
use super::wait::{Interrupt, Wait};
use crate::condition::ProxyName;
use crate::drain::Orders;
use crate::observe::{Declaration, Fault, Found, OrderFile, order_path, read_orders};

/// `haproxy-rhi resume`: HAProxy first, then the route.
pub(super) fn resume(task: ResumeTask) -> Result<Answer, Failure> {
    let scope = Scope::of(&task.which, &task.places)?;
    let folder = &task.places.drain_folder;
    let interrupt = Interrupt::heard().map_err(|error| Failure::CannotTell(error.to_string()))?;
    let mut progress = Progress::on_stderr();
    let mut text = String::new();
    for order in &scope.orders {
        let path = order_path(folder, order);
        let file = match declared(folder, order)? {
            Some(Found::Order(file)) => file,
            found => {
                if let Some(Found::Other(kind)) = found {
                    progress.tell(&format!("note: '{}' is {kind}, and no drain; remove it", path.display()));
                }
                text.push_str(&format!("{}: not drained\n", shown(order)));
                continue;
            }
        };
        let declaration = believed(&path, &file, &mut progress)?;
        put_back(&scope, &task, &declaration, &interrupt, &mut progress)?;
        // HAProxy's unit has just started it: the route must not come back for servers that nobody has checked.
        if task.which.on_behalf_of.is_some() && somebody_runs() {
            await_checks(&scope.config, task.timeout, &interrupt);
        }
        end(folder, order)?;
        text.push_str(&format!("{}: not drained any more\n", shown(order)));
    }
    text.push_str(&still_on(folder, task.which.all));
    Ok(Answer { text, failure: None })
}

/// What the drain has taken out and is to be put back.
fn believed(path: &Path, file: &OrderFile, progress: &mut Progress) -> Result<Declaration, Failure> {
    match &file.content {
        Err(Fault::Unreadable(error)) => return Err(cannot_read(path, error)),
        Err(fault) => {
            progress.tell(&format!("note: '{}' {fault}; nothing is put back in HAProxy", path.display()))
        }
        Ok(_) => {}
    }
    if let Some(note) = not_believed(path, file) {
        progress.tell(&format!("note: {note}"));
        return Ok(Declaration::default());
    }
    Ok(file.declaration())
}

/// Orders for all services that are still in force, and those of single ones where all were meant, and what ends them.
fn still_on(folder: &Path, all: bool) -> String {
    let Ok(Orders(orders)) = read_orders(folder) else { return String::new() };
    let left = orders.iter().filter(|(name, _)| all || is_for_all(name));
    left.map(|(name, order)| {
        let (what, words) = (shown(name), order.words());
        let are = if is_for_all(name) { "are" } else { "is" };
        format!("note: {what} {are} {words}; haproxy-rhi resume {} ends that\n", as_arguments(name))
    })
    .collect()
}

fn put_back(
    scope: &Scope,
    task: &ResumeTask,
    declaration: &Declaration,
    interrupt: &Interrupt,
    progress: &mut Progress,
) -> Result<(), Failure> {
    if declaration.frontends.is_empty() && declaration.servers.is_empty() {
        return Ok(());
    }
    let controller = Controller::new(control(&scope.config, &task.places));
    let view = controller.look()?;
    let names: Vec<ServerName> = declaration
        .servers
        .iter()
        .filter_map(|name| name.split_once('/').and_then(|(backend, server)| ServerName::of(backend, server)))
        // One that HAProxy's configuration has lost meanwhile needs nothing.
        .filter(|name| view.servers.contains_key(name))
        .collect();
    for name in &names {
        controller.set_server(name, ServerWish::Ready)?;
        progress.tell(&format!("{name}: ready"));
    }
    for name in declaration.frontends.iter().filter_map(|name| name.parse::<ProxyName>().ok()) {
        if view.frontends.contains_key(&name) {
            controller.set_frontend(&name, FrontendWish::Enabled)?;
            progress.tell(&format!("{name}: enabled"));
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    let wait = Wait {
        controller: &controller,
        before: &view,
        names: names.iter().collect(),
        wish: ServerWish::Ready,
        timeout: task.timeout.get(),
        interrupt: interrupt.clone(),
    };
    wait.wait(progress).map(drop).map_err(|failure| match failure {
        Failure::NotReached(text) => Failure::NotReached(format!("{text}; the drain stays on")),
        other => other,
    })
}
