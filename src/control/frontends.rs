//! `frontend list`, `enable`, `disable`.

use std::collections::BTreeSet;

use super::answer::{ChangeResult, changed, listed};
use super::args::{At, FrontendTask, LookAt, Protection};
use super::command::{FrontendWish, ServerWish};
use super::controller::{ATTEMPTS, Controller};
use super::doors::doors;
use super::guard::Leaving;
use super::json;
use super::progress::Progress;
use super::protect::{Going, protect};
use super::table::{self, Style};
use super::view::{Frontend, View};
use crate::condition::ProxyName;
use crate::failure::{self, Answer, Failure};
use crate::haproxy_cfg::{Host, ways};
use crate::value::did_you_mean;

const FORGETS: &str = "open connections stay; a reload or restart of HAProxy opens it again";

/// `haproxy-rhi frontend`.
///
/// # Errors
/// HAProxy or a name is not there, or nothing could be changed.
pub fn frontend(task: FrontendTask) -> Result<Answer, Failure> {
    match task {
        FrontendTask::List { only, at } => list(&only, &at),
        FrontendTask::Enable { names, at } => set(FrontendWish::Enabled, &names, None, &at),
        FrontendTask::Disable {
            names,
            protection,
            at,
        } => set(FrontendWish::Disabled, &names, Some(&protection), &at),
    }
}

fn list(only: &[ProxyName], at: &LookAt) -> Result<Answer, Failure> {
    let controller = Controller::new(at.socket());
    let view = controller.look()?;
    let names = if only.is_empty() {
        view.frontends.keys().collect()
    } else {
        named(&view, only)?
    };
    Ok(listed(at.json, &controller, &view, shown(&view, &names)))
}

fn shown(
    view: &View,
    names: &BTreeSet<&ProxyName>,
) -> (&'static str, Vec<serde_json::Value>, String) {
    let rows: Vec<(&ProxyName, &Frontend)> = names
        .iter()
        .filter_map(|name| Some((*name, view.frontends.get(*name)?)))
        .collect();
    let table = table::frontends(rows.iter().copied(), Style::of_stdout());
    (
        "frontends",
        rows.into_iter().map(json::frontend).collect(),
        table,
    )
}

pub(super) fn named<'name>(
    view: &View,
    names: &'name [ProxyName],
) -> Result<BTreeSet<&'name ProxyName>, Failure> {
    if let Some(name) = names
        .iter()
        .find(|name| !view.frontends.contains_key(*name))
    {
        let text = if view.backends().any(|backend| backend == name.as_str()) {
            format!("'{name}' is a backend; what is enabled and disabled are frontends")
        } else {
            let known = view.frontends.keys().map(ProxyName::as_str);
            let perhaps = did_you_mean(name.as_str(), known);
            format!("HAProxy has no frontend '{name}'{}", perhaps)
        };
        return Err(failure::refused(text));
    }
    Ok(names.iter().collect())
}

fn set(
    wish: FrontendWish,
    names: &[ProxyName],
    protection: Option<&Protection>,
    at: &At,
) -> Result<Answer, Failure> {
    let controller = Controller::new(at.stats.clone());
    let mut progress = Progress::on_stderr();
    let before = controller.look_before_a_change()?;
    let names = named(&before, names)?;
    let mut result = ChangeResult::default();
    if let Some(protection) = protection {
        let leaving = Leaving {
            frontends: names.iter().map(|name| (*name).clone()).collect(),
            ..Leaving::default()
        };
        let doors = doors(&before, ways(Host::of(&at.stats), Some(before.process.pid)));
        let going = Going {
            view: &before,
            leaving: &leaving,
            wish: ServerWish::Maint,
            doors: Some(&doors),
        };
        (result.effects, result.failure) = protect(&going, protection, &mut progress)?;
    }
    let mut after = before;
    // Once more where HAProxy was reloaded meanwhile, which undoes the change.
    for _ in 0..ATTEMPTS {
        if result.failure.is_some() {
            break;
        }
        // Even if the state seems right: HAProxy 2.3 to 2.5 show a disabled frontend as OPEN.
        result.failure = names
            .iter()
            .find_map(|name| controller.set_frontend(name, wish).err());
        let seen = match controller.look_at(names.iter().copied()) {
            Ok(view) => view,
            Err(failure) => return Err(result.failure.unwrap_or(failure)),
        };
        let same = seen.process.pid == after.process.pid;
        after = seen;
        if same {
            break;
        }
    }
    result.note = (wish == FrontendWish::Disabled && result.failure.is_none()).then_some(FORGETS);
    Ok(changed(
        at,
        &controller,
        &after,
        shown(&after, &names),
        result,
    ))
}
