//! A region whose preferred sibling is silent announces a shorter path: the stale route of an NVA that hangs or has vanished
//! loses at the far end long before its hold time ends.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use haproxy_rhi_lab::{ANYCAST, ANYCAST_ADDRESS, ExaBgp, Lab, Region, eventually};

use crate::far_end::{NE, PATIENCE, WE, logged, regions};
use crate::siblings::{held, holes, leads_to};
use crate::silence::{PREFERRED, STANDBY, Silence, TAKEOVER, with_takeover};

crate::stories! {
    a_region_takes_over_from_one_that_vanishes_and_gives_back,
    a_region_takes_over_from_one_that_is_frozen,
    regions_that_do_not_see_each_other_cost_one_move_and_one_back,
    a_region_that_is_drained_or_has_no_servers_is_not_silent,
}

fn paths(lab: &Lab, north: &[u32], west: &[u32]) -> Result<()> {
    held(lab, [(NE, Some(north.to_vec())), (WE, Some(west.to_vec()))])
}

/// West Europe has taken over while North Europe's route is still out.
fn taken_over(lab: &Lab) -> Result<()> {
    paths(lab, &PREFERRED, &TAKEOVER)?;
    leads_to(lab, WE)?;
    served_by(lab, WE)?;
    ensure!(
        lab.msee().rows(ANYCAST)?.len() == 4,
        "North Europe's route is gone, and there was no need to take over"
    );
    Ok(())
}

fn given_back(lab: &Lab) -> Result<()> {
    paths(lab, &PREFERRED, &STANDBY)?;
    leads_to(lab, NE)?;
    served_by(lab, NE)
}

fn served_by(lab: &Lab, region: Region) -> Result<()> {
    eventually(PATIENCE, &format!("the page of {region}"), || {
        let answer = lab.client().get()?;
        ensure!(
            answer.status == 200 && answer.region == Some(region),
            "{answer:?}"
        );
        Ok(())
    })
}

/// Where the kernel's route of the MSEE has led, one after another.
fn ways(lab: &Lab) -> Result<Vec<Option<Region>>> {
    let region = |via| Region::ALL.into_iter().find(|region| region.nva() == via);
    let changes = lab.msee().route_changes()?;
    let here = changes
        .iter()
        .filter(|change| change.prefix == ANYCAST_ADDRESS.to_string());
    Ok(here.map(|change| change.via.and_then(region)).collect())
}

fn a_region_takes_over_from_one_that_vanishes_and_gives_back(version: ExaBgp) {
    let lab = with_takeover(regions(&version)).start().unwrap();
    lab.run(|lab| {
        given_back(lab)?;
        let (known, before) = (holes(lab)?, ways(lab)?.len());
        Silence::Cable.begin(lab)?;
        taken_over(lab)?;
        logged(
            lab,
            WE,
            "service web: up -> takeover (http http://172.16.156.70/health silent for 1s; ",
        )?;
        // Its session outlives that: the route that is there again is the old one.
        Silence::Cable.end(lab)?;
        given_back(lab)?;
        logged(
            lab,
            WE,
            "service web: takeover -> up (http http://172.16.156.70/health: status 200; ",
        )?;
        ensure!(
            ways(lab)?.get(before..) == Some(&[Some(WE), Some(NE)]),
            "{:?}",
            lab.msee().route_changes()?
        );
        ensure!(holes(lab)? == known, "{:?}", lab.msee().route_changes()?);
        Ok(())
    })
    .unwrap();
}

fn a_region_takes_over_from_one_that_is_frozen(version: ExaBgp) {
    let lab = with_takeover(regions(&version)).start().unwrap();
    lab.run(|lab| {
        given_back(lab)?;
        let known = holes(lab)?;
        for silence in [Silence::Haproxy, Silence::Machine] {
            silence.begin(lab)?;
            taken_over(lab)?;
            silence.end(lab)?;
            given_back(lab)?;
        }
        ensure!(holes(lab)? == known, "{:?}", lab.msee().route_changes()?);
        Ok(())
    })
    .unwrap();
}

/// Packets from West Europe's NVA to North Europe's go nowhere, as without a peering between their networks.
fn part(lab: &Lab, action: &str) -> Result<()> {
    let mut command: Command = lab.nva(WE).command("ip");
    let to = NE.nva().to_string();
    let status = command
        .args(["route", action, "unreachable", &to])
        .status()?;
    ensure!(
        status.success(),
        "ip route {action} unreachable {to}: {status}"
    );
    Ok(())
}

fn regions_that_do_not_see_each_other_cost_one_move_and_one_back(version: ExaBgp) {
    let lab = with_takeover(regions(&version)).start().unwrap();
    lab.run(|lab| {
        given_back(lab)?;
        let (known, before) = (holes(lab)?, ways(lab)?.len());
        part(lab, "add")?;
        taken_over(lab)?;
        // One that takes over serves on while the other one loses its servers, and dies.
        lab.backend(NE).kill()?;
        logged(lab, NE, "service web: up -> last standing (")?;
        served_by(lab, WE)?;
        lab.backend(NE).start()?;
        logged(lab, NE, "-> up (")?;
        part(lab, "del")?;
        given_back(lab)?;
        ensure!(
            ways(lab)?.get(before..) == Some(&[Some(WE), Some(NE)]),
            "{:?}",
            lab.msee().route_changes()?
        );
        ensure!(holes(lab)? == known, "{:?}", lab.msee().route_changes()?);
        Ok(())
    })
    .unwrap();
}

fn a_region_that_is_drained_or_has_no_servers_is_not_silent(version: ExaBgp) {
    let lab = with_takeover(regions(&version)).start().unwrap();
    lab.run(|lab| {
        given_back(lab)?;
        let drain = |arguments: &[&str]| {
            let status = lab
                .nva(NE)
                .command("/usr/bin/haproxy-rhi")
                .args(arguments)
                .status()?;
            if !status.success() {
                bail!("{arguments:?}: {status}");
            }
            Ok(())
        };
        drain(&["drain", "web", "--reason", "test"])?;
        held(lab, [(NE, None), (WE, Some(STANDBY.to_vec()))])?;
        served_by(lab, WE)?;
        drain(&["resume", "web"])?;
        given_back(lab)?;
        lab.backend(NE).kill()?;
        held(lab, [(NE, None), (WE, Some(STANDBY.to_vec()))])?;
        lab.backend(NE).start()?;
        given_back(lab)?;
        // Nobody listens: its kernel refuses, which is an answer too.
        lab.nva(NE).haproxy().stop()?;
        held(lab, [(NE, None), (WE, Some(STANDBY.to_vec()))])?;
        std::thread::sleep(Duration::from_secs(2));
        lab.nva(NE).haproxy().start()?;
        given_back(lab)?;
        let log = lab.nva(WE).exabgp().log();
        ensure!(!log.contains("takeover"), "{log}");
        Ok(())
    })
    .unwrap();
}
