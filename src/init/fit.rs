//! Whether the answers fit each other.

use std::net::IpAddr;

use super::answers::Answers;
use super::nvas;
use crate::route::Family;

/// Names that the files use themselves.
const TAKEN: [&str; 5] = ["http_front", "http_local", "sibling_check", "from_sibling", "stats"];

/// What one value alone does not show.
pub(super) fn fit(answers: &Answers) -> Result<(), String> {
    let [first, second] = answers.route_servers;
    if first == second {
        return Err(format!(
            "both addresses of the Route Server are {first}; az network routeserver show prints them (virtualRouterIps)"
        ));
    }
    if [first, second].contains(&answers.address) {
        return Err(format!("{} is this NVA and a Route Server", answers.address));
    }
    if answers.sibling == Some(answers.address) {
        return Err(format!("{} is this NVA and its sibling", answers.address));
    }
    anycast(answers)?;
    nvas::fit(answers)?;
    if let Some(prefix) = answers.prefixes.iter().find(|prefix| prefix.family() == Family::V6) {
        return Err(format!("{prefix} is IPv6, and Azure's Route Server knows IPv4 only"));
    }
    if TAKEN.contains(&answers.backend.as_str()) {
        return Err(format!(
            "backend '{}' is another section of this haproxy.cfg; choose another name",
            answers.backend.as_str()
        ));
    }
    for (index, server) in answers.servers.iter().enumerate() {
        if answers.servers.iter().skip(index + 1).any(|other| other.name == server.name) {
            return Err(format!("server '{}' stands twice; give one another name", server.name.as_str()));
        }
        if server.name.as_str() == "sibling" {
            return Err("server 'sibling' is the other region's NVA; choose another name".to_owned());
        }
    }
    match answers
        .prefixes
        .iter()
        .enumerate()
        .find(|(index, prefix)| answers.prefixes.iter().skip(index + 1).any(|other| other == *prefix))
    {
        Some((_, twice)) => Err(format!("prefix {twice} stands twice; leave one out")),
        None => Ok(()),
    }
}

/// The anycast address is on every NVA, and nobody's own.
fn anycast(answers: &Answers) -> Result<(), String> {
    let [first, second] = answers.route_servers;
    let servers = answers.servers.iter().map(|server| (Some(server.address.ip()), "a server"));
    let others = [
        (Some(answers.address.into()), "this NVA's own address"),
        (Some(answers.next_hop.into()), "the next hop"),
        (answers.sibling.map(IpAddr::from), "the other region's NVA"),
        (Some(first.into()), "a Route Server"),
        (Some(second.into()), "a Route Server"),
    ];
    let taken = others.into_iter().chain(servers).filter_map(|(address, whose)| Some((address?, whose)));
    let taken: Vec<(IpAddr, &str)> = taken.collect();
    for prefix in &answers.prefixes {
        if let Some((_, whose)) = taken.iter().find(|(address, _)| prefix.host() == Some(*address)) {
            return Err(format!(
                "prefix {prefix} is {whose}; the anycast address is one more, which every region's NVA has on lo"
            ));
        }
    }
    Ok(())
}
