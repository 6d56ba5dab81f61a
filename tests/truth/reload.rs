//! Reloads, restarts and starts of HAProxy: each new worker calls every server UP until its first check.

use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Haproxy, Lab, Load, LoadReport, Signal, eventually, holds};

use crate::far_end::{NE, PATIENCE, WE, announced_by, is_announced_by, logged, updates};
use crate::stage::{ONE_SERVER, UP, answers_another_than, config, haproxy, regions, regions_with};

crate::stories! {
    a_hundred_reloads_under_load_are_not_seen_by_anyone,
    a_master_that_takes_over_the_sockets_is_not_seen_by_anyone,
    a_restart_withdraws_once_at_most_and_comes_back,
    reloads_with_all_servers_dead_announce_nothing,
    two_workers_behind_one_socket_move_nothing,
    a_soft_stop_withdraws,
    nothing_is_announced_before_every_wanted_server_was_checked,
    a_reload_with_checks_that_outlast_the_hold_moves_nothing,
}

/// Short connections of several clients; ended by the story.
fn load(lab: &Lab) -> Result<haproxy_rhi_lab::Measurement> {
    lab.client().load(&Load {
        clients: 4,
        per_second: 50,
        at_most: Duration::from_secs(120),
        ..Load::default()
    })
}

/// Every request got North Europe's page.
fn all_served(report: &LoadReport) -> Result<()> {
    ensure!(report.failed().is_empty(), "{:?}", report.failed());
    ensure!(
        report.pages(NE) > 20 && report.pages(WE) == 0,
        "{} pages",
        report.pages(NE)
    );
    Ok(())
}

fn a_hundred_reloads_under_load_are_not_seen_by_anyone(version: Haproxy) {
    let lab = regions(version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let (before, load) = (updates(lab, NE), load(lab)?);
        let said = lab.nva(NE).exabgp().log().len();
        let mut worker = lab.nva(NE).haproxy().answering()?;
        for _ in 0..100 {
            lab.nva(NE).haproxy().reload()?;
            worker = answers_another_than(lab, worker)?;
        }
        is_announced_by(lab, &[NE, WE])?;
        all_served(&load.finish()?)?;
        // Nothing was said of any of this: what the workers before knew counts until the last one has checked its server.
        let log = lab.nva(NE).exabgp().log();
        let unchecked =
            |line: &&str| line.contains("state unknown") && line.contains("not checked yet");
        ensure!(
            log.split_at(said).1.lines().find(unchecked).is_none(),
            "{log}"
        );
        ensure!(
            updates(lab, NE) == before,
            "{before:?}, {:?}",
            updates(lab, NE)
        );
        Ok(())
    })
    .unwrap();
}

/// The seamless restart of HAProxy's manual: `-x` for the sockets, `-sf` for the old one's leave.
fn a_master_that_takes_over_the_sockets_is_not_seen_by_anyone(version: Haproxy) {
    let lab = regions(version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let (before, load) = (updates(lab, NE), load(lab)?);
        let mut worker = lab.nva(NE).haproxy().answering()?;
        for _ in 0..10 {
            lab.nva(NE).haproxy().take_over()?;
            worker = answers_another_than(lab, worker)?;
        }
        is_announced_by(lab, &[NE, WE])?;
        all_served(&load.finish()?)?;
        ensure!(
            updates(lab, NE) == before,
            "{before:?}, {:?}",
            updates(lab, NE)
        );
        Ok(())
    })
    .unwrap();
}

/// `systemctl restart haproxy` is a stop and a start: nobody listens between them.
fn a_restart_withdraws_once_at_most_and_comes_back(version: Haproxy) {
    let lab = regions(version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let (mut costs, load) = (Vec::new(), load(lab)?);
        for _ in 0..5 {
            let before = updates(lab, NE);
            lab.nva(NE).haproxy().stop()?;
            lab.nva(NE).haproxy().start()?;
            eventually(PATIENCE, "a checked server", || {
                let stat = lab.nva(NE).haproxy().watch("show stat http_back 4 -1")?;
                ensure!(stat.contains(",L7OK,"), "{stat}");
                Ok(())
            })?;
            announced_by(lab, &[NE, WE])?;
            costs.push([0, 1].map(|instance| updates(lab, NE)[instance] - before[instance]));
        }
        // Unseen between two looks, or withdrawn and announced, which ExaBGP may put into one.
        ensure!(costs.iter().flatten().all(|count| *count <= 2), "{costs:?}");
        let report = load.finish()?;
        println!(
            "five restarts: UPDATEs {costs:?}, {} requests failed",
            report.failed().len()
        );
        ensure!(report.pages(NE) > 10, "{} pages", report.pages(NE));
        Ok(())
    })
    .unwrap();
}

fn reloads_with_all_servers_dead_announce_nothing(version: Haproxy) {
    let lab = regions(version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])?;
        let before = updates(lab, NE);
        let mut worker = lab.nva(NE).haproxy().answering()?;
        for _ in 0..20 {
            lab.nva(NE).haproxy().reload()?;
            worker = answers_another_than(lab, worker)?;
        }
        holds(Duration::from_secs(2), "nothing of North Europe", || {
            is_announced_by(lab, &[WE])
        })?;
        ensure!(
            updates(lab, NE) == before,
            "{before:?}, {:?}",
            updates(lab, NE)
        );
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

/// Of a worker whose proxies all have stopped, HAProxy 2.6 has been seen not to end by itself.
const GRACE: &str = "    grace 4s\n    hard-stop-after 12s\n";

/// With `grace`, the leaving worker goes on answering beside the new one, and what it says of its servers is frozen.
fn two_workers_behind_one_socket_move_nothing(version: Haproxy) {
    let watch = r#", "interval": "100ms", "fast_interval": "50ms""#;
    let builder = regions_with(version, &haproxy(GRACE, ONE_SERVER), &config(watch, UP));
    let lab = builder.start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let before = updates(lab, NE);
        let haproxy = lab.nva(NE).haproxy();
        let old = haproxy.answering()?;
        haproxy.reload()?;
        answers_another_than(lab, old)?;
        let mut answers = [0, 0];
        eventually(PATIENCE, "the end of the old worker", || {
            answers[usize::from(haproxy.answering()? == old)] += 1;
            is_announced_by(lab, &[NE, WE])?;
            ensure!(!haproxy.workers()?.contains(&old), "it still lives");
            Ok(())
        })?;
        ensure!(
            answers[1] > 5,
            "both answered, the new one and the old one {answers:?} times"
        );
        ensure!(
            updates(lab, NE) == before,
            "{before:?}, {:?}",
            updates(lab, NE)
        );
        // What the old one last knew does not outlive it.
        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])
    })
    .unwrap();
}

/// SIGUSR1: HAProxy closes its sockets, the stats socket among them, and goes when its connections are done.
fn a_soft_stop_withdraws(version: Haproxy) {
    let lab = regions(version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        lab.nva(NE).haproxy().signal(Signal::Usr1)?;
        announced_by(lab, &[WE])?;
        eventually(PATIENCE, "the end of HAProxy", || {
            ensure!(!lab.nva(NE).haproxy().is_running()?, "it still lives");
            Ok(())
        })?;
        lab.nva(NE).haproxy().start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

/// A server that accepts and does not answer is UP to HAProxy for as long as the first check of it waits.
fn nothing_is_announced_before_every_wanted_server_was_checked(version: Haproxy) {
    let servers = "    timeout check 1m
    default-server check inter 500ms fall 2 rise 2
    server backend01 172.16.156.69:80
    server backend02 172.16.156.69:8080";
    let both = UP.replace("\"http_back\"", "\"http_back\", \"min_active\": 2");
    let builder = regions_with(version, &haproxy("", servers), &config("", &both));
    let lab = builder.without_exabgp().start().unwrap();
    lab.run(|lab| {
        lab.backend(NE).start_port(8080)?;
        lab.backend(NE).freeze()?;
        // A start that checks a frozen server, and a haproxy-rhi that comes to it.
        let haproxy = lab.nva(NE).haproxy();
        haproxy.stop()?;
        haproxy.start()?;
        for region in [NE, WE] {
            lab.nva(region).exabgp().start()?;
        }
        announced_by(lab, &[WE])?;
        for instance in lab.route_servers(NE) {
            instance.await_session(PATIENCE)?;
        }
        let server = |name: &str, status: &str| -> Result<()> {
            let stat = haproxy.watch("show stat http_back 4 -1")?;
            let row = stat
                .lines()
                .find(|row| row.contains(name))
                .unwrap_or_default();
            ensure!(row.contains(",UP") && row.contains(status), "{row}");
            Ok(())
        };
        eventually(PATIENCE, "one server checked", || {
            server("backend02", ",L7OK,")
        })?;
        logged(lab, NE, "backend01 not checked yet")?;
        // HAProxy calls both UP, and one of them by default.
        let unchecked = |name: &str| server(name, "INI,");
        holds(
            Duration::from_secs(2),
            "no UPDATE before the first check",
            || {
                ensure!(updates(lab, NE) == [0, 0], "{:?}", updates(lab, NE));
                unchecked("backend01")
            },
        )?;
        lab.backend(NE).thaw()?;
        announced_by(lab, &[NE, WE])?;
        ensure!(updates(lab, NE) == [1, 1], "{:?}", updates(lab, NE));

        // And a reload that meets a frozen server holds what is announced.
        lab.backend(NE).freeze()?;
        let worker = haproxy.answering()?;
        haproxy.reload()?;
        answers_another_than(lab, worker)?;
        holds(Duration::from_secs(1), "the route", || {
            unchecked("backend01")?;
            is_announced_by(lab, &[NE, WE])
        })?;
        lab.backend(NE).thaw()?;
        eventually(PATIENCE, "both servers checked", || {
            server("backend01", ",L7OK,")
        })?;
        ensure!(updates(lab, NE) == [1, 1], "{:?}", updates(lab, NE));
        Ok(())
    })
    .unwrap();
}

/// A second of `hold`, and a check that takes a minute: what the worker before knew counts for `remember`, and then
/// nothing is known.
fn a_reload_with_checks_that_outlast_the_hold_moves_nothing(version: Haproxy) {
    let servers = "    timeout check 1m
    default-server check inter 500ms fall 2 rise 2
    server backend01 172.16.156.69:80";
    let service = format!(r#"{UP}, "unknown": {{"hold": "1s"}}"#);
    let watch = r#", "remember": "8s""#;
    let lab = regions_with(version, &haproxy("", servers), &config(watch, &service))
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let before = updates(lab, NE);
        // Longer than an interval of checks: the old worker's check has no answer yet either, and fails nothing.
        lab.backend(NE).freeze()?;
        let haproxy = lab.nva(NE).haproxy();
        let worker = haproxy.answering()?;
        haproxy.reload()?;
        answers_another_than(lab, worker)?;
        holds(Duration::from_secs(4), "the route", || {
            let stat = haproxy.watch("show stat http_back 4 -1")?;
            ensure!(stat.contains("INI,"), "{stat}");
            ensure!(
                updates(lab, NE) == before,
                "{before:?}, {:?}",
                updates(lab, NE)
            );
            is_announced_by(lab, &[NE, WE])
        })?;
        logged(lab, NE, "backend01 not checked yet")?;
        announced_by(lab, &[WE])?;
        lab.backend(NE).thaw()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}
