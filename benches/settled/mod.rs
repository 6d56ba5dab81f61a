//! Both regions' routes are out, and the kernel's of the router at the far end leads to North Europe.

use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, Lab, Region, eventually};

pub fn settled(lab: &Lab, patience: Duration) -> Result<()> {
    for region in Region::ALL {
        for instance in lab.route_servers(region) {
            eventually(patience, &format!("the route of {region}"), || {
                let rows = instance.rows(ANYCAST)?;
                ensure!(rows.len() == lab.nvas(region).count(), "{rows:?}");
                Ok(())
            })?;
        }
    }
    lab.msee()
        .await_region(ANYCAST, Some(Region::NorthEurope), patience)
}
