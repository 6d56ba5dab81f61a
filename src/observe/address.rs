//! Whether an address is on this host.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use crate::files;

/// Whether the kernel would deliver packets for `address` to this host.
///
/// It is asked which source address it would use towards it: for an address of this host, that address itself. No
/// packet is sent. (A `bind` would not tell: it succeeds for any address where `ip_nonlocal_bind` is set.)
///
/// # Errors
/// The kernel gives no socket.
pub fn is_local(address: IpAddr) -> Result<bool, String> {
    let any: IpAddr =
        if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = match UdpSocket::bind((any, 0)) {
        Ok(socket) => socket,
        // A host without IPv6 has no IPv6 address.
        Err(error) if error.kind() == ErrorKind::Unsupported || error.raw_os_error() == Some(97) => {
            return Ok(false);
        }
        Err(error) => return Err(files::reason(&error)),
    };
    match socket.connect((address, 9)) {
        Ok(()) => {
            socket.local_addr().map(|local| local.ip() == address).map_err(|error| files::reason(&error))
        }
        // No way to it: it is not here.
        Err(_) => Ok(false),
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
