//! Saying a batch: what may be said now, to whom, and what is said once more.

use std::time::Instant;

use super::super::adj_rib_out::Difference;
use super::super::batch::Batch;
use super::super::told::Told;
use super::{BATCH, Dialogue};
use crate::decide::{Desired, Intent};
use crate::exabgp::Command;
use crate::route::{Prefix, RouteKey};

impl Dialogue {
    /// Leaves out what has to wait, for its neighbors or for what ExaBGP has not sent yet.
    pub(super) fn hold_back(
        &mut self,
        differences: &mut Vec<Difference>,
        desired: &Desired,
        now: Instant,
    ) {
        self.spacing.begin(self.opening.acks, now);
        let named = self.dialect().names_neighbors;
        let wanted = desired.keys().filter(|_| named);
        self.names
            .begin(&wanted.flat_map(|key| &key.neighbors).collect());
        let mut keys = self.rib.keys().chain(desired.keys());
        if named && keys.any(|key| !key.neighbors.is_empty()) {
            // Also where nothing is to be said yet: the last words need them, too.
            self.names.want();
        }
        differences.retain(|difference| {
            let Difference { key, say, .. } = difference;
            let unnamed = named && self.names.waits(key);
            // What takes its place is acknowledged, and must be sent before this is taken back.
            let has_heir = !desired.contains_key(key) && is_announced(desired, key.prefix);
            let broken = has_heir && self.spacing.holds_prefix(key.prefix, now);
            !unnamed && !broken && !self.spacing.holds(key, say, now)
        });
    }

    /// Withdrawals that are to be said once more, where they are still the last word.
    pub(super) fn said_once_more(&mut self, now: Instant) -> Vec<(RouteKey, Told)> {
        let mut routes = Vec::new();
        for key in self.spacing.due(now) {
            let withdrawn = self.rib.told(&key) == Some(&Told::Withdrawn);
            let is_last_word = withdrawn && !self.rib.is_shared(&key);
            if is_last_word && self.selected(&key).is_none() && self.names.are_in_doubt() {
                self.spacing.postpone(&key, now);
                continue;
            }
            if routes.len() == BATCH {
                break;
            }
            if !is_last_word || self.selected(&key).is_none() {
                self.spacing.needless(&key);
                continue;
            }
            self.spacing.repeated(&key, now);
            routes.push((key, Told::Withdrawn));
        }
        routes
    }

    pub(super) fn say(&mut self, routes: Vec<(RouteKey, Told)>, now: Instant) -> Vec<Command> {
        self.spacing.queued(routes.len(), now);
        let mut commands = Vec::with_capacity(routes.len());
        for (key, told) in &routes {
            self.rib.sent(key);
            self.sessions.said(key, told);
            if self.may_overtake(key, told) {
                let settled = self.dialect().settled;
                self.sessions.overtakes(key, settled, now);
            }
            self.spacing.said(key, told, now);
            let selected = self.selected(key).unwrap_or_else(|| key.clone());
            commands.push(told.command(&selected));
        }
        self.batch = Some(Batch::new(routes, None, commands.len(), now));
        commands
    }

    /// ExaBGP may send it before what it held, over a session that has just come up: it sends later than it acknowledges.
    pub(super) fn may_overtake(&self, key: &RouteKey, told: &Told) -> bool {
        self.dialect().sends_late.is_some() && self.rib.may_differ(key, told)
    }

    /// The route at the neighbors to whom it can be said; absent: at none.
    pub(super) fn selected(&self, key: &RouteKey) -> Option<RouteKey> {
        match self.dialect().names_neighbors {
            true => self.names.selected(key),
            false => Some(key.clone()),
        }
    }
}

/// A route to the prefix is to be out.
fn is_announced(desired: &Desired, prefix: Prefix) -> bool {
    let mut routes = desired.iter();
    routes.any(|(key, intent)| key.prefix == prefix && matches!(intent, Intent::Announce(_)))
}
