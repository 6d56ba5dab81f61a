//! Drains: an operator has a region's clients go elsewhere, before the region is touched.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{
    ANYCAST, Connections, ExaBgp, Lab, LabBuilder, Load, Outcome, Signal, eventually, holds,
};

use crate::busy::does;
use crate::far_end::{NE, PATIENCE, WE, announced_by, is_announced_by, logged, regions, updates};
use crate::faults::{CONFIG, config};
use crate::planned::{Account, Plan};
use crate::route_page::page_becomes;
use crate::siblings::holes;

crate::stories! {
    a_drained_region_loses_its_clients_before_its_route,
    a_drain_outlives_everything_but_its_end,
    a_drain_that_is_declared_again_announces_nothing,
    the_last_region_is_drained_only_by_force,
    clients_close_their_connections_before_the_route_moves,
    nobody_notices_a_region_that_is_drained_rebooted_and_resumed,
}

const FOLDER: &str = "/var/lib/haproxy-rhi/drain";

/// North Europe with the longer path for so long, and without asking before.
fn depreferring_for(version: &ExaBgp, time: &str) -> LabBuilder {
    let plan = format!(
        "\"drain\": {{\"ask\": \"0s\", \"prepend\": 4, \"community\": [\"65010:7\"], \"for\": \"{time}\"}},\n      \"rise\""
    );
    regions(version).file(NE, CONFIG, &config(NE).replace("\"rise\"", &plan))
}

/// As `haproxy-rhi drain` and an operator's `touch` do.
fn declare(lab: &Lab, name: &str, text: &str) -> Result<()> {
    fs::create_dir_all(lab.nva(NE).path(FOLDER))?;
    lab.nva(NE).write(&format!("{FOLDER}/{name}"), text)
}

fn end(lab: &Lab, name: &str) -> Result<()> {
    fs::remove_file(lab.nva(NE).path(&format!("{FOLDER}/{name}"))).context("the drain's end")
}

fn depreferred(lab: &Lab) -> Result<()> {
    for instance in lab.route_servers(NE) {
        eventually(PATIENCE, "the longer path", || {
            let rows = instance.rows(ANYCAST)?;
            let [row] = rows.as_slice() else {
                anyhow::bail!("{rows:?}")
            };
            ensure!(
                row.as_path == [65010; 5] && row.communities == [(65010, 7)],
                "{row:?}"
            );
            Ok(())
        })?;
    }
    Ok(())
}

fn a_drained_region_loses_its_clients_before_its_route(version: ExaBgp) {
    let lab = depreferring_for(&version, "3s").start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let before = updates(lab, NE);
        declare(lab, "web", r#"{"by": "alice", "reason": "kernel update"}"#)?;
        depreferred(lab)?;
        lab.msee().await_region(ANYCAST, Some(WE), PATIENCE)?;
        announced_by(lab, &[WE])?;
        logged(
            lab,
            NE,
            "service web: drained by alice: kernel update, withdrawing 9.9.9.9/32",
        )?;
        end(lab, "web")?;
        announced_by(lab, &[NE, WE])?;
        ensure!(
            updates(lab, NE) == before.map(|count| count + 3),
            "{before:?}, {:?}",
            updates(lab, NE)
        );
        // Over before the route is withdrawn: it is as it was, and nothing else happened.
        declare(lab, "@all", "")?;
        depreferred(lab)?;
        end(lab, "@all")?;
        announced_by(lab, &[NE, WE])?;
        holds(Duration::from_secs(4), "both regions' routes", || {
            is_announced_by(lab, &[NE, WE])
        })?;
        ensure!(
            updates(lab, NE) == before.map(|count| count + 5),
            "{before:?}, {:?}",
            updates(lab, NE)
        );
        a_unit_that_stops_needs_no_configuration(lab)
    })
    .unwrap();
}

/// What is in force is drained, whatever the file says by now.
fn a_unit_that_stops_needs_no_configuration(lab: &Lab) -> Result<()> {
    let faulty = config(NE).replacen('{', "{{", 1);
    lab.nva(NE).write(CONFIG, &faulty)?;
    logged(lab, NE, "config.json:1:2:")?;
    let unit = ["--all", "--on-behalf-of", "haproxy.service"];
    let drain = does(
        lab.nva(NE),
        &[["drain", "--wait", "--timeout"].as_slice(), &["60s"], &unit].concat(),
    )?;
    announced_by(lab, &[WE])?;
    ensure!(
        drain.contains("web: drained\n") && drain.contains("does not load"),
        "{drain}"
    );
    let resume = does(lab.nva(NE), &[["resume"].as_slice(), &unit].concat())?;
    ensure!(
        resume.contains("all services: not drained any more"),
        "{resume}"
    );
    announced_by(lab, &[NE, WE])?;
    // A service that is named is looked for in the file.
    let refused = lab
        .nva(NE)
        .command("haproxy-rhi")
        .args(["drain", "web"])
        .output()?;
    ensure!(refused.status.code() == Some(78), "{refused:?}");
    lab.nva(NE).write(CONFIG, &config(NE))
}

fn a_drain_outlives_everything_but_its_end(version: ExaBgp) {
    let lab = depreferring_for(&version, "1ms").start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let exabgp = lab.nva(NE).exabgp();
        declare(lab, "web", "")?;
        announced_by(lab, &[WE])?;
        let quiet = updates(lab, NE);
        for step in [
            "haproxy-rhi is killed",
            "HAProxy is killed",
            "the servers die and return",
            "HAProxy is reloaded",
        ] {
            match step {
                "haproxy-rhi is killed" => {
                    let old = exabgp.helper_pid()?;
                    exabgp.signal_helper(Signal::Kill)?;
                    eventually(PATIENCE, "another haproxy-rhi", || {
                        ensure!(exabgp.helper_pid()? != old, "it is the old one");
                        Ok(())
                    })?;
                }
                "HAProxy is killed" => {
                    lab.nva(NE).haproxy().kill()?;
                    lab.nva(NE).haproxy().start()?;
                }
                "HAProxy is reloaded" => lab.nva(NE).haproxy().reload()?,
                _ => {
                    lab.backend(NE).kill()?;
                    crate::far_end::server_is(lab, NE, ",DOWN,")?;
                    lab.backend(NE).start()?;
                    crate::far_end::server_is(lab, NE, ",UP,")?;
                }
            }
            holds(Duration::from_secs(2), step, || is_announced_by(lab, &[WE]))?;
        }
        // The new haproxy-rhi withdrew what might still have been out.
        ensure!(
            updates(lab, NE) == quiet.map(|count| count + 1),
            "{quiet:?}, {:?}",
            updates(lab, NE)
        );
        // A restart of ExaBGP too; and an end while nobody looks is seen at the start.
        exabgp.stop()?;
        exabgp.start()?;
        for instance in lab.route_servers(NE) {
            instance.await_session(PATIENCE)?;
        }
        holds(Duration::from_secs(2), "no route of North Europe", || {
            is_announced_by(lab, &[WE])
        })?;
        exabgp.stop()?;
        end(lab, "web")?;
        exabgp.start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

fn a_drain_that_is_declared_again_announces_nothing(version: ExaBgp) {
    let lab = depreferring_for(&version, "2s").start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        page_becomes(lab, WE, 200)?;
        let does = |words: &str| does(lab.nva(NE), &words.split(' ').collect::<Vec<_>>());
        let told = does("drain web --reason kernel-update")?;
        ensure!(
            told.contains("web: declared; a longer path for 2s, then withdrawn"),
            "{told}"
        );
        depreferred(lab)?;
        announced_by(lab, &[WE])?;
        let quiet = updates(lab, NE);
        for again in [
            "drain web",
            "drain web --reason disk",
            "drain --all",
            "drain --all --force",
            "drain web --force",
        ] {
            let told = does(again)?;
            ensure!(told.contains("web: drained since "), "{again}: {told}");
            holds(Duration::from_secs(1), again, || {
                is_announced_by(lab, &[WE])
            })?;
        }
        let told = does("drain web --wait --timeout 30s")?;
        ensure!(told.starts_with("web: drained\n"), "{told}");
        ensure!(
            updates(lab, NE) == quiet,
            "{quiet:?}, {:?}",
            updates(lab, NE)
        );
        does("resume --all")?;
        holds(Duration::from_secs(1), "the drain of the service", || {
            is_announced_by(lab, &[WE])
        })?;
        does("resume web")?;
        announced_by(lab, &[NE, WE])?;
        // Ended and declared at once, it is a new one that begins with its first stage.
        does("drain web")?;
        announced_by(lab, &[WE])?;
        does("resume web")?;
        does("drain web")?;
        depreferred(lab)?;
        announced_by(lab, &[WE])
    })
    .unwrap();
}

fn the_last_region_is_drained_only_by_force(version: ExaBgp) {
    let lab = depreferring_for(&version, "500ms").start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        lab.backend(WE).kill()?;
        announced_by(lab, &[NE])?;
        declare(lab, "web", r#"{"reason": "by mistake"}"#)?;
        logged(
            lab,
            NE,
            "service web: drain: by mistake, no sibling is known to be healthy, not withdrawing 9.9.9.9/32",
        )?;
        depreferred(lab)?;
        let answer = lab.client().get()?;
        ensure!(answer.region == Some(NE), "{answer:?}");
        // West Europe is back, and North Europe leaves.
        lab.backend(WE).start()?;
        announced_by(lab, &[WE])?;
        // A drained region's page does not say that it serves: West Europe stays until North Europe is back.
        let known = holes(lab)?;
        lab.backend(WE).kill()?;
        depreferred(lab)?;
        lab.msee().await_region(ANYCAST, Some(NE), PATIENCE)?;
        ensure!(holes(lab)? == known, "{:?}", lab.msee().route_changes()?);
        declare(lab, "web", r#"{"reason": "on purpose", "force": true}"#)?;
        for instance in lab.route_servers(NE) {
            eventually(PATIENCE, "no route", || {
                let rows = instance.rows(ANYCAST)?;
                ensure!(rows.is_empty(), "{rows:?}");
                Ok(())
            })?;
        }
        Ok(())
    })
    .unwrap();
}

/// Kept connections that are cut while North Europe is drained; with HAProxy asking its clients before, or not.
fn resets_of_a_drain(version: &ExaBgp, asking: bool) -> Result<usize> {
    let plan = "\"drain\": {\"ask\": \"3s\", \"for\": \"2s\"},\n      \"rise\"";
    let mut file = config(NE).replace("\"rise\"", plan);
    if !asking {
        let control = "\"control\": \"/run/haproxy/control.sock\",";
        assert!(file.contains(control));
        file = file.replace(control, "");
    }
    let lab = regions(version).file(NE, CONFIG, &file).start()?;
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let load = Load {
            clients: CLIENTS,
            connections: Connections::Kept,
            ..Load::default()
        };
        let load = lab.client().load(&load)?;
        eventually(PATIENCE, "pages of North Europe", || {
            ensure!(
                load.so_far().pages(NE) > 10 * CLIENTS,
                "{:?}",
                load.so_far().requests.last()
            );
            Ok(())
        })?;
        declare(lab, "web", "")?;
        announced_by(lab, &[WE])?;
        let here = load.so_far().pages(WE);
        eventually(PATIENCE, "pages of West Europe", || {
            ensure!(
                load.so_far().pages(WE) > here + CLIENTS,
                "{:?}",
                load.so_far().requests.last()
            );
            Ok(())
        })?;
        let report = load.finish()?;
        let answered = |outcome: &Outcome| matches!(outcome, Outcome::Status(_));
        ensure!(
            !report
                .failed()
                .iter()
                .any(|request| answered(&request.outcome)),
            "{:?}",
            report.failed()
        );
        let told = || lab.nva(NE).haproxy().admin("get var proc.draining");
        let knows = |value: &str| {
            eventually(PATIENCE, &format!("proc.draining {value}"), || {
                ensure!(told()?.contains(value), "{}", told()?);
                Ok(())
            })
        };
        // HAProxy knows it, and is told again after a reload.
        let during = if asking { "<1>" } else { "<0>" };
        knows(during)?;
        lab.nva(NE).haproxy().reload()?;
        knows(during)?;
        end(lab, "web")?;
        announced_by(lab, &[NE, WE])?;
        knows("<0>")?;
        Ok(report.resets())
    })
}

const CLIENTS: usize = 8;

fn clients_close_their_connections_before_the_route_moves(version: ExaBgp) {
    let with = resets_of_a_drain(&version, true).unwrap();
    let without = resets_of_a_drain(&version, false).unwrap();
    // Without, every kept connection is cut by the move; with, only what is under way at that moment can be.
    assert!(
        with < without && without >= CLIENTS / 2,
        "{with} connections were cut with asking, {without} without"
    );
}

/// Fifty clients with kept connections, and what becomes of their requests.
fn planned(version: &ExaBgp, asking: bool, again: bool) -> Result<Account> {
    let plan = Plan {
        asking,
        again,
        clients: 50,
        stages: Some(("3s", "3s")),
        two: false,
    };
    let lab = plan.regions(regions(version))?.start()?;
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        plan.carry_out(lab)
    })
}

fn nobody_notices_a_region_that_is_drained_rebooted_and_resumed(version: ExaBgp) {
    // Who asks once more what is idempotent, as browsers do, loses nothing.
    let account = planned(&version, true, true).unwrap();
    assert!(account.failed == 0 && account.pings.1 == 0, "{account:?}");
    assert!(account.cut <= account.under_way, "{account:?}");
    // Who never does loses no more than was on its way when the route moved.
    let with = planned(&version, true, false).unwrap();
    assert!(
        with.failed <= with.under_way && with.pings.1 == 0,
        "{with:?}"
    );
    assert!(with.requests > 1000 && with.stages.len() == 5, "{with:?}");
    let without = planned(&version, false, false).unwrap();
    assert!(
        with.failed < without.failed && without.pings.1 == 0,
        "{with:?}, {without:?}"
    );
}
