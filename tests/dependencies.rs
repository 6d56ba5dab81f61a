//! What the programs are built of: each crate has its reason in dependencies/trust.md, a licence that we may ship, one version, and comes
//! from crates.io.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Licences that a package may have; of several that are offered one is enough.
const LICENCES: [&str; 6] = [
    "Apache-2.0",
    "BSD-3-Clause",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
];

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap();
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Where the programs run.
const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// Each crate of the programs, and each that runs where they are built: name, version and licence. Not those of the tests.
fn crates() -> BTreeSet<(String, String, String)> {
    TARGETS
        .iter()
        .flat_map(|target| crates_of(target))
        .collect()
}

fn crates_of(target: &str) -> Vec<(String, String, String)> {
    let tree = cargo(&[
        "tree",
        "--locked",
        "--package",
        "haproxy-rhi",
        "--target",
        target,
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{p}|{l}|{r}",
    ]);
    let parts = tree.lines().map(|line| {
        let mut parts = line.trim_end_matches(" (*)").split('|');
        let (package, licence) = (parts.next().unwrap(), parts.next().unwrap());
        let ours = package.starts_with("haproxy-rhi ");
        assert!(
            ours || !package.contains("(/"),
            "{package} comes from this disk"
        );
        let mut words = package.split(' ');
        (
            words.next().unwrap().to_owned(),
            words.next().unwrap().to_owned(),
            licence.to_owned(),
        )
    });
    parts.filter(|(name, ..)| name != "haproxy-rhi").collect()
}

#[test]
fn each_crate_has_its_reason() {
    let table = include_str!("dependencies/trust.md");
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| crates |"));
    let named: Vec<&str> = rows
        .flat_map(|row| row.split('|').nth(1).unwrap().split(','))
        .map(str::trim)
        .collect();
    let once: BTreeSet<&str> = named.iter().copied().collect();
    assert_eq!(once.len(), named.len(), "a crate is there twice: {named:?}");
    let crates = crates();
    let there: BTreeSet<&str> = crates.iter().map(|(name, ..)| name.as_str()).collect();
    let without: Vec<_> = there.difference(&once).collect();
    let gone: Vec<_> = once.difference(&there).collect();
    assert!(
        without.is_empty() && gone.is_empty(),
        "without a reason: {without:?}; not there any more: {gone:?}"
    );
}

#[test]
fn each_crate_is_there_once() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version, _) in crates() {
        versions.entry(name).or_default().insert(version);
    }
    let twice: Vec<_> = versions
        .iter()
        .filter(|(_, versions)| versions.len() > 1)
        .collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn each_licence_may_be_shipped() {
    let listed = include_str!("../deny.toml");
    for licence in LICENCES {
        assert!(
            listed.contains(&format!("\"{licence}\"")),
            "deny.toml lacks {licence}"
        );
    }
    for (name, _, licence) in crates() {
        assert!(is_allowed(&licence), "{name}: {licence}");
    }
}

/// SPDX's expression: each part that is joined by AND has one that is allowed among those joined by OR.
fn is_allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| {
        part.split(" OR ")
            .any(|licence| LICENCES.contains(&licence.trim()))
    })
}

/// `cargo tree` tells of those of the machine that it runs on alone.
#[test]
fn nothing_but_its_crates_is_run_to_build_it() {
    let manifest = include_str!("../Cargo.toml");
    assert!(
        !manifest.contains("build-dependencies") && !manifest.contains("[target"),
        "no build script"
    );
}

/// What has no source lies on the disk of whoever builds: a path, also one of `[patch]`.
#[test]
fn each_crate_comes_from_crates_io_and_ours_from_here() {
    let lock = include_str!("../Cargo.lock");
    let value = |package: &str, key: &str| {
        let line = package
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        line.map(|value| value.trim_matches('"').to_owned())
    };
    let mut ours = Vec::new();
    for package in lock.split("[[package]]").skip(1) {
        let name = value(package, "name").unwrap();
        match value(package, "source") {
            Some(source) => {
                assert_eq!(
                    source, "registry+https://github.com/rust-lang/crates.io-index",
                    "{name}"
                );
            }
            None => ours.push(name),
        }
    }
    assert_eq!(ours, ["haproxy-rhi", "haproxy-rhi-lab"]);
}
