//! What a rehearsal found: rows, and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::config::Service;
use crate::route::{Neighbor, Prefix};
use crate::value::Joined;
use crate::world::queue::Time;

use super::outcome::Row;
use super::peers::Peer;
use super::site::Region;
use super::wrong::Wrong;

/// Something wrong, and the regions that it befalls.
#[derive(Debug, Clone)]
pub struct Found {
    /// The regions; `None`: seen in the configurations, without a failure.
    pub whom: Option<String>,
    /// The failures that show it.
    pub failures: Vec<String>,
    /// What, and the key that would mend it.
    pub wrong: Wrong,
}

/// The result of a rehearsal.
#[derive(Debug)]
pub struct Report {
    /// The names of all NVAs that are played, peers last.
    pub names: Vec<String>,
    /// NVAs that are played with another one's configuration, and its name.
    pub like: Vec<(String, String)>,
    /// Siblings whose configuration is not given.
    pub peers: Vec<Peer>,
    /// Servers of each backend that is not in a haproxy.cfg.
    pub servers: usize,
    /// A line for each backend whose servers haproxy.cfg names.
    pub known_servers: Vec<String>,
    /// BGP's hold time.
    pub hold: Time,
    /// The rows, each with the numbers of what is wrong with it.
    pub rows: Vec<(Row, Vec<usize>)>,
    /// What is wrong.
    pub found: Vec<Found>,
    /// The services whose neighbors an edit changes.
    pub moved: Vec<Moved>,
    /// The prefixes that one alone of several has, by its name.
    pub lone: BTreeMap<String, Vec<Prefix>>,
    /// Some prefix is in more than one region.
    pub shares: bool,
}

impl Report {
    /// A name by its number.
    pub fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or("?", String::as_str)
    }

    /// `north or west`; `nowhere` without a route.
    pub fn place(&self, to: &[usize]) -> String {
        let names: Vec<&str> = to.iter().map(|number| self.name(*number)).collect();
        if names.is_empty() {
            "nowhere".to_owned()
        } else {
            names.join(" or ")
        }
    }

    /// `north and west`: the regions that a row befalls.
    pub fn whom(&self, row: &Row) -> String {
        let names: Vec<&str> = row.whom.iter().map(|number| self.name(*number)).collect();
        if names.is_empty() {
            "all regions".to_owned()
        } else {
            names.join(" and ")
        }
    }

    /// Adds a row and what is wrong with it; the same of the same regions is one entry.
    pub fn add(&mut self, row: Row, wrong: Vec<Wrong>) {
        let whom = self.whom(&row);
        let mut marks = Vec::new();
        for wrong in wrong {
            let known = self
                .found
                .iter()
                .position(|found| found.wrong == wrong && found.whom.as_deref() == Some(&whom));
            let place = known.unwrap_or(self.found.len());
            match self.found.get_mut(place) {
                Some(found) => found.failures.push(row.failure.clone()),
                None => self.found.push(Found {
                    whom: Some(whom.clone()),
                    failures: vec![row.failure.clone()],
                    wrong,
                }),
            }
            marks.push(place);
        }
        marks.sort_unstable();
        self.rows.push((row, marks));
    }
}

/// A service whose neighbors an edit changes. All neighbors of a region lead to the same clients here.
#[derive(Debug, Serialize)]
pub struct Moved {
    region: String,
    service: String,
    was: BTreeSet<Neighbor>,
    is: BTreeSet<Neighbor>,
}

impl Display for Moved {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [was, is] = [&self.was, &self.is].map(listed);
        write!(
            f,
            "{}: the edit gives {} to {is}; it was for {was}. All of them lead to the same clients here.",
            self.region, self.service
        )
    }
}

/// The prefixes that one alone of several regions has, by its name, and whether they share any.
pub fn lone(regions: &[Region], peers: &[Peer]) -> (BTreeMap<String, Vec<Prefix>>, bool) {
    let mut owners: BTreeMap<Prefix, BTreeSet<&str>> = BTreeMap::new();
    for region in regions {
        let configs = [Some(&region.config), region.edit.as_ref()];
        let services = configs.into_iter().flatten().flat_map(|one| &one.services);
        for (prefix, _) in services.flat_map(|service| &service.prefixes) {
            owners.entry(*prefix).or_default().insert(&region.name);
        }
    }
    for peer in peers {
        for prefix in peer.routes.keys() {
            owners.entry(*prefix).or_default().insert(&peer.name);
        }
    }
    let (mut lone, mut shares) = (BTreeMap::<String, Vec<Prefix>>::new(), false);
    for prefix in owners.keys() {
        // Who has what covers it takes over, too.
        let names = prefix
            .covering()
            .filter_map(|one| owners.get(&one))
            .flatten();
        let names: BTreeSet<&&str> = names.collect();
        if let (Some(name), 1) = (names.first(), names.len())
            && regions.len() + peers.len() > 1
        {
            lone.entry((**name).to_owned()).or_default().push(*prefix);
        } else {
            shares = true;
        }
    }
    (lone, shares)
}

/// The services whose neighbors a region's edit changes.
pub fn moved(region: &Region) -> Vec<Moved> {
    let services = region.edit.iter().flat_map(|edit| &edit.services);
    let line = |after: &Service| {
        let before = region.config.service(&after.name)?;
        let [was, is] = [before, after].map(|one| one.neighbors.iter().cloned().collect());
        (was != is).then(|| Moved {
            region: region.name.clone(),
            service: after.name.clone(),
            was,
            is,
        })
    };
    services.filter_map(line).collect()
}

fn listed(neighbors: &BTreeSet<Neighbor>) -> String {
    match neighbors.is_empty() {
        true => "every neighbor".to_owned(),
        false => neighbors.iter().few(),
    }
}
