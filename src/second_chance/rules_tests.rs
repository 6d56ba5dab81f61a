//! What the rules must contain, whoever the NVA is.

use super::{Stage, render};
use crate::second_chance::connections::Connection;
use crate::second_chance::file::parse;
use crate::second_chance::plan::Plan;

fn plan(nvas: u8, me: u8) -> Plan {
    let rows: String = (1..=nvas).map(|host| format!("nva 10.0.0.{host}\n")).collect();
    let settings = parse(&format!("prefix 9.9.9.9/32\n{rows}")).unwrap();
    Plan::of(settings, &[format!("10.0.0.{me}").parse().unwrap()]).unwrap()
}

#[test]
fn a_packet_has_a_hop_to_each_nva_and_home_and_one_that_is_left() {
    for (nvas, me, ttl) in [(2, 1, "0x13"), (3, 2, "0x24"), (14, 14, "0xef")] {
        let script = render(&plan(nvas, me), 1450, &Stage::HandingOver(&[]));
        assert!(script.contains(&format!("ip ttl set {ttl}\n")), "{script}");
        assert_eq!(script.matches(" dup to ").count(), usize::from(nvas) - 1);
        assert_eq!(script.matches(" dup to ").count(), script.matches("second-chance\" drop").count());
    }
}

#[test]
fn nothing_is_handed_over_while_connections_are_only_marked() {
    let script = render(&plan(2, 1), 1450, &Stage::Marking);
    assert!(!script.contains("dup to") && script.contains("meta mark set"), "{script}");
}

#[test]
fn connections_that_were_there_stay_here() {
    let connection =
        Connection { local: "9.9.9.9:80".parse().unwrap(), remote: "10.1.0.10:5000".parse().unwrap() };
    let script = render(&plan(2, 1), 1450, &Stage::HandingOver(&[connection]));
    assert!(script.contains("elements = { 10.1.0.10 . 5000 . 9.9.9.9 . 80 }"), "{script}");
    // There is no prefix of IPv6: of that family the table only goes.
    assert!(
        script.contains("delete table ip6 ") && !script.contains("table ip6 haproxy_rhi_second_chance {")
    );
}
