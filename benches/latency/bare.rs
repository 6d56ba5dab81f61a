//! The least that a program between HAProxy and ExaBGP must do, for comparison: one thread that waits for a datagram,
//! asks the stats socket once, and writes a line. It knows no rise, no hold, no acks, and no fault.

use std::io::{self, Read, Write};
use std::net::UdpSocket;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// The first argument.
pub const WORD: &str = "bare";

/// It looks this often by itself: HAProxy may not be done when it logs.
const POLL: Duration = Duration::from_millis(100);

/// `bare EVENTS STATS BACKEND ROUTE`
pub fn run(words: &[String]) -> Result<()> {
    let [events, stats, backend, route] = words else {
        bail!("bare EVENTS STATS BACKEND ROUTE")
    };
    let events =
        UdpSocket::bind(events).with_context(|| format!("failed to listen at {events}"))?;
    events.set_read_timeout(Some(POLL))?;
    // ExaBGP's answers, so that its pipe never fills. Its end is ours.
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(0);
    });
    let (question, mut told) = (format!("show stat {backend} 4 -1\n"), None);
    let mut answer = String::new();
    loop {
        answer.clear();
        let mut stream =
            UnixStream::connect(stats).with_context(|| format!("failed to connect to {stats}"))?;
        stream.write_all(question.as_bytes())?;
        stream.read_to_string(&mut answer)?;
        let up = answer.lines().any(serves);
        if told != Some(up) {
            let verb = if up { "announce" } else { "withdraw" };
            io::stdout().write_all(format!("{verb} {route}\n").as_bytes())?;
            told = Some(up);
        }
        let _ = events.recv(&mut [0; 1]);
    }
}

/// An active server's row that is up: field 18 is the status, 20 whether it is active.
fn serves(row: &str) -> bool {
    let mut fields = row.split(',').skip(17);
    fields.next().is_some_and(|status| status.starts_with("UP")) && fields.nth(1) == Some("1")
}
