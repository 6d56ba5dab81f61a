//! Two NVAs of one region are upgraded one after the other, as the guide and the package itself say, while clients ask.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use haproxy_rhi_lab::{
    ANYCAST, ANYCAST_ADDRESS, Connections, Debian, Lab, Load, Machine, Measurement, eventually,
};

use crate::deb::{LATER, deb, upgrade};
use crate::four::{Files, four_nvas, made, of};
use crate::site::{ADDRESS, NE, PACKAGE, PATIENCE, WE, journal, shorten_drains};

crate::stories! {
    two_nvas_are_upgraded_one_after_the_other_and_no_request_fails,
}

/// The path of both, as `init` makes it for two NVAs of a preferred region.
const PATH: &[u32] = &[65010; 3];
const CLIENTS: usize = 8;
/// The later package's file on a machine.
const UPGRADE: &str = "/srv/later.deb";
const INSTALL: &str = "apt-get -q -y install /srv/later.deb 2>&1";

fn two_nvas_are_upgraded_one_after_the_other_and_no_request_fails(debian: Debian) {
    let (package, later) = (std::fs::read(deb()).unwrap(), upgrade().unwrap());
    let lab = Lab::builder()
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .without_nva(NE);
    let lab = four_nvas(lab, &[]).unwrap().start().unwrap();
    lab.run(|lab| {
        let machines = [lab.machine(NE, debian)?, lab.second_machine(NE, debian)?];
        let [first, second] = &machines;
        let [files, of_second] = made(NE, &[])?;
        thread::scope(|scope| {
            let other = scope.spawn(|| set_up(second, &of_second, &package, &later));
            set_up(first, &files, &package, &later)?;
            other.join().map_err(|_| anyhow!("a panic"))?
        })?;
        are_upgraded(lab, first, second).map_err(|error| {
            let journals = machines
                .each_ref()
                .map(|it| journal(it).unwrap_or_default());
            error.context(journals.join("\n\nThe second one:\n"))
        })
    })
    .unwrap();
}

/// The package, and the files that `init` makes.
fn set_up(machine: &Machine, files: &Files, package: &[u8], later: &[u8]) -> Result<()> {
    machine.boot()?;
    machine.write(PACKAGE, package)?;
    machine.write(UPGRADE, later)?;
    machine.sh(&format!("apt-get -q -y install {PACKAGE}"))?;
    for (place, text) in files {
        machine.write(place, text.as_bytes())?;
    }
    shorten_drains(machine)?;
    machine.sh(&format!(
        "systemctl enable --now '{ADDRESS}'; systemctl restart haproxy exabgp; haproxy-rhi status --wait"
    ))?;
    Ok(())
}

fn are_upgraded(lab: &Lab, first: &Machine, second: &Machine) -> Result<()> {
    let both = of(NE);
    held(lab, &both)?;
    let (own, holes) = (env!("CARGO_PKG_VERSION"), holes(lab)?);
    runs(first, own)?;
    runs(second, own)?;
    // Browsers ask once more what is idempotent.
    let clients = lab.client().load(&Load {
        clients: CLIENTS,
        per_second: 4,
        at_most: Duration::from_secs(600),
        patience: Duration::from_secs(10),
        connections: Connections::Kept,
        again: true,
        ..Load::default()
    })?;
    asks(&clients)?;
    by_the_guide(lab, first, &clients)?;
    held(lab, &both)?;
    // The old one beside the new one.
    asks(&clients)?;
    by_the_packages_word(lab, second)?;
    held(lab, &both)?;
    asks(&clients)?;
    let report = clients.finish()?;
    let count = report.requests.len();
    ensure!(
        report.failed().is_empty(),
        "failed, of {count} requests: {:?}",
        report.failed()
    );
    ensure!(report.pages(WE) == 0, "West Europe served");
    ensure!(self::holes(lab)? == holes, "the MSEE had no route");
    Ok(())
}

/// TWO NVAS A REGION in the guide: `drain`, `apt upgrade && reboot`, `resume`.
fn by_the_guide(lab: &Lab, machine: &Machine, clients: &Measurement) -> Result<()> {
    let [_, other] = of(NE);
    machine.sh("haproxy-rhi drain web --reason 'kernel update' --wait")?;
    held(lab, &[other])?;
    machine.sh(INSTALL)?;
    held(lab, &[other])?;
    machine.reboot()?;
    asks(clients)?;
    // What was drained stays so over the upgrade and the reboot.
    runs(machine, LATER)?;
    held(lab, &[other])?;
    machine.sh("haproxy-rhi resume web; haproxy-rhi status --wait")?;
    Ok(())
}

/// What postinst says: the running process stays as it is, and a restart of ExaBGP drains, and starts the new one.
fn by_the_packages_word(lab: &Lab, machine: &Machine) -> Result<()> {
    let process = machine.sh("pidof haproxy-rhi")?;
    let changes = changes(lab)?;
    let told = machine.sh(INSTALL)?;
    ensure!(
        told.contains("'systemctl restart exabgp' drains, and starts the new one"),
        "{told}"
    );
    ensure!(
        machine.sh("pidof haproxy-rhi")? == process,
        "another process"
    );
    runs(machine, env!("CARGO_PKG_VERSION"))?;
    ensure!(
        self::changes(lab)? == changes,
        "the Route Servers heard of it"
    );
    let [other, _] = of(NE);
    let mut restart = machine
        .command("systemctl")?
        .args(["restart", "exabgp"])
        .spawn()?;
    held(lab, &[other])?;
    let ended = restart.wait()?;
    ensure!(ended.success(), "systemctl restart exabgp: {ended}");
    runs(machine, LATER)?;
    machine.sh("haproxy-rhi status --wait")?;
    Ok(())
}

/// Both instances of the Route Server hold the route of these NVAs and no other, and the MSEE's kernel leads to them.
fn held(lab: &Lab, nvas: &[Ipv4Addr]) -> Result<()> {
    let route = |nva: &Ipv4Addr| (Some(IpAddr::from(*nva)), PATH.to_vec());
    let wanted: BTreeSet<_> = nvas.iter().map(route).collect();
    eventually(PATIENCE, &format!("{wanted:?}"), || {
        for instance in lab.route_servers(NE) {
            let rows = instance.rows(ANYCAST)?.into_iter();
            let rows: BTreeSet<_> = rows.map(|row| (row.next_hop, row.as_path)).collect();
            ensure!(rows == wanted, "{}: {rows:?}", instance.address());
        }
        Ok(())
    })?;
    lab.msee().await_next_hops(ANYCAST, nvas, PATIENCE)
}

/// ExaBGP's process is of this version, whatever is installed.
fn runs(machine: &Machine, version: &str) -> Result<()> {
    eventually(PATIENCE, &format!("a process of version {version}"), || {
        let told = machine.sh("haproxy-rhi status --json || true")?;
        let told: serde_json::Value = serde_json::from_str(&told)?;
        let processes = told["processes"].as_array();
        let mut versions = processes
            .into_iter()
            .flatten()
            .map(|one| &one["status"]["process"]["version"]);
        ensure!(
            versions.next().and_then(serde_json::Value::as_str) == Some(version)
                && versions.next().is_none(),
            "{told}"
        );
        Ok(())
    })
}

/// All clients have asked several times more, whoever answered.
fn asks(clients: &Measurement) -> Result<()> {
    let before = clients.so_far().requests.len();
    eventually(PATIENCE, "more requests", || {
        let count = clients.so_far().requests.len() - before;
        ensure!(count > 5 * CLIENTS, "{count}");
        Ok(())
    })
}

/// How often the routes of both NVAs have changed, at each instance.
fn changes(lab: &Lab) -> Result<Vec<usize>> {
    let mut counts = Vec::new();
    for instance in lab.route_servers(NE) {
        for nva in of(NE) {
            counts.push(instance.changes_from(nva)?);
        }
    }
    Ok(counts)
}

/// How often the MSEE's kernel had no route to the address.
fn holes(lab: &Lab) -> Result<usize> {
    let changes = lab.msee().route_changes()?;
    let gone = changes
        .iter()
        .filter(|one| one.prefix == ANYCAST_ADDRESS.to_string() && one.via.is_none());
    Ok(gone.count())
}
