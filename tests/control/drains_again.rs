//! A drain that is declared while there is one: it only goes forward.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

use super::command::start;
use super::drains::{Running, declaration, declare, declared, does, service, words};
use super::haproxy::Haproxy;
use super::wait::eventually;

/// Drained by alice since 2024-05-06T10:00:00Z.
const BY_ALICE: &str =
    r#"{"id": "0123", "since_ms": 1714989600000, "by": "alice", "reason": "kernel update"}"#;

#[test]
fn a_drain_that_is_declared_again_is_the_one_that_it_was() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, r#""as_path": [65010],"#);
    declare(&haproxy, "web", BY_ALICE);
    let before = declaration(&haproxy, "web");
    does(&haproxy, &["drain", "web", "--force"], &places)
        .ends_with(0)
        .shows(&[
            "web: drained since 2024-05-06T10:00:00Z by alice: kernel update; now with --force\n",
            "back again: haproxy-rhi resume web --config ",
        ]);
    let after = declaration(&haproxy, "web");
    for key in ["id", "since_ms", "by", "reason"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    assert_eq!(after["force"], true);
    // Force stays, and who says why it is so now is named.
    let again = does(
        &haproxy,
        &["drain", "web", "--reason", "and its disk"],
        &places,
    )
    .ends_with(0);
    assert!(
        again
            .out
            .starts_with("web: drained since 2024-05-06T10:00:00Z by "),
        "{again:?}"
    );
    assert!(
        again.out.contains(": and its disk\nback again"),
        "{again:?}"
    );
    let after = declaration(&haproxy, "web");
    assert_eq!(
        (&after["force"], &after["since_ms"]),
        (&true.into(), &before["since_ms"])
    );
    assert_ne!(after["by"], "alice");
}

#[test]
fn what_says_nothing_new_writes_nothing() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    does(
        &haproxy,
        &["drain", "web", "--reason", "kernel update"],
        &places,
    )
    .ends_with(0);
    let file = || fs::metadata(haproxy.path("drains/web")).unwrap().ino();
    let before = file();
    does(&haproxy, &["drain", "web"], &places)
        .ends_with(0)
        .shows(&["web: drained since ", ": kernel update\n"]);
    assert_eq!(file(), before);
}

#[test]
fn a_drain_that_is_touched_keeps_its_date_when_it_is_declared_again() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    declare(&haproxy, "web", "");
    let file = fs::File::options()
        .write(true)
        .open(haproxy.path("drains/web"))
        .unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_714_989_600))
        .unwrap();
    does(&haproxy, &["drain", "web", "--force"], &places)
        .ends_with(0)
        .shows(&["web: drained since 2024-05-06T10:00:00Z; now with --force\n"]);
    let after = declaration(&haproxy, "web");
    assert_eq!(
        (&after["since_ms"], &after["id"]),
        (&1_714_989_600_000_u64.into(), &serde_json::Value::Null)
    );
}

#[test]
fn a_drain_of_all_leaves_an_older_one_as_old_as_it_is() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, r#""as_path": [65010],"#);
    declare(&haproxy, "web", BY_ALICE);
    does(&haproxy, &["drain", "--all", "--force"], &places)
        .ends_with(0)
        .shows(&[
            "web: drained since 2024-05-06T10:00:00Z by alice: kernel update; now with --force\n",
            "back again: haproxy-rhi resume --all --config ",
        ]);
    assert_eq!(declared(&haproxy), ["@all", "web"]);
}

#[test]
fn a_drain_of_an_earlier_boot_that_is_over_is_not_kept() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    declare(
        &haproxy,
        "web",
        r#"{"boot": "7f6b2f5e-0000-0000-0000-000000000000", "since_ms": 1, "by": "alice"}"#,
    );
    does(&haproxy, &["drain", "web"], &places)
        .ends_with(0)
        .shows(&["web: declared; withdrawn\n"]);
    let after = declaration(&haproxy, "web");
    assert!(
        after["since_ms"].as_u64().unwrap() > 1 && after["boot"].is_null(),
        "{after}"
    );
}

#[test]
fn until_reboot_shortens_no_drain_and_its_absence_lengthens_one() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    does(&haproxy, &["drain", "web", "--until-reboot"], &places).ends_with(0);
    assert!(declaration(&haproxy, "web")["boot"].is_string());
    does(&haproxy, &["drain", "web"], &places)
        .ends_with(0)
        .complains_of(&["note: web: drained also after the next boot now\n"]);
    assert!(declaration(&haproxy, "web")["boot"].is_null());
    does(&haproxy, &["drain", "web", "--until-reboot"], &places)
        .ends_with(0)
        .complains_of(&["note: web: drained without --until-reboot before, and so it stays\n"]);
    assert!(declaration(&haproxy, "web")["boot"].is_null());
}

#[test]
fn the_last_region_that_is_drained_already_may_be_said_to_be_so_again() {
    let haproxy = Haproxy::start();
    let siblings = r#""as_path": [65010], "siblings": {"urls": ["http://127.0.0.1:1/health"]},"#;
    let places = service(&haproxy, siblings);
    declare(&haproxy, "web", BY_ALICE);
    does(&haproxy, &["drain", "web"], &places)
        .ends_with(0)
        .shows(&["web: drained since 2024-05-06T10:00:00Z by alice: kernel update\n"]);
}

#[test]
fn a_drain_names_the_boot_and_the_time_since_it() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    does(&haproxy, &["drain", "web"], &places).ends_with(0);
    let drain = declaration(&haproxy, "web");
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    assert_eq!(drain["since_boot_id"], boot.trim());
    assert!(
        drain["since_boottime_ms"]
            .as_u64()
            .is_some_and(|since| since > 0),
        "{drain}"
    );
}

#[test]
fn a_drain_that_was_ended_is_another_one() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    does(&haproxy, &["drain", "web"], &places).ends_with(0);
    let first = declaration(&haproxy, "web")["id"].clone();
    does(&haproxy, &["resume", "web"], &places).ends_with(0);
    does(&haproxy, &["drain", "web"], &places)
        .ends_with(0)
        .shows(&["web: declared; "]);
    let second = declaration(&haproxy, "web")["id"].clone();
    assert!(
        first.is_string() && second.is_string() && first != second,
        "{first}, {second}"
    );
}

#[test]
fn what_is_withdrawn_is_not_waited_for_again() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, r#""as_path": [65010], "drain": {"for": "1h"},"#);
    let _running = Running::start(&places);
    declare(&haproxy, "web", BY_ALICE);
    // One's own and a unit's, of which the older one counts.
    for which in [&["web"][..], &["--all", "--on-behalf-of", "exabgp.service"]] {
        does(
            &haproxy,
            &[&["drain", "--wait", "--timeout", "1m"], which].concat(),
            &places,
        )
        .ends_with(0)
        .complains_of(&["web: drained since 2024-05-06T10:00:00Z by alice: kernel update\n"])
        .shows(&["web: drained, by the clock"]);
    }
}

#[test]
fn a_drain_that_is_ended_while_it_is_waited_for_takes_nothing_out() {
    let haproxy = Haproxy::start();
    let places = service(&haproxy, "");
    haproxy.backend01.hold();
    haproxy.backend02.hold();
    let client = haproxy.get_slowly("front.sock");
    let then = [
        "drain",
        "web",
        "--wait",
        "--then-maint",
        "http_back/backend01",
    ];
    eventually("the request is under way", || {
        (haproxy.backend01.requests() + haproxy.backend02.requests() >= 1).then_some(())
    });
    let mut drain = start(&haproxy, &words(&then, &places));
    drain.eventually_says("1 session(s) left");
    does(&haproxy, &["resume", "web"], &places).ends_with(0);
    haproxy.backend01.release();
    haproxy.backend02.release();
    drain
        .end()
        .ends_with(1)
        .complains_of(&["web: the drain was ended meanwhile; nothing is taken out"]);
    assert_eq!(client.join().unwrap().as_deref(), Some("HTTP/1.1 200 OK"));
    assert_eq!(haproxy.admin("http_back/backend01"), 0);
    assert!(declared(&haproxy).is_empty());
}
