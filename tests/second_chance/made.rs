//! The file that `init` writes, and what comes of it.

use std::process::Output;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, Connections, Lab, Region};

use crate::pair::{
    NE, WE, command, counted, led_to, load, more, nothing_failed, on, ready, regions, shipped,
};

const PATH: &str = "/etc/haproxy-rhi/second-chance.conf";
const NVAS: [&str; 4] = ["--nva", "North Europe=172.16.156.70", "--nva", "West Europe=172.16.136.70"];

fn rhi(lab: &Lab, region: Region, arguments: &[&str]) -> Result<(Output, String)> {
    let output = lab.nva(region).command("haproxy-rhi").args(arguments).output()?;
    let said =
        String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned();
    Ok((output, said))
}

/// As an operator types it on each NVA: what is there already stays, and the file comes to it.
fn init(lab: &Lab, region: Region, more: &[&str]) -> Result<String> {
    let (address, sibling, servers, role, name, own) = match region {
        NE => (
            "172.16.156.70",
            "172.16.136.70",
            ["172.16.159.4", "172.16.159.5"],
            "--primary",
            "North Europe",
            "172.16.156.69",
        ),
        WE => (
            "172.16.136.70",
            "172.16.156.70",
            ["172.16.139.4", "172.16.139.5"],
            "--secondary",
            "West Europe",
            "172.16.136.69",
        ),
    };
    let server = format!("backend01={own}");
    let words = [
        "init",
        "--region",
        name,
        "--prefix",
        ANYCAST,
        "--address",
        address,
        "--route-server",
        servers[0],
        "--route-server",
        servers[1],
        role,
        "--server",
        &server,
        "--sibling",
        sibling,
        "--output-dir",
        "/",
    ];
    let (output, said) = rhi(lab, region, &[words.as_slice(), &NVAS, more].concat())?;
    ensure!(output.status.success(), "{said}");
    Ok(said)
}

#[test]
fn what_init_writes_brings_up_a_second_chance() {
    let lab = regions().start().unwrap();
    lab.run(|lab| {
        ready(lab)?;
        for region in Region::ALL {
            let diff = init(lab, region, &["--dry-run"])?;
            ensure!(
                diff.contains(&format!("--- /dev/null\n+++ {PATH}\n")) && diff.contains("\n+nva 172.16.136.70       # West Europe\n"),
                "{diff}"
            );
            ensure!(!lab.nva(region).path(PATH).exists());
            let said = init(lab, region, &[])?;
            for line in [
                "/etc/haproxy/haproxy.cfg: is so already",
                "/etc/haproxy-rhi/second-chance.conf: written",
                "  allow UDP 4790 between 172.16.156.70, 172.16.136.70 (NSG)",
                "  systemctl enable --now haproxy-rhi-second-chance.service haproxy-rhi-second-chance-heartbeat.service",
            ] {
                ensure!(said.lines().any(|row| row == line), "no '{line}' in {said}");
            }
            // The same on every NVA.
            ensure!(lab.nva(region).read(PATH)? == shipped()?);
            let (output, said) = rhi(lab, region, &["second-chance", "validate"])?;
            ensure!(output.status.success() && said.contains("valid, 2 NVAs"), "{said}");
        }
        let _heartbeats = on(lab)?;
        let clients = lab.client().load(&load(Connections::Kept))?;
        more(&clients, 50, NE)?;
        lab.backend(NE).kill()?;
        led_to(lab, WE)?;
        more(&clients, 100, WE)?;
        nothing_failed(&clients.finish()?)?;
        ensure!(counted(lab, WE, "handed_to")? > 0, "{}", command(lab, WE, &["status"])?);
        Ok(())
    })
    .unwrap();
}
