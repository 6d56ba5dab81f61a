//! The page of a region, `/health` of the shipped http_front: what other regions ask before they withdraw their last
//! route. The stories say to HAProxy what haproxy-rhi says; nothing else runs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Haproxy, Lab, LabBuilder, Region, Signal, eventually};

use crate::far_end::{NE, PATIENCE, WE};
use crate::stage::{HAPROXY, answers_another_than, regions};

crate::stories! {
    the_page_is_200_only_while_the_route_is_known_to_be_out,
    a_route_that_is_not_confirmed_any_more_is_out_no_longer,
    a_new_worker_does_not_say_that_the_route_is_out_before_it_is_told,
    a_drain_dead_servers_and_a_stop_each_fail_the_page_of_a_route_that_is_out,
    the_page_for_the_siblings_haproxy_is_about_servers_only,
}

/// HAProxy alone, with the shipped files; in West Europe with another line in place of the one that gives the variable
/// its first value.
fn haproxy_alone(version: Haproxy, first_value: &str) -> LabBuilder {
    let shipped = include_str!("../../haproxy/west-europe.cfg");
    assert_eq!(shipped.matches(FIRST_VALUE).count(), 1);
    regions(version)
        .file(WE, HAPROXY, &shipped.replace(FIRST_VALUE, first_value))
        .without_exabgp()
}

const FIRST_VALUE: &str = "    set-var proc.announced_until int(0)\n";
const NONE: &str = "";

/// As haproxy-rhi says it.
fn says(lab: &Lab, region: Region, variable: &str, value: i64) -> Result<()> {
    let command = format!("experimental-mode on; set var proc.{variable} int({value})");
    let answer = lab.nva(region).haproxy().control(&command)?;
    ensure!(answer.trim().is_empty(), "HAProxy answered '{answer}'");
    Ok(())
}

/// The route is known to be out for so many seconds more.
fn is_out(lab: &Lab, region: Region, seconds: i64) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    says(
        lab,
        region,
        "announced_until",
        i64::try_from(now)? + seconds,
    )
}

fn page(lab: &Lab, region: Region) -> Result<u16> {
    Ok(lab
        .client()
        .get_url(&format!("http://{}/health", region.nva()))?
        .status)
}

fn is_200(lab: &Lab, region: Region) -> Result<()> {
    eventually(
        PATIENCE,
        &format!("200 from {region}, whose route is out"),
        || {
            is_out(lab, region, 9)?;
            let status = page(lab, region)?;
            ensure!(status == 200, "{status}");
            Ok(())
        },
    )
}

/// Also where the route is out.
fn is_503(lab: &Lab, region: Region, why: &str) -> Result<()> {
    eventually(PATIENCE, &format!("503 from {region}: {why}"), || {
        is_out(lab, region, 9)?;
        let status = page(lab, region)?;
        ensure!(status == 503, "{status}");
        Ok(())
    })
}

fn the_page_is_200_only_while_the_route_is_known_to_be_out(version: Haproxy) {
    let lab = haproxy_alone(version, NONE).start().unwrap();
    lab.run(|lab| {
        let unset = lab
            .nva(WE)
            .haproxy()
            .control("get var proc.announced_until")?;
        ensure!(unset.contains("Variable not found"), "{unset}");
        for region in [NE, WE] {
            ensure!(
                page(lab, region)? == 503,
                "{region}: haproxy-rhi has said nothing"
            );
            is_200(lab, region)?;
            says(lab, region, "announced_until", 0)?;
            ensure!(page(lab, region)? == 503, "{region}: the route is not out");
            // So far ahead that no busy machine gets there.
            for seconds in [-100_000, -11, -10, -1, 0, 600, 100_000] {
                is_200(lab, region)?;
                is_out(lab, region, seconds)?;
                ensure!(page(lab, region)? == 503, "{region}: {seconds} s from now");
            }
        }
        Ok(())
    })
    .unwrap();
}

fn a_route_that_is_not_confirmed_any_more_is_out_no_longer(version: Haproxy) {
    let lab = haproxy_alone(version, FIRST_VALUE).start().unwrap();
    lab.run(|lab| {
        is_200(lab, NE)?;
        is_out(lab, NE, 3)?;
        let begin = SystemTime::now();
        eventually(PATIENCE, "503 from North Europe", || {
            let status = page(lab, NE)?;
            ensure!(status == 503, "{status}");
            Ok(())
        })?;
        let lasted = begin.elapsed()?;
        ensure!(lasted > Duration::from_millis(1500), "only {lasted:?}");
        Ok(())
    })
    .unwrap();
}

fn a_new_worker_does_not_say_that_the_route_is_out_before_it_is_told(version: Haproxy) {
    let lab = haproxy_alone(version, NONE).start().unwrap();
    lab.run(|lab| {
        is_200(lab, NE)?;
        let old = lab.nva(NE).haproxy().answering()?;
        lab.nva(NE).haproxy().reload()?;
        answers_another_than(lab, old)?;
        ensure!(page(lab, NE)? == 503, "the new worker was told nothing");
        is_200(lab, NE)
    })
    .unwrap();
}

fn a_drain_dead_servers_and_a_stop_each_fail_the_page_of_a_route_that_is_out(version: Haproxy) {
    // While it is stopping, it takes connections for a while.
    let lab = haproxy_alone(version, "    grace 1m\n").start().unwrap();
    lab.run(|lab| {
        is_200(lab, WE)?;
        says(lab, WE, "draining", 1)?;
        is_503(lab, WE, "it is drained")?;
        says(lab, WE, "draining", 0)?;
        is_200(lab, WE)?;
        lab.backend(WE).kill()?;
        is_503(lab, WE, "its servers are gone")?;
        lab.backend(WE).start()?;
        is_200(lab, WE)?;
        lab.nva(WE).haproxy().signal(Signal::Usr1)?;
        is_503(lab, WE, "it is stopping")
    })
    .unwrap();
}

fn the_page_for_the_siblings_haproxy_is_about_servers_only(version: Haproxy) {
    let lab = haproxy_alone(version, NONE).start().unwrap();
    lab.run(|lab| {
        let becomes = |expected: &str| -> Result<()> {
            eventually(
                PATIENCE,
                &format!("{expected} from the port for the sibling"),
                || {
                    let url = format!("http://{}:8080/health", NE.nva());
                    let mut curl = lab.nva(WE).command("curl");
                    let answer = curl
                        .args(["-s", "-o", "/dev/null", "-w", "%{http_code}", &url])
                        .output()?;
                    let status = String::from_utf8_lossy(&answer.stdout).into_owned();
                    ensure!(status == expected, "{status}");
                    Ok(())
                },
            )
        };
        becomes("200")?;
        ensure!(page(lab, NE)? == 503, "its route is not out");
        lab.backend(NE).kill()?;
        becomes("503")
    })
    .unwrap();
}
