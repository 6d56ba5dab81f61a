//! North Europe with the repository's files and this build, and what its status says.

use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ANYCAST, ExaBgp, Lab, LabBuilder, Region, eventually};
use serde_json::Value;

/// For what must happen on a machine that is busy with other tests: generous, and never waited out in vain.
pub const PATIENCE: Duration = Duration::from_secs(40);
pub const NE: Region = Region::NorthEurope;
pub const CONFIG: &str = "/etc/haproxy-rhi/config.json";
/// The status file of the process with the shipped configuration.
pub const FILE: &str = "/run/exabgp/haproxy-rhi.etc+haproxy-rhi+config.json.status.json";

/// The two regions with the repository's files and this build.
pub fn regions(version: &ExaBgp) -> LabBuilder {
    Lab::builder()
        .exabgp(version.clone())
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"))
}

/// The shipped configuration with these keys before its own.
pub fn config_with(keys: &str) -> String {
    let path = format!(
        "{}/exabgp/{}/config.json",
        env!("CARGO_MANIFEST_DIR"),
        NE.folder()
    );
    std::fs::read_to_string(path)
        .unwrap()
        .replacen('{', &format!("{{{keys}"), 1)
}

/// `haproxy-rhi status` on North Europe's NVA.
pub fn status(lab: &Lab, arguments: &[&str]) -> Result<Output> {
    let mut command: Command = lab.nva(NE).command("/usr/bin/haproxy-rhi");
    command
        .arg("status")
        .args(arguments)
        .output()
        .context("failed to run haproxy-rhi status")
}

/// The exit status, and what `status --json` says of the only process.
pub fn told(lab: &Lab) -> Result<(i32, Value)> {
    let output = status(lab, &["--json"])?;
    let answer: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("not JSON: {}", String::from_utf8_lossy(&output.stdout)))?;
    let processes = answer["processes"].as_array().context("no processes")?;
    let [process] = processes.as_slice() else {
        anyhow::bail!("{} processes", processes.len())
    };
    Ok((output.status.code().unwrap_or(-1), process.clone()))
}

/// Waits until what is told is so.
pub fn becomes(lab: &Lab, what: &str, is: impl Fn(i32, &Value) -> bool) -> Result<Value> {
    eventually(PATIENCE, what, || {
        let (code, process) = told(lab)?;
        ensure!(is(code, &process), "exit status {code}: {process:#}");
        Ok(process)
    })
}

/// The only service's standing, where the process runs.
pub fn standing(process: &Value) -> &str {
    process["status"]["services"][0]["standing"]
        .as_str()
        .unwrap_or_default()
}

/// Both instances of North Europe's Route Server hold the route with so many AS numbers more than usual, or none.
pub fn held(lab: &Lab, more: Option<usize>) -> Result<()> {
    eventually(
        PATIENCE,
        &format!("the route at both instances: {more:?}"),
        || {
            for instance in lab.route_servers(NE) {
                let rows = instance.rows(ANYCAST)?;
                let found = rows
                    .first()
                    .map(|row| row.as_path.len() - NE.as_path().len());
                ensure!(rows.len() <= 1 && found == more, "{rows:?}");
            }
            Ok(())
        },
    )
}

/// Waits until the log has so many lines with this text.
pub fn logged(lab: &Lab, text: &str) -> Result<()> {
    eventually(PATIENCE, &format!("a log line with '{text}'"), || {
        let log = lab.nva(NE).exabgp().log();
        ensure!(log.contains(text), "{log}");
        Ok(())
    })
}

/// Lines of the log with this text.
pub fn count(lab: &Lab, text: &str) -> usize {
    lab.nva(NE)
        .exabgp()
        .log()
        .lines()
        .filter(|line| line.contains(text))
        .count()
}
