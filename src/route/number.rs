//! Path attributes that are numbers or made of them (RFC 4271 section 5), each a type with its own range.

use std::fmt;
use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

/// A number attribute of 32 bits, read from a JSON number or a flag's text, with its own name in errors.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $word:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "u64")]
        pub struct $name(u32);

        impl $name {
            /// The number.
            pub fn get(self) -> u32 {
                self.0
            }
        }

        impl TryFrom<u64> for $name {
            type Error = String;

            fn try_from(value: u64) -> Result<Self, String> {
                u32::try_from(value).map(Self).map_err(|_| format!("{} '{value}' is out of range; 4294967295 is the highest", $word))
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match digits(text) {
                    Some(value) => Self::try_from(value),
                    None => Err(format!("{} '{text}' is not a number from 0 to 4294967295", $word)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// MULTI_EXIT_DISC (RFC 4271 section 5.1.4): lower is preferred.
    Med, "med"
);
number!(
    /// LOCAL_PREF (RFC 4271 section 5.1.5): higher is preferred; ExaBGP sends it to iBGP neighbors only.
    LocalPreference, "local-preference"
);

/// The path identifier of RFC 7911, which ExaBGP calls path-information. Never 0: for ExaBGP that is a route without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(NonZeroU32);

impl PathId {
    /// The number.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl TryFrom<u64> for PathId {
    type Error = String;

    fn try_from(value: u64) -> Result<Self, String> {
        let number = u32::try_from(value).map_err(|_| {
            format!(
                "path-information '{value}' is out of range; write a number from 1 to 4294967295"
            )
        })?;
        NonZeroU32::new(number).map(Self).ok_or_else(|| {
            "path-information 0 is what a route without one has; leave it out, or write another"
                .to_owned()
        })
    }
}

/// A number, or as exabgp.conf may have it: an IPv4 address.
impl FromStr for PathId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = digits(text).or(text
            .parse::<Ipv4Addr>()
            .ok()
            .map(|address| address.to_bits().into()));
        Self::try_from(number.ok_or_else(|| {
            format!("path-information '{text}' is neither a number from 1 to 4294967295 nor an IPv4 address")
        })?)
    }
}

impl<'de> Deserialize<'de> for PathId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = PathId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 1 to 4294967295, or an IPv4 address in quotes")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<PathId, E> {
                PathId::try_from(value).map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<PathId, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl fmt::Display for PathId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

as_text!(PathId);

/// Plain decimal digits: no sign, no blank, no asdot.
pub(super) fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain {
        text.parse().ok().or(Some(u64::MAX))
    } else {
        None
    }
}

/// An AS number that a path may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "u64")]
pub struct Asn(u32);

impl Asn {
    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u64> for Asn {
    type Error = String;

    fn try_from(value: u64) -> Result<Self, String> {
        match (u32::try_from(value), value) {
            (Err(_), _) => Err(format!(
                "AS number '{value}' is out of range; 4294967294 is the highest"
            )),
            (_, 0) => Err("AS number 0 must not be in a path (RFC 7607); leave it out".to_owned()),
            (_, 23456) => Err(
                "AS number 23456 is AS_TRANS, which stands for another (RFC 6793); write that one"
                    .to_owned(),
            ),
            (_, 65535 | 4_294_967_295) => Err(format!(
                "AS number {value} is reserved (RFC 7300); write another"
            )),
            (Ok(asn), _) => Ok(Self(asn)),
        }
    }
}

impl FromStr for Asn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match digits(text) {
            Some(value) => Self::try_from(value),
            None => Err(format!(
                "AS number '{text}' is not a plain number, such as 65010"
            )),
        }
    }
}

/// An AS path as the neighbor sees it, one AS_SEQUENCE: never empty, at most 255 long (RFC 4271 section 4.3).
///
/// An empty path must not exist: ExaBGP sends it, and routers accept it as the shortest of all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "Vec<Asn>")]
pub struct AsPath(Arc<[Asn]>);

impl AsPath {
    /// How many AS numbers it has, which is what routers compare (RFC 4271 section 9.1.2.2).
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Its AS numbers, the neighbor's first.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|asn| asn.0)
    }

    /// This path with its first AS number repeated `times` more in front.
    ///
    /// # Errors
    /// The path would be over 255 long.
    pub fn prepended(&self, times: u8) -> Result<Self, String> {
        let front = self.0.first().copied();
        let mut path: Vec<Asn> = front.into_iter().cycle().take(usize::from(times)).collect();
        path.extend(self.0.iter());
        Self::try_from(path)
    }
}

impl TryFrom<Vec<Asn>> for AsPath {
    type Error = String;

    fn try_from(path: Vec<Asn>) -> Result<Self, String> {
        match path.len() {
            0 => Err("as-path is empty, and the neighbor would prefer it to all others; leave it out, or name the AS numbers, such as 65010".to_owned()),
            1..=255 => Ok(Self(path.into())),
            long => Err(format!("as-path of {long} AS numbers is too long; 255 are the most")),
        }
    }
}

impl FromStr for AsPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains(',') {
            return Err(format!(
                "as-path '{text}' has commas; write blanks between the AS numbers, such as 65010 65010"
            ));
        }
        let path = text
            .split_ascii_whitespace()
            .map(str::parse)
            .collect::<Result<Vec<Asn>, String>>()?;
        Self::try_from(path)
    }
}

impl fmt::Display for AsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Asn(asn)) in self.0.iter().enumerate() {
            write!(f, "{}{asn}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// ORIGIN (RFC 4271 section 5.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Preferred to `egp`.
    Igp,
    /// Preferred to `incomplete`.
    Egp,
    /// Least preferred.
    Incomplete,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Igp => "igp",
            Self::Egp => "egp",
            Self::Incomplete => "incomplete",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_identifier_is_a_number_or_an_address_and_never_0() {
        let number = |text: &str| text.parse::<PathId>().ok().map(PathId::get);
        assert_eq!(
            (number("5"), number("0.0.0.5"), number("4294967295")),
            (Some(5), Some(5), Some(u32::MAX))
        );
        for text in ["0", "0.0.0.0", "4294967296", "1.2.3", "", "-1", "::5"] {
            assert_eq!(number(text), None, "{text:?}");
        }
        let json = |text: &str| serde_json::from_str::<PathId>(text).ok().map(PathId::get);
        assert_eq!(
            (json("7"), json("\"0.0.0.7\""), json("0"), json("7.0")),
            (Some(7), Some(7), None, None)
        );
    }

    #[test]
    fn an_as_number_out_of_range_is_refused() {
        for text in [
            "0",
            "23456",
            "65535",
            "4294967295",
            "4294967296",
            "99999999999999999999999",
            "1.10",
            "-1",
            "+1",
            "",
            "65010,",
        ] {
            assert!(
                text.parse::<Asn>().is_err(),
                "{text:?} was taken for an AS number"
            );
        }
        assert!("4294967294".parse::<Asn>().is_ok());
    }

    #[test]
    fn an_as_path_is_never_empty_and_never_over_one_segment() {
        assert!("".parse::<AsPath>().is_err());
        assert!("  ".parse::<AsPath>().is_err());
        assert!("65010 ".repeat(255).parse::<AsPath>().is_ok());
        assert!("65010 ".repeat(256).parse::<AsPath>().is_err());
        assert_eq!(
            " 65010  65020 ".parse::<AsPath>().unwrap().to_string(),
            "65010 65020"
        );
    }

    #[test]
    fn prepending_repeats_the_first_as_number() {
        let path: AsPath = "65010 65020".parse().unwrap();
        assert_eq!(
            path.prepended(2).unwrap().to_string(),
            "65010 65010 65010 65020"
        );
        assert_eq!(path.prepended(0).unwrap(), path);
        assert!(path.prepended(254).is_err());
    }

    #[test]
    fn a_med_is_32_bits() {
        assert_eq!(
            "4294967295".parse::<Med>().unwrap().to_string(),
            "4294967295"
        );
        assert_eq!(
            "4294967296".parse::<Med>().unwrap_err(),
            "med '4294967296' is out of range; 4294967295 is the highest"
        );
        assert_eq!(
            "1e3".parse::<Med>().unwrap_err(),
            "med '1e3' is not a number from 0 to 4294967295"
        );
    }
}
