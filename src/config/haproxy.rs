//! HAProxy, as it is watched: where its state is read, where its log datagrams arrive, and how often to look.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use super::variable::Variable;
use crate::condition::{AbsolutePath, HostPort, Url, port_fault};

/// Where HAProxy's stats socket lies unless `stats` says otherwise: Debian's haproxy.cfg has it there.
pub const DEFAULT_STATS: &str = "/run/haproxy/admin.sock";

/// HAProxy, as it is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Haproxy {
    /// Where its state is read.
    pub stats: Stats,
    /// Where its log datagrams arrive.
    pub events: Option<EventsAddress>,
    /// A stats socket of level admin, through which its clients are asked to close while a service is drained.
    pub control: Option<Socket>,
    /// The variable of its process that has the status of this one, for the page that `status --region` asks.
    pub status_variable: Option<Variable>,
    /// Between two looks.
    pub interval: Duration,
    /// Between two looks while a change is pending.
    pub fast_interval: Duration,
    /// For one look.
    pub timeout: Duration,
    /// For how long what an earlier process of HAProxy knew of a server counts, until the new one has checked it.
    pub remember: Duration,
}

/// A stats socket of HAProxy's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Socket {
    /// A unix socket.
    Unix(PathBuf),
    /// A TCP address.
    Tcp(HostPort),
}

/// A source of HAProxy's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stats {
    /// The stats socket.
    Socket(Socket),
    /// The stats page.
    Page {
        /// Its URL, as `stats uri` names it.
        url: Url,
        /// For `stats auth`: the user and the file that holds the password.
        login: Option<(String, PathBuf)>,
        /// Of `https`: whose certificates are believed.
        trust: Trust,
    },
}

/// Whose certificates are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// They are checked.
    pub verify: bool,
    /// Against these authorities, PEM; absent: the system's.
    pub authorities: Option<PathBuf>,
}

/// `stats` as it is written: a path, `host:port` or a URL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum StatsAddress {
    /// The stats socket.
    Socket(Socket),
    /// A stats page.
    Page(Url),
}

/// What other programs write before an address or a path.
const FOREIGN: [&str; 8] = [
    "tcp://", "unix://", "tcp@", "unix@", "ipv4@", "ipv6@", "tcp4@", "tcp6@",
];

impl Stats {
    /// Where it takes commands; absent: a stats page takes none.
    pub fn socket(&self) -> Option<&Socket> {
        match self {
            Self::Socket(socket) => Some(socket),
            Self::Page { .. } => None,
        }
    }
}

impl Default for Socket {
    fn default() -> Self {
        Self::Unix(DEFAULT_STATS.into())
    }
}

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(address) => f.write_str(address.as_str()),
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(socket) => socket.fmt(f),
            Self::Page { url, .. } => f.write_str(url.as_str()),
        }
    }
}

/// An address as it is typed at a shell, where a path may be relative. In a file there is no folder that it could be relative to.
///
/// # Errors
/// What is wrong with it.
pub fn typed<T: FromStr<Err = String>>(text: &str) -> Result<T, String> {
    match std::path::absolute(text) {
        Ok(path) if text.contains('/') && !text.contains("://") => path.to_string_lossy().parse(),
        _ => text.parse(),
    }
}

impl FromStr for StatsAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // As haproxy.cfg and other programs have it.
        if let Some((kind, rest)) = FOREIGN
            .iter()
            .find_map(|kind| Some((kind, text.strip_prefix(kind)?)))
        {
            return Err(format!("'{text}' begins with '{kind}'; write {rest}"));
        }
        if text.contains("://") {
            let page: Url = text.parse()?;
            // HAProxy's words for fewer rows (configuration.txt 'stats uri', management.txt 9.1).
            match ["up", "no-maint"]
                .into_iter()
                .find(|word| page.as_str().split(';').skip(1).any(|part| part == *word))
            {
                Some(word) => Err(format!(
                    "';{word}' hides servers that are not up, which must be seen; write the page's URL without it"
                )),
                None => Ok(Self::Page(page)),
            }
        } else if text.starts_with('/') {
            let path: AbsolutePath = text.parse()?;
            Ok(Self::Socket(Socket::Unix(path.as_path().to_owned())))
        } else {
            let not_absolute = || {
                let is_path = text.contains('/');
                is_path.then(|| {
                    format!("'{text}' begins without a '/'; write the whole path, such as /{text}")
                })
            };
            text.parse().map(|address| Self::Socket(Socket::Tcp(address))).map_err(|_| not_absolute().or_else(|| port_fault(text)).unwrap_or_else(|| {
                format!("'{text}' is not a stats socket; write a path (/run/haproxy/admin.sock), host:port, or the URL of a stats page")
            }))
        }
    }
}

impl FromStr for Socket {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const CURE: &str =
            "write a stats socket of level admin: a path (/run/haproxy/control.sock) or host:port";
        match text.parse::<StatsAddress>() {
            Ok(StatsAddress::Socket(socket)) => Ok(socket),
            Err(why) if FOREIGN.iter().any(|kind| text.starts_with(kind)) => Err(why),
            _ if text.contains("://") => Err(format!(
                "'{text}' is a stats page, which takes no commands; {CURE}"
            )),
            Err(why) if text.contains('/') => Err(why),
            _ => Err(port_fault(text)
                .unwrap_or_else(|| format!("'{text}' is not a stats socket; {CURE}"))),
        }
    }
}

/// `events`: a loopback address and port, such as `127.0.0.1:30514`, or the path of a unix datagram socket.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum EventsAddress {
    /// On loopback only: whoever can reach it can wake the watch.
    Udp(SocketAddr),
    /// Inside HAProxy's chroot, where it has one.
    Unix(AbsolutePath),
}

impl FromStr for EventsAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with('/') {
            return text.parse().map(Self::Unix);
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => port_fault(text).map_or(Ok(Self::Udp(address)), Err),
            Ok(_) => Err(format!(
                "events address '{text}' is not on loopback; write for example 127.0.0.1:30514, so that only this host can wake the watch"
            )),
            Err(_) => Err(port_fault(text).unwrap_or_else(|| {
                format!("'{text}' is not an address and a port, or a path; write for example 127.0.0.1:30514")
            })),
        }
    }
}

impl fmt::Display for EventsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udp(address) => address.fmt(f),
            Self::Unix(path) => path.as_path().display().fmt(f),
        }
    }
}

from_text!(StatsAddress, Socket, EventsAddress);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stats_page_takes_no_commands() {
        let socket = |text: &str| typed::<Socket>(text);
        assert_eq!(socket("/run/x.sock").unwrap().to_string(), "/run/x.sock");
        assert_eq!(
            socket("127.0.0.1:9999").unwrap().to_string(),
            "127.0.0.1:9999"
        );
        assert!(
            socket("http://127.0.0.1/haproxy?stats")
                .unwrap_err()
                .contains("stats page, which takes no commands")
        );
        assert!(
            socket("run/x.sock")
                .unwrap()
                .to_string()
                .ends_with("/run/x.sock")
        );
        assert!(!socket("x.sock").unwrap_err().contains("URL"));
    }
}
