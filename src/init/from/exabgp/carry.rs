//! What the static routes carry that haproxy-rhi is to announce instead, and what of that config.json does not have. Pure.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use super::route::Said;
use super::{Exabgp, as_path, is_managed};
use crate::condition::Probe;
use crate::exabgp_conf::{At, StaticRoute};
use crate::init::answers::Answers;
use crate::init::carried::Carried;
use crate::route::{Family, Prefix};
use crate::validate::{ROUTE_SERVER, number};

const TWO: &str =
    "where both are meant, give each a service of its own in config.json (prefixes, neighbors)";

impl Exabgp {
    /// What config.json is to have: that of its service as it is, or else of the first static route.
    pub fn carried(&self, answers: &Answers) -> Carried {
        let service = self.ours.as_ref().and_then(|(config, ..)| {
            let service = config.services.first()?;
            let best = service.levels.first()?;
            Some(Carried::new(
                best.attributes.clone(),
                service.path_information,
            ))
        });
        let route = || self.first(answers).map(|route| Said::of(route).carried);
        service.or_else(route).unwrap_or_default()
    }

    /// The siblings' pages that the existing config.json asks.
    pub fn urls(&self) -> Vec<(IpAddr, String)> {
        let services = self
            .ours
            .iter()
            .flat_map(|(config, ..)| config.services.first());
        let siblings = services.flat_map(|service| &service.siblings);
        let urls = siblings.flat_map(|siblings| siblings.probes.iter().filter_map(Probe::url));
        urls.filter_map(|url| Some((url.address()?, url.as_str().to_owned())))
            .collect()
    }

    /// What of the managed routes is not in config.json, a line each.
    pub fn not_carried(&self, answers: &Answers) -> Vec<String> {
        let (carried, first) = (self.carried(answers), self.first(answers));
        let length = |route: &StaticRoute| as_path(route).map_or(1, |path| path.len().max(1));
        let mut lines = Vec::new();
        let mut say = |at: At, route: &StaticRoute, what: String| {
            let (path, prefix) = (&self.file.path, &route.prefix);
            let (line, column) = (at.line, at.column);
            lines.push(format!(
                "{path}:{line}:{column}: static route {prefix}{what}"
            ));
        };
        for (route, is_ours) in self.all_routes() {
            if !is_managed(route, answers) {
                continue;
            }
            let said = Said::of(route);
            if said.carried != carried {
                let (theirs, ours) = (said.carried.words(), carried.words());
                let what = format!(" carries {theirs}, and config.json has {ours}; {TWO}");
                say(route.at, route, what);
            }
            if let Some(hop) = said.next_hop.filter(|hop| !is_hop(&hop.text, answers)) {
                let (theirs, ours) = (&hop.text, answers.next_hop);
                let what = format!(" has next-hop {theirs}, and config.json has {ours}; {TWO}");
                say(hop.at, route, what);
            }
            let own = answers.local_as;
            let path = as_path(route).unwrap_or_default();
            if let Some(other) = path.iter().find(|asn| **asn != own) {
                let what = format!(
                    " has an as-path with {other}, and local-as is {own}; config.json has {own} only: change its as_path, if that is meant"
                );
                say(route.at, route, what);
            }
            // Those of the Route Servers were compared when primary and secondary were made of them.
            let theirs = length(route);
            if let Some(ours) = first.map(length).filter(|ours| !is_ours && *ours != theirs) {
                let what =
                    format!(" has an as-path of {theirs}, and the first one of {ours}; {TWO}");
                say(route.at, route, what);
            }
            for (at, what) in said.lost {
                let what = format!(", {what}; haproxy-rhi announces the route without it");
                say(at, route, what);
            }
        }
        lines
    }

    /// The static routes that stay, a line each.
    pub fn left(&self, answers: &Answers) -> Vec<String> {
        let routes = self.all_routes().into_iter();
        let others = routes.filter(|(route, _)| !is_managed(route, answers));
        let line = |(route, _): (&StaticRoute, bool)| {
            let cure = match route.prefix.parse::<Prefix>() {
                Ok(prefix) if prefix.family() == Family::V4 => {
                    format!("; --prefix {prefix} has haproxy-rhi announce it")
                }
                _ => String::new(),
            };
            let (path, prefix, at) = (&self.file.path, &route.prefix, route.at);
            format!(
                "{path}:{}:{}: static route {prefix} is announced as long as ExaBGP runs, whatever happens to the servers{cure}",
                at.line, at.column
            )
        };
        others.map(line).collect()
    }

    /// The route whose attributes count: the Route Servers' come first.
    fn first(&self, answers: &Answers) -> Option<&StaticRoute> {
        let routes = self.all_routes().into_iter().map(|(route, _)| route);
        routes.into_iter().find(|route| is_managed(route, answers))
    }

    /// Each static route once, those of the Route Servers first; whether it is one of theirs.
    fn all_routes(&self) -> Vec<(&StaticRoute, bool)> {
        let mut all: Vec<(&StaticRoute, bool)> = Vec::new();
        for neighbor in &self.conf.neighbors {
            let is_ours = number(neighbor, "peer-as") == Some(ROUTE_SERVER);
            all.extend(neighbor.routes.iter().map(|route| (route, is_ours)));
        }
        all.sort_by_key(|(_, is_ours)| !is_ours);
        let mut seen = BTreeSet::new();
        all.retain(|(route, _)| seen.insert(route.at));
        all
    }
}

/// Whether a route's next-hop is the one of config.json.
fn is_hop(text: &str, answers: &Answers) -> bool {
    match text.parse::<Ipv4Addr>() {
        Ok(hop) => hop == answers.next_hop,
        // ExaBGP's own address.
        Err(_) => text == "self" && answers.next_hop == answers.address,
    }
}
