//! The files of one NVA, from templates. Pure.
//!
//! A test compares the shipped files of both regions with the files made of the documentation's values;
//! `UPDATE_SHIPPED=1 cargo test --lib shipped` writes them again.

use std::net::Ipv4Addr;

use super::answers::Answers;
use super::carried::Carried;
use super::endpoints::Endpoints;
use super::template::{Value, Values, filled};
use crate::route::Prefix;
use crate::validate::is_private;
use crate::value::Joined;

const EXABGP: &str = include_str!("templates/exabgp.conf");
const CONFIG: &str = include_str!("templates/config.json");
const SECOND_CHANCE: &str = include_str!("templates/second-chance.conf");
const HAPROXY: &str = include_str!("templates/haproxy.cfg");

/// exabgp.conf, from the root of the file system.
pub const EXABGP_PATH: &str = "etc/exabgp/exabgp.conf";
/// haproxy.cfg.
pub const HAPROXY_PATH: &str = "etc/haproxy/haproxy.cfg";
/// haproxy-rhi's configuration.
pub const CONFIG_PATH: &str = "etc/haproxy-rhi/config.json";
/// The second chance's configuration.
pub const SECOND_CHANCE_PATH: &str = "etc/haproxy-rhi/second-chance.conf";

/// A file: its path from the root, and its text.
pub type Made = (&'static str, String);

/// All files.
pub fn files(answers: &Answers, endpoints: &Endpoints, carried: &Carried) -> Vec<Made> {
    let mut values = values(answers, endpoints);
    values.insert("carried", carried.lines());
    let mut files = vec![
        (EXABGP_PATH, filled(EXABGP, &values)),
        (HAPROXY_PATH, filled(HAPROXY, &values)),
        (CONFIG_PATH, filled(CONFIG, &values)),
    ];
    if !answers.nvas.is_empty() {
        files.push((SECOND_CHANCE_PATH, filled(SECOND_CHANCE, &values)));
    }
    files
}

fn values(answers: &Answers, endpoints: &Endpoints) -> Values {
    let mut values = Values::new();
    let mut set = |name, text: String| {
        values.insert(name, Value::Text(text));
    };
    // A takeover announces a path that is one shorter: one AS number more for the other region, one for the other NVA here.
    let near = answers.takeover && !answers.same_region.is_empty();
    let times =
        usize::from(answers.prepend) + 1 + usize::from(answers.takeover) + usize::from(near);
    let path = || std::iter::repeat_n(answers.local_as, times);
    set("region", answers.region.0.clone());
    set("address", answers.address.to_string());
    set("next_hop", answers.next_hop.to_string());
    set("local_as", answers.local_as.to_string());
    let kind = if is_private(answers.local_as) {
        "private"
    } else {
        "public"
    };
    set("kind_of_as", kind.to_owned());
    set("path_numbers", path().joined(", "));
    if answers.route_servers.len() > 2 {
        set("two_hubs", String::new());
    }
    let prefixes = || answers.prefixes.iter();
    set(
        "prefixes",
        prefixes()
            .map(|prefix| format!("\"{prefix}\""))
            .joined(", "),
    );
    set("backend", answers.backend.to_string());
    set("check", answers.check.0.clone());
    set("attempts", (3 * answers.servers.len() + 2).to_string());
    let round_trip = match answers.siblings.is_empty() {
        true => "a server",
        false => "the sibling",
    };
    set("round_trip", round_trip.to_owned());
    let url = |address: &Ipv4Addr| format!("\"{}\"", endpoints.url(*address));
    if answers.has_page() {
        let all = answers.siblings.iter().chain(&answers.same_region);
        set("pages", all.map(url).joined(", "));
    }
    if !answers.siblings.is_empty() {
        set("sibling", answers.siblings.iter().joined(" "));
    }
    if !answers.same_region.is_empty() {
        let near = answers.same_region.iter();
        set("near_pages", near.map(url).joined(", "));
    }
    if answers.siblings.len() > 1 {
        set("several", String::new());
    }
    if answers.serve_through {
        set("through", String::new());
    }
    if answers.damping {
        set("damping", String::new());
    }
    if answers.is_standby() {
        set("standby", String::new());
        if answers.takeover {
            set("takes_over", String::new());
        }
    } else if near {
        set("takes_over_near", String::new());
    }
    // An outer header of IPv6 is 20 bytes longer.
    let is_v6 = answers.nvas.iter().any(|nva| nva.address.is_ipv6());
    set("mtu", if is_v6 { "1430" } else { "1450" }.to_owned());
    values.extend(endpoint_values(endpoints));
    values.extend(lists(answers));
    let path = path().joined(" ");
    values.extend(run_line(answers, endpoints, &path).map(|line| ("run_line", Value::Text(line))));
    values
}

/// config.json's values as flags; `None`: some value has no flag.
fn run_line(answers: &Answers, endpoints: &Endpoints, path: &str) -> Option<String> {
    let [frontend] = endpoints.frontends.as_slice() else {
        return None;
    };
    if answers.has_page() || answers.serve_through || answers.damping {
        return None;
    }
    let each = |flag: &str, value: String| format!(" --{flag} {value}");
    let prefixes = answers.prefixes.iter();
    let neighbors = endpoints.neighbors.iter();
    let events = endpoints.events.iter();
    Some(format!(
        "--stats {} --frontend {frontend} --backend {}{} --next-hop {} --as-path \"{path}\"{}{}",
        endpoints.stats,
        answers.backend,
        prefixes
            .map(|one| each("prefix", one.to_string()))
            .joined(""),
        answers.next_hop,
        neighbors
            .map(|one| each("neighbor", one.clone()))
            .joined(""),
        events.map(|one| each("events", one.clone())).joined(""),
    ))
}

/// The values of the endpoints.
fn endpoint_values(endpoints: &Endpoints) -> Values {
    let mut values = Values::new();
    let mut set = |name, text: String| {
        values.insert(name, Value::Text(text));
    };
    let quoted = |name: &String| format!("\"{name}\"");
    set("stats", endpoints.stats.clone());
    set("control", endpoints.control.clone());
    let frontend = |name: &String| format!("{{\"frontend\": {{\"name\": \"{name}\"}}}}");
    set(
        "frontends",
        endpoints.frontends.iter().map(frontend).joined(", "),
    );
    if let Some(events) = &endpoints.events {
        set("events", events.clone());
    }
    if !endpoints.neighbors.is_empty() {
        set(
            "neighbors",
            endpoints.neighbors.iter().map(quoted).joined(", "),
        );
    }
    values
}

fn lists(answers: &Answers) -> [(&'static str, Value); 5] {
    let text = |name, text: String| (name, Value::Text(text));
    let servers = answers.servers.iter().map(|server| {
        let (name, address) = (server.name.to_string(), server.address.to_string());
        Values::from([text("name", name), text("server", address)])
    });
    let prefixes = answers.prefixes.iter();
    let prefixes = prefixes.map(|prefix| Values::from([text("prefix", prefix.to_string())]));
    let nvas = answers.nvas.iter().map(|nva| {
        let line = match &nva.region {
            Some(region) => format!("{:<19} # {}", nva.address.to_string(), region.0),
            None => nva.address.to_string(),
        };
        Values::from([text("nva", line)])
    });
    [
        ("siblings", siblings(answers)),
        ("route_servers", route_servers(answers)),
        ("servers", Value::Each(servers.collect())),
        ("prefix", Value::Each(prefixes.collect())),
        ("nvas", Value::Each(nvas.collect())),
    ]
}

/// The other regions' NVAs: HAProxy's last resort.
fn siblings(answers: &Answers) -> Value {
    let lines = answers.siblings.iter().enumerate().map(|(index, address)| {
        let number = match index {
            0 => String::new(),
            more => (more + 1).to_string(),
        };
        let address = Value::Text(address.to_string());
        Values::from([("number", Value::Text(number)), ("address_of", address)])
    });
    Value::Each(lines.collect())
}

/// The addresses of the hubs' Route Servers.
fn route_servers(answers: &Answers) -> Value {
    let text = |name, text: String| (name, Value::Text(text));
    let servers = answers.route_servers.iter().enumerate();
    let lines = servers.map(|(index, address)| {
        let hub = match index {
            0 | 1 => answers.region.0.clone(),
            _ => "of the other hub".to_owned(),
        };
        let (address, instance) = (address.to_string(), (index % 2).to_string());
        Values::from([
            text("route_server", address),
            text("hub", hub),
            text("instance", instance),
        ])
    });
    Value::Each(lines.collect())
}

/// The units that put host prefixes on `lo`.
pub fn units(prefixes: &[Prefix]) -> Vec<String> {
    let hosts = prefixes.iter().filter(|prefix| prefix.host().is_some());
    hosts
        .map(|prefix| format!("anycast-address@{}.service", escaped(&prefix.to_string())))
        .collect()
}

/// As `systemd-escape` does (systemd.unit(5)).
fn escaped(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '/' => "-".to_owned(),
            letter if letter.is_ascii_alphanumeric() || ":_.".contains(letter) => {
                letter.to_string()
            }
            letter => format!("\\x{:02x}", u32::from(letter)),
        })
        .collect()
}
