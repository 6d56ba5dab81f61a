//! The nftables rules: how a packet is judged.
//!
//! ```text
//!  from a client ─► opens a connection? ── yes ─► marked, and here it stays
//!                        │ no
//!                   a socket of this host's? ── yes ─► here
//!                        │ no
//!                   handed to the next sibling that answers ─► the same question there
//!                        │ nobody answers, or it has been to everybody
//!                       here, where the kernel answers as it always did: mostly with a reset
//! ```
//!
//! **Who holds a connection** is told by the kernel's own table of sockets. With `tcp_fwmark_accept` a connection has the mark of the packet
//! that opened it, and a listening socket has none: so a connection is told from the listener, which is found where there is no
//! connection. `socket transparent`, of either value, matches sockets without a mark: a handshake under way, or what is left of a closed
//! connection (FIN-WAIT-2, TIME-WAIT). The latter may be old: the client may have used the port for a new connection since, in another
//! region. So it counts only for a moment after a SYN-ACK or a FIN of ours, which the set `half` remembers; later only when no NVA has a
//! connection, as the packet comes home.
//!
//! **Why it ends.** The NVA that takes a packet from outside writes its own number and the count of hops into the packet's TTL, which has
//! no more use at its destination. Each `dup` takes one from it. The packet stops at the NVA of that number (it has been to all others)
//! and where no hop is left, whatever the others' files say. Only a packet from outside is given hops. A packet is passed on, never
//! multiplied: `dup` and `drop` are one step.
//!
//! **Why it comes home.** A packet of no connection is judged by the NVA where it arrived. It may be the last of a
//! handshake that this NVA's kernel answered with a SYN cookie (RFC 4987, section 3.6): no socket has it.
//!
//! **Who is there** is told by the siblings' answers to [`super::heartbeat`]: each is remembered for [`ALIVE`]. They are as long as
//! the tunnel lets through, so that a sibling that answers can also be handed the longest packet.
//!
//! **Where the files differ** nothing goes astray: see [`tunnel`].

mod ring;
mod tunnel;
mod words;

use super::connections::Connection;
use super::plan::{DEVICE, Member, Plan};
use haproxy_rhi::route::{Family, Prefix};
pub use words::{
    ALIVE, ASKS, AT_FIRST, BEGUN, CODE, COUNTERS, DIFFERS, Stage, TABLE, UNASKED, alive, handed_to,
    nft,
};
use words::{BITS, HALF, MARK, MOST_BEFORE, MOST_HALF, OTHER_BITS, V4, V6, Words, tuple};

/// The whole script for `nft -f`: it replaces what was there in one step.
pub fn render(plan: &Plan, mtu: u16, stage: &Stage<'_>) -> String {
    // Both families, always: one that was there may have left the file. Declaring makes the deletion succeed.
    let mut script = remove();
    let families = plan.families();
    for family in [Family::V4, Family::V6] {
        script.push_str(&match families.contains(&family) {
            true => table(plan, family, mtu, stage),
            false => tunnel::closed(plan, family),
        });
    }
    script
}

/// The script that takes the rules away, and does nothing where there are none.
pub fn remove() -> String {
    ["ip", "ip6"]
        .map(|family| format!("table {family} {TABLE}\ndelete table {family} {TABLE}\n"))
        .concat()
}

/// Rules that were rendered before, with these connections and these siblings' answers as elements of their sets.
pub fn with_elements(
    rules: &str,
    connections: &[Connection],
    me: Member,
    alive: &[Member],
) -> String {
    let mut script = rules.to_owned();
    for family in [Family::V4, Family::V6] {
        let ip = nft(family);
        let table = rules
            .split(&format!("table {ip} {TABLE} {{"))
            .nth(1)
            .unwrap_or_default();
        // A family without a prefix has no such sets.
        if !table
            .split("\ntable ")
            .next()
            .unwrap_or_default()
            .contains("set before")
        {
            continue;
        }
        let mut add = |set: &str, elements: &str| {
            script.push_str(&format!(
                "add element {ip} {TABLE} {set} {{ {elements} }}\n"
            ));
        };
        let rows = rows(connections, family);
        if !rows.is_empty() {
            add("before", &rows.join(", "));
        }
        alive
            .iter()
            .for_each(|sibling| add(&self::alive(*sibling), ip));
        // Rules of an older version have no such set.
        if !alive.is_empty() && table.contains(&format!("set {ASKS} ")) {
            add(ASKS, &asking(me, alive, family));
        }
    }
    script
}

fn table(plan: &Plan, family: Family, mtu: u16, stage: &Stage<'_>) -> String {
    let words = match family {
        Family::V4 => V4,
        Family::V6 => V6,
    };
    let Words {
        ip,
        echo,
        error,
        fragment,
        headers,
        ..
    } = words;
    let prefixes = prefixes(plan, family);
    let (before, alive, unasked) = match *stage {
        Stage::Marking => (String::new(), &[][..], false),
        Stage::HandingOver {
            before,
            alive,
            unasked,
        } => (elements(before, family), alive, unasked),
    };
    let siblings = plan.siblings();
    let asking = match alive {
        [] => String::new(),
        alive => format!(" elements = {{ {} }}", asking(plan.me(), alive, family)),
    };
    let sets: String = siblings
        .iter()
        .map(|sibling| mark_set(&self::alive(*sibling), alive.contains(sibling), ALIVE, ip))
        .chain([mark_set(UNASKED, unasked, BEGUN, ip)])
        .collect();
    let counters: String = siblings
        .iter()
        .map(|sibling| handed_to(*sibling))
        .chain(COUNTERS.map(str::to_owned))
        .map(|name| format!("\tcounter {name} {{ }}\n"))
        .collect();
    let (guard, leaving) = (tunnel::guard(plan, family), tunnel::leaving(plan, family));
    let errors = tunnel::errors(plan, family);
    let heartbeats = tunnel::heartbeats(plan, family, &words);
    let passing = ring::passing(plan, &words, stage);
    let stranger = ring::stranger(plan, &words, stage);
    let segment = mtu.saturating_sub(headers);
    let tuple = tuple(ip);
    let answer = format!("{ip} daddr . tcp dport . {ip} saddr . tcp sport");
    // Before connection tracking (-200), if this host has it: it would wonder about strangers.
    format!(
        "table {ip} {TABLE} {{
	# Connections that were there before this was: their sockets have no mark.
	set before {{ typeof {tuple}; flags dynamic,timeout; timeout 1d; size {MOST_BEFORE};{before} }}
	# Connections that this host opened or closed a moment ago. Of those that find no room a packet more goes round and comes home.
	set half {{ typeof {tuple}; flags dynamic,timeout; timeout {HALF}; size {MOST_HALF}; }}
{sets}	set {DIFFERS} {{ typeof {ip} saddr; flags dynamic,timeout; timeout {ALIVE}; size 16; }}
	set {ASKS} {{ typeof {ip} saddr; flags dynamic,timeout; timeout {ALIVE}; size 16;{asking} }}
{counters}
	chain prerouting {{
		type filter hook prerouting priority raw; policy accept;
{guard}		iifname \"lo\" accept
		iifname \"{DEVICE}\" goto tunnel
		{ip} daddr {prefixes} goto arriving
	}}
	# What siblings send: their heartbeat and its answers, and packets that were handed over. Nothing else is let in.
	chain tunnel {{
{heartbeats}		tcp flags & (fin|syn|rst|ack) == syn counter name forged drop
		{ip} daddr {prefixes} meta l4proto tcp goto owner
		{ip} daddr {prefixes} {error} goto owner
		# A sibling's file names a prefix that this one's does not.
		meta l4proto tcp goto passing
		{error} goto passing
		counter name forged drop
	}}
	# It goes on, as nobody's here, to end where it began; it is let in nowhere on the way.
	chain passing {{
{passing}		counter name forged drop
	}}
	chain arriving {{
		# An error on the way of a connection is for whoever holds the connection.
		meta l4proto != tcp {error} goto owner
		meta l4proto != tcp accept
		{fragment} accept
		tcp flags & (fin|syn|rst|ack) == syn meta mark set meta mark & {OTHER_BITS} | {MARK} accept
		goto owner
	}}
	chain owner {{
		socket mark & {BITS} == {MARK} goto here
		# The listener: there is no connection.
		socket mark & {BITS} != {MARK} goto stranger
		socket transparent {{ 0, 1 }} goto half
		# Not even a listener.
		goto stranger
	}}
	# Not yet a connection, or no longer.
	chain half {{
		{tuple} @half goto here
		goto stranger
	}}
	chain here {{
		iifname \"{DEVICE}\" counter name taken
		accept
	}}
	chain stranger {{
{stranger}		goto home
	}}
	# The mark is for a connection that begins with this packet, by a SYN cookie.
	chain home {{
		counter name nobodys
		meta mark set meta mark & {OTHER_BITS} | {MARK} accept
	}}
	# A client's segments fit into the tunnel: what it may send is said once, at the beginning.
	chain output {{
		type filter hook output priority raw; policy accept;
		tcp flags & (syn|fin) == 0x0 accept
		{ip} saddr {prefixes} tcp flags & (syn|ack) == (syn|ack) tcp option maxseg size set {segment}
		{ip} saddr {prefixes} tcp flags & (syn|fin) != 0x0 update @half {{ {answer} timeout {HALF} }}
		oifname \"{DEVICE}\" {echo} type echo-request {echo} code {CODE} update @{ASKS} {{ {ip} saddr timeout {ALIVE} }}
	}}
{leaving}{errors}}}
"
    )
}

/// The anycast prefixes as a rule has them. A single address stands without braces: a comparison costs each packet less than a
/// set.
fn prefixes(plan: &Plan, family: Family) -> String {
    let word = |prefix: Prefix| {
        prefix
            .host()
            .map_or_else(|| prefix.to_string(), |host| host.to_string())
    };
    let words: Vec<String> = plan.prefixes(family).map(word).collect();
    match words.as_slice() {
        [one] => one.clone(),
        _ => format!("{{ {} }}", words.join(", ")),
    }
}

/// The elements of the set [`ASKS`]: siblings that answered a moment ago, and this NVA, count as asking until their
/// next heartbeat.
fn asking(me: Member, alive: &[Member], family: Family) -> String {
    let all = alive
        .iter()
        .chain([&me])
        .map(|member| member.tunnel(family).to_string());
    all.collect::<Vec<_>>().join(", ")
}

/// A set with one element or none: yes or no, for a time.
fn mark_set(name: &str, is_so: bool, time: &str, ip: &str) -> String {
    let element = match is_so {
        true => format!(" elements = {{ {ip} }}"),
        false => String::new(),
    };
    // One element: its key is the same for every packet of this table.
    format!(
        "\tset {name} {{ typeof meta protocol; flags dynamic,timeout; timeout {time}; size 2;{element} }}\n"
    )
}

fn elements(before: &[Connection], family: Family) -> String {
    let rows = rows(before, family);
    if rows.is_empty() {
        String::new()
    } else {
        format!(" elements = {{ {} }}", rows.join(", "))
    }
}

/// Connections as elements of the set `before`.
fn rows(connections: &[Connection], family: Family) -> Vec<String> {
    let of_family = connections
        .iter()
        .filter(|connection| connection.family() == family);
    let row = |Connection { local, remote }: &Connection| {
        format!(
            "{} . {} . {} . {}",
            remote.ip(),
            remote.port(),
            local.ip(),
            local.port()
        )
    };
    of_family.take(MOST_BEFORE).map(row).collect()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
