//! `status --watch`: blocks in a pipe, a screen that is drawn anew on a terminal, and its end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use haproxy_rhi_lab::eventually;

use crate::stage::PATIENCE;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/status/sample.json");

fn watch(program: &str, arguments: &[&str], no_color: bool) -> Child {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_remove("NO_COLOR")
        .env("TERM", "xterm")
        .stdin(Stdio::null());
    if no_color {
        command.env("NO_COLOR", "1");
    }
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// On a terminal: what it draws, up to so many times from the top.
fn drawn(no_color: bool) -> String {
    let shown = format!(
        "{} status --watch --status-file {SAMPLE}",
        env!("CARGO_BIN_EXE_haproxy-rhi")
    );
    let mut script = watch("script", &["-qefc", &shown, "/dev/null"], no_color);
    let mut stdout = script.stdout.take().unwrap();
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    while String::from_utf8_lossy(&text).matches("\u{1b}[H").count() < 3 {
        let count = stdout.read(&mut buffer).unwrap();
        assert!(count > 0, "it ended: {}", String::from_utf8_lossy(&text));
        text.extend(&buffer[..count]);
    }
    // The terminal goes, and with it what runs on it.
    script.kill().unwrap();
    script.wait().unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn in_a_pipe_it_prints_plain_blocks_until_nobody_reads() {
    let arguments = ["status", "--watch", "--status-file", SAMPLE];
    let mut child = watch(env!("CARGO_BIN_EXE_haproxy-rhi"), &arguments, false);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let (mut heads, mut line) = (0, String::new());
    while heads < 3 {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended");
        assert!(!line.contains('\u{1b}'), "{line:?}");
        heads += usize::from(line.starts_with("haproxy-rhi "));
    }
    drop(stdout);
    let ended = eventually(PATIENCE, "its end", || {
        child
            .try_wait()?
            .ok_or_else(|| anyhow::anyhow!("it goes on"))
    });
    assert_eq!(ended.unwrap().code(), Some(0));
}

#[test]
fn all_regions_are_watched_alike() {
    let source = format!("north={SAMPLE}");
    let arguments = ["status", "--watch", "--region", &source];
    let mut child = watch(env!("CARGO_BIN_EXE_haproxy-rhi"), &arguments, false);
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let lines = stdout.lines().map(Result::unwrap);
    let heads = lines.filter(|line| {
        assert!(!line.contains('\u{1b}'), "{line:?}");
        line.starts_with("REGION  NVA ")
    });
    assert_eq!(heads.take(3).count(), 3);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn as_json_it_is_a_line_each_time() {
    let arguments = ["status", "--watch", "--json", "--status-file", SAMPLE];
    let mut child = watch(env!("CARGO_BIN_EXE_haproxy-rhi"), &arguments, false);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..2 {
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        // The sample is of long ago, and of another machine.
        assert_eq!(
            (&value["outcome"], &value["processes"][0]["state"]),
            (&"unknown".into(), &"stuck".into())
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn on_a_terminal_the_screen_is_drawn_anew_in_colours_unless_they_are_unwelcome() {
    let text = drawn(false);
    assert!(
        text.contains("\u{1b}[1;33m! process 4194305 is stuck"),
        "{text}"
    );
    let text = drawn(true);
    assert!(
        text.contains("! process 4194305 is stuck") && !text.contains("\u{1b}[1;"),
        "{text}"
    );
}
