//! The two regions with the second chance, and what they count.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{
    ANYCAST, Connections, ExaBgp, Lab, LabBuilder, Load, LoadReport, Measurement, Nva, Outcome,
    Region, eventually,
};

/// For what must happen on a machine that is busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(30);
pub const NE: Region = Region::NorthEurope;
pub const WE: Region = Region::WestEurope;
/// This build.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_haproxy-rhi-second-chance");
const CONFIG: &str = "/etc/haproxy-rhi/second-chance.conf";

/// The heartbeats of both regions; they end with it.
#[derive(Debug)]
pub struct Heartbeats(Vec<(Region, Child)>);

impl Drop for Heartbeats {
    fn drop(&mut self) {
        for (_, child) in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The regions with the repository's files and this build.
pub fn regions() -> LabBuilder {
    Lab::builder()
        .exabgp(ExaBgp::Debian)
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"))
}

/// The file that the repository ships.
pub fn shipped() -> Result<String> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/second-chance/second-chance.conf");
    fs::read_to_string(&path).with_context(|| format!("failed to read '{}'", path.display()))
}

/// `haproxy-rhi-second-chance …` on a region's NVA, and what it printed.
pub fn command(lab: &Lab, region: Region, arguments: &[&str]) -> Result<String> {
    command_on(lab.nva(region), arguments)
}

/// The same on this NVA.
pub fn command_on(nva: &Nva, arguments: &[&str]) -> Result<String> {
    let output = nva.command(PROGRAM).args(arguments).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(
        output.status.success(),
        "{}: {}\n{said}{error}",
        nva.address(),
        output.status
    );
    Ok(said)
}

/// Switched on in both regions, each of which hears the other.
pub fn switched_on(lab: &Lab) -> Result<Heartbeats> {
    switched_on_with(lab, &shipped()?)
}

pub fn switched_on_with(lab: &Lab, config: &str) -> Result<Heartbeats> {
    for region in Region::ALL {
        lab.nva(region).write(CONFIG, config)?;
    }
    on(lab)
}

/// The same with the files that are there.
pub fn on(lab: &Lab) -> Result<Heartbeats> {
    let mut heartbeats = Heartbeats(Vec::new());
    for region in Region::ALL {
        command(lab, region, &["up"])?;
        heartbeats.0.push((region, heartbeat(lab, region)?));
    }
    for region in Region::ALL {
        eventually(PATIENCE, &format!("a second chance in {region}"), || {
            command(lab, region, &["check"])
        })?;
    }
    Ok(heartbeats)
}

fn heartbeat(lab: &Lab, region: Region) -> Result<Child> {
    let log = fs::File::create(
        lab.directory()
            .join(format!("{}-heartbeat.log", region.folder())),
    )?;
    let mut command = lab.nva(region).command(PROGRAM);
    command
        .arg("heartbeat")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    command.spawn().context("failed to start the heartbeat")
}

/// What a region has counted: `taken`, `nobodys`, `over_limit`, `forged`, or `handed_to` its sibling.
pub fn counted(lab: &Lab, region: Region, name: &str) -> Result<u64> {
    let text = command(lab, region, &["status", "--json"])?;
    let status: serde_json::Value = serde_json::from_str(&text)?;
    let place = if name == "handed_to" {
        "/siblings/0/handed_to".to_owned()
    } else {
        format!("/{name}")
    };
    status
        .pointer(&place)
        .and_then(serde_json::Value::as_u64)
        .with_context(|| format!("no '{name}' in {text}"))
}

/// Clients that wait as long as a busy machine may take.
pub fn load(connections: Connections) -> Load {
    Load {
        clients: 10,
        connections,
        patience: PATIENCE,
        at_most: Duration::from_secs(120),
        ..Load::default()
    }
}

/// Waits for as many more pages of a region.
pub fn more(clients: &Measurement, count: usize, region: Region) -> Result<()> {
    let seen = || clients.so_far().pages(region);
    let before = seen();
    eventually(PATIENCE, &format!("{count} more pages of {region}"), || {
        ensure!(
            seen() >= before + count,
            "{} of {}",
            seen(),
            clients.so_far().requests.len()
        );
        Ok(())
    })
}

/// Both regions serve, the primary is preferred, and each HAProxy has found the other.
pub fn ready(lab: &Lab) -> Result<()> {
    lab.msee().await_region(ANYCAST, Some(NE), PATIENCE)?;
    eventually(PATIENCE, "both routes", || {
        let rows = lab.msee().rows(ANYCAST)?;
        ensure!(rows.len() == 4, "{rows:?}");
        Ok(())
    })?;
    for region in Region::ALL {
        eventually(
            PATIENCE,
            &format!("the sibling of {region} to be UP"),
            || {
                let rows = lab.nva(region).haproxy().watch("show stat")?;
                let up = |start: &str| {
                    rows.lines()
                        .any(|row| row.starts_with(start) && row.contains(",UP,"))
                };
                ensure!(
                    up("http_back,sibling,") && up("sibling_check,nva,") && rows.contains("L7OK"),
                    "{rows}"
                );
                Ok(())
            },
        )?;
    }
    Ok(())
}

/// Where the address leads now.
pub fn led_to(lab: &Lab, region: Region) -> Result<()> {
    lab.msee().await_region(ANYCAST, Some(region), PATIENCE)
}

/// Nothing failed.
pub fn nothing_failed(report: &LoadReport) -> Result<()> {
    let failed = report.failed();
    println!(
        "{} requests, failed {failed:?}, longest gap {:?}",
        report.requests.len(),
        report.longest_gap()
    );
    ensure!(
        failed.is_empty(),
        "of {} requests failed: {failed:?}",
        report.requests.len()
    );
    ensure!(
        !report
            .requests
            .iter()
            .any(|request| matches!(request.outcome, Outcome::Status(_)))
    );
    Ok(())
}
