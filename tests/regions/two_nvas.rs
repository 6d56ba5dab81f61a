//! Two NVAs a region, with the files that `init` makes for them: both announce the same route, and what becomes of the
//! clients when they are worked on one after the other, when one dies, and when both do.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::process::Output;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{
    ANYCAST, Connections, ExaBgp, Lab, LabBuilder, Load, Measurement, Nva, Region, eventually,
    holds, stories,
};

use crate::busy::does;
use crate::far_end::{NE, WE, regions};
use crate::four::{self, of};
use crate::siblings::holes;

stories! {
    { exabgp_4_2: haproxy_rhi_lab::ExaBgp::Debian }
    {
        one_that_dies_moves_its_own_clients_and_both_their_region,
    }
}

stories! {
    { exabgp_5_0: haproxy_rhi_lab::ExaBgp::Pip("5.0.15") }
    {
        two_nvas_are_worked_on_one_after_the_other_and_nobody_notices,
        four_that_lose_their_servers_keep_the_address,
    }
}

/// Twice the programs of other labs, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(90);

/// Paths as `init --takeover` makes them for two NVAs a region: the preferred region's, that of one of its NVAs while the
/// other is silent, the standby's, and the standby's while the preferred region is silent.
const NORTH: &[u32] = &[65010; 3];
const NORTH_ALONE: &[u32] = &[65010; 2];
const WEST: &[u32] = &[65010; 5];
const TAKEOVER: &[u32] = &[65010];
/// What the last resort adds.
const LONGER: usize = 6;

fn four_nvas(version: &ExaBgp) -> Result<LabBuilder> {
    four::four_nvas(regions(version), &[])
}

/// An NVA's route.
type Route<'path> = (Ipv4Addr, &'path [u32]);

fn both(region: Region, path: &[u32]) -> [Route<'_>; 2] {
    of(region).map(|nva| (nva, path))
}

/// Both instances of the region's Route Server hold these routes, and no other.
fn held(lab: &Lab, region: Region, routes: &[Route<'_>]) -> Result<()> {
    let wanted: BTreeSet<(Option<IpAddr>, Vec<u32>)> = routes
        .iter()
        .map(|(nva, path)| (Some(IpAddr::from(*nva)), path.to_vec()))
        .collect();
    eventually(PATIENCE, &format!("{region}: {wanted:?}"), || {
        for instance in lab.route_servers(region) {
            let rows = instance.rows(ANYCAST)?;
            let rows: BTreeSet<_> = rows
                .into_iter()
                .map(|row| (row.next_hop, row.as_path))
                .collect();
            ensure!(rows == wanted, "{}: {rows:?}", instance.address());
        }
        Ok(())
    })
}

/// Both instances have this route of an NVA of North Europe, whatever else they have.
fn announces(lab: &Lab, nva: Ipv4Addr, path: &[u32]) -> Result<()> {
    eventually(PATIENCE, &format!("{path:?} of {nva}"), || {
        for instance in lab.route_servers(NE) {
            let rows = instance.rows(ANYCAST)?;
            let mut of_nva = rows.iter().filter(|row| row.next_hop == Some(nva.into()));
            ensure!(of_nva.any(|row| row.as_path == path), "{rows:?}");
        }
        Ok(())
    })
}

/// The clients' connections are spread over these NVAs.
fn leads_to(lab: &Lab, nvas: &[Ipv4Addr]) -> Result<()> {
    lab.msee().await_next_hops(ANYCAST, nvas, PATIENCE)
}

/// As it is when all is well: the same route from both NVAs of a region, at both instances.
fn is_well(lab: &Lab) -> Result<()> {
    held(lab, NE, &both(NE, NORTH))?;
    held(lab, WE, &both(WE, WEST))?;
    leads_to(lab, &of(NE))
}

fn second(lab: &Lab, region: Region) -> Result<&Nva> {
    lab.nvas(region).nth(1).context("no second NVA")
}

/// The page for the other NVAs.
fn page_is(lab: &Lab, nva: &Nva, status: u16) -> Result<()> {
    let url = format!("http://{}/health", nva.address());
    eventually(PATIENCE, &format!("{status} from {url}"), || {
        let answer = lab.client().get_url(&url)?;
        ensure!(answer.status == status, "{answer:?}");
        Ok(())
    })
}

fn more_pages(load: &Measurement, region: Region) -> Result<()> {
    let before = load.so_far().pages(region);
    eventually(PATIENCE, &format!("pages of {region}"), || {
        let report = load.so_far();
        let count = report.pages(region) - before;
        ensure!(count > 3 * CLIENTS, "{count}: {:?}", report.requests.last());
        Ok(())
    })
}

fn served_by(lab: &Lab, region: Region) -> Result<()> {
    eventually(PATIENCE, &format!("the page of {region}"), || {
        let answer = lab.client().get()?;
        ensure!(answer.region == Some(region), "{answer:?}");
        Ok(())
    })
}

const CLIENTS: usize = 16;

fn load() -> Load {
    Load {
        clients: CLIENTS,
        per_second: 4,
        at_most: Duration::from_secs(600),
        patience: Duration::from_secs(10),
        connections: Connections::Kept,
        ..Load::default()
    }
}

fn rhi(nva: &Nva, words: &[&str]) -> Result<Output> {
    Ok(nva.command("/usr/bin/haproxy-rhi").args(words).output()?)
}

const DRAIN: [&str; 5] = ["drain", "web", "--wait", "--timeout", "3m"];

fn two_nvas_are_worked_on_one_after_the_other_and_nobody_notices(version: ExaBgp) {
    let lab = four_nvas(&version).unwrap().start().unwrap();
    lab.run(|lab| {
        is_well(lab)?;
        lab.nvas(NE).try_for_each(|nva| page_is(lab, nva, 200))?;
        let known = holes(lab)?;
        // Browsers ask once more what is idempotent.
        let clients = lab.client().load(&Load {
            again: true,
            ..load()
        })?;
        more_pages(&clients, NE)?;
        let nvas = || lab.nvas(NE).zip(of(NE).into_iter().rev());
        for (nva, other) in nvas() {
            does(nva, &DRAIN)?;
            leads_to(lab, &[other])?;
            nva.shut_down()?;
            more_pages(&clients, NE)?;
            nva.boot()?;
            for instance in lab.route_servers(NE) {
                instance.await_session(PATIENCE)?;
            }
            does(nva, &["resume", "web"])?;
            is_well(lab)?;
            page_is(lab, nva, 200)?;
        }
        // Without the other region too, while the other NVA of this one serves; and no further.
        lab.backend(WE).kill()?;
        held(lab, WE, &[])?;
        for (nva, other) in nvas() {
            does(nva, &DRAIN)?;
            held(lab, NE, &[(other, NORTH)])?;
            page_is(lab, nva, 503)?;
            let last = lab.nvas(NE).find(|nva| nva.address() == other);
            let refused = rhi(last.context("no other NVA")?, &DRAIN)?;
            let said = String::from_utf8_lossy(&refused.stderr);
            ensure!(
                !refused.status.success() && said.contains("no sibling is known to be healthy"),
                "{refused:?}"
            );
            more_pages(&clients, NE)?;
            does(nva, &["resume", "web"])?;
            held(lab, NE, &both(NE, NORTH))?;
            page_is(lab, nva, 200)?;
        }
        lab.backend(WE).start()?;
        is_well(lab)?;
        let report = clients.finish()?;
        ensure!(report.failed().is_empty(), "{:?}", report.failed());
        ensure!(
            report.pages(NE) == report.requests.len(),
            "West Europe served"
        );
        ensure!(holes(lab)? == known, "{:?}", lab.msee().route_changes()?);
        Ok(())
    })
    .unwrap();
}

/// The clients' connections that an NVA has.
fn connections(nva: &Nva) -> Result<usize> {
    let table = nva.haproxy().watch("show stat http_front 1 -1")?;
    let mut lines = table.lines().map(|line| line.split(','));
    let head = lines.next().context("no table")?;
    let column = head.into_iter().position(|name| name == "scur");
    let mut row = lines.next().context("no http_front")?;
    let value = column.and_then(|column| row.nth(column));
    Ok(value.context("no scur")?.parse()?)
}

/// One that dies in this way takes none of the other one's connections with it, and no client to the other region.
fn dies_alone(lab: &Lab, die: impl Fn(&Nva) -> Result<()>) -> Result<()> {
    let (dies, stays) = (lab.nva(NE), second(lab, NE)?);
    let clients = lab.client().load(&load())?;
    more_pages(&clients, NE)?;
    let mut had = 0;
    // The other NVAs' questions are connections too, for a moment.
    eventually(PATIENCE, "the clients' connections at both NVAs", || {
        had = connections(dies)?;
        let others = connections(stays)?;
        ensure!(
            had > 0 && others > 0 && had + others == CLIENTS,
            "{had}, {others}"
        );
        Ok(())
    })?;
    let before = clients.so_far().resets();
    die(dies)?;
    leads_to(lab, &[stays.address()])?;
    // All of them, those too that have waited for the dead one's answer until their patience was over.
    eventually(PATIENCE, "all clients at the NVA that is left", || {
        let now = connections(stays)?;
        ensure!(now >= CLIENTS, "{now}");
        Ok(())
    })?;
    more_pages(&clients, NE)?;
    let report = clients.finish()?;
    let cut = report.resets() - before;
    ensure!(
        cut <= had,
        "{cut} connections cut, of {had}: {:?}",
        report.lost()
    );
    ensure!(report.pages(WE) == 0, "West Europe served");
    Ok(())
}

fn kill(nva: &Nva) -> Result<()> {
    nva.exabgp().kill()?;
    nva.haproxy().kill()
}

fn start(nva: &Nva) -> Result<()> {
    nva.haproxy().start()?;
    nva.exabgp().start()
}

fn one_that_dies_moves_its_own_clients_and_both_their_region(version: ExaBgp) {
    let lab = four_nvas(&version).unwrap().start().unwrap();
    lab.run(|lab| {
        is_well(lab)?;
        let known = holes(lab)?;
        // One vanishes, and its route stays: the other one's is the shorter one, in about a second.
        dies_alone(lab, Nva::cut_link)?;
        announces(lab, NE.second_nva(), NORTH_ALONE)?;
        held(lab, WE, &both(WE, WEST))?;
        lab.nva(NE).join_link()?;
        is_well(lab)?;

        // One's programs die: its kernel closes the sessions.
        dies_alone(lab, kill)?;
        held(lab, WE, &both(WE, WEST))?;
        // The other one's too: the other region serves, by its usual path.
        kill(second(lab, NE)?)?;
        held(lab, NE, &[])?;
        leads_to(lab, &of(WE))?;
        served_by(lab, WE)?;
        held(lab, WE, &both(WE, WEST))?;
        lab.nvas(NE).try_for_each(start)?;
        is_well(lab)?;
        served_by(lab, NE)?;

        // Both vanish: the other region takes over, with both of its NVAs.
        lab.nvas(NE).try_for_each(Nva::cut_link)?;
        held(lab, WE, &both(WE, TAKEOVER))?;
        leads_to(lab, &of(WE))?;
        served_by(lab, WE)?;
        lab.nvas(NE).try_for_each(Nva::join_link)?;
        is_well(lab)?;
        served_by(lab, NE)?;
        ensure!(holes(lab)? == known, "{:?}", lab.msee().route_changes()?);
        Ok(())
    })
    .unwrap();
}

/// How often the route of each NVA has changed at each instance.
fn changes(lab: &Lab) -> Result<Vec<usize>> {
    let mut counts = Vec::new();
    for region in Region::ALL {
        for instance in lab.route_servers(region) {
            for nva in of(region) {
                counts.push(instance.changes_from(nva)?);
            }
        }
    }
    Ok(counts)
}

fn four_that_lose_their_servers_keep_the_address(version: ExaBgp) {
    let lab = four_nvas(&version).unwrap().start().unwrap();
    lab.run(|lab| {
        is_well(lab)?;
        for nva in Region::ALL.into_iter().flat_map(|region| lab.nvas(region)) {
            page_is(lab, nva, 200)?;
        }
        let (known, before) = (holes(lab)?, changes(lab)?);
        let ping = lab.client().ping(Duration::from_millis(100), 6000)?;
        lab.backend(NE).kill()?;
        lab.backend(WE).kill()?;
        let longer = |path: &[u32]| [&[65010; LONGER], path].concat();
        held(lab, NE, &both(NE, &longer(NORTH)))?;
        held(lab, WE, &both(WE, &longer(WEST)))?;
        leads_to(lab, &of(NE))?;
        let answer = lab.client().get()?;
        ensure!(answer.status == 503, "{answer:?}");
        // Calm: longer, and perhaps a withdrawal for an NVA that did not know yet that its servers are gone.
        let calm = changes(lab)?;
        ensure!(
            calm.iter()
                .zip(&before)
                .all(|(now, then)| (1..=3).contains(&(now - then))),
            "{before:?}, {calm:?}"
        );
        holds(Duration::from_secs(5), "what is announced", || {
            let now = changes(lab)?;
            ensure!(now == calm, "{calm:?}, {now:?}");
            Ok(())
        })?;
        // The standby's servers come back first: it serves alone.
        lab.backend(WE).start()?;
        held(lab, WE, &both(WE, WEST))?;
        held(lab, NE, &[])?;
        leads_to(lab, &of(WE))?;
        served_by(lab, WE)?;
        lab.backend(NE).start()?;
        is_well(lab)?;
        served_by(lab, NE)?;
        let pinged = ping.finish()?;
        ensure!(pinged.lost() == 0, "{pinged:?}");
        ensure!(holes(lab)? == known, "{:?}", lab.msee().route_changes()?);
        Ok(())
    })
    .unwrap();
}
