//! What services would lose, in words: refusals and warnings. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::doors::{KeptRoute, kept_routes};
use super::guard::{Effect, effects};
use crate::condition::ProxyName;
use crate::config::Service;
use crate::glance::glance;
use crate::haproxy_cfg::Doors;
use crate::last_resort::Sibling;
use crate::observation::Observation;
use crate::verdict::Past;

/// What services would lose.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// The services that get worse.
    pub(super) effects: Vec<Effect>,
    /// Services whose clients a healthy sibling would take, and that sibling in words. Only for closing frontends that a level
    /// names: the routes are withdrawn, as in a drain.
    moves: BTreeMap<String, String>,
    /// Routes that stay although a frontend closes.
    kept_routes: Vec<KeptRoute>,
}

impl Losses {
    /// The losses when servers go out.
    pub(super) fn of_servers(
        services: &[&Service],
        seen: &Observation,
        after: &Observation,
    ) -> Self {
        Self {
            effects: effects(services.iter().copied(), seen, after),
            ..Self::default()
        }
    }

    /// The losses when frontends close.
    pub(super) fn of_frontends(
        services: &[&Service],
        seen: &Observation,
        after: &Observation,
        doors: &Doors,
        closing: &BTreeSet<ProxyName>,
    ) -> Self {
        let moves =
            |service: &&Service| Some((service.name.clone(), healthy_sibling(service, seen)?));
        Self {
            moves: services.iter().filter_map(moves).collect(),
            kept_routes: kept_routes(services.iter().copied(), after, doors, closing),
            ..Self::of_servers(services, seen, after)
        }
    }

    /// The reasons to refuse the change, each with its cure.
    pub(super) fn refusals(&self) -> Vec<String> {
        let is_refused =
            |effect: &&Effect| effect.is_loss() && !self.moves.contains_key(&effect.service);
        let (lost, services): (Vec<String>, Vec<&str>) = self
            .effects
            .iter()
            .filter(is_refused)
            .map(|effect| (effect.words(), effect.service.as_str()))
            .unzip();
        let lost = (!lost.is_empty()).then(|| {
            format!(
                "{}; nothing was changed: drain first (haproxy-rhi drain {}), or add --force",
                lost.join("; "),
                services.join(" ")
            )
        });
        let kept_routes = self
            .kept_routes
            .iter()
            .filter_map(|route| Some((route.words(), route.cure()?)));
        lost.into_iter()
            .chain(kept_routes.map(|(words, cure)| format!("{words}; nothing was changed: {cure}")))
            .collect()
    }

    /// Warnings and notes; without what is refused, if the change does not go on.
    pub(super) fn words(&self, goes_on: bool) -> Vec<String> {
        let effects = self
            .effects
            .iter()
            .filter(|effect| goes_on || !effect.is_loss());
        let effect = |effect: &Effect| {
            let moves = self.moves.get(&effect.service).filter(|_| effect.is_loss());
            let moves = moves.map_or(String::new(), |why| {
                format!("; its clients move to a healthy sibling ({why})")
            });
            format!("warning: {}{moves}", effect.words())
        };
        let kept_routes = self
            .kept_routes
            .iter()
            .filter(|route| goes_on || !route.is_black_hole())
            .map(|route| {
                let kind = if route.is_black_hole() {
                    "warning"
                } else {
                    "note"
                };
                format!("{kind}: {}", route.words())
            });
        effects.map(effect).chain(kept_routes).collect()
    }
}

/// A sibling that is healthy now, in words.
fn healthy_sibling(service: &Service, seen: &Observation) -> Option<String> {
    let resort = glance(service, seen, Past::none()).last_resort?;
    let healthy = resort.siblings().iter().find(|sibling| sibling.healthy);
    healthy.map(Sibling::words)
}
