//! HAProxy's log datagrams: each says "look now", and no more than that. The interval is an hour wherever only a
//! datagram may explain what follows.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Haproxy, Lab, Signal, eventually, holds};

use crate::far_end::{NE, PATIENCE, WE, announced_by, is_announced_by, logged, server_is, updates};
use crate::stage::{
    CONFIG, EVENTS, ONE_SERVER, UP, answers_another_than, config, haproxy, regions_with, requests,
};

crate::stories! {
    a_datagram_moves_the_route_at_once_after_reloads_and_restarts_too,
    a_datagram_to_a_socket_in_the_chroot_moves_the_route_at_once,
    a_flood_of_forged_datagrams_moves_nothing_and_hides_nothing,
    a_busy_port_is_a_warning_and_polling_until_it_is_free,
    ten_servers_that_go_down_at_once_are_a_few_looks,
}

const HOURLY: &str = r#", "interval": "1h", "events": "127.0.0.1:30514""#;

/// The server dies, and comes back; each time HAProxy's own line is the reason to look.
fn moves_and_returns(lab: &Lab) -> Result<()> {
    let before = updates(lab, NE);
    lab.backend(NE).kill()?;
    announced_by(lab, &[WE])?;
    lab.backend(NE).start()?;
    announced_by(lab, &[NE, WE])?;
    ensure!(
        updates(lab, NE) == before.map(|count| count + 2),
        "{before:?}, {:?}",
        updates(lab, NE)
    );
    Ok(())
}

fn a_datagram_moves_the_route_at_once_after_reloads_and_restarts_too(version: Haproxy) {
    let lab = regions_with(version, &haproxy(EVENTS, ONE_SERVER), &config(HOURLY, UP))
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        moves_and_returns(lab)?;
        let haproxy = lab.nva(NE).haproxy();
        let worker = haproxy.answering()?;
        haproxy.reload()?;
        answers_another_than(lab, worker)?;
        server_is(lab, NE, ",L7OK,")?;
        moves_and_returns(lab)?;
        // Restarted while its server is dead: its first line says so.
        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])?;
        haproxy.stop()?;
        haproxy.start()?;
        server_is(lab, NE, ",DOWN,")?;
        holds(Duration::from_secs(1), "nothing of North Europe", || {
            is_announced_by(lab, &[WE])
        })?;
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

/// HAProxy finds the path inside its chroot, and haproxy-rhi makes the socket: the folder is user exabgp's.
fn a_datagram_to_a_socket_in_the_chroot_moves_the_route_at_once(version: Haproxy) {
    let log = "    log /rhi/events.sock format timed local0 notice\n";
    let hourly = r#", "interval": "1h", "events": "/var/lib/haproxy/rhi/events.sock""#;
    let builder = regions_with(version, &haproxy(log, ONE_SERVER), &config(hourly, UP));
    let lab = builder.without_exabgp().start().unwrap();
    lab.run(|lab| {
        let nva = lab.nva(NE);
        let folder = ["-d", "-o", "exabgp", "-g", "exabgp", "/var/lib/haproxy/rhi"];
        ensure!(
            nva.command("install").args(folder).status()?.success(),
            "no folder for the socket"
        );
        for region in [NE, WE] {
            lab.nva(region).exabgp().start()?;
        }
        announced_by(lab, &[NE, WE])?;
        moves_and_returns(lab)?;
        let worker = nva.haproxy().answering()?;
        nva.haproxy().reload()?;
        answers_another_than(lab, worker)?;
        server_is(lab, NE, ",L7OK,")?;
        moves_and_returns(lab)?;
        // The next haproxy-rhi replaces the socket that a killed one left.
        let old = nva.exabgp().helper_pid()?;
        nva.exabgp().signal_helper(Signal::Kill)?;
        eventually(PATIENCE, "another haproxy-rhi that listens", || {
            let log = nva.exabgp().log();
            ensure!(nva.exabgp().helper_pid()? != old, "still {old}");
            ensure!(
                log.matches("service web: not known yet -> up").count() >= 2,
                "{log}"
            );
            Ok(())
        })?;
        moves_and_returns(lab)
    })
    .unwrap();
}

/// A process of ours on North Europe's NVA; killed when dropped.
pub struct Other(Child);

impl Other {
    pub fn start(lab: &Lab, script: &str) -> Result<Self> {
        let mut command: Command = lab.nva(NE).command("/usr/bin/python3");
        let child = command.args(["-c", script]).stdin(Stdio::null()).spawn()?;
        Ok(Self(child))
    }

    pub fn runs(&mut self) -> Result<()> {
        let ended = self.0.try_wait()?;
        ensure!(ended.is_none(), "{ended:?}");
        Ok(())
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What anybody on the host may send, as fast as one process can: lies in HAProxy's own words among it. A minute at
/// most.
const FLOOD: &str = r#"
import os, socket, time
lies = [b"<129>2026-01-01T00:00:00.000000+00:00 Server http_back/backend01 is DOWN, reason: Layer4 timeout.\n",
        b"<128>2026-01-01T00:00:00.000000+00:00 backend http_back has no server available!\n",
        b"withdraw route 9.9.9.9/32\n", b"", b"\0" * 9000, os.urandom(400), os.urandom(60000)]
ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end = time.monotonic() + 60
while time.monotonic() < end:
    for _ in range(100):
        for lie in lies:
            try:
                ours.sendto(lie, ("127.0.0.1", 30514))
            except OSError:
                pass
"#;

fn a_flood_of_forged_datagrams_moves_nothing_and_hides_nothing(version: Haproxy) {
    let lab = regions_with(version, &haproxy(EVENTS, ONE_SERVER), &config(HOURLY, UP))
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        // An hour's pace without them: the looks and the processor time that follow are the flood's.
        holds(Duration::from_secs(1), "the routes", || {
            is_announced_by(lab, &[NE, WE])
        })?;
        let (before, idle) = (updates(lab, NE), (requests(lab)?, processor_time(lab)?));
        holds(Duration::from_secs(1), "the routes", || {
            is_announced_by(lab, &[NE, WE])
        })?;
        let (idle_looks, idle_time) = (requests(lab)? - idle.0 - 1, processor_time(lab)? - idle.1);
        ensure!(idle_looks == 0, "{idle_looks} looks without a reason");

        let mut flood = Other::start(lab, FLOOD)?;
        eventually(PATIENCE, "the flood", || {
            ensure!(requests(lab)? > idle.0 + 100, "no look");
            Ok(())
        })?;
        let (begun, looks, time) = (Instant::now(), requests(lab)?, processor_time(lab)?);
        holds(Duration::from_secs(3), "the routes", || {
            is_announced_by(lab, &[NE, WE])
        })?;
        let (looks, time, wall) = (
            requests(lab)? - looks - 1,
            processor_time(lab)? - time,
            begun.elapsed(),
        );
        println!("measured: {looks} looks, {time:?} of {wall:?}; idle {idle_time:?}");
        // One in 50 ms.
        let most = 10 + wall.as_millis() / 50;
        ensure!(
            u128::from(looks) <= most && looks > 5,
            "{looks} looks in {wall:?}"
        );
        ensure!(time < wall / 2, "{time:?} of processor time in {wall:?}");
        ensure!(
            updates(lab, NE) == before,
            "{before:?}, {:?}",
            updates(lab, NE)
        );

        flood.runs()?;
        moves_and_returns(lab)?;
        flood.runs()?;
        drop(flood);
        moves_and_returns(lab)
    })
    .unwrap();
}

/// utime and stime of proc_pid_stat(5), of which 100 are a second on Linux.
fn processor_time(lab: &Lab) -> Result<Duration> {
    let stat =
        std::fs::read_to_string(format!("/proc/{}/stat", lab.nva(NE).exabgp().helper_pid()?))?;
    let (_, fields) = stat.rsplit_once(") ").context("no name")?;
    let ticks: u64 = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().unwrap_or(0))
        .sum();
    Ok(Duration::from_millis(ticks * 10))
}

fn a_busy_port_is_a_warning_and_polling_until_it_is_free(version: Haproxy) {
    let watch = r#", "interval": "200ms", "events": "127.0.0.1:30514""#;
    let builder = regions_with(version, &haproxy(EVENTS, ONE_SERVER), &config(watch, UP));
    let lab = builder.without_exabgp().start().unwrap();
    lab.run(|lab| {
        let holder = r#"
import pathlib, socket, time
ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ours.bind(("127.0.0.1", 30514))
pathlib.Path("/run/held").touch()
time.sleep(120)
"#;
        let holder = Other::start(lab, holder)?;
        eventually(PATIENCE, "a busy port", || {
            ensure!(lab.nva(NE).path("/run/held").exists(), "not yet");
            Ok(())
        })?;
        for region in [NE, WE] {
            lab.nva(region).exabgp().start()?;
        }
        announced_by(lab, &[NE, WE])?;
        logged(lab, NE, "cannot listen for HAProxy's events at 127.0.0.1:30514 (address already in use); changes are seen at the next look only; trying again")?;
        moves_and_returns(lab)?;
        drop(holder);
        logged(lab, NE, "listening for HAProxy's events at 127.0.0.1:30514")?;
        // From here only the datagrams can be the reason.
        lab.nva(NE).write(CONFIG, &config(HOURLY, UP))?;
        eventually(PATIENCE, "the other interval", || {
            let log = lab.nva(NE).exabgp().log();
            ensure!(log.matches("in force").count() == 2, "{log}");
            Ok(())
        })?;
        moves_and_returns(lab)?;
        let log = lab.nva(NE).exabgp().log();
        ensure!(log.matches("cannot listen").count() == 1, "said once only: {log}");
        Ok(())
    })
    .unwrap();
}

fn ten_servers_that_go_down_at_once_are_a_few_looks(version: Haproxy) {
    let followers: String = (2..=10)
        .map(|n| format!("    server s{n} 172.16.156.69:80 no-check track http_back/backend01\n"))
        .collect();
    let backend = format!("{ONE_SERVER}\n{followers}");
    let lab = regions_with(version, &haproxy(EVENTS, &backend), &config(HOURLY, UP))
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        holds(Duration::from_secs(1), "the routes", || {
            is_announced_by(lab, &[NE, WE])
        })?;
        let said = lab.nva(NE).haproxy().journal().len();
        let (before, looks) = (updates(lab, NE), requests(lab)?);
        lab.backend(NE).kill()?;
        eventually(PATIENCE, "the withdrawal", || {
            ensure!(
                updates(lab, NE) == before.map(|count| count + 1),
                "{:?}",
                updates(lab, NE)
            );
            Ok(())
        })?;
        // Until after the second look at what was logged.
        holds(Duration::from_secs(1), "one UPDATE", || {
            ensure!(
                updates(lab, NE) == before.map(|count| count + 1),
                "{:?}",
                updates(lab, NE)
            );
            Ok(())
        })?;
        let looks = requests(lab)? - looks - 1;
        let journal = lab.nva(NE).haproxy().journal().split_off(said);
        let lines = journal
            .iter()
            .filter(|line| line.text.starts_with("Server http_back/"))
            .count();
        println!("measured: {looks} looks at {lines} lines");
        ensure!(lines == 10, "{journal:?}");
        // At the first of them, at what came during that look, and once more soon after.
        ensure!((1..=5).contains(&looks), "{looks} looks at {lines} lines");
        announced_by(lab, &[WE])
    })
    .unwrap();
}
