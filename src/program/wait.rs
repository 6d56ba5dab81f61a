//! Intents that have to wait: the route stays as it is meanwhile.

use std::time::{Duration, Instant};

use super::Program;
use crate::announce::Told;
use crate::config::{Config, Service};
use crate::decide::{Desired, Intent};
use crate::drain::Stage;
use crate::route::{Prefix, RouteKey};

/// A sibling's answer that is older than this is asked for again.
const FRESH: Duration = Duration::from_millis(250);

impl Program {
    /// A withdrawal that waited for ExaBGP is not sent on the sibling's answer on which it was decided: the route
    /// stays as it is until the sibling was asked again. True: ask it now.
    pub(super) fn wait_for_new_answers(
        &self,
        config: &Config,
        desired: &mut Desired,
        now: Instant,
    ) -> bool {
        let rib = self.dialogue.rib();
        let may_be_said = |key: &RouteKey| {
            rib.refusal(key)
                .is_none_or(|(_, _, retry_at)| retry_at <= now)
        };
        let mut waits = false;
        for service in config
            .services
            .iter()
            .filter(|service| self.rests_on_an_old_answer(service, now))
        {
            for key in service.route_keys() {
                // What became of a command that was never answered is not known.
                let may_be_out = rib.told(&key) != Some(&Told::Withdrawn);
                if let Some(intent @ Intent::Withdraw) =
                    desired.get_mut(&key).filter(|_| may_be_out)
                {
                    *intent = Intent::Leave;
                    waits |= may_be_said(&key);
                }
            }
        }
        waits && self.writing.is_free() && self.dialogue.is_free()
    }

    /// A withdrawal of the service rests on a sibling's answer, which is older than [`FRESH`].
    fn rests_on_an_old_answer(&self, service: &Service, now: Instant) -> bool {
        let drained = self.drains.stage(&service.name) == Some(Stage::Withdrawn)
            && self
                .drains
                .order(&service.name)
                .is_some_and(|order| !order.force);
        let Some(siblings) = &service.siblings else {
            return false;
        };
        let by_answer = self
            .judge
            .health(&service.name)
            .is_some_and(|health| health.rests_on_an_answer(drained));
        let heard = self
            .watch
            .current
            .as_ref()
            .and_then(|(_, sight)| sight.newest_that_holds(&siblings.probes));
        by_answer && heard.is_none_or(|at| now.saturating_duration_since(at) > FRESH)
    }

    /// A prefix that came with an edit is not announced before its address was seen on this host.
    pub(super) fn wait_for_addresses(&self, config: &Config, desired: &mut Desired) {
        let addresses = self
            .watch
            .current
            .as_ref()
            .map(|(_, sight)| &sight.seen().addresses);
        let is_here = |address| addresses.is_some_and(|seen| seen.get(&address) == Some(&Ok(true)));
        for service in config
            .services
            .iter()
            .filter(|service| service.require_address)
        {
            let waits = |prefix: &Prefix| prefix.host().is_some_and(|address| !is_here(address));
            for (prefix, _) in service.prefixes.iter().filter(|(prefix, _)| waits(prefix)) {
                let key = service.route_key(*prefix);
                let is_out = matches!(self.dialogue.rib().told(&key), Some(Told::Announced(_)));
                if let Some(intent @ Intent::Announce(_)) =
                    desired.get_mut(&key).filter(|_| !is_out)
                {
                    *intent = Intent::Leave;
                }
            }
        }
    }
}
