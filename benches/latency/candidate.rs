//! What is measured: who watches North Europe's HAProxy, what befalls its servers, and how often.

use std::time::Duration;

/// One row of each table.
pub struct Candidate {
    /// Its name in the tables.
    pub name: &'static str,
    /// Its name where the parts of its moves are shown; none: they are not.
    pub short: Option<&'static str>,
    /// Who watches.
    pub watcher: Watcher,
    /// What befalls the servers.
    pub cause: Cause,
    /// Whether its lines pass a tee that stamps them.
    pub tee: bool,
    /// Failovers, and as many fail-backs.
    pub count: u32,
    /// The same with `--quick`.
    pub quick: u32,
    /// It ends then, with what it has.
    pub budget: Duration,
    /// Its longest pause between two looks. The failures fall evenly into it.
    pub period: Duration,
}

/// Who watches.
pub enum Watcher {
    /// haproxy-rhi with the shipped configuration, or with another interval and without HAProxy's datagrams.
    HaproxyRhi {
        /// `interval`, and `fast_interval` where that is longer.
        polling: Option<&'static str>,
    },
    /// exabgp-healthcheck with these options.
    Healthcheck(&'static str),
    /// See [`crate::bare`].
    Bare,
}

/// What befalls the servers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// SIGKILL, and a start.
    Killed,
    /// An operator's `set server … state maint`, and `ready`.
    Maintenance,
    /// SIGKILL to HAProxy itself, and a start.
    HaproxyKilled,
    /// `ip address del`, and `replace`.
    AddressRemoved,
}

impl Cause {
    /// HAProxy says DOWN, and UP.
    pub fn is_logged(self) -> bool {
        matches!(self, Self::Killed | Self::Maintenance)
    }
}

const RHI: Candidate = Candidate {
    name: "",
    short: None,
    watcher: Watcher::HaproxyRhi { polling: None },
    cause: Cause::Killed,
    tee: true,
    count: 50,
    quick: 3,
    budget: minutes(3),
    period: Duration::from_millis(200),
};

pub const CANDIDATES: [Candidate; 10] = [
    Candidate {
        name: "haproxy-rhi, datagrams",
        short: Some("rhi"),
        count: 200,
        quick: 6,
        budget: minutes(10),
        ..RHI
    },
    Candidate {
        name: "the same, planned (maint)",
        short: Some("maint"),
        cause: Cause::Maintenance,
        ..RHI
    },
    // A repetition waits for HAProxy's first checks, and for the sessions of its clients.
    Candidate {
        name: "the same, HAProxy killed",
        cause: Cause::HaproxyKilled,
        budget: minutes(6),
        period: Duration::from_secs(1),
        ..RHI
    },
    Candidate {
        name: "the same, address removed",
        cause: Cause::AddressRemoved,
        budget: minutes(5),
        period: Duration::from_secs(1),
        ..RHI
    },
    Candidate {
        name: "the same, without the tee",
        short: Some("no tee"),
        tee: false,
        count: 100,
        budget: minutes(4),
        ..RHI
    },
    Candidate {
        name: "the bare minimum",
        short: Some("bare"),
        watcher: Watcher::Bare,
        ..RHI
    },
    Candidate {
        name: "haproxy-rhi, polling 100ms",
        watcher: Watcher::HaproxyRhi {
            polling: Some("100ms"),
        },
        period: Duration::from_millis(100),
        ..RHI
    },
    Candidate {
        name: "haproxy-rhi, polling 1s",
        watcher: Watcher::HaproxyRhi {
            polling: Some("1s"),
        },
        budget: minutes(5),
        period: Duration::from_secs(1),
        ..RHI
    },
    Candidate {
        name: "healthcheck, fastest",
        watcher: Watcher::Healthcheck("-i 0.1 -f 0.1 --rise 1 --fall 1"),
        period: Duration::from_millis(100),
        ..RHI
    },
    // A repetition takes sixteen seconds.
    Candidate {
        name: "healthcheck, defaults",
        watcher: Watcher::Healthcheck(""),
        count: 20,
        quick: 2,
        budget: minutes(6),
        period: Duration::from_secs(5),
        ..RHI
    },
];

impl Candidate {
    /// When the failure of a repetition falls into the period: even parts of it.
    pub fn phase(&self, number: u32, count: u32) -> Duration {
        self.period * (number % count) / count
    }

    /// Whether another haproxy-rhi may be measured beside it: with datagrams, from a failure.
    pub fn is_compared(&self) -> bool {
        matches!(self.watcher, Watcher::HaproxyRhi { polling: None })
            && self.cause != Cause::Maintenance
    }

    /// What it is, for those who read the tables.
    pub fn explained(&self) -> String {
        let watcher = match self.watcher {
            Watcher::HaproxyRhi { polling: None } => {
                "the shipped config.json and haproxy.cfg".to_owned()
            }
            Watcher::HaproxyRhi {
                polling: Some(interval),
            } => {
                format!("the same without 'events', \"interval\": \"{interval}\"")
            }
            Watcher::Healthcheck(options) => {
                format!("exabgp-healthcheck {options} with a curl of a page of HAProxy's")
                    .replace("  ", " ")
            }
            Watcher::Bare => {
                "a program of one thread: datagram, one look, one line; no rise, acks, faults"
                    .to_owned()
            }
        };
        match (self.cause, self.tee) {
            (Cause::Maintenance, _) => {
                format!("{watcher}; 'set server … state maint', and 'ready'")
            }
            (Cause::HaproxyKilled, _) => {
                format!("{watcher}; SIGKILL to HAProxy, counted from there, and a start")
            }
            (Cause::AddressRemoved, _) => {
                format!(
                    "{watcher}; 'ip address del', counted from its start, and 'ip address replace'"
                )
            }
            (_, false) => format!("{watcher}; run by ExaBGP itself"),
            _ => watcher,
        }
    }
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}
