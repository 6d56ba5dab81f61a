//! The words that ExaBGP 4.2 and 5.0 know in some sections, and what must follow each (`known` and `_structure` of their
//! configuration). Any other word or value they refuse, with the file. Pure.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use super::statement::Setting;
use super::{Fault, Item};
use crate::value::{Joined, did_you_mean};

/// What follows a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A section, whose name is not checked.
    Section,
    /// A section with an address, or a template's name: a neighbor.
    Named,
    /// Nothing, or a boolean.
    Switch,
    /// A number from the first to the second, or one of these words as they are spelled here.
    Number(u64, u64, &'static [&'static str]),
    /// An AS number, also as `1.5`; `auto` in small letters.
    AsNumber,
    /// An address, or one of these words as they are spelled here.
    Address(&'static [&'static str]),
    /// An IPv4 address.
    RouterId,
    /// A kind of routes, and the other address family: that of the next-hop.
    NextHop,
    /// A value, which is not checked.
    Value,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A value or none.
    Any,
}
use Form::{
    Address, Any, AsNumber, Named, NextHop, Number, OneOf, RouterId, Section, Switch, Value,
};

const BOOLEAN: &[&str] = &["true", "enable", "enabled", "false", "disable", "disabled"];

type Words = &'static [(Form, &'static [&'static str])];

/// The words of a section; `None`: the section is not checked.
fn words(section: &str) -> Option<Words> {
    Some(match section {
        "" => &[(Named, &["neighbor"]), (Section, &["process", "template"])],
        "template" => &[(Named, &["neighbor"])],
        "process" => &[
            (OneOf(&["text", "json"]), &["encoder"]),
            (Switch, &["respawn"]),
            (Value, &["run"]),
        ],
        "neighbor" => NEIGHBOR,
        "capability" => CAPABILITY,
        "api" => &[
            (Section, &["receive", "send"]),
            (Switch, &["fsm", "negotiated", "neighbor-changes", "signal"]),
            // Their brackets may be empty.
            (Any, &["processes", "processes-match"]),
        ],
        "send" | "receive" => &[(Switch, MESSAGES)],
        "family" | "add-path" => FAMILIES,
        "nexthop" => &[(NextHop, &["ipv4", "ipv6"])],
        _ => return None,
    })
}

const NEIGHBOR: Words = &[
    (
        Section,
        &[
            "add-path",
            "announce",
            "api",
            "capability",
            "family",
            "flow",
            "l2vpn",
            "nexthop",
            "operational",
            "static",
        ],
    ),
    (
        Switch,
        &[
            "adj-rib-in",
            "adj-rib-out",
            "auto-flush",
            "group-updates",
            "manual-eor",
            "md5-base64",
            "passive",
        ],
    ),
    (Number(0, u64::MAX, &[]), &["connect", "listen"]),
    (Number(3, 65535, &["0"]), &["hold-time"]),
    (AsNumber, &["local-as", "peer-as"]),
    (
        Number(1, u64::MAX, &["disable", "disabled"]),
        &["rate-limit"],
    ),
    (
        Number(0, 255, &["false", "disable", "disabled"]),
        &["incoming-ttl", "outgoing-ttl"],
    ),
    (Address(&[]), &["md5-ip", "peer-address"]),
    (RouterId, &["router-id"]),
    (Address(&["auto"]), &["local-address"]),
    (
        Value,
        &["domain-name", "host-name", "inherit", "md5-password"],
    ),
    (Any, &["description", "source-interface"]),
];

const CAPABILITY: Words = &[
    (
        Switch,
        &[
            "aigp",
            "asn4",
            "extended-message",
            "multi-session",
            "nexthop",
            "operational",
            "route-refresh",
            "software-version",
        ],
    ),
    (
        OneOf(&["send", "receive", "send/receive", "disable", "disabled"]),
        &["add-path"],
    ),
    (
        Number(0, 65535, &["", "disable", "disabled"]),
        &["graceful-restart"],
    ),
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

const FAMILIES: Words = &[
    (
        OneOf(&[
            "unicast",
            "multicast",
            "nlri-mpls",
            "mpls-vpn",
            "mcast-vpn",
            "mup",
            "flow",
            "flow-vpn",
        ]),
        &["ipv4"],
    ),
    (
        OneOf(&[
            "unicast",
            "nlri-mpls",
            "mpls-vpn",
            "mcast-vpn",
            "mup",
            "flow",
            "flow-vpn",
        ]),
        &["ipv6"],
    ),
    (OneOf(&["vpls", "evpn"]), &["l2vpn"]),
    (OneOf(&["bgp-ls", "bgp-ls-vpn"]), &["bgp-ls"]),
    (Any, &["all"]),
];

/// What 5.0 knows and 4.2 does not: the section, and a keyword or a value in it.
const NEW: &[(&str, &str)] = &[
    ("add-path", "all"),
    ("add-path", "mcast-vpn"),
    ("add-path", "mup"),
    ("api", "processes-match"),
    ("capability", "software-version"),
    ("family", "all"),
    ("family", "mcast-vpn"),
    ("family", "mup"),
    ("neighbor", "source-interface"),
];

/// How a fault ends that is none to 6.
pub const SIX_DOES: &str = ", 6 does";

/// Families of IPv4 and IPv6 that 6 has alone.
const FAMILIES_OF_6: &[&str] = &["labeled-unicast", "sr-policy"];

/// What 6 knows and the others do not: the section, and a keyword in it. It knows all of theirs, too.
const NEW_IN_6: &[(&str, &str)] = &[
    ("capability", "link-local-nexthop"),
    ("capability", "link-local-prefer"),
    ("neighbor", "local-link-local"),
    ("neighbor", "tcp-ao"),
];

/// Sections that no list of words has: `group` is ExaBGP 3.4's, `route` is in sections that are not checked.
const OTHERS: &[&str] = &["group", "route"];

/// Sections that together have all words.
const CHECKED: &[&str] = &[
    "",
    "process",
    "neighbor",
    "capability",
    "api",
    "send",
    "family",
    "nexthop",
];

fn form(word: &str) -> Option<Form> {
    let all = CHECKED.iter().filter_map(|section| words(section));
    let mut forms = all.flatten();
    let known = forms.find(|(_, words)| words.contains(&word));
    known.map(|(form, _)| *form)
}

/// Whether a statement or section of ExaBGP begins with this word.
pub fn is_known(word: &str) -> bool {
    OTHERS.contains(&word) || form(word).is_some()
}

/// Whether a section of ExaBGP begins with this word.
pub fn is_section(word: &str) -> bool {
    word == "group" || matches!(form(word), Some(Section | Named))
}

/// What 4.2 or both versions refuse, or read otherwise, in every section that is checked.
pub fn refused(items: &[Item]) -> Vec<Fault> {
    inside("", items)
}

/// Processes with two `run` lines: ExaBGP starts the last.
pub fn overruled(items: &[Item]) -> Vec<Fault> {
    let processes = items.iter().filter(|item| item.keyword() == "process");
    processes
        .filter_map(|process| {
            let mut runs = process
                .inside
                .iter()
                .flatten()
                .filter(|item| item.keyword() == "run");
            let (first, last) = (runs.next()?, runs.next_back()?);
            let what = format!(
                "ExaBGP starts only the last 'run' of a process, in line {}",
                last.at().line
            );
            Some(Fault::taken(first.at(), what))
        })
        .collect()
}

fn inside(section: &str, items: &[Item]) -> Vec<Fault> {
    let Some(known) = words(section) else {
        return Vec::new();
    };
    let mut faults: Vec<Fault> = items
        .iter()
        .flat_map(|item| of_item(section, known, item))
        .collect();
    faults.extend(twice(section, items));
    faults
}

/// What ExaBGP refuses as a duplicate: a process or an api with another's name, and a family.
fn twice(section: &str, items: &[Item]) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for item in items {
        let (word, value) = (item.keyword(), Setting::of(item).value().to_owned());
        let is_again = match (section, word) {
            ("", "process") => !seen.insert((word, value.clone())),
            ("neighbor", "api") => !value.is_empty() && !seen.insert((word, value.clone())),
            // 5.0 takes any number of 'all', and no other family after one.
            ("family" | "add-path", "all") => {
                seen.insert((word, String::new()));
                false
            }
            ("family" | "add-path", _) => {
                seen.contains(&("all", String::new()))
                    || !seen.insert((word, value.to_ascii_lowercase()))
            }
            _ => false,
        };
        if is_again {
            let what = format!(
                "'{word} {value}' stands {} already; remove it",
                place(section)
            );
            faults.push(Fault::refused(item.at(), what));
        }
    }
    faults
}

fn of_item(section: &str, known: Words, item: &Item) -> Vec<Fault> {
    // `tree` has found it already.
    if item.words.iter().any(|word| word.false_blank().is_some()) {
        return Vec::new();
    }
    let word = item.keyword();
    if let Some(what) = new_in_6(section, word) {
        return vec![Fault::refused(item.at(), what)];
    }
    let Some((form, _)) = known.iter().find(|(_, words)| words.contains(&word)) else {
        return vec![Fault::refused(item.at(), unknown(word, section, known))];
    };
    if let Some(at) = begins_another(*form, known, item) {
        return vec![two_in_one(item, at)];
    }
    if let Some(why) = misfit(*form, section, item) {
        let what = new_family(section, item);
        let what = what.unwrap_or_else(|| format!("'{word}' {}: {why}", place(section)));
        return vec![Fault::refused(item.at(), what)];
    }
    let mut faults: Vec<Fault> = new_in_5(section, item).into_iter().collect();
    faults.extend(item.inside.iter().flat_map(|items| inside(word, items)));
    faults
}

/// The index of the word that begins another statement or section, where a `;` is missing before it.
fn begins_another(own: Form, known: Words, item: &Item) -> Option<usize> {
    let is_of = |index: &usize, forms: fn(Form) -> bool| {
        let word = item.words.get(*index).filter(|word| !word.quoted);
        let mut all = known.iter().filter(|(form, _)| forms(*form));
        word.is_some_and(|word| all.any(|(_, words)| words.contains(&word.text.as_str())))
    };
    let is_section = |form: Form| matches!(form, Section | Named);
    let list_ends = || item.words.iter().position(|word| word.is("]"));
    let from = match (own, &item.inside) {
        (Section | Named, _) => return None,
        (_, Some(_)) => return (1..item.words.len()).rfind(|at| is_of(at, is_section)),
        (Switch, None) => 1,
        (Value | Any, None) if item.keyword() == "run" => return at_encoder(item),
        (Value | Any, None) => list_ends()? + 1,
        (NextHop, None) => 3,
        (_, None) => 2,
    };
    (from..item.words.len()).find(|at| is_of(at, |_| true))
}

/// The index of an `encoder` at the end of a run line.
fn at_encoder(item: &Item) -> Option<usize> {
    let at = item.words.len().checked_sub(2)?;
    let words: Vec<&str> = item
        .words
        .iter()
        .skip(at)
        .map(|word| word.text.as_str())
        .collect();
    matches!(words[..], ["encoder", "text" | "json"]).then_some(at)
}

fn two_in_one(item: &Item, at: usize) -> Fault {
    let (one, other) = item.words.split_at(at);
    let one = one.iter().map(|word| word.text.as_str()).joined(" ");
    let other = other.first().map_or("", |word| word.text.as_str());
    let what = format!("'{one}' has no ';' before '{other}'");
    let cure = format!("write '{one}; {other}'");
    let fault = match item.inside {
        Some(_) => Fault::refused(item.at(), format!("{what}; {cure}")),
        None => Fault::taken(
            item.at(),
            format!("{what}, and ExaBGP does not see that; {cure}"),
        ),
    };
    fault.breaking()
}

/// Why an item does not fit the form of its word.
fn misfit(form: Form, section: &str, item: &Item) -> Option<String> {
    let setting = Setting::of(item);
    let value = setting.value();
    let one_of =
        |list: &[&str]| format!("'{value}' is none of its values; write {}", list.join(", "));
    let lower = value.to_ascii_lowercase();
    match (form, &item.inside) {
        (Section | Named, None) => {
            Some("it is a section; write its statements between { and }".to_owned())
        }
        (Named, Some(_)) => misnamed(section, value),
        (Section, Some(_)) | (Any, None) => None,
        (_, Some(_)) => {
            Some("it is no section; write its value and a ';' in place of the braces".to_owned())
        }
        (Number(_, _, list), None) if list.contains(&value) => None,
        (Switch, None) => {
            let fits = value.is_empty() || BOOLEAN.contains(&lower.as_str());
            let automatic = item.keyword() == "md5-base64" && lower == "auto";
            (!fits && !automatic).then(|| one_of(BOOLEAN))
        }
        (_, None) if value.is_empty() => {
            Some("no value; write one before the ';', or remove it".to_owned())
        }
        // Case counts in the value of encoder.
        (OneOf(list), None) if section == "process" => {
            (!list.contains(&value)).then(|| one_of(list))
        }
        (OneOf(list), None) => (!list.contains(&lower.as_str())).then(|| one_of(list)),
        // Case does not count in the words of rate-limit.
        (Number(_, _, list), None)
            if item.keyword() == "rate-limit" && list.contains(&lower.as_str()) =>
        {
            None
        }
        (Number(low, high, list), None) => not_a_number(value, low, high, list),
        (AsNumber, None) => {
            (!is_as_number(value)).then(|| format!("'{value}' is no AS number; write one"))
        }
        (Address(list), None) => {
            let fits = value.parse::<IpAddr>().is_ok() || list.contains(&value);
            (!fits).then(|| format!("'{value}' is no address; write one"))
        }
        (RouterId, None) => value
            .parse::<Ipv4Addr>()
            .is_err()
            .then(|| format!("'{value}' is no IPv4 address; write one")),
        (NextHop, None) => bad_next_hop(item.keyword(), &setting),
        (Value, None) => None,
    }
}

fn not_a_number(value: &str, low: u64, high: u64, list: &[&str]) -> Option<String> {
    let is_digits = value.chars().all(|letter| letter.is_ascii_digit());
    if is_digits
        && value
            .parse()
            .is_ok_and(|number: u64| (low..=high).contains(&number))
    {
        return None;
    }
    let range = if high == u64::MAX {
        "a number".to_owned()
    } else {
        format!("{low} to {high}")
    };
    let words = list
        .iter()
        .filter(|word| !word.is_empty())
        .map(|word| (*word).to_owned());
    let fitting: Vec<String> = std::iter::once(range).chain(words).collect();
    Some(format!(
        "'{value}' is none of its values; write {}",
        fitting.join(", ")
    ))
}

/// Digits, two halves of 16 bits (`1.5`), or `auto`.
fn is_as_number(value: &str) -> bool {
    let is_number =
        |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit());
    match value.split_once('.') {
        Some((high, low)) => is_number(high) && is_number(low),
        None => value == "auto" || is_number(value),
    }
}

fn bad_next_hop(family: &str, setting: &Setting) -> Option<String> {
    let values: Vec<String> = setting.values().map(str::to_ascii_lowercase).collect();
    let other = if family == "ipv4" { "ipv6" } else { "ipv4" };
    let kinds = ["unicast", "multicast", "nlri-mpls", "mpls-vpn"];
    let fits = values
        .first()
        .is_some_and(|kind| kinds.contains(&kind.as_str()))
        && values.get(1).is_some_and(|by| by == other);
    (!fits).then(|| {
        format!("it wants a kind and the next hop's family; write {family} unicast {other}")
    })
}

fn is_address(text: &str) -> bool {
    text.split('/')
        .next()
        .is_some_and(|address| address.parse::<IpAddr>().is_ok())
}

/// Why a neighbor cannot be called so: an address or a range of them, or in a template a word.
fn misnamed(section: &str, name: &str) -> Option<String> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
    match section {
        _ if name.is_empty() => Some("it has no name; write one before the '{'".to_owned()),
        "template" => {
            let what = || format!("'{name}' is no name; write letters, digits, '.', '-' and '_'");
            (!name.chars().all(is_letter)).then(what)
        }
        _ => (!is_address(name)).then(|| format!("'{name}' is no address; write its peer's")),
    }
}

fn new_in_5(section: &str, item: &Item) -> Option<Fault> {
    let setting = Setting::of(item);
    let words = [
        item.keyword().to_owned(),
        setting.value().to_ascii_lowercase(),
    ];
    let word = words.iter().find(|word| NEW.contains(&(section, word)))?;
    Some(Fault::newer(
        item.at(),
        format!("ExaBGP 4.2 knows no '{word}' {}, 5.0 does", place(section)),
    ))
}

fn new_in_6(section: &str, word: &str) -> Option<String> {
    let place = place(section);
    NEW_IN_6
        .contains(&(section, word))
        .then(|| format!("ExaBGP 4.2 and 5.0 know no '{word}' {place}{SIX_DOES}"))
}

/// A family that 6 has, and the others do not.
fn new_family(section: &str, item: &Item) -> Option<String> {
    let is_family = matches!(section, "family" | "add-path");
    let is_ip = item.inside.is_none() && matches!(item.keyword(), "ipv4" | "ipv6");
    let value = Setting::of(item).value().to_ascii_lowercase();
    let is_new = is_family && is_ip && FAMILIES_OF_6.contains(&value.as_str());
    is_new.then(|| {
        let place = place(section);
        format!("ExaBGP 4.2 and 5.0 know no '{value}' {place}{SIX_DOES}")
    })
}

fn place(section: &str) -> String {
    if section.is_empty() {
        "at the top of the file".to_owned()
    } else {
        format!("in '{section}'")
    }
}

fn unknown(word: &str, section: &str, known: Words) -> String {
    let known = known.iter().flat_map(|(_, words)| words.iter());
    let perhaps = did_you_mean(word, known.copied());
    format!(
        "ExaBGP 4.2, 5.0 and 6 know no '{word}' {}{perhaps}",
        place(section)
    )
}
