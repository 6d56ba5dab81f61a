//! A disk without room: the routes follow the servers, the log has one line, and the file is back when there is room.

use std::time::Duration;

use anyhow::ensure;
use haproxy_rhi_lab::{ExaBgp, Region, eventually, holds};

use crate::stage::{
    CONFIG, FILE, NE, PATIENCE, becomes, config_with, count, held, logged, regions, standing,
};

crate::stories! {
    a_full_disk_is_one_warning_and_changes_no_route,
}

const METRICS: &str = "/run/exabgp/rhi.prom";

fn a_full_disk_is_one_warning_and_changes_no_route(version: ExaBgp) {
    let config = config_with(&format!("\"metrics\": \"{METRICS}\","));
    let lab = regions(&version)
        .file(NE, CONFIG, &config)
        .without_exabgp()
        .start()
        .unwrap();
    lab.run(|lab| {
        let full = "mount -t tmpfs -o size=64k,mode=777 full /run/exabgp && \
                    ! dd if=/dev/zero of=/run/exabgp/room bs=4k count=20 2>/dev/null";
        let made = lab.nva(NE).command("sh").args(["-c", full]).status()?;
        ensure!(made.success(), "{made}");
        lab.nva(NE).exabgp().start()?;
        held(lab, Some(0))?;
        let warnings = [
            format!("failed to write '{FILE}'"),
            format!("failed to write '{METRICS}'"),
        ];
        for warning in &warnings {
            logged(lab, warning)?;
        }
        // Without the other region, which might be asked, it stays announced as the last resort.
        lab.backend(NE).kill()?;
        held(lab, Some(6))?;
        lab.backend(NE).start()?;
        held(lab, Some(0))?;
        // A heartbeat and more, beside all that changed.
        holds(Duration::from_secs(11), "one line each", || {
            for warning in &warnings {
                ensure!(count(lab, warning) == 1, "{}", lab.nva(NE).exabgp().log());
            }
            Ok(())
        })?;
        let ours = |name: &std::ffi::OsString| {
            let name = name.to_string_lossy();
            name.contains(".status.json") || name.contains(".prom")
        };
        // One that is being tried at this moment is gone a moment later.
        eventually(PATIENCE, "nothing unfinished is left", || {
            let folder = lab.nva(NE).path("/run/exabgp").read_dir()?;
            let left: Vec<_> = folder
                .flatten()
                .map(|entry| entry.file_name())
                .filter(ours)
                .collect();
            ensure!(left.is_empty(), "{left:?}");
            Ok(())
        })?;

        std::fs::remove_file(lab.nva(NE).path("/run/exabgp/room"))?;
        lab.nva(Region::WestEurope).exabgp().start()?;
        becomes(lab, "the file", |code, process| {
            code == 0 && standing(process) == "up"
        })?;
        eventually(PATIENCE, "the metrics", || {
            lab.nva(NE).read(METRICS).map(drop)
        })
    })
    .unwrap();
}
