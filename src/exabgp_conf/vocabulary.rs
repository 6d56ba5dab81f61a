//! The words that ExaBGP 4.2, 5.0 or 6 knows, of the sections that matter here (`known` and `_structure` of its
//! configuration). With any other, each of them refuses the file. Pure.

use super::{Fault, Item};

/// The statements and sections that one of them knows in a section; absent: it is not looked into.
fn words(section: &str) -> Option<&'static [&'static str]> {
    Some(match section {
        "" => &["neighbor", "process", "template"],
        "template" => &["neighbor"],
        "process" => &["encoder", "respawn", "run"],
        "neighbor" => NEIGHBOR,
        "capability" => CAPABILITY,
        "api" => &[
            "fsm",
            "negotiated",
            "neighbor-changes",
            "processes",
            "processes-match",
            "receive",
            "send",
            "signal",
        ],
        "send" | "receive" => MESSAGES,
        "family" | "add-path" => &["all", "bgp-ls", "ipv4", "ipv6", "l2vpn"],
        "nexthop" => &["ipv4", "ipv6"],
        _ => return None,
    })
}

const NEIGHBOR: &[&str] = &[
    "add-path",
    "adj-rib-in",
    "adj-rib-out",
    "announce",
    "api",
    "auto-flush",
    "capability",
    "connect",
    "description",
    "domain-name",
    "family",
    "flow",
    "group-updates",
    "hold-time",
    "host-name",
    "incoming-ttl",
    "inherit",
    "l2vpn",
    "listen",
    "local-address",
    "local-as",
    "local-link-local",
    "manual-eor",
    "md5-base64",
    "md5-ip",
    "md5-password",
    "nexthop",
    "operational",
    "outgoing-ttl",
    "passive",
    "peer-address",
    "peer-as",
    "rate-limit",
    "router-id",
    "source-interface",
    "static",
    "tcp-ao",
];

const CAPABILITY: &[&str] = &[
    "add-path",
    "aigp",
    "asn4",
    "extended-message",
    "graceful-restart",
    "link-local-nexthop",
    "link-local-prefer",
    "multi-session",
    "nexthop",
    "operational",
    "route-refresh",
    "software-version",
];

const MESSAGES: &[&str] = &[
    "consolidate",
    "keepalive",
    "notification",
    "open",
    "operational",
    "packets",
    "parsed",
    "refresh",
    "update",
];

/// Each word that none of them knows where it stands.
pub fn unknown(items: &[Item]) -> Vec<Fault> {
    inside("", items)
}

/// A process that has two programs: ExaBGP starts the last.
pub fn overruled(items: &[Item]) -> Vec<Fault> {
    let processes = items.iter().filter(|item| item.keyword() == "process");
    processes
        .filter_map(|process| {
            let mut runs = process.inside.iter().flatten().filter(|item| item.keyword() == "run");
            let (first, last) = (runs.next()?, runs.next_back()?);
            let what = format!("ExaBGP starts only the last 'run' of a process, in line {}", last.at().line);
            Some(Fault::taken(first.at(), what))
        })
        .collect()
}

fn inside(section: &str, items: &[Item]) -> Vec<Fault> {
    let Some(known) = words(section) else { return Vec::new() };
    let of = |item: &Item| match &item.inside {
        _ if !known.contains(&item.keyword()) => {
            vec![Fault::refused(item.at(), what(item.keyword(), section, known))]
        }
        Some(items) => inside(item.keyword(), items),
        None => Vec::new(),
    };
    items.iter().flat_map(of).collect()
}

fn what(word: &str, section: &str, known: &[&'static str]) -> String {
    let place =
        if section.is_empty() { "at the top of the file".to_owned() } else { format!("in '{section}'") };
    let likely = known.iter().map(|known| (strsim::jaro(word, known), known));
    let likely = likely.max_by(|one, two| one.0.total_cmp(&two.0)).filter(|(likeness, _)| *likeness > 0.8);
    let perhaps = likely.map(|(_, known)| format!("; did you mean '{known}'?")).unwrap_or_default();
    format!("ExaBGP 4.2, 5.0 and 6 know no '{word}' {place}{perhaps}")
}
