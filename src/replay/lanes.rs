//! Where each prefix stood from when on, as a picture has it.

use std::collections::{BTreeMap, BTreeSet};

use crate::program::View;
use crate::report;
use crate::report::moment::Moment;
use crate::route::Prefix;
use crate::standing::Standing;

/// A prefix of a service.
pub type Key = (String, Prefix);

/// Where it stands: the name, and whether its route is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand {
    pub name: String,
    pub standing: Standing,
    pub is_out: bool,
}

/// Of each prefix the times at which that changed; absent: no process is recorded.
#[derive(Debug, Default)]
pub struct Lanes {
    pub lanes: BTreeMap<Key, Vec<(Moment, Option<Stand>)>>,
}

impl Lanes {
    /// After a call.
    pub fn add(&mut self, view: View<'_>, out: &BTreeSet<Prefix>, at: Moment) {
        for service in view.config.iter().flat_map(|config| &config.services) {
            let health = view.judge.health(&service.name);
            let standing = health.map_or(Standing::NotYetKnown, |health| health.standing());
            for (prefix, _) in &service.prefixes {
                let is_out = out.contains(prefix);
                let lane = self
                    .lanes
                    .entry((service.name.clone(), *prefix))
                    .or_default();
                let last = lane.last().and_then(|(_, stand)| stand.as_ref());
                if last.is_none_or(|last| (last.standing, last.is_out) != (standing, is_out)) {
                    let name = report::standing(service, standing).to_owned();
                    lane.push((
                        at,
                        Some(Stand {
                            name,
                            standing,
                            is_out,
                        }),
                    ));
                }
            }
        }
    }

    /// The process does not go on.
    pub fn end(&mut self, at: Moment) {
        self.lanes
            .values_mut()
            .for_each(|lane| lane.push((at, None)));
    }
}
