//! What services would lose, in words: what is refused, and what is only told. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::doors::{Shut, shut};
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
    /// Those that get worse.
    pub(super) effects: Vec<Effect>,
    /// Those whose clients a healthy sibling would take, and its words. Only where the route goes because a frontend
    /// closes that its level names: that is as good as a drain.
    moves: BTreeMap<String, String>,
    /// Those whose routes stay although a frontend closes.
    shut: Vec<Shut>,
}

impl Losses {
    /// When servers go out.
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

    /// When frontends close.
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
            shut: shut(services.iter().copied(), after, doors, closing),
            ..Self::of_servers(services, seen, after)
        }
    }

    /// Why it is refused, each with its cure.
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
        let shut = self
            .shut
            .iter()
            .filter_map(|shut| Some((shut.words(), shut.cure()?)));
        lost.into_iter()
            .chain(shut.map(|(words, cure)| format!("{words}; nothing was changed: {cure}")))
            .collect()
    }

    /// What is told beside that; where it is refused, not what is refused.
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
        let shut = self
            .shut
            .iter()
            .filter(|shut| goes_on || !shut.is_black_hole())
            .map(|shut| {
                let kind = if shut.is_black_hole() {
                    "warning"
                } else {
                    "note"
                };
                format!("{kind}: {}", shut.words())
            });
        effects.map(effect).chain(shut).collect()
    }
}

/// A sibling that is healthy now, in words.
fn healthy_sibling(service: &Service, seen: &Observation) -> Option<String> {
    let resort = glance(service, seen, Past::none()).last_resort?;
    let healthy = resort.siblings().iter().find(|sibling| sibling.healthy);
    healthy.map(Sibling::words)
}
