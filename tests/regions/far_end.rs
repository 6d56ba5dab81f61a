//! What the world sees of the two regions: the Route Servers' tables, the MSEE's kernel route, the client's page.

use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, LabBuilder, Region, eventually};

/// For what must happen on a machine that is busy with other tests: generous, and never waited out in vain.
pub const PATIENCE: Duration = Duration::from_secs(30);
pub const NE: Region = Region::NorthEurope;
pub const WE: Region = Region::WestEurope;

/// The two regions with the repository's files and this build.
pub fn regions(version: &ExaBgp) -> LabBuilder {
    Lab::builder()
        .exabgp(version.clone())
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"))
}

/// Both instances of these regions' Route Servers hold their route, those of the other regions hold none, and so
/// does the MSEE; its kernel and the client follow the best.
pub fn announced_by(lab: &Lab, announcing: &[Region]) -> Result<()> {
    let name = format!("routes of {announcing:?}, and of them only");
    eventually(PATIENCE, &name, || is_announced_by(lab, announcing))?;
    let best = announcing.iter().min().copied();
    lab.msee().await_region(ANYCAST, best, PATIENCE)?;
    let Some(best) = best else { return Ok(()) };
    eventually(PATIENCE, &format!("the page of {best}"), || {
        let answer = lab.client().get()?;
        ensure!(
            answer.status == 200 && answer.region == Some(best),
            "{answer:?}"
        );
        Ok(())
    })
}

/// What [`announced_by`] waits for, now.
pub fn is_announced_by(lab: &Lab, announcing: &[Region]) -> Result<()> {
    let mut expected = Vec::new();
    for region in Region::ALL {
        for instance in lab.route_servers(region) {
            let rows = instance.rows(ANYCAST)?;
            if announcing.contains(&region) {
                let [row] = rows.as_slice() else {
                    anyhow::bail!("{region} at {}: {rows:?}", instance.address())
                };
                ensure!(
                    row.as_path == region.as_path() && row.next_hop == Some(region.nva().into()),
                    "{rows:?}"
                );
                expected.push((
                    Some(instance.address()),
                    [&[65515], region.as_path()].concat(),
                ));
            } else {
                ensure!(
                    rows.is_empty(),
                    "{region} at {}: {rows:?}",
                    instance.address()
                );
            }
        }
    }
    let mut rows: Vec<_> = lab
        .msee()
        .rows(ANYCAST)?
        .into_iter()
        .map(|row| (row.from, row.as_path))
        .collect();
    rows.sort();
    expected.sort();
    ensure!(rows == expected, "the MSEE has {rows:?}");
    Ok(())
}

/// UPDATE messages that each instance of the region's Route Server has received so far.
pub fn updates(lab: &Lab, region: Region) -> [usize; 2] {
    lab.route_servers(region)
        .each_ref()
        .map(|instance| instance.updates())
}

/// HAProxy itself sees the region's server in this state.
pub fn server_is(lab: &Lab, region: Region, status: &str) -> Result<()> {
    eventually(PATIENCE, &format!("backend01 {status}"), || {
        let stat = lab
            .nva(region)
            .haproxy()
            .watch("show stat http_back 4 -1")?;
        ensure!(
            stat.lines()
                .any(|row| row.contains("backend01") && row.contains(status)),
            "{stat}"
        );
        Ok(())
    })
}

/// The region's log has a line with this text.
pub fn logged(lab: &Lab, region: Region, text: &str) -> Result<()> {
    eventually(PATIENCE, &format!("a log line with '{text}'"), || {
        let log = lab.nva(region).exabgp().log();
        ensure!(log.contains(text), "{log}");
        Ok(())
    })
}
