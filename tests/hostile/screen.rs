//! `status --region` against pages that lie: no listener, however hostile, holds the screen up for long, floods it, has the
//! terminal obey, or is taken for an NVA that is well.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const SAMPLE: &str = include_str!("../../src/report/status/sample.json");
/// Sources are read for 2.5 s at most; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A page: how each connection is served whose question has been read. Its URL.
fn page(serve: impl Fn(&mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://{}/haproxy-rhi-status",
        listener.local_addr().unwrap()
    );
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let mut question = [0; 1024];
            let _ = connection.read(&mut question);
            serve(&mut connection);
        }
    });
    url
}

fn answer(body: &[u8]) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
    [format!("{head}{}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

fn says(bytes: Vec<u8>) -> String {
    page(move |connection| drop(connection.write_all(&bytes)))
}

fn screen(arguments: &[&str]) -> Output {
    let begun = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_haproxy-rhi"));
    let output = command.arg("status").args(arguments).output().unwrap();
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    output
}

/// What is shown of one page; it is never well, and never more than a screen.
fn shown(url: &str) -> String {
    let output = screen(&["--region", &format!("north={url}")]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.len() < 20_000, "{} bytes", text.len());
    let obeyed = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
    assert!(!text.contains(obeyed), "{text:?}");
    text.replace("\n  ", " ")
}

/// The sample, written just now, with this changed in it.
fn sample(change: impl Fn(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_str(SAMPLE).unwrap();
    change(&mut value);
    value.to_string().into_bytes()
}

#[test]
fn what_is_no_status_is_said_so_and_why() {
    let long = vec![b' '; 70_000];
    let deep = "[".repeat(60_000).into_bytes();
    let cut = [&answer(&[b' '; 100])[..120]].concat();
    for (bytes, why) in [
        (answer(b""), "its page is empty"),
        (
            answer(b"<html>ok</html>"),
            "is it the page of status_variable?",
        ),
        (answer(br#"{"format": 1}"#), "no status of haproxy-rhi's"),
        (
            answer(br#"{"format": 2}"#),
            "it has format 2, and this haproxy-rhi reads 1",
        ),
        (answer(&deep), "no status of haproxy-rhi's"),
        (answer(&long), "longer than 65536 bytes"),
        (cut, "no status: "),
        (
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_vec(),
            "HTTP status 403",
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n".to_vec(),
            "HTTP status 302",
        ),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), "no status: "),
        (Vec::new(), "no status: "),
    ] {
        let text = shown(&says(bytes));
        assert!(
            text.contains(why) && text.contains("unreachable"),
            "{why}: {text}"
        );
    }
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    assert!(shown(&format!("http://{closed}/")).contains("refused"));
}

#[test]
fn pages_without_an_end_are_left_and_hold_up_no_other() {
    let endless = page(|connection| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while connection.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let heads = page(|connection| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\n");
        while connection
            .write_all(b"X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")
            .is_ok()
        {}
    });
    let slow = page(|connection| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while connection.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    });
    let silent = page(|_| thread::sleep(PATIENCE * 10));
    let well = says(answer(&sample(|_| ())));
    let urls = [&endless, &heads, &slow, &silent, &well];
    let sources: Vec<String> = urls
        .iter()
        .enumerate()
        .map(|(index, url)| format!("r{index}={url}"))
        .collect();
    let arguments: Vec<&str> = sources
        .iter()
        .flat_map(|source| ["--region", source])
        .collect();
    let output = screen(&[&arguments[..], &["--json"]].concat());
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let states: Vec<&str> = value["nvas"]
        .as_array()
        .unwrap()
        .iter()
        .map(|nva| nva["state"].as_str().unwrap())
        .collect();
    // The sample is of long ago.
    assert_eq!(
        states,
        [
            "unreachable",
            "unreachable",
            "unreachable",
            "unreachable",
            "stuck"
        ]
    );
    assert_eq!(value["outcome"], "unknown");
}

#[test]
fn no_word_of_a_page_moves_the_terminal_or_fills_it() {
    let evil = format!("\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}\r\n{}", "A".repeat(3000));
    let text = shown(&says(answer(&sample(|value| {
        let service = &mut value["services"][0];
        for key in ["name", "standing", "why"] {
            service[key] = json!(evil);
        }
        service["siblings"][0]["sibling"] = json!(evil);
        service["siblings"][0]["why"] = json!(evil);
        service["routes"][0]["prefix"] = json!(evil);
        service["routes"][0]["next_hop"] = json!(evil);
        value["process"]["version"] = json!(evil);
        value["exabgp"]["neighbors"][0]["neighbor"] = json!(evil);
        value["exabgp"]["neighbors"][0]["up"] = json!(false);
    }))));
    assert!(text.contains("[2J") && text.contains('…'), "{text}");
}

#[test]
fn a_date_of_the_future_and_a_heart_that_beats_once_a_year_are_not_believed() {
    let ahead = sample(|value| value["heartbeat"] = json!("2199-01-01T00:00:00.000Z"));
    assert!(shown(&says(answer(&ahead))).contains("a clock is wrong, there or here"));
    let lazy = sample(|value| value["heartbeat_every_seconds"] = json!(u64::MAX));
    assert!(shown(&says(answer(&lazy))).contains("is stuck or stopped"));
    // Its process number is not this machine's.
    let ours = std::fs::read_link("/proc/self/ns/pid").unwrap();
    let here = sample(|value| value["process"]["pid_namespace"] = json!(ours));
    assert!(shown(&says(answer(&here))).contains("is stuck or stopped"));
}

#[test]
fn a_file_that_is_none_is_unreadable_and_a_pipe_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.status.json");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for (place, why) in [
        (pipe.to_str().unwrap(), "pipe"),
        ("/dev/zero", "device"),
        ("/no/such.status.json", "no such file or directory"),
    ] {
        let output = screen(&["--region", &format!("north={place}")]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(
            text.contains("unreadable") && text.to_lowercase().contains(why),
            "{why}: {text}"
        );
    }
}
