//! Types of init's values; parsing checks them. Pure.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use crate::condition::ProxyName;

/// The name of a region, for comments and quoted texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionName(pub String);

impl FromStr for RegionName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" .-_".contains(&byte);
        match text.trim() {
            name if (1..=40).contains(&name.len()) && name.bytes().all(plain) => {
                Ok(Self(name.to_owned()))
            }
            _ => Err(format!(
                "region '{text}' is not usable; write up to 40 letters, digits, blanks, '.', '-' and '_'"
            )),
        }
    }
}

/// The path that a health check requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckPath(pub String);

impl FromStr for CheckPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"'\\#".contains(&byte);
        if text.starts_with('/') && text.len() < 200 && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "'{text}' is not a path of a request; write for example /health, without blanks and quotes"
            ))
        }
    }
}

/// A package for apt: its name, or the path of a .deb file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AptPackage(pub String);

impl Default for AptPackage {
    fn default() -> Self {
        Self("haproxy-rhi".to_owned())
    }
}

impl fmt::Display for AptPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AptPackage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-+._~:=/".contains(&byte);
        let begins_well =
            text.starts_with(|letter: char| letter == '/' || letter.is_alphanumeric());
        // apt reads `NAME-` as a removal, and a file name without a folder as a package's name.
        let ends_well = text.ends_with(|letter: char| letter.is_ascii_alphanumeric());
        let is_file = text.ends_with(".deb");
        let is_path = text.starts_with('/');
        if begins_well
            && ends_well
            && is_file == is_path
            && text.len() < 200
            && text.bytes().all(plain)
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "'{text}' is no package that apt installs; write its name, or a path such as /srv/haproxy-rhi.deb"
            ))
        }
    }
}

/// A server: `backend01=172.16.156.69:80`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name in HAProxy.
    pub name: ProxyName,
    /// Where it listens.
    pub address: SocketAddr,
}

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, address) = text
            .trim()
            .split_once('=')
            .ok_or_else(|| format!("'{text}' is not a server; write NAME=ADDRESS or NAME=ADDRESS:PORT, such as backend01=172.16.156.69"))?;
        let parsed = address.parse().or_else(|_| {
            address
                .parse::<IpAddr>()
                .map(|address| SocketAddr::new(address, 80))
        });
        match parsed {
            Ok(address)
                if address.port() > 0
                    && !address.ip().is_unspecified()
                    && !address.ip().is_multicast() =>
            {
                Ok(Self {
                    name: name.parse()?,
                    address,
                })
            }
            _ => Err(format!(
                "'{address}' is not the address of a server; write for example 172.16.156.69, 172.16.156.69:8080 or [fd00::69]:80"
            )),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.address)
    }
}

/// An NVA of any region: `172.16.156.70`, or `North Europe=172.16.156.70`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nva {
    /// Its region's name, for a comment.
    pub region: Option<RegionName>,
    /// Its own address.
    pub address: IpAddr,
}

impl FromStr for Nva {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (region, address) = match text.rsplit_once('=') {
            Some((region, address)) => (Some(region.parse()?), address.trim()),
            None => (None, text.trim()),
        };
        let address = address.parse().map_err(|_| {
            format!("'{address}' is not the address of an NVA; write ADDRESS or NAME=ADDRESS, such as 172.16.156.70")
        })?;
        Ok(Self { region, address })
    }
}

/// An IPv4 address that another host can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostAddress(pub Ipv4Addr);

impl FromStr for HostAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().parse::<Ipv4Addr>() {
            Ok(address)
                if !address.is_unspecified()
                    && !address.is_multicast()
                    && !address.is_loopback() =>
            {
                Ok(Self(address))
            }
            _ => Err(format!(
                "'{text}' is not the IPv4 address of a host, such as 172.16.156.70"
            )),
        }
    }
}

macro_rules! shown_as_typed {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

shown_as_typed!(RegionName, CheckPath, HostAddress);

impl fmt::Display for Nva {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.region {
            Some(region) => write!(f, "{region}={}", self.address),
            None => self.address.fmt(f),
        }
    }
}
