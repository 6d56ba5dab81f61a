//! The commands and answers of each version of ExaBGP, as a table. One question finds out the version: `system
//! version`, which all of them answer and which harms none.

use std::time::Duration;

use super::heard::Who;
use crate::route::Route;

/// How everything is sent to a neighbor anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cure {
    /// What ExaBGP does not hold is withdrawn once more; then `flush adj-rib out`: it sends what ExaBGP holds.
    Flush,
    /// Announce each route with another origin, then as it should be: ExaBGP sends nothing for what it believes
    /// sent, and a withdrawal would take the route away for a moment. ExaBGP 4.2 drops the session at a flush where
    /// route refresh is configured (its `rib/outgoing.py` hands a ROUTE-REFRESH to `Update`, which cannot sort it); 6 flushes
    /// all neighbors or none.
    Restate,
}

/// How the neighbors of a statement are selected, and the words of the statement then.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// Before the first neighbor, between two of several, and after the last of several.
    pub(super) selection: [&'static str; 3],
    pub(super) announce: &'static str,
    pub(super) withdraw: &'static str,
}

/// The words of a version of ExaBGP.
#[derive(Debug)]
pub struct Dialect {
    /// What it is called in reports and in the log.
    pub name: &'static str,
    /// A statement for every neighbor that lists the process.
    pub(super) to_all: Form,
    /// A statement for one neighbor.
    pub(super) to_one: Form,
    /// A statement for several neighbors.
    pub(super) to_some: Form,
    /// Asks for everything that is in the Adj-RIB-Out.
    pub(super) read_back: &'static str,
    /// The answer to that is one line, with no acknowledgement after it.
    pub lists_in_a_line: bool,
    /// Asks whose sessions are established.
    pub(super) established: &'static str,
    /// The answer to `established` names every neighbor, and nothing is said to one that is not named.
    pub names_neighbors: bool,
    /// A reload that changes the `api` lines of a neighbor is in force for the session that it has: nothing is reported then. 4.2 waits for
    /// the next session.
    pub reloads_api: bool,
    /// Turns acknowledgements on for this process alone, where they are off.
    pub acknowledge: Option<&'static str>,
    /// How a session is healed.
    pub cure: Cure,
    /// From so many commands about one route on, said while a session was down, the session needs the cure. A single
    /// one is always sent right; a flush is cheap enough not to rely on that.
    pub cured_from: u32,
    /// How long after `up` ExaBGP has sent what it had gathered.
    pub settled: Duration,
    /// The UPDATE leaves this long after the acknowledgement, at most. Within that time a second announcement of a prefix and a
    /// withdrawal after it can leave the first one at the neighbor.
    pub sends_late: Option<Duration>,
    /// Its grammar can be another from one command to the next (`system api version`), for all processes at once.
    pub can_switch: bool,
    /// Why sessions may be lost again and again as soon as they are up.
    pub lost_at_once: &'static str,
    /// The largest AS number that it takes in an AS path.
    pub largest_asn: u32,
    /// What it says of itself in the log beyond its version.
    pub(super) note: &'static str,
}

impl PartialEq for Dialect {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Dialect {}

const WORDS: (&str, &str) = ("announce route", "withdraw route");

/// `neighbor A, neighbor B `: the word is repeated, or ExaBGP refuses the line.
const NEIGHBORS: Form = Form {
    selection: ["neighbor ", ", neighbor ", " "],
    announce: WORDS.0,
    withdraw: WORDS.1,
};

const FOUR: Dialect = Dialect {
    name: "4.2",
    to_all: Form {
        selection: ["", "", ""],
        ..NEIGHBORS
    },
    to_one: NEIGHBORS,
    to_some: NEIGHBORS,
    read_back: "show adj-rib out extensive",
    lists_in_a_line: false,
    established: "show neighbor summary",
    names_neighbors: false,
    reloads_api: false,
    acknowledge: None,
    cure: Cure::Restate,
    cured_from: 2,
    settled: Duration::from_millis(200),
    sends_late: None,
    can_switch: false,
    lost_at_once: "ExaBGP's log says why",
    largest_asn: u32::MAX,
    note: "",
};

const FIVE: Dialect = Dialect {
    name: "5.0",
    reloads_api: true,
    cure: Cure::Flush,
    cured_from: 1,
    ..FOUR
};

/// ExaBGP 6 with `exabgp.api.version` 4: the grammar of 5.0, without its flush of one neighbor.
const SIX_AS_FOUR: Dialect = Dialect {
    name: "6 (API version 4)",
    reloads_api: true,
    acknowledge: Some("session ack enable"),
    settled: Duration::from_millis(300),
    sends_late: Some(Duration::from_millis(200)),
    can_switch: true,
    lost_at_once: "ExaBGP 6 cannot keep a session with a neighbor that sends End-of-RIB: turn graceful restart off there (BIRD: 'graceful restart off;')",
    largest_asn: 65535,
    note: ", in the grammar of its API version 4",
    ..FOUR
};

/// ExaBGP 6 by default. A selector that matches no neighbor means all of them there, unless `routes` follows.
pub const SIX: Dialect = Dialect {
    name: "6",
    to_all: Form {
        selection: ["peer *", "", " "],
        ..NEIGHBORS
    },
    to_one: Form {
        selection: ["peer ", "", " "],
        announce: "routes add route",
        withdraw: "routes remove route",
    },
    to_some: Form {
        selection: ["peer [", ", ", "] "],
        announce: "routes add route",
        withdraw: "routes remove route",
    },
    read_back: "peer * routes list",
    lists_in_a_line: true,
    established: "peer list",
    names_neighbors: true,
    note: ", in the grammar of its API version 6",
    ..SIX_AS_FOUR
};

impl Dialect {
    /// Every dialect that is known.
    pub const ALL: [&'static Self; 4] = [&FOUR, &FIVE, &SIX_AS_FOUR, &SIX];

    /// One of each grammar.
    pub const GRAMMARS: [&'static Self; 2] = [&FIVE, &SIX];

    /// The one in which commands are shown to people where ExaBGP's version is not known: that of 4.2 and 5.0.
    pub const SHOWN: &'static Self = &FIVE;

    /// Every AS number of its path is one that this version takes.
    pub fn takes(&self, route: &Route) -> bool {
        let path = route.attributes.as_path.as_ref();
        path.is_none_or(|path| path.numbers().all(|asn| asn <= self.largest_asn))
    }

    /// What the log says of it beyond the version.
    pub fn note(&self) -> &'static str {
        self.note
    }

    /// The dialect of an ExaBGP that answers so; absent: none is known.
    pub fn of(who: &Who) -> Option<&'static Self> {
        let major = who.version.split('.').next()?.parse::<u32>().ok();
        match (major, who.json) {
            (Some(3 | 4), false) => Some(&FOUR),
            (Some(5), false) => Some(&FIVE),
            (Some(6), false) => Some(&SIX_AS_FOUR),
            // A clone of its repository calls itself `unknown-20260822+uncontrolled`.
            (Some(6..) | None, true) => Some(&SIX),
            _ => None,
        }
    }
}
