//! A hostile ExaBGP: what it writes to stdin announces nothing, stops nothing and fills nothing.

use std::io::{BufRead, BufReader, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::Signal;

use super::exabgp::{Service, Setup};
use super::haproxy::{Haproxy, down, says, up};
use super::wait::{PATIENCE, eventually, within};

/// A process that has withdrawn the service, which is down, and what is written to it meanwhile.
fn withstands_with(setup: impl Fn(Setup) -> Setup, hostile: impl FnOnce(&mut Service)) {
    let haproxy = Haproxy::socket(says(down()));
    let mut service = setup(haproxy.setup()).start();
    service.eventually_withdraws();
    hostile(&mut service);
    service.write(b"\n");
    haproxy.eventually_is_looked_at(3);
    service.has_announced_nothing();
    service.is_well();
    haproxy.turns(says(up()));
    service.eventually_announces();
    service.is_well();
}

fn withstands(hostile: impl FnOnce(&mut Service)) {
    withstands_with(|setup| setup, hostile);
}

/// Whole lines, in pieces that a pipe takes as one, so that a sane answer may come between them.
fn write_lines(service: &Service, lines: impl Iterator<Item = String>) {
    let mut stdin = service.stdin();
    let mut piece = String::new();
    for line in lines {
        if piece.len() + line.len() + 1 > 4096 {
            stdin.write_all(piece.as_bytes()).unwrap();
            piece.clear();
        }
        piece.push_str(&line);
        piece.push('\n');
    }
    stdin.write_all(piece.as_bytes()).unwrap();
}

/// Writes the same lines until it is dropped.
struct Flood {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Flood {
    fn of(service: &Service, lines: &[String]) -> Self {
        let piece = format!("{}\n", lines.join("\n"));
        assert!(piece.len() <= 4096);
        let (mut stdin, over) = (service.stdin(), Arc::new(AtomicBool::new(false)));
        let stop = Arc::clone(&over);
        let thread = thread::spawn(move || {
            while !stop.load(Ordering::SeqCst) && stdin.write_all(piece.as_bytes()).is_ok() {}
        });
        Self {
            over,
            thread: Some(thread),
        }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn neighbors() -> impl Iterator<Item = String> {
    (0..100_000u32).map(|number| std::net::Ipv4Addr::from(0x0a00_0000 + number).to_string())
}

/// A line of the answer to `show adj-rib out extensive`.
fn held(rest: &str) -> String {
    format!(
        "neighbor 127.0.0.2 local-ip 127.0.0.1 local-as 65010 peer-as 65001 router-id 127.0.0.1 family-allowed in-open ipv4 unicast {rest}"
    )
}

#[test]
fn any_bytes_are_withstood() {
    withstands(|service| {
        let mut state = 1u32;
        let bytes: Vec<u8> = (0..4 << 20)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .collect();
        service.write(&bytes);
    });
}

#[test]
fn a_line_of_1_mib_is_withstood() {
    withstands(|service| service.write(&vec![b'x'; 1 << 20]));
}

#[test]
fn a_line_of_50_mib_is_withstood() {
    withstands(|service| {
        let piece = vec![b'{'; 1 << 20];
        (0..50).for_each(|_| service.write(&piece));
    });
}

#[test]
fn a_hundred_thousand_neighbors_that_come_up_are_withstood() {
    withstands(|service| {
        write_lines(
            service,
            neighbors().map(|name| format!("neighbor {name} up")),
        )
    });
}

#[test]
fn a_hundred_thousand_neighbors_that_go_down_and_come_up_are_withstood() {
    withstands(|service| {
        let lines = neighbors().flat_map(|name| {
            ["down - peer reset", "up"].map(|state| format!("neighbor {name} {state}"))
        });
        write_lines(service, lines);
    });
}

#[test]
fn a_flood_of_done_is_withstood() {
    withstands(|service| write_lines(service, (0..500_000).map(|_| "done".to_owned())));
}

#[test]
fn a_flood_of_error_is_withstood() {
    withstands(|service| write_lines(service, (0..500_000).map(|_| "error".to_owned())));
}

#[test]
fn a_flood_of_done_and_error_is_withstood() {
    withstands(|service| {
        write_lines(
            service,
            (0..200_000).flat_map(|_| ["done", "error"].map(str::to_owned)),
        )
    });
}

#[test]
fn versions_of_nobody_are_withstood() {
    withstands(|service| {
        let words = [
            "4.2.21",
            "5.0.15",
            "99999999999999999999",
            "-",
            "\u{1b}[31m",
            "3.4",
            "json",
            "x y z",
        ];
        write_lines(
            service,
            (0..20_000).map(|at| format!("exabgp {}", words[at % words.len()])),
        );
    });
}

#[test]
fn what_exabgp_holds_for_others_is_withstood() {
    withstands_with(
        |setup| setup.with("--read-back", "1s"),
        |service| {
            let routes = (0..50_000u32).map(|at| std::net::Ipv4Addr::from(0xc000_0000 + at));
            write_lines(
                service,
                routes.map(|address| held(&format!("{address}/32 next-hop 192.0.2.9 med 1"))),
            );
        },
    );
}

/// As often as a reading takes lines, each as long as a line may be.
#[test]
fn long_lines_of_what_exabgp_holds_are_withstood() {
    withstands_with(
        |setup| setup.with("--read-back", "1s"),
        |service| {
            let line = held(&format!(
                "9.9.9.8/32 next-hop 192.0.2.9 community [{} ]",
                " 1:1".repeat(15_000)
            ));
            let flood = (line + "\n").repeat(20);
            // A reading begins each second: 1,000 lines of 60 kB meet one.
            (0..50).for_each(|_| service.write(flood.as_bytes()));
        },
    );
}

#[test]
fn bytes_that_are_not_utf_8_are_withstood() {
    withstands(|service| {
        let lines = b"done\xff\nneighbor \xc3\x28 up\n\xf0\x9f\x92\nexabgp \xff\xfe\nneighbor 127.0.0.2 down - \x80\xff\n";
        service.write(&lines.repeat(10_000));
    });
}

#[test]
fn json_that_is_nested_without_end_is_withstood() {
    withstands(|service| {
        for (open, count) in [
            ("[", 100_000),
            ("{\"type\":", 100_000),
            ("[", 65_000),
            ("{\"a\":", 12_000),
            ("{\"type\":[", 7_000),
        ] {
            service.write(format!("{}\n", open.repeat(count)).as_bytes());
            service.write(format!("{{\"type\":{}\n", open.repeat(count / 10)).as_bytes());
        }
    });
}

#[test]
fn commands_in_messages_are_withstood() {
    withstands(|service| {
        let lines = [
            "announce route 9.9.9.9/32 next-hop 192.0.2.1",
            "neighbor 127.0.0.2 announce route 9.9.9.9/32 next-hop 192.0.2.1",
            "neighbor 127.0.0.2 down - \nannounce route 9.9.9.9/32 next-hop 192.0.2.1",
            "neighbor 127.0.0.2 up\r\nannounce route 9.9.9.9/32 next-hop 192.0.2.1",
            "{\"type\": \"state\", \"neighbor\": {\"address\": {\"peer\": \"127.0.0.3 announce route 9.9.9.9/32\"}, \"state\": \"up\"}}",
            "neighbor 127.0.0.2%announce up",
            "shutdown 1 1",
        ];
        write_lines(
            service,
            lines
                .iter()
                .cycle()
                .take(10_000)
                .map(|line| (*line).to_owned()),
        );
    });
}

#[test]
fn a_flood_does_not_hold_up_a_withdrawal() {
    let haproxy = Haproxy::socket(says(up()));
    let mut service = haproxy.setup().start();
    service.eventually_announces();
    let names: Vec<String> = neighbors().take(60).collect();
    let lines: Vec<String> = names
        .iter()
        .flat_map(|name| ["down", "up"].map(|state| format!("neighbor {name} {state}")))
        .collect();
    let flood = Flood::of(&service, &lines[..lines.len().min(100)]);
    thread::sleep(Duration::from_millis(500));
    haproxy.turns(says(down()));
    within(
        Duration::from_secs(3),
        "it withdraws while it is flooded",
        || {
            service
                .routes()
                .last()
                .is_some_and(|line| line.starts_with("withdraw"))
        },
    );
    drop(flood);
    haproxy.turns(says(up()));
    service.eventually_announces();
    service.is_well();
}

#[test]
fn a_flood_does_not_keep_it_from_leaving() {
    let haproxy = Haproxy::socket(says(up()));
    let mut service = haproxy.setup().start();
    service.eventually_announces();
    let _flood = Flood::of(
        &service,
        &vec!["neighbor 127.0.0.2 connected".to_owned(); 100],
    );
    let _other = Flood::of(&service, &vec!["done".to_owned(); 700]);
    thread::sleep(Duration::from_millis(300));
    service.signal(Signal::TERM);
    // ExaBGP 5.0 kills it after 2 s.
    service.leaves_within(Duration::from_millis(1800));
}

/// Its log may go where nobody reads: that must not keep it from reading what ExaBGP says.
#[test]
fn a_log_that_nobody_reads_does_not_hold_up_exabgp() {
    let haproxy = Haproxy::socket(says(down()));
    let mut service = haproxy.setup().without_a_reader_of_its_log().start();
    service.eventually_withdraws();
    let mut stdin = service.stdin();
    let writer = thread::spawn(move || {
        // Each is a line in the log.
        let lines = "neighbor 127.0.0.2 up\nneighbor 127.0.0.2 down - peer reset\n".repeat(60);
        (0..200).for_each(|_| stdin.write_all(lines.as_bytes()).unwrap());
    });
    within(PATIENCE, "it reads what ExaBGP says", || {
        writer.is_finished()
    });
    haproxy.turns(says(up()));
    service.eventually_announces();
    service.is_well();
}

/// Thousands of services may move at once, faster than a busy machine's journal reads.
#[test]
fn thousands_of_log_lines_at_once_are_all_written() {
    const SERVICES: usize = 3000;
    let haproxy = Haproxy::socket(says(up()));
    let service = |at: usize| {
        format!(
            r#""s{at}": {{"prefixes": ["10.1.{}.{}/32"], "next_hop": "192.0.2.1", "require_address": false, "rise": 1,
                "levels": [{{"name": "up", "when": {{"backend": {{"name": "http_back"}}}}}}]}}"#,
            at / 250,
            at % 250
        )
    };
    let services: Vec<String> = (0..SERVICES).map(service).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let (stats, services) = (haproxy.path(), services.join(","));
    let text = format!(
        r#"{{"haproxy": {{"stats": "{stats}", "timeout": "5s"}}, "services": {{{services}}}}}"#
    );
    std::fs::write(&file, text).unwrap();
    let mut service = Setup::of_file(&file).without_a_reader_of_its_log().start();
    eventually("every route is announced", || {
        service.routes().len() >= SERVICES
    });
    service.read_its_log();
    let lines = || service.log().matches(": not known yet -> up (").count();
    within(PATIENCE, "its log has every line", || lines() == SERVICES);
}

#[test]
fn it_leaves_when_exabgp_is_gone() {
    let haproxy = Haproxy::socket(says(up()));
    let mut service = haproxy.setup().start();
    service.eventually_announces();
    let said = service.routes();
    service.close_stdin();
    service.leaves_within(Duration::from_secs(2));
    assert_eq!(service.routes(), said, "nobody hears its last words");
}

#[test]
fn it_leaves_when_exabgp_is_gone_in_the_middle_of_a_line() {
    let haproxy = Haproxy::socket(says(up()));
    let mut service = haproxy.setup().start();
    service.write(&vec![b'x'; 100_000]);
    service.close_stdin();
    service.leaves_within(Duration::from_secs(2));
}

#[test]
fn it_leaves_when_nobody_reads_its_commands_any_more() {
    let haproxy = Haproxy::socket(says(up()));
    let (mut service, stdout) = haproxy.setup().start_unheard();
    let mut stdout = BufReader::new(stdout);
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "system version\n");
    drop(stdout);
    service.write(b"exabgp 5.0.15\ndone\n");
    service.leaves_within(Duration::from_secs(3));
}
