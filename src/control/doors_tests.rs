//! Which routes stay, and how clients reach the backends, when frontends close.

use std::collections::BTreeMap;
use std::time::Instant;

use super::*;
use crate::config;
use crate::observation::{BackendRow, Finding, Proxy, Reading, ServerRow, ServerState, Snapshot};

const CFG: &str = "
frontend http
    default_backend web
frontend https
    default_backend web
frontend only
    default_backend api
frontend closed
    default_backend api
frontend made
    use_backend %[path]
";
const WEB: &str = r#"{"backend": {"name": "web"}}"#;
const API: &str = r#"{"backend": {"name": "api"}}"#;

fn names(names: &[&str]) -> BTreeSet<ProxyName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// Both backends have a server that is up; both frontends of a `listen` section are its own.
fn seen(closed: &[&str]) -> Observation {
    let server = ServerRow {
        name: "s".to_owned(),
        backup: false,
        weight: 1,
        state: ServerState::Usable,
        words: "UP".to_owned(),
        tracks: None,
        remembered: None,
    };
    let backend = Proxy {
        frontend: None,
        backend: Some(BackendRow {
            status: "UP".to_owned(),
            usable: 1,
        }),
        servers: vec![server],
    };
    let frontend = |name: &str| {
        let status = if closed.contains(&name) || name == "closed" {
            "PAUSED"
        } else {
            "OPEN"
        };
        (
            name.to_owned(),
            Proxy {
                frontend: Some(status.to_owned()),
                ..Proxy::default()
            },
        )
    };
    let mut proxies: BTreeMap<String, Proxy> = ["http", "https", "only", "closed", "made"]
        .map(frontend)
        .into();
    proxies.extend(["web", "api"].map(|name| (name.to_owned(), backend.clone())));
    let what = Ok(Snapshot {
        process: None,
        proxies,
    });
    Observation {
        haproxy: Some(Reading {
            at: Instant::now(),
            what,
        }),
        ..Observation::default()
    }
}

fn known(ways: Result<Ways, String>) -> Doors {
    let door = |name: &str| {
        (
            name.to_owned(),
            Door {
                open: name != "closed",
                listen: false,
            },
        )
    };
    Doors::new(
        ["http", "https", "only", "closed", "made"].map(door).into(),
        ways,
    )
}

fn service(levels: &[&str]) -> Config {
    let levels: Vec<String> = levels
        .iter()
        .enumerate()
        .map(|(index, when)| format!(r#"{{"name": "level{index}", "when": {when}}}"#))
        .collect();
    config::parse(&format!(
        r#"{{"services": {{"web": {{"prefixes": ["192.0.2.9/32"], "next_hop": "192.0.2.1", "require_address": false,
            "levels": [{}]}}}}}}"#,
        levels.join(", ")
    ))
    .unwrap()
}

/// How clients reach each backend of a service with these levels.
fn access(levels: &[&str], closing: &[&str]) -> Vec<Access> {
    let doors = known(Ok(Ways::read([CFG])));
    let kept_routes = kept_routes(
        &service(levels).services,
        &seen(closing),
        &doors,
        &names(closing),
    );
    kept_routes.into_iter().map(|route| route.access).collect()
}

fn no_listener(level: &str) -> Vec<Access> {
    vec![Access::NoListener(level.to_owned())]
}

#[test]
fn the_only_open_frontend_of_a_watched_backend_leaves_nobody() {
    let level = r#"{"all": [{"any": [{"frontend": {"name": "closed"}}, {"frontend": {"name": "only"}}]}, {"backend": {"name": "api"}}]}"#;
    assert_eq!(access(&[API], &["only"]), no_listener(level));
    let both = r#"{"all": [{"any": [{"frontend": {"name": "http"}}, {"frontend": {"name": "https"}}]}, {"backend": {"name": "web"}}]}"#;
    assert_eq!(
        access(&[WEB], &["http", "https"]),
        no_listener(both),
        "all that is named counts together"
    );
}

#[test]
fn a_last_resort_behind_it_is_a_route_that_stays_too() {
    let access = |when: &str| {
        let text = format!(
            r#"{{"services": {{"web": {{"prefixes": ["192.0.2.9/32"], "next_hop": "192.0.2.1", "require_address": false,
                "as_path": [65010], "siblings": {{"urls": ["http://192.0.2.2/"]}},
                "levels": [{{"name": "up", "when": {when}}}]}}}}}}"#
        );
        let config = config::parse(&text).unwrap();
        let mut after = seen(&["only"]);
        let Some(Reading {
            what: Ok(snapshot),
            at,
        }) = &mut after.haproxy
        else {
            panic!("nothing was seen")
        };
        snapshot.proxies.get_mut("api").unwrap().servers[0].state = ServerState::Down;
        let word = Reading {
            at: *at,
            what: Finding::new(Some(false), "503"),
        };
        let probes = &config.services[0].siblings.as_ref().unwrap().probes;
        after
            .probes
            .extend(probes.iter().map(|probe| (probe.clone(), word.clone())));
        let doors = known(Ok(Ways::read([CFG])));
        kept_routes(&config.services, &after, &doors, &names(&["only"])).len()
    };
    assert_eq!(access(API), 1);
    let named = r#"{"all": [{"frontend": {"name": "only"}}, {"backend": {"name": "api"}}]}"#;
    assert_eq!(
        access(named),
        0,
        "it is withdrawn: behind a closed frontend is no last resort"
    );
}

#[test]
fn another_open_frontend_is_a_door_that_is_left() {
    assert_eq!(
        access(&[WEB], &["http"]),
        [Access::OtherFrontends(vec!["https".to_owned()])]
    );
}

#[test]
fn a_frontend_that_leads_elsewhere_or_is_closed_already_changes_nothing() {
    assert_eq!(access(&[WEB], &["only"]), []);
    assert_eq!(access(&[API], &["closed"]), []);
}

#[test]
fn a_level_that_names_the_frontend_goes_with_it_unless_a_worse_one_stays() {
    let named = r#"{"all": [{"frontend": {"name": "only"}}, {"backend": {"name": "api"}}]}"#;
    assert_eq!(access(&[named], &["only"]), []);
    assert!(matches!(
        access(&[named, API], &["only"])[..],
        [Access::NoListener(_)]
    ));
    let either = r#"{"any": [{"frontend": {"name": "only"}}, {"backend": {"name": "api"}}]}"#;
    assert!(matches!(
        access(&[either], &["only"])[..],
        [Access::NoListener(_)]
    ));
}

#[test]
fn a_probe_of_the_level_may_find_out() {
    let probed = r#"{"all": [{"tcp": {"address": "127.0.0.1:80"}}, {"backend": {"name": "api"}}]}"#;
    assert_eq!(access(&[probed], &["only"]), [Access::Probe]);
}

#[test]
fn a_frontend_that_makes_its_backends_name_cannot_be_told() {
    assert_eq!(
        access(&[WEB], &["made"]),
        [Access::Unknown("%[path]".to_owned())]
    );
    assert_eq!(
        access(&[WEB], &["http", "made"]),
        [Access::OtherFrontends(vec!["https".to_owned()])]
    );
}

#[test]
fn where_the_files_are_not_known_that_is_said_of_services_that_watch_a_backend_by_itself() {
    let unread = known(Err("no such file".to_owned()));
    let said =
        |levels: &[&str], closing: &[&str]| not_known(&service(levels), &unread, &names(closing));
    assert_eq!(
        said(&[WEB], &["http"]).as_deref(),
        Some(
            "where http leads is not known (no such file); a service that watches a backend behind it, and not the frontend, stays announced: look at web"
        )
    );
    assert_eq!(
        said(
            &[r#"{"all": [{"frontend": {"name": "http"}}, {"backend": {"name": "web"}}]}"#],
            &["http"]
        ),
        None
    );
    assert_eq!(said(&[r#"{"file": {"path": "/a"}}"#], &["http"]), None);
    // A `listen` section leads to itself.
    assert_eq!(said(&[WEB], &["web"]), None);
    let read = known(Ok(Ways::read([CFG])));
    assert_eq!(not_known(&service(&[WEB]), &read, &names(&["http"])), None);
}
