//! The README's quick start, line by line, as it stands there; then the other documents.

use anyhow::{Context, Result};
use haproxy_rhi_lab::Debian;

use crate::documents;
use crate::site::{serves, tell};

crate::stories!(the_readmes_quick_start_announces);

/// What `init` asks for at a terminal.
const ANSWERS: &str = "--region 'North Europe' --prefix 9.9.9.9/32 --address 172.16.156.70 \
    --route-server 172.16.159.4 --route-server 172.16.159.5 --primary \
    --server backend01=172.16.156.69 --sibling 172.16.136.70";

const NVAS: &str = "--nva 'North Europe=172.16.156.70' --nva 'West Europe=172.16.136.70'";

fn the_readmes_quick_start_announces(debian: Debian) {
    tell(debian, |lab, machine| {
        for line in quick_start()? {
            let line = line.replacen(
                "haproxy-rhi init",
                &format!("haproxy-rhi init {ANSWERS}"),
                1,
            );
            documents::runs(machine, &line)?;
        }
        serves(lab)?;
        let init = |more: &str| {
            machine.sh(&format!(
                "haproxy-rhi init {ANSWERS} {more} --output-dir / --force"
            ))
        };
        documents::next_runs(machine, &init("")?, "")?;
        // As on a machine: systemd-nspawn leaves it read-only where the network has a name.
        machine.sh(
            "mount --bind /proc/sys/net /proc/sys/net; mount -o remount,bind,rw /proc/sys/net",
        )?;
        // The second chance's file, for its manual's lines. They come last: the other NVA has none here, so that a status
        // says afterwards that not all is well.
        let told = init(NVAS)?;
        documents::blocks_run(machine)?;
        documents::next_runs(machine, &told, "haproxy-rhi-second-chance")?;
        documents::spans_run(machine)?;
        documents::paths_are_there(machine)?;
        serves(lab)
    });
}

/// Its commands but the first, which installs the package that `.ci/package` builds: that is done.
fn quick_start() -> Result<Vec<&'static str>> {
    let package = concat!("haproxy-rhi_", env!("CARGO_PKG_VERSION"), "-1_amd64.deb");
    let install = format!("apt install ./target/debian/{package}\n");
    let mut blocks = include_str!("../../README.md").split("```\n");
    let block = blocks
        .find(|block| block.starts_with(&install))
        .with_context(|| format!("no {install}"))?;
    Ok(block.lines().skip(1).collect())
}
