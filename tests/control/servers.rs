//! Servers: each command, and what HAProxy and its clients see of it.

use super::command::run;
use super::haproxy::Haproxy;
use super::wait::eventually;

const MAINT: u32 = 1;
const MAINT_FOLLOWED: u32 = 2;
const DRAIN: u32 = 8;

#[test]
fn a_server_in_drain_gets_no_new_request_and_is_still_checked() {
    let haproxy = Haproxy::start();
    let said = run(&haproxy, &["server", "drain", "http_back/backend01"])
        .ends_with(0)
        .shows(&["DRAIN"]);
    assert_eq!(haproxy.admin("http_back/backend01"), DRAIN);
    assert_eq!(
        said.out
            .matches("a reload or restart of HAProxy forgets this")
            .count(),
        1,
        "{}",
        said.out
    );
    for _ in 0..10 {
        assert_eq!(
            haproxy.get("front.sock").as_deref(),
            Some("HTTP/1.1 200 OK")
        );
    }
    assert_eq!(
        (haproxy.backend01.requests(), haproxy.backend02.requests()),
        (0, 10)
    );
    let checks = haproxy.backend01.checks();
    eventually("it is checked", || {
        (haproxy.backend01.checks() > checks + 1).then_some(())
    });

    let said = run(&haproxy, &["server", "ready", "http_back/backend01"]).ends_with(0);
    assert!(!said.out.contains("forgets"), "{}", said.out);
    assert_eq!(haproxy.admin("http_back/backend01"), 0);
    eventually("it gets requests again", || {
        haproxy.get("front.sock");
        (haproxy.backend01.requests() > 0).then_some(())
    });
}

#[test]
fn a_server_in_maintenance_gets_nothing_and_is_not_checked() {
    let haproxy = Haproxy::start();
    let json = run(
        &haproxy,
        &["server", "maint", "http_back/backend01", "--json"],
    )
    .ends_with(0)
    .json();
    assert_eq!(
        (&json["outcome"], &json["problem"]),
        (&"done".into(), &serde_json::Value::Null)
    );
    let keys: Vec<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "haproxy", "note", "outcome", "problem", "servers", "services"
        ]
    );
    let server = &json["servers"][0];
    assert_eq!(
        (&server["status"], &server["wish"]),
        (&"MAINT".into(), &"maint".into())
    );
    assert!(json["note"].as_str().unwrap().contains("forgets"));
    assert_eq!(haproxy.admin("http_back/backend01"), MAINT);
    for _ in 0..10 {
        assert_eq!(
            haproxy.get("front.sock").as_deref(),
            Some("HTTP/1.1 200 OK")
        );
    }
    assert_eq!(
        (haproxy.backend01.requests(), haproxy.backend02.requests()),
        (0, 10)
    );
}

#[test]
fn said_twice_is_as_said_once_and_each_state_follows_from_each() {
    let haproxy = Haproxy::start();
    let mut before = 0;
    for (word, bits) in [
        ("ready", 0),
        ("drain", DRAIN),
        ("drain", DRAIN),
        ("maint", MAINT),
        ("maint", MAINT),
        ("drain", DRAIN),
        ("ready", 0),
        ("ready", 0),
        ("maint", MAINT),
        ("ready", 0),
    ] {
        run(&haproxy, &["server", word, "http_back/backend01"]).ends_with(0);
        assert_eq!(
            haproxy.admin("http_back/backend01"),
            bits,
            "{word} after {before}"
        );
        before = bits;
    }
}

#[test]
fn a_star_means_each_server_of_the_backend_and_of_no_other() {
    let haproxy = Haproxy::start();
    let json = run(&haproxy, &["server", "drain", "http_back/*", "--json"])
        .ends_with(0)
        .json();
    assert_eq!(json["servers"].as_array().unwrap().len(), 3);
    let admin = |name: &str| haproxy.admin(name);
    assert_eq!(
        ["backend01", "backend02", "spare"].map(|name| admin(&format!("http_back/{name}"))),
        [DRAIN; 3]
    );
    assert_eq!(
        [admin("both/l1"), admin("one:at-a_time.1/a.b:c-d_1")],
        [0, 0]
    );
    assert_eq!(
        haproxy.get("front.sock").as_deref(),
        Some("HTTP/1.1 503 Service Unavailable")
    );
    run(&haproxy, &["server", "ready", "http_back/*"]).ends_with(0);
    assert_eq!(
        ["backend01", "backend02", "spare"].map(|name| admin(&format!("http_back/{name}"))),
        [0; 3]
    );
}

#[test]
fn several_servers_of_several_backends_and_every_character_of_a_name() {
    let haproxy = Haproxy::start();
    run(
        &haproxy,
        &[
            "server",
            "maint",
            "one:at-a_time.1/a.b:c-d_1",
            "both/l1",
            "http_back/spare",
            "both/*",
        ],
    )
    .ends_with(0);
    assert_eq!(haproxy.status("one:at-a_time.1", "a.b:c-d_1"), "MAINT");
    assert_eq!(
        haproxy.status("both", "l1"),
        "MAINT",
        "a listen section has servers too"
    );
    assert_eq!(haproxy.status("http_back", "spare"), "MAINT");
    run(
        &haproxy,
        &[
            "server",
            "ready",
            "one:at-a_time.1/a.b:c-d_1",
            "both/l1",
            "http_back/spare",
        ],
    )
    .ends_with(0);
    assert_eq!(haproxy.admin("both/l1"), 0);
}

#[test]
fn a_server_that_haproxy_cfg_disables_can_be_made_ready() {
    let haproxy = Haproxy::start();
    run(
        &haproxy,
        &["server", "ready", "one:at-a_time.1/off", "--wait"],
    )
    .ends_with(0);
    haproxy.eventually_is("one:at-a_time.1", "off", "UP");
}

#[test]
fn what_haproxy_does_not_have_is_named_and_nothing_else_is_changed() {
    let haproxy = Haproxy::start();
    for (name, complaint) in [
        (
            "http_bakc/backend02",
            "HAProxy has no backend 'http_bakc'; did you mean 'http_back'?",
        ),
        (
            "http_back/backend1",
            "backend 'http_back' has no server 'backend1'; did you mean 'backend01'?",
        ),
        (
            "http_back/nothing-like-it",
            "backend 'http_back' has no server 'nothing-like-it'\n",
        ),
        (
            "http_front/backend02",
            "'http_front' is a frontend; servers are in backends",
        ),
        ("empty/*", "backend 'empty' has no servers"),
        ("1/1", "HAProxy has no backend '1'"),
    ] {
        for word in ["drain", "maint", "ready", "list"] {
            run(&haproxy, &["server", word, "http_back/backend01", name])
                .ends_with(1)
                .complains_of(&[complaint]);
        }
    }
    assert_eq!(haproxy.admin("http_back/backend01"), 0, "all or nothing");
}

#[test]
fn a_name_that_could_be_a_command_never_reaches_haproxy() {
    let haproxy = Haproxy::start();
    for name in [
        "http_back/backend01;disable frontend http_front",
        "http_back/backend01\ndisable frontend http_front",
        "http_back/back end01",
        "#3/#1",
    ] {
        run(&haproxy, &["server", "drain", name])
            .ends_with(64)
            .complains_of(&["is not a name of HAProxy's"]);
        run(&haproxy, &["frontend", "disable", name])
            .ends_with(64)
            .complains_of(&["is not a name of HAProxy's"]);
    }
    assert_eq!(haproxy.status("http_front", "FRONTEND"), "OPEN");
    assert_eq!(haproxy.admin("http_back/backend01"), 0);
}

#[test]
fn a_server_takes_those_along_that_follow_it() {
    let haproxy = Haproxy::start();
    run(&haproxy, &["server", "maint", "http_back/backend01"])
        .ends_with(0)
        .complains_of(&["these follow, and go out as well: followers/first, followers/second"]);
    assert_eq!(haproxy.admin("followers/first"), MAINT_FOLLOWED);
    assert_eq!(
        haproxy.status("followers", "second"),
        "MAINT (via followers/first)"
    );

    run(&haproxy, &["server", "ready", "followers/first", "http_back/spare"])
        .ends_with(1)
        .complains_of(&["followers/first is MAINT (via http_back/backend01): it follows http_back/backend01; make that one ready"]);
    let json = run(&haproxy, &["server", "ready", "followers/first", "--json"])
        .ends_with(1)
        .json();
    assert_eq!(json["outcome"], "not reached");
    assert_eq!(
        json["servers"][0]["status"],
        "MAINT (via http_back/backend01)"
    );

    run(
        &haproxy,
        &[
            "server",
            "ready",
            "http_back/backend01",
            "followers/first",
            "--wait",
        ],
    )
    .ends_with(0);
    assert_eq!(haproxy.admin("followers/second"), 0);
}

#[test]
fn a_server_that_follows_another_can_go_out_alone() {
    let haproxy = Haproxy::start();
    run(&haproxy, &["server", "drain", "followers/first"])
        .ends_with(0)
        .complains_of(&["followers/second"]);
    assert_eq!(
        (
            haproxy.admin("followers/first"),
            haproxy.admin("http_back/backend01")
        ),
        (DRAIN, 0)
    );
    run(&haproxy, &["server", "ready", "followers/*", "--wait"]).ends_with(0);
    haproxy.eventually_is("followers", "second", "UP");
}

#[test]
fn the_admin_socket_may_be_a_port() {
    let haproxy = Haproxy::start();
    let address = format!("127.0.0.1:{}", haproxy.port());
    run(
        &haproxy,
        &[
            "server",
            "drain",
            "http_back/backend01",
            "--stats",
            &address,
        ],
    )
    .ends_with(0);
    assert_eq!(haproxy.admin("http_back/backend01"), DRAIN);
}
