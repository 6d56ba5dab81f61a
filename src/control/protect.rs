//! Refuses a change by which an announced service loses its last level, unless it is forced.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;

use super::args::Protection;
use super::command::ServerWish;
use super::doors::{behind, not_known};
use super::guard::{Effect, Leaving, concerned, followers, without};
use super::losses::Losses;
use super::progress::Progress;
use super::view::View;
use crate::config::{self, Config, Service};
use crate::drain::{Orders, Stage, scheduled};
use crate::failure::{self, Failure};
use crate::glance::glance;
use crate::haproxy_cfg::Doors;
use crate::last_resort::Alone;
use crate::observation::{Observation, Reading, Snapshot};
use crate::observe;
use crate::program::Plan;
use crate::verdict::Past;

/// The servers and frontends that are to go out, and the HAProxy that has them.
pub(super) struct Going<'command> {
    pub(super) view: &'command View,
    pub(super) leaving: &'command Leaving,
    pub(super) wish: ServerWish,
    /// Where the frontends lead; `None`: no frontend is to close.
    pub(super) doors: Option<&'command Doors>,
}

/// What the services would lose, and the refusal, if any. Warnings and notes go to `progress`.
pub(super) fn protect(
    going: &Going<'_>,
    protection: &Protection,
    progress: &mut Progress,
) -> Result<(Vec<Effect>, Option<Failure>), Failure> {
    let Going {
        view,
        leaving,
        wish,
        doors,
    } = *going;
    let followers = followers(&view.snapshot, leaving);
    if !followers.is_empty() {
        progress.tell(&format!(
            "note: these follow, and go out as well: {}",
            followers.join(", ")
        ));
    }
    let Some(config) = configuration(protection, progress)? else {
        return Ok((Vec::new(), None));
    };
    if let Some(words) = doors.and_then(|doors| not_known(&config, doors, &leaving.frontends)) {
        progress.tell(&format!("note: {words}"));
    }
    let (after, mut proxies) = without(&view.snapshot, leaving, wish);
    proxies.extend(
        doors
            .iter()
            .flat_map(|doors| behind(view, doors, &leaving.frontends)),
    );
    let services: Vec<_> = concerned(&config, &proxies).into_iter().cloned().collect();
    if services.is_empty() {
        return Ok((Vec::new(), None));
    }
    let config = Config { services, ..config };
    let seen = observation(&config, view.snapshot.clone());
    let after = with(&seen, after);
    let orders = observe::read_orders(&protection.drain_folder).unwrap_or_default();
    let is_announced = |service: &&Service| !is_withdrawn(service, &seen, &orders);
    let announced: Vec<&Service> = config.services.iter().filter(is_announced).collect();
    let losses = match doors {
        None => Losses::of_servers(&announced, &seen, &after),
        Some(doors) => Losses::of_frontends(&announced, &seen, &after, doors, &leaving.frontends),
    };
    let refusals = if protection.force {
        Vec::new()
    } else {
        losses.refusals()
    };
    losses
        .words(refusals.is_empty())
        .iter()
        .for_each(|words| progress.tell(words));
    let refusal = (!refusals.is_empty()).then(|| failure::refused(refusals.join("; ")));
    Ok((losses.effects, refusal))
}

/// Whether a drain has withdrawn the service's routes. Without a healthy sibling only a forced one has.
fn is_withdrawn(service: &Service, seen: &Observation, orders: &Orders) -> bool {
    orders.of(&service.name).is_some_and(|order| {
        let alone = || {
            glance(service, seen, Past::none())
                .last_resort
                .is_some_and(|resort| resort.alone() == Alone::Yes)
        };
        scheduled(&service.drain, order.elapsed(Instant::now())).0 == Stage::Withdrawn
            && (order.force || !alone())
    })
}

/// The configuration; `None`: there is none, or `--force` goes on without it, and a note says so.
fn configuration(
    protection: &Protection,
    progress: &mut Progress,
) -> Result<Option<Config>, Failure> {
    let path = protection
        .config
        .as_deref()
        .unwrap_or(Path::new(config::DEFAULT_PATH));
    let is_missing =
        || std::fs::metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    if protection.config.is_none() && is_missing() {
        progress.tell(&format!(
            "note: there is no {}; what the services would lose is not looked at (--config names another)",
            path.display()
        ));
        return Ok(None);
    }
    match config::load(path) {
        Ok(config) => Ok(Some(config)),
        Err(problem) if protection.force && protection.config.is_none() => {
            progress.tell(&format!(
                "warning: what the services would lose is unknown: {problem}"
            ));
            Ok(None)
        }
        Err(problem) => Err(failure::configuration(format!(
            "{problem}; nothing was changed, since what the services would lose is not known{}",
            if protection.config.is_none() {
                ": correct it, or add --force"
            } else {
                ""
            }
        ))),
    }
}

/// HAProxy's snapshot, and the results of the services' other probes.
fn observation(config: &Config, snapshot: Snapshot) -> Observation {
    let mut plan = Plan::of(config);
    // HAProxy's state is in `snapshot` already, from the socket that takes the commands.
    plan.proxies.clear();
    with(&observe::look_at_all(&plan), snapshot)
}

fn with(seen: &Observation, snapshot: Snapshot) -> Observation {
    Observation {
        haproxy: Some(Reading {
            at: Instant::now(),
            what: Ok(snapshot),
        }),
        ..seen.clone()
    }
}
