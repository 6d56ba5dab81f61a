//! The last one standing: what becomes of the address when every region loses its servers, when they return, and when
//! the regions cannot see each other.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use haproxy_rhi_lab::{ANYCAST, ANYCAST_ADDRESS, ExaBgp, Lab, Load, Outcome, Region, eventually};

use crate::far_end::{NE, PATIENCE, WE, announced_by, logged, regions, updates};

crate::stories! {
    regions_that_lose_their_servers_together_keep_the_address,
    the_last_region_keeps_the_address_and_hands_it_over,
    regions_that_cannot_see_each_other_leave_the_choice_to_the_far_end,
    a_region_without_haproxy_is_no_last_resort,
}

/// What the shipped config.json adds where no region has servers.
const LONGER: usize = 6;

pub fn last_resort(region: Region) -> Vec<u32> {
    [&[65010; LONGER], region.as_path()].concat()
}

/// Both instances of each region's Route Server hold its route with this AS path, or none.
pub fn held(lab: &Lab, expected: [(Region, Option<Vec<u32>>); 2]) -> Result<()> {
    eventually(
        PATIENCE,
        &format!("{expected:?} at the Route Servers"),
        || {
            for (region, path) in &expected {
                for instance in lab.route_servers(*region) {
                    let paths: Vec<Vec<u32>> = instance
                        .rows(ANYCAST)?
                        .into_iter()
                        .map(|row| row.as_path)
                        .collect();
                    ensure!(
                        paths == path.iter().cloned().collect::<Vec<_>>(),
                        "{region}: {paths:?}"
                    );
                }
            }
            Ok(())
        },
    )
}

pub fn leads_to(lab: &Lab, region: Region) -> Result<()> {
    lab.msee().await_region(ANYCAST, Some(region), PATIENCE)
}

/// Times at which the MSEE had no route.
pub fn holes(lab: &Lab) -> Result<usize> {
    let changes = lab.msee().route_changes()?;
    let here = changes
        .iter()
        .filter(|change| change.prefix == ANYCAST_ADDRESS.to_string());
    Ok(here.filter(|change| change.via.is_none()).count())
}

fn regions_that_lose_their_servers_together_keep_the_address(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let (before, known) = ([NE, WE].map(|region| updates(lab, region)), holes(lab)?);
        let ping = lab.client().ping(Duration::from_millis(50), 1200)?;
        let load = lab.client().load(&Load::default())?;
        lab.backend(NE).kill()?;
        lab.backend(WE).kill()?;
        held(
            lab,
            [(NE, Some(last_resort(NE))), (WE, Some(last_resort(WE)))],
        )?;
        leads_to(lab, NE)?;
        for region in [NE, WE] {
            logged(
                lab,
                region,
                "; no sibling is known to be healthy: http http://172.16.1",
            )?;
        }
        // An honest answer, not a black hole.
        eventually(PATIENCE, "HAProxy's 503", || {
            let answer = lab.client().get()?;
            ensure!(answer.status == 503, "{answer:?}");
            Ok(())
        })?;
        lab.backend(NE).start()?;
        lab.backend(WE).start()?;
        announced_by(lab, &[NE, WE])?;
        let (report, pinged) = (load.finish()?, ping.finish()?);
        ensure!(
            holes(lab)? == known,
            "the MSEE had no route: {:?}",
            lab.msee().route_changes()?
        );
        // At the moment of the move a connection may be cut; nobody waits for an answer in vain.
        let lost = report
            .requests
            .iter()
            .filter(|request| matches!(request.outcome, Outcome::Lost(_)))
            .count();
        let moves = lab.msee().route_changes()?.len();
        ensure!(
            lost <= Load::default().clients * moves,
            "{lost} lost, {moves} moves: {:?}",
            report.failed()
        );
        ensure!(pinged.lost() == 0, "{pinged:?}");
        // There and back, and perhaps a withdrawal in between each time, for a sibling that did not know yet that its
        // servers are gone, and for one that is back first: no flap.
        for (region, before) in [NE, WE].into_iter().zip(before) {
            let now = updates(lab, region);
            ensure!(
                now.iter()
                    .zip(before)
                    .all(|(now, before)| (2..=5).contains(&(now - before))),
                "{before:?}, {now:?}"
            );
        }
        Ok(())
    })
    .unwrap();
}

fn the_last_region_keeps_the_address_and_hands_it_over(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let known = holes(lab)?;
        lab.backend(WE).kill()?;
        announced_by(lab, &[NE])?;
        logged(lab, WE, "service web: last standing -> down (")?;
        lab.backend(NE).kill()?;
        held(
            lab,
            [(NE, Some(last_resort(NE))), (WE, Some(last_resort(WE)))],
        )?;
        // West Europe comes back first: it has the shorter path, and North Europe's is withdrawn.
        lab.backend(WE).start()?;
        announced_by(lab, &[WE])?;
        logged(
            lab,
            NE,
            "; a sibling is healthy: http http://172.16.136.70/health: ",
        )?;
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])?;
        ensure!(holes(lab)? == known, "{:?}", lab.msee().route_changes()?);
        Ok(())
    })
    .unwrap();
}

/// Packets from here to the other region's NVA go nowhere, as without a peering between their networks.
pub fn part(lab: &Lab, from: Region, action: &str) -> Result<()> {
    let mut command: Command = lab.nva(from).command("ip");
    let to = from.other().nva().to_string();
    let status = command.args(["route", action, "blackhole", &to]).status()?;
    ensure!(
        status.success(),
        "ip route {action} blackhole {to}: {status}"
    );
    Ok(())
}

fn regions_that_cannot_see_each_other_leave_the_choice_to_the_far_end(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let known = holes(lab)?;
        part(lab, NE, "add")?;
        part(lab, WE, "add")?;
        lab.backend(NE).kill()?;
        // North Europe cannot know whether anybody serves. Its path is longer than West Europe's: the clients are there.
        held(
            lab,
            [
                (NE, Some(last_resort(NE))),
                (WE, Some(WE.as_path().to_vec())),
            ],
        )?;
        leads_to(lab, WE)?;
        eventually(PATIENCE, "the page of West Europe", || {
            let answer = lab.client().get()?;
            ensure!(answer.region == Some(WE), "{answer:?}");
            Ok(())
        })?;
        logged(
            lab,
            NE,
            "no sibling is known to be healthy: http http://172.16.136.70/health: ",
        )?;
        // Now the other one too: both are out, and the clients get an answer.
        lab.backend(WE).kill()?;
        held(
            lab,
            [(NE, Some(last_resort(NE))), (WE, Some(last_resort(WE)))],
        )?;
        leads_to(lab, NE)?;
        lab.backend(WE).start()?;
        held(
            lab,
            [
                (NE, Some(last_resort(NE))),
                (WE, Some(WE.as_path().to_vec())),
            ],
        )?;
        leads_to(lab, WE)?;
        // They see each other again.
        part(lab, NE, "del")?;
        part(lab, WE, "del")?;
        announced_by(lab, &[WE])?;
        ensure!(holes(lab)? == known, "{:?}", lab.msee().route_changes()?);
        Ok(())
    })
    .unwrap();
}

fn a_region_without_haproxy_is_no_last_resort(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        lab.backend(WE).kill()?;
        announced_by(lab, &[NE])?;
        lab.nva(NE).haproxy().kill()?;
        // Only where somebody answers, if with an error.
        held(lab, [(NE, None), (WE, Some(last_resort(WE)))])?;
        leads_to(lab, WE)?;
        let answer = lab.client().get()?;
        if answer.status != 503 {
            bail!("{answer:?}");
        }
        lab.nva(NE).haproxy().start()?;
        announced_by(lab, &[NE]).context("HAProxy's return")
    })
    .unwrap();
}
