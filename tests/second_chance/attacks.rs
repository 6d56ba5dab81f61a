//! Packets that nobody asked for: they are bounded, and they are nobody's business but the receiver's.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, ensure};
use haproxy_rhi_lab::{Host, eventually};

use crate::nvas::{BOTH, Counted, Nvas, joined};
use crate::pair::PATIENCE;

const PACKETS: u64 = 2_000;

/// Sends packets from the client: raw.py.
fn raw(nvas: &Nvas, arguments: &[&str]) -> Result<()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/second_chance/raw.py");
    let output = nvas.ring.command(Host::Client, "/usr/bin/python3").arg(script).args(arguments).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn each(nvas: &Nvas, count: u8) -> Result<Vec<Counted>> {
    (1..=count).map(|nva| nvas.counted(nva)).collect()
}

/// What comes to the client of a flood, counted by its kernel.
fn resets(nvas: &Nvas) -> Result<u64> {
    let text = nvas.shell(Host::Client, "nft list counter inet seen resets")?;
    let packets = text.split("packets ").nth(1).and_then(|rest| rest.split(' ').next());
    Ok(packets.unwrap_or_default().parse()?)
}

/// Each goes once round, comes home, and gets the reset that it would have got without this: for each packet one hop for each
/// NVA, and one answer.
#[test]
fn a_flood_of_acks_goes_round_once_and_is_answered_once() {
    for count in [2, 3] {
        let nvas = Nvas::switched_on(count).unwrap();
        let seen = "table inet seen { counter resets { }\nchain i { type filter hook prerouting priority 0;\n\
            tcp flags & rst == rst counter name resets\n}\n}\n";
        nvas.ring.nft(Host::Client, seen).unwrap();
        raw(&nvas, &["acks", "9.9.9.9", &PACKETS.to_string()]).unwrap();
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
            assert_eq!((nva.handed_over, nva.taken, nva.over_limit), (PACKETS, 0, 0), "{counted:?}");
        }
        assert!(counted[1..].iter().all(|nva| nva.nobodys == 0), "{counted:?}");
    }
}

#[test]
fn a_port_scan_is_answered_at_once_and_goes_nowhere() {
    let nvas = Nvas::switched_on(2).unwrap();
    for address in BOTH {
        let scan = nvas.ring.on(Host::Client, move || {
            for port in 1000..1200 {
                let refused =
                    TcpStream::connect_timeout(&SocketAddr::new(address, port), Duration::from_secs(5));
                let kind = refused.err().map(|error| error.kind());
                ensure!(kind == Some(std::io::ErrorKind::ConnectionRefused), "{port}: {kind:?}");
            }
            Ok(())
        });
        joined(scan).unwrap();
    }
    let counted = nvas.counted(1).unwrap();
    assert_eq!((counted.handed_over, counted.nobodys), (0, 0), "{counted:?}");
}

#[test]
fn what_is_over_the_limit_is_dropped() {
    let mut nvas = Nvas::start(2).unwrap();
    nvas.limit(1_000).unwrap();
    nvas.switch_on().unwrap();
    raw(&nvas, &["acks", "9.9.9.9", "20000"]).unwrap();
    let counted = nvas.counted(1).unwrap();
    assert!(counted.over_limit > 1_000 && counted.handed_over < 19_000, "{counted:?}");
    // Those that live go on.
    assert_eq!(nvas.connect(BOTH[0]).unwrap().who().unwrap(), 1);
}

#[test]
fn what_is_forged_into_the_tunnel_is_dropped() {
    let nvas = Nvas::switched_on(2).unwrap();
    let mut client = nvas.connect(BOTH[0]).unwrap();
    client.who().unwrap();
    raw(&nvas, &["vxlan", "172.16.1.70", "50"]).unwrap();
    eventually(PATIENCE, "forged packets", || {
        let counted = nvas.counted(1)?;
        ensure!(counted.forged == 50, "{counted:?}");
        Ok(())
    })
    .unwrap();
    assert_eq!(client.who().unwrap(), 1);
    let counted = nvas.counted(1).unwrap();
    assert_eq!((counted.taken, counted.nobodys), (0, 0), "{counted:?}");
}

/// SYN cookies, always: the last packet of a handshake has no socket anywhere.
#[test]
fn handshakes_by_syn_cookies_are_ended() {
    let nvas = Nvas::switched_on(3).unwrap();
    for nva in 1..=3 {
        nvas.ring.set_sysctl(Host::Nva(nva), "net/ipv4/tcp_syncookies", "2").unwrap();
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
            let who = joined(nvas.ring.on(Host::Nva(nva), move || crate::nvas::Http::connect(own)?.who()));
            assert_eq!(who.unwrap(), nva);
        }
    }
    let counted = each(&nvas, 2).unwrap();
    assert!(counted.iter().all(|nva| nva.handed_over + nva.taken + nva.nobodys == 0), "{counted:?}");
}

/// promtool reads what the heartbeat keeps for Prometheus.
#[test]
fn the_counters_are_kept_for_prometheus() {
    let nvas = Nvas::switched_on(2).unwrap();
    let path = nvas.ring.directory().join("second-chance.prom");
    let _heartbeat = nvas.heartbeat(1, &["--metrics", &path.to_string_lossy()]).unwrap();
    raw(&nvas, &["acks", "9.9.9.9", "100"]).unwrap();
    let expected = [
        "haproxy_rhi_second_chance_on 1",
        "haproxy_rhi_second_chance_sibling_answers{nva=\"172.16.2.70\"} 1",
        "haproxy_rhi_second_chance_handed_over_packets_total{nva=\"172.16.2.70\"} 100",
        "haproxy_rhi_second_chance_nobodys_packets_total 100",
    ];
    let text = eventually(PATIENCE, "the metrics", || {
        let text = std::fs::read_to_string(&path)?;
        ensure!(expected.iter().all(|line| text.lines().any(|row| row == *line)), "{text}");
        Ok(text)
    })
    .unwrap();
    assert_eq!(text.matches("# TYPE").count(), 7, "{text}");
    let mut promtool = std::process::Command::new("sh");
    let checked = promtool.args(["-c", "promtool check metrics < \"$0\""]).arg(&path).output().unwrap();
    assert!(
        checked.status.success() && checked.stdout.is_empty() && checked.stderr.is_empty(),
        "{checked:?}"
    );
}
