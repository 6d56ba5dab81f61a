//! What comes through the tunnel: the siblings' heartbeats, and what they hand over.
//!
//! **Where the siblings' files differ.** A sibling is addressed by its place in the file: its address in the tunnel has its
//! number. A sibling that has another place in its own file does not answer there, and is handed nothing. One that agrees on
//! the places answers; other differences of its file are known from its heartbeat, which carries the file's fingerprint. If
//! its file names a prefix that is unknown here, its packets are passed on as nobody's, so that they come home and are
//! answered there: dropped, they would leave a client waiting.

use super::words::{ALIVE, ASKS, CODE, DIFFERS, TABLE, Words, alive, nft};
use crate::plan::{DEVICE, Member, Plan};
use haproxy_rhi::route::Family;
use haproxy_rhi::value::Joined;
use std::net::IpAddr;

/// The tunnel's port is the siblings' alone, and at the own address alone: the kernel takes VXLAN at each address of the host, by
/// broadcast, by multicast and from local users. What is on its way to another host is not judged.
pub fn guard(plan: &Plan, family: Family) -> String {
    let me = plan.me().address;
    if Family::of(me) != family {
        return String::new();
    }
    let siblings = || plan.siblings().iter().map(|sibling| sibling.address);
    let from = siblings().map(|address| format!("{address} . {me}"));
    let (ip, port) = (nft(family), plan.settings().port);
    let siblings = siblings().joined(", ");
    // Nothing of a sibling's comes by lo, whatever its address: a program can send from any address of IPv6. And what comes from a
    // sibling's address comes by the interface that leads to that sibling.
    format!(
        "\t\tudp dport {port} fib daddr type != unicast {ip} saddr . {ip} daddr != {{ {} }} counter name forged drop
\t\tudp dport {port} iifname \"lo\" counter name forged drop
\t\tudp dport {port} {ip} saddr {{ {siblings} }} fib daddr type unicast fib saddr . iif oif missing counter name forged drop\n",
        from.joined(", ")
    )
}

/// Siblings believe what comes to the tunnel's port from this NVA's address, and from each other's. Local users can send from this NVA's address too
/// (of IPv6 from any: IPV6_FREEBIND), and so can hosts behind this NVA that leave with its address. What the tunnel's device has wrapped comes, to
/// the kernel, in by that device (Linux 5.7 and later), and what a program sends by none. After the translation of addresses (100).
pub fn leaving(plan: &Plan, family: Family) -> String {
    let me = plan.me().address;
    if Family::of(me) != family {
        return String::new();
    }
    let to = plan.siblings().iter().map(|sibling| sibling.address);
    let (ip, port, to) = (nft(family), plan.settings().port, to.joined(", "));
    // A source route in a packet hides its destination (RFC 791, section 3.1; RFC 8200, section 4.4); anybody may write one.
    let ways: &[&str] = match family {
        Family::V4 => &["ip option lsrr", "ip option ssrr"],
        Family::V6 => &["exthdr rt"],
    };
    let routed = |way: &&str| {
        format!(
            "\t\tudp dport {port} {way} exists iifname != \"{DEVICE}\" counter name forged drop\n"
        )
    };
    let routed: String = ways.iter().map(routed).collect();
    format!(
        "	chain leaving {{
		type filter hook postrouting priority 300; policy accept;
{routed}		udp dport {port} {ip} daddr {{ {to} }} iif 0 counter name forged drop
		udp dport {port} {ip} daddr {{ {to} }} {ip} saddr {me} iifname != \"{DEVICE}\" counter name forged drop
	}}
"
    )
}

/// ICMP tells a host that a packet of its own was too big, or has a better way, and quotes that packet. Linux believes it for minutes,
/// whoever says it: the way to a sibling would be as narrow as a stranger likes, and too narrow for the heartbeats, or lead to a neighbor.
/// So of packets to siblings neither is believed, but for *too big* of TCP, whose sequence numbers guard it, and what this host's own kernel says
/// (lo). The hook is input, where IPv4's fragments are one packet again; errors of ICMPv6 are never in fragments (RFC 4443, section 2.4).
pub fn errors(plan: &Plan, family: Family) -> String {
    let siblings = plan.siblings().iter();
    let outside = siblings.clone().map(|sibling| sibling.address);
    let inside = siblings.map(|sibling| sibling.tunnel(family));
    let of_family = outside
        .chain(inside)
        .filter(|address| Family::of(*address) == family);
    let to: Vec<String> = of_family.map(number).collect();
    let to = to.join(", ");
    // The quoted header's protocol and destination, behind ICMP's header of 8 bytes; a redirect of ICMPv6 has a field for the latter (RFC 4861,
    // section 4.5).
    let rules = match family {
        Family::V4 => format!(
            "\t\ticmp type destination-unreachable icmp code frag-needed @th,136,8 != 6 @th,192,32 {{ {to} }} counter name forged drop
\t\ticmp type redirect @th,192,32 {{ {to} }} counter name forged drop\n"
        ),
        Family::V6 => format!(
            "\t\texthdr frag exists icmpv6 type packet-too-big counter name forged drop
\t\ticmpv6 type packet-too-big @th,112,8 != 6 @th,256,128 {{ {to} }} counter name forged drop
\t\ticmpv6 type nd-redirect @th,192,128 {{ {to} }} counter name forged drop\n"
        ),
    };
    format!(
        "	chain errors {{
		type filter hook input priority raw; policy accept;
		iifname \"lo\" accept
{rules}	}}
"
    )
}

/// An address as the number with which raw bytes of a packet are compared.
fn number(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("{:#010x}", address.to_bits()),
        IpAddr::V6(address) => format!("{:#034x}", address.to_bits()),
    }
}

/// The table of a family without a prefix: nothing of that family comes out of the tunnel, nor does a sibling whose file has such a
/// prefix get an answer. The siblings' own addresses may be of that family.
pub fn closed(plan: &Plan, family: Family) -> String {
    let (ip, guard, leaving) = (nft(family), guard(plan, family), leaving(plan, family));
    let errors = errors(plan, family);
    format!(
        "table {ip} {TABLE} {{
	counter forged {{ }}
	chain prerouting {{
		type filter hook prerouting priority raw; policy accept;
{guard}		iifname \"{DEVICE}\" counter name forged drop
	}}
{leaving}{errors}}}
"
    )
}

/// The rules note answers; the kernel answers requests, and keeps their [`CODE`]. Echoes with another code are pings, not heartbeats. A sibling
/// that asks is known by the identifier, which heartbeats of versions without the code had too. The fingerprint follows ICMP's header of 8
/// bytes.
pub fn heartbeats(plan: &Plan, family: Family, words: &Words) -> String {
    let Words { ip, echo, .. } = words;
    let (me, own) = (plan.me().tunnel(family), plan.settings().fingerprint());
    let of = |sibling: &Member| {
        let (them, alive) = (sibling.tunnel(family), alive(*sibling));
        let from = format!("\t\t{ip} saddr {them} {ip} daddr {me} {echo} type");
        format!(
            "{from} echo-reply {echo} code {CODE} update @{alive} {{ meta protocol timeout {ALIVE} }} drop
{from} echo-request @th,32,16 0x5c5c update @{ASKS} {{ {ip} saddr timeout {ALIVE} }}
{from} echo-request {echo} code {CODE} @th,64,32 != {own:#010x} update @{DIFFERS} {{ {ip} saddr timeout {ALIVE} }}
{from} {{ echo-reply, echo-request }} accept
"
        )
    };
    plan.siblings().iter().map(of).collect()
}
