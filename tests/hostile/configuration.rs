//! A configuration that is none: whatever lies at its path, ExaBGP's messages are read.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::exabgp::Setup;
use super::wait::{PATIENCE, within};

/// It reads what ExaBGP says, says nothing, and leaves when ExaBGP is gone.
fn withstands_the_configuration(path: &Path) {
    let (mut service, _stdout) = Setup::of_file(path).start_unheard();
    let mut stdin = service.stdin();
    let writer = thread::spawn(move || {
        let lines = "neighbor 127.0.0.2 connected\n".repeat(100);
        (0..200).try_for_each(|_| stdin.write_all(lines.as_bytes()))
    });
    within(PATIENCE, "it reads what ExaBGP says", || {
        writer.is_finished()
    });
    writer.join().unwrap().unwrap();
    within(PATIENCE, "it says what is wrong", || {
        service.log().contains("error: ")
    });
    service.is_well();
    service.close_stdin();
    service.leaves_within(Duration::from_secs(2));
}

#[test]
fn a_configuration_that_is_a_pipe_is_withstood() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    withstands_the_configuration(&path);
}

#[test]
fn a_configuration_of_1_gib_is_withstood() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    // Without a block on the disk.
    File::create(&path).unwrap().set_len(1 << 30).unwrap();
    withstands_the_configuration(&path);
}

#[test]
fn a_configuration_that_is_a_folder_is_withstood() {
    let folder = tempfile::tempdir().unwrap();
    withstands_the_configuration(folder.path());
}

#[test]
fn a_configuration_of_noise_is_withstood() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    std::fs::write(
        &path,
        [b"{\"services\": ".as_slice(), &[0xff, 0, 0x1b, b'[']].concat(),
    )
    .unwrap();
    withstands_the_configuration(&path);
}

#[test]
fn a_configuration_that_is_nested_without_end_is_withstood() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    let when = "{\"not\": ".repeat(1_000_000);
    std::fs::write(
        &path,
        format!("{{\"services\": {{\"web\": {{\"levels\": [{{\"when\": {when}"),
    )
    .unwrap();
    withstands_the_configuration(&path);
}
