//! Whether an address is on this host, and the kernel's word (rtnetlink) that this may have changed.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};

use crate::files;

/// Of linux/rtnetlink.h: addresses of both families (`RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV6_IFADDR`). An interface that goes takes its
/// addresses along, each with a message.
const GROUPS: u32 = 0x10 | 0x100;
/// Messages that are thrown away at once.
const DRAINED: usize = 512;

/// Whether the kernel would deliver packets for `address` to this host.
///
/// It is asked which source address it would use towards it: for an address of this host, that address itself. No
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

/// What becomes readable when an address comes or goes. It takes no permission.
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

/// Takes what has arrived. What it says is not read: each message means that it is time to look.
///
/// # Errors
/// The socket works no more.
pub(super) fn take(socket: &OwnedFd) -> io::Result<()> {
    let taken = |_| recv(socket, &mut [0; 1], RecvFlags::empty()).map(drop);
    match (0..DRAINED).map(taken).find_map(Result::err) {
        // More came than fits (ENOBUFS): something happened.
        None | Some(Errno::AGAIN | Errno::INTR | Errno::NOBUFS) => Ok(()),
        Some(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_address_is_on_this_host_and_a_documentation_address_is_not() {
        assert_eq!(is_local("127.0.0.1".parse().unwrap()), Ok(true));
        assert_eq!(is_local("192.0.2.1".parse().unwrap()), Ok(false));
        assert_eq!(is_local("2001:db8::1".parse().unwrap()), Ok(false));
    }
}
