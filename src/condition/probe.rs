//! Probes: the leaves that are looked at outside HAProxy.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::value::Span;

/// A leaf that is looked at outside HAProxy. Two conditions with the same probe share one look.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Probe {
    /// A request to a URL.
    Http(HttpProbe),
    /// A connection.
    Tcp(TcpProbe),
    /// A file's existence.
    File(FileProbe),
    /// A command's exit status.
    Command(CommandProbe),
}

/// `http`: a GET request and the answer that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a request, such as {\"url\": \"http://127.0.0.1/health\"}"
)]
pub struct HttpProbe {
    /// `http://` or `https://`.
    pub url: Url,
    /// The status wanted; absent: 200 to 299.
    pub status: Option<HttpStatus>,
    /// Text that the answer's first 64 KiB must contain.
    pub body: Option<String>,
    /// The `Host` header, where it is not the URL's.
    pub host: Option<String>,
    /// For the whole exchange.
    #[serde(default = "Span::second")]
    pub timeout: Span,
    /// Check the certificate (against the system's authorities, or `tls_ca_file`); false accepts any.
    #[serde(default = "yes")]
    pub tls_verify: bool,
    /// Certificate authorities, PEM.
    pub tls_ca_file: Option<PathBuf>,
}

/// `tcp`: a connection is accepted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a connection, such as {\"address\": \"127.0.0.1:80\"}"
)]
pub struct TcpProbe {
    /// `host:port`.
    pub address: HostPort,
    /// For the connection.
    #[serde(default = "Span::second")]
    pub timeout: Span,
}

/// `file`: a path exists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a file, such as {\"path\": \"/run/ready\"}"
)]
pub struct FileProbe {
    /// An absolute path.
    pub path: AbsolutePath,
}

/// `command`: a program, run without a shell, exits with status 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a command, such as {\"argv\": [\"/usr/local/bin/check\"]}"
)]
pub struct CommandProbe {
    /// The program's absolute path and its arguments.
    pub argv: Argv,
    /// After it, the command and its children are killed, and the condition does not hold.
    #[serde(default = "Span::second")]
    pub timeout: Span,
}

fn yes() -> bool {
    true
}

/// An HTTP status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "u64")]
pub struct HttpStatus(pub u16);

impl TryFrom<u64> for HttpStatus {
    type Error = String;

    fn try_from(value: u64) -> Result<Self, String> {
        match u16::try_from(value) {
            Ok(status @ 100..=599) => Ok(Self(status)),
            _ => Err(format!("'{value}' is not an HTTP status; write 100 to 599")),
        }
    }
}

/// A URL that can be asked: `http://` or `https://`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Url(Arc<str>);

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            Err(format!(
                "'{text}' {why}; write a URL such as http://127.0.0.1/"
            ))
        };
        match text.parse::<ureq::http::Uri>() {
            Err(error) => wrong(&format!("is not a URL ({error})")),
            Ok(uri) if !matches!(uri.scheme_str(), Some("http" | "https")) => {
                wrong("does not begin with http:// or https://")
            }
            Ok(uri)
                if uri
                    .authority()
                    .is_some_and(|authority| authority.as_str().contains('@')) =>
            {
                wrong("has a user in it, which would show in the process list")
            }
            Ok(uri) => match uri
                .authority()
                .and_then(|authority| with_a_path(text, authority))
            {
                Some(whole) => Ok(Self(whole.into())),
                None => wrong("is not a URL (its port is no number of 1 to 65535)"),
            },
        }
    }
}

/// The same URL with a `/` where it has no path: text that is added to it would otherwise become a part of its port.
fn with_a_path(text: &str, authority: &ureq::http::uri::Authority) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let rest = rest.strip_prefix(authority.as_str())?;
    let port = authority.as_str().strip_prefix(authority.host())?;
    if !port.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
        return None;
    }
    Some(match rest.starts_with('/') {
        true => text.to_owned(),
        false => format!("{scheme}://{authority}/{rest}"),
    })
}

impl Url {
    /// The URL's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address that is asked; absent: a name is.
    pub fn address(&self) -> Option<IpAddr> {
        let uri: ureq::http::Uri = self.0.parse().ok()?;
        let host = uri.host()?.trim_matches(['[', ']']);
        host.parse().ok().or_else(|| short_form(host))
    }

    /// The name that is asked is this host's own everywhere (RFC 6761 section 6.3).
    pub fn is_localhost(&self) -> bool {
        let uri: Option<ureq::http::Uri> = self.0.parse().ok();
        let host = uri.as_ref().and_then(|uri| uri.host()).unwrap_or_default();
        let name = host.strip_suffix('.').unwrap_or(host);
        name.eq_ignore_ascii_case("localhost")
    }
}

/// An IPv4 address in another form of inet_aton(3), such as 127.1, 2130706433 or 0x7f.0.0.1, which the resolver takes too.
fn short_form(host: &str) -> Option<IpAddr> {
    let number = |text: &str| match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None if text.starts_with('0') && text.len() > 1 => u32::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    };
    if host.contains('+') || host.split('.').count() > 4 {
        return None;
    }
    let mut parts: Vec<u32> = host.split('.').map(number).collect::<Option<_>>()?;
    // The last part fills what the others leave.
    let last = parts.pop()?;
    let rest = 32 - 8 * parts.len();
    let is_in_range = parts.iter().all(|part| *part < 256) && u64::from(last) >> rest == 0;
    let front = parts
        .iter()
        .fold(0, |all, part| all << 8 | u64::from(*part));
    let all = u32::try_from(front << rest | u64::from(last)).ok()?;
    is_in_range.then_some(IpAddr::from(Ipv4Addr::from(all)))
}

/// A host and a port, joined by a colon; the host of an IPv6 address in brackets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct HostPort(String);

impl FromStr for HostPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(why) = port_fault(text) {
            return Err(why);
        }
        let valid = text.rsplit_once(':').is_some_and(|(host, port)| {
            let bracketed = host.starts_with('[') && host.ends_with(']');
            let host_fits = !host.is_empty()
                && (bracketed || !host.contains(':'))
                && !host.contains([' ', '/', '@']);
            host_fits && is_number(port)
        });
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "'{text}' is not a host and a port; write for example 127.0.0.1:80"
            ))
        }
    }
}

/// What is wrong with the port at the end of an address; none: it has none, or one that fits.
pub fn port_fault(address: &str) -> Option<String> {
    let (_, port) = address
        .rsplit_once(':')
        .filter(|(_, port)| is_number(port))?;
    let fits = port.parse::<u16>().is_ok_and(|port| port > 0);
    (!fits).then(|| format!("port {port} of '{address}' is out of range; write 1 to 65535"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl HostPort {
    /// `host:port`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A path from the root: ExaBGP starts its processes in `/`, whatever the directory it was started in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct AbsolutePath(PathBuf);

impl FromStr for AbsolutePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match Path::new(text) {
            path if path.is_absolute() => Ok(Self(path.to_owned())),
            _ => Err(format!(
                "path '{text}' is not absolute; write it from the root, beginning with /"
            )),
        }
    }
}

impl AbsolutePath {
    /// The path.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

from_text!(Url, HostPort, AbsolutePath);

/// A program's absolute path and its arguments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Argv {
    program: AbsolutePath,
    arguments: Vec<String>,
}

impl Argv {
    /// The program.
    pub fn program(&self) -> &Path {
        self.program.as_path()
    }

    /// What follows it.
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }
}

impl TryFrom<Vec<String>> for Argv {
    type Error = String;

    fn try_from(argv: Vec<String>) -> Result<Self, String> {
        let mut words = argv.into_iter();
        match words.next() {
            Some(program) => Ok(Self {
                program: program.parse()?,
                arguments: words.collect(),
            }),
            None => Err(
                "the command is empty; name a program, such as [\"/usr/local/bin/check\"]"
                    .to_owned(),
            ),
        }
    }
}

impl Probe {
    /// The page that it asks for; absent: it asks for none.
    pub fn url(&self) -> Option<&Url> {
        match self {
            Self::Http(probe) => Some(&probe.url),
            _ => None,
        }
    }

    /// How long it may take.
    pub fn timeout(&self) -> Duration {
        match self {
            Self::Http(probe) => probe.timeout.get(),
            Self::Tcp(probe) => probe.timeout.get(),
            Self::Command(probe) => probe.timeout.get(),
            // A local disk answers at once.
            Self::File(_) => Duration::from_secs(1),
        }
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(probe) => write!(f, "http {}", probe.url.as_str()),
            Self::Tcp(probe) => write!(f, "tcp {}", probe.address.as_str()),
            Self::File(probe) => write!(f, "file {}", probe.path.as_path().display()),
            Self::Command(probe) => write!(f, "command {}", probe.argv.program().display()),
        }
    }
}
