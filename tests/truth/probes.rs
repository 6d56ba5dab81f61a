//! Probes run beside the loop: none holds up a look, none piles up, and none leaves a process behind.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ANYCAST, Haproxy, Lab, eventually};

use crate::far_end::{NE, PATIENCE, WE, announced_by, logged, server_is, updates};
use crate::stage::{CONFIG, ONE_SERVER, UP, and, config, haproxy, regions_with, requests};

const FAST: &str = r#", "interval": "100ms", "fast_interval": "50ms""#;

/// A command condition: a shell runs this file.
fn command(path: &str, timeout: &str) -> String {
    format!(r#"{{"command": {{"argv": ["/bin/sh", "{path}"], "timeout": "{timeout}"}}}}"#)
}

/// Processes on any NVA whose arguments hold this word.
fn processes(word: &str) -> Result<BTreeSet<u32>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // A process may end while it is looked at; a dead one has no arguments.
        let arguments = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&arguments).contains(word) {
            found.insert(pid);
        }
    }
    Ok(found)
}

/// The processes that this one started, and that have not ended.
fn children(parent: u32) -> Result<BTreeSet<u32>> {
    let tasks = fs::read_dir(format!("/proc/{parent}/task"))?.flatten();
    let lists: String = tasks
        .map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default())
        .collect();
    Ok(lists
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect())
}

fn send(signal: &str, pids: &BTreeSet<u32>) -> Result<()> {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    let sent = Command::new("kill")
        .args(["-s", signal, "--"])
        .args(pids)
        .status()?;
    ensure!(sent.success(), "{sent}");
    Ok(())
}

/// A word that no other test's processes have: this lab's own.
fn word(lab: &Lab, what: &str) -> Result<String> {
    let name = lab
        .directory()
        .file_name()
        .context("a lab without a name")?;
    Ok(format!("{what}-{}", name.to_string_lossy()))
}

#[test]
fn each_kind_of_probe_moves_the_route_both_ways() {
    let http = r#"{"http": {"url": "http://172.16.156.69:8080/", "body": "North Europe"}}"#;
    let tcp = r#"{"tcp": {"address": "172.16.156.69:8081"}}"#;
    let file = r#"{"not": {"file": {"path": "/etc/haproxy-rhi/off"}}}"#;
    let script = "test ! -e /etc/haproxy-rhi/broken\n";
    let level = and(&[http, tcp, file, &command("/etc/haproxy-rhi/probe", "5s")]);
    let builder = regions_with(
        Haproxy::Debian,
        &haproxy("", ONE_SERVER),
        &config(FAST, &level),
    );
    let lab = builder
        .file(NE, "/etc/haproxy-rhi/probe", script)
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[WE])?;
        lab.backend(NE).start_port(8080)?;
        lab.backend(NE).start_port(8081)?;
        announced_by(lab, &[NE, WE])?;

        lab.backend(NE).kill_port(8080)?;
        announced_by(lab, &[WE])?;
        logged(
            lab,
            NE,
            "http http://172.16.156.69:8080/: connection refused",
        )?;
        lab.backend(NE).start_port(8080)?;
        announced_by(lab, &[NE, WE])?;

        lab.backend(NE).kill_port(8081)?;
        announced_by(lab, &[WE])?;
        logged(lab, NE, "tcp 172.16.156.69:8081: connection refused")?;
        lab.backend(NE).start_port(8081)?;
        announced_by(lab, &[NE, WE])?;

        for (switch, reason) in [
            ("off", "file /etc/haproxy-rhi/off: exists"),
            ("broken", "exit status 1"),
        ] {
            let path = format!("/etc/haproxy-rhi/{switch}");
            lab.nva(NE).write(&path, "")?;
            announced_by(lab, &[WE])?;
            logged(lab, NE, reason)?;
            fs::remove_file(lab.nva(NE).path(&path))?;
            announced_by(lab, &[NE, WE])?;
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn probes_that_hang_hold_up_neither_looks_nor_routes() {
    // Two kinds that hang for as long as they may, which is longer than this story.
    let http = r#"{"http": {"url": "http://172.16.156.69:8080/", "timeout": "5m"}}"#;
    let level = and(&[http, &command("/etc/haproxy-rhi/probe", "5m")]);
    let builder = regions_with(
        Haproxy::Debian,
        &haproxy("", ONE_SERVER),
        &config(FAST, &level),
    );
    let lab = builder.start().unwrap();
    lab.run(|lab| {
        let mark = word(lab, "hangs")?;
        let script = format!(
            "test ! -e /etc/haproxy-rhi/slow || exec /bin/sh -c 'read line </run/never' {mark}\n"
        );
        lab.nva(NE).write("/etc/haproxy-rhi/probe", &script)?;
        ensure!(
            lab.nva(NE)
                .command("mkfifo")
                .args(["-m", "666", "/run/never"])
                .status()?
                .success()
        );
        lab.backend(NE).start_port(8080)?;
        announced_by(lab, &[NE, WE])?;
        lab.nva(NE).write("/etc/haproxy-rhi/slow", "")?;
        let servers = processes(&lab.directory().join("ne-be-web8080.cfg").to_string_lossy())?;
        send("STOP", &servers)?;
        let hanging = eventually(PATIENCE, "a command that hangs", || {
            let found = processes(&mark)?;
            ensure!(found.len() == 1, "{found:?}");
            Ok(found)
        })?;
        // The looks go on at the interval meanwhile, and what they see is followed.
        let looks = requests(lab)?;
        eventually(PATIENCE, "twenty looks", || {
            // Each of these is one request itself.
            let now = requests(lab)?;
            ensure!(processes(&mark)? == hanging, "the command ended");
            ensure!(now > looks + 20, "{looks}, {now}");
            Ok(())
        })?;
        let before = updates(lab, NE);
        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])?;
        ensure!(
            updates(lab, NE) == before.map(|count| count + 1),
            "{before:?}, {:?}",
            updates(lab, NE)
        );
        ensure!(processes(&mark)? == hanging, "the command ended");
        // What still hangs is no reason to come back; what has ended is.
        lab.backend(NE).start()?;
        server_is(lab, NE, ",UP,")?;
        fs::remove_file(lab.nva(NE).path("/etc/haproxy-rhi/slow"))?;
        send("KILL", &hanging)?;
        send("CONT", &servers)?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

#[test]
fn a_command_longer_than_the_interval_runs_once_at_a_time() {
    let level = and(&[&command("/etc/haproxy-rhi/probe", "10s")]);
    let lab = regions_with(
        Haproxy::Debian,
        &haproxy("", ONE_SERVER),
        &config(FAST, &level),
    )
    .start()
    .unwrap();
    lab.run(|lab| {
        lab.nva(NE).write("/etc/haproxy-rhi/probe", "sleep 0.5\n")?;
        announced_by(lab, &[NE, WE])?;
        let (mut seen, mut most) = (BTreeSet::new(), 0);
        eventually(PATIENCE, "five runs", || {
            let now = children(lab.nva(NE).exabgp().helper_pid()?)?;
            most = most.max(now.len());
            seen.extend(now);
            ensure!(seen.len() >= 5, "{seen:?}");
            Ok(())
        })?;
        ensure!(most == 1, "{most} at a time");
        Ok(())
    })
    .unwrap();
}

/// A command with children that ignore every polite signal, in its own process group and in the background.
#[test]
fn a_command_that_is_killed_leaves_no_child() {
    let level = and(&[&command("/etc/haproxy-rhi/probe", "300ms")]);
    let builder = regions_with(
        Haproxy::Debian,
        &haproxy("", ONE_SERVER),
        &config(FAST, &level),
    );
    let lab = builder
        .file(NE, "/etc/haproxy-rhi/probe", "exit 0\n")
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let mark = word(lab, "stays")?;
        let child = format!("/bin/sh -c 'trap \"\" HUP INT TERM; sleep 300; sleep 300' {mark}");
        let script = format!("trap '' HUP INT TERM\n{child} &\n{child} &\n{child}\n");
        lab.nva(NE).write("/etc/haproxy-rhi/probe", &script)?;
        announced_by(lab, &[WE])?;
        logged(lab, NE, "command /bin/sh: did not end within 300ms, killed")?;
        let (mut seen, mut most) = (BTreeSet::new(), 0);
        eventually(PATIENCE, "six runs", || {
            let now = processes(&mark)?;
            most = most.max(now.len());
            seen.extend(now);
            ensure!(seen.len() >= 18, "{seen:?}");
            Ok(())
        })?;
        // Three, each perhaps just when it starts another.
        ensure!(most <= 6, "{most} at a time");
        // Nothing is left of them when nothing asks for the command any more.
        lab.nva(NE).write(CONFIG, &config(FAST, UP))?;
        eventually(PATIENCE, "no child", || {
            let left = processes(&mark)?;
            ensure!(left.is_empty(), "{left:?}");
            Ok(())
        })?;
        eventually(PATIENCE, "the route", || {
            let rows = lab.route_servers(NE)[0].rows(ANYCAST)?;
            ensure!(rows.len() == 1, "{rows:?}");
            Ok(())
        })
    })
    .unwrap();
}

/// A line for each of a command's runs.
const RUNS: &str = "/run/exabgp/runs";

/// Each run would leave one more.
#[test]
fn a_command_that_ends_leaves_no_child_in_the_background() {
    let level = and(&[&command("/etc/haproxy-rhi/probe", "5s")]);
    let builder = regions_with(
        Haproxy::Debian,
        &haproxy("", ONE_SERVER),
        &config(FAST, &level),
    );
    let lab = builder
        .file(NE, "/etc/haproxy-rhi/probe", "exit 0\n")
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let mark = word(lab, "behind")?;
        let script =
            format!("/bin/sh -c 'trap \"\" HUP INT TERM; sleep 300; sleep 300' {mark} &\necho >>{RUNS}\nexit 0\n");
        lab.nva(NE).write("/etc/haproxy-rhi/probe", &script)?;
        eventually(PATIENCE, "ten runs", || {
            let runs = lab.nva(NE).read(RUNS)?.lines().count();
            ensure!(runs >= 10, "{runs}");
            Ok(())
        })?;
        lab.nva(NE).write(CONFIG, &config(FAST, UP))?;
        eventually(PATIENCE, "no child", || {
            let left = processes(&mark)?;
            ensure!(left.is_empty(), "{} are left", left.len());
            Ok(())
        })
    })
    .unwrap();
}

/// It has no timeout that ExaBGP's signal would wait for, and nobody else would end it.
#[test]
fn a_command_under_way_ends_with_its_owner() {
    let level = and(&[&command("/etc/haproxy-rhi/probe", "60s")]);
    let builder = regions_with(
        Haproxy::Debian,
        &haproxy("", ONE_SERVER),
        &config(FAST, &level),
    );
    let lab = builder
        .file(NE, "/etc/haproxy-rhi/probe", "exit 0\n")
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let mark = word(lab, "under-way")?;
        lab.nva(NE).write(
            "/etc/haproxy-rhi/probe",
            &format!("/bin/sh -c 'trap \"\" HUP INT TERM; sleep 300; sleep 300' {mark}\n"),
        )?;
        let runs = |wanted: bool| {
            eventually(PATIENCE, "the command", || {
                let now = processes(&mark)?;
                ensure!(now.is_empty() != wanted, "{now:?}");
                Ok(())
            })
        };
        runs(true)?;
        // Another configuration asks for another command, and the old one has no owner any more.
        lab.nva(NE).write(CONFIG, &config(FAST, UP))?;
        runs(false)?;
        lab.nva(NE).write(CONFIG, &config(FAST, &level))?;
        runs(true)?;
        let helper = lab.nva(NE).exabgp().helper_pid()?;
        lab.nva(NE).write("/etc/haproxy-rhi/probe", "exit 0\n")?;
        send("TERM", &BTreeSet::from([helper]))?;
        runs(false)
    })
    .unwrap();
}
