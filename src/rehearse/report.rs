//! What a rehearsal found: rows, and what is wrong with them.

use crate::world::queue::Time;

use super::outcome::Row;
use super::peers::Peer;
use super::wrong::Wrong;

/// What is wrong, and with whom.
#[derive(Debug, Clone)]
pub struct Found {
    /// Whom it befalls; absent: the configurations contradict each other.
    pub whom: Option<String>,
    /// The failures that show it.
    pub failures: Vec<String>,
    /// What, and the key that would mend it.
    pub wrong: Wrong,
}

/// A rehearsal's end.
#[derive(Debug)]
pub struct Report {
    /// Those who were rehearsed, peers last.
    pub names: Vec<String>,
    /// Those who are played with another one's configuration, and whose.
    pub like: Vec<(String, String)>,
    /// Those who are only named.
    pub peers: Vec<Peer>,
    /// Servers of each backend.
    pub servers: usize,
    /// Those whose servers haproxy.cfg names.
    pub herds: Vec<String>,
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

    /// Whom a row befalls.
    pub fn whom(&self, row: &Row) -> String {
        let names: Vec<&str> = row.whom.iter().map(|number| self.name(*number)).collect();
        if names.is_empty() {
            "all regions".to_owned()
        } else {
            names.join(" and ")
        }
    }

    /// A row with what is wrong with it; the same thing is told once.
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
