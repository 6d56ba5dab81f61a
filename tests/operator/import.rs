//! `import healthcheck`: the same service under exabgp-healthcheck, and under what was made of its options, looks the
//! same to the Route Server in each state.

use std::fs;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, TableRow, eventually};

use super::stage::{NE, PATIENCE, answer, ends, regions, rhi};

crate::stories! {
    what_is_announced_in_each_state_stays_the_same,
    what_is_withdrawn_stays_withdrawn,
}

const CONF: &str = "/etc/exabgp/exabgp.conf";
const CONFIG: &str = "/etc/haproxy-rhi/config.json";
const UP: &str = "/run/service-is-up";
const OFF: &str = "/run/service-is-off";

/// As they stand in exabgp.conf, and as a shell would give them to a program.
const COMMON: [&str; 19] = [
    "--cmd",
    "test -e /run/service-is-up",
    "--disable",
    OFF,
    "--ip",
    ANYCAST,
    "-i",
    "0.2",
    "-f",
    "0.2",
    "--rise",
    "2",
    "--fall",
    "2",
    "--next-hop",
    "172.16.156.70",
    "--no-syslog",
    "--name",
    "web",
];

/// How both are: the rows of both instances.
fn rows(lab: &Lab) -> Result<Vec<Vec<TableRow>>> {
    lab.route_servers(NE)
        .iter()
        .map(|instance| instance.rows(ANYCAST))
        .collect()
}

fn toggle(lab: &Lab, path: &str, there: bool) -> Result<()> {
    if there {
        lab.nva(NE).write(path, "")?;
    } else {
        let _ = fs::remove_file(lab.nva(NE).path(path));
    }
    Ok(())
}

/// Goes through the states; what both instances have in each, once it is as `expected` says: the MED, or none.
fn states(lab: &Lab, expected: [Option<u32>; 3]) -> Result<Vec<Vec<Vec<TableRow>>>> {
    let mut seen = Vec::new();
    for ((up, off), med) in [(true, false), (false, false), (true, true)]
        .into_iter()
        .zip(expected)
    {
        toggle(lab, OFF, off)?;
        toggle(lab, UP, up)?;
        seen.push(eventually(
            PATIENCE,
            &format!("MED {med:?} with up {up}, off {off}"),
            || {
                let rows = rows(lab)?;
                let is = |rows: &Vec<TableRow>| {
                    rows.iter().map(|row| row.med).collect::<Vec<_>>()
                        == med.map(Some).into_iter().collect::<Vec<_>>()
                };
                ensure!(rows.iter().all(is), "{rows:?}");
                Ok(rows)
            },
        )?);
    }
    toggle(lab, OFF, false)?;
    Ok(seen)
}

fn both_ways(version: &ExaBgp, options: &[&str], expected: [Option<u32>; 3]) {
    let python = if *version == ExaBgp::Debian {
        "/usr/bin/python3"
    } else {
        "/opt/exabgp/bin/python3"
    };
    let options = [COMMON.as_slice(), options].concat();
    let quoted: Vec<String> = options.iter().map(|word| format!("\"{word}\"")).collect();
    let shipped = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/exabgp/north-europe/exabgp.conf"
    ))
    .unwrap();
    let run = format!("run {python} -m exabgp healthcheck {};", quoted.join(" "));
    let conf = shipped.replace("run /usr/bin/haproxy-rhi run;", &run);
    assert_ne!(conf, shipped);
    let lab = regions(version).file(NE, CONF, &conf).start().unwrap();
    lab.run(|lab| {
        let before = states(lab, expected)?;

        let task = [
            &["import", "healthcheck", "--output", CONFIG],
            options.as_slice(),
        ]
        .concat();
        ends(&answer(rhi(lab, NE, &task), "")?, 1, &["is there already"])?;
        let task = [
            &["import", "healthcheck", "--force", "--output", CONFIG],
            options.as_slice(),
        ]
        .concat();
        ends(
            &answer(rhi(lab, NE, &task), "")?,
            0,
            &[
                "what was there is /etc/haproxy-rhi/config.json.bak",
                "run /usr/bin/haproxy-rhi run;",
            ],
        )?;
        ends(
            &answer(rhi(lab, NE, &["validate"]), "")?,
            0,
            &["valid, 1 service"],
        )?;
        lab.nva(NE).exabgp().stop()?;
        // exabgp-healthcheck takes the address with it; the unit that the report names puts it there.
        lab.nva(NE).add_address(ANYCAST)?;
        lab.nva(NE).write(CONF, &shipped)?;
        lab.nva(NE).exabgp().start()?;
        for instance in lab.route_servers(NE) {
            instance.await_session(PATIENCE)?;
        }
        let after = states(lab, expected)?;
        ensure!(before == after, "{before:#?}\n{after:#?}");
        Ok(())
    })
    .unwrap();
}

fn what_is_announced_in_each_state_stays_the_same(version: ExaBgp) {
    let options = [
        "--as-path",
        "65010",
        "--down-as-path",
        "65010 65010",
        "--disabled-as-path",
        "65010 65010 65010",
        "--up-metric",
        "10",
        "--down-metric",
        "30",
        "--disabled-metric",
        "20",
        "--community",
        "65010:1 65010:2",
        "--disabled-community",
        "65010:9",
        "--large-community",
        "65010:1:2",
        "--extended-community",
        "target:65010:7",
    ];
    both_ways(&version, &options, [Some(10), Some(30), Some(20)]);
}

fn what_is_withdrawn_stays_withdrawn(version: ExaBgp) {
    both_ways(&version, &["--withdraw-on-down"], [Some(100), None, None]);
}
