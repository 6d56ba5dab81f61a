//! The examples for Azure, in Bicep and in Terraform, beside the guide and the files that `init` makes.

#![cfg(test)]

use std::net::Ipv4Addr;

/// Bicep's two files, and Terraform's.
const EXAMPLES: [(&str, &str); 2] = [
    (
        "bicep",
        concat!(
            include_str!("../exabgp/azure/main.bicep"),
            include_str!("../exabgp/azure/region.bicep")
        ),
    ),
    ("tf", include_str!("../exabgp/azure/main.tf")),
];

const GUIDE: &str = include_str!("../man/haproxy-rhi-azure.7.md");

/// exabgp.conf and haproxy.cfg of each region.
const REGIONS: [(&str, &str); 2] = [
    (
        include_str!("../exabgp/north-europe/exabgp.conf"),
        include_str!("../haproxy/north-europe.cfg"),
    ),
    (
        include_str!("../exabgp/west-europe/exabgp.conf"),
        include_str!("../haproxy/west-europe.cfg"),
    ),
];

/// What follows the word at the beginning of a line, up to a blank or a semicolon.
fn after<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let rest = |line: &'a str| line.trim().strip_prefix(word)?.strip_prefix(' ');
    let value = |rest: &'a str| rest.split([' ', ';']).next();
    text.lines().filter_map(rest).filter_map(value).collect()
}

/// The words in quotes, outside comments.
fn quoted(text: &str) -> Vec<&str> {
    let is_code = |line: &&str| !line.trim_start().starts_with(['#', '/']);
    let words = |line| str::split(line, ['\'', '"']).skip(1).step_by(2);
    text.lines().filter(is_code).flat_map(words).collect()
}

/// An IPv4 network.
fn network(word: &str) -> Option<(Ipv4Addr, u32)> {
    let (address, length) = word.split_once('/')?;
    Some((address.parse().ok()?, length.parse().ok()?))
}

fn covers((network, length): (Ipv4Addr, u32), address: &str) -> bool {
    let address: Ipv4Addr = address.parse().unwrap();
    let bits = |address: Ipv4Addr| u32::from(address).checked_shr(32 - length);
    bits(network) == bits(address)
}

/// The narrowest network of the example that has the address.
fn narrowest(example: &str, address: &str) -> (Ipv4Addr, u32) {
    let words = quoted(example);
    let networks = words.iter().filter_map(|word| network(word));
    let having = networks.filter(|network| covers(*network, address));
    having.max_by_key(|(_, length)| *length).unwrap()
}

#[test]
fn the_nvas_get_the_role_of_the_guide_and_no_more() {
    let action = |line: &str| {
        let start = line.find("Microsoft.Network/virtualHubs/");
        let start = start.or_else(|| line.find("Microsoft.Network/locations/"))?;
        let end = |letter: char| !(letter.is_ascii_alphanumeric() || "./".contains(letter));
        let word = line[start..].split(end).next()?;
        let is_one = word.ends_with("/read") || word.ends_with("/action");
        is_one.then(|| word.to_owned())
    };
    let actions = |text: &str| -> Vec<String> { text.lines().filter_map(action).collect() };
    let (_, list) = GUIDE.split_once("\n## 7. VERIFY").unwrap();
    let (list, _) = list.split_once("and for `--azure-nic`").unwrap();
    assert_eq!(actions(list).len(), 5);
    for (name, example) in EXAMPLES {
        assert_eq!(actions(example), actions(list), "{name}");
    }
}

#[test]
fn addresses_as_numbers_and_ports_are_those_of_the_files() {
    for (name, example) in EXAMPLES {
        let words = quoted(example);
        for (exabgp, haproxy) in REGIONS {
            let [own] = after(exabgp, "local-address")[..] else {
                panic!("{exabgp}");
            };
            assert!(words.contains(&own), "{name}: {own}");
            let asn = after(exabgp, "local-as")[0];
            assert!(
                example.contains(&format!("asn int = {asn}"))
                    || example.contains(&format!("default = {asn}")),
                "{name}: {asn}"
            );
            // A Route Server has a subnet of its own, large enough, and the NVA is in another.
            let servers = after(exabgp, "neighbor");
            let servers: Vec<&&str> = servers
                .iter()
                .filter(|word| **word != "route-server")
                .collect();
            assert_eq!(servers.len(), 2);
            let subnet = narrowest(example, servers[0]);
            assert!(subnet.1 <= 26 && subnet.1 > 20, "{name}: {subnet:?}");
            assert_eq!(narrowest(example, servers[1]), subnet, "{name}");
            assert!(!covers(subnet, own), "{name}");
            for bound in after(haproxy, "bind") {
                let (address, port) = bound.rsplit_once(':').unwrap();
                let is_open = words.contains(&port);
                assert_eq!(is_open, address != "127.0.0.1", "{name}: {bound}");
            }
        }
        for word in ["9.9.9.9/32", "179", "RouteServerSubnet"] {
            assert!(words.contains(&word), "{name}: {word}");
        }
        // Of these words, each example has its own kind.
        for kinds in [
            [
                "allowBranchToBranchTraffic: true",
                "branch_to_branch_traffic_enabled = true",
            ],
            [
                "enableIPForwarding: true",
                "ip_forwarding_enabled          = true",
            ],
        ] {
            let has_one = kinds.iter().any(|word| example.contains(word));
            assert!(has_one, "{name}: {kinds:?}");
        }
    }
}

#[test]
fn each_region_has_two_nvas_in_the_subnet_of_the_first() {
    for (name, example) in EXAMPLES {
        let words = quoted(example);
        for (exabgp, _) in REGIONS {
            let subnet = narrowest(example, after(exabgp, "local-address")[0]);
            let hosts = words.iter().filter(|word| word.parse::<Ipv4Addr>().is_ok());
            let count = hosts.filter(|host| covers(subnet, host)).count();
            assert_eq!(count, 2, "{name}: {subnet:?}");
        }
    }
}

/// A region's name of one's own is nowhere but in its parameter's default.
#[test]
fn no_resource_names_a_region_of_the_pattern() {
    for (name, example) in EXAMPLES {
        let is_code = |line: &&str| !line.trim_start().starts_with(['#', '/']);
        for line in example.lines().filter(is_code) {
            let is_default = line.starts_with("param ");
            let names = [
                "[\"ne\"]", "[\"we\"]", "to-ne", "to-we", "ne-hub", "we-hub", "'ne'", "'we'",
            ];
            let named = names.iter().find(|word| line.contains(**word));
            assert!(is_default || named.is_none(), "{name}: {line}");
        }
    }
    let (_, terraform) = EXAMPLES[1];
    assert!(terraform.contains("subscription_id = var.subscription"));
}
