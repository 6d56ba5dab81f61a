//! What is shown.

use super::command::{run, run_at_a_terminal};
use super::haproxy::Haproxy;

#[test]
fn servers_are_shown_sorted_in_a_table_that_fits_a_terminal() {
    let haproxy = Haproxy::start();
    let said = run(&haproxy, &["server", "list"]).ends_with(0);
    assert_eq!(said.err, "");
    let rows: Vec<Vec<&str>> = said
        .out
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows[0],
        [
            "BACKEND", "SERVER", "STATE", "WEIGHT", "CHECK", "SESSIONS", "QUEUE", "SINCE"
        ]
    );
    let names: Vec<(&str, &str)> = rows[1..].iter().map(|row| (row[0], row[1])).collect();
    assert_eq!(
        names,
        [
            ("both", "l1"),
            ("followers", "first"),
            ("followers", "second"),
            ("http_back", "backend01"),
            ("http_back", "backend02"),
            ("http_back", "spare"),
            ("one:at-a_time.1", "a.b:c-d_1"),
            ("one:at-a_time.1", "off"),
        ]
    );
    assert_eq!(rows[4][2..7], ["UP", "1", "L7OK", "0", "0"]);
    assert_eq!(rows[6][2..5], ["UP", "backup", "1"]);
    assert_eq!(rows[8][2], "MAINT");
    assert!(
        said.out.lines().all(|line| line.len() <= 80),
        "{}",
        said.out
    );
    assert!(!said.out.contains('\x1b'), "no colour in a pipe");
}

#[test]
fn backends_and_single_servers_can_be_named() {
    let haproxy = Haproxy::start();
    let servers = |arguments: &[&str]| -> Vec<String> {
        let arguments = [&["server", "list", "--json"], arguments].concat();
        let json = run(&haproxy, &arguments).ends_with(0).json();
        let name = |row: &serde_json::Value| {
            format!(
                "{}/{}",
                row["backend"].as_str().unwrap(),
                row["server"].as_str().unwrap()
            )
        };
        json["servers"]
            .as_array()
            .unwrap()
            .iter()
            .map(name)
            .collect()
    };
    assert_eq!(
        servers(&["http_back"]),
        [
            "http_back/backend01",
            "http_back/backend02",
            "http_back/spare"
        ]
    );
    assert_eq!(servers(&["http_back/*"]), servers(&["http_back"]));
    assert_eq!(
        servers(&["http_back/spare", "both", "http_back/spare"]),
        ["both/l1", "http_back/spare"]
    );
}

#[test]
fn the_json_of_servers_is_what_the_help_promises() {
    let haproxy = Haproxy::start();
    let json = run(
        &haproxy,
        &[
            "server",
            "list",
            "http_back/backend01",
            "followers/first",
            "--json",
        ],
    )
    .ends_with(0)
    .json();
    assert_eq!(json["haproxy"]["pid"], haproxy.pid());
    assert_eq!(json["haproxy"]["address"], haproxy.arg("admin.sock"));
    assert_eq!(json["haproxy"]["stopping"], false);
    assert!(json["haproxy"]["version"].as_str().unwrap().contains('.'));
    let [follower, server] = json["servers"].as_array().unwrap().as_slice() else {
        panic!("{json}")
    };
    let keys: Vec<&str> = server
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "backend", "backup", "check", "checked", "queue", "server", "sessions", "since",
            "status", "tracks", "usable", "weight", "wish"
        ]
    );
    assert_eq!(
        (&server["status"], &server["check"]),
        (&"UP".into(), &"L7OK".into())
    );
    assert_eq!(
        (&server["usable"], &server["checked"], &server["wish"]),
        (&true.into(), &true.into(), &"ready".into())
    );
    assert_eq!(
        (&server["tracks"], &follower["tracks"]),
        (&serde_json::Value::Null, &"http_back/backend01".into())
    );
}

#[test]
fn frontends_are_shown_as_a_table_and_as_json() {
    let haproxy = Haproxy::start();
    let said = run(&haproxy, &["frontend", "list"]).ends_with(0);
    let rows: Vec<Vec<&str>> = said
        .out
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0], ["FRONTEND", "STATE", "SESSIONS", "LIMIT"]);
    assert_eq!(
        rows[1..]
            .iter()
            .map(|row| (row[0], row[1]))
            .collect::<Vec<_>>(),
        [
            ("both", "OPEN"),
            ("doomed", "OPEN"),
            ("http_front", "OPEN"),
            ("narrow", "OPEN")
        ]
    );
    let json = run(&haproxy, &["frontend", "list", "both", "--json"])
        .ends_with(0)
        .json();
    let row = &json["frontends"][0];
    let keys: Vec<&str> = row
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        ["frontend", "limit", "listen", "open", "sessions", "status"]
    );
    assert_eq!(
        (&row["frontend"], &row["listen"], &row["open"]),
        (&"both".into(), &true.into(), &true.into())
    );
}

#[test]
fn only_a_terminal_gets_colours_and_none_with_no_color() {
    let haproxy = Haproxy::start();
    let coloured = run_at_a_terminal(&haproxy, &["server", "list"], false);
    assert!(coloured.contains("\x1b[32mUP\x1b[0m"), "{coloured:?}");
    let plain = run_at_a_terminal(&haproxy, &["server", "list"], true);
    assert!(
        plain.contains("backend01") && !plain.contains('\x1b'),
        "{plain:?}"
    );
    assert!(
        plain.lines().all(|line| line.chars().count() <= 80),
        "{plain}"
    );
}

#[test]
fn a_server_in_drain_that_fails_shows_both() {
    let haproxy = Haproxy::start();
    run(&haproxy, &["server", "drain", "http_back/backend01"]).ends_with(0);
    haproxy.backend01.is_sick(true);
    haproxy.eventually_is("http_back", "backend01", "DOWN");
    run(&haproxy, &["server", "list", "http_back/backend01"])
        .ends_with(0)
        .shows(&["DOWN, drain"]);
}
