//! The file that `init` writes, and what comes of it.

use std::process::Output;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{ANYCAST, Connections, Lab, Region};

use crate::pair::{
    NE, PROGRAM, WE, command, counted, led_to, load, more, nothing_failed, on, ready, regions,
    shipped,
};

const PATH: &str = "/etc/haproxy-rhi/second-chance.conf";
const NVAS: [&str; 4] = [
    "--nva",
    "North Europe=172.16.156.70",
    "--nva",
    "West Europe=172.16.136.70",
];

fn rhi(lab: &Lab, region: Region, arguments: &[&str]) -> Result<(Output, String)> {
    let output = lab
        .nva(region)
        .command("haproxy-rhi")
        .args(arguments)
        .output()?;
    let said =
        String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat())
            .into_owned();
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
                "  haproxy-rhi-second-chance validate && systemctl enable --now haproxy-rhi-second-chance.service haproxy-rhi-second-chance-heartbeat.service",
            ] {
                ensure!(said.lines().any(|row| row == line), "no '{line}' in {said}");
            }
            // The same on every NVA.
            ensure!(lab.nva(region).read(PATH)? == shipped()?);
            let said = command(lab, region, &["validate"])?;
            ensure!(said.contains("valid, 2 NVAs") && !said.contains("warning"), "{said}");
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

/// The questions refuse what the file would be refused for, and take nothing else.
#[test]
fn what_init_takes_of_nvas_the_second_chance_takes() {
    let run = |program: &str, words: &[&str]| {
        let output = std::process::Command::new(program)
            .args(words)
            .stdin(std::process::Stdio::null())
            .output();
        let output = output.unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    for (nvas, is_taken) in [
        (&["10.0.0.4", "10.1.0.4"][..], true),
        (&["10.2.0.4", "10.0.0.4", "10.1.0.4"], true),
        (&["fd00::4", "fd00:1::4"], true),
        (&["10.0.0.4"], false),
        (&["10.0.0.4", "10.0.0.4"], false),
        (&["10.0.0.4", "fd00::4"], false),
        (&["10.0.0.4", "9.9.9.9"], false),
        (&["10.0.0.4", "127.0.0.1"], false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_str().unwrap();
        let mut words = vec![
            "init",
            "--prefix",
            ANYCAST,
            "--address",
            "10.0.0.4",
            "--no-sibling",
            "--output-dir",
            root,
        ];
        words.extend([
            "--route-server",
            "10.0.1.4",
            "--route-server",
            "10.0.1.5",
            "--server",
            "one=10.0.2.4",
        ]);
        words.extend(nvas.iter().flat_map(|nva| ["--nva", nva]));
        let (status, said) = run(env!("CARGO_BIN_EXE_haproxy-rhi"), &words);
        assert_eq!(
            status,
            Some(if is_taken { 0 } else { 64 }),
            "{nvas:?}: {said}"
        );
        // The same NVAs in a file that nobody has looked at.
        let path = folder.path().join(if is_taken {
            &PATH[1..]
        } else {
            "second-chance.conf"
        });
        if !is_taken {
            let rows: String = nvas.iter().map(|nva| format!("nva {nva}\n")).collect();
            std::fs::write(&path, format!("prefix {ANYCAST}\n{rows}")).unwrap();
        }
        let (status, said) = run(PROGRAM, &["validate", path.to_str().unwrap()]);
        assert_eq!(
            status,
            Some(if is_taken { 0 } else { 78 }),
            "{nvas:?}: {said}"
        );
    }
}
