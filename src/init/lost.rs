//! Sections that `--force` would remove, and that init did not write. Pure.

use super::files::{EXABGP_PATH, HAPROXY_PATH};
use super::fit::TAKEN;
use crate::exabgp_conf;
use crate::haproxy_cfg::Outline;
use crate::validate::{ROUTE_SERVER, number};

/// The lost sections, each with its line in `old`: not init's own, and not in `new`.
pub fn lost(place: &str, old: &str, new: &str) -> Vec<String> {
    match place {
        EXABGP_PATH => of_exabgp(old, new),
        HAPROXY_PATH => of_haproxy(old, new),
        _ => Vec::new(),
    }
}

fn of_exabgp(old: &str, new: &str) -> Vec<String> {
    let is_ours = old.starts_with("# ExaBGP on the NVA of ");
    let (old, new) = (exabgp_conf::parse(old), exabgp_conf::parse(new));
    let mut lost = Vec::new();
    for process in old.processes.iter().filter(|process| !process.is_ours()) {
        if !new.processes.iter().any(|other| other.name == process.name) {
            lost.push(format!("{}: process {}", process.at.line, process.name));
        }
    }
    for neighbor in &old.neighbors {
        let is_made = is_ours && number(neighbor, "peer-as") == Some(ROUTE_SERVER);
        let stays = new
            .neighbors
            .iter()
            .find(|other| other.name == neighbor.name);
        if stays.is_none() && !is_made {
            lost.push(format!("{}: neighbor {}", neighbor.at.line, neighbor.name));
        }
        for route in neighbor.routes.iter().filter(|_| stays.is_some()) {
            lost.push(format!("{}: static route {}", route.at.line, route.prefix));
        }
    }
    lost
}

fn of_haproxy(old: &str, new: &str) -> Vec<String> {
    let is_ours = old.starts_with("# HAProxy on the NVA of ");
    let (old, new) = (Outline::read([old]), Outline::read([new]));
    let kinds = ["frontend", "backend", "listen"];
    let front = old
        .of(&["frontend"])
        .find(|front| front.name == "http_front");
    let backend =
        front.and_then(|front| old.says(front, &["default_backend"])?.words.get(1).cloned());
    let is_made = |name: &String| {
        is_ours && (TAKEN.contains(&name.as_str()) || backend.as_ref() == Some(name))
    };
    let stays = |name: &String| is_ours && new.of(&kinds).any(|other| other.name == *name);
    old.of(&kinds)
        .filter(|section| !is_made(&section.name) && !stays(&section.name))
        .map(|section| format!("{}: {} {}", section.line, section.kind, section.name))
        .collect()
}
