//! The README's quick start, line by line, as it stands there.

use anyhow::{Context, Result};
use haproxy_rhi_lab::{Debian, eventually};

use crate::site::{PATIENCE, serves, tell};

crate::stories!(the_readmes_quick_start_announces);

/// What `init` asks for at a terminal.
const ANSWERS: &str = "--region 'North Europe' --prefix 9.9.9.9/32 --address 172.16.156.70 \
    --route-server 172.16.159.4 --route-server 172.16.159.5 --primary \
    --server backend01=172.16.156.69 --sibling 172.16.136.70";

fn the_readmes_quick_start_announces(debian: Debian) {
    tell(debian, |lab, machine| {
        for line in quick_start()? {
            let line = line.replacen("haproxy-rhi init", &format!("haproxy-rhi init {ANSWERS}"), 1);
            if line.contains("haproxy-rhi check") {
                // HAProxy has checked its servers after a moment.
                eventually(PATIENCE, &line, || machine.sh(&line).map(drop))?;
            } else {
                machine.sh(&line)?;
            }
        }
        serves(lab)
    });
}

/// Its commands but the first, which installs the package that `.ci/package` builds: that is done.
fn quick_start() -> Result<Vec<&'static str>> {
    let package = concat!("haproxy-rhi_", env!("CARGO_PKG_VERSION"), "-1_amd64.deb");
    let install = format!("apt install ./target/debian/{package}\n");
    let mut blocks = include_str!("../../README.md").split("```\n");
    let block = blocks.find(|block| block.starts_with(&install)).with_context(|| format!("no {install}"))?;
    Ok(block.lines().skip(1).collect())
}
