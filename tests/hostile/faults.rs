//! Faults of its own: the process ends, and does not before ExaBGP may start another one.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::haproxy::{Haproxy, says, up};

/// Six starts in 64 s make ExaBGP quit.
const GUARD: Duration = Duration::from_secs(12);
/// Whatever else the machine does.
const LIMIT: Duration = Duration::from_secs(120);
/// sysexits(3): a fault of ours.
const SOFTWARE: i32 = 70;

#[test]
fn a_loop_that_is_stuck_ends_the_process() {
    let haproxy = Haproxy::socket(says(up()));
    let mut service = haproxy.setup().with_a_fault("stuck").start();
    service.eventually_announces();
    let (said, begun) = (service.said().len(), Instant::now());
    service.signal(Signal::USR2);
    service.ends_within(LIMIT, SOFTWARE);
    assert!(begun.elapsed() > GUARD);
    assert!(
        service
            .log()
            .contains("stuck for 30 s, which is a fault of ours"),
        "{}",
        service.log()
    );
    // The next one states everything; until then the route stays.
    assert_eq!(service.said().len(), said);
}

#[test]
fn a_loop_that_is_stuck_ends_the_process_though_nobody_reads_its_log() {
    let haproxy = Haproxy::socket(says(up()));
    let mut service = haproxy
        .setup()
        .with_a_fault("stuck")
        .without_a_reader_of_its_log()
        .start();
    service.eventually_announces();
    service.signal(Signal::USR2);
    service.ends_within(LIMIT, SOFTWARE);
}

/// ExaBGP goes on writing: it is read from until the process ends, whichever thread was in the middle of a read.
#[test]
fn a_panic_ends_the_process_after_the_respawn_guard_and_exabgp_never_waits() {
    let haproxy = Haproxy::socket(says(up()));
    let mut service = haproxy.setup().with_a_fault("panic").start();
    service.eventually_announces();
    let (mut stdin, begun) = (service.stdin(), Instant::now());
    let writer = thread::spawn(move || {
        let mut slowest = Duration::ZERO;
        while begun.elapsed() < GUARD {
            let now = Instant::now();
            stdin
                .write_all(&b"neighbor 127.0.0.2 connected\n".repeat(100))
                .unwrap();
            slowest = slowest.max(now.elapsed());
            thread::sleep(Duration::from_millis(1));
        }
        slowest
    });
    service.signal(Signal::USR2);
    let slowest = writer.join().unwrap();
    service.ends_within(LIMIT, SOFTWARE);
    assert!(begun.elapsed() > GUARD);
    assert!(
        slowest < Duration::from_secs(5),
        "ExaBGP waited for {slowest:?}"
    );
    assert!(
        service.log().contains("internal error, please report it"),
        "{}",
        service.log()
    );
}
