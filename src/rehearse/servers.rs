//! How many servers each backend has in a rehearsal, and which level so many of them make.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::condition::{BackendRule, Condition, Probe};
use crate::config::{Config, Service};
use crate::glance::{Standing, glance};
use crate::observation::{Finding, Observation, Reading};
use crate::program::Plan;
use crate::verdict::Past;
use crate::world::haproxy::{Backend, Haproxy, Layout, Seen};

/// More servers tell no more levels apart.
const MOST: usize = 12;

/// As few servers as tell the levels of every service apart, two at least.
pub fn enough(configs: &[&Config], now: Instant) -> usize {
    let wanted = configs.iter().flat_map(|config| rules(config)).map(least);
    let least = wanted.max().unwrap_or(0).max(2);
    let most = least.max(MOST);
    let kinds = |count: usize| -> usize {
        let services = configs
            .iter()
            .flat_map(|config| config.services.iter().map(move |service| (config, service)));
        services
            .map(|(config, service)| standings(config, service, count, now).len())
            .sum()
    };
    let best = (least..=most).map(kinds).max().unwrap_or(0);
    (least..=most)
        .find(|count| kinds(*count) == best)
        .unwrap_or(least)
}

/// The servers that a rule needs to hold.
fn least(rule: &BackendRule) -> usize {
    let active = rule.min_active.map_or(0, |count| count.get() as usize);
    active.max(rule.servers.len()).min(MOST)
}

/// A server's weight: half of the servers make the sum that a level wants.
pub fn weight(config: &Config, servers: usize) -> u32 {
    let sums = rules(config).into_iter().filter_map(|rule| rule.min_weight);
    let sum = sums.map(|sum| sum.get()).max().unwrap_or(0);
    let servers = u32::try_from(servers).unwrap_or(u32::MAX).max(1);
    sum.saturating_mul(2).div_ceil(servers).clamp(1, 256)
}

/// The names that rules give to servers of a backend.
pub fn names(config: &Config, backend: &str, servers: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for rule in rules(config)
        .iter()
        .filter(|rule| rule.name.as_str() == backend)
    {
        let new = rule.servers.iter().map(ToString::to_string);
        names.extend(new.filter(|name| !names.contains(name)).collect::<Vec<_>>());
    }
    names.truncate(servers);
    names
}

/// Every rule on a backend.
fn rules(config: &Config) -> Vec<&BackendRule> {
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

/// Whether a service is at its best where this holds: not where levels have it under a `not` alone, as an operator's switch is.
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

/// The standings of a service, each with the most living servers that make it, for fewer than all of them.
pub fn standings(
    config: &Config,
    service: &Service,
    servers: usize,
    now: Instant,
) -> Vec<(Standing, usize)> {
    let mut found: Vec<(Standing, usize)> = Vec::new();
    for alive in (0..=servers).rev() {
        let target = glance(service, &seen(config, alive, servers, now), Past::none()).target;
        let target = target
            .map(Standing::from)
            .filter(|target| found.iter().all(|(known, _)| known != target));
        found.extend(target.map(|target| (target, alive)));
    }
    found
}

/// What a look would see with so many living servers.
fn seen(config: &Config, alive: usize, servers: usize, now: Instant) -> Observation {
    let plan = Plan::of(config);
    let mut layout = Layout::default();
    for (group, name) in plan.backends.iter().enumerate() {
        let names = names(config, name, servers);
        let backend = Backend {
            group,
            names,
            ..Backend::default()
        };
        layout.backends.insert(name.clone(), backend);
    }
    let numbered = plan.frontends.iter().cloned().enumerate();
    layout.frontends = numbered.map(|(number, name)| (name, number)).collect();
    let mut haproxy = Haproxy::new(layout, &vec![servers; plan.backends.len()]);
    let weight = weight(config, servers);
    for group in &mut haproxy.services {
        group.iter_mut().for_each(|row| row.weight = weight);
        let dead = group.iter_mut().skip(alive);
        dead.for_each(|row| row.seen = Seen::Down);
    }
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
