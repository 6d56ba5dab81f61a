//! A program between ExaBGP and haproxy-rhi that loses, mixes up or makes up answers.

use anyhow::Result;
use haproxy_rhi_lab::{ExaBgp, Lab, eventually};

use crate::service::{CONFIG, NE, PATIENCE, RUN, START, expected, hold, lab};

const FILTER: &str = include_str!("filter.py");
const MODE: &str = "/etc/haproxy-rhi/answers";

/// A lab with the filter in this mode, once the first routes are out.
pub fn filtered(version: &ExaBgp, mode: &str, config: &str) -> Result<Lab> {
    let filter = "/etc/haproxy-rhi/filter.py";
    let lab = lab(version, &format!("/usr/bin/python3 {filter} {RUN}"), 30)?
        .file(NE, filter, FILTER)
        .file(NE, MODE, mode)
        .file(NE, CONFIG, config)
        .start()?;
    eventually(PATIENCE, "the first routes", || {
        hold(&lab, &expected(START))
    })?;
    Ok(lab)
}

/// Another mode from now on.
pub fn mode(lab: &Lab, mode: &str) -> Result<()> {
    lab.nva(NE).write(MODE, mode)
}
