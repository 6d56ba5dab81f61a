//! Two NVAs in each of two regions, each of which may get the packets of any other one's connections.

use std::net::Ipv4Addr;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ANYCAST, Connections, Lab, Load, Measurement, Nva, Region, eventually};
use serde_json::Value;

use crate::four::{four_nvas, of};
use crate::nvas::Running;
use crate::pair::{NE, PATIENCE, PROGRAM, WE, command_on, load, more, nothing_failed, regions};

fn all(lab: &Lab) -> impl Iterator<Item = &Nva> {
    Region::ALL.into_iter().flat_map(|region| lab.nvas(region))
}

/// Switched on at all four, each of which hears the three others.
fn switched_on(lab: &Lab) -> Result<Vec<Running>> {
    let mut heartbeats = Vec::new();
    for nva in all(lab) {
        command_on(nva, &["up"])?;
        heartbeats.push(Running::start(nva.command(PROGRAM).arg("heartbeat"))?);
    }
    for nva in all(lab) {
        let what = format!("a second chance at {}", nva.address());
        eventually(PATIENCE, &what, || command_on(nva, &["check"]))?;
    }
    Ok(heartbeats)
}

/// The clients' connections are spread over these.
fn led_to(lab: &Lab, nvas: &[Ipv4Addr]) -> Result<()> {
    lab.msee().await_next_hops(ANYCAST, nvas, PATIENCE)
}

/// What each of these has handed to any other one.
fn handed_over(nvas: &[&Nva]) -> Result<Vec<u64>> {
    let of_nva = |nva: &&Nva| {
        let status: Value = serde_json::from_str(&command_on(nva, &["status", "--json"])?)?;
        let siblings = status.get("siblings").and_then(Value::as_array);
        let siblings = siblings.with_context(|| format!("no siblings in {status}"))?;
        let counts = siblings
            .iter()
            .filter_map(|sibling| sibling.get("handed_to")?.as_u64());
        Ok(counts.sum())
    };
    nvas.iter().map(of_nva).collect()
}

/// Each of these hands something over, while the clients get pages of North Europe, whose servers serve all of it.
fn hand_over(clients: &Measurement, nvas: &[&Nva]) -> Result<()> {
    let before = handed_over(nvas)?;
    more(clients, 200, NE)?;
    let after = handed_over(nvas)?;
    let more = before
        .iter()
        .zip(&after)
        .all(|(before, after)| after > before);
    ensure!(more, "{before:?}, {after:?}");
    Ok(())
}

/// None of these connections is ever asked to close, and no request is tried again.
#[test]
fn connections_outlive_the_end_of_one_route_of_two_its_return_and_the_end_of_both() {
    let nvas = Region::ALL.map(of).concat();
    let lab = four_nvas(regions(), &nvas).unwrap().start().unwrap();
    lab.run(|lab| {
        led_to(lab, &of(NE))?;
        let _heartbeats = switched_on(lab)?;
        let clients = lab.client().load(&Load {
            clients: 24,
            ..load(Connections::Kept)
        })?;
        more(&clients, 200, NE)?;
        let [first, second] = of(NE);
        // One's route goes: the other one has its packets.
        lab.nva(NE).exabgp().kill()?;
        led_to(lab, &[second])?;
        hand_over(&clients, &lab.nvas(NE).skip(1).collect::<Vec<_>>())?;
        // It is back: connections are spread anew, and arrive at either.
        lab.nva(NE).exabgp().start()?;
        led_to(lab, &[first, second])?;
        more(&clients, 200, NE)?;
        // Both go: West Europe's two have the packets of both.
        lab.nvas(NE).try_for_each(|nva| nva.exabgp().kill())?;
        led_to(lab, &of(WE))?;
        hand_over(&clients, &lab.nvas(WE).collect::<Vec<_>>())?;
        lab.nvas(NE).try_for_each(|nva| nva.exabgp().start())?;
        led_to(lab, &of(NE))?;
        more(&clients, 200, NE)?;
        let report = clients.finish()?;
        ensure!(report.resets() == 0, "{:?}", report.lost());
        ensure!(report.pages(WE) == 0, "West Europe served");
        nothing_failed(&report)
    })
    .unwrap();
}
