//! Whether the given values fit each other.

use std::net::IpAddr;

use super::nvas;
use super::task::InitTask;
use super::values::HostAddress;
use crate::route::{Family, Prefix};

/// Names of init's own sections in haproxy.cfg.
pub(super) const TAKEN: [&str; 5] = [
    "http_front",
    "http_local",
    "sibling_check",
    "from_sibling",
    "stats",
];

/// The first contradiction among the values that are given.
pub(super) fn fit(task: &InitTask) -> Result<(), String> {
    let nvas = || task.sibling.iter().chain(&task.same_region);
    let servers = task.route_server.as_slice();
    route_servers(servers)?;
    if let Some(address) = task.address {
        if servers.contains(&address) {
            return Err(format!("{address} is this NVA and a Route Server"));
        }
        if nvas().any(|other| *other == address) {
            return Err(format!("{address} is this NVA and its sibling"));
        }
    }
    if let Some(other) = nvas().find(|other| servers.contains(other)) {
        return Err(format!("{other} is another NVA and a Route Server"));
    }
    if let Some((index, twice)) = nvas()
        .enumerate()
        .find(|(index, one)| nvas().skip(index + 1).any(|other| other == *one))
    {
        let what = match index < task.sibling.len() && task.same_region.contains(twice) {
            true => "another region's NVA and one of this region",
            false => "there twice; remove one",
        };
        return Err(format!("{twice} is {what}"));
    }
    prefixes(task)?;
    nvas::fit(task)?;
    haproxy(task)
}

/// Two addresses of this hub's Route Server, and two of the other hub's, if this NVA is its neighbor too.
fn route_servers(servers: &[HostAddress]) -> Result<(), String> {
    const SHOWN: &str = "az network routeserver show prints them (virtualRouterIps)";
    if servers.len() == 3 || servers.len() > 4 {
        return Err(format!(
            "--route-server is given twice, or four times with the other hub's: a Route Server has two addresses; {SHOWN}"
        ));
    }
    let is_twice = |(index, server)| servers.iter().skip(index + 1).any(|other| other == server);
    match servers.iter().enumerate().find(|one| is_twice(*one)) {
        Some((_, server)) => Err(format!(
            "two addresses of Route Servers are {server}; {SHOWN}"
        )),
        None => Ok(()),
    }
}

/// Backend and servers, of init's haproxy.cfg or an existing one.
fn haproxy(task: &InitTask) -> Result<(), String> {
    if let Some(backend) = &task.backend {
        if task.from_haproxy.is_none() && TAKEN.contains(&backend.as_str()) {
            return Err(format!(
                "backend '{backend}' is another section of this haproxy.cfg; choose another name"
            ));
        }
        if !task.backends.is_empty() && !task.backends.iter().any(|known| known == backend.as_str())
        {
            let known = task.backends.join(", ");
            return Err(format!(
                "no frontend of haproxy.cfg leads to a backend '{backend}'; they lead to {known}"
            ));
        }
    }
    for (index, server) in task.server.iter().enumerate() {
        if task
            .server
            .iter()
            .skip(index + 1)
            .any(|other| other.name == server.name)
        {
            return Err(format!(
                "server '{}' is there twice; give one of them another name",
                server.name
            ));
        }
        let number = server.name.as_str().strip_prefix("sibling");
        let is_siblings = number.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
        if is_siblings && task.from_haproxy.is_none() {
            return Err(format!(
                "server '{}' is the other region's NVA; choose another name",
                server.name
            ));
        }
    }
    Ok(())
}

/// A prefix is on every NVA: no host's own address may lie in it.
fn prefixes(task: &InitTask) -> Result<(), String> {
    let of = |address: HostAddress| IpAddr::from(address.0);
    let one = |address: Option<HostAddress>, whose| address.map(|address| (of(address), whose));
    let all = |list: &[HostAddress], whose| -> Vec<(IpAddr, &str)> {
        list.iter().map(|one| (of(*one), whose)).collect()
    };
    let taken: Vec<(IpAddr, &str)> = one(task.address, "this NVA's own address")
        .into_iter()
        .chain(one(task.next_hop, "the next hop"))
        .chain(all(&task.sibling, "the other region's NVA"))
        .chain(all(&task.same_region, "this region's other NVA"))
        .chain(
            task.route_server
                .iter()
                .map(|server| (of(*server), "a Route Server")),
        )
        .chain(
            task.server
                .iter()
                .map(|server| (server.address.ip(), "a server")),
        )
        .collect();
    for (index, prefix) in task.prefix.iter().enumerate() {
        if let Some((address, whose)) = taken.iter().find(|(address, _)| prefix.contains(*address))
        {
            return Err(not_anycast(prefix, *address, whose));
        }
        if prefix.family() == Family::V6 {
            return Err(format!(
                "{prefix} is IPv6, and Azure's Route Server knows IPv4 only"
            ));
        }
        if task
            .prefix
            .iter()
            .skip(index + 1)
            .any(|other| other == prefix)
        {
            return Err(format!("prefix {prefix} is there twice; remove one"));
        }
    }
    Ok(())
}

fn not_anycast(prefix: &Prefix, address: IpAddr, whose: &str) -> String {
    let what = match prefix.host() {
        Some(_) => format!("prefix {prefix} is {whose}"),
        None => format!("prefix {prefix} contains {address}, {whose}"),
    };
    format!("{what}; the anycast address is another one, which every region's NVA has on lo")
}
