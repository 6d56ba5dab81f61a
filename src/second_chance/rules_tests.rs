//! What the rules must contain, whoever the NVA is.

use super::{AT_FIRST, Stage, render};
use crate::connections::Connection;
use crate::file::parse;
use crate::plan::Plan;

fn plan(nvas: u8, me: u8) -> Plan {
    let rows: String = (1..=nvas)
        .map(|host| format!("nva 10.0.0.{host}\n"))
        .collect();
    let settings = parse(&format!("prefix 9.9.9.9/32\n{rows}")).unwrap();
    Plan::of(settings, &[format!("10.0.0.{me}").parse().unwrap()]).unwrap()
}

#[test]
fn a_packet_has_a_hop_to_each_nva_and_home_and_one_that_is_left() {
    for (nvas, me, ttl) in [(2, 1, "0x13"), (3, 2, "0x24"), (14, 14, "0xef")] {
        let script = render(&plan(nvas, me), 1450, &AT_FIRST);
        assert!(script.contains(&format!("ip ttl set {ttl}\n")), "{script}");
        // Once in the chain of strangers, once in that of unknown prefixes.
        assert_eq!(
            script.matches(" dup to ").count(),
            2 * (usize::from(nvas) - 1)
        );
        assert_eq!(
            script.matches(" dup to ").count(),
            script.matches("second-chance\" drop").count()
        );
    }
}

#[test]
fn nothing_is_handed_over_while_connections_are_only_marked() {
    let script = render(&plan(2, 1), 1450, &Stage::Marking);
    assert!(
        !script.contains("dup to") && script.contains("meta mark set"),
        "{script}"
    );
}

#[test]
fn connections_that_were_there_stay_here() {
    let connection = Connection {
        local: "9.9.9.9:80".parse().unwrap(),
        remote: "10.1.0.10:5000".parse().unwrap(),
    };
    let siblings = plan(2, 1).siblings().to_vec();
    let stage = Stage::HandingOver {
        before: &[connection],
        alive: &siblings,
        unasked: true,
    };
    let script = render(&plan(2, 1), 1450, &stage);
    assert!(script.contains("size 2; elements = { ip } }"), "{script}");
    assert!(
        script.contains("elements = { 10.1.0.10 . 5000 . 9.9.9.9 . 80 }"),
        "{script}"
    );
    // There is no prefix of IPv6: of that family nothing is let in.
    let (_, v6) = script
        .split_once("table ip6 haproxy_rhi_second_chance {")
        .unwrap();
    let (arriving, _) = v6.split_once("chain errors").unwrap();
    assert!(
        arriving.contains("iifname \"second-chance\" counter name forged drop")
            && !arriving.contains("accept\n"),
        "{v6}"
    );
}

/// What cannot be handed on yet is dropped, and so sent again: while connections are marked, and until the heartbeat has asked.
#[test]
fn nothing_is_reset_before_it_is_known_who_answers() {
    let script = |stage: &Stage<'_>| render(&plan(2, 1), 1450, stage);
    let drops = "\t\tiifname \"second-chance\" drop\n\t\tgoto home";
    assert!(script(&Stage::Marking).contains(drops));
    let begins = Stage::HandingOver {
        before: &[],
        alive: &[],
        unasked: true,
    };
    let begun = "set unasked { typeof meta protocol; flags dynamic,timeout; timeout 3s; size 2; elements = { ip } }";
    let waits = "\t\tiifname \"second-chance\" meta protocol @unasked drop\n\t\tgoto home";
    let begins = script(&begins);
    assert!(begins.contains(begun) && begins.contains(waits), "{begins}");
    assert!(!script(&AT_FIRST).contains(begun));
}

/// Whoever may speak to the tunnel's port, whatever family the prefixes are of.
#[test]
fn the_tunnels_port_is_guarded_in_the_family_of_the_nvas() {
    for (prefix, nvas, ip) in [
        ("9.9.9.9/32", ["fd00::1", "fd00::2"], "ip6"),
        ("fd99::9/128", ["10.0.0.1", "10.0.0.2"], "ip"),
        ("9.9.9.9/32", ["10.0.0.1", "10.0.0.2"], "ip"),
    ] {
        let settings = parse(&format!(
            "prefix {prefix}\nnva {}\nnva {}\n",
            nvas[0], nvas[1]
        ))
        .unwrap();
        let plan = Plan::of(settings, &[nvas[0].parse().unwrap()]).unwrap();
        let script = render(&plan, 1450, &AT_FIRST);
        let guard = format!(
            "policy accept;\n\t\tudp dport 4790 fib daddr type != unicast {ip} saddr . {ip} daddr != {{ {} . {} }} counter",
            nvas[1], nvas[0]
        );
        // Before the rule for lo, which local users reach.
        assert_eq!(script.matches(&guard).count(), 1, "{script}");
        let leaving = format!("udp dport 4790 {ip} daddr {{ {} }} iif 0 counter", nvas[1]);
        assert_eq!(script.matches(&leaving).count(), 1, "{script}");
    }
}
