//! The rules' names, sets, marks and each family's own words.

use super::super::connections::Connection;
use super::super::plan::Member;
use haproxy_rhi::route::Family;

/// The table, of each family.
pub const TABLE: &str = "haproxy_rhi_second_chance";
/// How long a sibling's answer counts. The heartbeat asks five times in it.
pub const ALIVE: &str = "1s";
/// The set that holds an element while no sibling was asked yet.
pub const UNASKED: &str = "unasked";
/// How long [`UNASKED`] holds it: until the heartbeat has begun, at most.
pub const BEGUN: &str = "3s";
/// The code of the heartbeats' echo requests, and so of their answers. ICMP names none but 0 and has no receiver check it; without
/// CAP_NET_RAW (ping sockets) the kernel sends 0 alone.
pub const CODE: u8 = 0x5c;
/// How long an answer to a SYN or a FIN is waited for; a SYN or FIN that is sent again starts it anew.
pub const HALF: &str = "5s";
/// The size of the set `half`: SYNs may be forged.
pub const MOST_HALF: usize = 262_144;
/// The size of the set `before`.
pub const MOST_BEFORE: usize = 262_144;
/// The mark of a connection, and its bits: the other bits are left to others.
pub const MARK: &str = "0x5c000000";
pub const BITS: &str = "0xff000000";
pub const OTHER_BITS: &str = "0x00ffffff";

/// How far the second chance is switched on.
#[derive(Debug, Clone, Copy)]
pub enum Stage<'a> {
    /// Connections are marked from now on, and nothing is handed to anybody.
    Marking,
    /// Packets are handed over.
    HandingOver {
        /// These connections were there before the first one was marked.
        before: &'a [Connection],
        /// These siblings answered a moment ago: what is handed to them goes on without a gap.
        alive: &'a [Member],
        /// It has just begun: no sibling was asked yet.
        unasked: bool,
    },
}

/// Handing over, without known connections or answers.
pub const AT_FIRST: Stage<'_> = Stage::HandingOver {
    before: &[],
    alive: &[],
    unasked: false,
};

/// The names of the counters beside those of the siblings: what came from siblings and is here, what came home or could not be
/// handed to anybody, what was over the limit, what came through the tunnel or to its port from somebody else.
pub const COUNTERS: [&str; 4] = ["taken", "nobodys", "over_limit", "forged"];

/// The counter of what was handed to a sibling.
pub fn handed_to(sibling: Member) -> String {
    format!("handed_to_{}", sibling.number)
}

/// The set that holds an element while a sibling answers.
pub fn alive(sibling: Member) -> String {
    format!("alive_{}", sibling.number)
}

/// The set of the siblings, by their addresses in the tunnel, whose file is another than this one's.
pub const DIFFERS: &str = "differs";
/// The set of the NVAs, by their addresses in the tunnel, whose heartbeats run: they ask. This one too.
pub const ASKS: &str = "asks";

/// nft's name of the family.
pub fn nft(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    }
}

/// A family's own words.
pub struct Words {
    pub ip: &'static str,
    pub echo: &'static str,
    /// An ICMP error about a TCP segment: the segment's head is in it.
    pub error: &'static str,
    /// A later fragment has no ports.
    pub fragment: &'static str,
    pub hops: &'static str,
    /// Headers of IP and TCP in a segment that fills the tunnel.
    pub headers: u16,
}

pub const V4: Words = Words {
    ip: "ip",
    echo: "icmp",
    error: "icmp type { destination-unreachable, time-exceeded, parameter-problem } @th,136,8 6",
    fragment: "ip frag-off & 0x1fff != 0",
    hops: "ip ttl",
    headers: 40,
};

pub const V6: Words = Words {
    ip: "ip6",
    echo: "icmpv6",
    error: "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } @th,112,8 6",
    fragment: "exthdr frag exists",
    hops: "ip6 hoplimit",
    headers: 60,
};

/// What names a connection.
pub fn tuple(ip: &str) -> String {
    format!("{ip} saddr . tcp sport . {ip} daddr . tcp dport")
}
