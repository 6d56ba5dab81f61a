//! Recorded answers of seven HAProxy versions, and answers that cannot be read.

use super::*;
use crate::control::wait::left;

const VERSIONS: [&str; 7] = [
    "2.0.0", "2.4.0", "2.6.12", "2.8.0", "3.0.0", "3.2.0", "3.5-dev5",
];

fn file(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The answer to `show info;show stat http_back 7 -1;show servers state http_back`.
fn answer(version: &str) -> Vec<u8> {
    [
        file(&format!("captures/{version}/show_info.txt")),
        file(&format!("captures/{version}/http_back.csv")),
        file(&format!("control/servers_state/{version}.txt")),
    ]
    .concat()
}

fn name(text: &str) -> ServerName {
    let (backend, server) = text.split_once('/').unwrap();
    ServerName::of(backend, server).unwrap()
}

/// Of 2.6, with a column of a server's replaced.
fn changed(column: &str, value: &str) -> View {
    let text = String::from_utf8(answer("2.6.12")).unwrap();
    let header = text
        .lines()
        .find(|line| line.starts_with("# pxname"))
        .unwrap()
        .to_owned();
    let (header_of_states, admin) = ("# be_id", 6);
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if line.starts_with("http_back,backend01,") {
                let mut fields: Vec<&str> = line.split(',').collect();
                if let Some(at) = header
                    .trim_start_matches("# ")
                    .split(',')
                    .position(|name| name == column)
                {
                    fields[at] = value;
                }
                fields.join(",")
            } else if column == "admin"
                && line.contains(" backend01 ")
                && !line.starts_with(header_of_states)
            {
                let mut fields: Vec<&str> = line.split(' ').collect();
                fields[admin] = value;
                fields.join(" ")
            } else {
                line.to_owned()
            }
        })
        .collect();
    View::read((lines.join("\n") + "\n").as_bytes(), 2).unwrap()
}

#[test]
fn every_version_is_read() {
    for version in VERSIONS {
        let view =
            View::read(&answer(version), 2).unwrap_or_else(|error| panic!("{version}: {error}"));
        let names: Vec<String> = view.servers.keys().map(ToString::to_string).collect();
        assert_eq!(
            names,
            ["http_back/backend01", "http_back/backend02"],
            "{version}"
        );
        for server in view.servers.values() {
            assert_eq!(
                (server.status.as_str(), server.check.as_str()),
                ("UP", "L4OK"),
                "{version}"
            );
            assert_eq!(
                (server.state, server.admin.wish()),
                (ServerState::Usable, ServerWish::Ready),
                "{version}"
            );
            assert!(server.is_up_and_checked(), "{version}");
        }
    }
}

#[test]
fn an_answer_that_was_cut_off_is_none() {
    let whole = answer("2.6.12");
    for end in 0..whole.len() {
        assert!(View::read(&whole[..end], 2).is_err(), "cut at {end}");
    }
}

#[test]
fn what_is_none_of_haproxys_is_refused() {
    for text in [
        "",
        "\n\n",
        "hello\n\n",
        "Name: HAProxy\n\n",
        "Pid: 1\n\nwhat\n\n",
        "Pid: 1\n\n2\n# be_name srv_name\n\n",
    ] {
        assert!(
            (0..3).all(|replies| View::read(text.as_bytes(), replies).is_err()),
            "{text:?} was taken for an answer"
        );
    }
    let view = View::read(
        b"Pid: 1\nStopping: 1\n\nNo such proxy.\n\nCan't find backend.\n\n",
        2,
    )
    .unwrap();
    assert!(view.process.stopping && view.servers.is_empty());
}

#[test]
fn an_operators_wish_is_read_from_its_bits() {
    let wish = |bits: u32| Admin(bits).wish();
    assert_eq!([0, 2, 4, 16, 32, 64].map(wish), [ServerWish::Ready; 6]);
    assert_eq!([1, 5, 33, 9].map(wish), [ServerWish::Maint; 4]);
    assert_eq!([8, 40, 12, 10].map(wish), [ServerWish::Drain; 4]);
    assert_eq!(
        [2, 16, 0, 1, 8, 4, 32].map(|bits| Admin(bits).is_out_by_tracking()),
        [true, true, false, false, false, false, false]
    );
}

#[test]
fn a_wish_that_the_status_does_not_show_is_shown_beside_it() {
    let words = |status: &str, bits: &str| {
        let mut view = changed("admin", bits);
        let server = view.servers.get_mut(&name("http_back/backend01")).unwrap();
        server.status = status.to_owned();
        server.state_words()
    };
    assert_eq!(words("UP", "0"), "UP");
    assert_eq!(words("DRAIN", "8"), "DRAIN");
    assert_eq!(words("DRAIN 1/2", "8"), "DRAIN 1/2");
    assert_eq!(words("DOWN 1/2", "8"), "DOWN 1/2, drain");
    assert_eq!(words("MAINT", "1"), "MAINT");
    assert_eq!(
        words("MAINT (resolution)", "40"),
        "MAINT (resolution), drain"
    );
}

#[test]
fn the_wait_for_drain_ends_with_the_last_session_and_the_last_request_in_the_queue() {
    let names = [name("http_back/backend01"), name("http_back/backend02")];
    let left = |view: &View| left(view, &names, ServerWish::Drain);
    assert_eq!(left(&changed("scur", "0")), None);
    assert_eq!(
        left(&changed("scur", "1")).as_deref(),
        Some("http_back/backend01 has 1 session")
    );
    assert_eq!(
        left(&changed("qcur", "2")).as_deref(),
        Some("http_back/backend01 has 0 sessions and 2 queued")
    );
}

#[test]
fn the_wait_for_ready_ends_when_the_server_is_up_and_its_check_has_ended() {
    let names = [name("http_back/backend01")];
    let left = |view: &View| left(view, &names, ServerWish::Ready);
    assert_eq!(left(&changed("status", "UP")), None);
    assert_eq!(left(&changed("status", "no check")), None);
    assert_eq!(
        left(&changed("weight", "0")),
        None,
        "its weight is another matter"
    );
    for status in [
        "UP 1/3",
        "UP -1/3",
        "DOWN",
        "DOWN 1/2",
        "NOLB",
        "DRAIN",
        "MAINT",
        "MAINT (via a/b)",
    ] {
        let left = left(&changed("status", status));
        assert_eq!(left, Some(format!("http_back/backend01 is {status} L4OK")));
    }
    for check in ["INI", "UNK", "* INI"] {
        assert!(
            left(&changed("check_status", check)).is_some(),
            "{check} is no check that has ended"
        );
    }
    assert_eq!(
        left(&changed("check_status", "* L4OK")),
        None,
        "the next check is under way"
    );
}

#[test]
fn a_line_names_three_servers_and_counts_the_others() {
    let view = changed("scur", "0");
    let names: Vec<ServerName> = ["a", "b", "c", "d", "e"]
        .iter()
        .map(|server| name(&format!("http_back/{server}")))
        .collect();
    assert_eq!(
        left(&view, &names, ServerWish::Drain).as_deref(),
        Some(
            "http_back/a is not there any more, http_back/b is not there any more, http_back/c is not there any more, 2 more"
        )
    );
}
