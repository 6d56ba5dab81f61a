//! exabgp.conf as ExaBGP 4.2 and 5.0 read it, as far as it matters here: processes, neighbors with what they inherit,
//! static routes, each with its line and column. Pure.
//!
//! It is tolerant: a section that is not known is skipped. Whether ExaBGP takes the file is for ExaBGP to say
//! (`exabgp --validate`, `exabgp validate`).

mod neighbor;
mod process;
mod statement;
mod token;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use neighbor::{Neighbor, StaticRoute};
pub use process::Process;
pub use statement::Setting;
pub use token::{At, Token, tokens};
pub use tree::{Fault, Item, items};

/// Where Debian's exabgp.service looks.
pub const DEFAULT_PATH: &str = "/etc/exabgp/exabgp.conf";

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conf {
    /// Its processes.
    pub processes: Vec<Process>,
    /// Its neighbors, with what they inherit.
    pub neighbors: Vec<Neighbor>,
    /// What ExaBGP will not read.
    pub faults: Vec<Fault>,
}

/// Reads a text.
pub fn parse(text: &str) -> Conf {
    let (items, faults) = items(text);
    let mut conf = Conf { faults, ..Conf::default() };
    let mut templates: BTreeMap<String, &[Item]> = BTreeMap::new();
    for item in &items {
        if let ("template", Some(inside)) = (item.keyword(), &item.inside) {
            for template in inside.iter().filter(|inner| inner.keyword() == "neighbor") {
                if let (Some(name), Some(inside)) = (template.name(), &template.inside) {
                    templates.insert(name.text.clone(), inside);
                }
            }
        }
    }
    conf.read(&items, &templates, &[]);
    conf
}

impl Conf {
    /// `around` is what a group's neighbors have in common (ExaBGP 3.4 had groups).
    fn read(&mut self, items: &[Item], templates: &BTreeMap<String, &[Item]>, around: &[&[Item]]) {
        for item in items {
            let (Some(inside), keyword) = (&item.inside, item.keyword()) else { continue };
            match keyword {
                "process" => self.processes.push(Process::read(item, inside)),
                "group" => self.read(inside, templates, &[around, &[inside.as_slice()]].concat()),
                "neighbor" => {
                    let (neighbor, faults) = Neighbor::read(item, around, templates);
                    self.neighbors.push(neighbor);
                    self.faults.extend(faults);
                }
                _ => {}
            }
        }
    }
}
