//! What should be announced: as a running process says, or as a configuration calls for at a level that is assumed.

use std::net::IpAddr;

use crate::config::{Config, Service};
use crate::decide::{Intent as Decided, intents};
use crate::exabgp::Command;
use crate::failure::Outcome;
use crate::report::status::Out;
use crate::report::{status, words};
use crate::route::{NextHop, Prefix, RouteKey};
use crate::standing::Standing;
use crate::value::Joined;

/// What a host should announce.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Intent {
    /// Where the intent comes from, in words.
    pub said_by: Vec<String>,
    /// Why it may be out of date, for example a dead process.
    pub doubts: Vec<String>,
    /// Its routes.
    pub routes: Vec<IntendedRoute>,
}

/// A route that should be announced, or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntendedRoute {
    /// Its service; `None`: a route of no service, to be withdrawn.
    pub service: Option<String>,
    /// The service's standing as the log names it, and whether it is drained, or the level that is assumed.
    pub standing: String,
    /// The prefix.
    pub prefix: Prefix,
    /// The neighbors that it is announced to; empty: every neighbor that lists the process.
    pub neighbors: Vec<IpAddr>,
    /// This NVA's next hop, as far as a configuration says it.
    pub next_hop: Option<IpAddr>,
    /// What should be out; `None`: not known yet.
    pub wanted: Option<Out>,
    /// What ExaBGP has; `None`: the intent is a configuration's.
    pub held: Option<Held>,
}

/// What ExaBGP has of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What it acknowledged last; `None`: not known.
    pub out: Option<Out>,
    /// Whether that is what is wanted, and every neighbor has it.
    pub state: Holds,
}

/// Whether ExaBGP, and so its neighbors, have a route as it is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// They have, as far as ExaBGP tells.
    AsIntended,
    /// They have not, and how.
    Otherwise(String),
    /// ExaBGP does not tell, and what.
    Untold(String),
    /// The process that told is gone or stuck.
    Past,
}

impl IntendedRoute {
    /// `service web: up`
    pub fn words(&self) -> String {
        let service = self
            .service
            .as_ref()
            .map(|name| format!("service {name}: "));
        let withdrawn = match self.wanted {
            Some(Out::Withdrawn) => ", withdrawn",
            _ => "",
        };
        format!(
            "{}{}{withdrawn}",
            service.unwrap_or_default(),
            self.standing
        )
    }
}

/// The standing that a word of the command line means: a level's name, `down`, `takeover` or `last-standing`.
///
/// # Errors
/// The service has no such level; the error names those that it has.
pub fn standing(service: &Service, word: &str) -> Result<Standing, String> {
    let level = service.levels.iter().position(|level| level.name == word);
    match (level, word) {
        (Some(index), _) => Ok(Standing::Level(index)),
        (None, "down") => Ok(Standing::Down),
        (None, "last-standing") if service.siblings.is_some() => Ok(Standing::LastStanding),
        (None, "takeover") if service.takeover().is_some() => Ok(Standing::Takeover),
        _ => {
            let names = service.levels.iter().map(|level| &level.name);
            let last = if service.siblings.is_some() {
                ", last-standing"
            } else {
                ""
            };
            let takeover = if service.takeover().is_some() {
                ", takeover"
            } else {
                ""
            };
            Err(format!(
                "service {} has no level '{word}'; it has {}{takeover}{last} and down",
                service.name,
                names.joined(", ")
            ))
        }
    }
}

impl Intent {
    /// The intent of a configuration at the level `word`, or at the best one.
    ///
    /// # Errors
    /// No service has a level of that name, or there is no service.
    pub fn of_config(path: &str, config: &Config, word: Option<&str>) -> Result<Self, String> {
        let mut intent = Self::default();
        let (mut refused, mut is_known, mut levels) = (None, false, Vec::new());
        for service in &config.services {
            let assumed = word.map_or(Ok(Standing::Level(0)), |word| standing(service, word));
            is_known |= assumed.is_ok();
            let assumed = assumed.unwrap_or_else(|why| {
                refused = Some(why);
                Standing::Level(0)
            });
            let name = words::standing(service, assumed);
            levels.push(format!("service {} at level {name}", service.name));
            intent.routes.extend(at_standing(service, assumed, name));
        }
        match refused.filter(|_| !is_known) {
            Some(why) => return Err(why),
            None if levels.is_empty() => {
                return Err(format!(
                    "{path} has no service, so nothing is intended and there is nothing to verify"
                ));
            }
            None => {}
        }
        let levels = levels.join(" and ");
        intent
            .said_by
            .push(format!("{path} calls for with {levels}"));
        Ok(intent)
    }

    /// The intent of a process, by its status.
    pub fn of_process(report: &status::Report, life: status::Life) -> Self {
        let process = &report.status.process;
        let mut intent = Self {
            said_by: vec![format!("process {} says", process.pid)],
            ..Self::default()
        };
        if life != status::Life::Running {
            intent.doubts.push(format!(
                "process {} is no longer running, or stuck (see haproxy-rhi status); this is what it said last",
                process.pid
            ));
        }
        let state = |route: &status::Route| match life {
            status::Life::Running => holds(route, &report.status),
            _ => Holds::Past,
        };
        for service in &report.status.services {
            let drained = service.drain.as_ref().map_or("", |_| ", drained");
            let standing = format!("{}{drained}", service.standing);
            for route in &service.routes {
                intent.add(Some(&service.name), &standing, route, state(route));
            }
        }
        for route in &report.status.other_routes {
            intent.add(None, "of no service", route, state(route));
        }
        intent
    }

    fn add(
        &mut self,
        service: Option<&String>,
        standing: &str,
        route: &status::Route,
        state: Holds,
    ) {
        let Ok(prefix) = route.prefix.parse() else {
            return;
        };
        let out = |command: &Option<String>| command.as_deref().and_then(Out::of_command);
        self.routes.push(IntendedRoute {
            service: service.cloned(),
            standing: standing.to_owned(),
            prefix,
            neighbors: route
                .neighbors
                .iter()
                .filter_map(|name| name.parse().ok())
                .collect(),
            next_hop: None,
            wanted: out(&route.wanted),
            held: Some(Held {
                out: out(&route.acknowledged),
                state,
            }),
        });
    }

    /// Adds another intent.
    pub fn join(&mut self, other: Self) {
        self.said_by.extend(other.said_by);
        self.doubts.extend(other.doubts);
        self.routes.extend(other.routes);
    }
}

/// Whether a route is as the process wants it. One that should not be announced needs no neighbor.
fn holds(route: &status::Route, status: &status::Status) -> Holds {
    let wanted = route.wanted.as_deref().and_then(Out::of_command);
    let without = match wanted {
        Some(Out::Announced(_)) => status::without(route, status),
        _ => Vec::new(),
    };
    let of = |outcome: Outcome| {
        let those = without.iter().filter(|one| one.outcome == outcome);
        let words = those.map(|one| &one.what).joined(", ");
        (!words.is_empty()).then_some(words)
    };
    let worse = of(Outcome::Worse);
    let is_as_wanted = route.wanted == route.acknowledged;
    match (&route.refused, &route.acknowledged, worse) {
        (Some(refused), ..) => Holds::Otherwise(format!("refused {} times", refused.tries)),
        (None, ..) if !is_as_wanted && route.in_flight => Holds::Otherwise("on its way".to_owned()),
        (None, Some(_), _) if !is_as_wanted => Holds::Otherwise("not as intended".to_owned()),
        (None, _, Some(worse)) => Holds::Otherwise(worse),
        (None, None, None) if !is_as_wanted => {
            Holds::Otherwise("not known what it holds".to_owned())
        }
        (None, _, None) => of(Outcome::Unknown).map_or(Holds::AsIntended, Holds::Untold),
    }
}

/// A service's routes at a standing.
fn at_standing(service: &Service, assumed: Standing, name: &str) -> Vec<IntendedRoute> {
    let route = |(key, decided): (RouteKey, Decided)| {
        let command = match decided {
            Decided::Announce(route) => Command::Announce(key.clone(), route),
            Decided::Withdraw | Decided::Leave => Command::Withdraw(key.clone()),
        };
        let neighbors = key.neighbors.iter();
        let hop = service
            .prefixes
            .iter()
            .find(|(prefix, _)| *prefix == key.prefix);
        let next_hop = hop.and_then(|(_, hop)| match hop {
            NextHop::Address(hop) => Some(*hop),
            NextHop::Local => None,
        });
        IntendedRoute {
            service: Some(service.name.clone()),
            standing: name.to_owned(),
            prefix: key.prefix,
            neighbors: neighbors
                .filter_map(|name| name.to_string().parse().ok())
                .collect(),
            next_hop,
            wanted: Out::of_command(&command.to_string()),
            held: None,
        }
    };
    intents(service, assumed, None).map(route).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    const NORTH: &str = include_str!("../../exabgp/north-europe/config.json");
    const SAMPLE: &str = include_str!("../report/status/sample.json");

    #[test]
    fn a_configuration_is_taken_at_its_best_level_unless_another_is_named() {
        let config = config::parse(NORTH).unwrap();
        let at = |word: Option<&str>| Intent::of_config("config.json", &config, word);
        let best = at(None).unwrap();
        assert_eq!(
            best.said_by,
            ["config.json calls for with service web at level up"]
        );
        assert_eq!(
            best.routes[0].wanted,
            Out::announced("172.16.156.70", Some(&[65010]))
        );
        assert_eq!(
            at(Some("down")).unwrap().routes[0].wanted,
            Some(Out::Withdrawn)
        );
        assert_eq!(
            at(Some("last-standing")).unwrap().routes[0].wanted,
            Out::announced("172.16.156.70", Some(&[65010; 7]))
        );
        assert_eq!(
            at(Some("upp")).unwrap_err(),
            "service web has no level 'upp'; it has up, last-standing and down"
        );
        assert!(at(Some("takeover")).is_err());
        let text = NORTH
            .replace("\"as_path\": [65010]", "\"as_path\": [65010, 65010]")
            .replace(
                "\"last_standing\"",
                "\"takeover\": {\"as_path\": [65010]}, \"last_standing\"",
            );
        let config = config::parse(&text).unwrap();
        let taken = Intent::of_config("config.json", &config, Some("takeover")).unwrap();
        assert_eq!(
            taken.routes[0].wanted,
            Out::announced("172.16.156.70", Some(&[65010]))
        );
    }

    #[test]
    fn a_process_tells_what_it_wants_and_what_exabgp_took() {
        let report: status::Report = serde_json::from_str(SAMPLE).unwrap();
        let intent = Intent::of_process(&report, status::Life::Running);
        assert!(intent.doubts.is_empty());
        let rows: Vec<_> = intent
            .routes
            .iter()
            .map(|route| {
                let held = route.held.as_ref().unwrap();
                (
                    route.prefix.to_string(),
                    route.wanted.is_some(),
                    held.out.clone(),
                    held.state.clone(),
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                (
                    "9.9.9.9/32".to_owned(),
                    true,
                    Some(Out::Withdrawn),
                    Holds::AsIntended
                ),
                (
                    "2001:db8::9/128".to_owned(),
                    true,
                    None,
                    Holds::Otherwise("refused 5 times".to_owned())
                ),
                (
                    "198.51.100.7/32".to_owned(),
                    true,
                    None,
                    Holds::Otherwise("on its way".to_owned())
                ),
            ]
        );
        assert_eq!(
            Intent::of_process(&report, status::Life::Left).doubts.len(),
            1
        );
        // The second service is drained, whatever its level.
        let words = intent.routes.iter().map(IntendedRoute::words);
        let drained: Vec<bool> = words.map(|words| words.contains(", drained")).collect();
        assert_eq!(drained, [false, true, false]);
    }
}
