//! A model of HAProxy: servers that it checks, a process that is replaced by a reload, variables that die with it.

use std::collections::{BTreeMap, BTreeSet};

use crate::observation::{BackendRow, Process, Proxy, ServerRow, ServerState, Snapshot};

use super::queue::Time;
use crate::program::{Setting, Settings};

/// The shipped haproxy.cfg believes no time that is further away, in microseconds.
const BELIEVED: i64 = 10_000_000;

/// What HAProxy says of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It says UP.
    Up,
    /// It says DOWN.
    Down,
    /// Not checked by this process: it says UP.
    Unchecked,
}

/// What an operator made of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admin {
    /// Nothing.
    Ready,
    /// Out.
    Maint,
    /// No new connections.
    Drain,
}

/// A server.
#[derive(Debug, Clone)]
pub struct Row {
    /// By HAProxy's word.
    pub seen: Seen,
    /// By an operator's wish.
    pub admin: Admin,
    /// Its weight.
    pub weight: u32,
    /// Checks of it that were begun: an older one says nothing any more.
    pub check: u32,
}

impl Row {
    fn state(&self) -> ServerState {
        match (self.admin, self.seen) {
            (Admin::Maint, _) => ServerState::Maint,
            (Admin::Drain, _) => ServerState::Drain,
            (_, Seen::Down) => ServerState::Down,
            (_, Seen::Unchecked) => ServerState::Unchecked,
            (_, Seen::Up) if self.weight == 0 => ServerState::Weightless,
            (_, Seen::Up) => ServerState::Usable,
        }
    }

    /// It takes new requests.
    pub fn is_usable(&self) -> bool {
        self.state() == ServerState::Usable
    }

    /// By HAProxy's own count (`nbsrv`), which takes UP for UP.
    fn is_counted(&self) -> bool {
        self.admin == Admin::Ready && self.seen != Seen::Down && self.weight > 0
    }
}

/// Which proxies there are.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// Backends by their name.
    pub backends: BTreeMap<String, Backend>,
    /// Frontends by their name, each with its number.
    pub frontends: BTreeMap<String, usize>,
}

/// A backend.
#[derive(Debug, Clone, Default)]
pub struct Backend {
    /// Which group of servers it has.
    pub group: usize,
    /// The servers' names; those that have none are called s0, s1, …
    pub names: Vec<String>,
    /// Its servers follow those of this one (`track`).
    pub follows: Option<String>,
    /// It has the other region as a backup server.
    pub sibling: bool,
}

/// One NVA's HAProxy.
#[derive(Debug)]
pub struct Haproxy {
    /// Its process runs.
    pub alive: bool,
    /// It runs, and answers nobody.
    pub hangs: bool,
    /// An old worker still answers on the socket, until then.
    pub stopping: Option<Time>,
    /// The worker's process id.
    pub pid: u32,
    layout: Layout,
    /// Groups of servers, by number.
    pub services: Vec<Vec<Row>>,
    /// Which of them are open.
    pub frontends: Vec<bool>,
    /// By name: a flag, or the wall clock's microseconds.
    pub variables: BTreeMap<String, i64>,
    /// It takes what it is told.
    pub control: bool,
    cache: Option<(BTreeSet<String>, Snapshot)>,
}

impl Haproxy {
    /// All servers are up. `servers`: how many each group has.
    pub fn new(layout: Layout, servers: &[usize]) -> Self {
        let row = Row {
            seen: Seen::Up,
            admin: Admin::Ready,
            weight: 1,
            check: 0,
        };
        Self {
            alive: true,
            hangs: false,
            stopping: None,
            pid: 100,
            services: servers
                .iter()
                .map(|count| vec![row.clone(); *count])
                .collect(),
            frontends: vec![true; layout.frontends.len()],
            layout,
            variables: BTreeMap::new(),
            control: true,
            cache: None,
        }
    }

    /// It runs, and answers.
    pub fn answers(&self) -> bool {
        self.alive && !self.hangs
    }

    /// Something that a look shows has changed.
    pub fn changed(&mut self) {
        self.cache = None;
    }

    /// A new process: it knows nothing, and nobody's wishes.
    pub fn begin(&mut self) {
        (self.alive, self.hangs) = (true, false);
        self.pid += 1;
        self.variables.clear();
        for row in self.services.iter_mut().flatten() {
            *row = Row {
                seen: Seen::Unchecked,
                admin: Admin::Ready,
                weight: 1,
                check: row.check + 1,
            };
        }
        self.frontends.fill(true);
        self.changed();
    }

    /// A variable, such as `proc.out_web`; one that was never set is 0.
    pub fn variable(&self, name: &str) -> i64 {
        self.variables.get(name).copied().unwrap_or(0)
    }

    /// Sets variables. `wall`: the wall clock's microseconds.
    pub fn set(&mut self, settings: Settings, wall: i64) {
        for (variable, setting) in settings {
            let value = match setting {
                Setting::Flag(on) => i64::from(on),
                // HAProxy counts whole seconds.
                Setting::Until(for_) => {
                    let micros = i64::try_from(for_.as_micros()).unwrap_or(i64::MAX / 2);
                    (wall + micros) / 1_000_000 * 1_000_000
                }
            };
            self.variables.insert(variable.to_string(), value);
        }
    }

    /// The health page for other regions, as the shipped haproxy.cfg has it: whether it says 200. `variables`: until
    /// when the route is known to be out, and whether the service is drained.
    pub fn page(&self, group: usize, variables: &[String; 2], wall: i64, now: Time) -> bool {
        let [out, drain] = variables;
        self.answers()
            && self.stopping.is_none_or(|until| now >= until)
            && self.counted(group) > 0
            && self.variable(drain) == 0
            && (1..=BELIEVED).contains(&(self.variable(out) - wall))
    }

    /// Servers that count for other regions.
    pub fn counted(&self, service: usize) -> usize {
        let rows = self.services.get(service).into_iter().flatten();
        rows.filter(|row| row.is_counted()).count()
    }

    /// Every server was checked.
    pub fn is_settled(&self) -> bool {
        self.services
            .iter()
            .flatten()
            .all(|row| row.seen != Seen::Unchecked || row.admin == Admin::Maint)
    }

    /// `show info` and `show stat` for these names.
    pub fn snapshot(&mut self, names: &BTreeSet<String>, now: Time) -> Snapshot {
        let stopping = self.stopping.is_some_and(|until| now < until);
        if stopping {
            return self.read(names, true);
        }
        if let Some((known, snapshot)) = &self.cache
            && known == names
        {
            return snapshot.clone();
        }
        let snapshot = self.read(names, false);
        self.cache = Some((names.clone(), snapshot.clone()));
        snapshot
    }

    /// What it says of these, whatever it did before.
    pub fn read(&self, names: &BTreeSet<String>, stopping: bool) -> Snapshot {
        let process = Process {
            version: "2.6.12".to_owned(),
            pid: self.pid,
            stopping,
            uptime: None,
        };
        let mut proxies = BTreeMap::new();
        for name in names {
            proxies.extend(self.proxy(name).map(|proxy| (name.clone(), proxy)));
        }
        Snapshot {
            process: Some(process),
            proxies,
        }
    }

    fn proxy(&self, name: &str) -> Option<Proxy> {
        let open = self.layout.frontends.get(name);
        let open = open.and_then(|number| self.frontends.get(*number));
        let frontend = open.map(|open| if *open { "OPEN" } else { "STOP" }.to_owned());
        let Some(backend) = self.layout.backends.get(name) else {
            return frontend.map(|status| Proxy {
                frontend: Some(status),
                ..Proxy::default()
            });
        };
        let servers = self.servers(backend);
        let usable = servers
            .iter()
            .filter(|row| row.state == ServerState::Usable && !row.backup)
            .count();
        let status = if usable > 0 { "UP" } else { "DOWN" };
        let backend = BackendRow {
            status: status.to_owned(),
            usable: usable as u32,
        };
        Some(Proxy {
            frontend,
            backend: Some(backend),
            servers,
        })
    }

    fn servers(&self, backend: &Backend) -> Vec<ServerRow> {
        let rows = self.services.get(backend.group).into_iter().flatten();
        let row = |(index, row)| server(backend, index, row);
        let mut servers: Vec<ServerRow> = rows.enumerate().map(row).collect();
        let first = servers.first().cloned();
        servers.extend(first.filter(|_| backend.sibling).map(|first| ServerRow {
            name: "sibling".to_owned(),
            backup: true,
            tracks: Some(("sibling_check".to_owned(), "nva".to_owned())),
            ..first
        }));
        servers
    }
}

/// A server that follows another is UP where that other has not been checked.
fn server(backend: &Backend, index: usize, row: &Row) -> ServerRow {
    let name = match backend.names.get(index) {
        Some(name) => name.clone(),
        None => format!("s{index}"),
    };
    let follows = backend.follows.as_ref();
    let state = match row.state() {
        ServerState::Unchecked if follows.is_some() => ServerState::Usable,
        state => state,
    };
    ServerRow {
        tracks: follows.map(|other| (other.clone(), name.clone())),
        name,
        backup: false,
        weight: row.weight,
        state,
        words: match state {
            ServerState::Down => "DOWN".to_owned(),
            ServerState::Maint => "MAINT".to_owned(),
            ServerState::Drain => "DRAIN".to_owned(),
            _ => String::new(),
        },
        remembered: None,
    }
}
