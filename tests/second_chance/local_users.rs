//! A sibling believes what comes from this NVA's address. Who has no rights on this NVA sends nothing to the tunnels from it.

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Host, Ring, address, address_v6, eventually};

use crate::nvas::{Nvas, Running};
use crate::pair::PATIENCE;

const COUNT: u64 = 5;
const SCRIPT: &str = include_str!("raw.py");

const USER: &str = "setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all";
const GUEST: &str = "nsenter --net=/proc/$(cat \"$1/guest\")/ns/net";

/// Who sends, as a command that runs another, and from which address, where it is not the usual one: a user of the second NVA's, and
/// root of a guest whose packets leave with the second NVA's address.
const SENDERS: [&[(&str, &str, &str)]; 2] = [
    &[
        ("a user", USER, ""),
        ("a guest", GUEST, ""),
        ("a guest by way of a router", GUEST, "'' '' 172.16.2.1"),
    ],
    &[
        ("a user", USER, ""),
        ("a guest", GUEST, ""),
        ("a user by way of a router", USER, "'' '' fd00:2::1"),
        // Which takes no rights, but IPv6.
        ("a user with another's address", USER, "fd00:3::70"),
    ],
];

/// A guest of the second NVA's, as a container is one. It ends with the test's time at the latest.
const WITH_A_GUEST: &str = "unshare --net sleep 300 >/dev/null 2>&1 & guest=$!; echo $guest >\"$1/guest\"
while [ \"$(readlink /proc/$guest/ns/net)\" = \"$(readlink /proc/$$/ns/net)\" ]; do sleep 0.05; done
ip link add guest0 type veth peer name eth0 netns $guest
ip -batch - <<END
address add 10.9.0.1/24 dev guest0
address add fd09::1/64 dev guest0 nodad
link set guest0 up
END
nsenter --net=/proc/$guest/ns/net ip -batch - <<END
address add 10.9.0.2/24 dev eth0
address add fd09::2/64 dev eth0 nodad
link set eth0 up
route add default via 10.9.0.1
route add default via fd09::1
END
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 | tee /proc/sys/net/ipv4/conf/all/accept_source_route >/proc/sys/net/ipv4/conf/guest0/accept_source_route
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
nft -f - <<END
table inet guests {
    chain out {
        type nat hook postrouting priority srcnat;
        ip saddr 10.9.0.0/24 masquerade
        ip6 saddr fd09::/64 masquerade
    }
}
END
";

/// In the second NVA's network.
fn shell(nvas: &Nvas, script: &str, arguments: &[&str]) -> Result<()> {
    let mut command = nvas.ring.command(Host::Nva(2), "sh");
    command
        .args(["-ec", script, "sh"])
        .arg(nvas.ring.directory())
        .args(arguments);
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// What came to the first NVA's wire for its tunnel.
fn arrived(nvas: &Nvas) -> Result<u64> {
    let text = nvas.shell(Host::Nva(1), "nft list counter inet seen tunnel")?;
    let packets = text
        .split("packets ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    Ok(packets.context("no counter")?.parse()?)
}

/// A third NVA's address, which leads out elsewhere than the guest lives.
#[test]
fn no_guest_speaks_with_another_siblings_address() {
    for (by_ipv6, to, from) in [
        (false, "172.16.1.70", "172.16.3.70"),
        (true, "fd00:1::70", "fd00:3::70"),
    ] {
        let nvas = with_guests(3, by_ipv6).unwrap();
        for filter in ["all", "default", "guest0"] {
            nvas.ring
                .set_sysctl(
                    Host::Nva(2),
                    &format!("net/ipv4/conf/{filter}/rp_filter"),
                    "0",
                )
                .unwrap();
        }
        let forge = || {
            let script =
                format!("{GUEST} /usr/bin/python3 -c \"$2\" vxlan {to} {COUNT} reply {from}");
            shell(&nvas, &script, &[SCRIPT])
        };
        forge().unwrap();
        eventually(PATIENCE, "a count of each", || {
            let forged = nvas.counted(2)?.forged;
            ensure!(forged == COUNT, "to {to}: {forged}");
            Ok(())
        })
        .unwrap();
        assert_eq!(arrived(&nvas).unwrap(), 0, "to {to}");
        // Without the rules it arrives.
        nvas.command(2, "down").unwrap();
        forge().unwrap();
        eventually(PATIENCE, "a guest's packets", || {
            let arrived = arrived(&nvas)?;
            ensure!(arrived == COUNT, "{arrived}");
            Ok(())
        })
        .unwrap();
        shell(&nvas, "kill \"$(cat \"$1/guest\")\"", &[]).unwrap();
    }
}

/// Two that are on, the first one's heartbeat does not run yet, so that nothing tells of the second.
fn two_without_heartbeats(by_ipv6: bool) -> Result<Nvas> {
    with_guests(2, by_ipv6)
}

fn with_guests(count: u8, by_ipv6: bool) -> Result<Nvas> {
    let nvas = Nvas::start(count)?;
    if by_ipv6 {
        nvas.name_by_ipv6()?;
    }
    nvas.command(1, "up")?;
    nvas.command(2, "up")?;
    let seen = "table inet seen { counter tunnel { }\nchain i { type filter hook prerouting priority -400;\n\
        udp dport 4790 counter name tunnel\n}\n}\n";
    nvas.ring.nft(Host::Nva(1), seen)?;
    // The router goes by the ways that packets name.
    for name in ["all", &Ring::port(Host::Nva(2))] {
        nvas.ring.set_sysctl(
            Host::Core,
            &format!("net/ipv6/conf/{name}/seg6_enabled"),
            "1",
        )?;
        nvas.ring.set_sysctl(
            Host::Core,
            &format!("net/ipv4/conf/{name}/accept_source_route"),
            "1",
        )?;
    }
    shell(&nvas, WITH_A_GUEST, &[])?;
    Ok(nvas)
}

fn answers(nvas: &Nvas) -> Result<bool> {
    Ok(!nvas.command(1, "status")?.contains("DOES NOT ANSWER"))
}

#[test]
fn no_local_user_and_no_guest_speaks_to_a_siblings_tunnel() {
    for by_ipv6 in [false, true] {
        let mut nvas = two_without_heartbeats(by_ipv6).unwrap();
        let first = Host::Nva(1);
        let to = if by_ipv6 {
            address_v6(first).to_string()
        } else {
            address(first).to_string()
        };
        let forge = |sender: &str, from: &str| {
            let script =
                format!("{sender} /usr/bin/python3 -c \"$2\" vxlan {to} {COUNT} reply {from}");
            shell(&nvas, &script, &[SCRIPT])
        };
        let senders = SENDERS[usize::from(by_ipv6)];
        for (index, &(who, sender, from)) in (1..).zip(senders) {
            forge(sender, from).unwrap();
            let forged = nvas.counted(2).unwrap().forged;
            assert_eq!(
                (forged, arrived(&nvas).unwrap()),
                (index * COUNT, 0),
                "{who} to {to}"
            );
        }
        assert!(!answers(&nvas).unwrap());

        // Without the rule each of them speaks for the NVA, though nothing asked it.
        let ip = if by_ipv6 { "ip6" } else { "ip" };
        let flush = format!("flush chain {ip} haproxy_rhi_second_chance leaving\n");
        nvas.ring.nft(Host::Nva(2), &flush).unwrap();
        for (index, &(who, sender, from)) in (1..).zip(senders) {
            forge(sender, from).unwrap();
            eventually(PATIENCE, who, || {
                let arrived = arrived(&nvas)?;
                ensure!(arrived == index * COUNT, "{arrived}");
                Ok(())
            })
            .unwrap();
        }
        shell(&nvas, "kill \"$(cat \"$1/guest\")\"", &[]).unwrap();

        // The tunnel's own packets pass, those of the heartbeat and the kernel's answers.
        nvas.command(2, "up").unwrap();
        nvas.switch_on().unwrap();
    }
}

/// Pings of a user's, by a socket that takes no rights; the code of a heartbeat is refused.
const PINGS: &str = "import socket, time
six = socket.if_nametoindex('second-chance')
pings = []
for family, protocol, kind, to in [
    (socket.AF_INET, socket.IPPROTO_ICMP, 8, ('169.254.92.1', 0)),
    (socket.AF_INET6, socket.IPPROTO_ICMPV6, 128, ('fe80::5c:1', 0, 0, six)),
]:
    ping = socket.socket(family, socket.SOCK_DGRAM, protocol)
    try:
        ping.sendto(bytes([kind, 0x5c, 0, 0, 0x5c, 0x5c, 0, 1]) + bytes(1000), to)
        raise SystemExit('it was sent')
    except OSError:
        pings.append((ping, bytes([kind, 0, 0, 0, 0x5c, 0x5c, 0, 1]) + bytes(1000), to))
while True:
    for ping, packet, to in pings:
        ping.sendto(packet, to)
    time.sleep(0.1)
";

/// Neither says of a sibling that it answers, nor that its file is another.
#[test]
fn a_users_ping_is_no_heartbeat() {
    let nvas = Nvas::start(2).unwrap();
    nvas.ring
        .set_sysctl(Host::Nva(2), "net/ipv4/ping_group_range", "0 2147483647")
        .unwrap();
    nvas.command(1, "up").unwrap();
    nvas.command(2, "up").unwrap();
    let script = format!("exec {USER} /usr/bin/python3 -c \"$1\"");
    let mut pings = nvas.ring.command(Host::Nva(2), "sh");
    let _pings = Running::start(pings.args(["-c", &script, "sh", PINGS])).unwrap();
    let answered = || -> Result<u64> {
        let script = "ip -s link show dev second-chance | awk '/RX:/ { getline; print $2 }'";
        Ok(nvas.shell(Host::Nva(2), script)?.trim().parse()?)
    };
    for _ in 0..5 {
        let before = answered().unwrap();
        eventually(PATIENCE, "answers to both pings", || {
            let more = answered()? - before;
            ensure!(more >= 4, "{more}");
            Ok(())
        })
        .unwrap();
        for nva in [1, 2] {
            let status = nvas.command(nva, "status").unwrap();
            assert!(status.contains("DOES NOT ANSWER"), "NVA {nva}: {status}");
            assert!(!status.contains("ANOTHER FILE"), "NVA {nva}: {status}");
        }
    }
}
