//! The main job: the announcement follows HAProxy's servers.

use std::time::Duration;

use anyhow::ensure;
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Load, Region, Signal, eventually, holds};

use crate::busy::more_updates;
use crate::far_end::{
    NE, PATIENCE, WE, announced_by, is_announced_by, logged, regions, server_is, updates,
};

crate::stories! {
    the_documentations_tables,
    the_loss_of_all_servers_moves_the_address_and_their_return_brings_it_back,
    haproxy_killed_withdraws,
    a_frontend_that_is_disabled_moves_the_address_and_opens_with_it_again,
    exabgp_restarted_announces_again,
    haproxy_rhi_killed_leaves_no_stale_route,
    ten_reloads_under_load_move_no_route,
    a_reload_with_all_servers_dead_announces_nothing,
}

/// Both Route Servers, and the MSEE before, during and after the failure that the documentation shows.
fn the_documentations_tables(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        for region in Region::ALL {
            for instance in lab.route_servers(region) {
                let rows = instance.rows(ANYCAST)?;
                ensure!(
                    rows.iter()
                        .all(|row| row.from == Some(region.nva()) && row.origin == "IGP"),
                    "{rows:?}"
                );
            }
            // Stated once: nothing was redundant.
            ensure!(updates(lab, region) == [1, 1], "{:?}", updates(lab, region));
        }
        lab.nva(NE).exabgp().stop()?;
        announced_by(lab, &[WE])?;
        lab.nva(NE).exabgp().start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

fn the_loss_of_all_servers_moves_the_address_and_their_return_brings_it_back(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        for _ in 0..2 {
            let before = updates(lab, NE);
            lab.backend(NE).kill()?;
            announced_by(lab, &[WE])?;
            lab.backend(NE).start()?;
            announced_by(lab, &[NE, WE])?;
            // A longer path, which moves the clients, the withdrawal, and the return: one UPDATE each, to each instance.
            more_updates(lab, before, 3, 1)?;
        }
        logged(lab, NE, "service web: up -> last standing (http_back: 0 of 1 server up, 1 wanted: backend01 DOWN L4CON; the siblings are being asked), announcing 9.9.9.9/32 with a longer AS path (7, was 1)")?;
        logged(lab, NE, "service web: last standing -> down (http_back: 0 of 1 server up, 1 wanted: backend01 DOWN L4CON; a sibling is healthy: http http://172.16.136.70/health: ")?;
        logged(lab, NE, "service web: down -> up (http_front: OPEN; http_back: 1 of 1 server up), announcing 9.9.9.9/32")?;
        // Where nothing happened, nothing was said.
        ensure!(updates(lab, WE) == [1, 1], "{:?}", updates(lab, WE));
        Ok(())
    })
    .unwrap();
}

fn haproxy_killed_withdraws(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        lab.nva(NE).haproxy().kill()?;
        announced_by(lab, &[WE])?;
        // Once, though both the frontend and the backend are asked for.
        logged(
            lab,
            NE,
            "(HAProxy is gone: connection refused at /run/haproxy/watch.sock), withdrawing",
        )?;
        lab.nva(NE).haproxy().start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

/// The shipped level names it: with the backend alone, the route would stay and lead to nobody.
fn a_frontend_that_is_disabled_moves_the_address_and_opens_with_it_again(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let frontend = |word| {
            let mut command = lab.nva(NE).command("/usr/bin/haproxy-rhi");
            let output = command.args(["frontend", word, "http_front"]).output()?;
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            ensure!(output.status.success(), "{said}");
            Ok(said)
        };
        // A sibling whose answer comes too late is no healthy one, and the command is refused: said again, then.
        let disabled = || eventually(PATIENCE, "http_front disabled", || frontend("disable"));
        let said = disabled()?;
        let words = "warning: service web would have no level any more (now 'up', 9.9.9.9/32): http_front: PAUSED; its clients move to a healthy sibling (http http://172.16.136.70/health: ";
        ensure!(said.contains(words), "{said}");
        announced_by(lab, &[WE])?;
        lab.msee().await_region(ANYCAST, Some(WE), PATIENCE)?;
        logged(lab, NE, "service web: up -> down (http_front: PAUSED), withdrawing 9.9.9.9/32")?;
        frontend("enable")?;
        announced_by(lab, &[NE, WE])?;
        lab.msee().await_region(ANYCAST, Some(NE), PATIENCE)?;
        // In West Europe it is the last one now: the other region's own page is closed with its frontend.
        disabled()?;
        announced_by(lab, &[WE])?;
        let mut command = lab.nva(WE).command("/usr/bin/haproxy-rhi");
        let refused = command.args(["frontend", "disable", "http_front"]).output()?;
        ensure!(refused.status.code() == Some(1), "{refused:?}");
        holds(Duration::from_secs(1), "the last route", || is_announced_by(lab, &[WE]))
    })
    .unwrap();
}

fn exabgp_restarted_announces_again(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        lab.nva(NE).exabgp().restart()?;
        announced_by(lab, &[NE, WE])?;
        lab.nva(NE).exabgp().kill()?;
        announced_by(lab, &[WE])?;
        // The servers die while nobody watches: the next start must not announce.
        lab.backend(NE).kill()?;
        server_is(lab, NE, ",DOWN,")?;
        lab.nva(NE).exabgp().start()?;
        for instance in lab.route_servers(NE) {
            instance.await_session(PATIENCE)?;
        }
        holds(Duration::from_secs(2), "nothing of North Europe", || {
            is_announced_by(lab, &[WE])
        })?;
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

/// ExaBGP keeps a dead process's routes: the next one states them again, whatever changed meanwhile.
fn haproxy_rhi_killed_leaves_no_stale_route(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let exabgp = lab.nva(NE).exabgp();
        let replaced = |old: u32| {
            eventually(PATIENCE, "another haproxy-rhi", || {
                let now = exabgp.helper_pid()?;
                ensure!(now != old, "still {old}");
                Ok(())
            })
        };
        // Nothing changed: what is said again is what is out, and no UPDATE goes out.
        let (before, old) = (updates(lab, NE), exabgp.helper_pid()?);
        exabgp.signal_helper(Signal::Kill)?;
        replaced(old)?;
        holds(Duration::from_secs(1), "the route", || {
            is_announced_by(lab, &[NE, WE])
        })?;
        ensure!(
            updates(lab, NE) == before,
            "{before:?}, {:?}",
            updates(lab, NE)
        );

        // The servers died while it could not see it.
        let old = exabgp.helper_pid()?;
        exabgp.signal_helper(Signal::Stop)?;
        lab.backend(NE).kill()?;
        server_is(lab, NE, ",DOWN,")?;
        is_announced_by(lab, &[NE, WE])?;
        exabgp.signal_helper(Signal::Kill)?;
        replaced(old)?;
        announced_by(lab, &[WE])?;

        // And they came back.
        let old = exabgp.helper_pid()?;
        exabgp.signal_helper(Signal::Stop)?;
        lab.backend(NE).start()?;
        server_is(lab, NE, ",UP,")?;
        exabgp.signal_helper(Signal::Kill)?;
        replaced(old)?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

fn ten_reloads_under_load_move_no_route(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let before = updates(lab, NE);
        let load = lab.client().load(&Load::default())?;
        for _ in 0..10 {
            reloaded(lab)?;
            // The second in which no server of the new process has been checked yet, and a bit.
            holds(Duration::from_millis(1200), "the routes", || {
                is_announced_by(lab, &[NE, WE])
            })?;
        }
        let report = load.finish()?;
        ensure!(
            updates(lab, NE) == before,
            "{before:?}, {:?}",
            updates(lab, NE)
        );
        ensure!(
            report.pages(NE) > 100 && report.pages(WE) == 0,
            "{} pages",
            report.pages(NE)
        );
        ensure!(report.failed().is_empty(), "{:?}", report.failed());
        Ok(())
    })
    .unwrap();
}

/// After a reload every server looks UP until its first check.
fn a_reload_with_all_servers_dead_announces_nothing(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])?;
        // ExaBGP 6 is told the withdrawal once more, on a busy machine seconds later.
        holds(Duration::from_secs(3), "nothing of North Europe", || {
            is_announced_by(lab, &[WE])
        })?;
        let before = updates(lab, NE);
        for _ in 0..5 {
            reloaded(lab)?;
            holds(
                Duration::from_millis(1500),
                "nothing of North Europe",
                || is_announced_by(lab, &[WE]),
            )?;
        }
        ensure!(
            updates(lab, NE) == before,
            "{before:?}, {:?}",
            updates(lab, NE)
        );
        Ok(())
    })
    .unwrap();
}

/// Reloads North Europe's HAProxy, and comes back when another process serves.
fn reloaded(lab: &haproxy_rhi_lab::Lab) -> anyhow::Result<()> {
    let haproxy = lab.nva(NE).haproxy();
    let before = haproxy.workers()?;
    haproxy.reload()?;
    eventually(PATIENCE, "another worker", || {
        let now = haproxy.workers()?;
        ensure!(now.iter().any(|pid| !before.contains(pid)), "{now:?}");
        Ok(())
    })
}
