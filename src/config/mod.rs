//! The configuration: text (a file, or flags) becomes types that hold only what can be announced.
//!
//! Three stages: [`file`] reads the shapes, [`raise`] checks what needs more than one value, and what is left is
//! a [`Config`]. Every error names its place: path:line:column for a file, the flag otherwise.

mod drain;
mod file;
mod hook;
pub(crate) mod locate;
mod object;
mod policy;
mod raise;
mod span;
mod wording;

use std::fmt;
use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::condition::{AbsolutePath, Argv, Condition, HostPort, Probe, Url};
use crate::route::{Attributes, Neighbor, NextHop, PathId, Prefix};

pub use drain::{DrainFile, Variable};
pub use file::{
    File, HaproxyFile, LastStandingFile, LevelFile, Name, NextHops, ServiceFile, Services, minute,
};
pub use hook::{HookFile, MetricsFile};
pub use locate::{Place, Step};
pub use object::object;
pub use policy::{DampingFile, SiblingsFile, UnknownFile};
pub use raise::{Fault, raise};
pub use span::Span;

/// Where the configuration lies unless `--config` says otherwise.
pub const DEFAULT_PATH: &str = "/etc/haproxy-rhi/config.json";

/// The longest configuration that is read.
const LONGEST_FILE: u64 = 16 << 20;

/// Where HAProxy's stats socket lies unless `stats` says otherwise: Debian's haproxy.cfg has it there.
pub const DEFAULT_STATS: &str = "/run/haproxy/admin.sock";

/// A checked configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where and how often to look.
    pub haproxy: Haproxy,
    /// What to announce, and when.
    pub services: Vec<Service>,
    /// What becomes of the routes when the process is told to leave.
    pub on_exit: OnExit,
    /// How often to read back what ExaBGP holds; absent: never.
    pub read_back: Option<Duration>,
    /// Where the node exporter finds metrics; absent: nowhere.
    pub metrics: Option<PathBuf>,
    /// Programs that are told of each move of a service.
    pub hooks: Vec<Hook>,
}

/// A program that is told of each move of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The program and its arguments.
    pub argv: Argv,
    /// After it, it is killed with its children.
    pub timeout: Duration,
}

/// HAProxy, as it is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Haproxy {
    /// Where its state is read.
    pub stats: Stats,
    /// Where its log datagrams arrive.
    pub events: Option<EventsAddress>,
    /// A stats socket of level admin, through which its clients are asked to close while a service is drained.
    pub control: Option<Stats>,
    /// Between two looks.
    pub interval: Duration,
    /// Between two looks while a change is pending.
    pub fast_interval: Duration,
    /// For one look.
    pub timeout: Duration,
}

/// A source of HAProxy's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stats {
    /// The stats socket, a unix socket.
    Unix(PathBuf),
    /// The stats socket over TCP.
    Tcp(HostPort),
    /// The stats page.
    Page {
        /// Its URL, as `stats uri` names it.
        url: Url,
        /// For `stats auth`: the user and the file that holds the password.
        login: Option<(String, PathBuf)>,
    },
}

/// `stats` as it is written: a path, `host:port` or a URL.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum StatsAddress {
    /// A unix socket.
    Unix(AbsolutePath),
    /// A TCP address.
    Tcp(HostPort),
    /// A stats page.
    Page(Url),
}

impl FromStr for StatsAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
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
            text.parse().map(Self::Unix)
        } else {
            text.parse().map(Self::Tcp).map_err(|_| {
                format!("'{text}' is not a stats socket; write a path (/run/haproxy/admin.sock), host:port, or the URL of a stats page")
            })
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
            Ok(address) if address.port() > 0 && address.ip().is_loopback() => Ok(Self::Udp(address)),
            Ok(_) => Err(format!(
                "events address '{text}' is not on loopback; write such as 127.0.0.1:30514, so that only this host can wake the watch"
            )),
            Err(_) => Err(format!(
                "'{text}' is not an address and a port, or a path; write such as 127.0.0.1:30514"
            )),
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

from_text!(StatsAddress, EventsAddress);

/// A service: prefixes that are announced at the best level whose condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name in logs and reports.
    pub name: String,
    /// What it announces, each with its next hop.
    pub prefixes: Vec<(Prefix, NextHop)>,
    /// The path identifier, where add-path is in use.
    pub path_information: Option<PathId>,
    /// To whom; empty: every neighbor that lists the process.
    pub neighbors: Vec<Neighbor>,
    /// Best first, never empty.
    pub levels: Vec<Level>,
    /// Readings in a row that lead to a better level.
    pub rise: u32,
    /// Readings in a row that lead to a worse one.
    pub fall: u32,
    /// Readings of HAProxy that are nearer to each other than this count as one. (Half of `fast_interval`.)
    pub apart: Duration,
    /// How long what cannot be told leaves everything as it is.
    pub hold: Duration,
    /// What comes after.
    pub then: ThenUnknown,
    /// After a start, nothing is announced for so long.
    pub warm_up: Duration,
    /// How long it waits before it comes back again; absent: it never does.
    pub damping: Option<Damping>,
    /// The same service in other regions, where it is told of them.
    pub siblings: Option<Siblings>,
    /// How it leaves when an operator wants it to.
    pub drain: DrainPlan,
    /// Each host prefix must be an address of this host.
    pub require_address: bool,
}

/// A level: a condition and what the route carries while it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Its name in logs and reports.
    pub name: String,
    /// It may be in force while this holds.
    pub when: Condition,
    /// What the route carries then.
    pub attributes: Attributes,
    /// What it carries while the service is being drained.
    pub drained: Attributes,
    /// Readings in a row that lead to it from a worse one.
    pub rise: u32,
    /// Readings in a row that lead from it to a worse one.
    pub fall: u32,
}

/// The stages of a drain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainPlan {
    /// HAProxy asks its clients to close for so long before the route moves; zero without `haproxy.control`.
    pub ask: Duration,
    /// The route is out with a longer path for so long before it is withdrawn.
    pub depreferred: Duration,
    /// HAProxy's variable that is 1 while the service is drained.
    pub variable: Variable,
}

/// How a service that flaps is kept back: the first return is at once, the second after `wait`, each further one
/// after twice as long, until nothing fell for `quiet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damping {
    /// Before the second return.
    pub wait: Duration,
    /// The longest wait.
    pub ceiling: Duration,
    /// After so long without a fall, all is forgotten.
    pub quiet: Duration,
}

/// The same service in other regions. While none of them is known to be healthy, the route stays out, as the last resort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Siblings {
    /// Their health pages, never empty.
    pub probes: Vec<Probe>,
    /// So long a sibling that comes back must have been healthy before the last resort is withdrawn.
    pub settle: Duration,
    /// What the route carries as the last resort.
    pub attributes: Attributes,
}

/// What comes after the hold time of what cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThenUnknown {
    /// Withdraw.
    Withdraw,
    /// Go on holding.
    Keep,
}

/// What becomes of the routes when the process is told to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnExit {
    /// Withdraw them: nobody watches the service any more.
    #[default]
    Withdraw,
    /// Leave them: another process takes over.
    Keep,
}

/// Why a file is no configuration: one line, `path:line:column: what and the cure`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError(String);

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FileError {}

/// Reads and checks a file.
///
/// # Errors
/// The file cannot be read, is not JSON, or says what cannot be announced.
pub fn load(path: &Path) -> Result<Config, FileError> {
    let shown = path.display();
    let bytes =
        read(path).map_err(|error| FileError(format!("failed to read '{shown}': {}", reason(&error))))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let (line, column) = locate::end_of(&String::from_utf8_lossy(valid));
        FileError(format!("{shown}:{line}:{column}: not UTF-8; save the file as UTF-8"))
    })?;
    if text.starts_with('\u{feff}') {
        let what = "a byte order mark, which no editor shows, stands before the text; save the file as UTF-8 without one";
        return Err(FileError(format!("{shown}:1:1: {what}")));
    }
    parse(&text).map_err(|(line, column, what)| FileError(format!("{shown}:{line}:{column}: {what}")))
}

/// A regular file's bytes, so many at most: a pipe would hold up the process, a device fill its memory.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let data = std::fs::metadata(path)?;
    if data.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let refused = |why: String| Err(std::io::Error::new(ErrorKind::InvalidInput, why));
    if !data.is_file() {
        return refused("it is no regular file".to_owned());
    }
    if data.len() > LONGEST_FILE {
        return refused(format!(
            "it has {} bytes, and {LONGEST_FILE} are the most that are read",
            data.len()
        ));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LONGEST_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The system's words without Rust's `(os error 2)`.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Reads and checks a text; an error has its line, column and words.
///
/// # Errors
/// The text is not JSON, or says what cannot be announced.
pub fn parse(text: &str) -> Result<Config, (usize, usize, String)> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let file: File = object(tracked)
        .map_err(|error: serde_json::Error| described(text, &place_of(&track.path()), &error))?;
    json.end().map_err(|error| described(text, &Place::default(), &error))?;
    raise(file).map_err(|Fault { place, what }| {
        let (line, column) = locate::locate(text, &place);
        (line, column, format!("{place}: {what}"))
    })
}

fn described(text: &str, place: &Place, error: &serde_json::Error) -> (usize, usize, String) {
    use serde_json::error::Category;
    let full = error.to_string();
    let what = full.split(" at line ").next().unwrap_or(&full).replace('`', "'");
    // A string of the file may stand in the words, with a line feed in it.
    let what: String = what.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let stopped_at = locate::in_characters(text, error.line(), error.column());
    let is_json = || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let (what, (line, column)) = match error.classify() {
        // What stands twice is found at the second.
        Category::Data if what.starts_with("duplicate") || what.contains(" stands twice") => {
            (wording::of_data(&what), stopped_at)
        }
        Category::Data => (wording::of_data(&what), locate::locate(text, place)),
        // serde_json calls it a fault of the syntax when an object has not the one key that an enum asks for.
        _ if what == "expected value" && is_json() => (
            "a condition is an object with one key, such as {\"backend\": {\"name\": \"http_back\"}}; join several with all or any".to_owned(),
            stopped_at,
        ),
        _ => return (stopped_at.0, stopped_at.1, wording::of_syntax(&what)),
    };
    let what = if place.0.is_empty() { what } else { format!("{place}: {what}") };
    (line, column, what)
}

fn place_of(path: &serde_path_to_error::Path) -> Place {
    use serde_path_to_error::Segment;
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Map { key } => Some(Step::Key(key.clone())),
        Segment::Enum { variant } => Some(Step::Key(variant.clone())),
        Segment::Unknown => None,
    };
    Place(path.iter().filter_map(step).collect())
}
