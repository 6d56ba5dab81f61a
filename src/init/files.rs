//! The files of one NVA, made of those that this repository ships for North Europe: there is one source. Pure.
//!
//! What stands there for North Europe is replaced in one pass, so that no value is taken for another's. The tests see to
//! it that the shipped files of both regions are exactly what is made here for the documentation's values.

use super::answers::Answers;
use super::from::Means;
use crate::route::Prefix;
use crate::validate::is_private;

const EXABGP: &str = include_str!("../../exabgp/north-europe/exabgp.conf");
const CONFIG: &str = include_str!("../../exabgp/north-europe/config.json");
const SECOND_CHANCE: &str = include_str!("../../systemd/second-chance/second-chance.conf");
const HAPROXY: &str = include_str!("../../haproxy/north-europe.cfg");

/// Where each belongs, from the root of the system.
pub const EXABGP_PATH: &str = "etc/exabgp/exabgp.conf";
/// HAProxy's.
pub const HAPROXY_PATH: &str = "etc/haproxy/haproxy.cfg";
/// haproxy-rhi's.
pub const CONFIG_PATH: &str = "etc/haproxy-rhi/config.json";

/// The second chance's.
pub const SECOND_CHANCE_PATH: &str = "etc/haproxy-rhi/second-chance.conf";

/// A file: where it belongs, and its text.
pub type Made = (&'static str, String);

/// All of them, with an HAProxy that is reached by these means.
pub fn files(answers: &Answers, means: &Means) -> Vec<Made> {
    let mut files = vec![
        (EXABGP_PATH, exabgp(answers)),
        (HAPROXY_PATH, haproxy(answers)),
        (CONFIG_PATH, config(answers, means)),
    ];
    if !answers.nvas.is_empty() {
        files.push((SECOND_CHANCE_PATH, second_chance(answers)));
    }
    files
}

/// Replaces in one pass: at each place the first that fits, and nothing in what was put there.
fn substituted(text: &str, pairs: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        if let Some((from, to)) = pairs.iter().find(|(from, _)| rest.starts_with(from)) {
            out += to;
            rest = rest.get(from.len()..).unwrap_or_default();
        } else {
            let mut letters = rest.chars();
            out.extend(letters.next());
            rest = letters.as_str();
        }
    }
    out
}

fn path(answers: &Answers, between: &str) -> String {
    let times = usize::from(answers.prepend) + 1 + usize::from(answers.takeover);
    vec![answers.local_as.to_string(); times].join(between)
}

fn exabgp(answers: &Answers) -> String {
    let [first, second] = answers.route_servers;
    let prefixes: Vec<String> = answers
        .prefixes
        .iter()
        .map(|prefix| format!("--prefix {prefix}"))
        .collect();
    let kind = if is_private(answers.local_as) {
        "A private ASN."
    } else {
        "A public ASN."
    };
    substituted(
        EXABGP,
        &[
            (
                "--backend http_back",
                format!("--backend {}", answers.backend.as_str()),
            ),
            ("--prefix 9.9.9.9/32", prefixes.join(" ")),
            (
                "--next-hop 172.16.156.70",
                format!("--next-hop {}", answers.next_hop),
            ),
            (
                "--as-path \"65010\"",
                format!("--as-path \"{}\"", path(answers, " ")),
            ),
            ("local-as 65010", format!("local-as {}", answers.local_as)),
            ("A private ASN.", kind.to_owned()),
            ("172.16.156.70", answers.address.to_string()),
            ("172.16.159.4", first.to_string()),
            ("172.16.159.5", second.to_string()),
            ("North Europe", answers.region.0.clone()),
        ],
    )
}

fn config(answers: &Answers, means: &Means) -> String {
    let prefixes: Vec<String> = answers
        .prefixes
        .iter()
        .map(|prefix| format!("\"{prefix}\""))
        .collect();
    let mut pairs = vec![
        ("\"9.9.9.9/32\"", prefixes.join(", ")),
        (
            "\"next_hop\": \"172.16.156.70\"",
            format!("\"next_hop\": \"{}\"", answers.next_hop),
        ),
        ("[65010]", format!("[{}]", path(answers, ", "))),
        ("http_back", answers.backend.as_str().to_owned()),
        (
            "{\"frontend\": {\"name\": \"http_front\"}}",
            frontends(means),
        ),
        ("/run/haproxy/watch.sock", means.stats.clone()),
        ("/run/haproxy/control.sock", means.control.clone()),
    ];
    if means.events.is_none() {
        pairs.push(("    \"events\": \"127.0.0.1:30514\",\n", String::new()));
    }
    if !means.neighbors.is_empty() {
        let neighbors: Vec<String> = means
            .neighbors
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect();
        let key = format!(
            "      \"neighbors\": [{}],\n      \"levels\"",
            neighbors.join(", ")
        );
        pairs.push(("      \"levels\"", key));
    }
    if answers.takeover && answers.is_standby() {
        let key = format!(
            "        \"takeover\": {{\"as_path\": [{}]}},\n{LAST_STANDING}",
            answers.local_as
        );
        pairs.push((LAST_STANDING, key));
    }
    match answers.sibling {
        Some(sibling) => pairs.push(("172.16.136.70/health", format!("{sibling}{}", means.page))),
        None => pairs.push((CONFIG_SIBLINGS, "\n".to_owned())),
    }
    substituted(CONFIG, &pairs)
}

fn frontends(means: &Means) -> String {
    let one = |name: &String| format!("{{\"frontend\": {{\"name\": \"{name}\"}}}}");
    means
        .frontends
        .iter()
        .map(one)
        .collect::<Vec<_>>()
        .join(", ")
}

const LAST_STANDING: &str = "        \"last_standing\"";

const CONFIG_SIBLINGS: &str = ",
      \"siblings\": {
        \"urls\": [\"http://172.16.136.70/health\"],
        \"last_standing\": {\"prepend\": 6}
      }
";

fn haproxy(answers: &Answers) -> String {
    let backend = answers.backend.as_str();
    let lines = |of: &dyn Fn(&str, String) -> String| -> String {
        answers
            .servers
            .iter()
            .map(|server| of(server.name.as_str(), server.address.to_string()))
            .collect()
    };
    let attempts = 3 * answers.servers.len() + 2;
    let mut pairs = vec![
        (
            "    server backend01 172.16.156.69:80 tcp-ut 3s\n",
            lines(&|name, address| format!("    server {name} {address} tcp-ut 3s\n")),
        ),
        (
            "    server backend01 172.16.156.69:80 track http_back/backend01 tcp-ut 3s\n",
            lines(&|name, address| {
                format!("    server {name} {address} track {backend}/{name} tcp-ut 3s\n")
            }),
        ),
        ("    retries 5\n", format!("    retries {attempts}\n")),
        (
            "option httpchk GET /\n",
            format!("option httpchk GET {}\n", answers.check.0),
        ),
    ];
    let standby = format!("{ASKING}{STANDBY}");
    if answers.is_standby() {
        pairs.push((ASKING, standby));
    }
    if answers.sibling.is_none() {
        pairs.extend(
            WITHOUT_SIBLING
                .iter()
                .map(|(from, to)| (*from, to.replace("http_back", backend))),
        );
    }
    pairs.extend([
        ("172.16.156.70", answers.address.to_string()),
        (
            "172.16.136.70",
            answers
                .sibling
                .map(|sibling| sibling.to_string())
                .unwrap_or_default(),
        ),
        ("North Europe", answers.region.0.clone()),
        ("http_back", backend.to_owned()),
    ]);
    substituted(HAPROXY, &pairs)
}

const ASKING: &str =
    "    http-after-response set-header connection close if { var(proc.draining) -m int 1 }\n";
/// What only a region with a prepend has.
const STANDBY: &str = "    \
    # This region is the standby. While the other one can serve, the clients that are still here are asked the same: they
    # are on their way back, and the connections that they keep would be cut by the route's return.
    http-after-response set-header connection close if { nbsrv(sibling_check) gt 0 }
";

/// What speaks of the other region, and what stands there without one.
pub(super) const WITHOUT_SIBLING: [(&str, &str); 7] = [
    ("    # server is best then, in the end the sibling.\n", "    # server is best then.\n"),
    (
        "    # More than the round trip to the sibling, less than a client notices.\n",
        "    # More than the round trip to a server, less than a client notices.\n",
    ),
    (
        "# What clients are given: the servers of this region, and while none of them is up, the other region.
# haproxy-rhi counts the servers without 'backup', so the route moves all the same.
",
        "# What clients are given: the servers of this region.\n",
    ),
    (
        "    # The other region's NVA, at the port where it serves from its own servers only.
    server sibling 172.16.136.70:8080 backup no-check track sibling_check/nva tcp-ut 3s
",
        "",
    ),
    (
        "    # The other region asks here before it withdraws its last route. A load balancer before HAProxy needs another page.
",
        "    # A load balancer before HAProxy needs another page.\n",
    ),
    ("    # Not http_back: by that, with the sibling in it, a dead region would look healthy.\n", ""),
    (
        "# Only asks how the sibling is: whether its own servers can serve.
backend sibling_check
    option httpchk GET /health
    timeout check 300ms
    server nva 172.16.136.70:8080 check inter 1s fastinter 100ms downinter 500ms fall 2 rise 2

# What the sibling sends here because its servers are gone. It ends here: to this region's servers and never
# back, so that nothing goes round in circles when both regions have lost theirs.
frontend from_sibling
    bind 172.16.156.70:8080
    tcp-request connection reject unless { src 172.16.136.70 }
    # Asked by the sibling's HAProxy, backend sibling_check: whether servers can serve here, wherever the route leads.
    monitor-uri /health
    monitor fail if { stopping }
    monitor fail if { nbsrv(http_local) lt 1 }
    default_backend http_local

# Every server of http_back but the sibling once more, without checks of its own.
",
        "# Every server of http_back once more, without checks of its own.\n",
    ),
];

fn second_chance(answers: &Answers) -> String {
    let prefixes = answers
        .prefixes
        .iter()
        .map(|prefix| format!("prefix {prefix}\n"));
    let nvas = answers.nvas.iter().map(|nva| match &nva.region {
        Some(region) => format!("nva {:<19} # {}\n", nva.address.to_string(), region.0),
        None => format!("nva {}\n", nva.address),
    });
    // An outer header of IPv6 is 20 bytes longer.
    let mtu = if answers.nvas.iter().any(|nva| nva.address.is_ipv6()) {
        "1430"
    } else {
        "1450"
    };
    substituted(
        SECOND_CHANCE,
        &[
            ("prefix 9.9.9.9/32\n", prefixes.collect()),
            (SHIPPED_NVAS, nvas.collect()),
            ("1450", mtu.to_owned()),
        ],
    )
}

const SHIPPED_NVAS: &str = "\
nva 172.16.156.70       # North Europe
nva 172.16.136.70       # West Europe
";

/// The units that put the addresses on `lo`: of host prefixes only.
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
