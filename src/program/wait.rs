//! What is wished, and cannot be done yet: the route stays as it is meanwhile.

use std::time::{Duration, Instant};

use super::Program;
use crate::announce::Told;
use crate::config::{Config, Service};
use crate::decide::{Desired, Intent};
use crate::drain::Stage;
use crate::route::{Prefix, RouteKey};

/// A word that came longer ago is an old one.
const FRESH: Duration = Duration::from_millis(250);

impl Program {
    /// A withdrawal that had to wait for ExaBGP is not said on the word of a sibling on which it was decided: the route
    /// stays as it is until the sibling was asked again. True: it is to be asked now.
    pub(super) fn wait_for_words(
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
            .filter(|service| self.rests_on_an_old_word(service, now))
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

    /// A withdrawal rests on the word of a sibling, and that is not of just now.
    fn rests_on_an_old_word(&self, service: &Service, now: Instant) -> bool {
        let drained = self.drains.stage(&service.name) == Some(Stage::Withdrawn)
            && self
                .drains
                .order(&service.name)
                .is_some_and(|order| !order.force);
        let Some(siblings) = &service.siblings else {
            return false;
        };
        let by_word = self
            .judge
            .health(&service.name)
            .is_some_and(|health| health.rests_on_a_word(drained));
        let heard = self
            .watch
            .current
            .as_ref()
            .and_then(|(_, sight)| sight.vouched(&siblings.probes));
        by_word && heard.is_none_or(|at| now.saturating_duration_since(at) > FRESH)
    }

    /// A prefix that came with an edit is not announced before its address was seen here.
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
