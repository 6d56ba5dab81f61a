//! The failures that are rehearsed.

use std::time::{Duration, Instant};

use crate::config::{Config, Service};
use crate::glance::Standing;
use crate::report::standing;
use crate::world::queue::{MS, Time};

use super::acts::Act;
use super::edges::micros;
use super::peers::Peer;
use super::servers::{most, standings};
use super::site::{Region, is_near};

/// The time beyond those that a configuration states.
const AFTER: Time = 10_000 * MS;
/// The most of each time that a configuration states.
const LONGEST: Time = 300_000 * MS;
/// How often servers flap; how long they are down, and up, each time.
const FLAPS: Time = 10;
const FLAP: Time = 1_500 * MS;

/// A failure, and its end.
#[derive(Debug)]
pub struct Failure {
    /// Its name, for `--only` and programs: `servers-die`.
    pub name: String,
    /// The NVAs and peers that it befalls, by number; empty: all.
    pub whom: Vec<usize>,
    /// The steps, one after the other.
    pub steps: Vec<Step>,
}

/// A part of a failure: a row of the table.
#[derive(Debug)]
pub struct Step {
    /// What happens, in words.
    pub title: String,
    /// What is done, each with its time from the step's beginning.
    pub acts: Vec<(Time, Act)>,
    /// How long the step is played.
    pub lasts: Time,
}

/// The longest times that the configurations state.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Until all is settled after a fault.
    pub base: Time,
    /// `unknown.hold`.
    pub unknown: Time,
    /// The stages of a drain.
    pub drain: Time,
    /// `damping`, after servers have flapped.
    pub damping: Time,
    /// BGP's hold time.
    pub hold: Time,
}

impl Times {
    /// What these configurations state.
    pub fn of(configs: &[&Config], hold: Time) -> Self {
        let longest = |of: &dyn Fn(&Config, &Service) -> Duration| {
            let all = configs.iter().flat_map(|config| {
                let services = config.services.iter();
                services.map(|service| of(config, service))
            });
            micros(all.max().unwrap_or_default()).min(LONGEST)
        };
        let base = |config: &Config, service: &Service| {
            let settle = service.siblings.as_ref().map(|siblings| siblings.settle);
            let takeover = service.takeover().map(|rule| rule.after);
            let readings = service
                .levels
                .iter()
                .map(|level| level.rise.max(level.fall));
            let readings = readings.max().unwrap_or(1).max(service.rise).min(1000);
            let parts = [
                settle,
                takeover,
                Some(service.warm_up),
                Some(config.haproxy.interval * readings),
            ];
            let parts = parts.into_iter().flatten();
            parts.fold(Duration::ZERO, Duration::saturating_add)
        };
        Self {
            base: AFTER + longest(&base),
            unknown: longest(&|_, service| service.hold),
            drain: longest(&|_, service| {
                service.drain.ask.saturating_add(service.drain.depreferred)
            }),
            damping: longest(&|_, service| {
                service
                    .damping
                    .map_or(Duration::ZERO, |damping| damping.wait.saturating_mul(4))
            }),
            hold: hold.min(LONGEST),
        }
    }
}

/// All failures of these regions.
pub fn all(
    regions: &[Region],
    peers: &[Peer],
    servers: usize,
    times: Times,
    now: Instant,
) -> Vec<Failure> {
    let step = |title: &str, acts: Vec<Act>| Step {
        title: title.to_owned(),
        acts: acts.into_iter().map(|act| (0, act)).collect(),
        lasts: times.base,
    };
    let longer = |mut step: Step, by: Time| {
        step.lasts += by;
        step
    };
    let vanishes = |n: usize| {
        vec![
            longer(step("the VM vanishes", vec![Act::Vanishes(n)]), times.hold),
            step("it boots again", vec![Act::Boots(n)]),
        ]
    };
    let mut failures = Vec::new();
    let mut add = |name: &str, whom: Vec<usize>, steps: Vec<Step>| {
        let name = name.to_owned();
        failures.push(Failure { name, whom, steps });
    };
    let given = regions.iter().take_while(|region| region.like.is_none());
    for (n, region) in given.enumerate() {
        let servers = most(&region.config, &region.known, servers);
        let back = || step("they return", vec![Act::Servers(n, servers)]);
        let steps = vec![step("all servers die", vec![Act::Servers(n, 0)]), back()];
        add("servers-die", vec![n], steps);
        for (level, alive) in levels(region, servers, now) {
            let title = format!("{alive} of {servers} servers left: {level}");
            let steps = vec![step(&title, vec![Act::Servers(n, alive)]), back()];
            add(&format!("servers-left-{alive}"), vec![n], steps);
        }
        add(
            "servers-flap",
            vec![n],
            vec![flaps(n, servers, times.base + times.damping)],
        );
        let steps = vec![
            step("HAProxy dies", vec![Act::HaproxyDies(n)]),
            step("it starts again", vec![Act::HaproxyStarts(n)]),
        ];
        add("haproxy-dies", vec![n], steps);
        let steps = vec![
            longer(
                step("HAProxy freezes", vec![Act::HaproxyHangs(n, true)]),
                times.unknown,
            ),
            step("it goes on", vec![Act::HaproxyHangs(n, false)]),
        ];
        add("haproxy-freezes", vec![n], steps);
        let reloads = step("HAProxy reloads", vec![Act::HaproxyReloads(n)]);
        add("haproxy-reloads", vec![n], vec![reloads]);
        let lasts = times.base;
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
        add("vm-vanishes", vec![n], vanishes(n));
        let steps = vec![
            longer(step("drain", vec![Act::Drain(n, true)]), times.drain),
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
    // A region that is not given can only vanish: the others' reaction is what counts.
    let unknown = regions
        .iter()
        .enumerate()
        .filter(|(_, region)| region.like.is_some());
    for (n, _) in unknown {
        add("vm-vanishes", vec![n], vanishes(n));
    }
    let all = regions.len() + peers.len();
    for p in 0..peers.len() {
        let steps = vec![
            longer(
                step("the VM vanishes", vec![Act::PeerVanishes(p)]),
                times.hold,
            ),
            step("it boots again", vec![Act::PeerBoots(p)]),
        ];
        add("vm-vanishes", vec![regions.len() + p], steps);
    }
    let given = regions.iter().filter(|region| region.like.is_none());
    for one in 0..given.count() {
        for other in one + 1..all {
            let group = near(regions, one);
            if group.get(..2) == Some(&[one, other]) {
                failures.extend(together(&group, servers, times));
            }
            let part = |apart| vec![Act::Part(one, other, apart)];
            let steps = vec![
                step("they do not see each other", part(true)),
                step("they do again", part(false)),
            ];
            failures.push(Failure {
                name: "partition".to_owned(),
                whom: vec![one, other],
                steps,
            });
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
        failures.push(Failure {
            name: "all-servers-die".to_owned(),
            whom: Vec::new(),
            steps,
        });
    }
    failures
}

/// This NVA and the others of its region, by number.
fn near(regions: &[Region], one: usize) -> Vec<usize> {
    let services = regions.get(one).map(|region| &region.config.services);
    let is_near = |other: &Region| {
        let mut services = services.into_iter().flatten();
        services.any(|service| is_near(service, other))
    };
    let all = regions.iter().enumerate();
    let of_region = all.filter(|(number, other)| *number == one || is_near(other));
    of_region.map(|(number, _)| number).collect()
}

/// Failures of all NVAs of a region at once.
fn together(whom: &[usize], servers: usize, times: Times) -> [Failure; 2] {
    let all = |act: &dyn Fn(usize) -> Act| whom.iter().map(|n| (0, act(*n))).collect();
    let step = |title: &str, act: &dyn Fn(usize) -> Act, lasts| Step {
        title: title.to_owned(),
        acts: all(act),
        lasts,
    };
    let failure = |name: &str, steps| Failure {
        name: name.to_owned(),
        whom: whom.to_vec(),
        steps,
    };
    let (base, gone) = (times.base, times.base + times.hold);
    [
        failure(
            "servers-die",
            vec![
                step("all servers die", &|n| Act::Servers(n, 0), base),
                step("they return", &|n| Act::Servers(n, servers), base),
            ],
        ),
        failure(
            "vm-vanishes",
            vec![
                step("the VMs vanish", &Act::Vanishes, gone),
                step("they boot again", &Act::Boots, base),
            ],
        ),
    ]
}

/// All servers die and return, FLAPS times.
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

/// The levels below the best, each with the most living servers that lead to it.
fn levels(region: &Region, servers: usize, now: Instant) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    let all = standings(&region.config, &region.known, servers, now);
    for (service, levels) in region.config.services.iter().zip(all) {
        for (level, alive) in levels {
            let is_between = matches!(level, Standing::Level(index) if index > 0) && alive > 0;
            let is_new = found.iter().all(|(_, known)| *known != alive);
            if is_between && is_new && alive < servers {
                found.push((standing(service, level).to_owned(), alive));
            }
        }
    }
    found
}
