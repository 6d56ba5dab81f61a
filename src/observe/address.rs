//! Whether an address is on this host, and the kernel's messages (rtnetlink) that this may have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};

use crate::files;

/// Of linux/rtnetlink.h: addresses of both families (`RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV6_IFADDR`). An interface that goes takes its
/// addresses along, each with a message.
const GROUPS: u32 = 0x10 | 0x100;
/// The most messages that are discarded at once.
const DISCARDED: usize = 512;
/// What was read so soon after a change is not cached: the kernel sends its message before its tables have followed.
const UNSURE: Duration = Duration::from_secs(1);
/// How long a reading is cached. It depends on routes too, whose changes the kernel is not asked to report.
const BELIEVED: Duration = Duration::from_secs(10);

/// Whether each address is on this host.
pub(super) type Readings = BTreeMap<IpAddr, Result<bool, String>>;

/// The last reading of the addresses, cached for as long as the kernel reports no change.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// When the kernel reported a change last, or began to report; absent: it reports none.
    told: Option<Instant>,
    read: Option<(Instant, Readings)>,
}

impl State {
    fn believed(&self, now: Instant) -> Option<Readings> {
        let (told, (at, readings)) = (self.told?, self.read.as_ref()?);
        let is_sure = *at >= told + UNSURE && now < *at + BELIEVED;
        (is_sure && readings.values().all(Result::is_ok)).then(|| readings.clone())
    }
}

impl Known {
    /// The kernel reported a change then, or begins to report. Absent: it reports none any more.
    pub fn told(&self, at: Option<Instant>) {
        self.state().told = at;
    }

    /// Whether these are on this host. Each call must have the same ones.
    pub fn read(&self, addresses: &BTreeSet<IpAddr>) -> Readings {
        let now = Instant::now();
        let believed = self.state().believed(now);
        believed.unwrap_or_else(|| {
            let asked = addresses.iter().map(|one| (*one, is_local(*one)));
            let readings: Readings = asked.collect();
            self.state().read = Some((now, readings.clone()));
            readings
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the kernel would deliver packets for `address` to this host.
///
/// The kernel is asked for the source address towards `address`: for an address of this host, that address itself. No
/// packet is sent. (A `bind` would not tell: it succeeds for any address where `ip_nonlocal_bind` is set.)
///
/// # Errors
/// The kernel gives no socket.
pub fn is_local(address: IpAddr) -> Result<bool, String> {
    let any: IpAddr = if address.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    };
    let socket = match UdpSocket::bind((any, 0)) {
        Ok(socket) => socket,
        // A host without IPv6 has no IPv6 address.
        Err(error)
            if error.kind() == ErrorKind::Unsupported || error.raw_os_error() == Some(97) =>
        {
            return Ok(false);
        }
        Err(error) => return Err(files::reason(&error)),
    };
    match socket.connect((address, 9)) {
        Ok(()) => socket
            .local_addr()
            .map(|local| local.ip() == address)
            .map_err(|error| files::reason(&error)),
        // No way to it: it is not here.
        Err(_) => Ok(false),
    }
}

/// A socket that becomes readable when an address comes or goes. It needs no permission.
///
/// # Errors
/// The kernel gives no such socket.
pub(super) fn changes() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    // NETLINK_ROUTE is 0.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
    Ok(socket)
}

/// Discards the messages that have arrived: each only means that it is time to look.
///
/// # Errors
/// The socket works no more.
pub(super) fn take(socket: &OwnedFd) -> io::Result<()> {
    let taken = |_| recv(socket, &mut [0; 1], RecvFlags::empty()).map(drop);
    match (0..DISCARDED).map(taken).find_map(Result::err) {
        // More came than fits (ENOBUFS): something happened.
        None | Some(Errno::AGAIN | Errno::INTR | Errno::NOBUFS) => Ok(()),
        Some(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_believed_until_the_kernel_tells_of_a_change_and_where_it_tells() {
        let start = Instant::now() + Duration::from_secs(1000);
        let at = |millis| start + Duration::from_millis(millis);
        let is_believed = |told: Option<u64>, read, now| {
            let readings = Readings::from([("127.0.0.1".parse().unwrap(), Ok(true))]);
            let state = State {
                told: told.map(at),
                read: Some((at(read), readings)),
            };
            state.believed(at(now)).is_some()
        };
        assert!(is_believed(Some(0), 1000, 10_999));
        assert!(!is_believed(Some(0), 1000, 11_000));
        assert!(!is_believed(Some(0), 999, 1500));
        assert!(!is_believed(Some(2000), 1000, 2000));
        assert!(!is_believed(None, 1000, 2000));
    }

    #[test]
    fn a_loopback_address_is_on_this_host_and_a_documentation_address_is_not() {
        assert_eq!(is_local("127.0.0.1".parse().unwrap()), Ok(true));
        assert_eq!(is_local("192.0.2.1".parse().unwrap()), Ok(false));
        assert_eq!(is_local("2001:db8::1".parse().unwrap()), Ok(false));
    }
}
