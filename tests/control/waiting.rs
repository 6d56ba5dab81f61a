//! `--wait`: with live sessions, with servers that take their time, with somebody who has seen enough.

use super::command::{run, run_at_a_terminal, start};
use super::haproxy::Haproxy;
use super::wait::eventually;

/// One response of backend01's is on its way and does not come.
fn with_a_slow_response(haproxy: &Haproxy) -> std::thread::JoinHandle<Option<String>> {
    run(haproxy, &["server", "maint", "http_back/backend02"]).ends_with(0);
    haproxy.backend01.hold();
    let client = haproxy.get_slowly("front.sock");
    eventually("the request is under way", || {
        (haproxy.backend01.requests() == 1).then_some(())
    });
    run(
        haproxy,
        &["server", "ready", "http_back/backend02", "--wait"],
    )
    .ends_with(0);
    client
}

#[test]
fn drain_waits_for_the_response_that_is_on_its_way() {
    let haproxy = Haproxy::start();
    let client = with_a_slow_response(&haproxy);
    let mut drain = start(
        &haproxy,
        &["server", "drain", "http_back/backend01", "--wait"],
    );
    drain.eventually_says("waiting: http_back/backend01 has 1 session");
    assert_eq!(haproxy.status("http_back", "backend01"), "DRAIN");
    assert_eq!(
        haproxy.get("front.sock").as_deref(),
        Some("HTTP/1.1 200 OK"),
        "others are served meanwhile"
    );
    haproxy.backend01.release();
    drain.end().ends_with(0).shows(&["DRAIN"]);
    assert_eq!(
        client.join().unwrap().as_deref(),
        Some("HTTP/1.1 200 OK"),
        "nothing was cut off"
    );
    assert_eq!(haproxy.backend01.requests(), 1);
}

#[test]
fn maintenance_waits_as_well_and_says_it_in_json() {
    let haproxy = Haproxy::start();
    let client = with_a_slow_response(&haproxy);
    let mut maint = start(
        &haproxy,
        &["server", "maint", "http_back/*", "--wait", "--json"],
    );
    maint.eventually_says("http_back/backend01 has 1 session");
    haproxy.backend01.release();
    let json = maint.end().ends_with(0).json();
    assert_eq!(json["outcome"], "done");
    assert!(
        json["servers"]
            .as_array()
            .unwrap()
            .iter()
            .all(|server| server["sessions"] == 0)
    );
    assert_eq!(client.join().unwrap().as_deref(), Some("HTTP/1.1 200 OK"));
}

#[test]
fn drain_waits_for_the_queue_too() {
    let haproxy = Haproxy::start();
    haproxy.backend02.hold();
    let clients = [(); 2].map(|()| haproxy.get_slowly("narrow.sock"));
    eventually("one is served and one waits", || {
        let text = haproxy.says("show stat one:at-a_time.1 4 -1")?;
        text.contains("\none:at-a_time.1,a.b:c-d_1,1,1,1,")
            .then_some(())
    });
    let mut drain = start(
        &haproxy,
        &["server", "drain", "one:at-a_time.1/a.b:c-d_1", "--wait"],
    );
    drain.eventually_says("one:at-a_time.1/a.b:c-d_1 has 1 session and 1 queued");
    haproxy.backend02.release();
    drain.end().ends_with(0);
    for client in clients {
        assert_eq!(client.join().unwrap().as_deref(), Some("HTTP/1.1 200 OK"));
    }
}

#[test]
fn a_wait_that_takes_too_long_leaves_the_change_and_says_what_is_left() {
    let haproxy = Haproxy::start();
    let client = with_a_slow_response(&haproxy);
    let said = run(
        &haproxy,
        &[
            "server",
            "drain",
            "http_back/backend01",
            "--wait",
            "--timeout",
            "500ms",
            "--json",
        ],
    )
    .ends_with(1);
    let problem = "not within 500ms, the change stays: http_back/backend01 has 1 session";
    let json = said.json();
    assert_eq!(
        (&json["outcome"], &json["problem"]),
        (&"not reached".into(), &problem.into())
    );
    assert_eq!(json["servers"][0]["sessions"], 1);
    said.complains_of(&[problem]);
    assert_eq!(haproxy.status("http_back", "backend01"), "DRAIN");
    haproxy.backend01.release();
    client.join().unwrap();
    run(
        &haproxy,
        &["server", "drain", "http_back/backend01", "--wait"],
    )
    .ends_with(0);
}

#[test]
fn ctrl_c_ends_the_wait_and_leaves_the_change() {
    let haproxy = Haproxy::start();
    let client = with_a_slow_response(&haproxy);
    for signal in ["INT", "TERM"] {
        let mut drain = start(
            &haproxy,
            &["server", "drain", "http_back/backend01", "--wait"],
        );
        drain.eventually_says("has 1 session");
        drain.signal(signal);
        drain
            .end()
            .ends_with(1)
            .complains_of(&["stopped waiting, the change stays: http_back/backend01 has 1 session"])
            .shows(&["DRAIN"]);
        assert_eq!(haproxy.status("http_back", "backend01"), "DRAIN");
    }
    haproxy.backend01.release();
    client.join().unwrap();
}

#[test]
fn ready_waits_until_the_server_is_up_and_checked() {
    let haproxy = Haproxy::start();
    run(&haproxy, &["server", "maint", "http_back/backend01"]).ends_with(0);
    haproxy.backend01.is_sick(true);
    let mut ready = start(
        &haproxy,
        &["server", "ready", "http_back/backend01", "--wait"],
    );
    // HAProxy calls it UP until its checks have failed.
    ready.eventually_says("waiting: http_back/backend01 is DOWN L7STS");
    haproxy.backend01.is_sick(false);
    ready.end().ends_with(0).shows(&["UP", "L7OK"]);
    assert_eq!(haproxy.status("http_back", "backend01"), "UP");
}

#[test]
fn ready_does_not_take_a_server_for_up_that_only_was_up_before() {
    let haproxy = Haproxy::start();
    for _ in 0..5 {
        run(&haproxy, &["server", "maint", "http_back/backend01"]).ends_with(0);
        haproxy.backend01.is_sick(true);
        run(
            &haproxy,
            &[
                "server",
                "ready",
                "http_back/backend01",
                "--wait",
                "--timeout",
                "1s",
            ],
        )
        .ends_with(1)
        .complains_of(&["not within 1s, the change stays: http_back/backend01 is "]);
        assert_eq!(haproxy.admin("http_back/backend01"), 0);
        haproxy.backend01.is_sick(false);
        run(
            &haproxy,
            &["server", "ready", "http_back/backend01", "--wait"],
        )
        .ends_with(0);
    }
}

#[test]
fn without_a_wait_ready_is_done_when_the_wish_stands() {
    let haproxy = Haproxy::start();
    haproxy.backend01.is_sick(true);
    haproxy.eventually_is("http_back", "backend01", "DOWN");
    run(&haproxy, &["server", "drain", "http_back/backend01"]).ends_with(0);
    run(&haproxy, &["server", "ready", "http_back/backend01"])
        .ends_with(0)
        .shows(&["DOWN"]);
    assert_eq!(haproxy.admin("http_back/backend01"), 0);
}

#[test]
fn somebody_else_who_changes_it_meanwhile_is_noticed() {
    let haproxy = Haproxy::start();
    let client = with_a_slow_response(&haproxy);
    let mut drain = start(
        &haproxy,
        &["server", "drain", "http_back/backend01", "--wait"],
    );
    drain.eventually_says("has 1 session");
    haproxy.says("set server http_back/backend01 state ready");
    drain
        .end()
        .ends_with(1)
        .complains_of(&["somebody else changed http_back/backend01 meanwhile: it is ready now"]);
    haproxy.backend01.release();
    client.join().unwrap();
}

#[test]
fn a_terminal_sees_one_line_that_is_written_over() {
    let haproxy = Haproxy::start();
    let client = with_a_slow_response(&haproxy);
    let arguments = [
        "server",
        "drain",
        "http_back/backend01",
        "--wait",
        "--timeout",
        "1s",
    ];
    let seen = run_at_a_terminal(&haproxy, &arguments, true);
    assert!(
        seen.contains("\r\x1b[2Kwaiting (0 s left): http_back/backend01 has 1 session"),
        "{seen:?}"
    );
    assert!(
        !seen.contains("session\r\n\r"),
        "no line is left behind: {seen:?}"
    );
    haproxy.backend01.release();
    client.join().unwrap();
}
