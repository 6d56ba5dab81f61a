//! The words of routing: prefix, next hop, as-path and the other attributes.
//! In comes text, of a flag or of a file.
//! Out goes a type that cannot hold a wrong value, or what is wrong with the text.
//!
//! Every value that reaches ExaBGP is one of these. A wrong one is refused where it is read (a flag, a key of
//! the configuration), since ExaBGP accepts some of them and then resets its sessions for ever: an AS number
//! over 32 bits, for one.

mod attributes;
mod community;
mod number;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub use attributes::Attributes;
pub use community::{Community, ExtendedCommunity, LargeCommunity};
pub use number::{AsPath, Asn, LocalPreference, Med, Origin, PathId};

/// An IPv4 or IPv6 prefix without host bits: `9.9.9.9/32`. An address alone is its host prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Prefix(IpNet);

impl Prefix {
    /// The only address of a host prefix (`/32`, `/128`).
    pub fn host(&self) -> Option<IpAddr> {
        (self.0.prefix_len() == self.0.max_prefix_len()).then(|| self.0.addr())
    }

    /// It, and all that cover it, the most specific first.
    pub fn covering(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(*self), |one| one.0.supernet().map(Self))
    }

    /// Whether the address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// The family, for matching it with a next hop.
    pub fn family(&self) -> Family {
        Family::of(self.0.addr())
    }
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // An octet with a 0 before it is octal for some programs: IpAddr refuses it, IpNet does not.
        let address = text.split('/').next().unwrap_or_default().parse::<IpAddr>();
        let net = match (text.parse::<IpNet>(), address) {
            (Ok(net), Ok(_)) => net,
            (_, Ok(address)) if !text.contains('/') => IpNet::from(address),
            _ => {
                return Err(format!(
                    "'{text}' is not a prefix; write an address and a mask, such as 9.9.9.9/32"
                ));
            }
        };
        if net.addr() != net.network() {
            return Err(format!(
                "prefix '{text}' has host bits set; write {} or {}/{}",
                net.trunc(),
                net.addr(),
                net.max_prefix_len()
            ));
        }
        if net.prefix_len() == 0 {
            return Err(format!(
                "prefix '{text}' is a default route, which would capture the announcing host's own traffic; name the service's prefix"
            ));
        }
        let forbidden = if net.addr().is_multicast() {
            "multicast"
        } else if net.addr().is_loopback() {
            "loopback"
        } else if net.addr().is_unspecified() {
            "unspecified"
        } else {
            return Ok(Self(net));
        };
        Err(format!(
            "prefix '{text}' is {forbidden} space, which no neighbor accepts; name the service's prefix"
        ))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The address family of a prefix, a next hop or a neighbor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() {
            Self::V4
        } else {
            Self::V6
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// Where packets for the prefix go: an address, or ExaBGP's own end of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum NextHop {
    /// `next-hop self`: the local address of each session.
    Local,
    /// An explicit address.
    Address(IpAddr),
}

impl FromStr for NextHop {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "self" {
            return Ok(Self::Local);
        }
        let wrong = |why: &str| {
            format!(
                "next-hop '{text}' {why}; write this host's address towards the neighbor, or self"
            )
        };
        let address: IpAddr = text.parse().map_err(|_| wrong("is not an address"))?;
        if address.is_unspecified() || address.is_multicast() || address.is_loopback() {
            return Err(wrong("is an address that no neighbor can reach"));
        }
        Ok(Self::Address(address))
    }
}

impl fmt::Display for NextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("self"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// A neighbor's name as exabgp.conf spells it: an address, kept to the letter, because ExaBGP compares text
/// (`::1` does not select `0:0:0:0:0:0:0:1`). Two spellings of an address are one neighbor.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Neighbor {
    spelled: String,
    address: IpAddr,
}

impl Neighbor {
    /// The family of the session, which `next-hop self` must match.
    pub fn family(&self) -> Family {
        Family::of(self.address)
    }
}

impl PartialEq for Neighbor {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}

impl Eq for Neighbor {}

impl PartialOrd for Neighbor {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Neighbor {
    fn cmp(&self, other: &Self) -> Ordering {
        self.address.cmp(&other.address)
    }
}

impl Hash for Neighbor {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address.hash(state);
    }
}

impl FromStr for Neighbor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<IpAddr>() {
            Ok(address) => Ok(Self {
                spelled: text.to_owned(),
                address,
            }),
            Err(_) => Err(format!(
                "neighbor '{text}' is not an address; write it as exabgp.conf does, such as 172.16.159.4"
            )),
        }
    }
}

impl fmt::Display for Neighbor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelled)
    }
}

from_text!(Prefix, NextHop, Neighbor);
as_text!(Prefix, Neighbor);

/// What identifies a route in ExaBGP's Adj-RIB-Out: a withdraw must repeat all of it, or the announcement comes
/// back with the next session.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RouteKey {
    /// The prefix.
    pub prefix: Prefix,
    /// The path identifier of RFC 7911, where add-path is in use.
    pub path_information: Option<PathId>,
    /// The neighbors it goes to; empty: every neighbor that lists the process.
    pub neighbors: Vec<Neighbor>,
}

/// A route as its neighbors are to see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Where packets go.
    pub next_hop: NextHop,
    /// Everything else.
    pub attributes: Attributes,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Result<String, String> {
        text.parse::<Prefix>().map(|prefix| prefix.to_string())
    }

    #[test]
    fn a_prefix_is_kept_in_its_canonical_form() {
        assert_eq!(prefix("9.9.9.9/32").unwrap(), "9.9.9.9/32");
        assert_eq!(prefix("9.9.9.9").unwrap(), "9.9.9.9/32");
        assert_eq!(prefix("2001:DB8::9/128").unwrap(), "2001:db8::9/128");
        assert_eq!(prefix("10.1.0.0/16").unwrap(), "10.1.0.0/16");
    }

    #[test]
    fn host_bits_are_refused_with_both_cures() {
        let error = prefix("192.0.2.77/24").unwrap_err();
        assert_eq!(
            error,
            "prefix '192.0.2.77/24' has host bits set; write 192.0.2.0/24 or 192.0.2.77/32"
        );
    }

    #[test]
    fn what_is_no_unicast_prefix_is_refused() {
        for text in [
            "",
            "9.9.9.9/33",
            "9.9.9/24",
            "9.9.9.010/32",
            "web",
            "0.0.0.0/0",
            "::/0",
            "224.0.0.1/32",
            "127.0.0.1/32",
            "9.9.9.9/32 next-hop 1.1.1.1",
        ] {
            assert!(prefix(text).is_err(), "{text:?} was taken for a prefix");
        }
    }

    #[test]
    fn only_a_host_prefix_has_an_address() {
        assert_eq!(
            "9.9.9.9/32".parse::<Prefix>().unwrap().host(),
            Some("9.9.9.9".parse().unwrap())
        );
        assert_eq!("10.1.0.0/16".parse::<Prefix>().unwrap().host(), None);
    }

    #[test]
    fn a_neighbor_keeps_its_spelling() {
        assert_eq!(
            "0:0:0:0:0:0:0:1".parse::<Neighbor>().unwrap().to_string(),
            "0:0:0:0:0:0:0:1"
        );
        assert!("*".parse::<Neighbor>().is_err());
        assert!("172.16.159.4 announce".parse::<Neighbor>().is_err());
    }

    #[test]
    fn a_next_hop_that_no_neighbor_can_reach_is_refused() {
        assert_eq!("self".parse(), Ok(NextHop::Local));
        for text in ["0.0.0.0", "::", "127.0.0.1", "224.0.0.1", "nva", ""] {
            assert!(
                text.parse::<NextHop>().is_err(),
                "{text:?} was taken for a next hop"
            );
        }
    }
}
