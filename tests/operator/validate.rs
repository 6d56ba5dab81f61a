//! `validate`: the shipped files as they are installed, and mistakes in them; ExaBGP itself says what it takes.

use haproxy_rhi_lab::{ExaBgp, eventually};

use super::stage::{NE, PATIENCE, WE, answer, ends, regions, rhi};

crate::stories! {
    the_shipped_files_and_mistakes_in_them_are_held_against_the_rules,
    a_template_overrules_its_neighbor_as_the_rule_says,
}

const CONF: &str = "/etc/exabgp/exabgp.conf";

fn the_shipped_files_and_mistakes_in_them_are_held_against_the_rules(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        let validate = |arguments: &[&str]| answer(rhi(lab, NE, &[&["validate"], arguments].concat()), "");
        for region in [NE, WE] {
            // The sibling's page is 200 once its route is out.
            eventually(PATIENCE, "nothing to warn of", || {
                let arguments = ["validate", "--platform", "azure", "--live", "--strict"];
                let words =
                    ["every backend, frontend and server that a condition names is there", "valid, 1 service, 2 notes"];
                ends(&answer(rhi(lab, region, &arguments), "")?, 0, &words)
            })?;
        }

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
        Ok(())
    })
    .unwrap();
}

/// What BIRD hears in ExaBGP's OPEN is the template's hold time, not the neighbor's own.
fn a_template_overrules_its_neighbor_as_the_rule_says(version: ExaBgp) {
    let shipped = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/exabgp/north-europe/exabgp.conf"
    ))
    .unwrap();
    let conf = shipped.replace(
        "\tinherit route-server;\n",
        "\tinherit route-server;\n\thold-time 90;\n",
    );
    assert_ne!(conf, shipped);
    let lab = regions(&version).file(NE, CONF, &conf).start().unwrap();
    lab.run(|lab| {
        for instance in lab.route_servers(NE) {
            let log = instance.log();
            anyhow::ensure!(log.contains("Got OPEN(as=65010,hold=30,"), "{log}");
        }
        let said = answer(rhi(lab, NE, &["validate", "--platform", "azure"]), "")?;
        ends(
            &said,
            0,
            &["exabgp.conf:64:2: warning EX012: hold-time here has no effect"],
        )
    })
    .unwrap();
}
