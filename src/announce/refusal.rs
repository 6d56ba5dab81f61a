//! A command that ExaBGP did not take: when it is tried again, and when that is worth a line. Pure.
//!
//! It is tried for as long as it is wanted, so that no lie is left behind. But ExaBGP refuses a withdrawal for one reason
//! alone, that it has no such neighbor which lists this process; then nothing can be out there, and it waits longer, until
//! the neighbor is heard of ([`super::AdjRibOut::heard_of`]).

use std::time::{Duration, Instant};

use super::told::Told;
use crate::exabgp::Dialect;
use crate::route::RouteKey;

/// The first wait; each further one doubles it.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait: a route that is missing is an outage.
const LONGEST: Duration = Duration::from_secs(60);
/// The longest wait of a withdrawal that no neighbor is there for.
const LONGEST_OF_A_WITHDRAWAL: Duration = Duration::from_secs(600);

/// What ExaBGP did not take.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The command.
    pub what: Told,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried again.
    pub retry_at: Instant,
    wait: Duration,
    said: Said,
}

/// What was logged of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Refused,
    GoesOn,
}

impl Refusal {
    /// It was not taken now; `before` is what happened to the route's last command.
    pub fn of(what: Told, before: Option<Self>, now: Instant) -> Self {
        let (tries, said) = match before.filter(|before| before.what == what) {
            Some(before) => (before.tries.saturating_add(1), before.said),
            None => (1, Said::Nothing),
        };
        let longest = longest(&what);
        let wait = FIRST.saturating_mul(1 << (tries - 1).min(16)).min(longest);
        Self {
            what,
            tries,
            retry_at: now + wait,
            wait,
            said,
        }
    }

    /// The line for the log, where there is news: that it is refused, and that this goes on.
    pub fn line(
        &mut self,
        key: &RouteKey,
        dialect: &Dialect,
        reason: Option<&str>,
    ) -> Option<String> {
        let (command, wait) = (dialect.line(&self.what.command(key)), self.wait.as_secs());
        let why = match (&self.what, key.neighbors.as_slice()) {
            (Told::Announced(route), _) if !dialect.takes(route) => format!(
                "ExaBGP {} takes no AS number above {} in an AS path",
                dialect.name, dialect.largest_asn
            ),
            (Told::Announced(_), _) => reason.unwrap_or("ExaBGP's log says why").to_owned(),
            (Told::Withdrawn, []) => "no neighbor of its lists this process".to_owned(),
            (Told::Withdrawn, neighbors) => {
                let names: Vec<String> = neighbors.iter().map(ToString::to_string).collect();
                format!(
                    "it has no neighbor {} that lists this process",
                    names.join(" or ")
                )
            }
        };
        match self.said {
            Said::Nothing => {
                self.said = Said::Refused;
                Some(format!(
                    "ExaBGP refused '{command}' ({why}), retrying in {wait} s, then less and less often"
                ))
            }
            Said::Refused if self.wait == longest(&self.what) => {
                self.said = Said::GoesOn;
                let tries = self.tries;
                Some(format!(
                    "ExaBGP refused '{command}' {tries} times ({why}); retrying every {wait} s; success will be logged"
                ))
            }
            _ => None,
        }
    }

    /// It was logged.
    pub fn was_told(&self) -> bool {
        self.said != Said::Nothing
    }

    /// Something happened that may have changed ExaBGP's mind.
    pub fn hasten(&mut self, now: Instant) {
        self.retry_at = self.retry_at.min(now);
    }
}

fn longest(what: &Told) -> Duration {
    if *what == Told::Withdrawn {
        LONGEST_OF_A_WITHDRAWAL
    } else {
        LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{Attributes, Route};

    fn key(neighbors: &[&str]) -> RouteKey {
        RouteKey {
            prefix: "9.9.9.9/32".parse().unwrap(),
            path_information: None,
            neighbors: neighbors.iter().map(|name| name.parse().unwrap()).collect(),
        }
    }

    /// The waits, and the tries at which there is a line.
    fn story(what: &Told, key: &RouteKey, tries: usize) -> (Vec<u64>, Vec<(usize, String)>) {
        let (now, mut last) = (Instant::now(), None);
        let (mut waits, mut lines) = (Vec::new(), Vec::new());
        for nth in 1..=tries {
            let mut refusal = Refusal::of(what.clone(), last.take(), now);
            waits.push((refusal.retry_at - now).as_secs());
            lines.extend(
                refusal
                    .line(key, Dialect::SHOWN, None)
                    .map(|line| (nth, line)),
            );
            last = Some(refusal);
        }
        (waits, lines)
    }

    #[test]
    fn a_refused_announcement_is_tried_each_minute_and_told_twice() {
        let route = Route {
            next_hop: "172.16.156.70".parse().unwrap(),
            attributes: Attributes::default(),
        };
        let (waits, lines) = story(&Told::Announced(route), &key(&[]), 100);
        assert_eq!(waits[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(waits[99], 60);
        let at: Vec<usize> = lines.iter().map(|(nth, _)| *nth).collect();
        assert_eq!(at, [1, 7]);
        assert_eq!(
            lines[0].1,
            "ExaBGP refused 'announce route 9.9.9.9/32 next-hop 172.16.156.70' (ExaBGP's log says why), retrying in 1 s, then less and less often"
        );
    }

    #[test]
    fn a_withdrawal_from_an_unknown_neighbor_waits_longer_and_names_it() {
        let (waits, lines) = story(&Told::Withdrawn, &key(&["192.0.2.1", "192.0.2.2"]), 40);
        assert_eq!(waits[6..12], [64, 128, 256, 512, 600, 600]);
        assert_eq!(lines.len(), 2);
        assert_eq!(
            lines[1].1,
            "ExaBGP refused 'neighbor 192.0.2.1, neighbor 192.0.2.2 withdraw route 9.9.9.9/32' 11 times (it has no neighbor \
             192.0.2.1 or 192.0.2.2 that lists this process); retrying every 600 s; success will be logged"
        );
    }

    #[test]
    fn another_command_begins_anew() {
        let now = Instant::now();
        let route = Route {
            next_hop: "172.16.156.70".parse().unwrap(),
            attributes: Attributes::default(),
        };
        let mut first = Refusal::of(Told::Withdrawn, None, now);
        assert!(first.line(&key(&[]), Dialect::SHOWN, None).is_some());
        let mut second = Refusal::of(Told::Announced(route), Some(first), now);
        assert_eq!(second.tries, 1);
        assert!(second.line(&key(&[]), Dialect::SHOWN, None).is_some());
    }
}
