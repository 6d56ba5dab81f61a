//! Tables that no HAProxy of today writes, or that lost something on the way: of what is not understood nothing follows.

use std::time::Instant;

use haproxy_rhi::config;
use haproxy_rhi::observation::{Observation, Reading, Snapshot, Trouble};
use haproxy_rhi::observe::table;
use haproxy_rhi::verdict::{Past, Truth, verdict};

use super::bytes;

/// What a level that wants all servers of backend web makes of it, and why.
fn judged(name: &str) -> (Truth, String) {
    let text = r#"{"haproxy": {"stats": "/none.sock"}, "services": {"web": {"prefixes": ["192.0.2.9/32"], "next_hop": "198.51.100.1",
        "levels": [{"name": "up", "when": {"backend": {"name": "web", "min_percent": 100}}}]}}}"#;
    let config = config::parse(text).unwrap();
    let proxies = table(&bytes(&format!("strange/{name}.csv")));
    let what = proxies
        .map(|proxies| Snapshot {
            process: None,
            proxies,
        })
        .map_err(Trouble::Unreadable);
    let haproxy = Some(Reading {
        at: Instant::now(),
        what,
    });
    let seen = Observation {
        haproxy,
        ..Observation::default()
    };
    let verdict = verdict(&config.services[0].levels[0].when, &seen, Past::none());
    (verdict.truth, verdict.why)
}

#[test]
fn of_what_is_not_understood_nothing_follows() {
    let table = [
        (
            "status_new",
            Truth::Unknown,
            "web: 1 of 2 servers up, 100 % wanted: b 'PURGING L7OK', a status that is not known",
        ),
        (
            "status_purging",
            Truth::Unknown,
            "b 'PURGING L7OK', a status that is not known",
        ),
        (
            "c992_allblank_fields",
            Truth::Unknown,
            "row 'web/a' of type '', which is not known, in the CSV",
        ),
        (
            "c992_status_empty",
            Truth::Unknown,
            "b 'L7OK', a status that is not known",
        ),
        (
            "c992_status_empty1",
            Truth::Unknown,
            "b 'L7OK', a status that is not known",
        ),
        (
            "c992_svname_empty",
            Truth::Unknown,
            "a server without a name in 'web' in the CSV",
        ),
        (
            "c992_type_empty",
            Truth::Unknown,
            "of type '', which is not known, in the CSV",
        ),
        (
            "only_backend",
            Truth::Unknown,
            "HAProxy says 2 servers of backend 'web' are up, and shows none",
        ),
        ("no_backend_row", Truth::Unknown, "no backend 'web'"),
        ("cut", Truth::Unknown, "a broken row"),
        ("header_only", Truth::Unknown, "no backend 'web'"),
        ("barequote", Truth::Yes, "web: 2 of 2 servers up"),
        ("comma_other", Truth::Unknown, "a broken row"),
        ("comma_same", Truth::Unknown, "a broken row"),
        // The columns that matter come before what a server said.
        ("comma_shift", Truth::Yes, "web: 2 of 2 servers up"),
        (
            "dup",
            Truth::No,
            "web: 1 of 2 servers up, 100 % wanted: a DOWN L4CON",
        ),
        // As other tools' own tests have them: no header, an empty line before it, a server's words in several lines, capitals.
        ("no_header", Truth::Unknown, "no CSV header"),
        ("blank_line_first", Truth::Unknown, "no CSV header"),
        ("several_lines", Truth::Yes, "web: 2 of 2 servers up"),
        (
            "no_check_in_capitals",
            Truth::Unknown,
            "b 'NO CHECK L7OK', a status that is not known",
        ),
        (
            "reordered",
            Truth::No,
            "web: 1 of 2 servers up, 100 % wanted: b DOWN",
        ),
    ];
    for (name, truth, words) in table {
        let (found, why) = judged(name);
        assert!(
            found == truth && why.contains(words),
            "{name}: {found:?}, {why}"
        );
    }
}
