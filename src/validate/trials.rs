//! What haproxy-rhi works with, tried now: the socket of HAProxy's events, the variables, the files, the hooks, the siblings.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use super::ground::{Ground, place};
use super::rule::*;
use crate::condition::{Condition, Probe};
use crate::config::{EventsAddress, Place, Service};
use crate::files::{self, Links};
use crate::observation;
use crate::observe;
use crate::place::FOLDER;
use crate::program::{Plan, Setting};
use crate::report::check::{add_address, missing_addresses};
use crate::report::moment::Moment;
use crate::report::status::{self, Life, Means};
use crate::route::NextHop;
use crate::switch;

/// How long the running process may take to count a datagram in its status file.
const PATIENCE: Duration = Duration::from_secs(3);
/// A variable that no haproxy.cfg reads.
const VARIABLE: &str = "proc.haproxy_rhi_validate";

/// All findings.
pub fn findings(ground: &Ground<'_>) -> Vec<Finding> {
    let top = Place::default();
    let haproxy = &ground.config.haproxy;
    let mut found = Vec::new();
    let mut say = |place: &Place, what: String, cure: &str| {
        found.push(ground.in_config(place, warning(&MEANS_FAIL, what, cure)));
    };
    if let Some(address) = &haproxy.events
        && let Err((why, cure)) = events(address)
    {
        say(
            &top.key("haproxy").key("events"),
            format!("HAProxy's events cannot be heard at {address}: {why}"),
            cure,
        );
    }
    if let Some(control) = &haproxy.control
        && let Ok(variable) = VARIABLE.parse()
        && let Err(why) = switch::say(control, &[(variable, Setting::Flag(false))].into())
    {
        let what = format!("no variable of HAProxy's can be set at {control}: {why}");
        say(&top.key("haproxy").key("control"), what, CONTROL);
    }
    for (key, path) in [
        ("metrics", &ground.config.metrics),
        ("record", &ground.config.record),
    ] {
        if let Some(path) = path
            && let Err(error) = files::try_replace(path)
        {
            let what = format!(
                "the file '{}' cannot be written: {}",
                path.display(),
                files::reason(&error)
            );
            say(
                &top.key(key),
                what,
                "make its folder, which user exabgp must be able to write",
            );
        }
    }
    for (index, hook) in ground.config.hooks.iter().enumerate() {
        if let Some(why) = unfit(hook.argv.program()) {
            let what = format!("hook '{}' {why}", hook.argv.program().display());
            say(
                &top.key("hooks").index(index).key("argv"),
                what,
                "name a program that user exabgp may run",
            );
        }
    }
    found.extend(siblings(ground));
    found.extend(authorities(ground));
    found.extend(addresses(ground));
    found.extend(next_hops(ground));
    found
}

/// Next hops that are elsewhere: a load balancer's front, or nobody's.
fn next_hops(ground: &Ground<'_>) -> Vec<Finding> {
    let of = |service: &Service| -> BTreeSet<IpAddr> {
        let hops = service.prefixes.iter().filter_map(|(_, hop)| match hop {
            NextHop::Address(hop) => Some(*hop),
            NextHop::Local => None,
        });
        hops.collect()
    };
    let services = &ground.config.services;
    let mut plan = Plan::of(ground.config);
    plan.proxies.clear();
    plan.probes.clear();
    plan.addresses = services.iter().flat_map(of).collect();
    let seen = observe::look_at_all(&plan).addresses;
    let is_away = |hop: &IpAddr| seen.get(hop) == Some(&Ok(false));
    let all = services
        .iter()
        .flat_map(|service| of(service).into_iter().map(move |hop| (service, hop)));
    all.filter(|(_, hop)| is_away(hop))
        .map(|(service, hop)| {
            let what = format!(
                "service {}: next hop {hop} is no address of this host",
                service.name
            );
            let at = place(service).key("next_hop");
            ground.in_config(&at, note(&ELSEWHERE, what, HOP))
        })
        .collect()
}

const HOP: &str = "leave it if it is that of a load balancer, or of another host that passes the packets on to this one; write this host's address otherwise";

/// Prefixes whose address is missing on this host.
fn addresses(ground: &Ground<'_>) -> Vec<Finding> {
    let mut plan = Plan::of(ground.config);
    plan.proxies.clear();
    plan.probes.clear();
    let seen = observe::look_at_all(&plan);
    let of = |service| missing_addresses(service, &seen).map(move |prefix| (service, prefix));
    let all = ground.config.services.iter().flat_map(of);
    all.map(|(service, prefix)| {
        let what = format!(
            "service {}: the address of {prefix} is not on this host, so that its route is not announced",
            service.name
        );
        let at = place(service).key("prefixes");
        ground.in_config(&at, warning(&MEANS_FAIL, what, add_address(prefix)))
    })
    .collect()
}

const CONTROL: &str = "haproxy.cfg needs a stats socket there, of level admin, that user exabgp may write; try it as root";
const TAKEN: &str = "end it, or choose another port here and in the log line of haproxy.cfg";
const DEAF: &str = "see 'haproxy-rhi status', and who listens there with 'ss -lunp'";

/// How many events the running haproxy-rhi that listens at `address` has counted; `None`: there is none.
fn heard(address: &EventsAddress) -> Option<u64> {
    let address = address.to_string();
    let of = |path: PathBuf| {
        let report = status::read(&path).ok()?;
        let is_there = |means: &&Means| {
            means.name == "events" && means.place == address && means.fault.is_none()
        };
        let uses = report.means.iter().find(is_there)?.uses;
        uses.filter(|_| status::life(&report, Moment::now()) == Life::Running)
    };
    status::all(Path::new(FOLDER))
        .unwrap_or_default()
        .into_iter()
        .find_map(of)
}

/// Where the address is free, tries it here; otherwise sends a datagram, which the running haproxy-rhi must count.
fn events(address: &EventsAddress) -> Result<(), (String, &'static str)> {
    let free = match address {
        EventsAddress::Udp(address) => send_to_itself(*address),
        EventsAddress::Unix(path) => nobody_listens(path.as_path()),
    };
    match (free, heard(address)) {
        (Ok(()), _) => Ok(()),
        (Err(error), Some(before)) if error.kind() == ErrorKind::AddrInUse => {
            send(address).map_err(|error| (files::reason(&error), DEAF))?;
            await_more(address, before)
        }
        (Err(error), None) if error.kind() == ErrorKind::AddrInUse => Err((
            "another program listens there, and it is no haproxy-rhi".to_owned(),
            TAKEN,
        )),
        (Err(error), _) => Err((
            files::reason(&error),
            "name an address of this host, or a path whose folder is there",
        )),
    }
}

fn send_to_itself(address: SocketAddr) -> io::Result<()> {
    let socket = UdpSocket::bind(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    let own = socket.local_addr()?;
    UdpSocket::bind((own.ip(), 0))?.send_to(b"haproxy-rhi validate", own)?;
    socket.recv(&mut [0; 1]).map(drop)
}

fn nobody_listens(path: &Path) -> io::Result<()> {
    match UnixDatagram::unbound()?.connect(path) {
        Ok(()) => Err(ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => path
            .parent()
            .map_or(Ok(()), |folder| fs::metadata(folder).map(drop)),
        Err(error) => Err(error),
    }
}

fn send(address: &EventsAddress) -> io::Result<()> {
    let words = b"haproxy-rhi validate";
    match address {
        EventsAddress::Udp(address) => {
            let any = if address.is_ipv4() {
                "127.0.0.1:0"
            } else {
                "[::1]:0"
            };
            UdpSocket::bind(any)?.send_to(words, address)
        }
        EventsAddress::Unix(path) => UnixDatagram::unbound()?.send_to(words, path.as_path()),
    }
    .map(drop)
}

fn await_more(address: &EventsAddress, before: u64) -> Result<(), (String, &'static str)> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if heard(address).is_some_and(|now| now > before) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err((
        "haproxy-rhi runs, and has not heard a datagram that was sent there".to_owned(),
        DEAF,
    ))
}

/// Why a program cannot be run.
fn unfit(program: &Path) -> Option<String> {
    match fs::metadata(program) {
        Err(error) => Some(format!("cannot be read: {}", files::reason(&error))),
        Ok(data) if !data.is_file() => Some("is no file".to_owned()),
        Ok(data) if data.permissions().mode() & 0o111 == 0 => Some("is not executable".to_owned()),
        Ok(_) => None,
    }
}

/// Siblings that are not healthy now, or whose page does not name its NVA.
fn siblings(ground: &Ground<'_>) -> Vec<Finding> {
    let mut plan = Plan::of(ground.config);
    plan.proxies.clear();
    plan.addresses.clear();
    let of_services = ground
        .config
        .services
        .iter()
        .filter_map(|service| service.siblings.as_ref());
    plan.probes = of_services
        .flat_map(|siblings| siblings.probes.iter().cloned())
        .collect();
    let seen = observe::look_at_all(&plan);
    let mut found = Vec::new();
    for service in &ground.config.services {
        for (index, probe) in service
            .siblings
            .iter()
            .flat_map(|siblings| &siblings.probes)
            .enumerate()
        {
            let Some(reading) = seen.probes.get(probe) else {
                continue;
            };
            let at = place(service).key("siblings").key("urls").index(index);
            if let Some(said) = doubt(service, probe, &reading.what) {
                found.push(ground.in_config(&at, said));
            } else if reading.what.is_own == Some(false) && service.takeover().is_some() {
                let what = format!(
                    "service {}: {probe} does not say whose page it is: a proxy's answer for a dead host would count as the sibling's",
                    service.name
                );
                found.push(ground.in_config(&at, note(&MEANS_FAIL, what, SAY_WHOSE)));
            }
            if reading.what.holds != Some(true) {
                let what = format!(
                    "service {}: the sibling is not healthy, and would not take over: {probe}: {}",
                    service.name, reading.what.why
                );
                found.push(ground.in_config(&at, warning(&MEANS_FAIL, what, SIBLING)));
            }
        }
    }
    found
}

/// A healthy answer that is perhaps not the sibling's.
fn doubt(service: &Service, probe: &Probe, answer: &observation::Finding) -> Option<Said> {
    let doubt = answer.doubt()?;
    let is_own = |hop: &NextHop| matches!(hop, NextHop::Address(hop) if Some(*hop) == answer.name);
    if service.prefixes.iter().any(|(_, hop)| is_own(hop)) {
        let what = format!(
            "service {}: {probe}: {} {doubt}, which is this NVA itself",
            service.name, answer.why
        );
        let cure = "name the other NVA's own address";
        return Some(warning(&ITSELF, what, cure));
    }
    let what = format!(
        "service {}: {probe}: {} {doubt}: it counts as healthy, and may be an application's answer",
        service.name, answer.why
    );
    Some(warning(&NAMELESS, what, COMPARE))
}

const COMPARE: &str = "write the port and the path of the page that the sibling's haproxy.cfg has (monitor-uri, with proc.announced_until); where it is that page, add to its frontend 'http-after-response set-header haproxy-rhi-nva' with the address in this url, as the example has it";

const SIBLING: &str = "see 'haproxy-rhi status' there; where all is well there, look at the way to its page with curl";

const SAY_WHOSE: &str = "add to the frontend of the page, in the sibling's haproxy.cfg, 'http-after-response set-header haproxy-rhi-nva' with the address in its url, as the example has it";

/// Files of certificate authorities (`tls_ca_file`) that cannot be read.
fn authorities(ground: &Ground<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for service in &ground.config.services {
        for (index, level) in service.levels.iter().enumerate() {
            let at = place(service).key("levels").index(index).key("when");
            for path in ca_files(&level.when) {
                let Err(fault) = files::read(path, Links::Followed, 1 << 20) else {
                    continue;
                };
                let what = format!(
                    "failed to read '{}': {}",
                    path.display(),
                    files::reason(&fault)
                );
                let cure = "name a file that user exabgp may read";
                found.push(ground.in_config(&at, error(&MEANS_FAIL, what, cure)));
            }
        }
    }
    found
}

fn ca_files(condition: &Condition) -> Vec<&Path> {
    match condition {
        Condition::All(list) | Condition::Any(list) => list.iter().flat_map(ca_files).collect(),
        Condition::AtLeast(rule) => rule.of.iter().flat_map(ca_files).collect(),
        Condition::Not(inner) => ca_files(inner),
        Condition::Http(probe) => probe
            .tls_ca_file
            .iter()
            .map(|path| path.as_path())
            .collect(),
        _ => Vec::new(),
    }
}
