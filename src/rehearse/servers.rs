//! How many servers each backend has in a rehearsal, and which level so many of them make.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::condition::{BackendRule, Condition, Probe};
use crate::config::Config;
use crate::glance::{Standing, glance};
use crate::observation::{Finding, Observation, Reading};
use crate::program::Plan;
use crate::standing::State;
use crate::verdict::Past;
use crate::world::haproxy::{Backend, Haproxy, Layout, Seen};

/// The most servers that are tried to tell levels apart.
const MOST: usize = 12;

/// The names of servers, by the name of their backend.
pub type Known = BTreeMap<String, Vec<String>>;

/// As few servers as tell the levels of every service apart, two at least.
pub fn enough(configs: &[(&Config, &Known)], now: Instant) -> usize {
    let rules = configs.iter().flat_map(|(config, known)| {
        let rules = rules(config).into_iter();
        rules.filter(|rule| !known.contains_key(rule.name.as_str()))
    });
    let least = rules.map(least).max().unwrap_or(0).max(2);
    let kinds = |count: usize| -> usize {
        let all = configs
            .iter()
            .flat_map(|(config, known)| standings(config, known, count, now));
        all.map(|levels| levels.len()).sum()
    };
    let kinds: Vec<(usize, usize)> = (least..=least.max(MOST))
        .map(|count| (count, kinds(count)))
        .collect();
    let best = kinds.iter().map(|(_, kinds)| *kinds).max();
    let first = kinds.iter().find(|(_, kinds)| Some(*kinds) == best);
    first.map_or(least, |(count, _)| *count)
}

/// How many servers a rule needs to hold.
fn least(rule: &BackendRule) -> usize {
    let active = rule.min_active.map_or(0, |count| count.get() as usize);
    active.max(rule.servers.len()).min(MOST)
}

/// A server's weight: half of the servers make the largest `min_weight`.
pub fn weight(config: &Config, known: &Known, servers: usize) -> u32 {
    let sums = rules(config).into_iter().filter_map(|rule| rule.min_weight);
    let sum = sums.map(|sum| sum.get()).max().unwrap_or(0);
    let names = names(config, known, servers);
    let fewest = names.values().map(Vec::len).filter(|count| *count > 0);
    let servers = u32::try_from(fewest.min().unwrap_or(servers)).unwrap_or(u32::MAX);
    sum.saturating_mul(2).div_ceil(servers.max(1)).clamp(1, 256)
}

/// The servers of every watched backend: those of haproxy.cfg; else `servers` of them, first those that rules name.
pub fn names(config: &Config, known: &Known, servers: usize) -> Known {
    let mut all = Known::new();
    for rule in rules(config) {
        let names = all.entry(rule.name.to_string()).or_default();
        let new = rule.servers.iter().map(ToString::to_string);
        let new: Vec<String> = new.filter(|name| !names.contains(name)).collect();
        names.extend(new);
    }
    for (backend, names) in &mut all {
        match known.get(backend) {
            Some(known) => names.clone_from(known),
            None => {
                names.truncate(servers);
                names.extend((names.len()..servers).map(|index| format!("s{index}")));
            }
        }
    }
    all
}

/// The most servers that a backend has.
pub fn most(config: &Config, known: &Known, servers: usize) -> usize {
    let names = names(config, known, servers);
    names.values().map(Vec::len).max().unwrap_or(servers)
}

/// Every rule on a backend.
pub fn rules(config: &Config) -> Vec<&BackendRule> {
    let mut found = Vec::new();
    let levels = config.services.iter().flat_map(|service| &service.levels);
    levels.for_each(|level| collect(&level.when, &mut found));
    found
}

fn collect<'config>(condition: &'config Condition, found: &mut Vec<&'config BackendRule>) {
    match condition {
        Condition::All(list) | Condition::Any(list) => {
            list.iter().for_each(|inner| collect(inner, found));
        }
        Condition::AtLeast(rule) => rule.of.iter().for_each(|inner| collect(inner, found)),
        Condition::Not(inner) => collect(inner, found),
        Condition::Backend(rule) => found.push(rule),
        _ => {}
    }
}

/// Whether the best level needs this probe to hold; false where levels name it under `not` only, such as a switch file.
pub fn is_wanted(config: &Config, probe: &Probe) -> bool {
    let levels = config.services.iter().flat_map(|service| &service.levels);
    let mut wishes = Vec::new();
    levels.for_each(|level| wishes_for(&level.when, true, probe, &mut wishes));
    wishes.is_empty() || wishes.contains(&true)
}

fn wishes_for(condition: &Condition, wanted: bool, probe: &Probe, wishes: &mut Vec<bool>) {
    let is_it = match (condition, probe) {
        (Condition::All(list) | Condition::Any(list), _) => {
            list.iter()
                .for_each(|inner| wishes_for(inner, wanted, probe, wishes));
            false
        }
        (Condition::AtLeast(rule), _) => {
            rule.of
                .iter()
                .for_each(|inner| wishes_for(inner, wanted, probe, wishes));
            false
        }
        (Condition::Not(inner), _) => {
            wishes_for(inner, !wanted, probe, wishes);
            false
        }
        (Condition::Http(one), Probe::Http(other)) => one == other,
        (Condition::Tcp(one), Probe::Tcp(other)) => one == other,
        (Condition::File(one), Probe::File(other)) => one == other,
        (Condition::Command(one), Probe::Command(other)) => one == other,
        _ => false,
    };
    wishes.extend(is_it.then_some(wanted));
}

/// For each service its standings, each with the most living servers that lead to it.
pub fn standings(
    config: &Config,
    known: &Known,
    servers: usize,
    now: Instant,
) -> Vec<Vec<(Standing, usize)>> {
    let mut found: Vec<Vec<(Standing, usize)>> = vec![Vec::new(); config.services.len()];
    let plan = Plan::of(config);
    let mut haproxy = haproxy(config, &plan, known, servers);
    for alive in (0..=most(config, known, servers)).rev() {
        let seen = seen(config, &plan, &mut haproxy, alive, now);
        for (service, found) in config.services.iter().zip(&mut found) {
            let target = glance(service, &seen, Past::none()).target;
            let target = target.map(Standing::from);
            let new = target.filter(|target| found.iter().all(|(other, _)| other != target));
            found.extend(new.map(|target| (target, alive)));
        }
    }
    found
}

/// What a look would see with all servers alive.
pub fn all_alive(config: &Config, known: &Known, servers: usize, now: Instant) -> Observation {
    let plan = Plan::of(config);
    let mut haproxy = haproxy(config, &plan, known, servers);
    seen(config, &plan, &mut haproxy, usize::MAX, now)
}

/// For each service, whether a level holds with all servers alive.
pub fn holds(config: &Config, known: &Known, servers: usize, now: Instant) -> Vec<bool> {
    let seen = all_alive(config, known, servers, now);
    let holds = |service| {
        let target = glance(service, &seen, Past::none()).target;
        matches!(target, Some(State::Level(_)))
    };
    config.services.iter().map(holds).collect()
}

/// A HAProxy with the backends of this configuration.
fn haproxy(config: &Config, plan: &Plan, known: &Known, servers: usize) -> Haproxy {
    let (mut layout, mut all) = (Layout::default(), names(config, known, servers));
    let mut sizes = Vec::new();
    for (group, name) in plan.backends.iter().enumerate() {
        let names = all.remove(name).unwrap_or_default();
        sizes.push(names.len());
        let backend = Backend {
            group,
            names,
            ..Backend::default()
        };
        layout.backends.insert(name.clone(), backend);
    }
    let numbered = plan.frontends.iter().cloned().enumerate();
    layout.frontends = numbered.map(|(number, name)| (name, number)).collect();
    let mut haproxy = Haproxy::new(layout, &sizes);
    let weight = weight(config, known, servers);
    let rows = haproxy.services.iter_mut().flatten();
    rows.for_each(|row| row.weight = weight);
    haproxy
}

/// What a look would see with `alive` servers of each backend. Dead ones stay dead in `haproxy`: calls go from more to fewer.
fn seen(
    config: &Config,
    plan: &Plan,
    haproxy: &mut Haproxy,
    alive: usize,
    now: Instant,
) -> Observation {
    let groups = haproxy.services.iter_mut();
    let dead = groups.flat_map(|group| group.iter_mut().skip(alive));
    dead.for_each(|row| row.seen = Seen::Down);
    let what = Ok(haproxy.read(&plan.proxies, false));
    let holds = |probe: &Probe| {
        let what = Finding::new(Some(is_wanted(config, probe)), "");
        (probe.clone(), Reading { at: now, what })
    };
    Observation {
        haproxy: (!plan.proxies.is_empty()).then_some(Reading { at: now, what }),
        addresses: plan
            .addresses
            .iter()
            .map(|address| (*address, Ok(true)))
            .collect(),
        probes: plan.probes.iter().map(holds).collect::<BTreeMap<_, _>>(),
        ..Observation::default()
    }
}
