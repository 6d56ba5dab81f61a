//! Communities: RFC 1997, RFC 4360, RFC 8092. All are written to ExaBGP as numbers: it acts on the mere word
//! `graceful-shutdown` in a line by shutting itself down.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::Deserialize;

use super::number::digits;

/// A community of RFC 1997: `65010:100`, or a well-known name such as `no-export`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Community(u16, u16);

/// Well-known communities by name (IANA's registry; RFC 1997, 3765, 7999, 8326).
const WELL_KNOWN: [(&str, Community); 6] = [
    ("graceful-shutdown", Community(65535, 0)),
    ("blackhole", Community(65535, 666)),
    ("no-export", Community(65535, 65281)),
    ("no-advertise", Community(65535, 65282)),
    ("no-export-subconfed", Community(65535, 65283)),
    ("nopeer", Community(65535, 65284)),
];

impl FromStr for Community {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((_, community)) = WELL_KNOWN.iter().find(|(name, _)| *name == text) {
            return Ok(*community);
        }
        match parts(text).as_deref() {
            Some([a, b]) => match (u16::try_from(*a), u16::try_from(*b)) {
                (Ok(a), Ok(b)) => Ok(Self(a, b)),
                _ => Err(format!(
                    "community '{text}' is out of range; each half is at most 65535 (a larger AS number needs a large community)"
                )),
            },
            _ => Err(format!(
                "'{text}' is not a community; write two numbers, such as 65010:100, or a name, such as no-export"
            )),
        }
    }
}

impl fmt::Display for Community {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0, self.1)
    }
}

/// A large community of RFC 8092: `65010:1:2`, three numbers of 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct LargeCommunity(u32, u32, u32);

impl FromStr for LargeCommunity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match parts(text).as_deref() {
            Some([a, b, c]) => match (u32::try_from(*a), u32::try_from(*b), u32::try_from(*c)) {
                (Ok(a), Ok(b), Ok(c)) => Ok(Self(a, b, c)),
                _ => Err(format!(
                    "large community '{text}' is out of range; each part is at most 4294967295"
                )),
            },
            _ => Err(format!(
                "'{text}' is not a large community; write three numbers, such as 65010:1:2"
            )),
        }
    }
}

impl fmt::Display for LargeCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.0, self.1, self.2)
    }
}

/// An extended community of RFC 4360, its eight octets: `target:65010:100`, `origin:192.0.2.1:5` or
/// `0x0002fdf200000064`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ExtendedCommunity(u64);

impl FromStr for ExtendedCommunity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        extended(text).map(Self).ok_or_else(|| {
            format!("'{text}' is not an extended community; write target:65010:100, origin:192.0.2.1:5 or 0x and 16 hexadecimal digits")
        })
    }
}

/// RFC 4360 sections 3.1, 3.2, 4 and 5, RFC 5668: type, subtype, a global and a local administrator.
fn extended(text: &str) -> Option<u64> {
    if let Some(hex) = text.strip_prefix("0x") {
        let plain = hex.len() == 16 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        return if plain {
            u64::from_str_radix(hex, 16).ok()
        } else {
            None
        };
    }
    let (name, rest) = text.split_once(':')?;
    let (global, local) = rest.split_once(':')?;
    let subtype = match name {
        "target" => 0x02,
        "origin" => 0x03,
        _ => return None,
    };
    let local = digits(local)?;
    let of = |kind: u64, value: u64| Some(kind << 56 | subtype << 48 | value);
    if let Ok(address) = global.parse::<Ipv4Addr>() {
        return of(
            0x01,
            u64::from(u32::from(address)) << 16 | u64::from(u16::try_from(local).ok()?),
        );
    }
    let asn = u32::try_from(digits(global)?).ok()?;
    match u16::try_from(asn) {
        Ok(asn) => of(
            0x00,
            u64::from(asn) << 32 | u64::from(u32::try_from(local).ok()?),
        ),
        Err(_) => of(
            0x02,
            u64::from(asn) << 16 | u64::from(u16::try_from(local).ok()?),
        ),
    }
}

impl fmt::Display for ExtendedCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:016x}", self.0)
    }
}

/// Numbers between colons.
fn parts(text: &str) -> Option<Vec<u64>> {
    text.split(':').map(digits).collect()
}

from_text!(Community, LargeCommunity, ExtendedCommunity);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_names_become_numbers() {
        let shown = |text: &str| {
            text.parse::<Community>()
                .map(|community| community.to_string())
        };
        assert_eq!(shown("graceful-shutdown").unwrap(), "65535:0");
        assert_eq!(shown("no-export").unwrap(), "65535:65281");
        assert_eq!(shown("65010:100").unwrap(), "65010:100");
    }

    #[test]
    fn communities_out_of_range_are_refused() {
        for text in [
            "70000:1",
            "1:70000",
            "1",
            "1:2:3",
            ":",
            "a:b",
            "no export",
            "65010:1 ]",
        ] {
            assert!(
                text.parse::<Community>().is_err(),
                "{text:?} was taken for a community"
            );
        }
        for text in ["1:2", "4294967296:1:1", "1:1:1:1"] {
            assert!(
                text.parse::<LargeCommunity>().is_err(),
                "{text:?} was taken for a large community"
            );
        }
    }

    #[test]
    fn extended_communities_are_their_octets() {
        let shown = |text: &str| {
            text.parse::<ExtendedCommunity>()
                .map(|community| community.to_string())
        };
        assert_eq!(shown("target:65010:100").unwrap(), "0x0002fdf200000064");
        assert_eq!(shown("origin:192.0.2.1:5").unwrap(), "0x0103c00002010005");
        assert_eq!(shown("target:4200000001:7").unwrap(), "0x0202fa56ea010007");
        assert_eq!(shown("0x0002FDF200000064").unwrap(), "0x0002fdf200000064");
        for text in [
            "target:65010",
            "target:4200000001:70000",
            "soo:1:1",
            "0x12",
            "0x000000000000000g",
        ] {
            assert!(
                shown(text).is_err(),
                "{text:?} was taken for an extended community"
            );
        }
    }
}
