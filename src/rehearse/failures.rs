//! The failures that are rehearsed.

use std::time::{Duration, Instant};

use crate::config::Config;
use crate::glance::Standing;
use crate::report::standing;
use crate::world::queue::{MS, Time};

use super::acts::Act;
use super::edges::micros;
use super::peers::Peer;
use super::servers::standings;
use super::site::Region;

/// What is to be seen of a rehearsal after everything that a configuration states.
const AFTER: Time = 10_000 * MS;
/// No configuration is waited for longer.
const LONGEST: Time = 900_000 * MS;
/// Servers that flap: so often, down and up for so long each.
const FLAPS: Time = 10;
const FLAP: Time = 1_500 * MS;

/// A failure, and its end.
#[derive(Debug)]
pub struct Failure {
    /// Its name, for `--only` and programs: `servers-die`.
    pub name: String,
    /// Whom it befalls: the NVAs, then the peers, by number.
    pub whom: Vec<usize>,
    /// One after the other.
    pub steps: Vec<Step>,
}

/// A part of a failure: a row of the table.
#[derive(Debug)]
pub struct Step {
    /// What happens, in words.
    pub title: String,
    /// What is done, each so long after the beginning.
    pub acts: Vec<(Time, Act)>,
    /// It is looked at for so long.
    pub lasts: Time,
}

/// How long everything takes that a configuration states, at most.
pub fn settled(config: &Config, hold: Time) -> Time {
    let pace = config.haproxy.interval;
    let of = |service: &crate::config::Service| {
        let siblings = service.siblings.as_ref();
        let settle = siblings.map_or(Duration::ZERO, |siblings| siblings.settle);
        let takeover = service.takeover().map_or(Duration::ZERO, |rule| rule.after);
        let damping = service
            .damping
            .map_or(Duration::ZERO, |damping| damping.wait);
        let readings = service
            .levels
            .iter()
            .map(|level| level.rise.max(level.fall));
        let readings = readings.max().unwrap_or(1).max(service.rise).min(1000);
        let drain = service.drain.ask.saturating_add(service.drain.depreferred);
        let parts = [
            service.hold,
            settle,
            takeover,
            damping,
            service.warm_up,
            drain,
            pace * readings,
        ];
        parts
            .iter()
            .fold(Duration::ZERO, |sum, part| sum.saturating_add(*part))
    };
    let stated = config.services.iter().map(of).max().unwrap_or_default();
    micros(stated).saturating_add(hold).min(LONGEST) + AFTER
}

/// All failures of these regions. `lasts`: how long each is looked at.
pub fn all(
    regions: &[Region],
    peers: &[Peer],
    servers: usize,
    lasts: Time,
    now: Instant,
) -> Vec<Failure> {
    let step = |title: &str, acts: Vec<Act>| Step {
        title: title.to_owned(),
        acts: acts.into_iter().map(|act| (0, act)).collect(),
        lasts,
    };
    let mut failures = Vec::new();
    let mut add = |name: &str, whom: Vec<usize>, steps: Vec<Step>| {
        let name = name.to_owned();
        failures.push(Failure { name, whom, steps });
    };
    for (n, region) in regions.iter().enumerate() {
        let back = || step("they return", vec![Act::Servers(n, servers)]);
        let steps = vec![step("all servers die", vec![Act::Servers(n, 0)]), back()];
        add("servers-die", vec![n], steps);
        for (level, alive) in levels(region, servers, now) {
            let title = format!("{alive} of {servers} servers left: {level}");
            let steps = vec![step(&title, vec![Act::Servers(n, alive)]), back()];
            add(&format!("servers-left-{alive}"), vec![n], steps);
        }
        add("servers-flap", vec![n], vec![flaps(n, servers, lasts)]);
        let steps = vec![
            step("HAProxy dies", vec![Act::HaproxyDies(n)]),
            step("it starts again", vec![Act::HaproxyStarts(n)]),
        ];
        add("haproxy-dies", vec![n], steps);
        let steps = vec![
            step("HAProxy freezes", vec![Act::HaproxyHangs(n, true)]),
            step("it goes on", vec![Act::HaproxyHangs(n, false)]),
        ];
        add("haproxy-freezes", vec![n], steps);
        let reloads = step("HAProxy reloads", vec![Act::HaproxyReloads(n)]);
        add("haproxy-reloads", vec![n], vec![reloads]);
        let acts = vec![(0, Act::HaproxyDies(n)), (100 * MS, Act::HaproxyStarts(n))];
        let title = "HAProxy restarts, undrained".to_owned();
        add(
            "haproxy-restarts",
            vec![n],
            vec![Step { title, acts, lasts }],
        );
        let acts = vec![(0, Act::ExabgpDies(n)), (1_000 * MS, Act::ExabgpStarts(n))];
        let title = "ExaBGP restarts, undrained".to_owned();
        add(
            "exabgp-restarts",
            vec![n],
            vec![Step { title, acts, lasts }],
        );
        let dies = step("haproxy-rhi is killed", vec![Act::ProcessDies(n)]);
        add("haproxy-rhi-dies", vec![n], vec![dies]);
        let steps = vec![
            step("the VM vanishes", vec![Act::Vanishes(n)]),
            step("it boots again", vec![Act::Boots(n)]),
        ];
        add("vm-vanishes", vec![n], steps);
        let steps = vec![
            step("drain", vec![Act::Drain(n, true)]),
            step("resume", vec![Act::Drain(n, false)]),
        ];
        add("drain", vec![n], steps);
        if let Some(edit) = &region.edit {
            let edits = step(
                "the file is edited",
                vec![Act::Edit(n, Box::new(edit.clone()))],
            );
            add("edit", vec![n], vec![edits]);
        }
    }
    let all = regions.len() + peers.len();
    for p in 0..peers.len() {
        let steps = vec![
            step("the VM vanishes", vec![Act::PeerVanishes(p)]),
            step("it boots again", vec![Act::PeerBoots(p)]),
        ];
        add("vm-vanishes", vec![regions.len() + p], steps);
    }
    for one in 0..regions.len() {
        for other in one + 1..all {
            let part = |apart| vec![Act::Part(one, other, apart)];
            let steps = vec![
                step("they do not see each other", part(true)),
                step("they do again", part(false)),
            ];
            add("partition", vec![one, other], steps);
        }
    }
    if all > 1 {
        let servers_of = |count: usize| {
            let nodes = (0..regions.len()).map(|n| Act::Servers(n, count));
            let peers = (0..peers.len()).map(|p| Act::PeerServes(p, count > 0));
            nodes.chain(peers).collect::<Vec<Act>>()
        };
        let steps = vec![
            step("all servers of all regions die", servers_of(0)),
            step("they return", servers_of(servers)),
        ];
        add("all-servers-die", Vec::new(), steps);
    }
    failures
}

/// The servers die and return, and do so again.
fn flaps(n: usize, servers: usize, lasts: Time) -> Step {
    let one = |count: Time| {
        let at = 2 * FLAP * count;
        [
            (at, Act::Servers(n, 0)),
            (at + FLAP, Act::Servers(n, servers)),
        ]
    };
    Step {
        title: format!(
            "servers flap, {FLAPS} times in {} s",
            2 * FLAP * FLAPS / MS / 1000
        ),
        acts: (0..FLAPS).flat_map(one).collect(),
        lasts: lasts + 2 * FLAP * FLAPS,
    }
}

/// The levels below the best, each with the most servers that make it.
fn levels(region: &Region, servers: usize, now: Instant) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for service in &region.config.services {
        for (level, alive) in standings(&region.config, service, servers, now) {
            let is_between = matches!(level, Standing::Level(index) if index > 0) && alive > 0;
            let is_new = found.iter().all(|(_, known)| *known != alive);
            if is_between && is_new && alive < servers {
                found.push((standing(service, level).to_owned(), alive));
            }
        }
    }
    found
}
