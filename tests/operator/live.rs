//! `validate --live`: a configuration against the running HAProxy, 2.6 (Debian 12's) and 3.0 (Debian 13's).

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use haproxy_rhi_lab::{ExaBgp, Haproxy, eventually};

use super::stage::{NE, PATIENCE, answer, ends, regions, rhi};

const CONFIG: &str = "/etc/haproxy-rhi/config.json";

#[test]
fn names_are_held_against_haproxy_2_6() {
    names_are_held_against(Haproxy::Debian, "HAProxy 2.6.");
}

#[test]
fn names_are_held_against_haproxy_3_0() {
    names_are_held_against(Haproxy::Debian13, "HAProxy 3.0.");
}

/// The shipped level as it would be without its frontend.
fn alone(shipped: &str) -> String {
    let alone = shipped
        .replace(
            r#"{"all": [{"frontend": {"name": "http_front"}}, {"backend""#,
            r#"{"backend""#,
        )
        .replace(r#""min_active": 1}}]}"#, r#""min_active": 1}}"#);
    assert_ne!(alone, shipped);
    alone
}

#[test]
fn a_haproxy_cfg_that_cannot_be_read_is_no_fault() {
    let lab = regions(&ExaBgp::Debian).start().unwrap();
    lab.run(|lab| {
        let shipped = lab.nva(NE).read(CONFIG)?;
        lab.nva(NE).write("/run/alone.json", &alone(&shipped))?;
        let validate = || {
            let mut command = lab.nva(NE).command_as_exabgp("/usr/bin/haproxy-rhi");
            command.args(["validate", "--live", "--strict", "/run/alone.json"]);
            answer(command, "")
        };
        ends(&validate()?, 1, &["LV003"])?;
        std::fs::set_permissions(
            lab.nva(NE).path("/etc/haproxy/haproxy.cfg"),
            Permissions::from_mode(0o600),
        )?;
        eventually(PATIENCE, "nothing to warn of", || {
            ends(
                &validate()?,
                0,
                &["every backend, frontend and server that a condition names is there"],
            )
        })
    })
    .unwrap();
}

fn names_are_held_against(version: Haproxy, who: &str) {
    let lab = regions(&ExaBgp::Debian).haproxy(version).start().unwrap();
    lab.run(|lab| {
        let validate = |arguments: &[&str]| answer(rhi(lab, NE, &[&["validate"], arguments].concat()), "");
        ends(&validate(&["--live"])?, 0, &[who, ": every backend, frontend and server that a condition names is there"])?;

        // Names that HAProxy does not have, at their places, with those that it has.
        let shipped = lab.nva(NE).read(CONFIG)?;
        lab.nva(NE).write("/run/wrong.json", &shipped.replace("http_back", "http_bakc"))?;
        let words = [
            "/run/wrong.json:16:",
            "error LV001: HAProxy has no backend 'http_bakc'; is 'http_back' meant?",
            "sibling_check",
        ];
        ends(&validate(&["--live", "/run/wrong.json"])?, 78, &words)?;
        let servers = shipped.replace("\"min_active\": 1", "\"servers\": [\"backend01\", \"backend99\"]");
        lab.nva(NE).write("/run/wrong.json", &servers)?;
        let words =
            ["error LV002: HAProxy's backend 'http_back' has no server 'backend99'; is 'backend01' meant?"];
        ends(&validate(&["--live", "/run/wrong.json"])?, 78, &words)?;
        let front = shipped.replace(
            r#"{"frontend": {"name": "http_front"}}"#,
            r#"{"not": {"frontend": {"name": "http_back"}}}"#,
        );
        lab.nva(NE).write("/run/wrong.json", &front)?;
        let words = ["HAProxy has no frontend 'http_back'", "http_front, from_sibling"];
        let said = validate(&["--live", "/run/wrong.json"])?;
        ends(&said, 78, &words[..1])?;
        anyhow::ensure!(words[1].split(", ").all(|name| said.1.contains(name)), "{}", said.1);

        // A level that watches the backend by itself, and what to write.
        let alone = alone(&shipped);
        lab.nva(NE).write("/run/alone.json", &alone)?;
        let words = [
            ":16:32: warning LV003: level 'up' of service web watches backend 'http_back' by itself, and clients come through http_front; \
             write \"when\": {\"all\": [{\"frontend\": {\"name\": \"http_front\"}}, {\"backend\": {\"name\": \"http_back\", …}}]}",
            "every backend, frontend and server that a condition names is there",
        ];
        ends(&validate(&["--live", "/run/alone.json"])?, 0, &words)?;
        ends(&validate(&["--live", "--strict", "/run/alone.json"])?, 1, &words)?;

        // By the stats page, too.
        let page = alone.replace("/run/haproxy/watch.sock", "http://127.0.0.1:8404/haproxy?stats");
        lab.nva(NE).write("/run/page.json", &page)?;
        ends(&validate(&["--live", "/run/page.json"])?, 0, &words[..1])?;
        let page = shipped.replace("/run/haproxy/watch.sock", "http://127.0.0.1:8404/haproxy?stats");
        lab.nva(NE).write("/run/page.json", &page)?;
        ends(&validate(&["--live", "/run/page.json"])?, 0, &["HAProxy's stats page: every backend"])?;
        lab.nva(NE).write("/run/page.json", &page.replace("http_back", "http_bakc"))?;
        ends(&validate(&["--live", "/run/page.json"])?, 78, &["has no backend 'http_bakc'; name a backend"])?;

        lab.nva(NE).haproxy().kill()?;
        eventually(PATIENCE, "HAProxy to be gone", || ends(&validate(&["--live"])?, 69, &["HAProxy is gone"]))
    })
    .unwrap();
}
