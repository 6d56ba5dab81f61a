//! Levels that are never in force, whatever HAProxy says. Pure.

use super::ground::{Ground, place};
use super::rule::*;
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
    level.when.never_holds().then(|| {
        let what = format!(
            "level '{}' wants something and its opposite, so it never holds",
            level.name
        );
        error(&NEVER_IN_FORCE, what, "take one of the two out")
    })
}

fn hidden(level: &Level, before: &[Level]) -> Option<Said> {
    let stronger = level.hidden_by(before)?;
    let what = format!(
        "level '{}' holds only where level '{}' before it holds too, so it is never in force",
        level.name, stronger.name
    );
    let cure = "put the level that asks for more first";
    Some(warning(&NEVER_IN_FORCE, what, cure))
}

#[cfg(test)]
mod tests {
    use super::super::ground::Source;
    use super::*;
    use crate::config;

    #[test]
    fn a_level_behind_a_weaker_one_is_found_at_its_condition() {
        let judged = |first: u32, second: u32| {
            let level = |name: &str, least: u32| {
                let when = format!(r#"{{"backend": {{"name": "be", "min_active": {least}}}}}"#);
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
}
