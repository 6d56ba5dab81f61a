//! Levels that can never hold, and levels that are never in force.

use std::time::Instant;

use crate::condition::Condition;
use crate::config::{Config, Place, Service};
use crate::observation::Observation;
use crate::verdict::{Past, Truth, verdict};

use super::servers::{Known, all_alive};
use super::site::Region;
use super::wrong::Wrong;

/// The findings for these regions and their edits. `counted`: `servers` was given for the backends without a haproxy.cfg, and not
/// chosen to fit the levels.
pub fn never(regions: &[Region], servers: usize, counted: bool, now: Instant) -> Vec<Wrong> {
    let mut found: Vec<Wrong> = Vec::new();
    for region in regions {
        let configs = [Some(&region.config), region.edit.as_ref()];
        for config in configs.into_iter().flatten() {
            let most = Most {
                seen: all_alive(config, &region.known, servers, now),
                known: &region.known,
                counted,
            };
            let new = of_config(config, &most, &region.name);
            let new: Vec<Wrong> = new.filter(|wrong| !found.contains(wrong)).collect();
            found.extend(new);
        }
    }
    found
}

fn of_config(config: &Config, most: &Most<'_>, region: &str) -> impl Iterator<Item = Wrong> {
    config.services.iter().flat_map(move |service| {
        let levels = 0..service.levels.len();
        levels.filter_map(move |index| of_level(service, index, most, region))
    })
}

fn of_level(service: &Service, index: usize, most: &Most<'_>, region: &str) -> Option<Wrong> {
    let (better, rest) = service.levels.split_at_checked(index)?;
    let level = rest.first()?;
    let top = Place::default().key("services").key(&service.name);
    let place = top.key("levels").index(index).key("when");
    let whose = format!(
        "{region}: level '{}' of service {}",
        level.name, service.name
    );
    if let Some(why) = most.why_not(&level.when, true, &place) {
        return Some(Wrong {
            what: format!("{whose} can never hold: {}", why.what),
            key: format!("{} ({region})", why.place),
            cure: why.cure.to_owned(),
        });
    }
    let other = level.hidden_by(better)?;
    Some(Wrong {
        what: format!(
            "{whose} is never in force: where it holds, the better level '{}' does",
            other.name
        ),
        key: format!("{place} ({region})"),
        cure: format!(
            "less than '{}' asks for; or the two in the other order",
            other.name
        ),
    })
}

/// Why a condition can never hold, or never fail.
struct Why {
    place: Place,
    what: String,
    cure: &'static str,
}

/// The best state of all servers.
struct Most<'most> {
    /// All servers live.
    seen: Observation,
    known: &'most Known,
    counted: bool,
}

impl Most<'_> {
    /// Why a condition can never hold, or (where `wanted` is false) never fail; `None`: perhaps it can.
    fn why_not(&self, condition: &Condition, wanted: bool, place: &Place) -> Option<Why> {
        let parts = parts(condition, place);
        let mut whys = parts
            .iter()
            .filter_map(|(part, place)| self.why_not(part, wanted, place));
        match (condition, wanted) {
            (Condition::All(_), true) | (Condition::Any(_), false) => whys
                .next()
                .or_else(|| contradiction(condition, wanted, place)),
            (Condition::All(_), false) | (Condition::Any(_), true) => {
                first_of(whys.collect(), parts.len())
            }
            (Condition::AtLeast(rule), _) => {
                let count = rule.count.get() as usize;
                let needed = match wanted {
                    true => count,
                    false => (parts.len() + 1).saturating_sub(count),
                };
                first_of(whys.collect(), (parts.len() + 1).saturating_sub(needed))
            }
            (Condition::Not(inner), _) => self.why_not(inner, !wanted, &place.key("not")),
            (Condition::Backend(rule), true) => {
                let is_known = self.counted || self.known.contains_key(rule.name.as_str());
                let verdict = verdict(condition, &self.seen, Past::none());
                (is_known && verdict.truth != Truth::Yes).then(|| Why {
                    place: place.key("backend"),
                    what: format!("at best {}", verdict.why),
                    cure: "no more than the backend has",
                })
            }
            _ => None,
        }
    }
}

/// The first reason, where there are `too_many` of them or more.
fn first_of(whys: Vec<Why>, too_many: usize) -> Option<Why> {
    let is_met = whys.len() < too_many;
    whys.into_iter().next().filter(|_| !is_met)
}

/// The conditions in a list, with their places.
fn parts<'list>(condition: &'list Condition, place: &Place) -> Vec<(&'list Condition, Place)> {
    let (list, place) = match condition {
        Condition::All(list) => (list, place.key("all")),
        Condition::Any(list) => (list, place.key("any")),
        Condition::AtLeast(rule) => (&rule.of, place.key("at_least").key("of")),
        _ => return Vec::new(),
    };
    let list = list.iter().enumerate();
    list.map(|(index, part)| (part, place.index(index)))
        .collect()
}

/// One condition that must hold and must not.
fn contradiction(condition: &Condition, wanted: bool, place: &Place) -> Option<Why> {
    let mut all = Vec::new();
    wishes(condition, wanted, place, &mut all);
    let is_opposed = |(one, wanted, _): &&(&Condition, bool, Place)| {
        let mut others = all.iter();
        !wanted && others.any(|(other, wanted, _)| *wanted && one == other)
    };
    let (condition, _, place) = all.iter().find(is_opposed)?;
    Some(Why {
        place: place.clone(),
        what: format!("it needs {} and its opposite", named(condition)),
        cure: "leave one of the two out",
    })
}

/// Collects every condition that must hold (true) or must not (false).
fn wishes<'list>(
    condition: &'list Condition,
    wanted: bool,
    place: &Place,
    found: &mut Vec<(&'list Condition, bool, Place)>,
) {
    match (condition, wanted) {
        (Condition::All(_), true) | (Condition::Any(_), false) => {
            for (part, place) in parts(condition, place) {
                wishes(part, wanted, &place, found);
            }
        }
        (Condition::Not(inner), _) => wishes(inner, !wanted, &place.key("not"), found),
        _ => found.push((condition, wanted, place.clone())),
    }
}

fn named(condition: &Condition) -> String {
    match condition {
        Condition::Backend(rule) => format!("backend {}", rule.name),
        Condition::Frontend(rule) => format!("frontend {}", rule.name),
        _ => "the same condition".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    /// The findings for a service with these levels, of a backend with two servers.
    fn told(levels: &[&str]) -> Vec<String> {
        let levels = levels.iter().enumerate();
        let levels = levels
            .map(|(index, when)| format!("{{\"name\": \"l{index}\", \"when\": {when}}}"))
            .collect::<Vec<_>>();
        let config = config::parse(&format!(
            "{{\"services\": {{\"web\": {{\"prefixes\": [\"9.9.9.9/32\"], \"next_hop\": \"10.0.0.1\", \"levels\": [{}]}}}}}}",
            levels.join(", ")
        ));
        let servers = vec!["a".to_owned(), "b".to_owned()];
        let region = Region {
            name: "here".to_owned(),
            config: config.unwrap(),
            edit: None,
            known: Known::from([("back".to_owned(), servers)]),
            like: None,
        };
        let found = never(&[region], 2, false, Instant::now());
        let found = found.into_iter();
        found
            .map(|wrong| format!("{} | {}", wrong.what, wrong.key))
            .collect()
    }

    fn back(measure: &str) -> String {
        format!("{{\"backend\": {{\"name\": \"back\"{measure}}}}}")
    }

    #[test]
    fn a_condition_can_never_hold_where_a_part_cannot_that_it_needs() {
        let (three, two) = (back(", \"min_active\": 3"), back(", \"min_active\": 2"));
        let elsewhere = "{\"backend\": {\"name\": \"other\", \"min_active\": 30}}";
        let front = "{\"frontend\": {\"name\": \"front\"}}";
        for holds in [
            two.clone(),
            elsewhere.to_owned(),
            format!("{{\"any\": [{three}, {front}]}}"),
            format!("{{\"not\": {three}}}"),
            format!("{{\"at_least\": {{\"count\": 1, \"of\": [{three}, {front}]}}}}"),
            format!("{{\"any\": [{front}, {{\"not\": {front}}}]}}"),
            format!("{{\"not\": {{\"all\": [{front}, {two}]}}}}"),
        ] {
            assert_eq!(told(&[&holds]), Vec::<String>::new(), "{holds}");
        }
        for (never, key) in [
            (three.clone(), "backend"),
            (back(", \"servers\": [\"c\"]"), "backend"),
            (format!("{{\"all\": [{front}, {three}]}}"), "all[1].backend"),
            (
                format!("{{\"any\": [{three}, {{\"all\": [{three}]}}]}}"),
                "any[0].backend",
            ),
            (
                format!("{{\"at_least\": {{\"count\": 2, \"of\": [{three}, {front}]}}}}"),
                "at_least.of[0].backend",
            ),
            (
                format!("{{\"all\": [{front}, {{\"not\": {front}}}]}}"),
                "all[1].not",
            ),
            (
                format!("{{\"not\": {{\"any\": [{front}, {{\"not\": {front}}}]}}}}"),
                "not.any[0]",
            ),
        ] {
            let told = told(&[&never]);
            let key = format!(" | services.web.levels[0].when.{key} (here)");
            assert!(
                told.len() == 1
                    && told[0].ends_with(&key)
                    && told[0].contains("'l0' of service web can never hold: "),
                "{never}: {told:?}"
            );
        }
    }

    #[test]
    fn a_level_is_never_in_force_that_asks_for_no_less_than_a_better_one() {
        let of = |measure: &str| back(measure);
        let front = "{\"frontend\": {\"name\": \"front\"}}";
        let both = |one: &str, other: &str| format!("{{\"all\": [{one}, {other}]}}");
        let (one, two) = (of(""), of(", \"min_active\": 2"));
        for (better, worse) in [
            (one.clone(), two.clone()),
            (one.clone(), one.clone()),
            (one.clone(), both(front, &two)),
            (both(front, &one), both(&two, front)),
            (format!("{{\"any\": [{front}, {one}]}}"), two.clone()),
            (format!("{{\"not\": {two}}}"), format!("{{\"not\": {one}}}")),
        ] {
            let told = told(&[&better, &worse]);
            assert_eq!(
                told,
                [
                    "here: level 'l1' of service web is never in force: where it holds, the better level 'l0' does | services.web.levels[1].when (here)"
                ],
                "{better} {worse}"
            );
        }
        for (better, worse) in [
            (two.clone(), one.clone()),
            (both(front, &one), one.clone()),
            (of(", \"min_percent\": 50"), two.clone()),
            (of(", \"servers\": [\"a\"]"), two.clone()),
            (format!("{{\"not\": {one}}}"), format!("{{\"not\": {two}}}")),
        ] {
            assert_eq!(
                told(&[&better, &worse]),
                Vec::<String>::new(),
                "{better} {worse}"
            );
        }
    }
}
