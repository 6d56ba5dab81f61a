//! The two regions, and what a command on an NVA says.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{ExaBgp, Lab, LabBuilder, Region};

/// For what must happen on a machine that is busy with other tests: generous, and never waited out in vain.
pub const PATIENCE: Duration = Duration::from_secs(40);
pub const NE: Region = Region::NorthEurope;
pub const WE: Region = Region::WestEurope;

/// The two regions with the repository's files and this build.
pub fn regions(version: &ExaBgp) -> LabBuilder {
    Lab::builder()
        .exabgp(version.clone())
        .binary(env!("CARGO_BIN_EXE_haproxy-rhi"))
}

/// `haproxy-rhi` with these arguments, on the region's NVA, as root.
pub fn rhi(lab: &Lab, region: Region, arguments: &[&str]) -> Command {
    let mut command = lab.nva(region).command("/usr/bin/haproxy-rhi");
    command.args(arguments);
    command
}

/// Runs it with this text at stdin; its exit status and all that it says.
pub fn answer(mut command: Command, stdin: &str) -> Result<(i32, String)> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("failed to start the command")?;
    if let Some(mut pipe) = child.stdin.take() {
        // What does not read its stdin is no failure of this.
        let _ = pipe.write_all(stdin.as_bytes());
    }
    let output = child.wait_with_output()?;
    Ok((output.status.code().unwrap_or(-1), said(&output)))
}

/// All that a command said.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat())
        .into_owned()
}

/// It ends with this exit status and says all of these.
pub fn ends((code, text): &(i32, String), wanted: i32, words: &[&str]) -> Result<()> {
    ensure!(
        *code == wanted,
        "exit status {code}, and {wanted} is wanted: {text}"
    );
    for word in words {
        ensure!(text.contains(word), "'{word}' is not in: {text}");
    }
    Ok(())
}
