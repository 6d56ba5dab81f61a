//! exabgp.conf as ExaBGP 4.2 and 5.0 read it, as far as it matters here. Pure.
//! In comes the file's text.
//! Out go processes, neighbors with what they inherit, and static routes, each with its line and column; and faults.
//!
//! It is tolerant: what is not known is a fault, and the rest is read. Whether ExaBGP takes the file is for ExaBGP to say
//! (`exabgp --validate`, `exabgp validate`).

mod neighbor;
mod process;
mod statement;
mod token;
mod tree;
mod vocabulary;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use neighbor::{Neighbor, StaticRoute};
pub use process::Process;
pub use statement::Setting;
pub use token::{At, Token, tokens};
pub use tree::{Fault, Item, Refused, items};

/// Where Debian's exabgp.service looks.
pub const DEFAULT_PATH: &str = "/etc/exabgp/exabgp.conf";

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conf {
    /// Its processes.
    pub processes: Vec<Process>,
    /// Its neighbors, with what they inherit.
    pub neighbors: Vec<Neighbor>,
    /// What is wrong with its form.
    pub faults: Vec<Fault>,
}

/// Reads a text.
pub fn parse(text: &str) -> Conf {
    let (items, mut faults) = items(text);
    faults.extend(vocabulary::refused(&items));
    faults.extend(vocabulary::overruled(&items));
    let mut conf = Conf {
        faults,
        ..Conf::default()
    };
    let all = templates(&items);
    conf.read(&items, &all, &mut BTreeMap::new(), &[]);
    conf
}

/// Templates by their names.
type Templates<'items> = BTreeMap<String, &'items [Item]>;

fn templates(items: &[Item]) -> Templates<'_> {
    let sections = items.iter().filter(|item| item.keyword() == "template");
    let inside = sections.flat_map(|item| item.inside.iter().flatten());
    inside
        .filter(|inner| inner.keyword() == "neighbor")
        .filter_map(|template| Some((template.name()?.text.clone(), template.inside.as_deref()?)))
        .collect()
}

impl Conf {
    /// `all` are all templates, `above` those that were read so far: ExaBGP knows no others. `around` is what a group's
    /// neighbors have in common (ExaBGP 3.4 had groups).
    fn read<'items>(
        &mut self,
        items: &'items [Item],
        all: &Templates<'items>,
        above: &mut Templates<'items>,
        around: &[&[Item]],
    ) {
        for item in items {
            let (Some(inside), keyword) = (&item.inside, item.keyword()) else {
                continue;
            };
            match keyword {
                "process" => self.processes.push(Process::read(item, inside)),
                "template" => above.extend(templates(std::slice::from_ref(item))),
                "group" => self.read(inside, all, above, &[around, &[inside.as_slice()]].concat()),
                "neighbor" => {
                    let (neighbor, faults) = Neighbor::read(item, around, above, all);
                    self.neighbors.push(neighbor);
                    self.faults.extend(faults);
                }
                _ => {}
            }
        }
    }
}
