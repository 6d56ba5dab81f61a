//! `server list`, `ready`, `drain`, `maint`.

use std::collections::BTreeSet;

use super::answer::{Course, changed, listed};
use super::args::{At, Change, LookAt, Protection, ServerTask};
use super::controller::{ATTEMPTS, Controller};
use super::guard::Leaving;
use super::json;
use super::name::{ServerFilter, ServerName, ServerTarget};
use super::order::ServerWish;
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

/// Does it.
///
/// # Errors
/// Before anything could be done.
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
    let (names, spares) = meant(&before, &change.targets)?;
    let mut course = Course::default();
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
        (course.effects, course.failure) = protect(&going, protection, &mut progress)?;
    }
    let mut after = before.clone();
    if course.failure.is_none() {
        let interrupt = change.wait.then(Interrupt::heard).transpose();
        let interrupt =
            interrupt.map_err(|error| failure::unknown(format!("cannot hear signals: {error}")))?;
        (after, course.failure) = set_all(&controller, &before, &names, wish)?;
        if let (None, Some(interrupt)) = (&course.failure, interrupt) {
            let wait = Wait {
                controller: &controller,
                before: &before,
                names: names.difference(&spares).copied().collect(),
                wish,
                timeout: change.timeout.get(),
                interrupt,
            };
            (after, course.failure) = waited(&wait, &mut progress)?;
        }
    }
    drop(progress);
    let is_out = |name: &&ServerName| {
        let row = after.servers.get(*name);
        row.is_some_and(|row| row.admin.wish() == wish)
    };
    course.note = (wish != ServerWish::Ready && names.iter().any(is_out)).then_some(FORGETS);
    let shown = shown(&after, names.iter().copied());
    Ok(changed(at, &controller, &after, shown, course))
}

type Names<'view> = BTreeSet<&'view ServerName>;

/// The servers that are meant, and those of them that are slots of a server template without an address: no wait is for
/// those.
fn meant<'view>(
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

/// What is seen at the end of a wait; where HAProxy cannot be asked any more, what was so is of no use.
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

/// Sets them, and looks at all of them once more: a reload between two of them forgets the first.
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
    let why = "HAProxy accepted it and lost it again each time: it is being reloaded, or somebody else changes it too";
    Ok((seen, Some(failure::not_reached(why.to_owned()))))
}

fn is_so(view: &View, name: &ServerName, wish: ServerWish) -> bool {
    view.servers.get(name).is_some_and(|server| {
        server.admin.wish() == wish && !(wish == ServerWish::Ready && server.admin.is_taken_along())
    })
}

/// Each that is not so already. One that does not follow does not keep the others from it.
fn set_each(
    controller: &Controller,
    before: &View,
    names: &BTreeSet<&ServerName>,
    wish: ServerWish,
) -> Result<(), Failure> {
    let mut not_reached = Vec::new();
    let mut names: Vec<&ServerName> = names.iter().copied().collect();
    // Before those that follow it, which cannot be ready before it is.
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
