//! HAProxy's log datagrams: `log 127.0.0.1:30514 format timed local0 notice`. Each one says: look now.
//!
//! What a datagram says is not read: anybody on this host can send one. A flood is one wake-up a millisecond at
//! most, and the watch bounds the looks further.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use log::{info, warn};

use super::page::short;

/// Between two wake-ups.
const PACE: Duration = Duration::from_millis(1);
/// Between two tries to bind a busy port: a predecessor that is leaving frees it in no time.
const RETRY: Duration = Duration::from_millis(100);
/// Tries before it is a warning.
const TRIES: u32 = 10;
/// How long a stopped listener may linger.
const LINGER: Duration = Duration::from_secs(1);
/// Datagrams that are thrown away at once after a wake-up.
const DRAINED: usize = 512;

/// A listening thread; it ends when this is dropped.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl Listener {
    /// Starts to listen. A busy port is reported once and tried again; the polls go on meanwhile.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(address: SocketAddr, wake: impl Fn() + Send + 'static) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        thread::Builder::new().name("events".to_owned()).spawn(move || listen(address, &stopped, &wake))?;
        Ok(Self { address, stop })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn listen(address: SocketAddr, stop: &AtomicBool, wake: &impl Fn()) {
    let mut tries: u32 = 0;
    while !stop.load(Ordering::Relaxed) {
        let result = UdpSocket::bind(address).and_then(|socket| {
            socket.set_read_timeout(Some(LINGER))?;
            if tries >= TRIES {
                info!("listening for HAProxy's events at {address}");
            }
            tries = 0;
            receive(&socket, stop, wake)
        });
        if let Err(error) = result {
            tries = tries.saturating_add(1);
            if tries == TRIES {
                warn!(
                    "cannot listen for HAProxy's events at {address} ({}), polling only, and trying again",
                    short(&error)
                );
            }
            thread::sleep(if tries < TRIES { RETRY } else { LINGER });
        }
    }
}

fn receive(socket: &UdpSocket, stop: &AtomicBool, wake: &impl Fn()) -> io::Result<()> {
    let mut byte = [0; 1];
    while !stop.load(Ordering::Relaxed) {
        match socket.recv(&mut byte) {
            // What arrives during the pause may have happened after the look began: it wakes again, once for all.
            Ok(_) => loop {
                wake();
                thread::sleep(PACE);
                if !drain(socket)? {
                    break;
                }
            },
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Throws away what arrived meanwhile, and says whether there was anything.
fn drain(socket: &UdpSocket) -> io::Result<bool> {
    socket.set_nonblocking(true)?;
    let mut byte = [0; 1];
    let drained = (0..DRAINED).take_while(|_| socket.recv(&mut byte).is_ok()).count();
    socket.set_nonblocking(false)?;
    Ok(drained > 0)
}
