//! HAProxy's log datagrams: `log 127.0.0.1:30514 format timed local0 notice`, or a unix socket inside its chroot. Each
//! one says: look now.
//!
//! What a datagram says is not read: anybody on this host can send one. The thread that hears it looks itself, at
//! once; a flood is a bounded number of looks, and what arrives during one is one more.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use log::{info, warn};
use rustix::net::{RecvFlags, recv};

use crate::config::EventsAddress;
use crate::files;
use crate::means::Means;
use crate::program::Credits;

/// Between two tries to bind a busy port: a predecessor that is leaving frees it in no time.
const RETRY: Duration = Duration::from_millis(100);
/// Tries before it is a warning.
const TRIES: u32 = 10;
/// How long a stopped listener may linger.
const LINGER: Duration = Duration::from_secs(1);
/// Datagrams that are thrown away at once before a look.
const DRAINED: usize = 512;

/// A listening thread; it ends when this is dropped.
#[derive(Debug)]
pub struct Listener {
    address: EventsAddress,
    means: Means,
    stop: Arc<AtomicBool>,
}

impl Listener {
    /// Starts to listen. A busy port is reported once and tried again; the polls go on meanwhile.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(address: EventsAddress, look: impl Fn() + Send + 'static) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let means = Means::new(&address);
        let (stopped, at, used) = (Arc::clone(&stop), address.clone(), means.clone());
        thread::Builder::new()
            .name("events".to_owned())
            .spawn(move || listen(&at, &stopped, &used, &look))?;
        Ok(Self { address, means, stop })
    }

    /// Each datagram that leads to a look is a use.
    pub fn means(&self) -> &Means {
        &self.means
    }

    /// Where it listens.
    pub fn address(&self) -> &EventsAddress {
        &self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn listen(address: &EventsAddress, stop: &AtomicBool, means: &Means, look: &impl Fn()) {
    let mut tries: u32 = 0;
    while !stop.load(Ordering::Relaxed) {
        let result = Socket::bind(address).and_then(|socket| {
            if tries >= TRIES {
                info!("listening for HAProxy's events at {address}");
            }
            tries = 0;
            means.works();
            receive(&socket, stop, means, look)
        });
        if let Err(error) = result {
            means.failed(files::reason(&error));
            tries = tries.saturating_add(1);
            if tries == TRIES {
                let why = files::reason(&error);
                warn!(
                    "cannot listen for HAProxy's events at {address} ({why}); changes are seen at the next look only; trying again"
                );
            }
            thread::sleep(if tries < TRIES { RETRY } else { LINGER });
        }
    }
}

/// A socket of either kind.
enum Socket {
    Udp(UdpSocket),
    Unix(UnixDatagram),
}

impl Socket {
    fn bind(address: &EventsAddress) -> io::Result<Self> {
        match address {
            EventsAddress::Udp(address) => bind_udp(*address).map(Self::Udp),
            EventsAddress::Unix(path) => bind_unix(path.as_path()).map(Self::Unix),
        }
    }

    fn receive(&self) -> io::Result<()> {
        let mut byte = [0; 1];
        match self {
            Self::Udp(socket) => socket.recv(&mut byte),
            Self::Unix(socket) => socket.recv(&mut byte),
        }
        .map(drop)
    }

    /// Takes one that is there already.
    fn take(&self) -> bool {
        let (mut byte, flags) = ([0; 1], RecvFlags::DONTWAIT);
        match self {
            Self::Udp(socket) => recv(socket, &mut byte, flags),
            Self::Unix(socket) => recv(socket, &mut byte, flags),
        }
        .is_ok()
    }
}

fn bind_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_read_timeout(Some(LINGER))?;
    Ok(socket)
}

/// A socket that a predecessor left is replaced, nothing else: at one that lives, another process listens, or HAProxy answers
/// commands. HAProxy, which is another user, may write to it.
fn bind_unix(path: &Path) -> io::Result<UnixDatagram> {
    if fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_socket()) {
        match UnixDatagram::unbound()?.connect(path) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Ok(()) => return Err(io::Error::new(ErrorKind::AddrInUse, "another process listens there")),
            Err(_) => {
                return Err(io::Error::new(ErrorKind::AddrInUse, "the socket there is another program's"));
            }
        }
    }
    let socket = UnixDatagram::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o666))?;
    socket.set_read_timeout(Some(LINGER))?;
    Ok(socket)
}

fn receive(socket: &Socket, stop: &AtomicBool, means: &Means, look: &impl Fn()) -> io::Result<()> {
    let mut credits = Credits::new(Instant::now());
    while !stop.load(Ordering::Relaxed) {
        match socket.receive() {
            Ok(()) => {
                means.used();
                let now = Instant::now();
                let wait = credits.ready(now).saturating_duration_since(now);
                if !wait.is_zero() {
                    thread::sleep(wait);
                    credits.ready(Instant::now());
                }
                credits.spend();
                // What has arrived by now is seen by this look; what comes later deserves another one.
                (0..DRAINED).take_while(|_| socket.take()).for_each(drop);
                look();
            }
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

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn only_a_socket_at_which_nobody_listens_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.sock");
        let first = bind_unix(&path).unwrap();
        assert_eq!(bind_unix(&path).unwrap_err().to_string(), "another process listens there");
        UnixDatagram::unbound().unwrap().send_to(b"x", &path).unwrap();
        assert_eq!(first.recv(&mut [0; 1]).unwrap(), 1);
        drop(first);
        let second = bind_unix(&path).unwrap();
        UnixDatagram::unbound().unwrap().send_to(b"x", &path).unwrap();
        assert_eq!(second.recv(&mut [0; 1]).unwrap(), 1);
    }

    #[test]
    fn a_socket_that_answers_commands_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stats.sock");
        let _haproxy = UnixListener::bind(&path).unwrap();
        assert_eq!(bind_unix(&path).unwrap_err().to_string(), "the socket there is another program's");
        assert!(std::os::unix::net::UnixStream::connect(&path).is_ok());
    }

    #[test]
    fn what_is_no_socket_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "mine").unwrap();
        assert_eq!(bind_unix(&path).unwrap_err().kind(), ErrorKind::AddrInUse);
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    }
}
