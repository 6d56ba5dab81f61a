//! What hangs in one service's condition holds up no other service: the name lookup, and the file system.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Haproxy, Lab, LabBuilder, eventually, holds};

use crate::events::Other;
use crate::far_end::{NE, PATIENCE, WE, announced_by, logged};
use crate::stage::{ONE_SERVER, UP, config, haproxy, regions_with};

/// The regions with a second service in North Europe, which is up when this condition holds.
fn regions_with_side(when: &str) -> LabBuilder {
    let side = format!(
        r#""side": {{"prefixes": ["198.51.100.0/24"], "next_hop": "172.16.156.70", "unknown": {{"hold": "1s"}},
        "levels": [{{"name": "up", "when": {when}}}]}}, "web": {{"#
    );
    let config = config(r#", "interval": "100ms", "fast_interval": "50ms""#, UP);
    regions_with(
        Haproxy::Debian,
        &haproxy("", ONE_SERVER),
        &config.replacen("\"web\": {", &side, 1),
    )
}

/// Each of North Europe's instances has so many routes of the second service.
fn side_is(lab: &Lab, wanted: usize) -> Result<()> {
    eventually(PATIENCE, "the second service's route", || {
        for instance in lab.route_servers(NE) {
            let rows = instance.rows("198.51.100.0/24")?;
            ensure!(rows.len() == wanted, "{rows:?}");
        }
        Ok(())
    })
}

/// The system's resolver takes ten seconds to give up on a name server that says nothing.
#[test]
fn a_silent_name_server_holds_up_one_service_and_nothing_else() {
    let when = r#"{"all": [
        {"tcp": {"address": "web.test:80", "timeout": "300ms"}},
        {"any": [{"http": {"url": "http://web.test/", "timeout": "300ms"}}, {"file": {"path": "/etc/hosts"}}]}]}"#;
    let lab = regions_with_side(when)
        .file(
            NE,
            "/etc/hosts",
            "127.0.0.1 localhost\n172.16.156.69 web.test\n",
        )
        .file(NE, "/etc/resolv.conf", "nameserver 127.0.0.1\n")
        .start()
        .unwrap();
    lab.run(|lab| {
        let silent = "import socket, time\nours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nours.bind(('127.0.0.1', 53))\ntime.sleep(120)";
        let _server = Other::start(lab, silent)?;
        announced_by(lab, &[NE, WE])?;
        side_is(lab, 1)?;
        let threads = || -> Result<usize> {
            Ok(fs::read_dir(format!("/proc/{}/task", lab.nva(NE).exabgp().helper_pid()?))?.count())
        };
        let before = threads()?;
        lab.nva(NE).write("/etc/hosts", "127.0.0.1 localhost\n")?;
        logged(lab, NE, "tcp web.test:80: cannot be resolved")?;
        side_is(lab, 0)?;
        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])?;
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])?;
        // Those that wait for the resolver come to an end: no more than fit into its time.
        let mut most = 0;
        holds(Duration::from_secs(12), "a bounded number of threads", || {
            most = most.max(threads()?);
            ensure!(most <= before + 80, "{before}, {most}");
            Ok(())
        })?;
        println!("measured: {before} threads, {most} with a silent name server");
        lab.nva(NE).write("/etc/hosts", "127.0.0.1 localhost\n172.16.156.69 web.test\n")?;
        side_is(lab, 1)?;
        eventually(PATIENCE, "no more threads than before", || {
            let now = threads()?;
            ensure!(now <= before, "{before}, {now}");
            Ok(())
        })
    })
    .unwrap();
}

/// A file on a file system that does not answer: whoever asks for it cannot be stopped.
#[test]
fn a_file_system_that_hangs_makes_its_condition_unknown_and_nothing_else() {
    let when = r#"{"not": {"file": {"path": "/etc/haproxy-rhi/share/off"}}}"#;
    let lab = regions_with_side(when).start().unwrap();
    lab.run(|lab| {
        fs::create_dir(lab.nva(NE).path("/etc/haproxy-rhi/share"))?;
        announced_by(lab, &[NE, WE])?;
        side_is(lab, 1)?;
        // Mounted, and nobody reads what the kernel asks.
        let share = Other::start(
            lab,
            "import os, subprocess, time\n\
             kernel = os.open('/dev/fuse', os.O_RDWR)\n\
             options = f'fd={kernel},rootmode=40000,user_id=0,group_id=0,allow_other'\n\
             subprocess.run(['mount', '-i', '-t', 'fuse', '-o', options, 'none', '/etc/haproxy-rhi/share'], pass_fds=[kernel], check=True)\n\
             time.sleep(300)",
        )?;
        logged(lab, NE, "file /etc/haproxy-rhi/share/off: has not ended for")?;
        side_is(lab, 0)?;
        // HAProxy is watched as before.
        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])?;
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])?;
        drop(share);
        let mut unmount = lab.nva(NE).command("umount");
        let unmounted = unmount.args(["-l", "/etc/haproxy-rhi/share"]).status()?;
        ensure!(unmounted.success(), "{unmounted}");
        side_is(lab, 1)
    })
    .unwrap();
}
