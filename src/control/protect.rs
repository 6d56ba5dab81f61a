//! Nothing goes out by which an announced service loses its last level, unless it is forced.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Instant;

use super::args::Protection;
use super::failure::Failure;
use super::guard::{Effect, Leaving, concerned, effects, followers, without};
use super::order::ServerWish;
use super::progress::Progress;
use super::view::View;
use crate::config::{self, Config, Service};
use crate::drain::{Orders, Stage, scheduled};
use crate::glance::{Alone, glance};
use crate::observation::{Observation, Reading, Snapshot};
use crate::observe::{self, Plan};
use crate::verdict::Past;

/// What the services would lose, and whether that is refused. What gets worse is told.
pub(super) fn protect(
    view: &View,
    leaving: &Leaving,
    wish: ServerWish,
    protection: &Protection,
    progress: &mut Progress,
) -> Result<(Vec<Effect>, Option<Failure>), Failure> {
    let followers = followers(&view.snapshot, leaving);
    if !followers.is_empty() {
        progress.tell(&format!("note: these follow, and go out as well: {}", followers.join(", ")));
    }
    let Some(config) = configuration(protection, progress)? else { return Ok((Vec::new(), None)) };
    let (after, proxies) = without(&view.snapshot, leaving, wish);
    let services: Vec<_> = concerned(&config, &proxies).into_iter().cloned().collect();
    if services.is_empty() {
        return Ok((Vec::new(), None));
    }
    let config = Config { services, ..config };
    let seen = observation(&config, view.snapshot.clone());
    let after = with(&seen, after);
    let orders = observe::read_orders(&protection.drain_folder).unwrap_or_default();
    let still_out = config.services.iter().filter(|service| !is_withdrawn(service, &seen, &orders));
    let effects = effects(still_out, &seen, &after);
    let (lost, services): (Vec<String>, Vec<&str>) = effects
        .iter()
        .filter(|effect| effect.is_loss())
        .map(|effect| (effect.words(), effect.service.as_str()))
        .unzip();
    let refused = !lost.is_empty() && !protection.force;
    for effect in effects.iter().filter(|effect| !refused || !effect.is_loss()) {
        progress.tell(&format!("warning: {}", effect.words()));
    }
    let refusal = refused.then(|| {
        Failure::Refused(format!(
            "{}; nothing was changed: drain first (haproxy-rhi drain {}), or say --force",
            lost.join("; "),
            services.join(" ")
        ))
    });
    Ok((effects, refusal))
}

/// Its routes are withdrawn already by a drain. Where no sibling is healthy they stay, unless the drain was forced.
fn is_withdrawn(service: &Service, seen: &Observation, orders: &Orders) -> bool {
    orders.of(&service.name).is_some_and(|order| {
        let alone = || {
            glance(service, seen, Past::none()).last_resort.is_some_and(|resort| resort.alone() == Alone::Yes)
        };
        scheduled(&service.drain, order.elapsed(Instant::now())).0 == Stage::Withdrawn
            && (order.force || !alone())
    })
}

/// Absent: there is none to be looked at, and that is said.
fn configuration(protection: &Protection, progress: &mut Progress) -> Result<Option<Config>, Failure> {
    let path = protection.config.as_deref().unwrap_or(Path::new(config::DEFAULT_PATH));
    let is_missing = || std::fs::metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
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
            progress.tell(&format!("warning: what the services would lose is not known: {problem}"));
            Ok(None)
        }
        Err(problem) => Err(Failure::Configuration(format!(
            "{problem}; nothing was changed, since what the services would lose is not known{}",
            if protection.config.is_none() { ": mend it, or say --force" } else { "" }
        ))),
    }
}

/// What HAProxy said, and beside it what the services' other conditions say now.
fn observation(config: &Config, snapshot: Snapshot) -> Observation {
    let mut plan = Plan::of(config);
    // HAProxy itself is asked where it takes the commands: it is what the change is about.
    plan.proxies.clear();
    with(&observe::look_at_all(&plan), snapshot)
}

fn with(seen: &Observation, snapshot: Snapshot) -> Observation {
    Observation { haproxy: Some(Reading { at: Instant::now(), what: Ok(snapshot) }), ..seen.clone() }
}
