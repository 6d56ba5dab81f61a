//! Levels that watch a backend by itself, although HAProxy has frontends that lead to it.

use std::collections::BTreeSet;

use crate::condition::Condition;
use crate::config::{Haproxy, Stats};
use crate::haproxy_cfg::{Asked, Door, Doors, Host, Ways, ways, with_frontends};
use crate::observation::Process;

use super::ground::{Ground, Source, place};
use super::names::Proxies;
use super::rule::*;

/// A warning for each service and backend. Without haproxy.cfg only a `listen` section is known to lead to its backend.
pub fn findings(ground: &Ground<'_>, process: Option<&Process>, proxies: &Proxies) -> Vec<Finding> {
    let haproxy = &ground.config.haproxy;
    let ways = ways(host(haproxy), process.map(|process| process.pid));
    by_themselves(ground, &doors(haproxy, proxies, ways))
}

pub(super) fn host(haproxy: &Haproxy) -> Host {
    match &haproxy.stats {
        Stats::Socket(socket) => Host::of(socket),
        Stats::Page { url, .. } => Host::of_page(url),
    }
}

fn doors(haproxy: &Haproxy, proxies: &Proxies, ways: Result<Ways, String>) -> Doors {
    // A stats page is only asked for the proxies that conditions name.
    if matches!(haproxy.stats, Stats::Page { .. }) {
        return Doors::of_files(ways);
    }
    let frontends = proxies.iter().filter(|(_, frontend, _)| *frontend);
    let door = |(name, _, backend): &(String, bool, bool)| {
        (
            name.clone(),
            Door {
                open: true,
                listen: *backend,
            },
        )
    };
    Doors::new(frontends.map(door).collect(), ways)
}

/// Pure.
fn by_themselves(ground: &Ground<'_>, doors: &Doors) -> Vec<Finding> {
    let (mut found, mut said) = (Vec::new(), BTreeSet::new());
    for service in &ground.config.services {
        for (index, level) in service.levels.iter().enumerate() {
            for (backend, frontends) in unnamed(&level.when, doors) {
                if !said.insert((&service.name, backend)) {
                    continue;
                }
                let what = format!(
                    "level '{}' of service {} watches backend '{backend}' by itself, and clients come through {}",
                    level.name,
                    service.name,
                    frontends.join(", ")
                );
                let at = place(service).key("levels").index(index).key("when");
                let cure = cure(ground, &level.when, &frontends);
                found.push(ground.in_config(&at, warning(&NO_FRONTEND, what, cure)));
            }
        }
    }
    found
}

fn cure(ground: &Ground<'_>, condition: &Condition, frontends: &[&str]) -> String {
    match (&ground.source, frontends) {
        (Source::RunLine(..), [frontend, ..]) => format!("add --frontend {frontend}"),
        _ => format!("write \"when\": {}", with_frontends(condition, frontends)),
    }
}

/// The backends that a condition watches without a frontend, each with the frontends that lead to it.
fn unnamed<'a>(condition: &'a Condition, doors: &'a Doors) -> Vec<(&'a str, Vec<&'a str>)> {
    let asked = Asked::of(condition);
    // A probe may well go through the frontend.
    if asked.probes {
        return Vec::new();
    }
    let backends = asked
        .backends
        .iter()
        .map(|backend| (*backend, doors.to(backend)));
    let is_unnamed = |frontends: &[&str]| {
        !frontends.is_empty() && !frontends.iter().any(|name| asked.frontends.contains(name))
    };
    backends
        .filter(|(_, frontends)| is_unnamed(frontends))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    const CFG: &str = "
defaults
    default_backend web
frontend http
frontend https
frontend dynamic
    use_backend %[path]
listen both
    # Never used: its default is web.
    server s 192.0.2.1:80
frontend other
    default_backend api
";

    /// What is found in a service of one level with this condition.
    fn found(when: &str) -> Vec<String> {
        let text = format!(
            r#"{{"services": {{"web": {{"prefixes": ["192.0.2.9/32"], "next_hop": "192.0.2.1", "levels": [
{{"name": "up", "when": {when}}}, {{"name": "worse", "when": {when}}}]}}}}}}"#
        );
        let config = config::parse(&text).unwrap();
        let ground = Ground {
            config: &config,
            source: Source::File("x".to_owned(), text),
            conf: None,
        };
        let doors = Doors::of_files(Ok(Ways::read([CFG])));
        let line = |finding: &Finding| {
            let at = finding.at.unwrap();
            format!(
                "{}:{} {}; {}",
                at.line, at.column, finding.what, finding.cure
            )
        };
        by_themselves(&ground, &doors).iter().map(line).collect()
    }

    #[test]
    fn a_backend_by_itself_is_found_once_with_the_level_to_write() {
        assert_eq!(
            found(r#"{"backend": {"name": "api"}}"#),
            [
                r#"2:24 level 'up' of service web watches backend 'api' by itself, and clients come through other; write "when": {"all": [{"frontend": {"name": "other"}}, {"backend": {"name": "api"}}]}"#
            ]
        );
        let [both] = found(r#"{"backend": {"name": "web", "min_active": 2}}"#)
            .try_into()
            .unwrap();
        let level = r#"{"all": [{"any": [{"frontend": {"name": "both"}}, {"frontend": {"name": "dynamic"}}, {"frontend": {"name": "http"}}, {"frontend": {"name": "https"}}]}, {"backend": {"name": "web", …}}]}"#;
        assert!(both.ends_with(level), "{both}");
    }

    #[test]
    fn a_backend_beside_its_frontend_or_a_probe_is_as_it_should_be() {
        for when in [
            r#"{"all": [{"frontend": {"name": "http"}}, {"backend": {"name": "web"}}]}"#,
            r#"{"all": [{"tcp": {"address": "127.0.0.1:80"}}, {"backend": {"name": "web"}}]}"#,
            r#"{"backend": {"name": "no_way_there"}}"#,
            r#"{"not": {"backend": {"name": "web"}}}"#,
        ] {
            assert_eq!(found(when), Vec::<String>::new(), "{when}");
        }
        let other = r#"{"all": [{"frontend": {"name": "other"}}, {"backend": {"name": "web"}}]}"#;
        assert_eq!(found(other).len(), 1);
    }
}
