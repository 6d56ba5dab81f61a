//! HAProxy's log datagrams: `log 127.0.0.1:30514 format timed local0 notice`, or a unix socket inside its chroot. Each
//! one says: look now.
//!
//! What a datagram says is not read: anybody on this host can send one.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{Duration, Instant};

use log::{info, warn};
use rustix::net::{RecvFlags, recv};

use crate::config::EventsAddress;
use crate::files;
use crate::means::Means;

/// Between two tries to bind a busy port: a predecessor that is leaving frees it in no time.
const RETRY: Duration = Duration::from_millis(100);
/// Tries before it is a warning.
const TRIES: u32 = 10;
/// The same after so many tries.
const LONG_RETRY: Duration = Duration::from_secs(1);
/// The most datagrams that are discarded at once, before a look.
const DISCARDED: usize = 512;

/// The socket for HAProxy's datagrams, or when to try to bind it.
#[derive(Debug)]
pub(super) struct Datagrams {
    address: EventsAddress,
    means: Means,
    socket: Result<Socket, Instant>,
    tries: u32,
}

impl Datagrams {
    /// Not bound yet. Each take of datagrams is a use of `means`.
    pub fn new(address: EventsAddress, means: Means) -> Self {
        Self {
            address,
            means,
            socket: Err(Instant::now()),
            tries: 0,
        }
    }

    /// The address of the socket.
    pub fn address(&self) -> &EventsAddress {
        &self.address
    }

    /// The socket, which becomes readable when a datagram arrives.
    pub fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().ok().map(AsFd::as_fd)
    }

    /// When to try to bind the socket.
    pub fn retry(&self) -> Option<Instant> {
        self.socket.as_ref().err().copied()
    }

    /// Binds the socket, if a try is due. A busy port is reported once and tried again; the polls go on meanwhile.
    pub fn open(&mut self) {
        if self.retry().is_none_or(|retry| Instant::now() < retry) {
            return;
        }
        match Socket::bind(&self.address) {
            Ok(socket) => {
                if self.tries >= TRIES {
                    info!("listening for HAProxy's events at {}", self.address);
                }
                (self.socket, self.tries) = (Ok(socket), 0);
                self.means.works();
            }
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&mut self, error: &io::Error) {
        let why = files::reason(error);
        self.means.failed(&why);
        self.tries = self.tries.saturating_add(1);
        if self.tries == TRIES {
            warn!(
                "cannot listen for HAProxy's events at {} ({why}); changes are seen at the next look only; trying again",
                self.address
            );
        }
        self.socket = Err(Instant::now()
            + if self.tries < TRIES {
                RETRY
            } else {
                LONG_RETRY
            });
    }

    /// Takes what has arrived.
    pub fn take(&mut self) {
        let Ok(socket) = &self.socket else { return };
        self.means.used();
        let taken = (0..DISCARDED).map(|_| socket.take()).find_map(Result::err);
        if let Some(error) = taken.filter(|error| error.kind() != ErrorKind::WouldBlock) {
            self.failed(&error);
        }
    }
}

/// A socket of either kind.
#[derive(Debug)]
enum Socket {
    Udp(UdpSocket),
    Unix(UnixDatagram),
}

impl Socket {
    fn bind(address: &EventsAddress) -> io::Result<Self> {
        match address {
            EventsAddress::Udp(address) => UdpSocket::bind(address).map(Self::Udp),
            EventsAddress::Unix(path) => bind_unix(path.as_path()).map(Self::Unix),
        }
    }

    fn take(&self) -> io::Result<()> {
        let (mut byte, flags) = ([0; 1], RecvFlags::DONTWAIT);
        recv(self, &mut byte, flags)?;
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Udp(socket) => socket.as_fd(),
            Self::Unix(socket) => socket.as_fd(),
        }
    }
}

/// Replaces a socket that an earlier process left, and nothing else: at a live socket another process listens, or
/// HAProxy answers commands. HAProxy, which runs as another user, may write to the new one.
fn bind_unix(path: &Path) -> io::Result<UnixDatagram> {
    if fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_socket()) {
        match UnixDatagram::unbound()?.connect(path) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Ok(()) => {
                return Err(io::Error::new(
                    ErrorKind::AddrInUse,
                    "another process listens there",
                ));
            }
            Err(_) => {
                return Err(io::Error::new(
                    ErrorKind::AddrInUse,
                    "the socket there is another program's",
                ));
            }
        }
    }
    let socket = UnixDatagram::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o666))?;
    Ok(socket)
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
        assert_eq!(
            bind_unix(&path).unwrap_err().to_string(),
            "another process listens there"
        );
        UnixDatagram::unbound()
            .unwrap()
            .send_to(b"x", &path)
            .unwrap();
        assert_eq!(first.recv(&mut [0; 1]).unwrap(), 1);
        drop(first);
        let second = bind_unix(&path).unwrap();
        UnixDatagram::unbound()
            .unwrap()
            .send_to(b"x", &path)
            .unwrap();
        assert_eq!(second.recv(&mut [0; 1]).unwrap(), 1);
    }

    #[test]
    fn a_socket_that_answers_commands_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stats.sock");
        let _haproxy = UnixListener::bind(&path).unwrap();
        assert_eq!(
            bind_unix(&path).unwrap_err().to_string(),
            "the socket there is another program's"
        );
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
