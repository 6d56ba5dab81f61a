//! A model of HAProxy: servers that it checks, a process that is replaced by a reload, variables that die with it.

use std::collections::{BTreeMap, BTreeSet};

use haproxy_rhi::observation::{BackendRow, Process, Proxy, ServerRow, ServerState, Snapshot};

use super::Time;
use super::setting::{SERVICES, backend};

/// What HAProxy says of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Up,
    Down,
    /// Not checked by this process: it says UP.
    Unchecked,
}

/// What an operator made of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admin {
    Ready,
    Maint,
    Drain,
}

#[derive(Debug, Clone)]
pub struct Row {
    pub seen: Seen,
    pub admin: Admin,
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

    pub fn is_usable(&self) -> bool {
        self.state() == ServerState::Usable
    }

    /// By HAProxy's own count (`nbsrv`), which takes UP for UP.
    fn is_counted(&self) -> bool {
        self.admin == Admin::Ready && self.seen != Seen::Down && self.weight > 0
    }
}

/// One NVA's HAProxy.
#[derive(Debug)]
pub struct Haproxy {
    pub alive: bool,
    pub hangs: bool,
    /// An old worker still answers on the socket, until then.
    pub stopping: Option<Time>,
    pub pid: u32,
    pub services: Vec<Vec<Row>>,
    pub frontends: Vec<bool>,
    /// By name: a flag, or the wall clock's microseconds.
    pub variables: BTreeMap<String, i64>,
    pub control: bool,
    cache: Option<(BTreeSet<String>, Snapshot)>,
}

impl Haproxy {
    pub fn new(services: usize, servers: usize) -> Self {
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
            services: vec![vec![row; servers]; services],
            frontends: vec![true; services],
            variables: BTreeMap::new(),
            control: true,
            cache: None,
        }
    }

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

    /// A variable of a service's, such as `proc.out_web`.
    pub fn variable(&self, kind: &str, service: usize) -> i64 {
        let is_meant = |name: &str| {
            let service_of = name
                .strip_prefix("proc.")
                .and_then(|name| name.strip_prefix(kind));
            service_of.and_then(|name| name.strip_prefix('_')) == Some(SERVICES[service])
        };
        self.variables
            .iter()
            .find(|(name, _)| is_meant(name))
            .map_or(0, |(_, value)| *value)
    }

    /// Servers that count for other regions.
    pub fn counted(&self, service: usize) -> usize {
        self.services[service]
            .iter()
            .filter(|row| row.is_counted())
            .count()
    }

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
        let number = (0..self.services.len()).find(|number| name.starts_with(SERVICES[*number]))?;
        if name.ends_with("_front") {
            let status = if self.frontends[number] {
                "OPEN"
            } else {
                "STOP"
            };
            return Some(Proxy {
                frontend: Some(status.to_owned()),
                ..Proxy::default()
            });
        }
        let local = name.ends_with("_local");
        let rows = self.services[number].iter().enumerate();
        let mut servers: Vec<ServerRow> = rows
            .map(|(index, row)| server(number, local, index, row))
            .collect();
        let usable = servers
            .iter()
            .filter(|row| row.state == ServerState::Usable)
            .count();
        if !local {
            servers.push(ServerRow {
                name: "sibling".to_owned(),
                backup: true,
                tracks: Some(("sibling_check".to_owned(), "nva".to_owned())),
                ..server(number, false, 0, &self.services[number][0])
            });
        }
        let status = if usable > 0 { "UP" } else { "DOWN" };
        let backend = BackendRow {
            status: status.to_owned(),
            usable: usable as u32,
        };
        Some(Proxy {
            frontend: None,
            backend: Some(backend),
            servers,
        })
    }
}

/// A server that follows another is UP where that other has not been checked.
fn server(number: usize, local: bool, index: usize, row: &Row) -> ServerRow {
    let state = match row.state() {
        ServerState::Unchecked if local => ServerState::Usable,
        state => state,
    };
    ServerRow {
        name: format!("s{index}"),
        backup: false,
        weight: row.weight,
        state,
        words: String::new(),
        tracks: local.then(|| (backend(number, false), format!("s{index}"))),
        remembered: None,
    }
}
