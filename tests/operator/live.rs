//! `validate --live`: a configuration against the running HAProxy, 2.6 (Debian 12's) and 3.0 (Debian 13's).

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

fn names_are_held_against(version: Haproxy, who: &str) {
    let lab = regions(&ExaBgp::Debian).haproxy(version).start().unwrap();
    lab.run(|lab| {
        let validate = |arguments: &[&str]| answer(rhi(lab, NE, &[&["validate"], arguments].concat()), "");
        ends(&validate(&["--live"])?, 0, &[who, ": every proxy and server that a condition names is there"])?;

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
        let front = r#""when": {"any": [{"not": {"frontend": {"name": "http_back"}}}, {"backend""#;
        let front = shipped
            .replace("\"when\": {\"backend\"", front)
            .replace("\"min_active\": 1}}}", "\"min_active\": 1}}]}}");
        lab.nva(NE).write("/run/wrong.json", &front)?;
        let words = ["HAProxy has no frontend 'http_back'", "http_front, from_sibling"];
        let said = validate(&["--live", "/run/wrong.json"])?;
        ends(&said, 78, &words[..1])?;
        anyhow::ensure!(words[1].split(", ").all(|name| said.1.contains(name)), "{}", said.1);

        // By the stats page, too.
        let page = shipped.replace("/run/haproxy/watch.sock", "http://127.0.0.1:8404/haproxy?stats");
        lab.nva(NE).write("/run/page.json", &page)?;
        ends(&validate(&["--live", "/run/page.json"])?, 0, &["HAProxy's stats page: every proxy"])?;
        lab.nva(NE).write("/run/page.json", &page.replace("http_back", "http_bakc"))?;
        ends(&validate(&["--live", "/run/page.json"])?, 78, &["has no backend 'http_bakc'; name a backend"])?;

        lab.nva(NE).haproxy().kill()?;
        eventually(PATIENCE, "HAProxy to be gone", || ends(&validate(&["--live"])?, 69, &["HAProxy is gone"]))
    })
    .unwrap();
}
