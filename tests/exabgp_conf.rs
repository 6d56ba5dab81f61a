//! The check of exabgp.conf before a reload, `systemd/exabgp-conf`, by the command lines of each version of ExaBGP. What they
//! answer is as 4.2.21, 5.0.15 and 6 (August 2026) answered.

#![cfg(test)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// Each would start with the words that it does not know as its files, or miss a file of that name.
const VERSIONS: [(&str, &str); 3] = [
    (
        "4.2",
        r#"[ "$1" = --validate ] || exit 99
echo "00:00:00 | 1 | welcome         | Thank you for using ExaBGP"
grep -q broken "$2" || exit 0
echo "00:00:00 | 1 | configuration   | syntax error in section neighbor"
echo "00:00:00 | 1 | configuration   | invalid keyword \"broken\""
exit 1"#,
    ),
    (
        "5.0",
        r#"case $1 in
--*) echo "usage: exabgp [-h]
              {version,cli,healthcheck,env,decode,server,validate} ...
exabgp: error: unrecognized arguments: $1" >&2; exit 2;;
validate) file=$2;;
*) echo "error: $1 is not an exabgp config file (file not found)" >&2; exit 1;;
esac
echo "configuration   loading $file"
grep -q broken "$file" || exit 0
echo "configuration   syntax error in section neighbor"
echo "configuration   invalid keyword \"broken\""
exit 1"#,
    ),
    (
        "6",
        r#"case $1 in
--*) echo "usage: exabgp [-h]
              {version,cli,run,healthcheck,env,decode,encode,server,shell,schema,configuration,migrate} ...
exabgp: error: unrecognized arguments: $1" >&2; exit 2;;
configuration) [ "$2" = validate ] || exit 99; file=$3;;
*) echo "error: $1 is not an exabgp config file (file not found)" >&2; exit 1;;
esac
echo "configuration   loading $file"
grep -q broken "$file" || exit 0
echo "configuration   syntax error in section neighbor"
echo "configuration   invalid keyword \"broken\""
exit 1"#,
    ),
];

fn program(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

/// What the check says of a file, with this ExaBGP first on its path.
fn check(exabgp: &str, conf: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exabgp.conf");
    fs::write(&file, conf).unwrap();
    program(
        &folder.path().join("exabgp"),
        &format!("#!/bin/sh\n{exabgp}\n"),
    );
    let shipped = include_str!("../systemd/exabgp-conf");
    let own = shipped.replace("/etc/exabgp/exabgp.conf", file.to_str().unwrap());
    assert!(own != shipped);
    let path = std::env::var("PATH").unwrap();
    Command::new("sh")
        .args(["-c", &own])
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .output()
        .unwrap()
}

#[test]
fn each_version_is_asked_in_its_own_words_and_refuses_in_its_own_words() {
    for (version, exabgp) in VERSIONS {
        let good = check(exabgp, "neighbor {\n}\n");
        assert!(good.status.success(), "{version}: {good:?}");
        assert_eq!(String::from_utf8_lossy(&good.stdout), "", "{version}");
        let bad = check(exabgp, "broken\n");
        assert_eq!(bad.status.code(), Some(1), "{version}: {bad:?}");
        let told = String::from_utf8_lossy(&bad.stdout);
        let refusal = "exabgp.conf: ExaBGP refuses it: invalid keyword \"broken\"\n";
        assert!(told.ends_with(refusal), "{version}: {told}");
    }
}
