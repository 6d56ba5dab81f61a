//! How much work a rehearsal is: too much is refused before it begins.

use std::time::Duration;

use crate::config::Config;
use crate::failure::{self, Failure};
use crate::program::Plan;
use crate::value::counted;
use crate::world::queue::{MS, Time};

use super::edges::micros;
use super::failures::Failure as Event;
use super::site::Region;

/// The most steps, each of one service in one call of a program: some minutes of a core.
const MOST: u64 = 150_000_000;
/// The cost of a call itself, in services.
const CALL: u64 = 3;

/// Refuses what would take too long. `warm`: the time that is played before each failure.
pub fn fits(regions: &[Region], failures: &[&Event], warm: Time) -> Result<(), Failure> {
    let lasts = |failure: &Event| {
        let steps = failure.steps.iter().map(|step| step.lasts);
        steps.fold(warm, Time::saturating_add)
    };
    let played = failures.iter().map(|failure| lasts(failure) / (1_000 * MS));
    let second = regions.iter().map(|region| second(&region.config));
    let (played, second): (u64, u64) = (played.sum(), second.sum());
    // Without failures yet: one failure must fit.
    let played = played.max(warm / (1_000 * MS));
    match played.saturating_mul(second) > MOST {
        true => Err(too_much(regions, failures.len().max(1))),
        false => Ok(()),
    }
}

/// The steps of one NVA in a second: each look and each page's answer is a call or two.
fn second(config: &Config) -> u64 {
    let interval = micros(config.haproxy.interval.max(Duration::from_millis(1)));
    let looks = (1_000 * MS).div_ceil(interval);
    let pages = Plan::of(config).probed().len() as u64;
    let services = config.services.len() as u64;
    (8 + 2 * looks * (1 + pages)).saturating_mul(services + CALL)
}

fn too_much(regions: &[Region], failures: usize) -> Failure {
    let services: usize = regions
        .iter()
        .map(|region| region.config.services.len())
        .sum();
    let first = regions
        .first()
        .map_or("NAME", |region| region.name.as_str());
    failure::usage(format!(
        "{} of {} with {} in all would take too long; rehearse a part: --only servers-die, --only {first}, or files with fewer services",
        counted(failures, "failure"),
        counted(regions.len(), "region"),
        counted(services, "service"),
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::failures::{Times, all};
    use super::super::outcome::rehearse;
    use super::super::peers::peers;
    use super::super::play::Play;
    use super::super::servers::Known;
    use super::*;
    use crate::config;

    /// `count` NVAs with `services` services each; each asks all others.
    fn regions(count: usize, services: usize) -> Vec<Region> {
        let page = |number| format!("\"http://172.16.{number}.70/health\"");
        let region = |own: usize| {
            let others = (0..count).filter(|number| *number != own).map(page);
            let others = others.collect::<Vec<_>>().join(", ");
            let siblings = match count {
                1 => String::new(),
                _ => format!(", \"siblings\": {{\"urls\": [{others}]}}"),
            };
            let service = |index: usize| {
                format!(
                    "\"web{index}\": {{\"prefixes\": [\"10.0.{}.{}/32\"], \"next_hop\": \"172.16.{own}.70\", \"as_path\": [65010], \
                     \"levels\": [{{\"name\": \"up\", \"when\": {{\"backend\": {{\"name\": \"b{index}\", \"min_active\": 1}}}}}}]{siblings}}}",
                    index / 250,
                    index % 250
                )
            };
            let services: Vec<String> = (0..services).map(service).collect();
            let text = format!("{{\"services\": {{{}}}}}", services.join(", "));
            Region {
                name: format!("r{own}"),
                config: config::parse(&text).unwrap(),
                edit: None,
                known: Known::new(),
                like: None,
            }
        };
        (0..count).map(region).collect()
    }

    /// How many events one failure took, or the refusal.
    fn events(count: usize, services: usize) -> Result<u64, String> {
        let (regions, hold, now) = (regions(count, services), 30_000 * MS, Instant::now());
        let configs: Vec<&Config> = regions.iter().map(|region| &region.config).collect();
        let times = Times::of(&configs, hold);
        let all = all(&regions, &peers(&regions), 2, times, now);
        let wanted: Vec<&Event> = all.iter().collect();
        fits(&regions, &wanted, times.base).map_err(|failure| failure.to_string())?;
        let mut play = Play::new(&regions, 2, hold, now);
        let first = wanted.first().unwrap();
        rehearse(&mut play, first, times.base);
        Ok(play.queue.ordered())
    }

    #[test]
    fn two_hundred_services_and_sixteen_regions_take_a_bounded_number_of_events() {
        for (count, services, most) in [(1, 200, 5_000), (16, 1, 120_000)] {
            let events = events(count, services).unwrap();
            assert!(events <= most, "{count} x {services}: {events} events");
        }
    }

    #[test]
    fn what_would_take_too_long_is_refused_with_what_to_do() {
        let told = events(16, 40).unwrap_err();
        assert!(told.starts_with("281 failures of 16 regions with 640 services in all would take too long; rehearse a part: --only servers-die, --only r0,"), "{told}");
    }
}
