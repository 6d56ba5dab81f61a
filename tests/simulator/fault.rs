//! What may happen: to servers, HAProxy, ExaBGP, sessions, hosts, and by the hand of operators. A list of these, each with
//! its time, is a history.

use std::fmt;

use super::setting::SERVICES;

/// An NVA, by its number.
pub type Nva = usize;
/// A service, by its number.
pub type Svc = usize;

/// What a change of the configuration file changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    Rise(u64),
    Fall(u64),
    Hold(u64),
    Damping(bool),
    WarmUp(u64),
    Settle(u64),
    DrainTimes(u64),
    Interval(u64),
    ReadBack(u64),
    OnExit(bool),
    /// These three carry the route over to another key or other attributes.
    Path(usize),
    Med(Option<u64>),
    PathInformation(Option<u64>),
    Neighbors(Option<usize>),
    /// A prefix of IPv6 more, or not.
    Both(bool),
    /// The first level is called so.
    LevelName(bool),
    Degraded(bool),
    Siblings(bool),
    /// The service is called otherwise.
    Name(bool),
    Removed,
    Back,
    /// Nothing: the file was written again.
    Same,
}

impl Edit {
    /// It changes nothing that a router may see while the service is as it is.
    pub fn is_calm(self) -> bool {
        !matches!(
            self,
            Self::Path(_) | Self::Med(_) | Self::PathInformation(_) | Self::Neighbors(_)
        ) && !matches!(
            self,
            Self::Degraded(_)
                | Self::Siblings(_)
                | Self::Name(_)
                | Self::Removed
                | Self::Back
                | Self::Both(_)
        )
    }
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    ServerDies(usize, Svc, usize),
    ServerReturns(usize, Svc, usize),
    ServersDie(usize, Svc),
    ServersReturn(usize, Svc),
    /// HAProxy's checks of it fail for a moment.
    ServerFlaps(Nva, Svc, usize),
    Maint(Nva, Svc, usize),
    DrainServer(Nva, Svc, usize),
    Ready(Nva, Svc, usize),
    Weight(Nva, Svc, usize, u32),
    Frontend(Nva, Svc, bool),
    Reload(Nva),
    /// It is gone for so many milliseconds.
    Restart(Nva, u64),
    KillHaproxy(Nva),
    StartHaproxy(Nva),
    HangHaproxy(Nva),
    ResumeHaproxy(Nva),
    /// HAProxy takes no variables any more, or does.
    Control(Nva, bool),
    /// The next look does not come back for so long.
    LookHangs(Nva, u64),
    ProbesHang(Nva, u64),
    Kill(Nva),
    Term(Nva),
    WatchRefused(Nva, u32),
    /// It is gone for so many milliseconds; the ledger survives, or not.
    RestartExabgp(Nva, u64, bool),
    Stuck(Nva, bool),
    GoesOn(Nva),
    Refuse(Nva, u32),
    Swallow(Nva, u32),
    Lag(Nva, u64),
    SessionResets(Nva, usize, u64),
    SessionSilent(Nva, usize),
    SessionHeals(Nva, usize),
    Partition(usize, usize),
    Heal(usize, usize),
    /// Of one service, or of all.
    Drain(Nva, Option<Svc>, bool),
    Resume(Nva, Option<Svc>),
    Edit(Nva, Svc, Edit),
    FaultyFile(Nva),
    Address(Nva, Svc, bool),
    File(Nva, Svc, bool),
    Port(Nva, Svc, bool),
    Clock(Nva, i64),
    /// The ledger's next writes take so long.
    SlowDisk(Nva, u64),
}

impl Fault {
    /// The NVA that it concerns alone; absent: a region, or two.
    pub fn nva(self) -> Option<Nva> {
        use Fault::*;
        Some(match self {
            ServerDies(..) | ServerReturns(..) | ServersDie(..) | ServersReturn(..)
            | Partition(..) | Heal(..) => {
                return None;
            }
            ServerFlaps(n, ..)
            | Maint(n, ..)
            | DrainServer(n, ..)
            | Ready(n, ..)
            | Weight(n, ..) => n,
            Frontend(n, ..) | Reload(n) | Restart(n, _) | KillHaproxy(n) | StartHaproxy(n) => n,
            HangHaproxy(n)
            | ResumeHaproxy(n)
            | Control(n, _)
            | LookHangs(n, _)
            | ProbesHang(n, _) => n,
            Kill(n)
            | Term(n)
            | WatchRefused(n, _)
            | RestartExabgp(n, ..)
            | Stuck(n, _)
            | GoesOn(n) => n,
            Refuse(n, _)
            | Swallow(n, _)
            | Lag(n, _)
            | SessionResets(n, ..)
            | SessionSilent(n, _) => n,
            SessionHeals(n, _) | Drain(n, ..) | Resume(n, _) | Edit(n, ..) | FaultyFile(n) => n,
            Address(n, ..) | File(n, ..) | Port(n, ..) | Clock(n, _) | SlowDisk(n, _) => n,
        })
    }
}

/// A service's name, or all of them.
fn service(number: Option<Svc>) -> &'static str {
    number.map_or("all services", |number| SERVICES[number])
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Fault::*;
        let back = |there: bool| if there { "is back" } else { "is gone" };
        match *self {
            ServerDies(r, k, i) => write!(f, "region {r}: server {}/s{i} dies", SERVICES[k]),
            ServerReturns(r, k, i) => write!(f, "region {r}: server {}/s{i} returns", SERVICES[k]),
            ServersDie(r, k) => write!(f, "region {r}: all servers of {} die", SERVICES[k]),
            ServersReturn(r, k) => write!(f, "region {r}: all servers of {} return", SERVICES[k]),
            ServerFlaps(n, k, i) => write!(
                f,
                "nva {n}: checks of {}/s{i} fail for a moment",
                SERVICES[k]
            ),
            Maint(n, k, i) => write!(f, "nva {n}: {}/s{i} is put into MAINT", SERVICES[k]),
            DrainServer(n, k, i) => write!(f, "nva {n}: {}/s{i} is put into DRAIN", SERVICES[k]),
            Ready(n, k, i) => write!(f, "nva {n}: {}/s{i} is made ready", SERVICES[k]),
            Weight(n, k, i, w) => write!(f, "nva {n}: {}/s{i} has weight {w}", SERVICES[k]),
            Frontend(n, k, open) => {
                write!(
                    f,
                    "nva {n}: frontend of {} {}",
                    SERVICES[k],
                    if open { "opens" } else { "closes" }
                )
            }
            Reload(n) => write!(f, "nva {n}: HAProxy reloads"),
            Restart(n, ms) => write!(f, "nva {n}: HAProxy restarts, gone for {ms} ms"),
            KillHaproxy(n) => write!(f, "nva {n}: HAProxy is killed"),
            StartHaproxy(n) => write!(f, "nva {n}: HAProxy starts"),
            HangHaproxy(n) => write!(f, "nva {n}: HAProxy hangs"),
            ResumeHaproxy(n) => write!(f, "nva {n}: HAProxy hangs no more"),
            Control(n, true) => write!(f, "nva {n}: HAProxy takes variables again"),
            Control(n, false) => write!(f, "nva {n}: HAProxy takes no variables any more"),
            LookHangs(n, ms) => write!(f, "nva {n}: the next look hangs for {ms} ms"),
            ProbesHang(n, ms) => write!(f, "nva {n}: probes hang for {ms} ms"),
            Kill(n) => write!(f, "nva {n}: haproxy-rhi is killed"),
            Term(n) => write!(f, "nva {n}: haproxy-rhi is told to leave"),
            WatchRefused(n, count) => write!(f, "nva {n}: the next {count} watches cannot begin"),
            RestartExabgp(n, ms, kept) => write!(
                f,
                "nva {n}: ExaBGP restarts, gone for {ms} ms, the ledger is {}",
                if kept { "kept" } else { "emptied" }
            ),
            Stuck(n, full) => {
                write!(
                    f,
                    "nva {n}: ExaBGP hangs{}",
                    if full { ", and its pipe is full" } else { "" }
                )
            }
            GoesOn(n) => write!(f, "nva {n}: ExaBGP goes on"),
            Refuse(n, count) => write!(f, "nva {n}: ExaBGP refuses the next {count} commands"),
            Swallow(n, count) => write!(
                f,
                "nva {n}: ExaBGP leaves the next {count} commands unanswered"
            ),
            Lag(n, ms) => write!(f, "nva {n}: ExaBGP's answers take {ms} ms"),
            SessionResets(n, s, ms) => write!(f, "nva {n}: session {s} is reset, down for {ms} ms"),
            SessionSilent(n, s) => write!(f, "nva {n}: no packet passes on session {s}"),
            SessionHeals(n, s) => write!(f, "nva {n}: packets pass on session {s} again"),
            Partition(a, b) => write!(f, "regions {a} and {b} do not see each other"),
            Heal(a, b) => write!(f, "regions {a} and {b} see each other again"),
            Drain(n, k, false) => write!(f, "nva {n}: drain {}", service(k)),
            Drain(n, k, true) => write!(f, "nva {n}: drain {} --force", service(k)),
            Resume(n, k) => write!(f, "nva {n}: resume {}", service(k)),
            Edit(n, k, edit) => write!(
                f,
                "nva {n}: config.json of {} is edited: {edit:?}",
                SERVICES[k]
            ),
            FaultyFile(n) => write!(f, "nva {n}: config.json is faulty"),
            Address(n, k, there) => {
                write!(f, "nva {n}: address of {} {}", SERVICES[k], back(there))
            }
            File(n, k, there) => write!(f, "nva {n}: file of {} {}", SERVICES[k], back(there)),
            Port(n, k, there) => write!(f, "nva {n}: port of {} {}", SERVICES[k], back(there)),
            SlowDisk(n, ms) => write!(f, "nva {n}: the disk takes {ms} ms to write"),
            Clock(n, ms) => write!(f, "nva {n}: the wall clock steps by {ms} ms"),
        }
    }
}
