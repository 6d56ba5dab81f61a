//! A process's status, from what the loop knows. Pure.

use std::time::Instant;

use super::life::Id;
use super::shape::{
    Condition, Configuration, Damping, Drain, ExaBgp, Haproxy, Hook, KeptBackBy, Level, Neighbor,
    Pending, Process, Readable, Refused, Route, Service, Sibling, Status, Unknown,
};
use crate::config;
use crate::exabgp::Command;
use crate::glance::{Glance, glance};
use crate::health::Health;
use crate::last_resort::LastResort;
use crate::program::View;
use crate::report::history::{History, wanted};
use crate::report::moment::{Clock, Moment};
use crate::report::words;
use crate::route::{self, NextHop, Prefix, RouteKey};
use crate::standing::Standing;
use crate::verdict::{Past, Verdict, leaves};

/// All that a status is made of.
#[derive(Debug)]
pub struct Facts<'loop_> {
    /// The process.
    pub id: &'loop_ Id,
    /// Where its configuration comes from.
    pub configuration: Configuration,
    /// The program.
    pub view: View<'loop_>,
    /// What was written last of all, as the process leaves.
    pub last_words: &'loop_ [Command],
    /// What happened.
    pub history: &'loop_ History,
    /// The hooks.
    pub hooks: Vec<Hook>,
    /// Whether HAProxy's process is followed, or why not.
    pub followed: Option<Result<(), String>>,
    /// The wall clock.
    pub clock: Clock,
    /// Now.
    pub now: Instant,
}

/// The status at this moment.
pub fn snapshot(facts: &Facts<'_>) -> Status {
    let services: Vec<Service> = facts
        .view
        .config
        .iter()
        .flat_map(|config| &config.services)
        .map(|one| facts.service(one))
        .collect();
    let others = facts
        .view
        .dialogue
        .rib()
        .keys()
        .filter(|key| !facts.view.desired.contains_key(key));
    Status {
        process: facts.process(),
        configuration: facts.configuration.clone(),
        haproxy: facts.haproxy(),
        exabgp: facts.exabgp(),
        services,
        other_routes: others.map(|key| facts.route(key)).collect(),
        hooks: facts.hooks.clone(),
        transitions: facts.history.transitions().cloned().collect(),
    }
}

impl Facts<'_> {
    fn process(&self) -> Process {
        Process {
            pid: self.id.pid,
            start_ticks: self.id.start_ticks,
            pid_namespace: self.id.pid_namespace.clone(),
            boot_id: self.id.boot_id.clone(),
            started: self.clock.at(self.view.started),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            left: None,
        }
    }

    fn haproxy(&self) -> Option<Haproxy> {
        let asks = self.view.plan.is_some_and(|plan| !plan.proxies.is_empty());
        let config = self.view.config.filter(|_| asks)?;
        let seen = self.history.haproxy();
        let process = seen.and_then(|seen| seen.process.as_ref());
        Some(Haproxy {
            place: config.haproxy.stats.to_string(),
            state: seen.map_or(Readable::NotYet, |seen| seen.state),
            since: self
                .clock
                .at(seen.map_or(self.view.started, |seen| seen.since)),
            why: seen.and_then(|seen| seen.why.clone()),
            version: process.map(|process| process.version.clone()),
            pid: process.map(|process| process.pid),
            started: seen
                .and_then(|seen| seen.started)
                .map(|started| self.clock.at(started)),
            reloads: seen.map_or(0, |seen| seen.reloads),
            restarts: seen.map_or(0, |seen| seen.restarts),
            followed: self.followed.as_ref().map(Result::is_ok),
            not_followed_why: self.followed.clone().and_then(Result::err),
        })
    }

    /// `None`: the session has been up since before the process started.
    fn neighbor_since(&self, neighbor: &route::Neighbor) -> Option<Moment> {
        if self.view.dialogue.was_up(neighbor) {
            return None;
        }
        let since = self.history.neighbor_since(neighbor);
        Some(self.clock.at(since.unwrap_or(self.now)))
    }

    fn exabgp(&self) -> ExaBgp {
        let account = self.view.dialogue.account();
        let neighbors = self
            .view
            .dialogue
            .neighbors()
            .map(|(neighbor, up, why)| Neighbor {
                neighbor: neighbor.to_string(),
                up,
                since: self.neighbor_since(neighbor),
                why: (!why.is_empty()).then(|| why.to_owned()),
                refuses_hold_time: self.view.dialogue.refuses_hold_time(neighbor, self.now),
                lost_at_once: self.view.dialogue.lost_at_once(neighbor).map(str::to_owned),
            });
        ExaBgp {
            version: account.version.map(str::to_owned),
            dialect: account.dialect.map(|dialect| dialect.name.to_owned()),
            not_understood: account.not_understood.map(str::to_owned),
            acknowledges: account.acknowledges,
            silent_since: account.asked.map(|at| self.clock.at(at)),
            acknowledged: account.commands.taken,
            refused: account.commands.refused,
            unanswered: account.commands.unanswered,
            corrected: account.mended,
            neighbors: neighbors.collect(),
            lacking: self
                .view
                .dialogue
                .lacking()
                .iter()
                .map(ToString::to_string)
                .collect(),
        }
    }

    fn service(&self, service: &config::Service) -> Service {
        let health = self.view.judge.health(&service.name);
        let standing = health.map_or(Standing::NotYetKnown, Health::standing);
        let glance = self
            .view
            .seen
            .map(|seen| glance(service, seen, Past::none()));
        let past = self.history.of(&service.name);
        // A level or a takeover in force ends the warm-up, whatever the clock says.
        let warms_up = !matches!(standing, Standing::Takeover | Standing::Level(_))
            && !service.warm_up.is_zero();
        let warm_up = health
            .filter(|_| warms_up)
            .map(|health| health.warm_up_ends(service));
        let warm_up = warm_up.filter(|end| *end > self.now);
        let route = |(prefix, hop): &(Prefix, NextHop)| Route {
            next_hop: Some(hop.to_string()),
            ..self.route(&service.route_key(*prefix))
        };
        Service {
            name: service.name.clone(),
            standing: words::standing(service, standing).to_owned(),
            level: if let Standing::Level(index) = standing {
                Some(index)
            } else {
                None
            },
            since: self
                .clock
                .at(health.map_or(self.view.started, |health| health.since)),
            why: health.map(|health| health.why.clone()).unwrap_or_default(),
            unknown: health.and_then(|health| self.unknown(health, glance.as_ref())),
            pending: health.and_then(|health| self.pending(service, health)),
            damping: health.and_then(|health| self.damping(service, health)),
            warm_up_until: warm_up.map(|end| self.clock.at(end)),
            drain: self.drain(service),
            levels: self.levels(service, glance.as_ref()),
            siblings: siblings(glance.as_ref()),
            routes: service.prefixes.iter().map(route).collect(),
            moves: past.map(|past| past.moves.clone()).unwrap_or_default(),
            unknown_seconds: past.map_or(0.0, |past| past.unknown.as_secs_f64()),
        }
    }

    fn unknown(&self, health: &Health, glance: Option<&Glance>) -> Option<Unknown> {
        let unknown = health.unknown?;
        Some(Unknown {
            since: self.clock.at(unknown.since),
            why: glance.map(|glance| glance.why.clone()).unwrap_or_default(),
            expired: unknown.expired,
        })
    }

    fn pending(&self, service: &config::Service, health: &Health) -> Option<Pending> {
        let pending = health.pending?;
        let by = |until| {
            if until == health.warm_up_ends(service) {
                KeptBackBy::WarmUp
            } else {
                KeptBackBy::Damping
            }
        };
        Some(Pending {
            standing: words::standing(service, pending.target.into()).to_owned(),
            count: pending.count,
            needed: pending.needed,
            since: self.clock.at(pending.since),
            kept_back_until: pending.until.map(|until| self.clock.at(until)),
            kept_back_by: pending.until.map(by),
        })
    }

    fn damping(&self, service: &config::Service, health: &Health) -> Option<Damping> {
        let rules = service.damping?;
        Some(Damping {
            falls: health.flaps.remembered(&rules, self.now),
            wait_seconds: health.flaps.wait(&rules, self.now).as_secs_f64(),
            absorbed: health.absorbed,
        })
    }

    fn drain(&self, service: &config::Service) -> Option<Drain> {
        let stage = self.view.drains.stage(&service.name)?;
        let order = self.view.drains.order(&service.name)?;
        let declared = self
            .now
            .checked_sub(order.elapsed(self.now))
            .unwrap_or(order.read);
        Some(Drain {
            stage,
            since: self.clock.at(declared),
            by: order.by.clone(),
            reason: order.reason.clone(),
            force: order.force,
        })
    }

    fn levels(&self, service: &config::Service, glance: Option<&Glance>) -> Vec<Level> {
        let (Some(glance), Some(seen)) = (glance, self.view.seen) else {
            return Vec::new();
        };
        let leaf = |verdict: &Verdict| Condition {
            holds: verdict.truth,
            why: verdict.why.clone(),
        };
        let levels = service.levels.iter().zip(&glance.levels);
        levels
            .map(|(level, verdict)| Level {
                name: level.name.clone(),
                holds: verdict.truth,
                why: verdict.why.clone(),
                conditions: leaves(&level.when, seen).iter().map(leaf).collect(),
            })
            .collect()
    }

    /// The route with its neighbors as ExaBGP spells them.
    fn spelled(&self, key: &RouteKey) -> RouteKey {
        let names = key.neighbors.iter();
        let names = names.map(|name| self.view.dialogue.spelled(name).clone());
        RouteKey {
            neighbors: names.collect(),
            ..key.clone()
        }
    }

    /// The route at those of its neighbors that ExaBGP does not lack; absent: it lacks them all.
    fn reached(&self, key: &RouteKey) -> Option<RouteKey> {
        let lacking = self.view.dialogue.lacking();
        let mut reached = key.clone();
        reached.neighbors.retain(|name| !lacking.contains(name));
        (reached.neighbors.is_empty() == key.neighbors.is_empty()).then_some(reached)
    }

    /// The withdrawal of the route that was written last of all, of whatever neighbors ExaBGP had of its own.
    fn said_leaving(&self, key: &RouteKey) -> Option<String> {
        let is_of = |own: &RouteKey| {
            own.prefix == key.prefix
                && own.path_information == key.path_information
                && own.neighbors.is_empty() == key.neighbors.is_empty()
                && own
                    .neighbors
                    .iter()
                    .all(|name| key.neighbors.contains(name))
        };
        let withdrawn = |word: &&Command| matches!(word, Command::Withdraw(own) if is_of(own));
        let words = self.last_words.iter().filter(withdrawn);
        let word = words.max_by_key(|word| match word {
            Command::Withdraw(own) => own.neighbors.len(),
            _ => 0,
        });
        word.map(ToString::to_string)
    }

    fn route(&self, key: &RouteKey) -> Route {
        let route = self.route_so_far(key);
        match self.said_leaving(key) {
            Some(words) => Route {
                wanted: Some(words.clone()),
                acknowledged: None,
                in_flight: false,
                differs_since: None,
                refused: None,
                holds_otherwise: None,
                said_leaving: Some(words),
                ..route
            },
            None => route,
        }
    }

    fn route_so_far(&self, key: &RouteKey) -> Route {
        let key = &self.spelled(key);
        let rib = self.view.dialogue.rib();
        let reached = self.reached(key);
        // Nobody is there: whatever was said once went with them.
        let told = rib.told(key).filter(|_| reached.is_some());
        let said = reached.as_ref().unwrap_or(key);
        let refused = rib.refusal(key).map(|(what, tries, retry_at)| Refused {
            command: what.command(said).to_string(),
            tries,
            retry_at: self.clock.at(retry_at),
        });
        Route {
            prefix: key.prefix.to_string(),
            path_information: key.path_information.map(|id| id.to_string()),
            neighbors: key.neighbors.iter().map(ToString::to_string).collect(),
            next_hop: None,
            wanted: wanted(key, self.view.desired).map(|told| told.command(said).to_string()),
            acknowledged: told.map(|told| told.command(said).to_string()),
            in_flight: self.view.dialogue.in_flight().any(|flying| flying == key),
            differs_since: self
                .history
                .differs_since(key)
                .map(|since| self.clock.at(since)),
            refused,
            holds_otherwise: self.view.dialogue.stays_otherwise(key).map(str::to_owned),
            said_leaving: None,
        }
    }
}

fn siblings(glance: Option<&Glance>) -> Vec<Sibling> {
    let resort = glance.and_then(|glance| glance.last_resort.as_ref());
    let siblings = resort.into_iter().flat_map(LastResort::siblings);
    siblings
        .map(|sibling| Sibling {
            same_region: sibling.same_region,
            asked: sibling.is_asked(),
            healthy: sibling.healthy,
            why: sibling.why.clone(),
            sibling: sibling.probe.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::announce::Dialogue;
    use crate::decide::Desired;
    use crate::exabgp::message;
    use crate::judge::Judge;
    use crate::program::Drains;

    /// Problems compare names by the letter.
    #[test]
    fn a_routes_neighbors_are_spelled_as_those_of_exabgp() {
        let (now, desired) = (Instant::now(), Desired::new());
        let key = RouteKey {
            prefix: "2001:db8:9::9/128".parse().unwrap(),
            path_information: None,
            neighbors: vec!["2001:DB8::4".parse().unwrap()],
        };
        let mut dialogue = Dialogue::new(now);
        dialogue.inherit([key.clone()]);
        let mut later = now;
        for line in [
            r#"{"version": "6.0.0", "application": "exabgp"}"#,
            "done",
            r#"[{"peer-address": "2001:db8::4", "state": "ESTABLISHED"}]"#,
        ] {
            dialogue.next(&desired, later);
            dialogue.heard(message(line).unwrap(), later);
            later += std::time::Duration::from_millis(200);
        }
        let facts = Facts {
            last_words: &[],
            id: &Id::own(),
            configuration: Configuration {
                file: None,
                since: None,
                fault: None,
            },
            view: View {
                config: None,
                seen: None,
                changes: 0,
                plan: None,
                judge: &Judge::default(),
                drains: &Drains::default(),
                desired: &desired,
                dialogue: &dialogue,
                started: now,
            },
            history: &History::default(),
            hooks: Vec::new(),
            followed: None,
            clock: Clock::new(now, Moment::now()),
            now,
        };
        let route = facts.route(&key);
        assert_eq!(route.neighbors, ["2001:db8::4"]);
        let withdrawn = "neighbor 2001:db8::4 withdraw route 2001:db8:9::9/128";
        assert_eq!(route.wanted.as_deref(), Some(withdrawn));
    }
}
