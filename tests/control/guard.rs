//! The last healthy server of a service stays, unless it is forced.

use super::command::run;
use super::haproxy::Haproxy;

const ONE: &str = r#"{"name": "up", "when": {"backend": {"name": "http_back"}}}"#;
const TWO_THEN_ONE: &str = r#"{"name": "up", "when": {"backend": {"name": "http_back", "min_active": 2}}},
    {"name": "degraded", "when": {"backend": {"name": "http_back"}}}"#;

/// The configuration of a service with these levels.
fn service(haproxy: &Haproxy, levels: &str) -> String {
    let text = format!(
        r#"{{"haproxy": {{"stats": "/nowhere/watch.sock"}}, "services": {{"web": {{"prefixes": ["192.0.2.9/32"],
            "next_hop": "198.51.100.1", "require_address": false, "levels": [{levels}]}}}}}}"#
    );
    haproxy.write("config.json", &text)
}

#[test]
fn the_last_healthy_server_of_a_service_stays() {
    let haproxy = Haproxy::start();
    let config = service(&haproxy, ONE);
    run(
        &haproxy,
        &[
            "server",
            "maint",
            "http_back/backend02",
            "--config",
            &config,
        ],
    )
    .ends_with(0);
    let requests = haproxy.backend01.requests();
    for word in ["drain", "maint"] {
        run(&haproxy, &["server", word, "http_back/backend01", "--config", &config])
            .ends_with(1)
            .complains_of(&[
                "service web would have no level any more (now 'up', 192.0.2.9/32): http_back: 0 of 2 servers up",
                "nothing was changed: drain first (haproxy-rhi drain web), or add --force",
            ]);
        assert_eq!(haproxy.admin("http_back/backend01"), 0);
    }
    assert_eq!(
        haproxy.get("front.sock").as_deref(),
        Some("HTTP/1.1 200 OK")
    );
    assert_eq!(haproxy.backend01.requests(), requests + 1);
}

#[test]
fn force_takes_it_out_all_the_same_and_says_what_is_lost() {
    let haproxy = Haproxy::start();
    let config = service(&haproxy, ONE);
    let said = run(
        &haproxy,
        &[
            "server",
            "drain",
            "http_back/*",
            "--config",
            &config,
            "--force",
            "--json",
        ],
    )
    .ends_with(0)
    .complains_of(&["warning: service web would have no level any more"]);
    let json = said.json();
    let lost = &json["services"][0];
    assert_eq!(
        (&lost["service"], &lost["now"], &lost["then"]),
        (&"web".into(), &"up".into(), &serde_json::Value::Null)
    );
    assert_eq!(lost["prefixes"][0], "192.0.2.9/32");
    assert_eq!(haproxy.admin("http_back/backend01"), 8);
}

#[test]
fn all_that_is_named_counts_together() {
    let haproxy = Haproxy::start();
    let config = service(&haproxy, ONE);
    let both = [
        "server",
        "drain",
        "http_back/backend01",
        "http_back/backend02",
        "--config",
        &config,
        "--json",
    ];
    let json = run(&haproxy, &both).ends_with(1).json();
    assert_eq!(
        (&json["outcome"], &json["note"]),
        (&"refused".into(), &serde_json::Value::Null)
    );
    assert!(
        json["servers"]
            .as_array()
            .unwrap()
            .iter()
            .all(|server| server["wish"] == "ready")
    );
    assert_eq!(
        (
            haproxy.admin("http_back/backend01"),
            haproxy.admin("http_back/backend02")
        ),
        (0, 0)
    );
    run(
        &haproxy,
        &["server", "drain", "http_back/*", "--config", &config],
    )
    .ends_with(1);
    run(
        &haproxy,
        &[
            "server",
            "drain",
            "http_back/backend02",
            "http_back/spare",
            "--config",
            &config,
        ],
    )
    .ends_with(0);
}

#[test]
fn a_level_that_gets_worse_is_a_warning() {
    let haproxy = Haproxy::start();
    let config = service(&haproxy, TWO_THEN_ONE);
    run(&haproxy, &["server", "drain", "http_back/backend01", "--config", &config])
        .ends_with(0)
        .complains_of(&["warning: service web would go down to 'degraded' (now 'up', 192.0.2.9/32): http_back: 1 of 2 servers up, 2 wanted"]);
    assert_eq!(haproxy.admin("http_back/backend01"), 8);
    run(
        &haproxy,
        &[
            "server",
            "drain",
            "http_back/backend02",
            "--config",
            &config,
        ],
    )
    .ends_with(1);
}

#[test]
fn a_server_that_is_down_already_may_go_out() {
    let haproxy = Haproxy::start();
    let config = service(&haproxy, ONE);
    haproxy.backend02.is_sick(true);
    haproxy.eventually_is("http_back", "backend02", "DOWN");
    run(
        &haproxy,
        &[
            "server",
            "drain",
            "http_back/backend01",
            "--config",
            &config,
        ],
    )
    .ends_with(1);
    run(
        &haproxy,
        &[
            "server",
            "drain",
            "http_back/backend02",
            "--config",
            &config,
        ],
    )
    .ends_with(0);
}

#[test]
fn a_service_that_is_down_has_nothing_to_lose() {
    let haproxy = Haproxy::start();
    let switch = haproxy.arg("switch");
    let levels = format!(
        r#"{{"name": "up", "when": {{"all": [{{"file": {{"path": "{switch}"}}}}, {{"backend": {{"name": "http_back"}}}}]}}}}"#
    );
    let config = service(&haproxy, &levels);
    haproxy.write("switch", "");
    run(
        &haproxy,
        &["server", "drain", "http_back/*", "--config", &config],
    )
    .ends_with(1);
    std::fs::remove_file(&switch).unwrap();
    run(
        &haproxy,
        &["server", "drain", "http_back/*", "--config", &config],
    )
    .ends_with(0);
}

#[test]
fn a_server_whose_followers_keep_a_service_stays() {
    let haproxy = Haproxy::start();
    let config = service(
        &haproxy,
        r#"{"name": "up", "when": {"backend": {"name": "followers"}}}"#,
    );
    run(
        &haproxy,
        &[
            "server",
            "drain",
            "http_back/backend01",
            "--config",
            &config,
        ],
    )
    .ends_with(1)
    .complains_of(&[
        "followers/first",
        "service web would have no level any more",
        "followers: 0 of 2 servers up",
    ]);
    assert_eq!(haproxy.admin("followers/first"), 0);
    run(
        &haproxy,
        &[
            "server",
            "drain",
            "http_back/backend02",
            "--config",
            &config,
        ],
    )
    .ends_with(0);
}

#[test]
fn a_frontend_that_a_service_asks_for_stays() {
    let haproxy = Haproxy::start();
    let config = service(
        &haproxy,
        r#"{"name": "up", "when": {"frontend": {"name": "http_front"}}}"#,
    );
    run(
        &haproxy,
        &[
            "frontend",
            "disable",
            "doomed",
            "http_front",
            "--config",
            &config,
        ],
    )
    .ends_with(1)
    .complains_of(&[
        "service web would have no level any more (now 'up', 192.0.2.9/32): http_front: PAUSED",
    ]);
    assert_eq!(haproxy.status("doomed", "FRONTEND"), "OPEN");
    run(
        &haproxy,
        &[
            "frontend",
            "disable",
            "http_front",
            "--config",
            &config,
            "--force",
        ],
    )
    .ends_with(0);
    assert_eq!(haproxy.status("http_front", "FRONTEND"), "PAUSED");
}

#[test]
fn ready_needs_no_configuration_and_drain_none_that_is_faulty() {
    let haproxy = Haproxy::start();
    let faulty = haproxy.write("faulty.json", "{\"services\": {\"web\": {}}}");
    run(
        &haproxy,
        &[
            "server",
            "drain",
            "http_back/backend01",
            "--config",
            &faulty,
        ],
    )
    .ends_with(78)
    .complains_of(&["faulty.json:1:", "nothing was changed"]);
    run(
        &haproxy,
        &[
            "server",
            "drain",
            "http_back/backend01",
            "--config",
            "/nowhere/config.json",
        ],
    )
    .ends_with(78)
    .complains_of(&["/nowhere/config.json"]);
    assert_eq!(haproxy.admin("http_back/backend01"), 0);
    run(&haproxy, &["server", "ready", "http_back/backend01"]).ends_with(0);
}

#[test]
fn a_service_that_a_drain_has_withdrawn_has_nothing_to_lose() {
    let haproxy = Haproxy::start();
    let folder = haproxy.arg("drain");
    std::fs::create_dir(&folder).unwrap();
    let configuration = |plan: &str| {
        let text = format!(
            r#"{{"services": {{"web": {{"prefixes": ["192.0.2.9/32"], "next_hop": "198.51.100.1", "require_address": false,
                "as_path": [65010], "levels": [{ONE}], "drain": {plan}}}}}}}"#
        );
        haproxy.write("config.json", &text)
    };
    let at_once = configuration(r#"{"ask": "0s", "for": "0s"}"#);
    let maint = |config: &str| {
        run(
            &haproxy,
            &[
                "server",
                "maint",
                "http_back/*",
                "--config",
                config,
                "--drain-folder",
                &folder,
            ],
        )
    };
    maint(&at_once).ends_with(1);
    haproxy.write("drain/web", "");
    maint(&configuration(
        r#"{"ask": "0s", "prepend": 3, "for": "1h"}"#,
    ))
    .ends_with(1)
    .complains_of(&["service web would have no level any more"]);
    assert_eq!(
        haproxy.admin("http_back/backend01"),
        0,
        "its route is still out"
    );
    maint(&configuration(r#"{"ask": "0s", "for": "0s"}"#)).ends_with(0);
    assert_eq!(haproxy.admin("http_back/backend01"), 1);
}
