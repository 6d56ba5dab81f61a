//! Heartbeats wait for nobody.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Host, eventually};

use crate::nvas::{Nvas, Running};
use crate::pair::PATIENCE;

/// nft takes seconds to list anything while a set of the rules is full.
#[test]
fn a_reader_that_takes_long_holds_no_heartbeat_up() {
    beside_a_reader_that_takes_long().unwrap();
}

fn beside_a_reader_that_takes_long() -> Result<()> {
    let nvas = Nvas::start(2)?;
    nvas.command(1, "up")?;
    nvas.command(2, "up")?;
    let slow = nvas.ring.directory().join("slow");
    fs::create_dir(&slow)?;
    let (nft, reader) = (slow.join("nft"), slow.join("reader"));
    // Longer than the test waits.
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *list*) echo $$ >{}; exec sleep 60;; esac\nexec /usr/sbin/nft \"$@\"\n",
        reader.display()
    );
    fs::write(&nft, script)?;
    fs::set_permissions(&nft, fs::Permissions::from_mode(0o755))?;
    let status = slow.join("status.json").display().to_string();
    let mut heartbeat = nvas.heartbeat_command(1, &["--status-file", &status]);
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", slow.display());
    let _heartbeat = Running::start(heartbeat.env("PATH", path))?;
    let pid = eventually(PATIENCE, "a reader", || {
        fs::read_to_string(&reader)?.trim().parse::<i32>().context("no reader yet")
    })?;
    // Only the first NVA asks.
    let asked = || -> Result<u64> {
        let packets = nvas
            .shell(Host::Nva(2), "ip -s link show dev second-chance | awk '/RX:/ { getline; print $2 }'")?;
        Ok(packets.trim().parse()?)
    };
    let before = asked()?;
    let heard = eventually(PATIENCE, "more heartbeats while it reads", || {
        let more = asked()?.saturating_sub(before);
        ensure!(more >= 5, "{more}");
        Ok(())
    });
    let reads = rustix::process::Pid::from_raw(pid).context("no process")?;
    let read_all_the_time = rustix::process::kill_process(reads, rustix::process::Signal::KILL);
    heard?;
    read_all_the_time.context("the reader has ended before")
}
