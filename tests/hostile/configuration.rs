//! A configuration that is none: whatever lies at its path, ExaBGP's messages are read.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::exabgp::{Service, Setup};
use super::haproxy::{Haproxy, down, says, up};
use super::wait::{PATIENCE, eventually, within};

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

/// A configuration whose HAProxy lies there.
fn with_haproxy_at(stats: &str) -> String {
    format!(
        r#"{{"haproxy": {{"stats": "{stats}", "interval": "100ms"}}, "services": {{"web": {{"prefixes": ["9.9.9.9/32"],
            "next_hop": "192.0.2.1", "require_address": false,
            "levels": [{{"name": "up", "when": {{"backend": {{"name": "http_back"}}}}}}]}}}}}}"#
    )
}

/// Announced, with its configuration, which is edited to lead to `stats`; HAProxy is looked at where it was.
fn edited_to_lead_to(haproxy: &Haproxy, stats: &str) -> (Service, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    std::fs::write(&path, with_haproxy_at(haproxy.path())).unwrap();
    let service = Setup::of_file(&path).start();
    service.eventually_announces();
    std::fs::write(&path, with_haproxy_at(stats)).unwrap();
    eventually("it says what is wrong", || {
        service.log().contains("haproxy.stats: ")
    });
    haproxy.eventually_is_looked_at(4);
    (service, folder)
}

#[test]
fn a_wrong_stats_socket_is_not_taken_because_haproxy_restarts() {
    let haproxy = Haproxy::socket(says(up()));
    let (mut service, _folder) = edited_to_lead_to(&haproxy, "/nowhere/haproxy.sock");
    haproxy.turns(says(down()));
    service.eventually_withdraws();
    haproxy.turns(says(Vec::new()));
    // It is tried again each second.
    haproxy.eventually_is_looked_at(30);
    haproxy.turns(says(up()));
    service.eventually_announces();
    service.is_well();
}

#[test]
fn a_stats_socket_that_never_answers_is_asked_once_a_second_at_most() {
    let haproxy = Haproxy::socket(says(up()));
    let silent = Haproxy::socket(Arc::new(|_, _| thread::sleep(PATIENCE)));
    let (mut service, _folder) = edited_to_lead_to(&haproxy, silent.path());
    let begun = Instant::now();
    silent.eventually_is_looked_at(4);
    assert!(begun.elapsed() > Duration::from_secs(2));
    assert_eq!(service.routes().len(), 1);
    service.is_well();
}

#[test]
fn a_stats_socket_of_another_program_is_not_taken() {
    let haproxy = Haproxy::socket(says(up()));
    let other = Haproxy::socket(says(b"HTTP/1.0 400 Bad request\r\n\r\n".to_vec()));
    let (mut service, _folder) = edited_to_lead_to(&haproxy, other.path());
    assert!(
        service.log().contains("it speaks HTTP"),
        "{}",
        service.log()
    );
    assert_eq!(service.routes().len(), 1);
    service.is_well();
}
