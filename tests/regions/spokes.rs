//! Clients in a VNet, which know their own hub's Route Server only: the region serves through the other one, or its NVA is a
//! neighbor of both hubs' Route Servers.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ANYCAST_ADDRESS, ExaBgp, Lab, LabBuilder, Region, eventually};

use crate::far_end::{NE, PATIENCE, WE, logged, regions};
use crate::siblings::leads_to;

crate::stories! {
    a_spoke_is_served_through_the_other_region,
    a_spoke_moves_with_everybody_where_both_hubs_know_both_regions,
}

const PLACES: [&str; 3] = [
    "/etc/exabgp/exabgp.conf",
    "/etc/haproxy/haproxy.cfg",
    "/etc/haproxy-rhi/config.json",
];

/// Both regions, with the files that `init` makes with these flags more.
fn made(
    version: &ExaBgp,
    more: &[&str],
    hubs: &dyn Fn(Region) -> Vec<Region>,
) -> Result<LabBuilder> {
    let mut builder = regions(version);
    for region in Region::ALL {
        let folder = tempfile::tempdir()?;
        let role = match region {
            NE => "--primary",
            WE => "--secondary",
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
        command.args(["init", "--region", region.name(), role, "--prefix", ANYCAST]);
        command.args(["--address", &region.nva().to_string()]);
        for server in hubs(region).into_iter().flat_map(Region::route_servers) {
            command.args(["--route-server", &server.to_string()]);
        }
        command.args(["--server", &format!("backend01={}", region.backend())]);
        command.args(["--sibling", &region.other().nva().to_string()]);
        command.args(more).arg("--output-dir").arg(folder.path());
        let output = command.stdin(Stdio::null()).output()?;
        ensure!(output.status.success(), "{output:?}");
        for place in PLACES {
            let path = folder.path().join(place.trim_start_matches('/'));
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
            let settled = "\"siblings\": {\n        \"settle\": \"1s\",";
            builder = builder.file(region, place, &text.replace("\"siblings\": {", settled));
        }
    }
    Ok(builder)
}

/// Waits until each Route Server of a hub holds the anycast route of these NVAs, with paths so long, and no other.
fn hub_holds(lab: &Lab, hub: Region, expected: &[(Region, usize)]) -> Result<()> {
    let mut expected: Vec<_> = expected
        .iter()
        .map(|(of, length)| (of.nva(), *length))
        .collect();
    expected.sort_unstable();
    eventually(
        PATIENCE,
        &format!("the routes at {hub}'s Route Server"),
        || {
            for instance in lab.route_servers(hub) {
                let rows = instance.rows(ANYCAST)?;
                let mut held: Vec<_> = rows
                    .iter()
                    .filter_map(|row| Some((row.from?, row.as_path.len())))
                    .collect();
                held.sort_unstable();
                ensure!(held == expected, "{}: {held:?}", instance.address());
            }
            Ok(())
        },
    )
}

/// A host of the hub's VNet, whose route to the anycast address is the best one of its Route Server, as Azure programs it, is
/// served by this region.
fn spoke_is_served(lab: &Lab, hub: Region, by: Region) -> Result<()> {
    let host = lab.backend(hub);
    eventually(PATIENCE, &format!("a spoke's page of {by}"), || {
        let [instance, _] = lab.route_servers(hub);
        let rows = instance.rows(ANYCAST)?;
        let best = rows.iter().find(|row| row.best).context("no route")?;
        let hop = best.next_hop.context("no next hop")?;
        let mut route = host.command("ip");
        route.args(["route", "replace", ANYCAST, "via", &hop.to_string()]);
        ensure!(route.status()?.success(), "no way to {hop}");
        let mut get = host.command("curl");
        get.args(["-s", "-m", "5", &format!("http://{ANYCAST_ADDRESS}/")]);
        let output = get.output()?;
        let page = String::from_utf8_lossy(&output.stdout);
        ensure!(page.contains(by.name()), "{} {page}", output.status);
        Ok(())
    })
}

/// The servers of one region die, those of the other one as well, and come back.
fn a_spoke_is_served_through_the_other_region(version: ExaBgp) {
    let own = |region: Region| vec![region];
    let lab = made(&version, &["--serve-through"], &own).unwrap();
    let lab = lab.start().unwrap();
    lab.run(|lab| {
        hub_holds(lab, NE, &[(NE, 1)])?;
        hub_holds(lab, WE, &[(WE, 3)])?;
        spoke_is_served(lab, NE, NE)?;
        lab.backend(NE).kill()?;
        // On-premises moves, and the spokes stay.
        hub_holds(lab, NE, &[(NE, 5)])?;
        leads_to(lab, WE)?;
        spoke_is_served(lab, NE, WE)?;
        logged(lab, NE, "-> through (")?;
        // Nobody can serve any more: the last resort of each.
        lab.backend(WE).kill()?;
        hub_holds(lab, NE, &[(NE, 7)])?;
        hub_holds(lab, WE, &[(WE, 9)])?;
        lab.backend(NE).start()?;
        hub_holds(lab, NE, &[(NE, 1)])?;
        hub_holds(lab, WE, &[(WE, 7)])?;
        leads_to(lab, NE)?;
        spoke_is_served(lab, NE, NE)?;
        lab.backend(WE).start()?;
        hub_holds(lab, WE, &[(WE, 3)])
    })
    .unwrap();
}

/// Each NVA is a neighbor of all four instances.
fn a_spoke_moves_with_everybody_where_both_hubs_know_both_regions(version: ExaBgp) {
    let both = |region: Region| vec![region, region.other()];
    let lab = made(&version, &[], &both).unwrap().both_hubs();
    let lab = lab.start().unwrap();
    lab.run(|lab| {
        for hub in Region::ALL {
            hub_holds(lab, hub, &[(NE, 1), (WE, 3)])?;
        }
        leads_to(lab, NE)?;
        spoke_is_served(lab, NE, NE)?;
        lab.backend(NE).kill()?;
        for hub in Region::ALL {
            hub_holds(lab, hub, &[(WE, 3)])?;
        }
        leads_to(lab, WE)?;
        lab.backend(NE).start()?;
        for hub in Region::ALL {
            hub_holds(lab, hub, &[(NE, 1), (WE, 3)])?;
        }
        leads_to(lab, NE)?;
        spoke_is_served(lab, NE, NE)
    })
    .unwrap();
}
