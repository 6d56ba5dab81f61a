//! What HAProxy really said, read: captures of seven versions, 2.0 to 3.5-dev5, in `tests/captures`.
//!
//! `mixed` and `all_down` are `show stat` of one configuration with a backend in every state; `nasty` has servers
//! that answer their checks with quotes, commas, control bytes and bytes that are not UTF-8.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use haproxy_rhi::observation::ServerState::{
    self, Down, Drain, Maint, Unchecked, Unresolved, Usable, Weightless,
};
use haproxy_rhi::observation::{BackendRow, Proxy, Snapshot};
use haproxy_rhi::observe::{snapshot, table};

#[path = "captures/exabgp.rs"]
mod exabgp;
#[path = "captures/strange.rs"]
mod strange;

/// Of all of them there is all; of 3.0.11 (Debian 13's), which the lab runs, what differs.
const VERSIONS: [&str; 7] = [
    "2.0.0", "2.4.0", "2.6.12", "2.8.0", "3.0.0", "3.2.0", "3.5-dev5",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures")
}

pub(crate) fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A capture of the socket is a table and the empty line that ends the answer.
fn proxies(name: &str) -> BTreeMap<String, Proxy> {
    let csv = bytes(name);
    let csv = csv.strip_suffix(b"\n").unwrap();
    table(csv).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// `proxy/server` and what its row means, with the servers that it follows taken into account.
fn states(proxies: BTreeMap<String, Proxy>) -> BTreeMap<String, ServerState> {
    let snapshot = Snapshot {
        process: None,
        proxies,
    };
    let mut lookup = snapshot.lookup();
    let mut states = BTreeMap::new();
    for (name, proxy) in &snapshot.proxies {
        for (place, row) in proxy.servers.iter().enumerate() {
            states.insert(format!("{name}/{}", row.name), lookup.state(place, row));
        }
    }
    states
}

fn table_of(rows: &[(&str, ServerState)]) -> BTreeMap<String, ServerState> {
    rows.iter()
        .map(|(name, state)| ((*name).to_owned(), *state))
        .collect()
}

fn backend(proxies: &BTreeMap<String, Proxy>, name: &str) -> (String, u32) {
    let BackendRow { status, usable } = proxies[name].backend.clone().unwrap();
    (status, usable)
}

#[test]
fn every_state_is_read_in_every_version() {
    let expected = table_of(&[
        ("http_back/backend01", Usable),
        ("http_back/backend02", Usable),
        ("be_httpchk/ok", Usable),
        ("be_httpchk/nf", Down),
        ("be_httpchk/err", Down),
        ("be_httpchk/dead", Down),
        ("be_nocheck/n1", Usable),
        ("be_nocheck/n2", Usable),
        ("be_backup/a1", Down),
        ("be_backup/b1", Usable),
        ("be_backup/b2", Usable),
        ("be_allbackup/a1", Down),
        ("be_allbackup/b1", Usable),
        ("be_allbackup/b2", Usable),
        ("be_drain/d1", Usable),
        ("be_drain/d2", Usable),
        ("be_maint/m1", Maint),
        ("be_maint/m2", Maint),
        ("be_dead/x1", Down),
        ("be_dead/x2", Down),
        ("be_weight0/w0", Weightless),
        ("be_track/t1", Usable),
        ("be_track/t2", Maint),
        ("be_resolve/r1", Unresolved),
        ("be_agent/ag_up", Usable),
        ("be_agent/ag_drain", Drain),
        ("be_agent/ag_down", Down),
        ("be_agent/ag_maint", Maint),
        ("be_agent/ag_stop", Down),
        ("be_agent/ag_half", Weightless),
        ("be_agent/ag_only", Down),
        ("be_slowrise/flap1", Down),
        ("be_slowrise/flap2", Usable),
        ("both/s1", Usable),
    ]);
    for version in VERSIONS {
        let mut expected = expected.clone();
        if version == "2.4.0" {
            // Its agent had not answered `maint` yet.
            expected.insert("be_agent/ag_maint".to_owned(), Usable);
        }
        assert_eq!(
            states(proxies(&format!("{version}/mixed.csv"))),
            expected,
            "{version}"
        );
    }
}

#[test]
fn the_backends_own_count_is_the_number_of_usable_servers() {
    for version in VERSIONS {
        for name in ["mixed", "all_down"] {
            let proxies = proxies(&format!("{version}/{name}.csv"));
            let states = states(proxies.clone());
            for (proxy, rows) in proxies.iter().filter(|(_, proxy)| proxy.backend.is_some()) {
                let prefix = format!("{proxy}/");
                let mine = states
                    .iter()
                    .filter(|(server, _)| server.starts_with(&prefix));
                let usable = mine.filter(|(_, state)| **state == Usable).count();
                let row = rows.backend.as_ref().unwrap();
                assert_eq!(row.usable as usize, usable, "{version} {name} {proxy}");
                let up = usable > 0 || rows.servers.is_empty();
                assert_eq!(
                    row.status,
                    if up { "UP" } else { "DOWN" },
                    "{version} {name} {proxy}"
                );
            }
        }
    }
}

#[test]
fn when_all_is_dead_nothing_that_is_checked_is_usable() {
    for version in VERSIONS {
        let proxies = proxies(&format!("{version}/all_down.csv"));
        assert_eq!(
            backend(&proxies, "http_back"),
            ("DOWN".to_owned(), 0),
            "{version}"
        );
        let usable: Vec<String> = states(proxies)
            .into_iter()
            .filter(|(_, state)| *state == Usable)
            .map(|(name, _)| name)
            .filter(|name| name != "be_slowrise/flap2")
            .collect();
        assert_eq!(
            usable,
            ["be_drain/d2", "be_nocheck/n1", "be_nocheck/n2"],
            "{version}"
        );
    }
}

#[test]
fn an_empty_backend_says_up_without_a_server() {
    for version in VERSIONS {
        let proxies = proxies(&format!("{version}/mixed.csv"));
        assert_eq!(
            backend(&proxies, "be_empty"),
            ("UP".to_owned(), 0),
            "{version}"
        );
        assert_eq!(proxies["be_empty"].servers, []);
    }
}

#[test]
fn a_backup_server_is_told_by_its_own_row() {
    for version in VERSIONS {
        let proxies = proxies(&format!("{version}/mixed.csv"));
        let roles: Vec<(&str, bool)> = proxies["be_backup"]
            .servers
            .iter()
            .map(|row| (row.name.as_str(), row.backup))
            .collect();
        assert_eq!(
            roles,
            [("a1", false), ("b1", true), ("b2", true)],
            "{version}"
        );
        assert_eq!(
            backend(&proxies, "be_backup"),
            ("UP".to_owned(), 2),
            "{version}"
        );
    }
}

#[test]
fn a_tracking_server_names_the_one_it_follows() {
    for version in VERSIONS {
        let proxies = proxies(&format!("{version}/mixed.csv"));
        let follows: Vec<Option<(String, String)>> = proxies["be_track"]
            .servers
            .iter()
            .map(|row| row.tracks.clone())
            .collect();
        let of = |proxy: &str, server: &str| Some((proxy.to_owned(), server.to_owned()));
        assert_eq!(
            follows,
            [of("http_back", "backend01"), of("be_maint", "m1")],
            "{version}"
        );
    }
}

#[test]
fn a_listen_section_is_a_frontend_and_a_backend() {
    for version in VERSIONS {
        let proxies = proxies(&format!("{version}/mixed.csv"));
        assert_eq!(
            proxies["both"].frontend.as_deref(),
            Some("OPEN"),
            "{version}"
        );
        assert_eq!(backend(&proxies, "both"), ("UP".to_owned(), 1), "{version}");
        // A `disabled` proxy is not there at all.
        assert!(!proxies.contains_key("fe_disabled"), "{version}");
    }
}

#[test]
fn a_frontend_that_was_shut_down_says_stop_or_is_not_there() {
    for version in VERSIONS {
        let proxies = proxies(&format!("{version}/all_down.csv"));
        let status = proxies
            .get("fe_auth")
            .and_then(|proxy| proxy.frontend.as_deref());
        let hidden = matches!(version, "2.0.0" | "2.4.0");
        assert_eq!(
            status,
            if hidden { None } else { Some("STOP") },
            "{version}"
        );
        assert_eq!(
            proxies["http_front"].frontend.as_deref(),
            Some("OPEN"),
            "{version}"
        );
    }
}

#[test]
fn a_paused_frontend_is_not_open() {
    for version in ["2.6.12", "3.2.0"] {
        let proxies = proxies(&format!("{version}/stable.csv"));
        let status = |name: &str| proxies[name].frontend.clone().unwrap();
        assert_eq!(
            (status("f"), status("f2")),
            ("OPEN".to_owned(), "PAUSED".to_owned()),
            "{version}"
        );
    }
}

#[test]
fn a_full_frontend_is_open_and_its_listeners_are_no_servers() {
    for version in VERSIONS {
        let proxies = proxies(&format!("{version}/full.csv"));
        let full = Proxy {
            frontend: Some("OPEN".to_owned()),
            ..Proxy::default()
        };
        assert_eq!(
            proxies,
            BTreeMap::from([("fe_small".to_owned(), full)]),
            "{version}"
        );
        assert!(
            bytes(&format!("{version}/full.csv"))
                .windows(6)
                .any(|field| field == b",FULL,"),
            "{version}"
        );
    }
}

/// Columns by name: the first 88 are the same everywhere, what follows comes and goes.
#[test]
fn the_columns_of_each_version_are_those_that_are_known() {
    let header = |version: &str| -> Vec<String> {
        let csv = bytes(&format!("{version}/mixed.csv"));
        let line = csv.split(|byte| *byte == b'\n').next().unwrap();
        String::from_utf8(line.to_vec())
            .unwrap()
            .split(',')
            .map(str::to_owned)
            .collect()
    };
    let counts = VERSIONS.map(|version| header(version).len());
    assert_eq!(counts, [89, 115, 129, 136, 136, 136, 142]);
    for version in VERSIONS {
        assert_eq!(header(version)[..88], header("2.0.0")[..88], "{version}");
    }
    let with =
        |column: &str| VERSIONS.map(|version| header(version).iter().any(|name| name == column));
    assert_eq!(with("-"), [false, true, true, true, true, true, true]);
    // A bug of 2.8.0's, and its cure.
    assert_eq!(
        with("(null)"),
        [false, false, false, true, false, false, false]
    );
    assert_eq!(
        with("proto"),
        [false, false, false, false, true, true, true]
    );
    assert_eq!(
        with("cache_hint_hits"),
        [false, false, false, false, false, false, true]
    );
}

/// `UP (2/3)`, where somebody has put `;no-maint` into the page's address: the rows in maintenance are missing then.
#[test]
fn a_backend_with_its_count_in_the_status_is_read() {
    for version in ["2.6.12", "3.2.0"] {
        let seen = proxies(&format!("{version}/no_maint.csv"));
        assert_eq!(
            backend(&seen, "be_backup"),
            ("UP (2/3)".to_owned(), 2),
            "{version}"
        );
        assert_eq!(
            backend(&seen, "be_maint"),
            ("DOWN (0/2)".to_owned(), 0),
            "{version}"
        );
        assert_eq!(seen["be_maint"].servers, [], "{version}");
        let all = states(proxies(&format!("{version}/mixed.csv")));
        for (server, state) in states(seen) {
            assert_eq!(state, all[&server], "{version} {server}");
        }
    }
}

#[test]
fn a_failing_server_is_usable_and_a_recovering_one_is_not() {
    for version in ["2.6.12", "3.2.0"] {
        let of = |name: &str| {
            let proxies = proxies(&format!("{version}/{name}.csv"));
            let words = proxies["b"].servers[0].words.clone();
            (states(proxies)["b/up"], words)
        };
        assert_eq!(
            of("failing_0"),
            (Usable, "UP 5/6 L4CON".to_owned()),
            "{version}"
        );
        assert_eq!(
            of("failing_1"),
            (Usable, "UP 4/6 L4CON".to_owned()),
            "{version}"
        );
        assert_eq!(
            of("failing_2"),
            (Usable, "UP 3/6 L4CON".to_owned()),
            "{version}"
        );
        assert_eq!(
            of("failing_3"),
            (Usable, "UP 2/6 L4CON".to_owned()),
            "{version}"
        );
        assert_eq!(
            of("failing_4"),
            (Usable, "UP 1/6 L4CON".to_owned()),
            "{version}"
        );
        // One that was drained recovers first here.
        assert_eq!(
            of("recovering_0"),
            (Down, "DOWN L4CON".to_owned()),
            "{version}"
        );
        assert_eq!(
            of("recovering_2"),
            (Down, "DOWN 2/4 L7OK".to_owned()),
            "{version}"
        );
        assert_eq!(
            of("after_maint_ready"),
            (Usable, "UP 1/6 L7OK".to_owned()),
            "{version}"
        );
    }
    for version in VERSIONS {
        let down = states(proxies(&format!("{version}/going_up.csv")))["be_slowrise/flap1"];
        assert_eq!(down, Down, "{version}: DOWN 3/30");
        let failing = states(proxies(&format!("{version}/going_down.csv")))["be_slowrise/flap2"];
        assert_eq!(
            failing,
            if version == "3.5-dev5" { Down } else { Usable },
            "{version}: UP 28/30"
        );
    }
}

#[test]
fn drain_nolb_and_down_are_told_apart_while_they_fail() {
    for version in ["2.6.12", "3.2.0"] {
        let expected = [
            ("b/drain", Drain),
            ("b/nolb", Down),
            ("b/ok", Usable),
            ("b/up", Usable),
        ];
        // `DRAIN 5/6` to `DRAIN 1/6`, and the same of NOLB.
        for name in [
            "stable",
            "failing_0",
            "failing_1",
            "failing_2",
            "failing_3",
            "failing_4",
        ] {
            let states = states(proxies(&format!("{version}/{name}.csv")));
            let of_b: Vec<(&str, ServerState)> = states
                .iter()
                .filter(|(server, _)| server.starts_with("b/"))
                .map(|(server, state)| (server.as_str(), *state))
                .collect();
            assert_eq!(of_b, expected, "{version} {name}");
            assert_eq!(
                states["d/tarpit"], Down,
                "{version} {name}: a check under way, '* L7TOUT'"
            );
        }
    }
}

#[test]
fn just_after_the_start_a_server_is_unchecked_though_haproxy_says_up() {
    for version in ["2.6.12", "3.2.0"] {
        let proxies = proxies(&format!("{version}/just_started.csv"));
        assert_eq!(backend(&proxies, "c"), ("UP".to_owned(), 2), "{version}");
        let states = states(proxies);
        for server in ["b/drain", "b/ok", "c/blackhole", "c/ok", "d/tarpit", "e/x"] {
            assert_eq!(states[server], Unchecked, "{version} {server}");
        }
        assert_eq!(states["b/up"], Usable, "{version}: its check had run");
    }
}

#[test]
fn what_a_server_answered_breaks_no_row() {
    for version in ["2.4.0", "2.6.12", "2.8.0", "3.0.0", "3.2.0"] {
        let proxies = proxies(&format!("{version}/nasty.csv"));
        for row in proxies.values().flat_map(|proxy| &proxy.servers) {
            assert!(
                !row.words.chars().any(char::is_control),
                "{version}: {:?}",
                row.words
            );
        }
        let expected = table_of(&[
            ("b/s500", Down),
            ("b/utf8", Down),
            ("b/garbage", Down),
            ("b/refused", Down),
            ("bstr/nostr", Down),
            ("bagent/agdown", Usable),
            ("bagent/agup", Weightless),
            ("bagent/agfail", Down),
            ("btcp/tcp1", Down),
        ]);
        assert_eq!(states(proxies), expected, "{version}");
    }
}

#[test]
fn the_stats_page_says_what_the_socket_says() {
    for version in VERSIONS {
        let page = bytes(&format!("{version}/stats_page.txt"));
        let page =
            table(&without_chunks(&page)).unwrap_or_else(|error| panic!("{version}: {error}"));
        let mut socket = states(proxies(&format!("{version}/mixed.csv")));
        // The page was asked later: one server was drained meanwhile.
        assert_eq!(socket.insert("be_drain/d1".to_owned(), Drain), Some(Usable));
        let mut seen = states(page.clone());
        if version == "2.4.0" {
            // And an agent had answered.
            assert_eq!(
                seen.insert("be_agent/ag_maint".to_owned(), Usable),
                Some(Maint)
            );
        }
        if version == "3.5-dev5" {
            // And another failed.
            assert_eq!(
                seen.insert("be_slowrise/flap2".to_owned(), Usable),
                Some(Down)
            );
        }
        assert_eq!(seen, socket, "{version}");
        assert_eq!(
            backend(&page, "http_back"),
            ("UP".to_owned(), 2),
            "{version}"
        );
    }
}

/// The body of an answer, which most versions send with `transfer-encoding: chunked` (RFC 9112 section 7.1).
fn without_chunks(answer: &[u8]) -> Vec<u8> {
    let find = |bytes: &[u8], what: &[u8]| {
        bytes
            .windows(what.len())
            .position(|window| window == what)
            .unwrap()
    };
    let (head, mut rest) = answer.split_at(find(answer, b"\r\n\r\n") + 4);
    if !head.ends_with(b"chunked\r\n\r\n") {
        return rest.to_vec();
    }
    let mut body = Vec::new();
    loop {
        let end = find(rest, b"\r\n");
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return body;
        }
        body.extend(&rest[end + 2..end + 2 + length]);
        rest = &rest[end + 2 + length + 2..];
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The answer to `show info;show stat http_back 7 -1;show stat NAME 7 -1`.
fn answer(version: &str, last: &str) -> Vec<u8> {
    let part = |name: &str| bytes(&format!("{version}/{name}"));
    [part("show_info.txt"), part("http_back.csv"), bytes(last)].concat()
}

#[test]
fn a_whole_answer_is_the_process_and_its_proxies() {
    for version in VERSIONS {
        let answer = answer(version, "no_such_proxy.txt");
        let seen = snapshot(&answer, &names(&["http_back", "nosuch"])).unwrap();
        let process = seen.process.unwrap();
        assert!(
            process.version.starts_with(version),
            "'{}' is not {version}",
            process.version
        );
        assert!(process.pid > 1000 && !process.stopping, "{version}");
        assert_eq!(
            seen.proxies.keys().collect::<Vec<_>>(),
            ["http_back"],
            "{version}"
        );
        assert_eq!(seen.proxies["http_back"].servers.len(), 2, "{version}");
    }
}

#[test]
fn a_worker_that_was_told_to_leave_says_so() {
    for version in ["2.6.12", "3.0.11"] {
        let seen = snapshot(&bytes(&format!("{version}/show_info_stopping.txt")), &[]).unwrap();
        let process = seen.process.unwrap();
        assert!(
            process.stopping && process.version.starts_with(version),
            "{process:?}"
        );
    }
}

#[test]
fn an_unknown_command_is_an_error_in_every_wording() {
    for name in [
        "2.6.12/unknown_command",
        "3.0.11/unknown_command",
        "3.0.11/unknown_command_number",
    ] {
        let reply = bytes(&format!("{name}.txt"));
        let error = |answer: &[u8]| snapshot(answer, &names(&["http_back"])).unwrap_err();
        assert_eq!(
            error(&reply),
            "no Pid in the answer to 'show info'",
            "{name}"
        );
        let second = error(&[bytes("2.6.12/show_info.txt"), reply].concat());
        assert!(second.contains("Unknown command"), "{name}: {second}");
    }
}

/// `stats socket … severity-output number` puts `[3]: ` before it, `string` puts `[err]: `.
#[test]
fn a_missing_proxy_is_absent_whatever_the_severity_output_is() {
    let info_and_table = |version: &str| {
        let version = if version == "3.0.11" {
            "3.0.0"
        } else {
            version
        };
        (
            bytes(&format!("{version}/show_info.txt")),
            bytes(&format!("{version}/http_back.csv")),
        )
    };
    for version in ["2.6.12", "3.0.11"] {
        for severity in ["no_such_proxy_number", "no_such_proxy_string"] {
            let (info, table) = info_and_table(version);
            let answer = [info, table, bytes(&format!("{version}/{severity}.txt"))].concat();
            let seen = snapshot(&answer, &names(&["http_back", "nosuch"])).unwrap();
            assert_eq!(
                seen.proxies.keys().collect::<Vec<_>>(),
                ["http_back"],
                "{version} {severity}"
            );
        }
    }
}

#[test]
fn only_the_proxies_that_were_asked_for_are_kept() {
    let answer = [bytes("3.2.0/show_info.txt"), bytes("3.2.0/mixed.csv")].concat();
    let seen = snapshot(&answer, &names(&["be_track", "http_front"])).unwrap();
    assert_eq!(
        seen.proxies.keys().collect::<Vec<_>>(),
        ["be_track", "http_front"]
    );
}

#[test]
fn an_answer_that_is_none_is_an_error_that_says_what_it_was() {
    let info = bytes("3.2.0/show_info.txt");
    let error = |answer: &[u8]| snapshot(answer, &names(&["http_back"])).unwrap_err();
    let after_info = |text: &str| error(&[info.as_slice(), text.as_bytes()].concat());
    assert_eq!(error(b""), "its answer of 0 bytes was cut off");
    assert_eq!(error(b"\n\n"), "no Pid in the answer to 'show info'");
    assert_eq!(
        error(&bytes("3.2.0/unknown_command.txt")),
        "no Pid in the answer to 'show info'"
    );
    assert_eq!(
        after_info("Permission denied\n\n"),
        "it answered 'Permission denied'"
    );
    assert_eq!(
        after_info("# pxname,svname\nx,y\n\n"),
        "no column 'status' in the CSV header"
    );
    assert!(
        after_info("Unknown command: 'show', but \u{1b}[31m\n\n")
            .starts_with("it answered 'Unknown command")
    );
}

#[test]
fn an_answer_cut_anywhere_is_an_error_or_lacks_whole_proxies() {
    let last = "2.6.12/going_up.csv";
    let whole = answer("2.6.12", last);
    let all = table(bytes(last).strip_suffix(b"\n").unwrap()).unwrap();
    let names: Vec<String> = all.keys().cloned().chain(names(&["http_back"])).collect();
    let complete = snapshot(&whole, &names).unwrap();
    assert_eq!(complete.proxies.len(), names.len());
    let mut lacking = 0;
    for length in 0..whole.len() {
        let Ok(cut) = snapshot(&whole[..length], &names) else {
            continue;
        };
        lacking += 1;
        assert_eq!(cut.process, complete.process, "{length} bytes");
        for (name, proxy) in &cut.proxies {
            assert_eq!(proxy, &complete.proxies[name], "{name} of {length} bytes");
        }
    }
    // Only where an empty line ends an answer: after `show info` and after the first proxy.
    assert_eq!(lacking, 2);
}

/// The stats page has no empty line at its end: that it is whole is known from HTTP. Yet a backend's row comes
/// after its servers, so that no cut makes another truth of a backend.
#[test]
fn a_table_cut_anywhere_is_an_error_or_has_no_backend_that_is_not_whole() {
    let csv = bytes("2.6.12/nasty.csv");
    let csv = csv.strip_suffix(b"\n").unwrap();
    let complete = table(csv).unwrap();
    let mut read = 0;
    for length in 0..csv.len() {
        let Ok(cut) = table(&csv[..length]) else {
            continue;
        };
        read += 1;
        for (proxy, rows) in cut.iter().filter(|(_, rows)| rows.backend.is_some()) {
            assert_eq!(rows, &complete[proxy], "{proxy} of {length} bytes");
        }
    }
    let rows = csv.iter().filter(|byte| **byte == b'\n').count();
    assert!(read >= rows, "{read} cuts were read, one a row at least");
}

#[test]
fn every_byte_may_be_another_without_a_panic() {
    let whole = [bytes("2.6.12/show_info.txt"), bytes("2.6.12/http_back.csv")].concat();
    let names = names(&["http_back"]);
    for (at, byte) in (0..whole.len()).zip([b'"', b',', b'\n', 0, 0xff].into_iter().cycle()) {
        let mut changed = whole.clone();
        changed[at] = byte;
        if let Ok(snapshot) = snapshot(&changed, &names) {
            assert!(snapshot.proxies.keys().all(|name| names.contains(name)));
        }
    }
}

#[test]
fn every_capture_is_read_by_a_test() {
    let source = [
        include_str!("captures.rs"),
        include_str!("captures/strange.rs"),
    ]
    .concat();
    for version in std::fs::read_dir(folder()).unwrap() {
        let version = version.unwrap().path();
        // Those of ExaBGP's dialogues are all read by one test.
        if !version.is_dir() || version.ends_with("exabgp") {
            continue;
        }
        for file in std::fs::read_dir(&version).unwrap() {
            let file = file.unwrap().path();
            let stem = file.file_stem().unwrap().to_str().unwrap();
            assert!(source.contains(stem), "nothing reads {}", file.display());
        }
    }
}
