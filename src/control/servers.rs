//! `server list`, `ready`, `drain`, `maint`.

use std::collections::BTreeSet;

use super::answer::{ChangeResult, changed, listed};
use super::args::{At, Change, LookAt, Protection, ServerTask};
use super::command::ServerWish;
use super::controller::{ATTEMPTS, Controller};
use super::guard::Leaving;
use super::json;
use super::name::{ServerFilter, ServerName, ServerTarget};
use super::progress::Progress;
use super::protect::{Going, protect};
use super::table::{self, Style};
use super::view::{Server, View};
use super::wait::{Interrupt, Wait};
use crate::failure::{self, Answer, Failure, Kind};
use crate::observation::ServerState;
use crate::value::did_you_mean;

const FORGETS: &str =
    "a reload or restart of HAProxy forgets this, unless it loads a server-state-file";

/// `haproxy-rhi server`.
///
/// # Errors
/// HAProxy or a name is not there, or nothing could be changed.
pub fn server(task: ServerTask) -> Result<Answer, Failure> {
    match task {
        ServerTask::List { only, at } => list(&only, &at),
        ServerTask::Ready { change, at } => set(ServerWish::Ready, &change, None, &at),
        ServerTask::Drain {
            change,
            protection,
            at,
        } => set(ServerWish::Drain, &change, Some(&protection), &at),
        ServerTask::Maint {
            change,
            protection,
            at,
        } => set(ServerWish::Maint, &change, Some(&protection), &at),
    }
}

fn list(only: &[ServerFilter], at: &LookAt) -> Result<Answer, Failure> {
    let controller = Controller::new(at.socket());
    let view = controller.look()?;
    let mut names: BTreeSet<&ServerName> = view.servers.keys().collect();
    if !only.is_empty() {
        names.clear();
        for ServerFilter(target) in only {
            names.extend(named(&view, target)?);
        }
    }
    Ok(listed(
        at.json,
        &controller,
        &view,
        shown(&view, names.iter().copied()),
    ))
}

fn shown<'name>(
    view: &'name View,
    names: impl Iterator<Item = &'name ServerName>,
) -> (&'static str, Vec<serde_json::Value>, String) {
    let rows: Vec<(&ServerName, &Server)> = names
        .filter_map(|name| Some((name, view.servers.get(name)?)))
        .collect();
    let table = table::servers(rows.iter().copied(), Style::of_stdout());
    (
        "servers",
        rows.into_iter().map(json::server).collect(),
        table,
    )
}

/// The servers that a target names.
pub(super) fn named<'view>(
    view: &'view View,
    target: &ServerTarget,
) -> Result<Vec<&'view ServerName>, Failure> {
    let backend = &target.backend;
    if !view.backends().any(|name| name == backend.as_str()) {
        let text = if view.frontends.contains_key(backend) {
            format!("'{backend}' is a frontend; servers are in backends")
        } else {
            format!(
                "HAProxy has no backend '{backend}'{}",
                did_you_mean(backend.as_str(), view.backends())
            )
        };
        return Err(failure::refused(text));
    }
    let found: Vec<&ServerName> = view
        .servers_of(backend)
        .filter(|name| {
            target
                .server
                .as_ref()
                .is_none_or(|server| name.server == *server)
        })
        .collect();
    match &target.server {
        _ if !found.is_empty() => Ok(found),
        None => Err(failure::refused(format!(
            "backend '{backend}' has no servers"
        ))),
        Some(server) => {
            let known = view.servers_of(backend).map(|name| name.server.as_str());
            Err(failure::refused(format!(
                "backend '{backend}' has no server '{server}'{}",
                did_you_mean(server.as_str(), known)
            )))
        }
    }
}

fn set(
    wish: ServerWish,
    change: &Change,
    protection: Option<&Protection>,
    at: &At,
) -> Result<Answer, Failure> {
    let controller = Controller::new(at.stats.clone());
    let mut progress = Progress::on_stderr();
    let before = controller.look_before_a_change()?;
    let (names, spares) = targeted(&before, &change.targets)?;
    let mut result = ChangeResult::default();
    if let Some(protection) = protection {
        let leaving = Leaving {
            servers: names.iter().map(|name| (*name).clone()).collect(),
            ..Leaving::default()
        };
        let going = Going {
            view: &before,
            leaving: &leaving,
            wish,
            doors: None,
        };
        (result.effects, result.failure) = protect(&going, protection, &mut progress)?;
    }
    let mut after = before.clone();
    if result.failure.is_none() {
        let interrupt = change.wait.then(Interrupt::heard).transpose();
        let interrupt =
            interrupt.map_err(|error| failure::unknown(format!("cannot hear signals: {error}")))?;
        (after, result.failure) = set_all(&controller, &before, &names, wish)?;
        if let (None, Some(interrupt)) = (&result.failure, interrupt) {
            let wait = Wait {
                controller: &controller,
                before: &before,
                names: names.difference(&spares).copied().collect(),
                wish,
                timeout: change.timeout.get(),
                interrupt,
            };
            (after, result.failure) = waited(&wait, &mut progress)?;
        }
    }
    drop(progress);
    let is_out = |name: &&ServerName| {
        let row = after.servers.get(*name);
        row.is_some_and(|row| row.admin.wish() == wish)
    };
    result.note = (wish != ServerWish::Ready && names.iter().any(is_out)).then_some(FORGETS);
    let shown = shown(&after, names.iter().copied());
    Ok(changed(at, &controller, &after, shown, result))
}

type Names<'view> = BTreeSet<&'view ServerName>;

/// The servers that the targets name, and among them free slots of a `server-template` that came with `BACKEND/*`, which are
/// not waited for.
fn targeted<'view>(
    view: &'view View,
    targets: &[ServerTarget],
) -> Result<(Names<'view>, Names<'view>), Failure> {
    let (mut names, mut spares) = (Names::new(), Names::new());
    let is_spare = |name: &&ServerName| {
        let server = view.servers.get(*name);
        server.is_some_and(|server| server.state == ServerState::Unresolved)
    };
    for target in targets {
        let found = named(view, target)?;
        if target.server.is_none() {
            spares.extend(found.iter().copied().filter(is_spare));
        }
        names.extend(found);
    }
    Ok((names, spares))
}

/// The view at the end of a wait, and the wait's failure; an error where HAProxy does not answer any more.
fn waited(wait: &Wait<'_>, progress: &mut Progress) -> Result<(View, Option<Failure>), Failure> {
    let failure = match wait.wait(progress) {
        Ok(view) => return Ok((view, None)),
        Err(failure) => failure,
    };
    let proxies = wait.before.around(wait.names.iter().copied());
    match wait.controller.look_at(&proxies) {
        Ok(view) => Ok((view, Some(failure))),
        Err(_) => Err(failure),
    }
}

/// Sets all servers, and then reads all of them: a reload in between undoes the first ones.
fn set_all(
    controller: &Controller,
    before: &View,
    names: &BTreeSet<&ServerName>,
    wish: ServerWish,
) -> Result<(View, Option<Failure>), Failure> {
    let mut seen = before.clone();
    for _ in 0..ATTEMPTS {
        let failure = set_each(controller, &seen, names, wish).err();
        seen = match controller.look_at(&before.around(names.iter().copied())) {
            Ok(view) => view,
            Err(problem) => return Err(failure.unwrap_or(problem)),
        };
        if failure.is_some() || names.iter().all(|name| is_so(&seen, name, wish)) {
            return Ok((seen, failure));
        }
    }
    let why = "HAProxy accepted the change and lost it again each time: it is being reloaded, or another program changes it too";
    Ok((seen, Some(failure::not_reached(why.to_owned()))))
}

fn is_so(view: &View, name: &ServerName, wish: ServerWish) -> bool {
    view.servers.get(name).is_some_and(|server| {
        server.admin.wish() == wish
            && !(wish == ServerWish::Ready && server.admin.is_out_by_tracking())
    })
}

/// Sets each server that has not the wished state already. A server that does not follow does not stop the others.
fn set_each(
    controller: &Controller,
    before: &View,
    names: &BTreeSet<&ServerName>,
    wish: ServerWish,
) -> Result<(), Failure> {
    let mut not_reached = Vec::new();
    let mut names: Vec<&ServerName> = names.iter().copied().collect();
    // Tracked servers first: a server that tracks another cannot be ready before it.
    names.sort_by_key(|name| before.leaders(name).len());
    for name in names.into_iter().filter(|name| !is_so(before, name, wish)) {
        match controller.set_server(name, wish) {
            Ok(_) => {}
            Err(failure) if failure.kind == Kind::NotReached => not_reached.push(failure.text),
            Err(failure) => return Err(failure),
        }
    }
    if not_reached.is_empty() {
        Ok(())
    } else {
        Err(failure::not_reached(not_reached.join("; ")))
    }
}
