//! `up` while it is on, and something is in the way of it for a moment: it is as it was, and whoever is being handed over does
//! not notice.

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Host, eventually};

use crate::attacks::raw;
use crate::nvas::{BOTH, Http, Nvas};
use crate::pair::PATIENCE;
use crate::switching::picture;

/// The way to the sibling, as NVA 2 has it.
const AWAY: &str = "ip route delete default via 172.16.2.1";
const BACK: &str = "ip route add default via 172.16.2.1";

/// The first NVA's connections, whose route leads to the second.
fn handed_over() -> Result<(Nvas, Vec<Http>)> {
    let nvas = Nvas::switched_on(2)?;
    let mut clients = BOTH
        .iter()
        .map(|address| nvas.connect(*address))
        .collect::<Result<Vec<_>>>()?;
    nvas.ring.lead_to(2)?;
    served(&nvas, &mut clients)?;
    Ok((nvas, clients))
}

/// They are served by the first, once it is heard.
fn served(nvas: &Nvas, clients: &mut [Http]) -> Result<()> {
    eventually(PATIENCE, "the sibling's answer", || {
        let status = nvas.command(2, "status")?;
        ensure!(status.contains("172.16.1.70: answers"), "{status}");
        Ok(())
    })?;
    for client in clients {
        ensure!(client.who()? == 1);
    }
    Ok(())
}

/// What is in force at the second, or at another, without what counts and what passes.
fn in_force(nvas: &Nvas) -> Result<String> {
    in_force_at(nvas, 2)
}

fn in_force_at(nvas: &Nvas, nva: u8) -> Result<String> {
    let passes = |line: &&str| {
        !["packets", "expires", "rules:"]
            .iter()
            .any(|word| line.contains(word))
    };
    let picture = picture(nvas, nva)?;
    Ok(picture
        .lines()
        .filter(passes)
        .map(|line| format!("{line}\n"))
        .collect())
}

fn refused(nvas: &Nvas) -> Result<String> {
    Ok(nvas
        .command(2, "up")
        .err()
        .context("it was switched on")?
        .to_string())
}

#[test]
fn while_the_way_to_a_sibling_is_missing_all_stays_as_it_was() {
    let (nvas, mut clients) = handed_over().unwrap();
    let (before, counted) = (in_force(&nvas).unwrap(), nvas.counted(2).unwrap());
    nvas.shell(Host::Nva(2), AWAY).unwrap();
    let said = nvas.command(2, "up").unwrap();
    nvas.shell(Host::Nva(2), BACK).unwrap();
    assert!(said.starts_with("second chance: on, as it was; "), "{said}");
    assert!(
        said.contains("the tunnel's MTU stays 1450: no route to sibling 172.16.1.70 ("),
        "{said}"
    );
    assert_eq!(in_force(&nvas).unwrap(), before);
    served(&nvas, &mut clients).unwrap();
    assert!(nvas.counted(2).unwrap().handed_over > counted.handed_over);
}

/// nftables.service is reloaded in that moment, and the file was changed.
#[test]
fn what_was_taken_away_is_put_back_while_the_way_to_a_sibling_is_missing() {
    let (nvas, mut clients) = handed_over().unwrap();
    nvas.write(2, &(nvas.text(2).unwrap() + "limit 5000\n"))
        .unwrap();
    nvas.shell(Host::Nva(2), &format!("{AWAY}; nft flush ruleset"))
        .unwrap();
    let said = nvas.command(2, "up").unwrap();
    nvas.shell(Host::Nva(2), BACK).unwrap();
    assert!(said.starts_with("second chance: on; "), "{said}");
    let rules = nvas.shell(Host::Nva(2), "nft list ruleset").unwrap();
    assert!(rules.contains("limit rate over 5000/second"), "{rules}");
    served(&nvas, &mut clients).unwrap();
    nvas.ready(2).unwrap();
}

/// So narrow that IPv6 would leave the tunnel.
#[test]
fn while_the_way_to_a_sibling_is_too_narrow_all_stays_as_it_was() {
    let (nvas, mut clients) = handed_over().unwrap();
    let narrow = "ip route replace 172.16.1.0/24 via 172.16.2.1 mtu";
    nvas.shell(Host::Nva(2), &format!("{narrow} 1500")).unwrap();
    let before = in_force(&nvas).unwrap();
    // Of a change too.
    for more in ["", "limit 5000\n", "mtu 1400\n"] {
        nvas.write(
            2,
            &(nvas.text(2).unwrap().replace("limit 5000\n", "") + more),
        )
        .unwrap();
        nvas.shell(Host::Nva(2), &format!("{narrow} 1300")).unwrap();
        let said = nvas.command(2, "up").unwrap();
        nvas.shell(Host::Nva(2), &format!("{narrow} 1500")).unwrap();
        let why = "the tunnel's MTU stays 1450: the way to the siblings takes packets of 1300 bytes, which leaves 1250 in the tunnel";
        assert!(said.contains(why) || more.starts_with("mtu"), "{said}");
        served(&nvas, &mut clients).unwrap();
    }
    nvas.write(2, &nvas.text(2).unwrap().replace("mtu 1400\n", ""))
        .unwrap();
    nvas.command(2, "up").unwrap();
    assert_eq!(in_force(&nvas).unwrap(), before);
    nvas.ready(2).unwrap();
}

#[test]
fn where_the_way_to_a_sibling_is_too_narrow_at_the_first_time_nothing_is_left() {
    let nvas = Nvas::start(2).unwrap();
    nvas.shell(
        Host::Nva(2),
        "ip route add 172.16.1.0/24 via 172.16.2.1 mtu 1300",
    )
    .unwrap();
    let before = picture(&nvas, 2).unwrap();
    let problem = refused(&nvas).unwrap();
    assert!(
        problem.contains("it takes 1280; raise the MTU of the interface"),
        "{problem}"
    );
    assert_eq!(picture(&nvas, 2).unwrap(), before);
}

/// Somebody has made the tunnel narrow, or put it down, and undone it: IPv6 comes back without the tunnel's address.
#[test]
fn a_tunnel_that_has_lost_an_address_is_made_anew() {
    let (nvas, mut clients) = handed_over().unwrap();
    let addresses = "ip -brief address show second-chance; ip neighbour show dev second-chance nud permanent | sort";
    let before = nvas.shell(Host::Nva(2), addresses).unwrap();
    let faults = [
        "ip link set second-chance mtu 1200",
        "ip link set second-chance mtu 1200; ip link set second-chance mtu 1450",
        "ip link set second-chance down; ip link set second-chance up",
        "ip link set second-chance down",
        "ip address flush dev second-chance",
    ];
    for fault in faults {
        nvas.shell(Host::Nva(2), fault).unwrap();
        // Also while the way to the sibling is missing.
        if fault.ends_with("up") {
            nvas.shell(Host::Nva(2), AWAY).unwrap();
            assert!(nvas.command(2, "up").unwrap().contains("on; "), "{fault}");
            nvas.shell(Host::Nva(2), &format!("{BACK}; {fault}"))
                .unwrap();
        }
        let problem = nvas.command(2, "check").unwrap_err().to_string();
        assert!(
            problem.contains("WRONG  the tunnel is up, with its addresses: it is down, or"),
            "{fault}: {problem}"
        );
        assert!(
            nvas.command(2, "up")
                .unwrap()
                .starts_with("second chance: on; "),
            "{fault}"
        );
        assert_eq!(
            nvas.shell(Host::Nva(2), addresses).unwrap(),
            before,
            "{fault}"
        );
        served(&nvas, &mut clients).unwrap();
    }
}

/// Of what is not an address: the siblings' places, and the network's length.
#[test]
fn what_the_tunnel_has_lost_is_put_back_and_said() {
    let nvas = Nvas::start(2).unwrap();
    nvas.edit(|text| {
        text.lines()
            .filter(|line| !line.contains("2001:"))
            .map(|line| format!("{line}\n"))
            .collect()
    })
    .unwrap();
    let mut nvas = nvas;
    nvas.switch_on().unwrap();
    let all = "ip -brief address show second-chance; ip neighbour show dev second-chance nud permanent; \
        bridge fdb show dev second-chance; ip link show second-chance | grep -o 'mtu [0-9]*'";
    let before = nvas.shell(Host::Nva(2), all).unwrap();
    let faults = [
        "ip link set second-chance down; ip link set second-chance up",
        "ip neighbour flush dev second-chance nud permanent",
        "bridge fdb delete 02:5c:52:48:49:01 dev second-chance dst 172.16.1.70",
        "ip address delete 169.254.92.2/28 dev second-chance; ip address add 169.254.92.2/32 dev second-chance",
        "ip link set second-chance mtu 1400",
    ];
    for fault in faults {
        nvas.shell(Host::Nva(2), fault).unwrap();
        assert!(
            nvas.command(2, "up")
                .unwrap()
                .starts_with("second chance: on; "),
            "{fault}"
        );
        assert_eq!(nvas.shell(Host::Nva(2), all).unwrap(), before, "{fault}");
        nvas.ready(2).unwrap();
        assert!(
            nvas.command(2, "up")
                .unwrap()
                .starts_with("second chance: on, as it was; "),
            "{fault}"
        );
    }
    nvas.shell(Host::Nva(2), "ip link set second-chance mtu 1400")
        .unwrap();
    let problem = nvas.command(2, "check").unwrap_err().to_string();
    assert!(
        problem.contains("WRONG  the tunnel's MTU fits its way: it is 1400, and has to be 1450;"),
        "{problem}"
    );
}

/// A way that was learned to be narrow before the rules were there is tried anew.
#[test]
fn what_a_stranger_has_said_of_the_way_before_is_forgotten() {
    for by_ipv6 in [false, true] {
        let mut nvas = Nvas::start(2).unwrap();
        if by_ipv6 {
            nvas.name_by_ipv6().unwrap();
        }
        let [nva, sibling, ping] = if by_ipv6 {
            ["fd00:1::70", "fd00:2::70", "58"]
        } else {
            ["172.16.1.70", "172.16.2.70", "1"]
        };
        raw(
            &nvas,
            Host::Client,
            &["too-big", nva, "5", nva, sibling, ping],
        )
        .unwrap();
        let way = || nvas.shell(Host::Nva(1), &format!("ip route get {sibling}"));
        eventually(PATIENCE, "a narrow way", || {
            ensure!(way()?.contains("mtu"));
            Ok(())
        })
        .unwrap();
        // Beside what the route itself says.
        let replace = if by_ipv6 {
            "ip -6 route replace default via fd00:1::1 mtu 1490"
        } else {
            "ip route replace default via 172.16.1.1 mtu 1490"
        };
        nvas.shell(Host::Nva(1), replace).unwrap();
        raw(
            &nvas,
            Host::Client,
            &["too-big", nva, "5", nva, sibling, ping],
        )
        .unwrap();
        eventually(PATIENCE, "a narrow way", || {
            ensure!(way()?.contains("expires"));
            Ok(())
        })
        .unwrap();
        nvas.command(1, "up").unwrap();
        assert!(!way().unwrap().contains("expires"), "{}", way().unwrap());
        let mtu = nvas
            .shell(Host::Nva(1), "ip link show second-chance")
            .unwrap();
        assert!(
            mtu.contains(if by_ipv6 { " mtu 1420 " } else { " mtu 1440 " }),
            "{mtu}"
        );
        nvas.switch_on().unwrap();
    }
}

#[test]
fn where_the_way_to_a_sibling_is_missing_at_the_first_time_nothing_is_left() {
    let nvas = Nvas::start(2).unwrap();
    nvas.shell(Host::Nva(2), AWAY).unwrap();
    let before = picture(&nvas, 2).unwrap();
    let problem = refused(&nvas).unwrap();
    assert!(problem.contains("172.16.1.70"), "{problem}");
    assert_eq!(picture(&nvas, 2).unwrap(), before);
}

#[test]
fn what_cannot_be_undone_later_is_not_begun() {
    let (nvas, mut clients) = handed_over().unwrap();
    let before = in_force(&nvas).unwrap();
    // The place of what has to be undone cannot be written.
    let state = nvas.ring.directory().join("state-2");
    let kept = nvas.ring.directory().join("kept");
    std::fs::rename(&state, &kept).unwrap();
    std::fs::create_dir(&state).unwrap();
    nvas.write(2, &(nvas.text(2).unwrap() + "limit 5000\n"))
        .unwrap();
    let problem = refused(&nvas).unwrap();
    assert!(problem.contains("cannot write"), "{problem}");
    assert_eq!(in_force(&nvas).unwrap(), before);
    served(&nvas, &mut clients).unwrap();
    std::fs::remove_dir(&state).unwrap();
    std::fs::rename(&kept, &state).unwrap();
    nvas.command(2, "up").unwrap();
    nvas.ready(2).unwrap();
}

/// Another tunnel is in the way of the new one.
#[test]
fn where_a_new_tunnel_cannot_be_made_the_old_one_is_there_again() {
    let (nvas, mut clients) = handed_over().unwrap();
    // A connection that was there before this was switched on, and has no mark.
    nvas.ring.lead_to(1).unwrap();
    nvas.command(1, "down").unwrap();
    let mut unmarked: Vec<_> = BOTH
        .iter()
        .map(|address| nvas.connect(*address).unwrap())
        .collect();
    nvas.command(1, "up").unwrap();
    nvas.ready(1).unwrap();
    let before = in_force_at(&nvas, 1).unwrap();
    let (host, text) = (Host::Nva(1), nvas.text(1).unwrap());
    nvas.ring
        .ip(
            host,
            "link add other type vxlan id 92 dstport 4791 local 172.16.1.70\n",
        )
        .unwrap();
    nvas.write(1, &format!("{text}port 4791\n")).unwrap();
    let problem = nvas.command(1, "up").unwrap_err().to_string();
    assert!(
        problem.contains("'ip -batch -': ") && problem.contains("is in force again"),
        "{problem}"
    );
    nvas.ring.ip(host, "link delete other\n").unwrap();
    nvas.write(1, &text).unwrap();
    assert_eq!(in_force_at(&nvas, 1).unwrap(), before);
    nvas.ready(1).unwrap();
    nvas.ring.lead_to(2).unwrap();
    served(&nvas, &mut clients).unwrap();
    served(&nvas, &mut unmarked).unwrap();
    assert!(
        nvas.command(1, "up")
            .unwrap()
            .starts_with("second chance: on, as it was;")
    );
}

/// Another MTU is no other tunnel.
#[test]
fn the_mtu_is_changed_without_a_new_tunnel() {
    let (nvas, mut clients) = handed_over().unwrap();
    let index = || {
        nvas.shell(
            Host::Nva(2),
            "ip -o link show second-chance | cut -d : -f 1",
        )
        .unwrap()
    };
    let before = index();
    for (mtu, line) in [("1400", "mtu 1400\n"), ("1450", "")] {
        let text = nvas.text(2).unwrap().replace("mtu 1400\n", "");
        nvas.write(2, &(text + line)).unwrap();
        nvas.command(2, "up").unwrap();
        let link = nvas
            .shell(Host::Nva(2), "ip link show second-chance")
            .unwrap();
        assert!(link.contains(&format!(" mtu {mtu} ")), "{link}");
        served(&nvas, &mut clients).unwrap();
    }
    assert_eq!(index(), before);
    nvas.ready(2).unwrap();
}
