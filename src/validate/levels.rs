//! Levels that are never in force, whatever HAProxy says. Pure.

use super::ground::{Ground, place};
use super::rule::*;
use crate::condition::Condition;
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
        .find(|other| level.when.implies(&other.when))?;
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
            let is_wanted = |not: &Condition| list.iter().any(|inner| inner.implies(not));
            opposites.into_iter().any(is_wanted) || list.iter().any(never_holds)
        }
        Condition::Any(list) => list.iter().all(never_holds),
        _ => false,
    }
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
