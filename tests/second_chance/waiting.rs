//! Heartbeats wait for nobody.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Host, eventually};

use crate::nvas::{Nvas, Running};
use crate::pair::PATIENCE;

/// Under a flood every program of the machine takes its time.
#[test]
fn what_takes_long_to_look_holds_no_heartbeat_up() {
    beside_a_look_that_takes_long().unwrap();
}

fn beside_a_look_that_takes_long() -> Result<()> {
    let nvas = Nvas::start(2)?;
    nvas.command(1, "up")?;
    nvas.command(2, "up")?;
    let slow = nvas.ring.directory().join("slow");
    fs::create_dir(&slow)?;
    let (ip, reader) = (slow.join("ip"), slow.join("reader"));
    // All but the first look, which asks twice, longer than the test waits.
    let script = r#"#!/bin/sh
case "$*" in *address*)
    if [ -e "${0%/*}/again" ]; then echo $$ >"${0%/*}/reader"; exec sleep 60; fi
    if [ -e "${0%/*}/looked" ]; then touch "${0%/*}/again"; fi
    touch "${0%/*}/looked"
esac
exec /usr/sbin/ip "$@"
"#;
    fs::write(&ip, script)?;
    fs::set_permissions(&ip, fs::Permissions::from_mode(0o755))?;
    let status = slow.join("status.json").display().to_string();
    let mut heartbeat = nvas.heartbeat_command(1, &["--status-file", &status]);
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", slow.display());
    let _heartbeat = Running::start(heartbeat.env("PATH", path))?;
    let pid = eventually(PATIENCE, "a look", || {
        fs::read_to_string(&reader)?
            .trim()
            .parse::<i32>()
            .context("nobody looks yet")
    })?;
    // Only the first NVA asks.
    let asked = || -> Result<u64> {
        let packets = nvas.shell(
            Host::Nva(2),
            "ip -s link show dev second-chance | awk '/RX:/ { getline; print $2 }'",
        )?;
        Ok(packets.trim().parse()?)
    };
    let before = asked()?;
    let heard = eventually(PATIENCE, "more heartbeats while it looks", || {
        let more = asked()?.saturating_sub(before);
        ensure!(more >= 5, "{more}");
        Ok(())
    });
    let looks = rustix::process::Pid::from_raw(pid).context("no process")?;
    let looked_all_the_time = rustix::process::kill_process(looks, rustix::process::Signal::KILL);
    heard?;
    looked_all_the_time.context("the look has ended before")
}
