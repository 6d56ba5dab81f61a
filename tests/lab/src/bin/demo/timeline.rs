//! What was seen, by whom, and when: every line from a real source.

use std::cell::OnceCell;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use haproxy_rhi_lab::{ANYCAST, ANYCAST_ADDRESS, Follower, Lab, Measurement, Outcome, Region};

/// The region that fails and returns.
pub const FAILING: Region = Region::NorthEurope;

/// Who saw something, in the order of cause and effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Haproxy,
    HaproxyRhi,
    RouteServer,
    Msee,
    Client,
}

impl Who {
    pub fn name(self) -> &'static str {
        match self {
            Self::Haproxy => "HAProxy",
            Self::HaproxyRhi => "haproxy-rhi",
            Self::RouteServer => "Route Server",
            Self::Msee => "MSEE",
            Self::Client => "client",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub at: SystemTime,
    pub who: Who,
    pub what: String,
}

/// All sources of a story.
#[derive(Debug)]
pub struct Sources<'a> {
    pub lab: &'a Lab,
    /// ExaBGP's log, in which haproxy-rhi speaks.
    pub exabgp: Follower,
    pub load: Measurement,
    /// When a client that came after the move got its page.
    pub new_client: OnceCell<SystemTime>,
}

impl Sources<'_> {
    /// What was seen since then of the move to this region, in order.
    pub fn events(&self, since: SystemTime, target: Region) -> Result<Vec<Event>> {
        let mut events = self.haproxy();
        events.extend(self.haproxy_rhi());
        events.extend(self.route_servers());
        events.extend(self.msee()?);
        events.retain(|event| millis(event.at) >= millis(since));
        // Only the first page: the others say nothing new.
        let pages = self.load.so_far().requests;
        let first = pages
            .iter()
            .find(|page| page.at >= since && page.outcome == Outcome::Page(target));
        events.extend(first.map(|page| Event {
            at: page.at,
            who: Who::Client,
            what: format!("first page from {target} to those in the loop"),
        }));
        events.extend(self.new_client(&events, target));
        // haproxy-rhi's own stamps have milliseconds: within one, the cause comes first.
        events.sort_by_key(|event| (millis(event.at), event.who));
        Ok(events)
    }

    /// Those already under way may wait on the old region's HAProxy, which retries for them. Who comes now does not.
    fn new_client(&self, events: &[Event], target: Region) -> Option<Event> {
        let moved = events.iter().any(|event| event.who == Who::Msee);
        if moved && self.new_client.get().is_none() {
            let answer = self.lab.client().get().ok();
            if answer.is_some_and(|answer| answer.region == Some(target)) {
                let _ = self.new_client.set(SystemTime::now());
            }
        }
        let at = *self.new_client.get()?;
        Some(Event {
            at,
            who: Who::Client,
            what: format!("page from {target} to a new client"),
        })
    }

    fn haproxy(&self) -> Vec<Event> {
        let lines = self.lab.nva(FAILING).haproxy().journal().into_iter();
        lines
            // http_local repeats it.
            .filter(|line| line.text.starts_with("Server http_back/"))
            .map(|line| {
                // After these come figures of no interest here.
                let end = [", check duration", ". "]
                    .iter()
                    .filter_map(|end| line.text.find(end))
                    .min();
                let what = line
                    .text
                    .get(..end.unwrap_or(line.text.len()))
                    .unwrap_or_default();
                Event {
                    at: line.at,
                    who: Who::Haproxy,
                    what: what.to_owned(),
                }
            })
            .collect()
    }

    fn haproxy_rhi(&self) -> Vec<Event> {
        let lines = self.exabgp.lines().into_iter();
        lines
            .filter_map(|line| {
                let (_, what) = line.text.split_once("haproxy-rhi: ")?;
                let what = what.strip_prefix("warning: ").unwrap_or(what).to_owned();
                Some(Event {
                    at: line.own_stamp().unwrap_or(line.at),
                    who: Who::HaproxyRhi,
                    what,
                })
            })
            .collect()
    }

    fn route_servers(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for instance in self.lab.route_servers(FAILING) {
            let address = instance.address();
            for line in instance.heard() {
                let what = match line.text.split_whitespace().next() {
                    Some("added") => format!("{address} learns {ANYCAST}"),
                    Some("removed") => format!("{address} loses {ANYCAST}"),
                    _ => continue,
                };
                events.push(Event {
                    at: line.at,
                    who: Who::RouteServer,
                    what,
                });
            }
        }
        events
    }

    fn msee(&self) -> Result<Vec<Event>> {
        let changes = self.lab.msee().route_changes()?.into_iter();
        Ok(changes
            .filter(|change| change.prefix == ANYCAST_ADDRESS.to_string())
            .map(|change| {
                let what = match change.via {
                    Some(via) => {
                        let region = Region::ALL.into_iter().find(|region| region.nva() == via);
                        let name = region
                            .map(|region| format!(": {region}"))
                            .unwrap_or_default();
                        format!("kernel route {} via {via}{name}", change.prefix)
                    }
                    None => format!("kernel route {} deleted", change.prefix),
                };
                Event {
                    at: change.at,
                    who: Who::Msee,
                    what,
                }
            })
            .collect())
    }
}

/// From one event to another; nothing if a stamp says that it was the other way round.
pub fn between(from: SystemTime, to: SystemTime) -> Duration {
    to.duration_since(from).unwrap_or_default()
}

/// Since 1970.
pub fn millis(at: SystemTime) -> u128 {
    between(SystemTime::UNIX_EPOCH, at).as_millis()
}
