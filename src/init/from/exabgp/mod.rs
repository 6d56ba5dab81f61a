//! The existing exabgp.conf: what is found in it, and what is to be added. Pure, except that the config.json that it names is
//! read.

mod add;
mod carry;
mod route;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::found::{File, Found};
use crate::condition::Probe;
use crate::config::{self, Config};
use crate::exabgp_conf::{self, Conf, Neighbor, Process, Setting, StaticRoute, Token};
use crate::init::answers::Answers;
use crate::init::files::EXABGP_PATH;
use crate::init::task::InitTask;
use crate::init::values::HostAddress;
use crate::route::{Family, NextHop, Prefix};
use crate::validate::{ROUTE_SERVER, number, run_task};
use crate::value::Joined;

/// exabgp.conf.
#[derive(Debug)]
pub struct Exabgp {
    /// The file.
    pub file: File,
    /// The parsed file.
    pub conf: Conf,
    /// haproxy-rhi's configuration, if exabgp.conf runs it, with its file and line.
    ours: Option<(Config, File, usize)>,
}

impl Exabgp {
    /// Parses a file.
    pub fn read(file: File) -> Self {
        let conf = exabgp_conf::parse(&file.text);
        let ours = conf
            .processes
            .iter()
            .find(|process| process.is_ours())
            .and_then(|process| configured(&file, process));
        Self { file, conf, ours }
    }

    fn route_servers(&self) -> impl Iterator<Item = &Neighbor> {
        self.conf
            .neighbors
            .iter()
            .filter(|one| number(one, "peer-as") == Some(ROUTE_SERVER))
    }

    /// Fills the task's values that no flag gives, and lists what is found.
    pub fn answer(&self, task: &mut InitTask, found: &mut Found) {
        for fault in &self.conf.faults {
            found.wrong(&self.file, fault.at.line, &fault.what);
        }
        self.neighbors(task, found);
        task.address = task
            .address
            .or(self.common("local-address", "--address", found));
        task.local_as = task
            .local_as
            .or(self.common("local-as", "--local-as", found));
        let _: Option<HostAddress> = self.common("router-id", "--address", found);
        if task.prefix.is_empty() {
            self.of_ours(task, found);
        }
        self.routes(task, found);
    }

    fn neighbors(&self, task: &mut InitTask, found: &mut Found) {
        let (named, file) = (!task.route_server.is_empty(), &self.file);
        for neighbor in &self.conf.neighbors {
            let line = neighbor.at.line;
            match number(neighbor, "peer-as") {
                Some(ROUTE_SERVER) => {
                    found.value("route server", &neighbor.name, file, line);
                    match neighbor.name.parse::<HostAddress>() {
                        Ok(address) if !named && task.route_server.len() < 2 => {
                            task.route_server.push(address)
                        }
                        Ok(_) => {}
                        Err(why) => found.wrong(file, line, format!("neighbor {why}")),
                    }
                }
                other => {
                    let peer = other
                        .map(|asn| format!(" (peer-as {asn})"))
                        .unwrap_or_default();
                    found.value(
                        "other neighbor",
                        format!("{}{peer}", neighbor.name),
                        file,
                        line,
                    );
                }
            }
            if let (Some(text), at) = neighbor.value("description") {
                found.value("description", text, file, at.line);
                // The form of init's own descriptions.
                let region = text
                    .strip_prefix("Route Server ")
                    .and_then(|rest| rest.split_once(", instance "));
                task.region = task
                    .region
                    .take()
                    .or(region.and_then(|(region, _)| region.parse().ok()));
            }
        }
        if let (1, Some(only)) = (self.route_servers().count(), self.route_servers().next()) {
            let what = format!(
                "neighbor {} is the only one with peer-as 65515, and a Route Server has two addresses; add the other (az network routeserver show prints them, virtualRouterIps)",
                only.name
            );
            found.wrong(file, only.at.line, what);
        } else if self.route_servers().next().is_none() {
            found.wrong(
                file,
                1,
                "no neighbor has peer-as 65515; add both addresses of the Route Server (init knows no other neighbor: haproxy-rhi(8) has the lines for it, to add by hand)",
            );
        }
    }

    /// The value of a key that all Route Servers' sections have in common.
    fn common<T: std::str::FromStr<Err = String>>(
        &self,
        key: &'static str,
        flag: &str,
        found: &mut Found,
    ) -> Option<T> {
        let mut seen: Vec<(&str, usize)> = Vec::new();
        for (value, at) in self.route_servers().map(|server| server.value(key)) {
            let Some(value) = value else { continue };
            if !seen.iter().any(|(before, _)| *before == value) {
                found.value(key, value, &self.file, at.line);
                seen.push((value, at.line));
            }
        }
        let (first, line) = *seen.first()?;
        if let Some((other, line)) = seen.get(1) {
            found.wrong(
                &self.file,
                *line,
                format!(
                    "{key} {other} is not {first}, as above; write the same for both, or add {flag}"
                ),
            );
        }
        first
            .parse()
            .map_err(|why| found.wrong(&self.file, line, format!("{key}: {why}; add {flag}")))
            .ok()
    }

    /// Takes values from haproxy-rhi's own configuration.
    fn of_ours(&self, task: &mut InitTask, found: &mut Found) {
        let Some((config, file, line)) = &self.ours else {
            return;
        };
        let Some(service) = config.services.first() else {
            return;
        };
        for (prefix, hop) in &service.prefixes {
            found.value("prefix", prefix, file, *line);
            task.prefix.push(*prefix);
            if let NextHop::Address(IpAddr::V4(hop)) = hop {
                self.next_hop(task, HostAddress(*hop));
            }
        }
        if let Some(path) = service
            .levels
            .first()
            .and_then(|level| level.attributes.as_path.as_ref())
        {
            found.value("as-path", path.numbers().joined(" "), file, *line);
            role(task, path.len());
        }
        let (no_sibling, no_same_region) = (task.sibling.is_empty(), task.same_region.is_empty());
        let siblings = service.siblings.iter();
        for (siblings, probe) in
            siblings.flat_map(|siblings| siblings.probes.iter().map(move |probe| (siblings, probe)))
        {
            let Probe::Http(page) = probe else { continue };
            found.value("sibling", page.url.as_str(), file, *line);
            let host = page
                .url
                .as_str()
                .split_once("://")
                .and_then(|(_, rest)| rest.split(['/', ':']).next());
            let host: Option<HostAddress> = host.and_then(|host| host.parse().ok());
            if siblings.same_region.contains(&page.url) {
                task.same_region.extend(host.filter(|_| no_same_region));
            } else if no_sibling && !task.no_sibling {
                task.sibling.extend(host);
            }
        }
        task.no_sibling |= service.siblings.is_none() && task.sibling.is_empty();
        for other in config.services.iter().skip(1) {
            let what = format!(
                "service {} is not carried over: init makes one service; write it into the new config.json",
                other.name
            );
            found.wrong(file, *line, what);
        }
    }

    fn next_hop(&self, task: &mut InitTask, hop: HostAddress) {
        if task.next_hop.is_none() && task.address.is_some_and(|address| address != hop) {
            task.next_hop = Some(hop);
        }
    }

    /// Takes values from the Route Servers' static routes. A host route is taken as the service's prefix.
    fn routes(&self, task: &mut InitTask, found: &mut Found) {
        let (named, file) = (!task.prefix.is_empty(), &self.file);
        let by_flag = task.primary || task.secondary || task.prepend.is_some();
        let mut seen = BTreeSet::new();
        for route in self.route_servers().flat_map(|server| &server.routes) {
            if !seen.insert(route.at) {
                continue;
            }
            let line = route.at.line;
            let words: Vec<&str> = route.words.iter().map(|word| word.text.as_str()).collect();
            found.value(
                "static route",
                format!("{} {}", route.prefix, words.join(" ")),
                file,
                line,
            );
            let path = as_path(route);
            if let Err(why) = &path {
                found.wrong(file, line, format!("static route {}: {why}", route.prefix));
            }
            let prefix = match route.prefix.parse::<Prefix>() {
                Ok(prefix) if prefix.family() == Family::V6 => {
                    let what = format!(
                        "static route {prefix} is IPv6, and Azure's Route Server knows IPv4 only; leave it out"
                    );
                    found.wrong(file, line, what);
                    continue;
                }
                Ok(prefix) => prefix,
                Err(why) => {
                    found.wrong(file, line, why);
                    continue;
                }
            };
            // A route to more than a host is taken only if a flag names it.
            if !named && prefix.host().is_some() && !task.prefix.contains(&prefix) {
                task.prefix.push(prefix);
            }
            if !task.prefix.contains(&prefix) {
                continue;
            }
            if let Some(hop) = after(route, "next-hop").and_then(|hop| hop.parse().ok()) {
                self.next_hop(task, hop);
            }
            if let (false, Ok(path)) = (by_flag, path) {
                self.path(task, found, line, &path);
            }
        }
    }

    /// Takes primary or secondary from a static route's as-path.
    fn path(&self, task: &mut InitTask, found: &mut Found, line: usize, path: &[u32]) {
        role(task, path.len().max(1));
        let prepend = task
            .prepend
            .map_or(if task.secondary { 2 } else { 0 }, usize::from);
        if path.len() > 1 && path.len() != prepend + 1 || path.len() == 1 && prepend > 0 {
            let what = format!(
                "as-path of {}, and {} is taken; write the same for both, or add --prepend",
                path.len(),
                prepend + 1
            );
            found.wrong(&self.file, line, what);
        }
    }

    /// The name of haproxy-rhi's process, and whether the file has it.
    fn process(&self) -> (&str, bool) {
        let ours = self.conf.processes.iter().find(|process| process.is_ours());
        ours.map_or(("haproxy-rhi", false), |process| (&process.name, true))
    }

    /// A neighbor's static routes that haproxy-rhi is to announce instead.
    fn managed<'own>(
        &'own self,
        neighbor: &'own Neighbor,
        answers: &'own Answers,
    ) -> impl Iterator<Item = &'own StaticRoute> {
        neighbor
            .routes
            .iter()
            .filter(|route| is_managed(route, answers))
    }

    /// Neighbors to announce to whose api section does not list the process.
    fn without_api<'own>(
        &'own self,
        answers: &'own Answers,
    ) -> impl Iterator<Item = &'own Neighbor> {
        let (name, there) = self.process();
        self.conf.neighbors.iter().filter(move |neighbor| {
            let lists = neighbor
                .all("api/processes")
                .flat_map(Setting::values)
                .any(|listed| listed == name);
            self.is_meant(neighbor, answers) && !(there && lists)
        })
    }

    /// The neighbors to announce to; empty: all.
    pub fn meant(&self, answers: &Answers) -> Vec<String> {
        let meant = self
            .conf
            .neighbors
            .iter()
            .filter(|neighbor| self.is_meant(neighbor, answers));
        let meant: Vec<String> = meant.map(|neighbor| neighbor.name.clone()).collect();
        if meant.len() == self.conf.neighbors.len() {
            Vec::new()
        } else {
            meant
        }
    }

    /// Whether to announce to a neighbor: a Route Server, or one with the static route or the process.
    fn is_meant(&self, neighbor: &Neighbor, answers: &Answers) -> bool {
        let name = self.process().0;
        number(neighbor, "peer-as") == Some(ROUTE_SERVER)
            || self.managed(neighbor, answers).next().is_some()
            || neighbor
                .all("api/processes")
                .flat_map(Setting::values)
                .any(|listed| listed == name)
    }
}

/// The configuration of a process: its flags, or its config.json, below the same root as exabgp.conf.
fn configured(file: &File, process: &Process) -> Option<(Config, File, usize)> {
    let source = run_task(process)?;
    if let Some(flags) = source.flags {
        let line = process.setting("run").map_or(process.at, |run| run.at).line;
        return Some((flags.config().ok()?, file.clone(), line));
    }
    let path = source.config.unwrap_or_else(|| config::DEFAULT_PATH.into());
    let root = Path::new(&file.path)
        .ends_with(EXABGP_PATH)
        .then(|| Path::new(&file.path).ancestors().nth(3))
        .flatten();
    let path: PathBuf = root.map_or(path.clone(), |root| {
        root.join(path.strip_prefix("/").unwrap_or(&path))
    });
    let file = File::read(&path).ok()?;
    Some((config::parse(&file.text).ok()?, file, 1))
}

/// Takes the role from a path's length, unless a flag gives it.
fn role(task: &mut InitTask, length: usize) {
    if !task.primary && !task.secondary && task.prepend.is_none() {
        match length {
            1 => task.primary = true,
            3 => task.secondary = true,
            other => task.prepend = u8::try_from(other - 1).ok(),
        }
    }
}

/// The value after a word of a static route.
fn after<'route>(route: &'route StaticRoute, word: &str) -> Option<&'route str> {
    let place = route.words.iter().position(|found| found.text == word)?;
    route.words.get(place + 1).map(|word| word.text.as_str())
}

/// The AS numbers of a static route's as-path; empty: ExaBGP uses local-as.
fn as_path(route: &StaticRoute) -> Result<Vec<u32>, String> {
    let Some(place) = route.words.iter().position(|word| word.text == "as-path") else {
        return Ok(Vec::new());
    };
    let is_mark = |word: &&Token| ["[", ",", "("].iter().any(|mark| word.is(mark));
    let rest = route
        .words
        .iter()
        .skip(place + 1)
        .filter(|word| !is_mark(word));
    let numbers: Vec<u32> = rest.map_while(|word| word.text.parse().ok()).collect();
    match numbers.is_empty() {
        true => Err(
            "as-path without a value; leave the word out, or write as-path [ 65010 ]".to_owned(),
        ),
        false => Ok(numbers),
    }
}

/// Whether haproxy-rhi is to announce the route's prefix, or a prefix that contains its host.
fn is_managed(route: &StaticRoute, answers: &Answers) -> bool {
    let Ok(prefix) = route.prefix.parse::<Prefix>() else {
        return false;
    };
    answers.prefixes.iter().any(|managed| {
        *managed == prefix || prefix.host().is_some_and(|host| managed.contains(host))
    })
}
