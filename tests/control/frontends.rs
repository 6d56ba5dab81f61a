//! Frontends: each command, and what HAProxy and its clients see of it.

use super::command::run;
use super::haproxy::Haproxy;

#[test]
fn a_disabled_frontend_refuses_connections_until_it_is_enabled() {
    let haproxy = Haproxy::start();
    let said = run(&haproxy, &["frontend", "disable", "http_front"])
        .ends_with(0)
        .shows(&["PAUSED"]);
    assert_eq!(
        said.out
            .matches("a reload or restart of HAProxy opens it again")
            .count(),
        1,
        "{}",
        said.out
    );
    assert_eq!(haproxy.status("http_front", "FRONTEND"), "PAUSED");
    assert!(!haproxy.accepts());
    assert_eq!(
        haproxy.get("doomed.sock").as_deref(),
        Some("HTTP/1.1 200 OK"),
        "the others stay open"
    );

    let said = run(&haproxy, &["frontend", "enable", "http_front"])
        .ends_with(0)
        .shows(&["OPEN"]);
    assert!(!said.out.contains("note"), "{}", said.out);
    assert!(haproxy.accepts());
    assert_eq!(
        haproxy.get("front.sock").as_deref(),
        Some("HTTP/1.1 200 OK")
    );
}

#[test]
fn said_twice_is_as_said_once() {
    let haproxy = Haproxy::start();
    for _ in 0..2 {
        run(&haproxy, &["frontend", "disable", "http_front", "both"]).ends_with(0);
        assert_eq!(haproxy.status("both", "FRONTEND"), "PAUSED");
    }
    for _ in 0..2 {
        run(
            &haproxy,
            &["frontend", "enable", "both", "http_front", "both"],
        )
        .ends_with(0);
        assert_eq!(haproxy.status("both", "FRONTEND"), "OPEN");
    }
}

#[test]
fn the_json_of_a_change_is_what_the_help_promises() {
    let haproxy = Haproxy::start();
    let json = run(&haproxy, &["frontend", "disable", "both", "--json"])
        .ends_with(0)
        .json();
    assert_eq!(json["outcome"], "done");
    assert_eq!(
        (
            &json["frontends"][0]["open"],
            &json["frontends"][0]["listen"]
        ),
        (&false.into(), &true.into())
    );
    assert!(
        haproxy.status("both", "l1").starts_with("UP"),
        "its servers are another matter"
    );
}

#[test]
fn what_haproxy_does_not_have_is_named_and_nothing_else_is_changed() {
    let haproxy = Haproxy::start();
    for (name, complaint) in [
        (
            "http_frnot",
            "HAProxy has no frontend 'http_frnot'; did you mean 'http_front'?",
        ),
        (
            "http_back",
            "'http_back' is a backend; what is enabled and disabled are frontends",
        ),
        (
            "nothing-like-it",
            "HAProxy has no frontend 'nothing-like-it'\n",
        ),
    ] {
        for word in ["disable", "enable", "list"] {
            run(&haproxy, &["frontend", word, "both", name])
                .ends_with(1)
                .complains_of(&[complaint]);
        }
    }
    assert_eq!(haproxy.status("both", "FRONTEND"), "OPEN");
}

#[test]
fn a_frontend_that_was_shut_down_cannot_be_enabled_and_haproxys_reason_is_shown() {
    let haproxy = Haproxy::start();
    haproxy.says("shutdown frontend doomed");
    haproxy.eventually_is("doomed", "FRONTEND", "STOP");
    run(&haproxy, &["frontend", "enable", "doomed"]).ends_with(1).complains_of(&[
        "HAProxy refused 'enable frontend doomed': Frontend was previously shut down, cannot enable.",
    ]);
    run(&haproxy, &["frontend", "disable", "doomed"])
        .ends_with(0)
        .shows(&["STOP"]);
}
