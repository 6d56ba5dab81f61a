//! What breaks beside the servers, and what must come of it.

use std::time::Duration;

use anyhow::ensure;
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Region, Signal, eventually, holds};

use crate::busy::more_updates;
use crate::far_end::{
    NE, PATIENCE, WE, announced_by, is_announced_by, logged, regions, server_is, updates,
};

crate::stories! {
    an_address_that_is_not_on_the_host_is_not_announced,
    a_frozen_haproxy_is_held_and_then_withdrawn,
    a_stuck_exabgp_does_not_stop_the_watch,
    a_session_that_missed_changes_is_healed,
    a_faulty_file_announces_nothing_until_it_is_mended,
    a_faulty_stanza_does_not_end_bgp,
    a_service_that_the_file_no_longer_names_is_withdrawn,
    an_exabgp_that_acknowledges_nothing_is_told_all_the_same,
    a_refused_command_is_reported_and_harms_no_other,
    the_json_encoder_serves_as_well,
    a_dry_run_as_exabgps_process_announces_nothing,
}

pub fn config(region: Region) -> String {
    let path = format!(
        "{}/exabgp/{}/config.json",
        env!("CARGO_MANIFEST_DIR"),
        region.folder()
    );
    std::fs::read_to_string(path).unwrap()
}

pub const CONFIG: &str = "/etc/haproxy-rhi/config.json";

fn an_address_that_is_not_on_the_host_is_not_announced(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        lab.nva(NE).remove_address(ANYCAST)?;
        announced_by(lab, &[WE])?;
        logged(
            lab,
            NE,
            "up -> down (address 9.9.9.9 is not on this host), withdrawing 9.9.9.9/32",
        )?;
        lab.nva(NE).add_address(ANYCAST)?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

fn a_frozen_haproxy_is_held_and_then_withdrawn(version: ExaBgp) {
    let short = config(NE).replace("\"hold\": \"10s\"", "\"hold\": \"3s\"");
    let lab = regions(&version).file(NE, CONFIG, &short).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let rows = || {
            let rows = lab.route_servers(NE)[0].rows(ANYCAST)?;
            ensure!(rows.len() == 1, "{rows:?}");
            Ok(())
        };
        lab.nva(NE).haproxy().freeze()?;
        logged(lab, NE, "state unknown (HAProxy cannot be read: no answer at /run/haproxy/watch.sock in time), holding 'up' for 3s, then withdrawing")?;
        holds(Duration::from_millis(1500), "the route", rows)?;
        eventually(PATIENCE, "no route of North Europe", || is_announced_by(lab, &[WE]))?;
        lab.nva(NE).haproxy().thaw()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

fn a_stuck_exabgp_does_not_stop_the_watch(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let exabgp = lab.nva(NE).exabgp();
        let (helper, before) = (exabgp.helper_pid()?, updates(lab, NE));
        exabgp.signal(Signal::Stop)?;
        for _ in 0..2 {
            lab.backend(NE).kill()?;
            server_is(lab, NE, ",DOWN,")?;
            logged(lab, NE, "up -> last standing")?;
            lab.backend(NE).start()?;
            server_is(lab, NE, ",UP,")?;
        }
        lab.backend(NE).kill()?;
        server_is(lab, NE, ",DOWN,")?;
        eventually(PATIENCE, "the watch goes on", || {
            let log = exabgp.log();
            ensure!(log.matches("up -> last standing").count() == 3, "{log}");
            Ok(())
        })?;
        logged(lab, NE, "for 1 s; asking whether it still runs")?;
        exabgp.signal(Signal::Cont)?;
        announced_by(lab, &[WE])?;
        holds(Duration::from_secs(1), "no route of North Europe", || {
            is_announced_by(lab, &[WE])
        })?;
        // The command that was on its way and the newest state, not the states between.
        let after = updates(lab, NE);
        ensure!(
            after[0] <= before[0] + 2 && after[1] <= before[1] + 2,
            "{before:?}, {after:?}"
        );
        ensure!(exabgp.helper_pid()? == helper, "it was started again");
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

/// Announce, withdraw, announce while a session is down: ExaBGP alone would send the wrong end of it.
fn a_session_that_missed_changes_is_healed(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let [one, _] = lab.route_servers(NE);
        one.disable_session()?;
        logged(lab, NE, "neighbor 172.16.159.4 down")?;
        for status in [",DOWN,", ",UP,"] {
            if status == ",UP," {
                lab.backend(NE).start()?
            } else {
                lab.backend(NE).kill()?
            }
            server_is(lab, NE, status)?;
        }
        // From the last resort, where its sibling was not trusted yet.
        eventually(PATIENCE, "a return to the level", || {
            let log = lab.nva(NE).exabgp().log();
            ensure!(
                log.contains("down -> up") || log.contains("last standing -> up"),
                "{log}"
            );
            Ok(())
        })?;
        one.enable_session()?;
        announced_by(lab, &[NE, WE])?;
        logged(
            lab,
            NE,
            "neighbor 172.16.159.4 came up after changes, sending it every route again",
        )?;
        holds(Duration::from_secs(1), "the routes", || {
            is_announced_by(lab, &[NE, WE])
        })
    })
    .unwrap();
}

fn a_faulty_file_announces_nothing_until_it_is_mended(version: ExaBgp) {
    let faulty = config(NE).replace(
        "\"next_hop\": \"172.16.156.70\"",
        "\"next_hop\": \"fd00::70\"",
    );
    let lab = regions(&version).file(NE, CONFIG, &faulty).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[WE])?;
        logged(lab, NE, "/etc/haproxy-rhi/config.json:13:19: services.web.next_hop: no next hop of IPv4 for prefix 9.9.9.9/32; add an IPv4 address; announcing nothing until the file changes")?;
        lab.nva(NE).write(CONFIG, &config(NE))?;
        announced_by(lab, &[NE, WE])?;
        // A fault that is added later changes nothing, nor does a place where HAProxy is not.
        let before = updates(lab, NE);
        let moved = config(NE).replace("haproxy/watch.sock", "haproxy/moved.sock");
        lab.nva(NE).write(CONFIG, &moved)?;
        logged(lab, NE, "/etc/haproxy-rhi/config.json: haproxy.stats: no socket at /run/haproxy/moved.sock; the file comes into force once HAProxy answers there; keeping the configuration that is in force")?;
        holds(Duration::from_secs(3), "the routes", || is_announced_by(lab, &[NE, WE]))?;
        std::os::unix::fs::symlink("watch.sock", lab.nva(NE).path("/run/haproxy/moved.sock"))?;
        eventually(PATIENCE, "HAProxy where it moved to", || {
            let log = lab.nva(NE).exabgp().log();
            let count = log.matches("config.json' in force").count();
            ensure!(count == 2, "{log}");
            Ok(())
        })?;
        lab.nva(NE).write(CONFIG, "{")?;
        logged(lab, NE, "keeping the configuration that is in force")?;
        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])?;
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])?;
        more_updates(lab, before, 3, 1)?;
        Ok(())
    })
    .unwrap();
}

/// Six starts in 64 s would end ExaBGP.
fn a_faulty_stanza_does_not_end_bgp(version: ExaBgp) {
    let path = format!(
        "{}/exabgp/{}/exabgp.conf",
        env!("CARGO_MANIFEST_DIR"),
        NE.folder()
    );
    let shipped = std::fs::read_to_string(path).unwrap();
    let faulty = shipped.replace(
        "haproxy-rhi run;",
        "haproxy-rhi run --backend http_back --med 5000000000;",
    );
    assert_ne!(faulty, shipped);
    let lab = regions(&version)
        .file(NE, "/etc/exabgp/exabgp.conf", &faulty)
        .start()
        .unwrap();
    lab.run(|lab| {
        logged(
            lab,
            NE,
            "med '5000000000' is out of range; 4294967295 is the highest",
        )?;
        announced_by(lab, &[WE])?;
        let helper = lab.nva(NE).exabgp().helper_pid()?;
        holds(Duration::from_secs(3), "sessions without routes", || {
            is_announced_by(lab, &[WE])?;
            for instance in lab.route_servers(NE) {
                ensure!(
                    instance.session()? == "Established",
                    "{}",
                    instance.session()?
                );
            }
            Ok(())
        })?;
        ensure!(
            lab.nva(NE).exabgp().helper_pid()? == helper,
            "it was started again"
        );
        Ok(())
    })
    .unwrap();
}

fn a_service_that_the_file_no_longer_names_is_withdrawn(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        lab.nva(NE).write(CONFIG, "{\"services\": {}}")?;
        announced_by(lab, &[WE])?;
        lab.nva(NE).write(CONFIG, &config(NE))?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

fn an_exabgp_that_acknowledges_nothing_is_told_all_the_same(version: ExaBgp) {
    let lab = regions(&version).without_exabgp().start().unwrap();
    lab.run(|lab| {
        for region in Region::ALL {
            lab.nva(region).exabgp().set_env("exabgp_api_ack", "false");
            lab.nva(region).exabgp().start()?;
        }
        announced_by(lab, &[NE, WE])?;
        // 6 is told to acknowledge.
        if !lab.nva(NE).exabgp().is_six() {
            logged(
                lab,
                NE,
                "ExaBGP acknowledges no commands (exabgp.api.ack is false), so a refused one is not noticed; set exabgp.api.ack to true",
            )?;
        }
        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])?;
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

/// ExaBGP has no neighbor of that address, and refuses what is for it; 6 would give it to all, and is not told.
fn a_refused_command_is_reported_and_harms_no_other(version: ExaBgp) {
    let other = "\"other\": {\"prefixes\": [\"192.0.2.9/32\"], \"next_hop\": \"172.16.156.70\", \"neighbors\": [\"192.0.2.1\"], \
                 \"require_address\": false, \"levels\": [{\"name\": \"up\", \"when\": {\"backend\": {\"name\": \"http_back\"}}}]},";
    let both = config(NE).replace("\"services\": {", &format!("\"services\": {{ {other}"));
    let lab = regions(&version).file(NE, CONFIG, &both).start().unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        let line = match lab.nva(NE).exabgp().names_neighbors() {
            true => "ExaBGP has no neighbor 192.0.2.1, so nothing is said to it until it has",
            false => "ExaBGP refused 'neighbor 192.0.2.1 announce route 192.0.2.9/32 next-hop 172.16.156.70' (ExaBGP's log says why), retrying in 1 s, then less and less often",
        };
        logged(lab, NE, line)?;
        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])?;
        lab.backend(NE).start()?;
        announced_by(lab, &[NE, WE])
    })
    .unwrap();
}

fn the_json_encoder_serves_as_well(version: ExaBgp) {
    let path = format!(
        "{}/exabgp/{}/exabgp.conf",
        env!("CARGO_MANIFEST_DIR"),
        NE.folder()
    );
    let shipped = std::fs::read_to_string(path).unwrap();
    let json = shipped.replace("encoder text;", "encoder json;");
    assert_ne!(json, shipped);
    let lab = regions(&version)
        .file(NE, "/etc/exabgp/exabgp.conf", &json)
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[NE, WE])?;
        logged(lab, NE, "neighbor 172.16.159.4 up")?;
        lab.route_servers(NE)[0].reset_session()?;
        logged(lab, NE, "neighbor 172.16.159.4 down")?;
        announced_by(lab, &[NE, WE])?;
        lab.backend(NE).kill()?;
        announced_by(lab, &[WE])
    })
    .unwrap();
}

/// ExaBGP obeys none of what it shows.
fn a_dry_run_as_exabgps_process_announces_nothing(version: ExaBgp) {
    let path = format!(
        "{}/exabgp/{}/exabgp.conf",
        env!("CARGO_MANIFEST_DIR"),
        NE.folder()
    );
    let shipped = std::fs::read_to_string(path).unwrap();
    let dry = shipped.replace("haproxy-rhi run", "haproxy-rhi run --dry-run");
    assert_ne!(dry, shipped);
    let lab = regions(&version)
        .file(NE, "/etc/exabgp/exabgp.conf", &dry)
        .start()
        .unwrap();
    lab.run(|lab| {
        announced_by(lab, &[WE])?;
        logged(
            lab,
            NE,
            "not known yet -> up (http_front: OPEN; http_back: 1 of 1 server up), announcing 9.9.9.9/32",
        )?;
        holds(Duration::from_secs(2), "no route", || is_announced_by(lab, &[WE]))
    })
    .unwrap();
}
