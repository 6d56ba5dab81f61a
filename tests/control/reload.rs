//! What a reload forgets, and who answers after it.

use std::time::{Duration, Instant};

use super::command::{Said, run, start};
use super::haproxy::Haproxy;
use super::wait::eventually;

#[test]
fn a_reload_and_a_restart_forget_what_was_said_as_the_note_says() {
    let mut haproxy = Haproxy::start();
    run(&haproxy, &["server", "drain", "http_back/backend01"])
        .ends_with(0)
        .shows(&["a reload or restart of HAProxy forgets this"]);
    run(&haproxy, &["frontend", "disable", "http_front"])
        .ends_with(0)
        .shows(&["opens it again"]);
    haproxy.reload();
    assert_eq!(haproxy.admin("http_back/backend01"), 0);
    assert_eq!(haproxy.status("http_front", "FRONTEND"), "OPEN");

    run(&haproxy, &["server", "maint", "http_back/backend01"]).ends_with(0);
    haproxy.restart();
    assert_eq!(haproxy.admin("http_back/backend01"), 0);
}

#[test]
fn a_server_state_file_remembers_what_was_said_of_servers() {
    let haproxy = Haproxy::with(
        "    server-state-file DIR/state",
        "    load-server-state-from-file global",
    );
    run(&haproxy, &["server", "drain", "http_back/backend01"]).ends_with(0);
    haproxy.write("state", &haproxy.says("show servers state").unwrap());
    haproxy.reload();
    assert_eq!(haproxy.admin("http_back/backend01"), 8);
    run(&haproxy, &["server", "list", "http_back/backend01"])
        .ends_with(0)
        .shows(&["DRAIN"]);
}

/// One response of backend01's is on its way, and a drain waits for it.
fn with_a_waiting_drain(
    haproxy: &Haproxy,
) -> (
    super::command::Running,
    std::thread::JoinHandle<Option<String>>,
) {
    run(haproxy, &["server", "maint", "http_back/backend02"]).ends_with(0);
    haproxy.backend01.hold();
    let client = haproxy.get_slowly("front.sock");
    eventually("the request is under way", || {
        (haproxy.backend01.requests() == 1).then_some(())
    });
    let mut drain = start(
        haproxy,
        &["server", "drain", "http_back/backend01", "--wait"],
    );
    drain.eventually_says("has 1 session");
    (drain, client)
}

#[test]
fn a_reload_in_the_midst_of_a_wait_is_noticed() {
    let haproxy = Haproxy::start();
    let (drain, client) = with_a_waiting_drain(&haproxy);
    haproxy.reload();
    drain.end().ends_with(1).complains_of(&[
        "HAProxy was reloaded or restarted meanwhile",
        "and forgot the change: http_back/backend01 is ready again",
    ]);
    haproxy.backend01.release();
    assert_eq!(client.join().unwrap().as_deref(), Some("HTTP/1.1 200 OK"));
}

#[test]
fn sessions_that_a_reload_takes_out_of_sight_are_not_taken_for_ended() {
    let haproxy = Haproxy::with(
        "    server-state-file DIR/state",
        "    load-server-state-from-file global",
    );
    let (drain, client) = with_a_waiting_drain(&haproxy);
    haproxy.write("state", &haproxy.says("show servers state").unwrap());
    haproxy.reload();
    drain
        .end()
        .ends_with(2)
        .complains_of(&["the change stays, and what the old process still serves is unknown"]);
    assert_eq!(haproxy.admin("http_back/backend01"), 8);
    haproxy.backend01.release();
    assert_eq!(client.join().unwrap().as_deref(), Some("HTTP/1.1 200 OK"));
}

#[test]
fn an_old_process_that_still_answers_is_not_who_is_told() {
    let haproxy = Haproxy::with("    grace 20s", "");
    // The old process goes on answering about every other connection for all of this.
    haproxy.reload();
    for _ in 0..8 {
        run(&haproxy, &["server", "drain", "http_back/backend01"])
            .ends_with(0)
            .shows(&["DRAIN"]);
        assert_eq!(
            haproxy.admin("http_back/backend01"),
            8,
            "the new process knows"
        );
        run(&haproxy, &["frontend", "disable", "both"]).ends_with(0);
        run(&haproxy, &["server", "ready", "http_back/backend01"]).ends_with(0);
        assert_eq!(
            haproxy.admin("http_back/backend01"),
            0,
            "the new process knows"
        );
        run(&haproxy, &["frontend", "enable", "both"]).ends_with(0);
        let json = run(&haproxy, &["server", "list", "--json"])
            .ends_with(0)
            .json();
        assert_eq!(json["haproxy"]["stopping"], false);
    }
}

#[test]
fn a_change_in_the_midst_of_reloads_is_carried_out_all_the_same() {
    let haproxy = Haproxy::start();
    for _ in 0..5 {
        let before = haproxy.pid();
        haproxy.signal("USR2");
        for (word, status) in [("drain", "DRAIN"), ("maint", "MAINT"), ("drain", "DRAIN")] {
            carried_out(&haproxy, word).shows(&[status]);
        }
        haproxy.reload_from(before);
        carried_out(&haproxy, "maint");
        assert_eq!(haproxy.admin("http_back/backend01"), 1);
    }
}

/// On a machine that is busy a reload takes longer than the command waits for it; then it says so, and is said again.
fn carried_out(haproxy: &Haproxy, word: &str) -> Said {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let said = run(haproxy, &["server", word, "http_back/backend01"]);
        let early = ["is stopping", "HAProxy is gone", "HAProxy took"]
            .iter()
            .any(|why| said.err.contains(why));
        if !early || said.status == 0 || Instant::now() > end {
            return said.ends_with(0);
        }
    }
}
