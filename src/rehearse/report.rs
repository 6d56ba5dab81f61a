//! What a rehearsal found: rows, and what is wrong with them.

use crate::world::queue::Time;

use super::outcome::Row;
use super::peers::Peer;
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
