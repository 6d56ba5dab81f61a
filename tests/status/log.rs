//! The log's form: with the journal's priorities where the journal reads it, with the time elsewhere.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The lines of a run whose command line cannot be used, with stderr in a file and `JOURNAL_STREAM` as given.
fn log(stream: impl Fn(&std::fs::Metadata) -> Option<String>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stderr");
    let file = File::create(&path).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
    command
        .args(["run", "--backend", "http_back"])
        .env_remove("JOURNAL_STREAM");
    if let Some(stream) = stream(&file.metadata().unwrap()) {
        command.env("JOURNAL_STREAM", stream);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(file)
        .spawn()
        .unwrap();
    // ExaBGP is gone: so is the process.
    drop(child.stdin.take());
    child.wait().unwrap();
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_journal_gets_priorities_and_no_time() {
    let text = log(|data| Some(format!("{}:{}", data.dev(), data.ino())));
    assert!(
        text.starts_with("<3>haproxy-rhi: --prefix is missing"),
        "{text}"
    );
}

#[test]
fn a_file_beside_the_journal_gets_the_time() {
    // systemd sets the variable also where only stdout goes to the journal.
    for text in [
        log(|data| Some(format!("{}:{}", data.dev(), data.ino() + 1))),
        log(|_| None),
    ] {
        assert!(
            text.contains("Z haproxy-rhi: error: --prefix is missing"),
            "{text}"
        );
    }
}

/// A run with the log as JSON, until ExaBGP is gone: what it says to ExaBGP, and the log.
fn json_run(arguments: &[&str], until: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (log, said) = (folder.path().join("stderr"), folder.path().join("stdout"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
    command
        .args(["run", "--status-file", "/dev/null", "--log-format", "json"])
        .args(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(File::create(&log).unwrap());
    let mut child = command.spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut file = File::create(&said).unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut stdout, &mut file));
    let end = Instant::now() + Duration::from_secs(60);
    while !std::fs::read_to_string(&log).unwrap().contains(until) && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(child.stdin.take());
    child.wait().unwrap();
    reader.join().unwrap().unwrap();
    (
        std::fs::read_to_string(said).unwrap(),
        std::fs::read_to_string(log).unwrap(),
    )
}

/// Each line by itself.
fn objects(log: &str) -> Vec<serde_json::Value> {
    let lines: Vec<&str> = log.lines().collect();
    assert!(!lines.is_empty());
    let read =
        |line: &&str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let objects: Vec<serde_json::Value> = lines.iter().map(read).collect();
    for object in &objects {
        for key in ["time", "level", "program", "message"] {
            assert!(object[key].is_string(), "{key}: {object}");
        }
        let time = object["time"].as_str().unwrap();
        time.parse::<haproxy_rhi::report::moment::Moment>().unwrap();
    }
    objects
}

#[test]
fn each_line_of_a_run_is_one_json_object_whatever_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("a \"name\"\u{1b}[31m\nand more.json");
    let text = serde_json::json!({
        "haproxy": {"stats": folder.path().join("no \"socket\"\t\u{7}")},
        "services": {"web": {
            "prefixes": ["9.9.9.9/32"], "next_hop": "192.0.2.1", "unknown": {"hold": "0s"}, "require_address": false,
            "levels": [{"name": "up", "when": {"backend": {"name": "http_back"}}}]
        }},
        "hooks": [{"argv": ["/bin/sh", "-c", "printf 'it is \"so\"\\\\ \\001\\033[31m\\n' >&2"]}]
    });
    std::fs::write(&config, text.to_string()).unwrap();
    let (said, log) = json_run(&["--config", config.to_str().unwrap()], "says");
    let objects = objects(&log);
    let moved = objects
        .iter()
        .find(|object| object["service"] == "web")
        .unwrap();
    assert!(
        moved["message"]
            .as_str()
            .unwrap()
            .starts_with("service web: not known yet -> down"),
        "{moved}"
    );
    assert_eq!(moved["level"], "warning");
    let of_hook =
        |object: &&serde_json::Value| object["message"].as_str().unwrap().contains("it is \"so\"");
    assert!(objects.iter().any(|object| of_hook(&object)), "{log}");
    assert!(!said.contains('{'), "the log is on stdout: {said}");
}

#[test]
fn a_command_line_that_cannot_be_used_is_told_in_the_form_that_it_asks_for() {
    for form in [&["--log-format=json"][..], &["--log-format", "json"]] {
        let arguments = [&["--backend", "a \"b\"\n\u{1b}"], form].concat();
        let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
        command
            .arg("run")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let ended = command.spawn().unwrap().wait_with_output().unwrap();
        let objects = objects(&String::from_utf8(ended.stderr).unwrap());
        assert!(
            objects.iter().all(|object| object["level"] == "error"),
            "{objects:?}"
        );
        assert!(ended.stdout.is_empty());
    }
}
