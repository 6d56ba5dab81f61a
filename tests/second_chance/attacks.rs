//! Packets that nobody asked for: they are bounded, and they are nobody's business but the receiver's.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Host, eventually};

use crate::nvas::{BOTH, Counted, Nvas, joined};
use crate::pair::PATIENCE;

const PACKETS: u64 = 2_000;

/// Sends packets from a host: raw.py.
pub fn raw(nvas: &Nvas, from: Host, arguments: &[&str]) -> Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/second_chance/raw.py");
    let output = nvas
        .ring
        .command(from, "/usr/bin/python3")
        .arg(script)
        .args(arguments)
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// Sends segments of connections that there are not. A connection goes before, so that all on the way know each other.
pub fn flood(nvas: &Nvas, to: IpAddr, count: u64) -> Result<()> {
    nvas.connect(to)?.who()?;
    raw(
        nvas,
        Host::Client,
        &["acks", &to.to_string(), &count.to_string()],
    )
}

fn each(nvas: &Nvas, count: u8) -> Result<Vec<Counted>> {
    (1..=count).map(|nva| nvas.counted(nva)).collect()
}

/// The client's kernel counts the resets that come to it from now on, to the ports of raw.py: those of its own connections
/// (`ip_local_port_range`) begin above, and one that was closed before may be reset late.
pub fn count_resets(nvas: &Nvas) -> Result<()> {
    let seen = "table inet seen\ndelete table inet seen\n\
        table inet seen { counter resets { }\nchain i { type filter hook prerouting priority 0;\n\
        tcp dport 10000-32767 tcp flags & rst == rst counter name resets\n}\n}\n";
    nvas.ring.nft(Host::Client, seen)
}

/// What it has counted.
pub fn resets(nvas: &Nvas) -> Result<u64> {
    let text = nvas.shell(Host::Client, "nft list counter inet seen resets")?;
    let packets = text
        .split("packets ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    Ok(packets.unwrap_or_default().parse()?)
}

/// Each goes once round, comes home, and gets the reset that it would have got without this: for each packet one hop for each
/// NVA, and one answer.
#[test]
fn a_flood_of_acks_goes_round_once_and_is_answered_once() {
    for (count, address) in [(2, BOTH[0]), (3, BOTH[0]), (2, BOTH[1]), (3, BOTH[1])] {
        let nvas = Nvas::switched_on(count).unwrap();
        count_resets(&nvas).unwrap();
        flood(&nvas, address, PACKETS).unwrap();
        eventually(PATIENCE, "the answers", || {
            let (seen, counted) = (resets(&nvas)?, each(&nvas, count)?);
            ensure!(seen == PACKETS, "{seen} answers, {counted:?}");
            Ok(())
        })
        .unwrap();
        let counted = each(&nvas, count).unwrap();
        // At the first NVA they came in, and there they ended.
        assert_eq!(counted[0].nobodys, PACKETS, "{counted:?}");
        for nva in &counted {
            assert_eq!(
                (nva.handed_over, nva.taken, nva.over_limit),
                (PACKETS, 0, 0),
                "{counted:?}"
            );
        }
        assert!(
            counted[1..].iter().all(|nva| nva.nobodys == 0),
            "{counted:?}"
        );
    }
}

#[test]
fn a_port_scan_is_answered_at_once_and_goes_nowhere() {
    let nvas = Nvas::switched_on(2).unwrap();
    for address in BOTH {
        let scan = nvas.ring.on(Host::Client, move || {
            for port in 1000..1200 {
                let refused = TcpStream::connect_timeout(
                    &SocketAddr::new(address, port),
                    Duration::from_secs(5),
                );
                let kind = refused.err().map(|error| error.kind());
                ensure!(
                    kind == Some(std::io::ErrorKind::ConnectionRefused),
                    "{port}: {kind:?}"
                );
            }
            Ok(())
        });
        joined(scan).unwrap();
    }
    let counted = nvas.counted(1).unwrap();
    assert_eq!(
        (counted.handed_over, counted.nobodys),
        (0, 0),
        "{counted:?}"
    );
}

#[test]
fn what_is_over_the_limit_is_dropped() {
    for address in BOTH {
        let mut nvas = Nvas::start(2).unwrap();
        nvas.edit(|text| text + "limit 1000\n").unwrap();
        nvas.switch_on().unwrap();
        flood(&nvas, address, 20_000).unwrap();
        eventually(PATIENCE, "the end of the flood", || {
            let counted = nvas.counted(1)?;
            ensure!(
                counted.over_limit > 1_000 && counted.handed_over < 19_000,
                "{address}: {counted:?}"
            );
            Ok(())
        })
        .unwrap();
        // Those that live go on.
        assert_eq!(nvas.connect(address).unwrap().who().unwrap(), 1);
    }
}

/// Whoever is no sibling; also where the tunnel is of another family than the prefixes.
#[test]
fn what_is_forged_into_the_tunnel_is_dropped() {
    for (by_ipv6, prefixes) in [
        (false, "both"),
        (false, "IPv6 alone"),
        (true, "both"),
        (true, "IPv4 alone"),
    ] {
        let mut nvas = Nvas::start(2).unwrap();
        let left_out = match prefixes {
            "both" => "none",
            "IPv4 alone" => "prefix 2001:",
            _ => "prefix 9.",
        };
        let without = |text: String| {
            text.lines()
                .filter(|line| !line.starts_with(left_out))
                .map(|line| format!("{line}\n"))
                .collect()
        };
        nvas.edit(without).unwrap();
        if by_ipv6 {
            nvas.name_by_ipv6().unwrap();
        }
        nvas.switch_on().unwrap();
        count_resets(&nvas).unwrap();
        let to = if by_ipv6 { "fd00:1::70" } else { "172.16.1.70" };
        for kind in ["ack", "ack6", "syn", "own", "udp"] {
            raw(&nvas, Host::Client, &["vxlan", to, "10", kind]).unwrap();
        }
        eventually(PATIENCE, "forged packets", || {
            let counted = nvas.counted(1)?;
            ensure!(counted.forged == 50, "{to}, {prefixes}: {counted:?}");
            Ok(())
        })
        .unwrap();
        let counted = nvas.counted(1).unwrap();
        assert_eq!(
            (counted.taken, counted.nobodys, counted.handed_over),
            (0, 0, 0),
            "{counted:?}"
        );
        assert_eq!(resets(&nvas).unwrap(), 0);
    }
}

/// A way to the tunnel's port that no sibling takes: from where, to which address, from which address
/// and by which device, where these are not the usual ones.
type Way = (Host, &'static str, &'static str, &'static str);

/// The first NVA's neighbour on its wire is the router.
const WAYS_V4: [Way; 11] = [
    (Host::Client, "172.16.1.70", "", ""),
    (Host::Core, "172.16.1.255", "", "p-nva1"),
    (Host::Core, "255.255.255.255", "", "p-nva1"),
    (Host::Core, "224.0.0.1", "", "p-nva1"),
    // As if it were the sibling.
    (Host::Core, "172.16.1.255", "172.16.2.70", "p-nva1"),
    (Host::Core, "224.0.0.1", "172.16.2.70", "p-nva1"),
    (Host::Core, "9.9.9.9", "172.16.2.70", ""),
    (Host::Nva(1), "127.0.0.1", "", ""),
    (Host::Nva(1), "172.16.1.70", "", ""),
    (Host::Nva(1), "9.9.9.9", "", ""),
    (Host::Nva(1), "172.16.1.70", "172.16.2.70", ""),
];
const WAYS_V6: [Way; 9] = [
    (Host::Client, "fd00:1::70", "", ""),
    (Host::Core, "ff02::1", "", "p-nva1"),
    // As if it were the sibling.
    (Host::Core, "ff02::1", "fd00:2::70", "p-nva1"),
    (Host::Core, "2001:db8:9::9", "fd00:2::70", ""),
    (Host::Core, "fd00:1::71", "fd00:2::70", ""),
    (Host::Nva(1), "::1", "", ""),
    (Host::Nva(1), "fd00:1::70", "", ""),
    (Host::Nva(1), "2001:db8:9::9", "", ""),
    // For which a user needs no rights.
    (Host::Nva(1), "fd00:1::70", "fd00:2::70", ""),
];

/// Nobody but a sibling speaks to the tunnel, and it at one address only: a dead sibling does not answer because somebody
/// answers for it.
#[test]
fn no_stranger_reaches_the_tunnel_whatever_way_he_takes() {
    const COUNT: u64 = 5;
    for by_ipv6 in [false, true] {
        let mut nvas = Nvas::start(2).unwrap();
        if by_ipv6 {
            nvas.name_by_ipv6().unwrap();
        }
        // One more of its own.
        nvas.ring
            .ip(Host::Nva(1), "address add fd00:1::71/64 dev eth0 nodad\n")
            .unwrap();
        // The sibling is dead.
        nvas.switch_on_one(1).unwrap();
        count_resets(&nvas).unwrap();
        let ways = if by_ipv6 {
            WAYS_V6.as_slice()
        } else {
            WAYS_V4.as_slice()
        };
        let mut sent = 0;
        for way @ (host, to, from, device) in ways {
            for kind in ["reply", "ack", "ack6"] {
                raw(
                    &nvas,
                    *host,
                    &["vxlan", to, &COUNT.to_string(), kind, from, device],
                )
                .unwrap();
                sent += COUNT;
                eventually(PATIENCE, "a count of each", || {
                    let counted = nvas.counted(1)?;
                    ensure!(
                        counted.forged == sent,
                        "{way:?}, {kind}: {counted:?}, {sent} were sent"
                    );
                    Ok(())
                })
                .unwrap();
            }
            let status = nvas.command(1, "status").unwrap();
            assert!(status.contains("DOES NOT ANSWER"), "{way:?}: {status}");
        }
        let counted = nvas.counted(1).unwrap();
        assert_eq!(
            (counted.taken, counted.nobodys, counted.handed_over),
            (0, 0, 0),
            "{counted:?}"
        );
        assert_eq!(resets(&nvas).unwrap(), 0);
    }
}

/// ICMP says to a host that its packets are too big for their way. The kernel believes it of all that is no TCP, whoever says it, and the
/// heartbeats would be too long.
#[test]
fn nobody_makes_the_way_to_a_sibling_narrow() {
    const COUNT: u64 = 5;
    for by_ipv6 in [false, true] {
        let mut nvas = Nvas::start(2).unwrap();
        if by_ipv6 {
            nvas.name_by_ipv6().unwrap();
        }
        nvas.switch_on().unwrap();
        let [nva, sibling] = if by_ipv6 {
            ["fd00:1::70", "fd00:2::70"]
        } else {
            ["172.16.1.70", "172.16.2.70"]
        };
        let own = [
            "172.16.1.70",
            "169.254.92.1",
            "169.254.92.2",
            "fd00:1::70",
            "fe80::5c:1",
            "fe80::5c:2",
        ];
        let [to_v4, from_v4, in_v4, to_v6, from_v6, in_v6] = own;
        let mut sent = 0;
        for pieces in ["whole", "pieces"] {
            // What the tunnel sends, a ping, another program's datagram, and a protocol of nobody's.
            let outside = ["17", "1", "58", "50"].map(|protocol| (nva, nva, sibling, protocol));
            let inside = [(to_v4, from_v4, in_v4, "1"), (to_v6, from_v6, in_v6, "58")];
            for (to, from, quoted, protocol) in outside.into_iter().chain(inside) {
                let count = COUNT.to_string();
                raw(
                    &nvas,
                    Host::Client,
                    &["too-big", to, &count, from, quoted, protocol, pieces],
                )
                .unwrap();
                sent += COUNT;
                eventually(PATIENCE, "a count of each", || {
                    let forged = nvas.counted(1)?.forged;
                    ensure!(
                        forged == sent,
                        "{quoted}, {protocol}, {pieces}: {forged} of {sent}"
                    );
                    Ok(())
                })
                .unwrap();
                let way = nvas
                    .shell(Host::Nva(1), &format!("ip route get {sibling}"))
                    .unwrap();
                assert!(
                    !way.contains("mtu"),
                    "{quoted}, {protocol}, {pieces}: {way}"
                );
            }
        }
        // Nor does it lead elsewhere, as its router seems to say.
        for (protocol, forged) in [("17", 5), ("6", 10)] {
            raw(
                &nvas,
                Host::Core,
                &["redirect", nva, "5", nva, sibling, protocol],
            )
            .unwrap();
            eventually(PATIENCE, "a count of each", || {
                let more = nvas.counted(1)?.forged - sent;
                ensure!(more == forged, "redirect, {protocol}: {more} of {forged}");
                Ok(())
            })
            .unwrap();
        }
        let way = nvas
            .shell(Host::Nva(1), &format!("ip route get {sibling}"))
            .unwrap();
        assert!(!way.contains("redirected"), "{way}");
        assert!(
            !nvas
                .command(1, "status")
                .unwrap()
                .contains("DOES NOT ANSWER")
        );
    }
}

/// The host's own kernel says so of a way that is narrow: nobody forged that.
#[test]
fn what_the_kernel_says_to_itself_is_not_forged() {
    let mut nvas = Nvas::start(2).unwrap();
    nvas.name_by_ipv6().unwrap();
    nvas.switch_on().unwrap();
    nvas.shell(Host::Nva(1), "ip link set eth0 mtu 1400")
        .unwrap();
    eventually(PATIENCE, "a sibling out of reach", || {
        ensure!(nvas.command(1, "status")?.contains("DOES NOT ANSWER"));
        Ok(())
    })
    .unwrap();
    assert_eq!(nvas.counted(1).unwrap().forged, 0);
    // Which `up` mends, once what the sibling sends fits here, too.
    assert!(nvas.command(1, "check").is_err());
    nvas.command(1, "up").unwrap();
    nvas.shell(Host::Nva(2), "ip link set eth0 mtu 1400")
        .unwrap();
    nvas.command(2, "up").unwrap();
    nvas.ready(1).unwrap();
}

/// What routers of the way say of a client's connection, and of a sibling's, arrives: TCP's own numbers guard it.
#[test]
fn what_is_said_of_tcp_and_of_others_arrives() {
    let nvas = Nvas::switched_on(2).unwrap();
    let quotes = [
        ("172.16.1.70", "172.16.1.70", "172.16.2.70", "6"),
        ("172.16.1.70", "172.16.1.70", "10.1.0.10", "1"),
        ("fd00:1::70", "fd00:1::70", "fd00::10", "58"),
    ];
    for (to, from, quoted, protocol) in quotes {
        raw(
            &nvas,
            Host::Client,
            &["too-big", to, "5", from, quoted, protocol],
        )
        .unwrap();
    }
    eventually(PATIENCE, "the errors", || {
        let ways = nvas.shell(
            Host::Nva(1),
            "ip route get 10.1.0.10; ip route get fd00::10",
        )?;
        ensure!(ways.matches("mtu").count() == 2, "{ways}");
        Ok(())
    })
    .unwrap();
    assert_eq!(nvas.counted(1).unwrap().forged, 0);
}

/// Whoever speaks with a sibling's address gets in what a client could have sent to the anycast address, and nothing else.
#[test]
fn a_sibling_opens_nothing_and_reaches_nothing_but_the_prefixes() {
    const COUNT: u64 = 50;
    let nvas = Nvas::switched_on(2).unwrap();
    count_resets(&nvas).unwrap();
    for (index, kind) in (1..).zip(["syn", "udp", "own"]) {
        // On the wire of the first.
        let count = COUNT.to_string();
        raw(
            &nvas,
            Host::Core,
            &[
                "vxlan",
                "172.16.1.70",
                &count,
                kind,
                "172.16.2.70",
                "p-nva1",
            ],
        )
        .unwrap();
        eventually(PATIENCE, kind, || {
            let forged: u64 = each(&nvas, 2)?.iter().map(|nva| nva.forged).sum();
            ensure!(forged == index * COUNT, "{forged}");
            Ok(())
        })
        .unwrap();
    }
    let counted = each(&nvas, 2).unwrap();
    let handed: u64 = counted.iter().map(|nva| nva.handed_over).sum();
    // What is for nobody's prefix is passed on while it has hops, of which there are 14.
    assert!(handed <= 14 * COUNT, "{counted:?}");
    assert!(
        counted.iter().all(|nva| nva.taken + nva.nobodys == 0),
        "{counted:?}"
    );
    assert_eq!(resets(&nvas).unwrap(), 0);
    assert_eq!(nvas.connect(BOTH[0]).unwrap().who().unwrap(), 1);
}

/// SYN cookies, always: the last packet of a handshake has no socket anywhere.
#[test]
fn handshakes_by_syn_cookies_are_ended() {
    let nvas = Nvas::switched_on(3).unwrap();
    for nva in 1..=3 {
        nvas.ring
            .set_sysctl(Host::Nva(nva), "net/ipv4/tcp_syncookies", "2")
            .unwrap();
    }
    for address in BOTH {
        nvas.ring.lead_to(1).unwrap();
        let mut clients: Vec<_> = (0..20).map(|_| nvas.connect(address).unwrap()).collect();
        for client in &mut clients {
            assert_eq!(client.who().unwrap(), 1);
        }
        let home = nvas.counted(1).unwrap().nobodys;
        assert!(home >= 20, "{home}");
        // Once made, they are connections like others.
        for client in &mut clients {
            assert_eq!(client.who().unwrap(), 1);
        }
        assert_eq!(nvas.counted(1).unwrap().nobodys, home);
        nvas.ring.lead_to(3).unwrap();
        for client in &mut clients {
            assert_eq!(client.who().unwrap(), 1);
        }
    }
}

/// An NVA that asks for the address asks itself, whatever the route is.
#[test]
fn an_nvas_own_requests_stay_with_it() {
    let nvas = Nvas::switched_on(2).unwrap();
    for address in BOTH {
        for nva in [1, 2] {
            let own: IpAddr = address;
            let who = joined(nvas.ring.on(Host::Nva(nva), move || {
                crate::nvas::Http::connect(own)?.who()
            }));
            assert_eq!(who.unwrap(), nva);
        }
    }
    let counted = each(&nvas, 2).unwrap();
    assert!(
        counted
            .iter()
            .all(|nva| nva.handed_over + nva.taken + nva.nobodys == 0),
        "{counted:?}"
    );
}

/// promtool reads what the heartbeat keeps for Prometheus.
#[test]
fn the_counters_are_kept_for_prometheus() {
    let nvas = Nvas::switched_on(2).unwrap();
    let path = nvas.ring.directory().join("second-chance.prom");
    let _heartbeat = nvas
        .heartbeat(1, &["--metrics", &path.to_string_lossy()])
        .unwrap();
    flood(&nvas, BOTH[0], 100).unwrap();
    let expected = [
        "haproxy_rhi_second_chance_on 1",
        "haproxy_rhi_second_chance_sibling_answers{nva=\"172.16.2.70\"} 1",
        "haproxy_rhi_second_chance_sibling_file_differs{nva=\"172.16.2.70\"} 0",
        "haproxy_rhi_second_chance_handed_over_packets_total{nva=\"172.16.2.70\"} 100",
        "haproxy_rhi_second_chance_nobodys_packets_total 100",
    ];
    let text = eventually(PATIENCE, "the metrics", || {
        let text = std::fs::read_to_string(&path)?;
        ensure!(
            expected
                .iter()
                .all(|line| text.lines().any(|row| row == *line)),
            "{text}"
        );
        Ok(text)
    })
    .unwrap();
    assert_eq!(text.matches("# TYPE").count(), 9, "{text}");
    let mut promtool = std::process::Command::new("sh");
    let checked = promtool
        .args(["-c", "promtool check metrics < \"$0\""])
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        checked.status.success() && checked.stdout.is_empty() && checked.stderr.is_empty(),
        "{checked:?}"
    );
}
