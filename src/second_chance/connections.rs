//! The TCP connections that are there already, from `/proc/net/tcp` and `/proc/net/tcp6` (proc_pid_net(5)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use haproxy_rhi::route::{Family, Prefix};

/// LISTEN and TIME-WAIT, as the kernel numbers the states (`include/net/tcp_states.h`): no connection; one that the rules know without a
/// mark.
const IGNORED: [&str; 2] = ["0A", "06"];

/// A TCP connection of this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    /// This host's end.
    pub local: SocketAddr,
    /// The client's.
    pub remote: SocketAddr,
}

impl Connection {
    /// The family on the wire, which is IPv4 also where the socket is of IPv6.
    pub fn family(&self) -> Family {
        Family::of(self.local.ip())
    }
}

/// The connections to these prefixes, from the text of either file. A row that makes no sense is left out.
pub fn to(prefixes: &[Prefix], table: &str) -> Vec<Connection> {
    let rows = table.lines().skip(1).filter_map(|row| {
        let mut fields = row.split_whitespace().skip(1);
        let (local, remote, state) = (fields.next()?, fields.next()?, fields.next()?);
        if IGNORED.contains(&state) {
            return None;
        }
        Some(Connection {
            local: socket(local)?,
            remote: socket(remote)?,
        })
    });
    rows.filter(|row| {
        prefixes
            .iter()
            .any(|prefix| prefix.contains(row.local.ip()))
    })
    .collect()
}

/// `0109090A:0050`: the address in words of 32 bits, each in this machine's byte order, and the port.
fn socket(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let words: Option<Vec<[u8; 4]>> = address
        .as_bytes()
        .chunks(8)
        .map(|word| {
            let word = std::str::from_utf8(word)
                .ok()
                .filter(|word| word.len() == 8)?;
            u32::from_str_radix(word, 16).ok().map(u32::to_ne_bytes)
        })
        .collect();
    let bytes = words?.concat();
    let address: IpAddr = match bytes.len() {
        4 => Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).into(),
        // A socket of IPv6 may have a client of IPv4.
        _ => Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_canonical(),
    };
    Some(SocketAddr::new(
        address,
        u16::from_str_radix(port, 16).ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::{Connection, to};

    /// As a machine of the other byte order would write them, these rows would read otherwise.
    #[cfg(target_endian = "little")]
    #[test]
    fn connections_to_the_prefixes_are_read_and_listeners_and_others_are_not() {
        let table =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0
   1: 09090909:0050 0A00010A:C350 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0
   2: 09090909:0050 0A00010A:C351 06 00000000:00000000 00:00000000 00000000     0        0 0 3 0
   3: 469C10AC:0050 0A00010A:C352 01 00000000:00000000 00:00000000 00000000     0        0 4 1 0
   4: 09090909:0050 broken 01
";
        let prefixes = [
            "9.9.9.9/32".parse().unwrap(),
            "fd99::9/128".parse().unwrap(),
        ];
        let one = |local: &str, remote: &str| Connection {
            local: local.parse().unwrap(),
            remote: remote.parse().unwrap(),
        };
        assert_eq!(to(&prefixes, table), [one("9.9.9.9:80", "10.1.0.10:50000")]);

        let table = "head
   1: 0000000000000000FFFF000009090909:0050 0000000000000000FFFF00000A00010A:C350 01 0
   2: 000099FD000000000000000009000000:01BB 010000FD000000000000000010000000:C351 08 0
";
        let both = [
            one("9.9.9.9:80", "10.1.0.10:50000"),
            one("[fd99::9]:443", "[fd00:1::10]:50001"),
        ];
        assert_eq!(to(&prefixes, table), both);
    }
}
