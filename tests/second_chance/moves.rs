//! The route moves, and nobody's connection breaks.

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Connections, Lab};

use crate::pair::{
    NE, WE, command, counted, led_to, load, more, nothing_failed, ready, regions, switched_on,
};

/// Something moves the route, and something moves it back, both under load.
fn nothing_is_lost(
    connections: Connections,
    go: impl Fn(&Lab) -> Result<()>,
    come_back: impl Fn(&Lab) -> Result<()>,
) {
    let lab = regions().start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        let _heartbeats = switched_on(lab)?;
        let clients = lab.client().load(&load(connections))?;
        more(&clients, 50, NE)?;
        go(lab)?;
        led_to(lab, WE)?;
        more(&clients, 100, WE)?;
        let handed = counted(lab, WE, "handed_to")?;
        come_back(lab)?;
        led_to(lab, NE)?;
        more(&clients, 100, NE)?;
        nothing_failed(&clients.finish()?)?;
        println!("handed over by West Europe: {handed}");
        ensure!(connections == Connections::Short || handed > 0, "{}", command(lab, WE, &["status"])?);
        Ok(())
    })
    .unwrap();
}

/// What the others are measured by.
#[test]
fn without_it_kept_connections_break() {
    let lab = regions().start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        let clients = lab.client().load(&load(Connections::Kept))?;
        more(&clients, 50, NE)?;
        lab.backend(NE).kill()?;
        led_to(lab, WE)?;
        more(&clients, 100, WE)?;
        let report = clients.finish()?;
        println!("{} requests, {} resets", report.requests.len(), report.resets());
        ensure!(report.resets() > 0, "{report:?}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn kept_connections_outlive_the_death_and_the_return_of_all_servers() {
    nothing_is_lost(Connections::Kept, |lab| lab.backend(NE).kill(), |lab| lab.backend(NE).start());
}

#[test]
fn short_connections_outlive_the_death_and_the_return_of_all_servers() {
    nothing_is_lost(Connections::Short, |lab| lab.backend(NE).kill(), |lab| lab.backend(NE).start());
}
