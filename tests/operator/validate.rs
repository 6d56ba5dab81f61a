//! `validate`: the shipped files as they are installed, and a configuration against the running HAProxy.

use haproxy_rhi_lab::{ExaBgp, eventually};

use super::stage::{NE, PATIENCE, WE, answer, ends, regions, rhi};

crate::stories! {
    a_configuration_is_held_against_the_rules_and_the_running_haproxy,
    a_template_overrules_its_neighbor_as_the_rule_says,
}

const CONFIG: &str = "/etc/haproxy-rhi/config.json";
const CONF: &str = "/etc/exabgp/exabgp.conf";

fn a_configuration_is_held_against_the_rules_and_the_running_haproxy(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        let validate = |arguments: &[&str]| answer(rhi(lab, NE, &[&["validate"], arguments].concat()), "");
        for region in [NE, WE] {
            let installed =
                answer(rhi(lab, region, &["validate", "--platform", "azure", "--live", "--strict"]), "")?;
            ends(
                &installed,
                0,
                &["every proxy and server that a condition names is there", "valid, 1 service, 2 notes"],
            )?;
        }

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

        // A static route of a managed prefix: ExaBGP itself has nothing against it.
        let conf = lab.nva(NE).read(CONF)?;
        let route = "static { route 9.9.9.9/32 next-hop 172.16.156.70; }\n\t\t# No static routes";
        lab.nva(NE).write(CONF, &conf.replace("# No static routes", route))?;
        anyhow::ensure!(lab.nva(NE).exabgp().validate()?.status.success());
        ends(&validate(&["--platform", "azure"])?, 78, &["error EX001", "not fit for use"])?;
        // A program that is not there: ExaBGP refuses the file, and so does this.
        lab.nva(NE).write(CONF, &conf.replace("run /usr/bin/haproxy-rhi run", "run /usr/local/bin/haproxy-rhi run"))?;
        anyhow::ensure!(!lab.nva(NE).exabgp().validate()?.status.success());
        let words = ["error EX006: process haproxy-rhi runs '/usr/local/bin/haproxy-rhi', which is no program on this host"];
        ends(&validate(&["--platform", "azure"])?, 78, &words)?;
        lab.nva(NE).write(CONF, &conf)?;

        lab.nva(NE).haproxy().kill()?;
        eventually(PATIENCE, "HAProxy to be gone", || ends(&validate(&["--live"])?, 69, &["HAProxy is gone"]))
    })
    .unwrap();
}

/// What BIRD hears in ExaBGP's OPEN is the template's hold time, not the neighbor's own.
fn a_template_overrules_its_neighbor_as_the_rule_says(version: ExaBgp) {
    let shipped =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/exabgp/north-europe/exabgp.conf"))
            .unwrap();
    let conf = shipped.replace("\tinherit route-server;\n", "\tinherit route-server;\n\thold-time 90;\n");
    assert_ne!(conf, shipped);
    let lab = regions(&version).file(NE, CONF, &conf).start().unwrap();
    lab.run(|lab| {
        for instance in lab.route_servers(NE) {
            let log = instance.log();
            anyhow::ensure!(log.contains("Got OPEN(as=65010,hold=30,"), "{log}");
        }
        let said = answer(rhi(lab, NE, &["validate", "--platform", "azure"]), "")?;
        ends(&said, 0, &["exabgp.conf:68:2: warning EX012: hold-time here has no effect"])
    })
    .unwrap();
}
