//! A region with healthy servers and no route is no reason for the other one to withdraw: its page says 503.
//!
//! Told to HAProxy 2.6 (Debian 12's) and 3.0 (Debian 13's): the page is HAProxy's.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{
    ANYCAST, ExaBgp, Haproxy, Lab, LabBuilder, Region, Signal, eventually, holds,
};

use crate::far_end::{NE, PATIENCE, WE, announced_by, is_announced_by, logged, regions};
use crate::siblings::{held, holes, last_resort, leads_to};

haproxy_rhi_lab::stories_of_haproxy! {
    a_region_whose_exabgp_was_terminated_does_not_take_the_last_route_away,
    a_region_whose_exabgp_was_killed_does_not_take_the_last_route_away,
    a_haproxy_rhi_that_hangs_does_not_say_for_long_that_its_route_is_out,
}

fn with(version: Haproxy) -> LabBuilder {
    regions(&ExaBgp::Debian).haproxy(version)
}

/// The status of a region's health page, which says whether its route is out and its servers serve.
pub fn page(lab: &Lab, region: Region) -> Result<u16> {
    Ok(lab
        .client()
        .get_url(&format!("http://{}/health", region.nva()))?
        .status)
}

/// A region's health page answers so.
pub fn page_becomes(lab: &Lab, region: Region, expected: u16) -> Result<()> {
    eventually(
        PATIENCE,
        &format!("{expected} from the page of {region}"),
        || {
            let status = page(lab, region)?;
            ensure!(status == expected, "{status}");
            Ok(())
        },
    )
}

/// No request for the page that is made 4 s after this moment or later is answered with 200.
fn page_turns_within_4_s(lab: &Lab, region: Region, since: Instant) -> Result<()> {
    loop {
        let asked = since.elapsed();
        if page(lab, region)? == 503 {
            return Ok(());
        }
        ensure!(
            asked < Duration::from_secs(4),
            "the page of {region} is 200, {asked:?} afterwards"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn a_region_whose_exabgp_was_terminated_does_not_take_the_last_route_away(version: Haproxy) {
    the_last_route_stays(version, |lab| lab.nva(WE).exabgp().stop());
}

fn a_region_whose_exabgp_was_killed_does_not_take_the_last_route_away(version: Haproxy) {
    the_last_route_stays(version, |lab| lab.nva(WE).exabgp().kill());
}

fn the_last_route_stays(version: Haproxy, end: fn(&Lab) -> Result<()>) {
    let lab = with(version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        page_becomes(lab, NE, 200)?;
        page_becomes(lab, WE, 200)?;
        let known = holes(lab)?;
        end(lab)?;
        page_turns_within_4_s(lab, WE, Instant::now())?;
        announced_by(lab, &[NE])?;

        // West Europe's servers serve, by way of North Europe's HAProxy, and its route is not out.
        lab.backend(NE).kill()?;
        held(lab, [(NE, Some(last_resort(NE))), (WE, None)])?;
        holds(
            Duration::from_secs(5),
            "the last resort at the far end",
            || {
                ensure!(lab.msee().region(ANYCAST)? == Some(NE) && page(lab, WE)? == 503);
                Ok(())
            },
        )?;
        held(lab, [(NE, Some(last_resort(NE))), (WE, None)])?;
        logged(
            lab,
            NE,
            "; no sibling is known to be healthy: http http://172.16.136.70/health: ",
        )?;
        eventually(PATIENCE, "the page of West Europe", || {
            let answer = lab.client().get()?;
            ensure!(
                answer.status == 200 && answer.region == Some(WE),
                "{answer:?}"
            );
            Ok(())
        })?;

        // It comes back, settles, and takes over.
        lab.nva(WE).exabgp().start()?;
        page_becomes(lab, WE, 200)?;
        announced_by(lab, &[WE])?;
        logged(
            lab,
            NE,
            "; a sibling is healthy: http http://172.16.136.70/health: ",
        )?;
        leads_to(lab, WE)?;
        page_becomes(lab, NE, 503)?;
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])?;
        ensure!(
            holes(lab)? == known,
            "the MSEE had no route: {:?}",
            lab.msee().route_changes()?
        );
        Ok(())
    })
    .unwrap();
}

fn a_haproxy_rhi_that_hangs_does_not_say_for_long_that_its_route_is_out(version: Haproxy) {
    let lab = with(version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        page_becomes(lab, WE, 200)?;
        lab.nva(WE).exabgp().signal_helper(Signal::Stop)?;
        page_turns_within_4_s(lab, WE, Instant::now())?;
        // ExaBGP holds its sessions and the route.
        is_announced_by(lab, &[NE, WE])?;
        lab.nva(WE).exabgp().signal_helper(Signal::Cont)?;
        page_becomes(lab, WE, 200)
    })
    .unwrap();
}
