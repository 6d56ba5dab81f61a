//! A sibling believes what comes from this NVA's address. Who has no rights on this NVA sends nothing to the tunnels from it.

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Host, address, address_v6, eventually};

use crate::nvas::Nvas;
use crate::pair::PATIENCE;

const COUNT: u64 = 5;
const SCRIPT: &str = include_str!("raw.py");

/// Who sends, as a command that runs another: a user of the second NVA's, and root of a guest whose packets leave with the second
/// NVA's address.
const SENDERS: [(&str, &str); 2] = [
    ("a user", "setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all"),
    ("a guest", "nsenter --net=/proc/$(cat \"$1/guest\")/ns/net"),
];

/// A guest of the second NVA's, as a container is one. It ends with the test's time at the latest.
const GUEST: &str = "unshare --net sleep 300 >/dev/null 2>&1 & guest=$!; echo $guest >\"$1/guest\"
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
    command.args(["-ec", script, "sh"]).arg(nvas.ring.directory()).args(arguments);
    let output = command.output()?;
    ensure!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// What came to the first NVA's wire for its tunnel.
fn arrived(nvas: &Nvas) -> Result<u64> {
    let text = nvas.shell(Host::Nva(1), "nft list counter inet seen tunnel")?;
    let packets = text.split("packets ").nth(1).and_then(|rest| rest.split(' ').next());
    Ok(packets.context("no counter")?.parse()?)
}

/// Two that are on, the first one's heartbeat does not run yet, so that nothing tells of the second.
fn two_without_heartbeats(by_ipv6: bool) -> Result<Nvas> {
    let nvas = Nvas::start(2)?;
    if by_ipv6 {
        nvas.name_by_ipv6()?;
    }
    nvas.command(1, "up")?;
    nvas.command(2, "up")?;
    let seen = "table inet seen { counter tunnel { }\nchain i { type filter hook prerouting priority -400;\n\
        udp dport 4790 counter name tunnel\n}\n}\n";
    nvas.ring.nft(Host::Nva(1), seen)?;
    shell(&nvas, GUEST, &[])?;
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
        let to = if by_ipv6 { address_v6(first).to_string() } else { address(first).to_string() };
        let forge = |sender: &str| {
            let script = format!("{sender} /usr/bin/python3 -c \"$2\" vxlan {to} {COUNT} reply");
            shell(&nvas, &script, &[SCRIPT])
        };
        for (index, (who, sender)) in (1..).zip(SENDERS) {
            forge(sender).unwrap();
            let forged = nvas.counted(2).unwrap().forged;
            assert_eq!((forged, arrived(&nvas).unwrap()), (index * COUNT, 0), "{who} to {to}");
        }
        assert!(!answers(&nvas).unwrap());

        // Without the rule each of them speaks for the NVA, though nothing asked it.
        let ip = if by_ipv6 { "ip6" } else { "ip" };
        let flush = format!("flush chain {ip} haproxy_rhi_second_chance leaving\n");
        nvas.ring.nft(Host::Nva(2), &flush).unwrap();
        for (index, (who, sender)) in (1..).zip(SENDERS) {
            forge(sender).unwrap();
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
