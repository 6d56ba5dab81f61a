//! HAProxy's state for the controller: what `run` reads, and also sessions, queues and an operator's wishes (`show servers
//! state`, management.txt section 9.3).

use std::collections::{BTreeMap, BTreeSet};

use csv::{ByteRecord, ReaderBuilder};

use super::command::ServerWish;
use super::name::ServerName;
use crate::condition::ProxyName;
use crate::foreign;
use crate::observation::{CHAIN, Process, ServerState, Snapshot};
use crate::observe;

/// One answer of one HAProxy process.
#[derive(Debug, Clone)]
pub struct View {
    /// The process that answered.
    pub process: Process,
    /// By name.
    pub servers: BTreeMap<ServerName, Server>,
    /// By name; a `listen` section is both a frontend and a backend.
    pub frontends: BTreeMap<ProxyName, Frontend>,
    /// As `run` reads it.
    pub snapshot: Snapshot,
    /// Names that a frontend and a backend share without being a `listen` section.
    pub twins: BTreeSet<String>,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// HAProxy's word: `UP 1/3`.
    pub status: String,
    /// What that means for new requests; of a server that tracks another, by that one's checks.
    pub state: ServerState,
    /// The result of its last check, for example `L7OK`; empty: it has no check of its own.
    pub check: String,
    /// The operators' wishes.
    pub admin: Admin,
    /// Its weight now.
    pub weight: u32,
    /// It is a backup server.
    pub backup: bool,
    /// `proxy/server` that it tracks.
    pub tracks: Option<String>,
    /// Its open sessions.
    pub sessions: u64,
    /// Its queued requests.
    pub queue: u64,
    /// Seconds since its status changed.
    pub since: u64,
}

/// A frontend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontend {
    /// HAProxy's word: `OPEN`, `PAUSED`, `STOP`.
    pub status: String,
    /// It is a `listen` section.
    pub listen: bool,
    /// Its open sessions.
    pub sessions: u64,
    /// Its session limit.
    pub limit: u64,
}

impl Frontend {
    /// It accepts connections.
    pub fn is_open(&self) -> bool {
        self.status == "OPEN"
    }
}

/// `srv_admin_state`: why a server is out, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admin(pub u32);

impl Admin {
    const MAINT: u32 = 0x01;
    const MAINT_FOLLOWED: u32 = 0x02;
    const DRAIN: u32 = 0x08;
    const DRAIN_FOLLOWED: u32 = 0x10;

    /// The wish for this server itself.
    pub fn wish(self) -> ServerWish {
        match self.0 {
            bits if bits & Self::MAINT > 0 => ServerWish::Maint,
            bits if bits & Self::DRAIN > 0 => ServerWish::Drain,
            _ => ServerWish::Ready,
        }
    }

    /// Whether a wish for the server that it tracks takes it out.
    pub fn is_out_by_tracking(self) -> bool {
        self.0 & (Self::MAINT_FOLLOWED | Self::DRAIN_FOLLOWED) > 0
    }
}

impl Server {
    /// Whether it is up by a check: HAProxy shows a server that comes back as `UP 1/3` until a check has ended, and then as
    /// `UP`.
    pub fn is_up_and_checked(&self) -> bool {
        matches!(self.state, ServerState::Usable | ServerState::Weightless)
            && matches!(self.status.as_str(), "UP" | "no check")
    }

    /// `DOWN 1/2 L4CON`.
    pub fn words(&self) -> String {
        format!("{} {}", self.state_words(), self.check)
            .trim_end()
            .to_owned()
    }

    /// HAProxy's word, and the wish where the word does not show it: a failed server in drain is `DOWN`.
    pub fn state_words(&self) -> String {
        let shown = self.status.to_lowercase();
        match self.admin.wish() {
            ServerWish::Ready => self.status.clone(),
            wish if shown.starts_with(wish.word()) => self.status.clone(),
            wish => format!("{}, {}", self.status, wish.word()),
        }
    }
}

impl View {
    /// Reads the answer to `show info` and any number of `show stat …` and `show servers state …`: `replies` of the latter
    /// two.
    ///
    /// # Errors
    /// The answer was cut off, or is not HAProxy's.
    pub(super) fn read(answer: &[u8], replies: usize) -> Result<Self, String> {
        if !answer.ends_with(b"\n\n") {
            return Err(format!("its answer of {} bytes was cut off", answer.len()));
        }
        let mut blocks = observe::blocks(answer).into_iter();
        let process = observe::process(blocks.next().unwrap_or_default())?;
        let (mut figures, mut admins) = (BTreeMap::new(), BTreeMap::new());
        let mut twins = BTreeSet::new();
        let mut snapshot = Snapshot {
            process: Some(process.clone()),
            proxies: BTreeMap::new(),
        };
        if blocks.len() != replies {
            return Err(format!("{} replies to {replies} questions", blocks.len()));
        }
        for block in blocks {
            if block.starts_with(b"# ") {
                observe::add_table(&mut snapshot.proxies, block, |_| true)?;
                let numbers = observe::numbers(block)?.into_iter();
                twins.extend(
                    numbers
                        .filter(|(_, numbers)| numbers.len() > 1)
                        .map(|(name, _)| name),
                );
                figures.extend(Figures::table(block)?);
            } else if block.starts_with(b"1\n# ") {
                admins.extend(admins_of(&String::from_utf8_lossy(block))?);
            } else if !matches!(block, b"No such proxy.\n" | b"Can't find backend.\n") {
                let text: String = String::from_utf8_lossy(block).lines().take(1).collect();
                return Err(format!("it answered '{}'", text.escape_debug()));
            }
        }
        let mut view = Self {
            process,
            servers: BTreeMap::new(),
            frontends: BTreeMap::new(),
            snapshot,
            twins,
        };
        view.fill(&figures, &admins);
        Ok(view)
    }

    /// Joins the tables. Names outside HAProxy's charset, such as of its internal proxies, are left out: no command can
    /// name them.
    fn fill(
        &mut self,
        figures: &BTreeMap<(String, String), Figures>,
        admins: &BTreeMap<ServerName, Admin>,
    ) {
        let mut lookup = self.snapshot.lookup();
        for (proxy_name, proxy) in &self.snapshot.proxies {
            for (place, row) in proxy.servers.iter().enumerate() {
                let figures = figures.get(&(proxy_name.clone(), row.name.clone()));
                let (Some(name), Some(figures)) = (ServerName::of(proxy_name, &row.name), figures)
                else {
                    continue;
                };
                let Some(admin) = admins.get(&name) else {
                    continue;
                };
                let server = Server {
                    status: figures.status.clone(),
                    state: lookup.state(place, row),
                    check: figures.check.clone(),
                    admin: *admin,
                    weight: row.weight,
                    backup: row.backup,
                    tracks: row
                        .tracks
                        .as_ref()
                        .map(|(proxy, server)| format!("{proxy}/{server}")),
                    sessions: figures.sessions,
                    queue: figures.queue,
                    since: figures.since,
                };
                self.servers.insert(name, server);
            }
            let figures = figures.get(&(proxy_name.clone(), String::new()));
            if let (Some(status), Some(figures), Ok(name)) =
                (&proxy.frontend, figures, proxy_name.parse())
            {
                let (status, listen) = (
                    status.clone(),
                    proxy.backend.is_some() && !self.twins.contains(proxy_name),
                );
                let frontend = Frontend {
                    status,
                    listen,
                    sessions: figures.sessions,
                    limit: figures.limit,
                };
                self.frontends.insert(name, frontend);
            }
        }
    }

    /// Every backend, also one without servers.
    pub fn backends(&self) -> impl Iterator<Item = &str> {
        self.snapshot
            .proxies
            .iter()
            .filter(|(_, proxy)| proxy.backend.is_some())
            .map(|(name, _)| name.as_str())
    }

    /// A backend's servers.
    pub fn servers_of(&self, backend: &ProxyName) -> impl Iterator<Item = &ServerName> {
        self.servers
            .keys()
            .filter(move |name| name.backend == *backend)
    }

    /// The servers that this one tracks, the nearest first.
    pub(super) fn leaders(&self, name: &ServerName) -> Vec<ServerName> {
        let mut leaders = Vec::new();
        while leaders.len() < CHAIN {
            let tracks = self
                .servers
                .get(leaders.last().unwrap_or(name))
                .and_then(|server| server.tracks.as_deref());
            let leader = tracks.and_then(|text| text.split_once('/'));
            let Some(leader) = leader.and_then(|(proxy, server)| ServerName::of(proxy, server))
            else {
                break;
            };
            leaders.push(leader);
        }
        leaders
    }

    /// The proxies of these servers and of those that they track: a look at them must contain all.
    pub(super) fn around<'name>(
        &self,
        names: impl Iterator<Item = &'name ServerName>,
    ) -> BTreeSet<ProxyName> {
        names
            .flat_map(|name| self.leaders(name).into_iter().chain([name.clone()]))
            .map(|name| name.backend)
            .collect()
    }
}

/// The columns of `show stat` that `run` does not read.
struct Figures {
    status: String,
    check: String,
    sessions: u64,
    queue: u64,
    limit: u64,
    since: u64,
}

impl Figures {
    /// Frontends and servers, by the names of the proxy and of the server, which is empty for a frontend.
    fn table(csv: &[u8]) -> Result<BTreeMap<(String, String), Self>, String> {
        let mut reader = ReaderBuilder::new().from_reader(csv.strip_prefix(b"# ").unwrap_or(csv));
        let header = reader
            .byte_headers()
            .map_err(|error| error.to_string())?
            .clone();
        let column = |name: &str| {
            let place = header.iter().position(|column| column == name.as_bytes());
            place.ok_or_else(|| format!("no column '{name}' in the CSV header"))
        };
        let (proxy, row, kind) = (column("pxname")?, column("svname")?, column("type")?);
        let (status, check) = (column("status")?, column("check_status")?);
        let (sessions, queue, limit, since) = (
            column("scur")?,
            column("qcur")?,
            column("slim")?,
            column("lastchg")?,
        );
        let mut table = BTreeMap::new();
        for record in reader.byte_records() {
            let record = record.map_err(|error| format!("a broken row: {error}"))?;
            let text = |column| text(&record, column);
            // An empty field is 0.
            let number = |column| text(column).parse().unwrap_or(0);
            let figures = Self {
                status: text(status),
                check: text(check).trim_start_matches("* ").to_owned(),
                sessions: number(sessions),
                queue: number(queue),
                limit: number(limit),
                since: number(since),
            };
            match text(kind).as_str() {
                "0" => drop(table.insert((text(proxy), String::new()), figures)),
                "2" => drop(table.insert((text(proxy), text(row)), figures)),
                _ => {}
            }
        }
        Ok(table)
    }
}

fn text(record: &ByteRecord, column: usize) -> String {
    let text = String::from_utf8_lossy(record.get(column).unwrap_or_default());
    foreign::plain(&text).take(256).collect()
}

/// Reads `show servers state` by its header: versions differ in their columns.
fn admins_of(text: &str) -> Result<BTreeMap<ServerName, Admin>, String> {
    let mut lines = text.lines().skip(1);
    let header: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .trim_start_matches("# ")
        .split(' ')
        .collect();
    let column = |name: &str| {
        let place = header.iter().position(|column| *column == name);
        place.ok_or_else(|| format!("no column '{name}' in its servers' states"))
    };
    let (backend, server, admin) = (
        column("be_name")?,
        column("srv_name")?,
        column("srv_admin_state")?,
    );
    let mut admins = BTreeMap::new();
    for line in lines {
        let fields: Vec<&str> = line.split(' ').collect();
        let field = |column: usize| fields.get(column).copied().unwrap_or_default();
        let bits = field(admin)
            .parse()
            .map_err(|_| "a broken row of its servers' states".to_owned())?;
        if let Some(name) = ServerName::of(field(backend), field(server)) {
            admins.insert(name, Admin(bits));
        }
    }
    Ok(admins)
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
