//! HAProxy as it was read, and what its words mean.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
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

/// The BACKEND row of `show stat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendRow {
    /// `UP`, `DOWN`, `UP (UNPUB)`.
    pub status: String,
    /// Usable servers, active and backup together (`act` + `bck`).
    pub usable: u32,
}

/// A server's row of `show stat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    #[serde(skip)]
    pub remembered: Option<Instant>,
}

/// What a server's status means for new requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
    /// Its status is not known to this program.
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
}

/// What takes no requests, taken out or failed: servers by their proxy and name, and closed frontends and unpublished
/// backends by their name alone.
pub type Out = BTreeSet<(String, Option<String>)>;

/// Why HAProxy could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trouble {
    /// Nobody listens: no socket, connection refused. The proxy is down.
    Gone(String),
    /// It cannot be told: a timeout, no permission, an answer that makes no sense.
    Unreadable(String),
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
