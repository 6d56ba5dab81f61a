//! North Europe with a booted machine for its NVA, beside a West Europe that is well; and what the Route Servers and
//! clients see of it.

use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, Debian, Lab, Machine, Region, eventually};

use crate::deb::deb;

pub const NE: Region = Region::NorthEurope;
pub const WE: Region = Region::WestEurope;
/// For what must happen on a machine that is busy with other tests: generous, and never waited out in vain.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// The package's file on a machine.
pub const PACKAGE: &str = "/srv/haproxy-rhi.deb";
/// The unit of the anycast address.
pub const ADDRESS: &str = "anycast-address@9.9.9.9-32.service";

/// Tells a story of a machine on which the package was installed by apt, and nothing else was done.
pub fn tell(debian: Debian, story: impl FnOnce(&Lab, &Machine) -> Result<()>) {
    tell_bare(debian, |lab, machine| {
        // HAProxy and ExaBGP come with it, as an operator's apt has them come.
        machine.sh(&format!("apt-get -q -y install {PACKAGE}"))?;
        story(lab, machine)
    });
}

/// Tells a story of a machine that has the package's file, and nothing installed.
pub fn tell_bare(debian: Debian, story: impl FnOnce(&Lab, &Machine) -> Result<()>) {
    let package = deb();
    let lab = Lab::builder()
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .without_nva(NE)
        .start()
        .unwrap();
    lab.run(|lab| {
        let machine = lab.machine(NE, debian)?;
        machine.boot()?;
        machine.write(PACKAGE, &std::fs::read(package)?)?;
        story(lab, &machine).map_err(|error| error.context(journal(&machine).unwrap_or_default()))
    })
    .unwrap();
}

/// Does what the README says: the region's examples in place, the address, restarted.
pub fn set_up(machine: &Machine) -> Result<()> {
    machine.sh(&format!(
        "cd /usr/share/doc/haproxy-rhi/examples/{}
         cp config.json /etc/haproxy-rhi/config.json
         cp exabgp.conf /etc/exabgp/exabgp.conf
         cp haproxy.cfg /etc/haproxy/haproxy.cfg
         haproxy-rhi validate
         systemctl enable --now '{ADDRESS}'
         systemctl restart haproxy exabgp",
        NE.folder()
    ))?;
    Ok(())
}

/// A drain's stages need not take long here.
pub fn shorten_drains(machine: &Machine) -> Result<()> {
    machine.sh(r#"sed -i 's/"rise": 2,/"rise": 2, "drain": {"ask": "1s", "for": "2s"},/' /etc/haproxy-rhi/config.json"#)?;
    machine.sh("grep -q '\"ask\": \"1s\"' /etc/haproxy-rhi/config.json")?;
    Ok(())
}

/// Both instances of North Europe's Route Server have the route with this AS path; none: they do not have it.
pub fn routed(lab: &Lab, as_path: Option<&[u32]>) -> Result<()> {
    eventually(PATIENCE, &format!("routes with {as_path:?}"), || {
        is_routed(lab, as_path)
    })
}

/// What [`routed`] waits for, now.
pub fn is_routed(lab: &Lab, as_path: Option<&[u32]>) -> Result<()> {
    for instance in lab.route_servers(NE) {
        let rows = instance.rows(ANYCAST)?;
        let paths: Vec<&[u32]> = rows.iter().map(|row| row.as_path.as_slice()).collect();
        ensure!(
            paths == as_path.into_iter().collect::<Vec<_>>(),
            "{}: {paths:?}",
            instance.address()
        );
    }
    Ok(())
}

/// The route is out, and the client gets North Europe's page.
pub fn serves(lab: &Lab) -> Result<()> {
    routed(lab, Some(NE.as_path()))?;
    answers_from(lab, NE)
}

/// The client's page comes from this region.
pub fn answers_from(lab: &Lab, region: Region) -> Result<()> {
    eventually(PATIENCE, &format!("the page of {region}"), || {
        let answer = lab.client().get()?;
        ensure!(
            answer.status == 200 && answer.region == Some(region),
            "{answer:?}"
        );
        Ok(())
    })
}

/// The end of the machine's journal.
pub fn journal(machine: &Machine) -> Result<String> {
    machine.sh("journalctl --no-pager --lines 80; systemctl --failed --no-pager")
}
