//! How much there is to read and to trust: lines of source, and crates.

#![expect(clippy::print_stdout, reason = "a benchmark talks to a person")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

pub fn print() -> Result<()> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::new();
    for entry in fs::read_dir(&source)?.flatten() {
        let path = entry.path();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        *modules.entry(name).or_insert(0) += lines(&path)?;
    }
    println!();
    println!("Lines of source: not blank, no comment, before a file's tests.");
    println!();
    for (module, lines) in &modules {
        println!("{module:<44} {lines:>12}");
    }
    println!("{:<44} {:>12}", "in sum", modules.values().sum::<usize>());
    println!();
    let (direct, all) = (crates(&["--depth", "1"])?, crates(&[])?);
    println!("{:<44} {direct:>12}", "crates that it names");
    println!("{:<44} {all:>12}", "crates in the program, with theirs");
    Ok(())
}

fn lines(path: &Path) -> Result<usize> {
    if path.is_dir() {
        return fs::read_dir(path)?
            .flatten()
            .map(|entry| lines(&entry.path()))
            .sum();
    }
    // Tests may have a file of their own.
    if path.extension().is_none_or(|extension| extension != "rs") || path.ends_with("tests.rs") {
        return Ok(0);
    }
    let text = fs::read_to_string(path)?;
    let code = text
        .lines()
        .map(str::trim)
        .take_while(|line| *line != "#[cfg(test)]");
    Ok(code
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count())
}

/// Without this one.
fn crates(options: &[&str]) -> Result<usize> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "tree",
            "--quiet",
            "--package",
            env!("CARGO_PKG_NAME"),
            "--edges",
            "normal,no-proc-macro",
        ])
        .args(["--prefix", "none", "--no-dedupe", "--format", "{p}"])
        .args(options)
        .output()
        .context("failed to run cargo tree")?;
    ensure!(
        output.status.success(),
        "cargo tree: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let crates: std::collections::BTreeSet<&str> = text.lines().collect();
    Ok(crates.len().saturating_sub(1))
}
