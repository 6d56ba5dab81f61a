//! Clients under way, and what HAProxy counts meanwhile.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{
    Connections, Lab, Load, LoadReport, Measurement, Outcome, Region, eventually,
};

use crate::far_end::{NE, PATIENCE, WE, announced_by};

/// Clients that wait for as long as a busy machine may take.
pub fn load(connections: Connections) -> Load {
    Load {
        clients: 8,
        connections,
        patience: PATIENCE,
        at_most: Duration::from_secs(120),
        ..Load::default()
    }
}

/// Waits for as many more requests with this outcome.
pub fn more(clients: &Measurement, count: usize, outcome: &Outcome) -> Result<()> {
    let seen = || {
        clients
            .so_far()
            .requests
            .iter()
            .filter(|request| request.outcome == *outcome)
            .count()
    };
    let before = seen();
    eventually(PATIENCE, &format!("{count} more of {outcome:?}"), || {
        ensure!(
            seen() >= before + count,
            "{} of {}",
            seen(),
            clients.so_far().requests.len()
        );
        Ok(())
    })
}

/// Both regions serve and announce, and each HAProxy has found the other.
pub fn ready(lab: &Lab) -> Result<()> {
    announced_by(lab, &[NE, WE])?;
    for region in Region::ALL {
        eventually(
            PATIENCE,
            &format!("the sibling of {region} to be UP"),
            || {
                let check = stat(lab, region, "sibling_check", "nva", "check_status")?;
                let status = stat(lab, region, "http_back", "sibling", "status")?;
                ensure!(check == "L7OK" && status == "UP", "{check}, {status}");
                Ok(())
            },
        )?;
    }
    Ok(())
}

/// A column of `show stat`, of HAProxy's row for a proxy or a server.
pub fn stat(lab: &Lab, region: Region, proxy: &str, row: &str, column: &str) -> Result<String> {
    let answer = lab
        .nva(region)
        .haproxy()
        .watch(&format!("show stat {proxy} 7 -1"))?;
    let mut rows = answer
        .lines()
        .map(|line| line.trim_start_matches("# ").split(',').collect::<Vec<_>>());
    let header = rows.next().context("no header")?;
    let at = header
        .iter()
        .position(|name| *name == column)
        .context("no such column")?;
    let row = rows
        .find(|cells| cells.get(1) == Some(&row))
        .context("no such row")?;
    Ok(row.get(at).context("no such cell")?.to_string())
}

pub fn sessions(lab: &Lab, region: Region, proxy: &str) -> Result<usize> {
    Ok(stat(lab, region, proxy, "BACKEND", "stot")?.parse()?)
}

/// Does something under load that moves the address from one region to the other, and waits until clients are served there.
pub fn moved(
    lab: &Lab,
    load: &Load,
    to: Region,
    act: impl FnOnce() -> Result<()>,
) -> Result<LoadReport> {
    let clients = lab.client().load(load)?;
    more(&clients, 20, &Outcome::Page(to.other()))?;
    act()?;
    announced_by(lab, if to == NE { &[NE, WE] } else { &[WE] })?;
    more(&clients, 20, &Outcome::Page(to))?;
    clients.finish()
}
