//! The lab itself: what a test breaks breaks, and mends.

#![cfg(test)]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, Nva, Region, RouteServer, Signal, eventually};

const PATIENCE: Duration = Duration::from_secs(30);
const NE: Region = Region::NorthEurope;

/// Announces once, and drains its stdin as haproxy-rhi does.
const ANNOUNCER: &str = "#!/bin/sh
echo 'announce route 9.9.9.9/32 next-hop 172.16.156.70 as-path [ 65010 65010 ] med 50 community [ 65010:1 ] large-community [ 65010:1:2 ]'
while read -r word; do :; done
";

fn announced(lab: &Lab) -> Result<()> {
    for instance in lab.route_servers(NE) {
        let rows = instance.rows(ANYCAST)?;
        ensure!(
            rows.len() == 1 && rows[0].as_path == [65010, 65010],
            "{rows:?}"
        );
        ensure!(
            rows[0].session == "nva" && rows[0].med == Some(50),
            "{rows:?}"
        );
        ensure!(rows[0].communities == [(65010, 1)], "{rows:?}");
        ensure!(rows[0].large_communities == [(65010, 1, 2)], "{rows:?}");
    }
    Ok(())
}

fn server_is(nva: &Nva, status: &str) -> Result<()> {
    eventually(PATIENCE, &format!("backend01 {status}"), || {
        let stat = nva.haproxy().watch("show stat http_back 4 -1")?;
        ensure!(
            stat.lines()
                .any(|row| row.contains("backend01") && row.contains(status)),
            "{stat}"
        );
        Ok(())
    })
}

fn session_is(instance: &RouteServer, wanted: bool) -> Result<()> {
    eventually(PATIENCE, &format!("established: {wanted}"), || {
        let state = instance.session()?;
        ensure!((state == "Established") == wanted, "{state}");
        Ok(())
    })
}

fn breaks_and_mends(version: ExaBgp) {
    let lab = Lab::builder()
        .exabgp(version)
        .file(NE, "/usr/bin/haproxy-rhi", ANNOUNCER)
        .start()
        .unwrap();
    lab.run(|lab| {
        let (nva, backend) = (lab.nva(NE), lab.backend(NE));
        let exabgp = nva.exabgp();
        eventually(PATIENCE, "the announcement", || announced(lab))?;
        lab.msee().await_region(ANYCAST, Some(NE), PATIENCE)?;

        // The web server.
        server_is(nva, ",UP,")?;
        backend.kill()?;
        server_is(nva, ",DOWN,")?;
        backend.start()?;
        server_is(nva, ",UP,")?;
        backend.freeze()?;
        server_is(nva, "L7TOUT")?;
        backend.thaw()?;
        server_is(nva, ",UP,")?;
        backend.start_port(81)?;
        assert!(
            lab.client()
                .get_url(&format!("http://{}/", backend.socket(81)))?
                .region
                == Some(NE)
        );
        backend.kill_port(81)?;

        // HAProxy.
        let before = nva.haproxy().workers()?;
        nva.haproxy().reload()?;
        eventually(PATIENCE, "another worker", || {
            let now = nva.haproxy().workers()?;
            ensure!(now.len() == 1 && now != before, "{now:?}");
            Ok(())
        })?;
        nva.haproxy().freeze()?;
        assert!(nva.haproxy().watch("show info").is_err());
        nva.haproxy().thaw()?;
        nva.haproxy().watch("show info")?;
        nva.haproxy().kill()?;
        assert!(nva.haproxy().watch("show info").is_err());
        nva.haproxy().start()?;
        nva.haproxy().stop()?;
        nva.haproxy().start()?;

        // haproxy-rhi.
        let first = exabgp.helper_pid()?;
        exabgp.signal_helper(Signal::Kill)?;
        let other_than = |old: u32| {
            eventually(PATIENCE, "another haproxy-rhi", || {
                let now = exabgp.helper_pid()?;
                ensure!(now != old, "still {old}");
                Ok(now)
            })
        };
        let second = other_than(first)?;
        exabgp.signal(Signal::Usr2)?;
        other_than(second)?;
        announced(lab)?;

        // ExaBGP.
        exabgp.signal(Signal::Usr1)?;
        exabgp.signal(Signal::Stop)?;
        exabgp.signal(Signal::Cont)?;
        let [one, two] = lab.route_servers(NE);
        exabgp.kill()?;
        eventually(PATIENCE, "no route", || {
            let rows = [one.rows(ANYCAST)?, two.rows(ANYCAST)?].concat();
            ensure!(rows.is_empty(), "{rows:?}");
            Ok(())
        })?;
        exabgp.start()?;
        session_is(one, true)?;
        session_is(two, true)?;
        exabgp.restart()?;
        eventually(PATIENCE, "the announcement", || announced(lab))?;

        // The Route Server.
        one.disable_session()?;
        session_is(one, false)?;
        assert_eq!(two.session()?, "Established");
        one.enable_session()?;
        session_is(one, true)?;
        one.reset_session()?;
        eventually(PATIENCE, "the announcement", || announced(lab))?;
        one.stop()?;
        eventually(PATIENCE, "one row at the MSEE", || {
            let rows = lab.msee().rows(ANYCAST)?;
            ensure!(rows.len() == 1, "{rows:?}");
            Ok(())
        })?;
        one.start()?;
        two.kill()?;
        two.start()?;
        eventually(PATIENCE, "the announcement", || announced(lab))?;

        // The address and the cable.
        lab.msee().await_region(ANYCAST, Some(NE), PATIENCE)?;
        nva.remove_address(ANYCAST)?;
        assert!(lab.client().get().is_err());
        nva.add_address(ANYCAST)?;
        eventually(PATIENCE, "the page", || lab.client().get())?;
        nva.cut_link()?;
        assert!(lab.client().get().is_err());
        nva.join_link()?;
        eventually(PATIENCE, "the page", || lab.client().get())?;
        Ok(())
    })
    .unwrap();
}

#[test]
fn everything_breaks_and_mends_with_the_distributions_exabgp() {
    breaks_and_mends(ExaBgp::Debian);
}

#[test]
fn everything_breaks_and_mends_with_exabgp_5() {
    breaks_and_mends(ExaBgp::Pip("5.0.15"));
}

#[test]
fn a_file_is_replaced_on_one_nva_only() {
    let lab = Lab::builder().without_exabgp().start().unwrap();
    let (ne, we) = (lab.nva(NE), lab.nva(NE.other()));
    assert_eq!(
        ne.read("/etc/hostname").ok(),
        std::fs::read_to_string("/etc/hostname").ok()
    );
    for path in [
        "/etc/haproxy-rhi/config.json",
        "/var/lib/rhi-lab-test",
        "/run/rhi-lab-test",
        "/etc/rhi-lab-test",
    ] {
        ne.write(path, "here").unwrap();
        assert_eq!(ne.read(path).unwrap(), "here");
        assert_ne!(we.read(path).ok().as_deref(), Some("here"), "{path}");
        assert!(!Path::new(path).exists(), "{path} is on the host");
    }
}

#[test]
fn nothing_of_a_lab_is_left() {
    let lab = Lab::builder().without_exabgp().start().unwrap();
    let directory = lab.directory().to_owned();
    let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
    let left = || {
        let namespaces = Command::new("ip").args(["netns", "list"]).output().unwrap();
        let processes = Command::new("pgrep")
            .args(["-f", &format!("/tmp/{name}/")])
            .output()
            .unwrap();
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
        [String::from_utf8(namespaces.stdout).unwrap(), mounts]
            .iter()
            .flat_map(|text| text.lines())
            .filter(|line| line.contains(&name))
            .count()
            + String::from_utf8(processes.stdout).unwrap().lines().count()
    };
    assert!(left() > 10);
    drop(lab);
    assert_eq!(left(), 0);
    assert!(!directory.exists());
}
