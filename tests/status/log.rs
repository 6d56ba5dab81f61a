//! The log's form: with the journal's priorities where the journal reads it, with the time elsewhere.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

/// The lines of a run whose command line cannot be used, with stderr in a file and `JOURNAL_STREAM` as given.
fn log(stream: impl Fn(&std::fs::Metadata) -> Option<String>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stderr");
    let file = File::create(&path).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
    command.args(["run", "--backend", "http_back"]).env_remove("JOURNAL_STREAM");
    if let Some(stream) = stream(&file.metadata().unwrap()) {
        command.env("JOURNAL_STREAM", stream);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(file).spawn().unwrap();
    // ExaBGP is gone: so is the process.
    drop(child.stdin.take());
    child.wait().unwrap();
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_journal_gets_priorities_and_no_time() {
    let text = log(|data| Some(format!("{}:{}", data.dev(), data.ino())));
    assert!(text.starts_with("<3>haproxy-rhi: --prefix is missing"), "{text}");
}

#[test]
fn a_file_beside_the_journal_gets_the_time() {
    // systemd sets the variable also where only stdout goes to the journal.
    for text in [log(|data| Some(format!("{}:{}", data.dev(), data.ino() + 1))), log(|_| None)] {
        assert!(text.contains("Z haproxy-rhi: error: --prefix is missing"), "{text}");
    }
}
