//! A region whose preferred sibling is silent announces a shorter path: the stale route of an NVA that hangs or has vanished
//! loses at the far end long before its hold time ends.

use std::net::Ipv4Addr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ANYCAST_ADDRESS, ExaBgp, Lab, Region, eventually, holds};

use crate::busy::does;
use crate::far_end::{NE, PATIENCE, WE, logged, regions};
use crate::siblings::{held, holes, leads_to};
use crate::silence::{CONFIG, PREFERRED, STANDBY, Silence, TAKEOVER, with_takeover};

crate::stories! {
    a_region_takes_over_from_one_that_vanishes_and_gives_back,
    a_region_takes_over_from_one_that_is_frozen,
    regions_that_do_not_see_each_other_cost_one_move_and_one_back,
    a_region_that_is_drained_or_has_no_servers_is_not_silent,
    another_host_that_answers_for_a_silent_region_is_not_taken_for_it,
    one_of_two_nvas_that_is_silent_is_no_reason_to_take_over,
    the_next_of_three_regions_takes_over,
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
            "service web: takeover -> up (http http://172.16.156.70/health: status ",
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
    part_from(lab, WE, NE.nva(), action)
}

fn part_from(lab: &Lab, from: Region, to: Ipv4Addr, action: &str) -> Result<()> {
    let mut command: Command = lab.nva(from).command("ip");
    let to = to.to_string();
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
        does(lab.nva(NE), &["drain", "web", "--reason", "test"])?;
        held(lab, [(NE, None), (WE, Some(STANDBY.to_vec()))])?;
        served_by(lab, WE)?;
        does(lab.nva(NE), &["resume", "web"])?;
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

/// As a proxy would in between: West Europe's own HAProxy has the dead NVA's address, and answers with its own page, 200.
fn another_host_that_answers_for_a_silent_region_is_not_taken_for_it(version: ExaBgp) {
    let lab = with_takeover(regions(&version)).start().unwrap();
    lab.run(|lab| {
        given_back(lab)?;
        Silence::Cable.begin(lab)?;
        lab.nva(WE).add_address(&format!("{}/32", NE.nva()))?;
        taken_over(lab)?;
        logged(
            lab,
            WE,
            "service web: up -> takeover (http http://172.16.156.70/health silent for 1s; ",
        )?;
        lab.nva(WE).remove_address(&format!("{}/32", NE.nva()))?;
        Silence::Cable.end(lab)?;
        given_back(lab)
    })
    .unwrap();
}

/// A region's configuration whose siblings are these pages, all of them preferred to it.
fn after(region: Region, pages: &[Ipv4Addr], [own, takeover]: [usize; 2]) -> String {
    let path = |times: usize| vec!["65010"; times].join(", ");
    let urls: Vec<String> = pages
        .iter()
        .map(|address| format!("\"http://{address}/health\""))
        .collect();
    format!(
        r#"{{
  "haproxy": {{"stats": "/run/haproxy/watch.sock", "events": "127.0.0.1:30514", "control": "/run/haproxy/control.sock"}},
  "services": {{
    "web": {{
      "prefixes": ["{ANYCAST}"], "next_hop": "{}", "as_path": [{}],
      "levels": [{{"name": "up", "when": {{"backend": {{"name": "http_back"}}}}}}],
      "siblings": {{"urls": [{}], "settle": "1s", "takeover": {{"as_path": [{}]}}}}
    }}
  }}
}}"#,
        region.nva(),
        path(own),
        urls.join(", "),
        path(takeover)
    )
}

/// For more than twice the time of a takeover.
fn not_taken_over(lab: &Lab, region: Region) -> Result<()> {
    let times = || {
        let log = lab.nva(region).exabgp().log();
        log.matches("-> takeover (").count()
    };
    let known = times();
    holds(Duration::from_millis(2500), "what is announced", || {
        ensure!(times() == known, "{region} took over");
        Ok(())
    })
}

/// North Europe has a second NVA, of which there is the page alone, at the host of its servers.
fn one_of_two_nvas_that_is_silent_is_no_reason_to_take_over(version: ExaBgp) {
    let second = NE.backend();
    let west = after(WE, &[NE.nva(), second], [STANDBY.len(), TAKEOVER.len()]);
    let lab = with_takeover(regions(&version)).file(WE, CONFIG, &west);
    let lab = lab.start().unwrap();
    lab.run(|lab| {
        given_back(lab)?;
        let stays = || not_taken_over(lab, WE);
        Silence::Haproxy.begin(lab)?;
        stays()?;
        part_from(lab, WE, second, "add")?;
        taken_over(lab)?;
        // One of the two is enough to have the clients back.
        part_from(lab, WE, second, "del")?;
        paths(lab, &PREFERRED, &STANDBY)?;
        Silence::Haproxy.end(lab)?;
        // A thawed HAProxy takes late what it was told before, and then its page says 503 until it is told anew.
        std::thread::sleep(Duration::from_secs(1));
        part_from(lab, WE, second, "add")?;
        stays()?;
        part_from(lab, WE, second, "del")?;
        given_back(lab)
    })
    .unwrap();
}

/// A third region is preferred to both; of it there is the page alone, at one more address of the host of West Europe's servers.
fn the_next_of_three_regions_takes_over(version: ExaBgp) {
    let first = Ipv4Addr::new(172, 16, 136, 68);
    let north = after(NE, &[first], [3, 2]);
    let west = after(WE, &[first, NE.nva()], [4, 1]);
    let lab = regions(&version)
        .file(NE, CONFIG, &north)
        .file(WE, CONFIG, &west);
    let lab = lab.start().unwrap();
    let path = |times: usize| vec![65010; times];
    lab.run(|lab| {
        let first_is_silent = |action: &str| {
            part_from(lab, NE, first, action)?;
            part_from(lab, WE, first, action)
        };
        let mut command = lab.backend(WE).command("ip");
        let status = command
            .args(["address", "add", &first.to_string(), "dev", "lo"])
            .status()?;
        ensure!(status.success(), "ip address add {first}: {status}");
        paths(lab, &path(3), &path(4))?;
        first_is_silent("add")?;
        paths(lab, &path(2), &path(4))?;
        not_taken_over(lab, WE)?;
        Silence::Cable.begin(lab)?;
        paths(lab, &path(2), &path(1))?;
        leads_to(lab, WE)?;
        Silence::Cable.end(lab)?;
        paths(lab, &path(2), &path(4))?;
        leads_to(lab, NE)?;
        first_is_silent("del")?;
        paths(lab, &path(3), &path(4))
    })
    .unwrap();
}
