//! The end of HAProxy's process, and its return: seen at once, where an hour is between two polls and HAProxy logs nothing; and where
//! its process cannot be followed.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Haproxy, Lab, eventually, holds};

use crate::far_end::{NE, PATIENCE, WE, announced_by, is_announced_by, logged, updates};
use crate::stage::{
    HAPROXY, ONE_SERVER, UP, answers_another_than, begin, config, haproxy, hourly, regions_with,
    requests,
};

crate::stories! {
    the_end_of_haproxys_process_is_seen_without_a_poll_after_a_reload_too,
    however_haproxy_dies_its_end_and_its_return_are_seen_without_a_poll,
}

/// An hour is between two polls, and HAProxy logs nothing here.
fn the_end_of_haproxys_process_is_seen_without_a_poll_after_a_reload_too(version: Haproxy) {
    let lab = hourly(version).start().unwrap();
    lab.run(|lab| {
        begin(lab)?;
        announced_by(lab, &[NE, WE])?;
        let (before, haproxy) = (updates(lab, NE), lab.nva(NE).haproxy());
        for _ in 0..3 {
            let worker = haproxy.answering()?;
            haproxy.reload()?;
            answers_another_than(lab, worker)?;
        }
        holds(Duration::from_secs(1), "the route", || {
            is_announced_by(lab, &[NE, WE])
        })?;
        ensure!(
            updates(lab, NE) == before,
            "{before:?}, {:?}",
            updates(lab, NE)
        );
        // The end of the old worker is one look, and one soon after; the lab itself has asked twice.
        let asked = requests(lab)?;
        ensure!(asked <= 2 + 2 + 2, "{asked} requests after a reload");
        haproxy.kill()?;
        announced_by(lab, &[WE])?;
        logged(
            lab,
            NE,
            "HAProxy is gone: connection refused at /run/haproxy/watch.sock",
        )
    })
    .unwrap();
}

/// The worker alone, the master alone, and both at once.
fn however_haproxy_dies_its_end_and_its_return_are_seen_without_a_poll(version: Haproxy) {
    let lab = hourly(version).start().unwrap();
    lab.run(|lab| {
        begin(lab)?;
        announced_by(lab, &[NE, WE])?;
        let haproxy = lab.nva(NE).haproxy();
        for (signal, to_worker, to_master) in [
            ("KILL", true, false),
            ("KILL", false, true),
            ("KILL", true, true),
            ("ABRT", true, false),
        ] {
            let before = moves(lab);
            let worker = haproxy.answering()?;
            let master = parent(worker)?;
            let targets = [(worker, to_worker), (master, to_master)];
            let targets = targets
                .iter()
                .filter(|(_, is_meant)| *is_meant)
                .map(|(pid, _)| pid.to_string());
            let sent = Command::new("kill")
                .args(["-s", signal])
                .args(targets)
                .status()?;
            ensure!(sent.success(), "SIG{signal}");
            announced_by(lab, &[WE])
                .with_context(|| format!("SIG{signal}: {to_worker}, {to_master}"))?;
            eventually(PATIENCE, "HAProxy's end", || {
                ensure!(!haproxy.is_running()?, "the master lives");
                Ok(())
            })?;
            haproxy.start()?;
            announced_by(lab, &[NE, WE])?;
            // Withdrawn once, and announced once.
            ensure!(
                moves(lab) == before.map(|count| count + 2),
                "{before:?}, {:?}",
                moves(lab)
            );
        }
        Ok(())
    })
    .unwrap();
}

/// What each instance was told of routes so far. (BIRD leaves out that it got an UPDATE where many come.)
fn moves(lab: &Lab) -> [usize; 2] {
    lab.route_servers(NE)
        .each_ref()
        .map(|instance| instance.heard().len())
}

fn parent(pid: u32) -> Result<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:\t"));
    Ok(parent.context("no parent")?.parse()?)
}

/// poll(2) takes no more descriptors than the process may have.
#[test]
fn where_the_system_refuses_to_wait_it_is_said_and_tried_again() {
    let lab = hourly(Haproxy::Debian).start().unwrap();
    lab.run(|lab| {
        begin(lab)?;
        announced_by(lab, &[NE, WE])?;
        let helper = lab.nva(NE).exabgp().helper_pid()?.to_string();
        let limits = std::fs::read_to_string(format!("/proc/{helper}/limits"))?;
        let soft = limits.lines().find_map(|line| {
            line.strip_prefix("Max open files")?
                .split_whitespace()
                .next()
        });
        let limit = |soft: &str| -> Result<()> {
            let mut command = lab.nva(NE).command_as_exabgp("prlimit");
            let set = command
                .args(["--pid", &helper, &format!("--nofile={soft}:")])
                .status()?;
            ensure!(set.success(), "prlimit {soft}");
            Ok(())
        };
        limit("1")?;
        lab.nva(NE).haproxy().kill()?;
        logged(lab, NE, "cannot wait for HAProxy's end and events (")?;
        limit(soft.context("no limit")?)?;
        announced_by(lab, &[WE])?;
        lab.nva(NE).haproxy().start()?;
        announced_by(lab, &[NE, WE])?;
        let log = lab.nva(NE).exabgp().log();
        ensure!(log.matches("cannot wait for").count() == 1, "{log}");
        Ok(())
    })
    .unwrap();
}

/// HAProxy with process numbers of its own. What has them here is another process.
#[test]
fn a_haproxy_in_a_container_is_said_once_not_to_be_followed_and_polled() {
    let polled = config(r#", "interval": "500ms""#, UP);
    let lab = regions_with(Haproxy::Debian, &haproxy("", ONE_SERVER), &polled)
        .without_exabgp()
        .start()
        .unwrap();
    lab.run(|lab| {
        lab.nva(NE).haproxy().stop()?;
        let mut contained = contained(lab)?;
        for region in [NE, WE] {
            lab.nva(region).exabgp().start()?;
        }
        for _ in 0..2 {
            announced_by(lab, &[NE, WE])?;
            let pid = lab.nva(NE).haproxy().answering()?;
            ensure!(pid < 10, "process {pid}");
            eventually(PATIENCE, "a status that says it", || {
                let told = lab.nva(NE).command("haproxy-rhi").arg("status").output()?;
                let told = String::from_utf8(told.stdout)?
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ");
                let words =
                    "its end is seen by the next poll: the process of this number here is called '";
                ensure!(told.contains(words), "{told}");
                Ok(())
            })?;
            contained.kill()?;
            contained.wait()?;
            announced_by(lab, &[WE])?;
            contained = self::contained(lab)?;
        }
        announced_by(lab, &[NE, WE])?;
        contained.kill()?;
        contained.wait()?;
        let log = lab.nva(NE).exabgp().log();
        ensure!(log.matches("is not followed").count() == 1, "{log}");
        logged(
            lab,
            NE,
            "HAProxy's is in a container): its end is seen by the next poll",
        )
    })
    .unwrap();
}

/// The end of the child ends them.
fn contained(lab: &Lab) -> Result<Child> {
    let mut command = lab.nva(NE).command("unshare");
    command.args([
        "--pid",
        "--fork",
        "--kill-child",
        "/usr/sbin/haproxy",
        "-W",
        "-f",
        HAPROXY,
    ]);
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    eventually(PATIENCE, "HAProxy's answer", || {
        lab.nva(NE).haproxy().answering()
    })?;
    Ok(child)
}

/// In a container of its own, HAProxy and haproxy-rhi: a HAProxy that starts again has the number of the one before.
const SAME_NUMBER: &str = r#"
cd "$1"
start() {
    echo 99 >/proc/sys/kernel/ns_last_pid
    /usr/sbin/haproxy -db -f haproxy.cfg 2>/dev/null &
    [ $! = 100 ] || echo "HAProxy is process $!"
    haproxy=$!
}
start
until [ -S watch.sock ]; do sleep 0.1; done
echo 199 >/proc/sys/kernel/ns_last_pid
"$2" run --dry-run --config config.json >lines 2>log &
for _ in 1 2 3; do
    read -r go
    # No look is under way that would see it by chance.
    sleep 1
    kill -KILL $haproxy
    wait $haproxy
    read -r go
    start
done
read -r go
"#;

#[test]
fn a_haproxy_that_starts_again_with_the_same_number_is_followed_anew() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let at = |name: &str| folder.path().join(name);
    let socket = at("watch.sock").display().to_string();
    let haproxy_cfg = format!(
        "global\n stats socket {socket} mode 666 level user\ndefaults\n mode http\n timeout connect 1s\n timeout client 1s\n \
         timeout server 1s\nfrontend http_front\n bind {}\nbackend http_back\n server s1 127.0.0.1:9\n",
        at("front.sock").display()
    );
    std::fs::write(at("haproxy.cfg"), haproxy_cfg).unwrap();
    let config = config(
        r#", "interval": "1h""#,
        &format!("{UP}, \"require_address\": false"),
    );
    std::fs::write(
        at("config.json"),
        config.replace("/run/haproxy/watch.sock", &socket),
    )
    .unwrap();
    let mut container = Command::new("unshare")
        .args([
            "--pid",
            "--fork",
            "--mount-proc",
            "--kill-child",
            "sh",
            "-c",
            SAME_NUMBER,
            "sh",
        ])
        .args([
            folder.path().as_os_str(),
            env!("CARGO_BIN_EXE_haproxy-rhi").as_ref(),
        ])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut go = container.stdin.take().unwrap();
    let read = |name: &str| std::fs::read_to_string(at(name)).unwrap_or_default();
    let told = |what: &str, count: usize| {
        eventually(PATIENCE, &format!("'{what}' {count} times"), || {
            let (lines, log) = (read("lines"), read("log"));
            ensure!(lines.matches(what).count() == count, "{lines}{log}");
            Ok(())
        })
        .unwrap();
    };
    for round in 1..=3 {
        told("announce route 9.9.9.9/32", round);
        std::io::Write::write_all(&mut go, b"\n").unwrap();
        told("withdraw route 9.9.9.9/32", round);
        std::io::Write::write_all(&mut go, b"\n").unwrap();
    }
    told("announce route 9.9.9.9/32", 4);
    container.kill().unwrap();
    container.wait().unwrap();
}
