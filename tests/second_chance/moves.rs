//! The route moves, and nobody's connection breaks.

use anyhow::{Result, bail, ensure};
use haproxy_rhi_lab::{Connections, Lab};

use crate::pair::{
    NE, PATIENCE, WE, command, counted, led_to, load, more, nothing_failed, ready, regions,
    switched_on,
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
        ensure!(
            connections == Connections::Short || handed > 0,
            "{}",
            command(lab, WE, &["status"])?
        );
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
        println!(
            "{} requests, {} resets",
            report.requests.len(),
            report.resets()
        );
        ensure!(report.resets() > 0, "{report:?}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn kept_connections_outlive_the_death_and_the_return_of_all_servers() {
    nothing_is_lost(
        Connections::Kept,
        |lab| lab.backend(NE).kill(),
        |lab| lab.backend(NE).start(),
    );
}

#[test]
fn short_connections_outlive_the_death_and_the_return_of_all_servers() {
    nothing_is_lost(
        Connections::Short,
        |lab| lab.backend(NE).kill(),
        |lab| lab.backend(NE).start(),
    );
}

/// HAProxy dies while packets of its connections are handed to it: whoever had one is told at once, once, and comes again.
#[test]
fn connections_of_a_haproxy_that_dies_are_reset_wherever_the_route_leads() {
    let lab = regions().start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        let _heartbeats = switched_on(lab)?;
        let (kept, short) = (load(Connections::Kept), load(Connections::Short));
        let (kept_by, clients) = (kept.clients, lab.client().load(&kept)?);
        let others = lab.client().load(&short)?;
        more(&clients, 50, NE)?;
        lab.backend(NE).kill()?;
        led_to(lab, WE)?;
        more(&clients, 100, WE)?;
        let handed = counted(lab, WE, "handed_to")?;
        ensure!(handed > 0, "nothing is handed over");
        lab.nva(NE).haproxy().kill()?;
        more(&clients, 200, WE)?;
        let (report, others) = (clients.finish()?, others.finish()?);
        let failed = report.failed();
        // Nobody waits until his patience is over, and nobody fails twice.
        ensure!(
            !failed.is_empty() && failed.len() <= kept_by && report.resets() == failed.len(),
            "{failed:?}"
        );
        ensure!(
            failed.iter().all(|request| request.took < PATIENCE / 2),
            "{failed:?}"
        );
        nothing_failed(&others)
    })
    .unwrap();
}

/// The file has a second chance for what the configuration beside it announces, or says what it leaves out.
#[test]
fn a_prefix_of_the_configuration_that_the_file_leaves_out_is_told() {
    let lab = regions().start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        let _heartbeats = switched_on(lab)?;
        let file = "/etc/haproxy-rhi/second-chance.conf";
        ensure!(!command(lab, NE, &["validate"])?.contains("warning"));
        let text = lab.nva(NE).read(file)?;
        lab.nva(NE).write(file, &text.replace("prefix 9.9.9.9/32", "prefix 9.9.9.10/32"))?;
        let left_out = format!(
            "9.9.9.9/32 of service web is not in {file}, so its connections have no second chance; add 'prefix 9.9.9.9/32', on every NVA\n"
        );
        let said = command(lab, NE, &["validate"])?;
        ensure!(said.ends_with(&format!("warning: {left_out}")), "{said}");
        let Err(problem) = command(lab, NE, &["check"]) else { bail!("nothing is in the way") };
        ensure!(problem.to_string().contains(&left_out), "{problem}");
        // A faulty one is its own program's business.
        lab.nva(NE).write(file, "prefix 9.9.9.9/24\n")?;
        let Err(problem) = command(lab, NE, &["validate"]) else { bail!("it is valid") };
        let fault = format!(
            "error: {file}:1:8: prefix '9.9.9.9/24' has host bits set; write 9.9.9.0/24 or 9.9.9.9/32\n"
        );
        ensure!(problem.to_string().ends_with(&fault), "{problem}");
        let output = lab.nva(NE).command("haproxy-rhi").arg("validate").output()?;
        ensure!(output.status.success(), "{output:?}");
        Ok(())
    })
    .unwrap();
}
