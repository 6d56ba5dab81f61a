//! Floods of HAProxy's events.

use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{Duration, Instant};

use super::haproxy::{Haproxy, down, says, up};

/// Datagrams of a flood, and how long it lasts.
const DATAGRAMS: u32 = 200_000;
const FLOOD: Duration = Duration::from_secs(2);
/// Looks meanwhile: ten at once, then one in 50 ms, and those at the interval.
const MOST_LOOKS: usize = 10 + 40 + 25;
/// Processor time meanwhile.
const MOST_TIME: Duration = Duration::from_millis(1200);

/// A port that was free just now.
fn port() -> u16 {
    UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

#[test]
fn a_flood_of_events_is_a_bounded_number_of_looks() {
    let address = format!("127.0.0.1:{}", port());
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    // A full buffer at the other end refuses nothing: the datagram is lost.
    withstands_a_flood(&address, |event| drop(sender.send_to(event, &address)));
}

#[test]
fn a_flood_of_events_at_a_path_is_a_bounded_number_of_looks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.sock");
    let sender = UnixDatagram::unbound().unwrap();
    // HAProxy does not wait for room either.
    sender.set_nonblocking(true).unwrap();
    withstands_a_flood(path.to_str().unwrap(), |event| {
        drop(sender.send_to(event, Path::new(&path)))
    });
}

#[test]
fn a_dry_run_takes_no_event_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.sock");
    let haproxy = Haproxy::socket(says(up()));
    let setup = || haproxy.setup().with("--events", path.to_str().unwrap());
    let (_dry, stdout) = setup().dry().start_unheard();
    let would_say = BufReader::new(stdout)
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains("announce"));
    assert!(would_say, "the dry run shows nothing");
    // Only an event makes it look.
    let service = setup().with("--interval", "10m").start();
    service.eventually_announces();
    // The looks that follow another are over.
    std::thread::sleep(Duration::from_secs(1));

    haproxy.turns(says(down()));
    UnixDatagram::unbound()
        .unwrap()
        .send_to(b"x", &path)
        .unwrap();
    service.eventually_withdraws();
}

fn withstands_a_flood(address: &str, send: impl Fn(&[u8])) {
    let haproxy = Haproxy::socket(says(up()));
    let setup = haproxy.setup().with("--events", address);
    let mut service = setup
        .with("--interval", "1s")
        .with("--fast-interval", "100ms")
        .start();
    service.eventually_announces();
    let said = service.routes();

    let (looks, time, begun) = (haproxy.looks(), service.processor_time(), Instant::now());
    let mut sent = 0u32;
    while sent < DATAGRAMS && begun.elapsed() < FLOOD {
        let event = [b'x'; 100];
        for length in [0, 1, 100, 50] {
            send(&event[..length]);
            sent += 1;
        }
    }
    std::thread::sleep(FLOOD.saturating_sub(begun.elapsed()));
    let (looks, time) = (haproxy.looks() - looks, service.processor_time() - time);
    assert!(sent > 1000, "{sent} datagrams are no flood");
    assert!(
        (5..=MOST_LOOKS).contains(&looks),
        "{looks} looks at {sent} events"
    );
    assert!(
        time <= MOST_TIME,
        "{} ms of processor time for {sent} events",
        time.as_millis()
    );
    assert_eq!(service.routes(), said);

    haproxy.turns(says(down()));
    send(b"x");
    service.eventually_withdraws();
    service.is_well();
}
