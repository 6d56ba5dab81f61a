//! Whatever a route holds: one line of plain ASCII, and none of the words on which ExaBGP acts.

use std::fmt::Display;
use std::str::FromStr;

use haproxy_rhi::announce::lines;
use haproxy_rhi::config;
use haproxy_rhi::drain::Stage;
use haproxy_rhi::exabgp::{Command, Dialect, LONGEST_LINE, Message, message};
use haproxy_rhi::glance::Standing;
use haproxy_rhi::route::{
    AsPath, Asn, Attributes, Community, ExtendedCommunity, LargeCommunity, LocalPreference, Med,
    Neighbor, NextHop, Origin, PathId, Prefix, Route, RouteKey,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// ExaBGP 4.2 and 5.0 look for the names of their commands anywhere in a line.
const WORDS: [&str; 13] = [
    "shutdown", "json", "version", "help", "reset", "reload", "restart", "teardown", "crash",
    "clear", "show", "eor", "watchdog",
];

/// Values of a type that come through its reader, as all of them do.
fn read<T: FromStr<Err = String> + std::fmt::Debug>(
    text: impl Strategy<Value = String>,
) -> impl Strategy<Value = T> {
    text.prop_filter_map("it is refused", |text| text.parse().ok())
}

fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(|o| std::net::Ipv4Addr::from(o).to_string()),
        any::<[u8; 16]>().prop_map(|o| std::net::Ipv6Addr::from(o).to_string())
    ]
}

fn prefix() -> impl Strategy<Value = Prefix> {
    (address(), 1u8..=128).prop_filter_map("no such prefix", |(address, length)| {
        let address: std::net::IpAddr = address.parse().ok()?;
        let length = if address.is_ipv4() {
            length.min(32)
        } else {
            length
        };
        let network = ipnet(address, length);
        network.parse().ok()
    })
}

/// The network of an address, its host bits cleared.
fn ipnet(address: std::net::IpAddr, length: u8) -> String {
    match address {
        std::net::IpAddr::V4(address) => {
            let mask = u32::MAX << (32 - u32::from(length));
            format!(
                "{}/{length}",
                std::net::Ipv4Addr::from(u32::from(address) & mask)
            )
        }
        std::net::IpAddr::V6(address) => {
            let mask = u128::MAX << (128 - u32::from(length));
            format!(
                "{}/{length}",
                std::net::Ipv6Addr::from(u128::from(address) & mask)
            )
        }
    }
}

fn asn() -> impl Strategy<Value = Asn> {
    read(prop_oneof![any::<u32>(), 64512u32..65535].prop_map(|asn| asn.to_string()))
}

fn as_path() -> impl Strategy<Value = AsPath> {
    vec(asn(), 1..=255).prop_map(|path| AsPath::try_from(path).unwrap())
}

fn community() -> impl Strategy<Value = Community> {
    let name = proptest::sample::select(vec![
        "graceful-shutdown",
        "blackhole",
        "no-export",
        "no-advertise",
        "nopeer",
    ]);
    prop_oneof![
        read(any::<(u16, u16)>().prop_map(|(a, b)| format!("{a}:{b}"))),
        read(name.prop_map(str::to_owned))
    ]
}

fn large_community() -> impl Strategy<Value = LargeCommunity> {
    read(any::<(u32, u32, u32)>().prop_map(|(a, b, c)| format!("{a}:{b}:{c}")))
}

fn extended_community() -> impl Strategy<Value = ExtendedCommunity> {
    let hexadecimal = read(any::<u64>().prop_map(|octets| format!("0x{octets:016x}")));
    let target = read(any::<(u16, u32)>().prop_map(|(a, b)| format!("target:{a}:{b}")));
    let origin = read(
        any::<(u32, u16)>()
            .prop_map(|(a, b)| format!("origin:{}:{b}", std::net::Ipv4Addr::from(a))),
    );
    prop_oneof![hexadecimal, target, origin]
}

fn origin() -> impl Strategy<Value = Origin> {
    proptest::sample::select(vec![Origin::Igp, Origin::Egp, Origin::Incomplete])
}

fn next_hop() -> impl Strategy<Value = NextHop> {
    prop_oneof![Just(NextHop::Local), read(address())]
}

fn attributes() -> impl Strategy<Value = Attributes> {
    (
        option::of(as_path()),
        option::of(any::<u32>()),
        option::of(any::<u32>()),
        option::of(origin()),
        vec(community(), 0..8),
        vec(large_community(), 0..8),
        vec(extended_community(), 0..8),
    )
        .prop_map(
            |(as_path, med, preference, origin, community, large_community, extended_community)| {
                Attributes {
                    as_path,
                    med: med.map(|med| Med::try_from(u64::from(med)).unwrap()),
                    local_preference: preference
                        .map(|value| LocalPreference::try_from(u64::from(value)).unwrap()),
                    origin,
                    community,
                    large_community,
                    extended_community,
                }
            },
        )
}

fn route_key() -> impl Strategy<Value = RouteKey> {
    (
        prefix(),
        option::of(any::<u32>()),
        vec(read::<Neighbor>(address()), 0..4),
    )
        .prop_map(|(prefix, id, neighbors)| RouteKey {
            prefix,
            path_information: id.map(|id| PathId::try_from(u64::from(id)).unwrap()),
            neighbors,
        })
}

fn check(line: &str) -> Result<(), TestCaseError> {
    prop_assert!(
        line.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        "{line:?}"
    );
    for word in WORDS {
        prop_assert!(!line.contains(word), "'{word}' is in {line:?}");
    }
    prop_assert!(
        !line.contains("as-path [ ]") && !line.contains("  "),
        "{line:?}"
    );
    // It must not be taken for something that ExaBGP says, either.
    prop_assert!(
        matches!(message(line), None | Some(Message::Other(_))),
        "{line:?}"
    );
    Ok(())
}

/// What is written is read as the same value again.
fn round<T: FromStr<Err = String> + Display + PartialEq + std::fmt::Debug>(
    value: &T,
) -> Result<(), TestCaseError> {
    let read = value.to_string().parse::<T>();
    prop_assert_eq!(read.as_ref(), Ok(value));
    Ok(())
}

proptest! {
    #![proptest_config(crate::cases(60))]

    #[test]
    fn every_command_is_one_line_without_a_word_that_hurts(key in route_key(), next_hop in next_hop(), attributes in attributes()) {
        let route = Route { next_hop, attributes };
        for dialect in Dialect::ALL {
            check(&dialect.line(&Command::Announce(key.clone(), route.clone())))?;
            check(&dialect.line(&Command::Withdraw(key.clone())))?;
        }
        for neighbor in key.neighbors {
            let line = Command::Flush(neighbor).to_string();
            prop_assert!(line.is_ascii() && line.ends_with(" flush adj-rib out"));
        }
    }

    #[test]
    fn a_withdraw_repeats_what_identifies_the_announcement(key in route_key(), next_hop in next_hop()) {
        let route = Route { next_hop, attributes: Attributes::default() };
        let announce = Command::Announce(key.clone(), route).to_string();
        let withdraw = Command::Withdraw(key).to_string();
        let without_next_hop: Vec<&str> = announce.split(" next-hop ").collect();
        let tail = without_next_hop[1].split_once(' ').map_or(String::new(), |(_, tail)| format!(" {tail}"));
        prop_assert_eq!(without_next_hop[0].replace("announce", "withdraw") + &tail, withdraw);
    }

    #[test]
    fn a_configuration_that_is_taken_makes_no_line_that_is_too_long(
        path in as_path(),
        communities in vec(community(), 0..200),
        large in vec(large_community(), 0..40),
        neighbors in vec(read::<Neighbor>(address()), 0..60),
    ) {
        let quoted = |values: Vec<String>| format!("[{}]", values.iter().map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", "));
        let text = format!(
            r#"{{"services": {{"web": {{"prefixes": ["9.9.9.9/32"], "next_hop": "192.0.2.1", "as_path": [{}], "community": {}, "large_community": {},
            "neighbors": {}, "levels": [{{"name": "up", "when": {{"file": {{"path": "/run/up"}}}}}}]}}}}}}"#,
            path.to_string().replace(' ', ", "),
            quoted(communities.iter().map(ToString::to_string).collect()),
            quoted(large.iter().map(ToString::to_string).collect()),
            quoted(neighbors.iter().map(ToString::to_string).collect()),
        );
        match config::parse(&text) {
            Ok(config) => {
                let drained = Some(Stage::Depreferred);
                for (standing, stage) in
                    [(Standing::Level(0), None), (Standing::Level(0), drained), (Standing::Down, None)]
                {
                    for line in lines(&config.services[0], standing, stage) {
                        prop_assert!(line.len() <= LONGEST_LINE, "{} characters", line.len());
                        check(&line)?;
                    }
                }
            }
            Err((_, _, what)) => prop_assert!(what.contains("characters long"), "{what}"),
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same(
        prefix in prefix(),
        next_hop in next_hop(),
        path in as_path(),
        community in community(),
        large in large_community(),
        extended in extended_community(),
        neighbor in read::<Neighbor>(address()),
        number in any::<u32>(),
    ) {
        round(&prefix)?;
        round(&next_hop)?;
        round(&path)?;
        round(&community)?;
        round(&large)?;
        round(&extended)?;
        round(&neighbor)?;
        round(&Med::try_from(u64::from(number)).unwrap())?;
    }

    #[test]
    fn no_text_that_a_value_is_read_from_leaves_the_grammar(text in "\\PC{0,40}", plain in "[0-9a-fx:. /\\[\\]-]{0,24}") {
        for text in [text, plain] {
            let values: Vec<Option<String>> = vec![
                text.parse::<Prefix>().ok().map(|value| value.to_string()),
                text.parse::<NextHop>().ok().map(|value| value.to_string()),
                text.parse::<AsPath>().ok().map(|value| value.to_string()),
                text.parse::<Med>().ok().map(|value| value.to_string()),
                text.parse::<Community>().ok().map(|value| value.to_string()),
                text.parse::<LargeCommunity>().ok().map(|value| value.to_string()),
                text.parse::<ExtendedCommunity>().ok().map(|value| value.to_string()),
                text.parse::<Neighbor>().ok().map(|value| value.to_string()),
            ];
            for value in values.into_iter().flatten() {
                prop_assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":./ ".contains(&byte)), "{value:?}");
                check(&value)?;
            }
        }
    }
}
