//! What is wrong with a row, and the key that would mend it.

use crate::config::{Service, Socket, Stats};
use crate::route::Prefix;
use crate::value::Joined;
use crate::world::queue::{MS, Time};

use super::outcome::{Row, Stay, moves, sum};
use super::record::{Clients, Seen, Service as Get};
use super::site::{Region, asks};

/// The longest loss of service that is not reported: a failure must be noticed and routed around.
const SOON: Time = 2_000 * MS;
/// What is noticed within this time did not wait for a poll.
const AT_ONCE: Time = 200 * MS;
/// The most moves of clients that are not reported: there and back.
const MOVES: usize = 2;
/// The same, while servers flap.
const FLAPS: usize = 6;

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong.
    pub what: String,
    /// The key of config.json that would mend it, and its region.
    pub key: String,
    /// How the key mends it.
    pub cure: String,
}

/// The NVAs of a rehearsal, by number.
#[derive(Debug, Clone, Copy)]
pub struct Cast<'cast> {
    /// The regions that are given.
    pub regions: &'cast [Region],
    /// The names of all, peers last.
    pub names: &'cast [String],
    /// The prefix whose clients are judged; `None`: the first service's.
    pub prefix: Option<Prefix>,
}

impl Cast<'_> {
    fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or("?", String::as_str)
    }

    /// A key of the service; of a peer, with the service's name in the first region.
    fn key(&self, number: usize, key: &str) -> String {
        let mut all = (0..self.regions.len()).filter_map(|other| self.service(other));
        let service = self.service(number).or_else(|| all.next());
        let name = service.map_or("", |service| service.name.as_str());
        format!("services.{name}.{key} ({})", self.name(number))
    }

    /// The service of the prefix; without a prefix the first one.
    fn service(&self, number: usize) -> Option<&Service> {
        let mut services = self.regions.get(number)?.config.services.iter();
        let has = |service: &&Service, wanted: Prefix| {
            let mut prefixes = service.prefixes.iter();
            prefixes.any(|(prefix, _)| *prefix == wanted)
        };
        match self.prefix {
            Some(wanted) => services.find(|service| has(service, wanted)),
            None => services.next(),
        }
    }
}

/// What is wrong with a row.
pub fn wrong(row: &Row, cast: Cast<'_>) -> Vec<Wrong> {
    let mut found: Vec<(Vec<Prefix>, Wrong)> = Vec::new();
    for (prefix, stays) in &row.prefixes {
        let cast = Cast {
            prefix: Some(*prefix),
            ..cast
        };
        let all = [
            lost(row, stays, cast),
            late(row, stays, cast),
            flaps(row, stays, cast),
        ];
        for one in all.into_iter().flatten() {
            match found.iter_mut().find(|(_, known)| *known == one) {
                Some((prefixes, _)) => prefixes.push(*prefix),
                None => found.push((vec![*prefix], one)),
            }
        }
    }
    let named = |(prefixes, wrong): (Vec<Prefix>, Wrong)| match row.prefixes.len() {
        0 | 1 => wrong,
        _ => Wrong {
            what: format!("{}: {}", prefixes.iter().few(), wrong.what),
            ..wrong
        },
    };
    found.into_iter().map(named).collect()
}

/// Whether clients are not served although an NVA could.
fn is_lost(stay: &Stay) -> bool {
    stay.clients.get != Get::Served && !stay.clients.able.is_empty()
}

fn lost(row: &Row, stays: &[Stay], cast: Cast<'_>) -> Option<Wrong> {
    // Adjacent lost stays are one loss.
    let runs = stays.chunk_by(|one, next| is_lost(one) == is_lost(next));
    let longest = runs.max_by_key(|run| sum(run, is_lost))?;
    let lasted = sum(longest, is_lost);
    if lasted < SOON {
        return None;
    }
    let longest = longest.iter().max_by_key(|stay| stay.until - stay.from)?;
    // Of several with equal routes, the one that does not serve.
    let Clients { to, able, .. } = &longest.clients;
    let fails = to.iter().find(|one| !able.contains(one));
    let to = fails.or(to.first()).copied();
    let able = able.first().copied().unwrap_or(0);
    let time = words(lasted);
    let could = cast.name(able);
    let (what, key, cure) = match to {
        Some(to) if longest.clients.to_gone => {
            let hold = held(row).map_or(String::new(), |at| format!(", {}", words(at)));
            let what = format!(
                "clients go to {}, which is gone, until BGP's hold time is over{hold}; {could} could serve",
                cast.name(to)
            );
            let (key, cure) = takeover(cast, able, to);
            (what, key, cure)
        }
        Some(to) if row.failure == "haproxy-freezes" => {
            let what = format!(
                "clients wait for {}'s HAProxy for {time}; {could} could serve",
                cast.name(to)
            );
            let (key, cure) = takeover(cast, able, to);
            (what, key, cure)
        }
        Some(to) => {
            let gets = if longest.clients.get == Get::Nobody {
                "no answer"
            } else {
                "error pages"
            };
            let what = format!(
                "clients get {gets} at {} for {time}; {could} could serve",
                cast.name(to)
            );
            let (key, cure) = stays_out(cast, to, able);
            (what, key, cure)
        }
        None => {
            let what = format!("no route is out for {time}; {could} could serve");
            let (key, cure) = comes_late(row, cast, able);
            (what, key, cure)
        }
    };
    Some(Wrong { what, key, cure })
}

/// When the hold time of a machine that is gone was over.
fn held(row: &Row) -> Option<Time> {
    let held = row
        .seen
        .iter()
        .find(|(_, seen)| matches!(seen, Seen::Held(_)));
    held.map(|(at, _)| *at)
}

/// The key and the cure where `able` could take over from `from`.
fn takeover(cast: Cast<'_>, able: usize, from: usize) -> (String, String) {
    let has = cast
        .service(able)
        .is_some_and(|service| service.takeover().is_some());
    let is_given = cast.regions.get(able).is_some();
    match has {
        false if !is_given => (
            cast.key(able, "siblings.takeover"),
            format!(
                "a shorter path while {} is silent; give its configuration to see whether it has one",
                cast.name(from)
            ),
        ),
        false => (
            cast.key(able, "siblings.takeover"),
            format!("a shorter path while {} is silent", cast.name(from)),
        ),
        true => (
            cast.key(able, "siblings.takeover"),
            format!(
                "from names {}, and as_path is shorter than its",
                cast.name(from)
            ),
        ),
    }
}

/// The key and the cure where a route to no server stays announced.
fn stays_out(cast: Cast<'_>, to: usize, able: usize) -> (String, String) {
    let service = cast.service(to);
    let other = cast.regions.get(able);
    let asks = |service: &Service| other.is_none_or(|other| asks(service, other));
    let control = other.is_some_and(|region| region.config.haproxy.control.is_none());
    if service.is_some_and(|service| service.fall > 1) {
        let cure = "fewer readings lead to a worse level".to_owned();
        return (cast.key(to, "fall"), cure);
    }
    if service.is_some_and(|service| service.siblings.is_some() && !asks(service)) {
        let cure = format!("the health page of {} is not asked", cast.name(able));
        return (cast.key(to, "siblings.urls"), cure);
    }
    if control {
        let cure = "without it the health page says 503".to_owned();
        return (format!("haproxy.control ({})", cast.name(able)), cure);
    }
    let cure = "a shorter time until a sibling that came back is trusted".to_owned();
    (cast.key(to, "siblings.settle"), cure)
}

/// The key and the cure where no route is announced although `able` could serve.
fn comes_late(row: &Row, cast: Cast<'_>, able: usize) -> (String, String) {
    let is_of = |n: usize, name: &str| cast.service(n).is_some_and(|own| own.name == name);
    let kept = row.seen.iter().find_map(|(_, seen)| match seen {
        Seen::KeptBack(n, name, damped) if is_of(*n, name) => Some((*n, *damped)),
        _ => None,
    });
    match kept {
        Some((n, true)) => (
            cast.key(n, "damping.wait"),
            "a shorter wait before a return".to_owned(),
        ),
        Some((n, false)) => (
            cast.key(n, "warm_up"),
            "a shorter wait after a start".to_owned(),
        ),
        None if row.failure == "drain" => (
            cast.key(able, "siblings"),
            "a drain then asks the others, and holds the last route".to_owned(),
        ),
        None => (
            cast.key(able, "rise"),
            "fewer readings lead to a better level".to_owned(),
        ),
    }
}

/// A failure that is noticed only by a poll.
fn late(row: &Row, stays: &[Stay], cast: Cast<'_>) -> Option<Wrong> {
    let (noticed, whom) = (row.noticed()?, *row.whom.first()?);
    let config = &cast.regions.get(whom)?.config;
    let is_poll = noticed > AT_ONCE && sum(stays, is_lost) > AT_ONCE;
    let time = words(noticed);
    let name = cast.name(whom);
    match row.failure.as_str() {
        _ if !is_poll => None,
        "servers-die" | "servers-flap" if config.haproxy.events.is_none() => Some(Wrong {
            what: format!("the servers' end is noticed at the next poll, {time} later"),
            key: format!("haproxy.events ({name})"),
            cure: "HAProxy's log wakes haproxy-rhi".to_owned(),
        }),
        "haproxy-dies" if !matches!(config.haproxy.stats, Stats::Socket(Socket::Unix(_))) => {
            Some(Wrong {
                what: format!("HAProxy's end is noticed at the next poll, {time} later"),
                key: format!("haproxy.stats ({name})"),
                cure: "over a unix socket, the end of the process is seen at once".to_owned(),
            })
        }
        _ => None,
    }
}

fn flaps(row: &Row, stays: &[Stay], cast: Cast<'_>) -> Option<Wrong> {
    let mut whom = row.whom.iter().copied();
    let whom = whom.find(|number| cast.service(*number).is_some());
    let whom = whom.or(row.whom.first().copied()).unwrap_or(0);
    let (count, updates) = (moves(stays), row.updates(cast.prefix));
    let damped = cast
        .service(whom)
        .is_some_and(|service| service.damping.is_some());
    match row.failure.as_str() {
        "servers-flap" if count > FLAPS => Some(Wrong {
            what: format!("clients are moved {count} times, with {updates} UPDATEs"),
            key: cast.key(whom, if damped { "damping.wait" } else { "damping" }),
            cure: "each return waits longer than the one before".to_owned(),
        }),
        "haproxy-reloads" if updates > 0 => Some(Wrong {
            what: format!("a reload with healthy servers sends {updates} UPDATEs"),
            key: cast.key(whom, "unknown.hold"),
            cure: "longer than the first checks take; and haproxy.remember".to_owned(),
        }),
        "servers-flap" => None,
        _ if count > MOVES => Some(Wrong {
            what: format!("clients are moved {count} times by one failure"),
            key: cast.key(whom, "siblings.settle"),
            cure: "a sibling that comes back is trusted later".to_owned(),
        }),
        _ => None,
    }
}

/// A time for people, rounded: `1.4 ms`, `30 s`, `5 min`.
pub fn words(time: Time) -> String {
    let ms = time / MS;
    match time {
        0..1_000 => format!("{} ms", tenths(time.div_ceil(100))),
        1_000..10_000 => format!("{} ms", tenths(time / 100)),
        10_000..1_000_000 => format!("{ms} ms"),
        1_000_000..10_000_000 => format!("{} s", tenths(ms / 100)),
        10_000_000..120_000_000 => format!("{} s", ms / 1000),
        _ => format!("{} min", ms / 60_000),
    }
}

fn tenths(count: u64) -> String {
    match count % 10 {
        0 => format!("{}", count / 10),
        rest => format!("{}.{rest}", count / 10),
    }
}
