//! A HAProxy that hangs: the kernel accepts connections in its place until its listen queue is full, and nobody answers.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ANYCAST, Haproxy, Lab, eventually, holds};

use crate::far_end::{NE, PATIENCE, WE, announced_by, is_announced_by, logged, server_is, updates};
use crate::stage::{EVENTS, ONE_SERVER, UP, config, haproxy, regions, regions_with, requests};

crate::stories! {
    a_hang_shorter_than_hold_moves_nothing,
    a_hang_that_outlasts_the_listen_queue_is_withstood_and_heals_at_the_next_look,
    then_keep_keeps_the_route_until_haproxy_is_gone,
    a_haproxy_that_is_gone_is_down_after_fall_looks_at_the_fast_pace,
}

/// Of the watch's own listen queue: connections that wait, and how many may.
fn queue(lab: &Lab) -> Result<(u32, u32)> {
    let output = lab.nva(NE).command("ss").args(["-xlHn"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let row = text
        .lines()
        .find(|row| row.contains("/run/haproxy/watch.sock"))
        .context("no such socket")?;
    let mut fields = row.split_whitespace().skip(2).map(str::parse);
    let mut next = || {
        fields
            .next()
            .context("a short row")?
            .context(row.to_owned())
    };
    Ok((next()?, next()?))
}

/// Threads and open files of North Europe's haproxy-rhi.
fn held(lab: &Lab) -> Result<(usize, usize)> {
    let pid = lab.nva(NE).exabgp().helper_pid()?;
    let count = |what: &str| -> Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{pid}/{what}"))?.count())
    };
    Ok((count("task")?, count("fd")?))
}

/// Both instances of North Europe's Route Server have so many rows for this prefix.
fn rows(lab: &Lab, prefix: &str, wanted: usize) -> Result<()> {
    for instance in lab.route_servers(NE) {
        let rows = instance.rows(prefix)?;
        ensure!(rows.len() == wanted, "{rows:?}");
    }
    Ok(())
}

fn a_hang_shorter_than_hold_moves_nothing(version: Haproxy) {
    let lab = regions(version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let before = updates(lab, NE);
        for hang in 1..=2 {
            lab.nva(NE).haproxy().freeze()?;
            let said = |text: &str| {
                eventually(PATIENCE, text, || {
                    let log = lab.nva(NE).exabgp().log();
                    ensure!(log.matches(text).count() == hang, "{log}");
                    Ok(())
                })
            };
            said("state unknown (HAProxy cannot be read: no answer at /run/haproxy/watch.sock in time), holding 'up' for 10s")?;
            lab.nva(NE).haproxy().thaw()?;
            said("state known again")?;
        }
        is_announced_by(lab, &[NE, WE])?;
        ensure!(updates(lab, NE) == before, "{before:?}, {:?}", updates(lab, NE));
        Ok(())
    })
    .unwrap();
}

/// A plain `connect` to a full queue would wait without end.
fn a_hang_that_outlasts_the_listen_queue_is_withstood_and_heals_at_the_next_look(version: Haproxy) {
    // The queue is full after a second of looks at the fast pace; after `hold`, looks come at the interval.
    let watch = r#", "interval": "3s", "fast_interval": "20ms", "timeout": "50ms""#;
    let service = format!(r#"{UP}, "unknown": {{"hold": "3s"}}"#);
    let side = r#""side": {"prefixes": ["198.51.100.0/24"], "next_hop": "172.16.156.70",
        "levels": [{"name": "up", "when": {"file": {"path": "/etc/haproxy-rhi/side"}}}]}, "web": {"#;
    let config = config(watch, &service).replacen("\"web\": {", side, 1);
    let lab = regions_with(version, &haproxy("", ONE_SERVER), &config)
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let before = eventually(PATIENCE, "nothing open but what stays open", || {
            let seen = [held(lab)?, held(lab)?];
            ensure!(seen[0] == seen[1], "{seen:?}");
            Ok(seen[0])
        })?;
        let asked = requests(lab)?;
        lab.nva(NE).haproxy().freeze()?;
        let (waiting, places) = eventually(PATIENCE, "a full listen queue", || {
            let (waiting, places) = queue(lab)?;
            ensure!(waiting > places, "{waiting} of {places}");
            Ok((waiting, places))
        })?;
        ensure!(
            (5..50).contains(&places),
            "{places} places are not HAProxy's few"
        );
        announced_by(lab, &[WE])?;
        // The watch goes on: what does not hang is seen and followed.
        for (text, count) in [(Some("here"), 1), (None, 0), (Some("here"), 1)] {
            match text {
                Some(text) => lab.nva(NE).write("/etc/haproxy-rhi/side", text)?,
                None => std::fs::remove_file(lab.nva(NE).path("/etc/haproxy-rhi/side"))?,
            }
            eventually(PATIENCE, "the other service's route", || {
                rows(lab, "198.51.100.0/24", count)
            })?;
        }
        // And nothing grows: a look under way has one socket, and so have a word to HAProxy and a question to the sibling.
        holds(Duration::from_secs(2), "threads and open files", || {
            let now = held(lab)?;
            ensure!(
                now.0 <= before.0 && now.1 <= before.1 + 3,
                "{before:?}, {now:?}"
            );
            ensure!(queue(lab)? == (waiting, places), "{:?}", queue(lab)?);
            Ok(())
        })?;
        lab.nva(NE).haproxy().thaw()?;
        eventually(PATIENCE, "the route", || rows(lab, ANYCAST, 1))?;
        // Those that waited, ours, and the two looks of `rise`; one more if this machine was slow.
        let looks = requests(lab)? - asked - waiting - 1;
        ensure!((2..=3).contains(&looks), "{looks} looks after the hang");
        announced_by(lab, &[NE, WE])?;
        ensure!(held(lab)?.0 <= before.0, "{before:?}, {:?}", held(lab)?);
        Ok(())
    })
    .unwrap();
}

fn then_keep_keeps_the_route_until_haproxy_is_gone(version: Haproxy) {
    let watch = r#", "interval": "200ms", "fast_interval": "50ms", "timeout": "50ms""#;
    let service = format!(r#"{UP}, "unknown": {{"hold": "500ms", "then": "keep"}}"#);
    let lab = regions_with(version, &haproxy("", ONE_SERVER), &config(watch, &service))
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let before = updates(lab, NE);
        lab.nva(NE).haproxy().freeze()?;
        logged(lab, NE, "state unknown (HAProxy cannot be read")?;
        // Beyond `hold`, and beyond the queue.
        eventually(PATIENCE, "a full listen queue", || {
            let (waiting, places) = queue(lab)?;
            ensure!(waiting > places, "{waiting} of {places}");
            Ok(())
        })?;
        holds(Duration::from_secs(2), "the route", || {
            rows(lab, ANYCAST, 1)
        })?;
        lab.nva(NE).haproxy().thaw()?;
        logged(lab, NE, "state known again")?;
        ensure!(
            updates(lab, NE) == before,
            "{before:?}, {:?}",
            updates(lab, NE)
        );
        // What hangs and then dies is not kept: that nobody listens is known.
        lab.nva(NE).haproxy().freeze()?;
        eventually(PATIENCE, "a second hang", || {
            let log = lab.nva(NE).exabgp().log();
            ensure!(log.matches("state unknown (HAProxy").count() == 2, "{log}");
            Ok(())
        })?;
        lab.nva(NE).haproxy().kill()?;
        announced_by(lab, &[WE])?;
        lab.nva(NE).haproxy().start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

/// Over TCP the kernel counts refused connections; a look that is refused tries twice.
fn a_haproxy_that_is_gone_is_down_after_fall_looks_at_the_fast_pace(version: Haproxy) {
    let global = format!("{EVENTS}    stats socket ipv4@127.0.0.1:9999 level user\n");
    // Only the fast pace explains three looks: the first is that of a datagram.
    let watch = r#", "interval": "1h", "fast_interval": "300ms", "events": "127.0.0.1:30514""#;
    let config = config(watch, &format!(r#"{UP}, "fall": 3"#))
        .replace("/run/haproxy/watch.sock", "127.0.0.1:9999");
    let lab = regions_with(version, &haproxy(&global, ONE_SERVER), &config)
        .start()
        .unwrap();
    lab.run(|lab| {
        let refused = || -> Result<u32> {
            let output = lab
                .nva(NE)
                .command("nstat")
                .args(["-asz", "TcpAttemptFails"])
                .output()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let row = text
                .lines()
                .find(|row| row.starts_with("TcpAttemptFails"))
                .context(text.clone())?;
            Ok(row.split_whitespace().nth(1).context("no count")?.parse()?)
        };
        announced_by(lab, &[NE, WE])?;
        // Until after the second look at what HAProxy logged last.
        holds(Duration::from_secs(1), "the routes", || {
            is_announced_by(lab, &[NE, WE])
        })?;
        lab.nva(NE).haproxy().kill()?;
        let before = refused()?;
        holds(
            Duration::from_secs(1),
            "the route that nobody looks at",
            || is_announced_by(lab, &[NE, WE]),
        )?;
        ensure!(refused()? == before, "a look without a reason");
        let datagram = "exec 3<>/dev/udp/127.0.0.1/30514; printf x >&3";
        ensure!(
            lab.nva(NE)
                .command("bash")
                .args(["-c", datagram])
                .status()?
                .success()
        );
        announced_by(lab, &[WE])?;
        holds(Duration::from_secs(1), "three looks and no more", || {
            let looks = refused()? - before;
            ensure!(looks == 6, "{looks} refused connections");
            Ok(())
        })?;
        logged(
            lab,
            NE,
            "HAProxy is gone: connection refused at 127.0.0.1:9999",
        )?;
        // The way back needs a reason to look as well; HAProxy gives it.
        lab.nva(NE).haproxy().start()?;
        lab.backend(NE).kill()?;
        server_is(lab, NE, ",DOWN")?;
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}
