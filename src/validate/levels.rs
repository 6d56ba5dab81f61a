//! Levels that are never in force, whatever HAProxy says. Pure.

use super::ground::{Ground, place};
use super::rule::*;
use crate::condition::{BackendRule, Condition, Count};
use crate::config::{Level, Service};

/// All findings.
pub fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let services = ground.config.services.iter();
    services
        .flat_map(|service| of_service(ground, service))
        .collect()
}

fn of_service(ground: &Ground<'_>, service: &Service) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, level) in service.levels.iter().enumerate() {
        let at = place(service).key("levels").index(index).key("when");
        let before = service.levels.get(..index).unwrap_or_default();
        let said = contradiction(level).or_else(|| hidden(level, before));
        found.extend(said.map(|said| ground.in_config(&at, said)));
    }
    found
}

fn contradiction(level: &Level) -> Option<Said> {
    never_holds(&level.when).then(|| {
        let what = format!(
            "level '{}' wants something and its opposite, so it never holds",
            level.name
        );
        error(&NEVER_IN_FORCE, what, "take one of the two out")
    })
}

/// Of the levels that hold, the first counts.
fn hidden(level: &Level, before: &[Level]) -> Option<Said> {
    let stronger = before
        .iter()
        .find(|other| implies(&level.when, &other.when))?;
    let what = format!(
        "level '{}' holds only where level '{}' before it holds too, so it is never in force",
        level.name, stronger.name
    );
    let cure = "put the level that asks for more first";
    Some(warning(&NEVER_IN_FORCE, what, cure))
}

fn never_holds(condition: &Condition) -> bool {
    match condition {
        Condition::All(list) => {
            let opposites = list.iter().filter_map(|inner| match inner {
                Condition::Not(inner) => Some(inner.as_ref()),
                _ => None,
            });
            let is_wanted = |not: &Condition| list.iter().any(|inner| implies(inner, not));
            opposites.into_iter().any(is_wanted) || list.iter().any(never_holds)
        }
        Condition::Any(list) => list.iter().all(never_holds),
        _ => false,
    }
}

/// Where the first holds, the second does. Not every case is known.
fn implies(first: &Condition, second: &Condition) -> bool {
    match (first, second) {
        _ if first == second => true,
        (Condition::Any(list), _) => list.iter().all(|inner| implies(inner, second)),
        (_, Condition::All(list)) => list.iter().all(|inner| implies(first, inner)),
        (Condition::All(list), _) => list.iter().any(|inner| implies(inner, second)),
        (_, Condition::Any(list)) => list.iter().any(|inner| implies(first, inner)),
        (Condition::Backend(first), Condition::Backend(second)) => asks_for_more(first, second),
        _ => false,
    }
}

/// Of the same servers, as much or more by each measure.
fn asks_for_more(first: &BackendRule, second: &BackendRule) -> bool {
    let of = |rule: &BackendRule| (rule.name.clone(), rule.servers.clone(), rule.count_backup);
    // Some server is usable in any case.
    let enough = second.min_active.unwrap_or(Count::ONE) <= first.min_active.unwrap_or(Count::ONE);
    let percent = second.min_percent.is_none() || second.min_percent <= first.min_percent;
    let weight = second.min_weight.is_none() || second.min_weight <= first.min_weight;
    of(first) == of(second) && enough && percent && weight
}

#[cfg(test)]
mod tests {
    use super::super::ground::Source;
    use super::*;
    use crate::config;

    fn condition(text: &str) -> Condition {
        serde_json::from_str(text).unwrap()
    }

    fn backend(measure: &str) -> String {
        format!(r#"{{"backend": {{"name": "be"{measure}}}}}"#)
    }

    #[test]
    fn more_of_a_backend_implies_less_of_it() {
        let (one, two) = (backend(""), backend(r#", "min_active": 2"#));
        let (half, most) = (
            backend(r#", "min_percent": 50"#),
            backend(r#", "min_percent": 80"#),
        );
        for (first, second, expected) in [
            (&two, &one, true),
            (&one, &two, false),
            (&one, &backend(r#", "min_active": 1"#), true),
            (&most, &half, true),
            (&half, &most, false),
            (&most, &one, true),
            (&one, &half, false),
            (&backend(r#", "min_weight": 9"#), &one, true),
            (&two, &backend(r#", "servers": ["s1"]"#), false),
            (&two, &r#"{"backend": {"name": "other"}}"#.to_owned(), false),
        ] {
            let found = implies(&condition(first), &condition(second));
            assert_eq!(found, expected, "{first} => {second}");
        }
    }

    #[test]
    fn joined_conditions_imply_what_their_parts_do() {
        let front = r#"{"frontend": {"name": "fe"}}"#;
        let (one, two) = (backend(""), backend(r#", "min_active": 2"#));
        let (all, any) = (
            format!(r#"{{"all": [{front}, {two}]}}"#),
            format!(r#"{{"any": [{front}, {one}]}}"#),
        );
        for (first, second, expected) in [
            (&all, &any, true),
            (&all, &one, true),
            (&any, &one, false),
            (&any, &all, false),
            (&two, &any, true),
            (&all, &format!(r#"{{"all": [{one}, {front}]}}"#), true),
        ] {
            let found = implies(&condition(first), &condition(second));
            assert_eq!(found, expected, "{first} => {second}");
        }
    }

    #[test]
    fn a_level_behind_a_weaker_one_is_found_at_its_condition() {
        let judged = |first: u32, second: u32| {
            let level = |name: &str, least: u32| {
                let when = backend(&format!(r#", "min_active": {least}"#));
                format!(r#"{{"name": "{name}", "when": {when}}}"#)
            };
            let text = format!(
                r#"{{"haproxy": {{"stats": "/run/haproxy/watch.sock"}}, "services": {{"web": {{
                "prefixes": ["192.0.2.9/32"], "next_hop": "198.51.100.1",
                "levels": [{},
                {}]}}}}}}"#,
                level("up", first),
                level("half", second)
            );
            let ground = Ground {
                config: &config::parse(&text).unwrap(),
                source: Source::File("config.json".to_owned(), text.clone()),
                conf: None,
            };
            let found = findings(&ground).into_iter();
            found
                .map(|finding| (finding.rule.id, finding.at.map(|at| at.line)))
                .collect::<Vec<_>>()
        };
        assert_eq!(judged(2, 1), []);
        assert_eq!(judged(1, 2), [("HA009", Some(4))]);
        assert_eq!(judged(2, 2), [("HA009", Some(4))]);
    }

    #[test]
    fn a_condition_and_its_opposite_never_hold() {
        let (one, two) = (backend(""), backend(r#", "min_active": 2"#));
        for (text, expected) in [
            (format!(r#"{{"all": [{two}, {{"not": {one}}}]}}"#), true),
            (format!(r#"{{"all": [{one}, {{"not": {two}}}]}}"#), false),
            (format!(r#"{{"any": [{two}, {{"not": {one}}}]}}"#), false),
        ] {
            assert_eq!(never_holds(&condition(&text)), expected, "{text}");
        }
    }
}
