//! The main job, on each HAProxy.

use anyhow::ensure;
use haproxy_rhi_lab::Haproxy;

use crate::far_end::{NE, WE, announced_by, logged, server_is, updates};
use crate::stage::{EVENTS, ONE_SERVER, UP, config, haproxy, regions, regions_with};

crate::stories! {
    the_loss_of_all_servers_moves_the_address_and_their_return_brings_it_back,
    haproxy_killed_withdraws_and_started_again_announces,
    what_an_operator_takes_out_is_out,
}

fn the_loss_of_all_servers_moves_the_address_and_their_return_brings_it_back(version: Haproxy) {
    // Plain files: no policy but the backend's servers, so that UPDATEs can be counted.
    let lab = regions_with(version, &haproxy(EVENTS, ONE_SERVER), &config("", UP))
        .start()
        .unwrap();
    lab.run(|lab| {
        let info = lab.nva(NE).haproxy().watch("show info")?;
        let wanted = if version == Haproxy::Debian {
            "\nVersion: 2.6."
        } else {
            "\nVersion: 3.0."
        };
        ensure!(info.contains(wanted), "{info}");
        announced_by(lab, &[NE, WE])?;
        for _ in 0..2 {
            let before = updates(lab, NE);
            lab.backend(NE).kill()?;
            announced_by(lab, &[WE])?;
            lab.backend(NE).start()?;
            announced_by(lab, &[NE, WE])?;
            // One UPDATE withdrew it and one announced it, to each instance.
            ensure!(
                updates(lab, NE) == before.map(|count| count + 2),
                "{before:?}, {:?}",
                updates(lab, NE)
            );
        }
        logged(lab, NE, "backend01 DOWN L4CON), withdrawing 9.9.9.9/32")?;
        ensure!(updates(lab, WE) == [1, 1], "{:?}", updates(lab, WE));
        Ok(())
    })
    .unwrap();
}

fn haproxy_killed_withdraws_and_started_again_announces(version: Haproxy) {
    let lab = regions(version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        lab.nva(NE).haproxy().kill()?;
        announced_by(lab, &[WE])?;
        logged(
            lab,
            NE,
            "HAProxy is gone: connection refused at /run/haproxy/watch.sock",
        )?;
        lab.nva(NE).haproxy().start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

fn what_an_operator_takes_out_is_out(version: Haproxy) {
    let lab = regions(version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        for state in ["maint", "drain"] {
            lab.nva(NE)
                .haproxy()
                .admin(&format!("set server http_back/backend01 state {state}"))?;
            announced_by(lab, &[WE])?;
            logged(lab, NE, &format!("backend01 {}", state.to_uppercase()))?;
            lab.nva(NE)
                .haproxy()
                .admin("set server http_back/backend01 state ready")?;
            announced_by(lab, &[NE, WE])?;
            server_is(lab, NE, ",UP,")?;
        }
        Ok(())
    })
    .unwrap();
}
