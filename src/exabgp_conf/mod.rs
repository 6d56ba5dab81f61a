//! exabgp.conf as ExaBGP 4.2 and 5.0 read it, as far as haproxy-rhi needs it. Pure.
//! In comes the file's text.
//! Out go processes, neighbors with what they inherit, and static routes, each with its line and column; and faults.
//!
//! The reader is tolerant: an unknown word is a fault, and the rest is read. Whether ExaBGP takes the file, only ExaBGP tells
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
pub use vocabulary::SIX_DOES;

/// The file of Debian's exabgp.service.
pub const DEFAULT_PATH: &str = "/etc/exabgp/exabgp.conf";

/// The fault of a JSON file, such as haproxy-rhi's own.
pub const IS_JSON: &str = "this is no exabgp.conf (it is JSON)";

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

/// Reads a text. With a fault that hides statements ([`Fault::breaks`]), only such faults are kept: the others may follow
/// from them.
pub fn parse(text: &str) -> Conf {
    if is_json(text) {
        return Conf {
            faults: vec![Fault::refused(At { line: 1, column: 1 }, IS_JSON).breaking()],
            ..Conf::default()
        };
    }
    let (items, mut faults) = items(text);
    faults.extend(vocabulary::refused(&items));
    faults.extend(vocabulary::overruled(&items));
    let mut conf = Conf {
        faults,
        ..Conf::default()
    };
    let all = templates(&items);
    conf.read(&items, &all, &mut BTreeMap::new(), &[]);
    if conf.is_broken() {
        conf.faults.retain(|fault| fault.breaks);
    }
    conf
}

/// An exabgp.conf never begins with a brace.
fn is_json(text: &str) -> bool {
    let inside = text.trim_start_matches('\u{feff}').trim_start();
    let inside = inside.strip_prefix('{').map(str::trim_start);
    inside.is_some_and(|inside| inside.starts_with('"') || inside == "}")
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
    /// Whether a fault hides statements.
    pub fn is_broken(&self) -> bool {
        self.faults.iter().any(|fault| fault.breaks)
    }

    /// `all`: every template; `above`: those read so far, the only ones that ExaBGP inherits from; `around`: the statements
    /// of the groups around (ExaBGP 3.4 had groups).
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
