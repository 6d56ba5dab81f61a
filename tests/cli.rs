//! The command line as a person meets it: help, mistakes and their messages, exit statuses.
//!
//! `TRYCMD=overwrite cargo test --test cli` rewrites what is expected, for a person to read the difference.

use std::path::Path;

/// The width is fixed, and nothing depends on what is installed or running here.
#[test]
fn what_is_typed_is_answered_as_the_files_in_tests_cli_say() {
    trycmd::TestCases::new()
        .register_bin("haproxy-rhi", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/at-a-shell"))
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
        let command = format!("$ haproxy-rhi validate {}\n? 78\nerror: {}", path.display(), path.display());
        assert!(told.contains(&command), "{} is not refused with its place", path.display());
    }
}

#[test]
fn no_message_speaks_of_rust() {
    for name in
        ["check", "status", "help", "import", "init", "server", "usage", "validate", "values", "verify"]
    {
        let told = std::fs::read_to_string(format!("tests/cli/{name}.trycmd")).unwrap();
        let answers = told.lines().filter(|line| !line.starts_with("```"));
        for line in answers {
            for jargon in [
                "struct", "variant", "u8", "u16", "u32", "u64", "i64", "f64", "newtype", "sequence", "`",
                "os error",
            ] {
                assert!(!line.contains(jargon), "{name}.trycmd says '{jargon}': {line}");
            }
        }
    }
}
