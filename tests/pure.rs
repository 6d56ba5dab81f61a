//! What decides is pure: it reads no clock, starts no thread, opens nothing and logs nothing. Edges do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// Files and folders of `src` that decide.
const PURE: [&str; 16] = [
    "announce",
    "change.rs",
    "condition",
    "damping.rs",
    "decide.rs",
    "drain.rs",
    "glance.rs",
    "health",
    "health.rs",
    "judge.rs",
    "note.rs",
    "observation.rs",
    "program",
    "report/words.rs",
    "route",
    "verdict.rs",
];
/// Edges among them.
const EDGES: [&str; 1] = ["announce/pipe.rs"];
/// What only an edge does.
const IMPURE: [&str; 21] = [
    "Instant::now",
    "SystemTime",
    ".elapsed()",
    "thread::",
    "sleep(",
    "std::fs",
    "fs::",
    "File::",
    "std::net::Tcp",
    "std::net::Udp",
    "UnixStream",
    "std::env",
    "rustix::",
    "println!",
    "log!(",
    "log::{",
    "info!(",
    "warn!(",
    "error!(",
    "debug!(",
    "trace!(",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    fs::read_dir(path).unwrap().flat_map(|entry| files(&entry.unwrap().path())).collect()
}

#[test]
fn what_decides_reads_no_clock_starts_nothing_and_logs_nothing() {
    let edges: Vec<PathBuf> = EDGES.iter().map(|edge| source().join(edge)).collect();
    let pure = PURE.iter().flat_map(|path| files(&source().join(path))).filter(|path| !edges.contains(path));
    // Tests may do all that.
    let pure = pure.filter(|path| !path.ends_with("tests.rs"));
    let mut found = Vec::new();
    for path in pure {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        for (number, line) in lines {
            let impure = IMPURE.iter().filter(|word| line.contains(**word));
            found.extend(impure.map(|word| format!("{}:{}: {word}", path.display(), number + 1)));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_file_that_decides_is_there() {
    for path in PURE.iter().chain(&EDGES) {
        assert!(source().join(path).exists(), "{path} is not there any more");
    }
}
