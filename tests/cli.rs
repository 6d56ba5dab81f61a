//! The command line as a person meets it: help, mistakes and their messages, exit statuses.
//!
//! `TRYCMD=overwrite cargo test --test cli` rewrites what is expected, for a person to read the difference.

use std::path::Path;

/// The width is fixed, and nothing depends on what is installed or running here.
#[test]
fn what_is_typed_is_answered_as_the_files_in_tests_cli_say() {
    trycmd::TestCases::new()
        .register_bin(
            "haproxy-rhi",
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/at-a-shell"),
        )
        .register_bin(
            "haproxy-rhi-second-chance",
            Path::new(env!("CARGO_BIN_EXE_haproxy-rhi-second-chance")),
        )
        .env("HAPROXY_RHI", env!("CARGO_BIN_EXE_haproxy-rhi"))
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .env("RUST_BACKTRACE", "0")
        .case("tests/cli/*.trycmd");
}

#[test]
fn every_faulty_configuration_is_validated() {
    let told = std::fs::read_to_string("tests/cli/validate.trycmd").unwrap();
    for entry in Path::new("tests/cli/faulty").read_dir().unwrap() {
        let path = entry.unwrap().path();
        let command = format!(
            "$ haproxy-rhi validate {}\n? 78\nerror: {}",
            path.display(),
            path.display()
        );
        assert!(
            told.contains(&command),
            "{} is not refused with its place",
            path.display()
        );
    }
}

#[test]
fn the_schema_is_printed_as_it_is() {
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"))
        .args(["validate", "--print-schema"])
        .output()
        .unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty());
    assert_eq!(
        String::from_utf8(ended.stdout).unwrap(),
        haproxy_rhi::config::SCHEMA
    );
}

#[test]
fn no_message_speaks_of_rust() {
    for name in [
        "check",
        "status",
        "help",
        "import",
        "init",
        "rehearse",
        "replay",
        "second_chance",
        "server",
        "usage",
        "validate",
        "values",
        "verify",
    ] {
        let told = std::fs::read_to_string(format!("tests/cli/{name}.trycmd")).unwrap();
        let answers = told.lines().filter(|line| !line.starts_with("```"));
        for line in answers {
            for jargon in [
                "struct", "variant", "u8", "u16", "u32", "u64", "i64", "f64", "newtype",
                "sequence", "`", "os error",
            ] {
                assert!(
                    !line.contains(jargon),
                    "{name}.trycmd says '{jargon}': {line}"
                );
            }
        }
    }
}

#[test]
fn init_names_the_group_only_where_this_host_does_not_have_it() {
    use std::os::unix::fs::PermissionsExt;
    let init = "init --prefix 10.99.0.1 --address 10.0.0.4 --route-server 10.0.1.4 --route-server 10.0.1.5 --primary --server a=10.0.0.5 --no-sibling";
    let told = |getent: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("getent");
        std::fs::write(&path, format!("#!/bin/sh\n{getent}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        let ended = std::process::Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"))
            .args(init.split(' '))
            .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert!(ended.status.success(), "{ended:?}");
        String::from_utf8(ended.stdout).unwrap()
    };
    assert!(told("exit 2").contains("groupadd --system haproxy-rhi"));
    let there = told(r#"[ "$*" = "group haproxy-rhi" ] && echo haproxy-rhi:x:990:haproxy"#);
    assert!(!there.contains("groupadd"), "{there}");
}

/// A script that redirects into a file must not take half an answer for one.
#[test]
fn an_answer_that_cannot_be_written_is_an_error_and_a_reader_that_has_seen_enough_is_none() {
    use std::process::{Command, Stdio};
    let run = |stdout: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
        command.args([
            "import",
            "healthcheck",
            "--",
            "--cmd",
            "true",
            "--ip",
            "192.0.2.1",
        ]);
        command
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .output()
            .unwrap()
    };
    let full = run(std::fs::File::create("/dev/full").unwrap().into());
    let told = String::from_utf8_lossy(&full.stderr).into_owned();
    assert_eq!(full.status.code(), Some(74), "{told}");
    assert!(
        told.contains("error: failed to write to stdout: no space left on device"),
        "{told}"
    );
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(run(writer.into()).status.code(), Some(0));
}
