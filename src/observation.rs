//! What was seen: the arrow from `observe` to `judge`. Pure data, with the meaning of HAProxy's words.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::condition::Probe;

mod answers;
mod lookup;

pub use answers::{Answers, Word};
pub use lookup::{CHAIN, Lookup};

/// Everything that was seen last, each with the time at which its look began.
#[derive(Debug, Clone, Default)]
pub struct Observation {
    /// HAProxy's proxies, or why they could not be read. Absent: not looked yet.
    pub haproxy: Option<Reading<Result<Snapshot, Trouble>>>,
    /// Whether an address is on this host.
    pub addresses: BTreeMap<IpAddr, Result<bool, String>>,
    /// What each probe found.
    pub probes: BTreeMap<Probe, Reading<Finding>>,
    /// What the siblings answer that a takeover asks.
    pub answers: BTreeMap<Probe, Answers>,
    /// What takes no requests, as HAProxy said when it was last read.
    pub out: Arc<Out>,
}

impl Observation {
    /// Takes what a look saw.
    pub fn take(&mut self, look: Look) {
        if let Some(Ok(snapshot)) = &look.haproxy {
            let out = snapshot.out();
            if *self.out != out {
                self.out = Arc::new(out);
            }
        }
        let at = look.at;
        self.haproxy = look.haproxy.map(|what| Reading { at, what });
        self.addresses = look.addresses;
    }
}

/// One look at HAProxy and at the host's addresses.
#[derive(Debug, Clone)]
pub struct Look {
    /// When it began.
    pub at: Instant,
    /// Why there was one.
    pub cause: Cause,
    /// HAProxy's proxies, or why they could not be read; absent: no condition asks for it.
    pub haproxy: Option<Result<Snapshot, Trouble>>,
    /// Whether an address is on this host.
    pub addresses: BTreeMap<IpAddr, Result<bool, String>>,
}

/// Why there is a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It was time for it.
    Poll,
    /// HAProxy logged something, or an address of this host came or went.
    Event,
    /// The process that answered last has ended, and its return is looked for.
    End,
}

/// What takes no requests, taken out or failed: servers by their proxy and name, and closed frontends and unpublished
/// backends by their name alone.
pub type Out = BTreeSet<(String, Option<String>)>;

/// One reading and when its look began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<T> {
    /// When the look began, so that a reading can be told to be newer than a decision.
    pub at: Instant,
    /// What it found.
    pub what: T,
}

/// Why HAProxy could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody listens: no socket, connection refused. The proxy is down.
    Gone(String),
    /// It cannot be told: a timeout, no permission, an answer that makes no sense.
    Unreadable(String),
}

/// A probe's finding: whether what it looks for holds, or that it cannot be told, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Absent: it cannot be told.
    pub holds: Option<bool>,
    /// In words and figures.
    pub why: String,
    /// Nobody answered: the time was over, or there was no way. A refusal is an answer.
    pub is_silence: bool,
    /// Whether the page says that it is the asked host's own; absent: there is no page.
    pub is_own: Option<bool>,
}

impl Finding {
    /// A finding with its reason.
    pub fn new(holds: Option<bool>, why: impl Into<String>) -> Self {
        Self {
            holds,
            why: why.into(),
            is_silence: false,
            is_own: None,
        }
    }

    /// Nobody answered, so that it does not hold.
    pub fn silence(why: impl Into<String>) -> Self {
        Self {
            is_silence: true,
            ..Self::new(Some(false), why)
        }
    }
}

/// One look at HAProxy: the process that answered and the proxies that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Who answered; absent where only the stats page was read, which does not say.
    pub process: Option<Process>,
    /// By name. A name that HAProxy does not have is absent.
    pub proxies: BTreeMap<String, Proxy>,
}

impl Snapshot {
    /// Nothing changed but the age of the process.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let who = |snapshot: &Self| {
            let process = snapshot.process.as_ref();
            process.map(|process| (process.pid, process.stopping))
        };
        who(self) == who(other) && self.proxies == other.proxies
    }
}

/// `show info`: which HAProxy process answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Process {
    /// HAProxy's version.
    pub version: String,
    /// The worker's process id: a new one after a reload.
    pub pid: u32,
    /// The worker was told to leave; what it says of its servers is frozen.
    pub stopping: bool,
    /// For how many seconds it has run, if it says so.
    pub uptime: Option<u64>,
}

/// The rows of `show stat` for one name, which may be a frontend, a backend or both (`listen`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proxy {
    /// The FRONTEND row's status.
    pub frontend: Option<String>,
    /// The BACKEND row.
    pub backend: Option<BackendRow>,
    /// The server rows, in HAProxy's order.
    pub servers: Vec<ServerRow>,
}

impl Proxy {
    /// A frontend that is not open, or a backend that is not published: an operator closed it, never a failure.
    fn is_closed(&self) -> bool {
        self.frontend
            .as_deref()
            .is_some_and(|status| status != "OPEN")
            || self
                .backend
                .as_ref()
                .is_some_and(BackendRow::is_unpublished)
    }
}

impl BackendRow {
    /// Nothing is sent to it (HAProxy 3.4, `unpublish backend`).
    pub fn is_unpublished(&self) -> bool {
        self.status.contains("(UNPUB)")
    }
}

impl ServerRow {
    /// Takes the state that an earlier process knew.
    fn recall(&mut self, state: ServerState, at: Instant) {
        self.state = match state {
            ServerState::Usable | ServerState::Weightless if self.weight == 0 => {
                ServerState::Weightless
            }
            ServerState::Usable | ServerState::Weightless => ServerState::Usable,
            ServerState::Down => ServerState::Down,
            ServerState::Unchecked
            | ServerState::Strange
            | ServerState::Maint
            | ServerState::Drain
            | ServerState::Unresolved => return,
        };
        self.remembered = Some(at);
    }
}

/// The BACKEND row of `show stat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendRow {
    /// `UP`, `DOWN`, `UP (UNPUB)`.
    pub status: String,
    /// Usable servers, active and backup together (`act` + `bck`).
    pub usable: u32,
}

/// A server's row of `show stat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRow {
    /// Its name.
    pub name: String,
    /// A backup server: it takes traffic only when no active one can.
    pub backup: bool,
    /// Its effective weight.
    pub weight: u32,
    /// What its status means.
    pub state: ServerState,
    /// Its status and last check as HAProxy words them: `DOWN 1/2 L4CON`.
    pub words: String,
    /// `proxy/server` that this one follows instead of being checked itself.
    pub tracks: Option<(String, String)>,
    /// This process of HAProxy has not checked it yet: its state is what an earlier one knew at this time.
    pub remembered: Option<Instant>,
}

/// What a server's status means for new requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerState {
    /// Takes new requests.
    Usable,
    /// Its check has not run yet: HAProxy says UP (or DOWN) by default, not by knowledge.
    Unchecked,
    /// An operator took it out (MAINT).
    Maint,
    /// An operator takes it out gently (DRAIN).
    Drain,
    /// A server of a template or of DNS that has no address now (MAINT (resolution)).
    Unresolved,
    /// UP with weight 0: it is given nothing.
    Weightless,
    /// Its status is no word that is known: it cannot be told.
    Strange,
    /// Down, or stopping.
    Down,
}

impl ServerState {
    /// The meaning of the columns `status`, `weight` and `check_status`, by their beginnings: HAProxy appends
    /// counts (`UP 1/3`, also `UP -1/3`), causes (`MAINT (via px/srv)`) and a `* ` for a check under way.
    pub fn of(status: &str, weight: u32, check_status: &str) -> Self {
        let check = check_status.strip_prefix("* ").unwrap_or(check_status);
        let is = |word: &str| {
            status
                .strip_prefix(word)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        if is("MAINT (resolution)") {
            Self::Unresolved
        } else if is("MAINT") {
            Self::Maint
        } else if is("DRAIN") {
            Self::Drain
        } else if matches!(check, "INI" | "UNK") {
            Self::Unchecked
        } else if !(is("UP") || is("DOWN") || is("NOLB") || status == "no check") {
            Self::Strange
        } else if (is("UP") || status == "no check") && weight == 0 {
            Self::Weightless
        } else if is("UP") || status == "no check" {
            Self::Usable
        } else {
            Self::Down
        }
    }

    /// It takes no new requests, for whatever reason. An empty slot is no server, and of an unchecked one nothing is known.
    fn is_out(self) -> bool {
        match self {
            Self::Maint | Self::Drain | Self::Weightless | Self::Down => true,
            Self::Usable | Self::Unchecked | Self::Strange | Self::Unresolved => false,
        }
    }

    /// An operator's wish, not a failure.
    pub fn is_wish(self) -> bool {
        matches!(self, Self::Maint | Self::Drain)
    }
}

impl Snapshot {
    /// The process that answered is stopping: it checks no server any more.
    pub fn is_frozen(&self) -> bool {
        self.process
            .as_ref()
            .is_some_and(|process| process.stopping)
    }

    /// What takes no requests.
    pub fn out(&self) -> Out {
        let mut out = Out::new();
        for (name, proxy) in &self.proxies {
            let servers = proxy.servers.iter().filter(|row| row.state.is_out());
            out.extend(servers.map(|row| (name.clone(), Some(row.name.clone()))));
            if proxy.is_closed() {
                out.insert((name.clone(), None));
            }
        }
        out
    }

    /// Servers that this process of HAProxy has not checked yet are taken for what `before`, read at `read`, knew of
    /// them by their name: healthy or not. After `bound` without a check nothing is known any more. Where `before` has
    /// no such server, or one that nobody had checked, or an operator had taken it out, nothing is known.
    pub fn remember(&mut self, (before, read): (&Self, Instant), bound: Duration, now: Instant) {
        let unchecked = self.proxies.iter_mut().flat_map(|(name, proxy)| {
            let rows = proxy.servers.iter_mut().enumerate();
            rows.filter(|(_, row)| row.state == ServerState::Unchecked)
                .map(move |row| (name, row))
        });
        let mut before = before.lookup();
        for (name, (place, row)) in unchecked {
            let Some(known) = before.server(name, &row.name, place) else {
                continue;
            };
            let at = known.remembered.unwrap_or(read);
            if now.saturating_duration_since(at) < bound {
                row.recall(known.state, at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_every_version_has_its_meaning() {
        use ServerState::*;
        let table = [
            ("UP", 1, "L4OK", Usable),
            ("UP", 1, "* L4OK", Usable),
            ("UP 1/3", 1, "L4CON", Usable),
            ("UP 2/3", 1, "* L7TOUT", Usable),
            ("UP -25/30", 1, "L4OK", Usable),
            ("no check", 1, "", Usable),
            ("UP", 1, "", Usable),
            ("UP", 0, "L4OK", Weightless),
            ("no check", 0, "", Weightless),
            ("UP", 1, "INI", Unchecked),
            ("UP 1/3", 1, "* INI", Unchecked),
            ("UP -1/3", 1, "INI", Unchecked),
            ("DOWN", 1, "INI", Unchecked),
            ("UP", 1, "UNK", Unchecked),
            ("DOWN", 1, "L4CON", Down),
            ("DOWN 1/2", 1, "L4OK", Down),
            ("DOWN (agent)", 1, "L4OK", Down),
            ("NOLB", 1, "L7STS", Down),
            ("NOLB 1/3", 1, "L7STS", Down),
            ("DRAIN", 1, "L4OK", Drain),
            ("DRAIN 1/3", 1, "L4OK", Drain),
            ("DRAIN (agent)", 0, "L4OK", Drain),
            ("MAINT", 1, "", Maint),
            ("MAINT", 1, "INI", Maint),
            ("MAINT (via be/s1)", 1, "", Maint),
            ("MAINT(via)", 1, "", Strange),
            ("MAINT (resolution)", 1, "", Unresolved),
            ("UPSIDE DOWN", 1, "L4OK", Strange),
            ("PURGING", 1, "L4OK", Strange),
            ("", 1, "", Strange),
            ("up", 1, "L4OK", Strange),
        ];
        for (status, weight, check, meaning) in table {
            assert_eq!(
                ServerState::of(status, weight, check),
                meaning,
                "status {status:?} weight {weight} check {check:?}"
            );
        }
    }
}
