//! The outcome of a failure: a row for each of its steps.

use std::cmp::Reverse;

use crate::route::Prefix;
use crate::world::queue::{MS, Time};

use super::failures::{Failure, Step};
use super::play::Play;
use super::record::{Clients, Seen, Service};

/// The longest wait for a poll of HAProxy before a step.
const POLLED: Time = 60_000 * MS;

/// A step, and what was seen of it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The failure's name.
    pub failure: String,
    /// The NVAs and peers that it befell, by number.
    pub whom: Vec<usize>,
    /// What happened.
    pub title: String,
    /// Its place among the failure's steps.
    pub step: usize,
    /// The events of this step, timed from its beginning.
    pub seen: Vec<(Time, Seen)>,
    /// Where the clients of each prefix went; the first stay begins with where they were before.
    pub prefixes: Vec<(Prefix, Vec<Stay>)>,
}

/// A time in which clients went to the same place and got the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// From the step's beginning.
    pub from: Time,
    /// Also from the step's beginning.
    pub until: Time,
    /// Where clients went, and what they got.
    pub clients: Clients,
}

/// Prefixes whose clients fared alike: they went to the same places and got the same there, if not for the same times.
#[derive(Debug)]
pub struct Fate<'row> {
    /// The prefixes.
    pub prefixes: Vec<Prefix>,
    /// The stays of the one whose clients fared worst.
    pub stays: &'row [Stay],
}

/// Plays a failure. `warm`: when everything is settled.
pub fn rehearse(play: &mut Play, failure: &Failure, warm: Time) -> Vec<Row> {
    play.until(warm);
    let first = failure.whom.first().copied().unwrap_or(0);
    let mut rows = Vec::new();
    for (number, step) in failure.steps.iter().enumerate() {
        if first < play.nodes.len() {
            play.until_polled(first, POLLED);
        }
        rows.push(row(play, failure, (number, step)));
    }
    rows
}

fn row(play: &mut Play, failure: &Failure, (number, step): (usize, &Step)) -> Row {
    let (begun, known) = (play.queue.now(), play.record.seen.len());
    let before: Vec<(Prefix, Clients)> = play.clients.clone().into_iter().collect();
    play.see(Seen::Fault(step.title.clone()));
    for (at, act) in &step.acts {
        play.until(begun + at);
        play.act(act);
    }
    play.until(begun + step.lasts);
    let seen = play.record.seen.get(known..).unwrap_or_default();
    let seen: Vec<(Time, Seen)> = seen
        .iter()
        .map(|(at, seen)| (at - begun, seen.clone()))
        .collect();
    let stays = |(prefix, clients): (Prefix, Clients)| {
        let stays = stays(&prefix, clients, &seen, step.lasts);
        (prefix, stays)
    };
    Row {
        failure: failure.name.clone(),
        whom: failure.whom.clone(),
        title: step.title.clone(),
        step: number,
        prefixes: before.into_iter().map(stays).collect(),
        seen,
    }
}

fn stays(prefix: &Prefix, before: Clients, seen: &[(Time, Seen)], lasts: Time) -> Vec<Stay> {
    let mut stays = vec![Stay {
        from: 0,
        until: lasts,
        clients: before,
    }];
    for (at, seen) in seen {
        let Seen::Clients(other, clients) = seen else {
            continue;
        };
        let Some(last) = stays.last_mut().filter(|_| other == prefix) else {
            continue;
        };
        // A change of `able` alone begins a stay, too.
        if last.clients == *clients {
            continue;
        }
        last.until = *at;
        stays.push(Stay {
            from: *at,
            until: lasts,
            clients: clients.clone(),
        });
    }
    // Stays of no duration are dropped, but for the first: where clients were before.
    let first = stays.first().cloned();
    stays.retain(|stay| stay.until > stay.from || Some(stay) == first.as_ref());
    stays
}

impl Row {
    /// When a program first noticed something; `None`: never.
    pub fn noticed(&self) -> Option<Time> {
        let mut noticed = self.seen.iter().filter(|(_, seen)| *seen == Seen::Noticed);
        noticed.next().map(|(at, _)| *at)
    }

    /// UPDATEs to each Route Server, of all regions; of one prefix, or of all.
    pub fn updates(&self, of: Option<Prefix>) -> usize {
        let is_of = |prefix: &Prefix| of.is_none_or(|wanted| wanted == *prefix);
        let (mut first, mut left) = (0, 0);
        for (_, seen) in &self.seen {
            match seen {
                Seen::Route {
                    prefix, dropped, ..
                } if !dropped && is_of(prefix) => first += 1,
                Seen::Left(_, prefix, _) if is_of(prefix) => left += 1,
                _ => {}
            }
        }
        // They are other neighbors.
        first.max(left)
    }

    /// How the clients of each prefix fared, the worst first.
    pub fn fates(&self) -> Vec<Fate<'_>> {
        let mut fates: Vec<Fate<'_>> = Vec::new();
        for (prefix, stays) in &self.prefixes {
            let prefixes = vec![*prefix];
            match fates
                .iter_mut()
                .find(|fate| kind(fate.stays) == kind(stays))
            {
                None => fates.push(Fate { prefixes, stays }),
                Some(fate) => {
                    fate.prefixes.extend(prefixes);
                    if rank(stays) > rank(fate.stays) {
                        fate.stays = stays;
                    }
                }
            }
        }
        fates.sort_by_key(|fate| Reverse(rank(fate.stays)));
        fates
    }

    /// The stays of the prefix whose clients fared worst.
    pub fn worst(&self) -> &[Stay] {
        self.fates().first().map_or(&[], |fate| fate.stays)
    }
}

/// How bad it is.
fn rank(stays: &[Stay]) -> (Time, usize) {
    let unserved = sum(stays, |stay| stay.clients.get != Service::Served);
    (unserved, moves(stays))
}

/// Where clients went, what they got at some time, and what in the end.
fn kind(stays: &[Stay]) -> (Vec<&[usize]>, [bool; 2], Option<Service>) {
    let mut places: Vec<&[usize]> = stays.iter().map(|stay| &*stay.clients.to).collect();
    places.dedup();
    let got = [Service::Nobody, Service::ErrorPage]
        .map(|get| sum(stays, |stay| stay.clients.get == get) > 0);
    (places, got, stays.last().map(|stay| stay.clients.get))
}

/// How long the stays lasted for which `is_meant` is true.
pub fn sum(stays: &[Stay], is_meant: impl Fn(&Stay) -> bool) -> Time {
    let meant = stays.iter().filter(|stay| is_meant(stay));
    meant.map(|stay| stay.until - stay.from).sum()
}

/// How often clients moved to another place.
pub fn moves(stays: &[Stay]) -> usize {
    let pairs = stays.iter().zip(stays.iter().skip(1));
    pairs
        .filter(|(one, next)| one.clients.to != next.clients.to)
        .count()
}
