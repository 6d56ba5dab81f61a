//! Switching it on and off: nobody notices, and nothing is left.

use anyhow::{Context, Result, ensure};
use haproxy_rhi_lab::{Host, eventually};

use crate::nvas::{BOTH, Nvas};
use crate::pair::PATIENCE;

/// All of a host's that a network engineer would look at.
pub fn picture(nvas: &Nvas, nva: u8) -> Result<String> {
    nvas.shell(
        Host::Nva(nva),
        "ip -o link | sed 's/^[0-9]*: //'; ip -o address | sed 's/^[0-9]*: //'; ip rule; ip -6 rule; ip route show table all; \
         ip -6 route show table all; ip neighbour show nud permanent; nft list ruleset; \
         cd /proc/sys/net && grep -r . ipv4/conf/*/rp_filter ipv4/conf/*/forwarding ipv6/conf/*/forwarding ipv4/tcp_fwmark_accept",
    )
}

#[test]
fn what_was_switched_on_is_switched_off_without_a_trace() {
    for strict in ["0", "1", "2"] {
        let mut nvas = Nvas::start(2).unwrap();
        for nva in [1, 2] {
            nvas.ring
                .set_sysctl(Host::Nva(nva), "net/ipv4/conf/all/rp_filter", strict)
                .unwrap();
        }
        let before = picture(&nvas, 1).unwrap();
        nvas.switch_on().unwrap();
        // It works also where the reverse path filter was strict, which it still is for all else.
        let mut client = nvas.connect(BOTH[0]).unwrap();
        client.who().unwrap();
        nvas.ring.lead_to(2).unwrap();
        assert_eq!(client.who().unwrap(), 1);
        let filter = nvas.shell(
            Host::Nva(1),
            "cat /proc/sys/net/ipv4/conf/{all,eth0}/rp_filter 2>/dev/null || \
            cat /proc/sys/net/ipv4/conf/all/rp_filter /proc/sys/net/ipv4/conf/eth0/rp_filter",
        );
        let filter = filter.unwrap();
        let strictest = filter.split_whitespace().max();
        assert_eq!(strictest, Some(strict), "{filter}");

        assert!(picture(&nvas, 1).unwrap() != before);
        assert_eq!(nvas.command(1, "down").unwrap(), "second chance: off\n");
        let after = picture(&nvas, 1).unwrap();
        assert_eq!(before, after);
        assert_eq!(nvas.command(1, "down").unwrap(), "second chance: off\n");
        assert_eq!(nvas.command(1, "status").unwrap(), "second chance: off\n");
        let problem = nvas.command(1, "check").unwrap_err().to_string();
        assert!(
            problem.contains(
                "WRONG  the rules are there: they are not; run 'haproxy-rhi-second-chance up'"
            ),
            "{problem}"
        );
    }
}

/// Their packets do not even make the detour.
#[test]
fn connections_that_were_there_before_do_not_notice() {
    let mut nvas = Nvas::start(2).unwrap();
    let mut clients: Vec<_> = BOTH
        .iter()
        .map(|address| nvas.connect(*address).unwrap())
        .collect();
    clients
        .iter_mut()
        .for_each(|client| assert_eq!(client.who().unwrap(), 1));
    nvas.switch_on().unwrap();
    clients
        .iter_mut()
        .for_each(|client| assert_eq!(client.who().unwrap(), 1));
    let counted = nvas.counted(1).unwrap();
    assert_eq!(
        (counted.handed_over, counted.nobodys),
        (0, 0),
        "{counted:?}"
    );
    // And they outlive a move like the others.
    nvas.ring.lead_to(2).unwrap();
    clients
        .iter_mut()
        .for_each(|client| assert_eq!(client.who().unwrap(), 1));
    nvas.command(1, "down").unwrap();
    nvas.ring.lead_to(1).unwrap();
    clients
        .iter_mut()
        .for_each(|client| assert_eq!(client.who().unwrap(), 1));
}

#[test]
fn once_more_changes_nothing_and_what_is_missing_is_put_back() {
    let nvas = Nvas::switched_on(2).unwrap();
    let mut client = nvas.connect(BOTH[0]).unwrap();
    client.who().unwrap();
    nvas.ring.lead_to(2).unwrap();
    client.who().unwrap();
    let counted = nvas.counted(2).unwrap();
    assert!(counted.handed_over > 0);
    assert!(
        nvas.command(2, "up")
            .unwrap()
            .starts_with("second chance: on, as it was;")
    );
    assert!(nvas.counted(2).unwrap().handed_over >= counted.handed_over);
    // Somebody flushes the rules, removes the device, or puts a sysctl back.
    for fault in [
        "nft flush ruleset",
        "ip link delete second-chance",
        "echo 0 > /proc/sys/net/ipv4/tcp_fwmark_accept",
    ] {
        nvas.shell(Host::Nva(2), fault).unwrap();
        assert!(nvas.command(2, "check").is_err(), "{fault}");
        nvas.command(2, "up").unwrap();
        eventually(PATIENCE, fault, || nvas.command(2, "check")).unwrap();
        assert_eq!(client.who().unwrap(), 1, "{fault}");
    }
}

#[test]
fn where_it_cannot_be_switched_on_nothing_is_left() {
    let nvas = Nvas::start(2).unwrap();
    let before = picture(&nvas, 1).unwrap();
    // The tunnel's port belongs to somebody else's tunnel of the same number.
    nvas.ring
        .ip(
            Host::Nva(1),
            "link add other type vxlan id 92 dstport 4790 local 172.16.1.70\n",
        )
        .unwrap();
    let refused = |nvas: &Nvas| -> Result<String> {
        Ok(nvas
            .command(1, "up")
            .err()
            .context("it was switched on")?
            .to_string())
    };
    let problem = refused(&nvas).unwrap();
    let taken = "another tunnel of this host has UDP port 4790 and VXLAN's number 92 (ip -details link show type vxlan)";
    assert!(problem.contains(taken), "{problem}");
    nvas.ring.ip(Host::Nva(1), "link delete other\n").unwrap();
    assert_eq!(picture(&nvas, 1).unwrap(), before);
    nvas.command(1, "up").unwrap();
}

#[test]
fn what_is_no_state_of_it_is_left() {
    let nvas = Nvas::start(2).unwrap();
    nvas.command(1, "up").unwrap();
    let (state, text) = (nvas.ring.directory().join("state-1"), nvas.text(1).unwrap());
    std::fs::write(&state, &text).unwrap();
    let said = nvas.command(1, "down").unwrap_err().to_string();
    assert!(
        said.contains(
            "is no state of it; the rules and the tunnel are gone, and these sysctls are left"
        ),
        "{said}"
    );
    assert_eq!(std::fs::read_to_string(&state).unwrap(), text);
}

#[test]
fn three_regions_hand_on_until_the_owner_has_it() {
    let nvas = Nvas::switched_on(3).unwrap();
    for address in BOTH {
        let mut clients: Vec<_> = (1..=3)
            .map(|nva| {
                nvas.ring.lead_to(nva).unwrap();
                (nva, nvas.connect(address).unwrap())
            })
            .collect();
        for nva in [1, 2, 3, 1, 3, 2] {
            nvas.ring.lead_to(nva).unwrap();
            for (owner, client) in &mut clients {
                assert_eq!(client.who().unwrap(), *owner, "the route leads to {nva}");
            }
        }
    }
    let nobodys: u64 = (1..=3).map(|nva| nvas.counted(nva).unwrap().nobodys).sum();
    assert_eq!(nobodys, 0);
}

/// Whoever is dead is left out of the ring.
#[test]
fn a_dead_one_between_two_is_left_out() {
    let mut nvas = Nvas::start(3).unwrap();
    nvas.switch_on().unwrap();
    nvas.ring.lead_to(3).unwrap();
    let mut client = nvas.connect(BOTH[0]).unwrap();
    client.who().unwrap();
    nvas.command(2, "down").unwrap();
    // From 1 the way to 3 leads over 2.
    nvas.ring.lead_to(1).unwrap();
    eventually(PATIENCE, "a dead sibling", || {
        let status = nvas.command(1, "status")?;
        ensure!(status.contains("172.16.2.70: DOES NOT ANSWER"), "{status}");
        Ok(())
    })
    .unwrap();
    assert_eq!(client.who().unwrap(), 3);
}

/// An operator's firewall with connection tracking, as strict as they come.
#[test]
fn a_stateful_firewall_lets_all_of_it_through() {
    let nvas = Nvas::switched_on(2).unwrap();
    let rules =
        "table inet firewall { chain input { type filter hook input priority filter; policy drop;
        iifname lo accept
        ct state invalid counter drop
        ct state established,related accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
        udp dport 4790 accept
        iifname second-chance icmp type echo-request accept
        iifname second-chance icmpv6 type echo-request accept
        tcp dport 80 tcp flags & (fin|syn|rst|ack) == syn ct state new accept\n}\n}\n";
    for nva in [1, 2] {
        nvas.ring.nft(Host::Nva(nva), rules).unwrap();
        // Nobody is taken for a connection of this host in its middle.
        nvas.ring
            .set_sysctl(Host::Nva(nva), "net/netfilter/nf_conntrack_tcp_loose", "0")
            .unwrap();
    }
    for address in BOTH {
        nvas.ring.lead_to(1).unwrap();
        let mut client = nvas.connect(address).unwrap();
        assert_eq!(client.who().unwrap(), 1);
        nvas.ring.lead_to(2).unwrap();
        assert_eq!(client.who().unwrap(), 1);
        assert_eq!(client.put(10 << 20).unwrap(), 1);
        nvas.ring.lead_to(1).unwrap();
        assert_eq!(client.who().unwrap(), 1);
    }
    let dropped = nvas
        .shell(Host::Nva(1), "nft list chain inet firewall input")
        .unwrap();
    assert!(dropped.contains("invalid counter packets 0 "), "{dropped}");
    nvas.command(1, "check").unwrap();
}

#[test]
fn the_tunnel_may_be_of_ipv6() {
    let mut nvas = Nvas::start(2).unwrap();
    nvas.name_by_ipv6().unwrap();
    nvas.switch_on().unwrap();
    for address in BOTH {
        nvas.ring.lead_to(1).unwrap();
        let mut client = nvas.connect(address).unwrap();
        assert_eq!(client.who().unwrap(), 1);
        nvas.ring.lead_to(2).unwrap();
        assert_eq!(client.who().unwrap(), 1);
        assert_eq!(client.put(10 << 20).unwrap(), 1);
    }
    let link = nvas
        .shell(Host::Nva(1), "ip -d link show second-chance")
        .unwrap();
    assert!(
        link.contains("mtu 1430 ") && link.contains("local fd00:1::70"),
        "{link}"
    );
}
