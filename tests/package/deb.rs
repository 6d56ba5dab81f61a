//! The package itself: built once a run, by the command that the README names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};

/// The package, built by `.ci/package`.
pub fn deb() -> PathBuf {
    static DEB: OnceLock<PathBuf> = OnceLock::new();
    DEB.get_or_init(|| build().unwrap()).clone()
}

fn build() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let told = said(&mut Command::new(root.join(".ci/package")))?;
    let path = told.lines().next().context("the package's name")?;
    Ok(path.into())
}

/// The same package under another version and with another stub of a configuration, for an upgrade and a downgrade.
pub fn called(version: &str) -> Result<Vec<u8>> {
    changed(version, |_| Ok(()))
}

/// Another build of haproxy-rhi under a later version, which it says itself.
pub fn upgrade() -> Result<Vec<u8>> {
    changed(&format!("{LATER}-1"), |tree| {
        let program = tree.join("usr/bin/haproxy-rhi");
        let built = env!("CARGO_BIN_EXE_haproxy-rhi");
        said(Command::new("strip").arg("-o").arg(&program).arg(built))?;
        let own = env!("CARGO_PKG_VERSION");
        ensure!(own.len() == LATER.len(), "the octets after it would move");
        let replace = format!("s/{}/{LATER}/g", own.replace('.', "\\."));
        said(Command::new("sed").arg("-i").arg(replace).arg(&program))?;
        Ok(())
    })
}

/// The version of [`upgrade`].
pub const LATER: &str = "9.9.9";

fn changed(version: &str, change: impl FnOnce(&Path) -> Result<()>) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let (tree, file) = (folder.path().join("tree"), folder.path().join("other.deb"));
    said(
        Command::new("dpkg-deb")
            .arg("--raw-extract")
            .arg(deb())
            .arg(&tree),
    )?;
    let control = tree.join("DEBIAN/control");
    let text = fs::read_to_string(&control)?;
    let ours = text
        .lines()
        .find(|line| line.starts_with("Version: "))
        .context("no version")?;
    fs::write(&control, text.replace(ours, &format!("Version: {version}")))?;
    let stub = tree.join("usr/share/haproxy-rhi/config.json");
    fs::write(&stub, format!("{}\n", fs::read_to_string(&stub)?))?;
    change(&tree)?;
    said(
        Command::new("dpkg-deb")
            .args(["--root-owner-group", "-Znone", "--build"])
            .arg(&tree)
            .arg(&file),
    )?;
    Ok(fs::read(file)?)
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{command:?}: {}: {error}",
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn lintian_has_nothing_to_say() {
    let told = said(
        Command::new("lintian")
            .args(["--fail-on", "error,warning", "--tag-display-limit", "0"])
            .arg(deb()),
    );
    assert_eq!(told.unwrap(), "");
}

#[test]
fn it_needs_no_newer_glibc_than_ubuntu_22_04_has() {
    let depends = said(
        Command::new("dpkg-deb")
            .arg("--field")
            .arg(deb())
            .arg("Depends"),
    )
    .unwrap();
    let libc = depends
        .split(", ")
        .find_map(|word| word.strip_prefix("libc6 (>= ")?.strip_suffix(')'))
        .unwrap();
    let mut parts = libc.split('.').map(|part| part.parse::<u32>().unwrap());
    assert!(
        (parts.next(), parts.next()) <= (Some(2), Some(35)),
        "libc6 {libc}"
    );
    assert!(depends.contains("exabgp (>= 4.2)"), "{depends}");
}
