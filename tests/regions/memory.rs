//! What ExaBGP holds, and what a process leaves to the next one.

use std::time::Duration;

use anyhow::ensure;
use haproxy_rhi_lab::{ExaBgp, Signal, holds};

use crate::far_end::{NE, WE, announced_by, is_announced_by, logged, regions, updates};
use crate::faults::{CONFIG, config};

haproxy_rhi_lab::stories_of_each_exabgp! {
    what_another_process_withdrew_is_read_back_and_mended,
    a_predecessors_route_that_the_file_no_longer_names_is_withdrawn,
    a_predecessors_route_is_withdrawn_when_no_configuration_loads,
    a_full_disk_under_the_ledger_changes_no_route,
    a_folder_that_cannot_be_written_changes_no_route,
}

/// Somebody else has ExaBGP withdraw the route: acknowledgements do not tell, reading back does.
fn what_another_process_withdrew_is_read_back_and_mended(version: ExaBgp) {
    let path = format!(
        "{}/exabgp/{}/exabgp.conf",
        env!("CARGO_MANIFEST_DIR"),
        NE.folder()
    );
    let shipped = std::fs::read_to_string(path).unwrap();
    let other = "process other { run /bin/sh /etc/haproxy-rhi/other; encoder text; }\n";
    let both = shipped.replace(
        "processes [ haproxy-rhi ]",
        "processes [ haproxy-rhi other ]",
    );
    assert_ne!(both, shipped);
    let script = "#!/bin/sh
until [ -e /run/exabgp/now ]; do sleep 0.1; done
echo 'withdraw route 9.9.9.9/32'
# ExaBGP 6 refuses that.
while read -r word; do [ \"$word\" != error ] || echo 'peer * withdraw route 9.9.9.9/32'; done
";
    let often = config(NE).replacen('{', "{\"read_back\": \"1s\",", 1);
    let builder = regions(&version)
        .file(NE, "/etc/exabgp/exabgp.conf", &format!("{other}{both}"))
        .file(NE, CONFIG, &often);
    let lab = builder
        .file(NE, "/etc/haproxy-rhi/other", script)
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        // Reading back what is as it should be says nothing.
        let before = updates(lab, NE);
        holds(Duration::from_secs(3), "the routes", || is_announced_by(lab, &[NE, WE]))?;
        ensure!(updates(lab, NE) == before, "{before:?}, {:?}", updates(lab, NE));
        let touched = lab.nva(NE).command("touch").arg("/run/exabgp/now").status()?;
        ensure!(touched.success(), "{touched}");
        logged(
            lab,
            NE,
            "9.9.9.9/32 differs in ExaBGP from what was sent: no neighbor holds it; sending it again",
        )?;
        announced_by(lab, &[NE, WE])?;
        ensure!(updates(lab, NE) == before.map(|count| count + 2), "{before:?}, {:?}", updates(lab, NE));
        Ok(())
    })
    .unwrap();
}

fn a_predecessors_route_that_the_file_no_longer_names_is_withdrawn(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let exabgp = lab.nva(NE).exabgp();
        exabgp.signal_helper(Signal::Stop)?;
        lab.nva(NE).write(CONFIG, "{\"services\": {}}")?;
        exabgp.signal_helper(Signal::Kill)?;
        logged(
            lab,
            NE,
            "an earlier process may have left 1 route(s) announced",
        )?;
        announced_by(lab, &[WE])
    })
    .unwrap();
}

fn a_predecessors_route_is_withdrawn_when_no_configuration_loads(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let exabgp = lab.nva(NE).exabgp();
        exabgp.signal_helper(Signal::Stop)?;
        lab.nva(NE).write(CONFIG, "{")?;
        exabgp.signal_helper(Signal::Kill)?;
        // Held first: the fault may be mended in a moment.
        logged(lab, NE, "announcing nothing until the file changes")?;
        holds(Duration::from_secs(5), "the routes", || {
            is_announced_by(lab, &[NE, WE])
        })?;
        announced_by(lab, &[WE])?;
        lab.nva(NE).write(CONFIG, &config(NE))?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

/// The folder of the ledger is a file system without room.
fn a_full_disk_under_the_ledger_changes_no_route(version: ExaBgp) {
    without_a_ledger(
        &version,
        "mount -t tmpfs -o size=4k,mode=777 full /run/exabgp && ! dd if=/dev/zero of=/run/exabgp/room bs=4k count=2 2>/dev/null",
    );
}

fn a_folder_that_cannot_be_written_changes_no_route(version: ExaBgp) {
    without_a_ledger(
        &version,
        "chown root:root /run/exabgp && chmod 555 /run/exabgp",
    );
}

fn without_a_ledger(version: &ExaBgp, fault: &str) {
    let lab = regions(version).without_exabgp().start().unwrap();
    lab.run(|lab| {
        let made = lab.nva(NE).command("sh").args(["-c", fault]).status()?;
        ensure!(made.success(), "{made}");
        lab.nva(NE).exabgp().start()?;
        lab.nva(WE).exabgp().start()?;
        announced_by(lab, &[NE, WE])?;
        logged(
            lab,
            NE,
            "a later process will not know which routes this one announced",
        )?;
        let before = updates(lab, NE);
        lab.nva(NE).exabgp().signal_helper(Signal::Kill)?;
        holds(Duration::from_secs(1), "the routes", || {
            is_announced_by(lab, &[NE, WE])
        })?;
        ensure!(
            updates(lab, NE) == before,
            "{before:?}, {:?}",
            updates(lab, NE)
        );
        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])?;
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}
