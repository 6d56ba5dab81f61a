//! `verify`: the Route Servers' own tables, in the form in which Azure prints them, beside what the running process says.

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, Region, eventually};
use serde_json::{Value, json};

use super::stage::{NE, PATIENCE, WE, answer, ends, regions, rhi};

crate::stories! { the_tables_of_both_regions_are_compared_with_what_the_process_says }

/// What `az network routeserver peering list-learned-routes` would print of the lab's Route Servers.
fn learned(lab: &Lab, region: Region) -> Result<String> {
    let mut all = json!({"value": null});
    for (index, instance) in lab.route_servers(region).iter().enumerate() {
        let rows = instance.rows(ANYCAST)?;
        let rows = rows.iter().map(|row| {
            let path: Vec<String> = row.as_path.iter().map(u32::to_string).collect();
            json!({
                "asPath": path.join("-"),
                "localAddress": instance.address().to_string(),
                "network": row.prefix,
                "nextHop": row.next_hop.map(|hop| hop.to_string()),
                "origin": "EBgp",
                "sourcePeer": region.nva().to_string(),
                "weight": 32768,
            })
        });
        all[format!("RouteServiceRole_IN_{index}")] = rows.collect::<Vec<Value>>().into();
    }
    Ok(all.to_string())
}

fn the_tables_of_both_regions_are_compared_with_what_the_process_says(version: ExaBgp) {
    let lab = regions(&version).start().unwrap();
    lab.run(|lab| {
        let by_hand = |arguments: &[&str]| {
            for (name, region) in [("/run/ne.json", NE), ("/run/we.json", WE)] {
                lab.nva(NE).write(name, &learned(lab, region)?)?;
            }
            answer(
                rhi(lab, NE, &[&["verify"], arguments].concat()),
                &learned(lab, NE)?,
            )
        };
        let becomes = |what: &str, arguments: &[&str], code: i32, words: &[&str]| {
            eventually(PATIENCE, what, || ends(&by_hand(arguments)?, code, words))
        };
        becomes(
            "agreement",
            &["-"],
            0,
            &["service web: up", "ExaBGP", "IN_1", "all agree"],
        )?;
        let both = ["ne=/run/ne.json", "we=/run/we.json"];
        let unsaid = "we: it is not known what is intended there; add --config we=FILE";
        becomes(
            "both regions",
            &both,
            2,
            &["ne is preferred: 1 AS number, 3 at we", unsaid],
        )?;
        let before = learned(lab, NE)?;

        // All servers die: the process says withdrawn, and so do the tables; a table of before does not.
        lab.backend(NE).kill()?;
        let told = [
            "service web: down, withdrawn",
            "only we announces it",
            unsaid,
        ];
        becomes(
            "the withdrawal",
            &[both.as_slice(), &["--region", "ne"]].concat(),
            2,
            &told,
        )?;
        becomes(
            "the withdrawal alone",
            &["ne=/run/ne.json"],
            0,
            &["service web: down, withdrawn", "all agree"],
        )?;
        let old = answer(rhi(lab, NE, &["verify", "-"]), &before)?;
        ends(
            &old,
            1,
            &["still there, and should be withdrawn", "something differs"],
        )?;

        // Where no process runs, the configuration is taken at its best level.
        let laptop = |level: &[&str]| {
            let config = "ne=/etc/haproxy-rhi/config.json";
            by_hand(&[both.as_slice(), &["--config", config], level].concat())
        };
        ends(
            &laptop(&[])?,
            1,
            &["service web at level up", "IN_0: not there"],
        )?;
        ends(&laptop(&["--level", "down"])?, 2, &[unsaid])?;

        // One instance loses its session.
        lab.backend(NE).start()?;
        becomes("the return", &["ne=/run/ne.json"], 0, &["all agree"])?;
        lab.route_servers(NE)[1].disable_session()?;
        becomes(
            "an instance that lost it",
            &both,
            1,
            &["ne: 9.9.9.9/32 at IN_1: not there"],
        )?;
        lab.route_servers(NE)[1].enable_session()?;
        becomes(
            "both instances again",
            &["ne=/run/ne.json"],
            0,
            &["all agree"],
        )?;

        // A process that is gone is no word to rely on.
        lab.nva(NE).exabgp().kill()?;
        becomes(
            "doubts",
            &["ne=/run/ne.json"],
            2,
            &["no longer running", "it is unknown"],
        )?;
        ensure!(
            lab.nva(NE)
                .read("/run/ne.json")?
                .contains("RouteServiceRole_IN_1")
        );
        Ok(())
    })
    .unwrap();
}
