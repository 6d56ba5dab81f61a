//! The route moves, and nobody's connection breaks.

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Connections, Lab, eventually};

use crate::pair::{
    NE, PATIENCE, WE, command, counted, led_to, load, more, nothing_failed, ready, regions, switched_on,
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
        ensure!(failed.iter().all(|request| request.took < PATIENCE / 2), "{failed:?}");
        nothing_failed(&others)
    })
    .unwrap();
}

/// `check` and `validate` know the file beside their own.
#[test]
fn check_and_validate_speak_of_it_too() {
    let lab = regions().start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        let say = |arguments: &[&str]| -> Result<String> {
            let output = lab.nva(NE).command("haproxy-rhi").args(arguments).output()?;
            Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
        };
        ensure!(!say(&["check"])?.contains("second chance"));
        let heartbeats = switched_on(lab)?;
        let line = "second chance: connections would survive a move of their route\n";
        ensure!(say(&["check"])?.ends_with(line), "{}", say(&["check"])?);
        let file = "/etc/haproxy-rhi/second-chance.conf";
        ensure!(
            say(&["validate"])?.contains(&format!("{file}: valid, 2 NVAs, fingerprint ")),
            "{}",
            say(&["validate"])?
        );
        // A prefix of the configuration's that the file does not know.
        let (file_text, config) = (lab.nva(NE).read(file)?, "/etc/haproxy-rhi/config.json");
        lab.nva(NE).write(file, &file_text.replace("prefix 9.9.9.9/32", "prefix 9.9.9.10/32"))?;
        let left_out = format!(
            "9.9.9.9/32 of service web is not in {file}, so its connections have no second chance; add 'prefix 9.9.9.9/32', on every NVA\n"
        );
        for command in [&["check"][..], &["validate"], &["validate", "--strict"]] {
            ensure!(say(command)?.contains(&left_out), "{command:?}: {}", say(command)?);
        }
        let strict = |words: &[&str]| lab.nva(NE).command("haproxy-rhi").args(words).output();
        ensure!(strict(&["validate", "--strict"])?.status.code() == Some(1));
        ensure!(strict(&["validate", config])?.status.code() == Some(0));
        lab.nva(NE).write(file, &file_text)?;
        ensure!(strict(&["validate", "--strict"])?.status.code() == Some(0));
        drop(heartbeats);
        eventually(PATIENCE, "a sibling that does not answer", || {
            let text = say(&["check"])?;
            ensure!(text.contains("second chance: sibling 172.16.136.70 answers: it does not; "), "{text}");
            Ok(())
        })?;
        lab.nva(NE).write(file, "prefix 9.9.9.9/24\n")?;
        let text = say(&["validate"])?;
        let fault = format!(
            "error: {file}:1:8: prefix '9.9.9.9/24' has host bits set; write 9.9.9.0/24 or 9.9.9.9/32\n"
        );
        ensure!(text.ends_with(&fault), "{text}");
        Ok(())
    })
    .unwrap();
}
