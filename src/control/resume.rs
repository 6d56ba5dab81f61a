//! `resume`: ends a drain.

use std::path::Path;

use super::checked::await_checks;
use super::command::{FrontendWish, ServerWish};
use super::controller::Controller;
use super::declare::{end, find};
use super::drain_args::ResumeTask;
use super::name::ServerName;
use super::progress::Progress;
use super::running;
use super::scope::{Scope, as_arguments, is_for_all, shown};
use super::take_out::control;
use super::taken_out::TakenOut;
use super::wait::{Interrupt, Wait};
use crate::condition::ProxyName;
use crate::drain::Orders;
use crate::failure::{self, Answer, Failure, Kind};
use crate::observe::{Found, OrderFile, order_path, read_orders};

/// `haproxy-rhi resume`: HAProxy first, then the route.
pub fn resume(task: ResumeTask) -> Result<Answer, Failure> {
    let scope = Scope::of(&task.which, &task.places)?;
    let folder = &task.places.drain_folder;
    let interrupt = Interrupt::heard().map_err(|error| failure::unknown(error.to_string()))?;
    let mut progress = Progress::on_stderr();
    let mut text = String::new();
    for order in &scope.orders {
        let drain = in_force(folder, order, &mut progress)?;
        if let Some(mut out) = TakenOut::of(folder, order, &mut progress) {
            // Without the drain's file, the list is put back as it is.
            if let Some(file) = &drain {
                out = out.of_drain(file.declaration().id, &mut progress);
            }
            let out = to_put_back(folder, order, out, &mut progress);
            put_back(&scope, &task, &out, &interrupt, &mut progress).inspect_err(|_| {
                let what = [out.servers.as_slice(), &out.frontends].concat().join(", ");
                progress.tell(&format!(
                    "note: {what} of HAProxy's was taken out with this drain, so only root may end it: run this as root"
                ));
            })?;
            TakenOut::forget(folder, order, &mut progress);
        }
        if drain.is_none() {
            // A unit resumes whether or not it had declared a drain: no line in its journal.
            if task.which.on_behalf_of.is_none() {
                text.push_str(&format!("{}: not drained\n", shown(order)));
            }
            continue;
        }
        // HAProxy has just started, and has not checked its servers: the route must wait for that.
        if let (Some(_), Ok(config)) = (&task.which.on_behalf_of, &scope.config)
            && running::any()
        {
            await_checks(config, task.timeout, &interrupt);
        }
        end(folder, order)?;
        text.push_str(&format!("{}: not drained any more\n", shown(order)));
    }
    text.push_str(&still_on(folder, task.which.all));
    Ok(text.into())
}

fn in_force(
    folder: &Path,
    order: &str,
    progress: &mut Progress,
) -> Result<Option<Box<OrderFile>>, Failure> {
    Ok(match find(folder, order)? {
        Some(Found::Order(file)) => Some(file),
        Some(Found::Other(kind)) => {
            let path = order_path(folder, order);
            progress.tell(&format!(
                "note: '{}' is {kind}, and no drain; remove it",
                path.display()
            ));
            None
        }
        None => None,
    })
}

/// The part of `out` that no other drain has taken out too.
fn to_put_back(folder: &Path, order: &str, out: TakenOut, progress: &mut Progress) -> TakenOut {
    let others = TakenOut::of_others(folder, order);
    let mut back = |names: Vec<String>, others: &[String]| -> Vec<String> {
        let (stays, back): (Vec<String>, Vec<String>) =
            names.into_iter().partition(|name| others.contains(name));
        for name in stays {
            progress.tell(&format!(
                "note: {name} of HAProxy's is left as it is: another drain has taken it out too"
            ));
        }
        back
    };
    TakenOut {
        frontends: back(out.frontends, &others.frontends),
        servers: back(out.servers, &others.servers),
        ..out
    }
}

/// Notes on drains that stay in force: those for all services, and with `--all` those of single services too.
fn still_on(folder: &Path, all: bool) -> String {
    let Ok(Orders(orders)) = read_orders(folder) else {
        return String::new();
    };
    let left = orders.iter().filter(|(name, _)| all || is_for_all(name));
    left.map(|(name, order)| {
        let (what, words) = (shown(name), order.words());
        let are = if is_for_all(name) { "are" } else { "is" };
        format!(
            "note: {what} {are} {words}; haproxy-rhi resume {} ends that\n",
            as_arguments(name)
        )
    })
    .collect()
}

fn put_back(
    scope: &Scope,
    task: &ResumeTask,
    out: &TakenOut,
    interrupt: &Interrupt,
    progress: &mut Progress,
) -> Result<(), Failure> {
    if out.is_nothing() {
        return Ok(());
    }
    let controller = Controller::new(control(scope.config.as_ref().ok(), &task.places));
    let view = controller.look()?;
    let names: Vec<ServerName> = out
        .servers
        .iter()
        .filter_map(|name| {
            name.split_once('/')
                .and_then(|(backend, server)| ServerName::of(backend, server))
        })
        // HAProxy's configuration may have lost the server meanwhile.
        .filter(|name| view.servers.contains_key(name))
        .collect();
    for name in &names {
        controller.set_server(name, ServerWish::Ready)?;
        progress.tell(&format!("{name}: ready"));
    }
    for name in out
        .frontends
        .iter()
        .filter_map(|name| name.parse::<ProxyName>().ok())
    {
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
    wait.wait(progress)
        .map(drop)
        .map_err(|failure| match failure.kind {
            Kind::NotReached => failure::not_reached(format!("{failure}; the drain stays on")),
            _ => failure,
        })
}
