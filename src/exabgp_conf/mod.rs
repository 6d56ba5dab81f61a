//! exabgp.conf as ExaBGP 4.2 and 5.0 read it, as far as it matters here: processes, neighbors with what they inherit,
//! static routes, each with its line and column. Pure.
//!
//! It is tolerant: a section that is not known is skipped. Whether ExaBGP takes the file is for ExaBGP to say
//! (`exabgp --validate`, `exabgp validate`).

mod token;
mod tree;

use std::collections::BTreeMap;

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
    /// What is wrong with its form.
    pub faults: Vec<Fault>,
}

/// A `process` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub at: At,
    /// Its statements, by their first word.
    pub settings: BTreeMap<String, Vec<Setting>>,
}

/// A statement's place, and the words after its first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Where it begins.
    pub at: At,
    /// What follows.
    pub words: Vec<Token>,
}

impl Setting {
    /// The words that are no punctuation.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let is_mark = |word: &Token| ["[", "]", ","].iter().any(|mark| word.is(mark));
        self.words.iter().filter(move |word| !is_mark(word)).map(|word| word.text.as_str())
    }

    /// The first of them.
    pub fn value(&self) -> &str {
        self.values().next().unwrap_or("")
    }
}

impl Process {
    /// The last statement of that name.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.get(name)?.last()
    }

    /// What it runs: the program and its arguments.
    pub fn argv(&self) -> Vec<String> {
        let run = self.setting("run").map(|run| run.words.as_slice()).unwrap_or_default();
        run.iter().map(|word| word.text.clone()).collect()
    }

    /// It runs haproxy-rhi, by whatever path.
    pub fn is_ours(&self) -> bool {
        self.argv().iter().any(|word| word.rsplit('/').next() == Some("haproxy-rhi"))
    }
}

/// A neighbor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbor {
    /// Its address, as the file spells it.
    pub name: String,
    /// Where it begins.
    pub at: At,
    /// Its statements by their way from the top of the section, such as `capability/route-refresh`: its own first, those
    /// that it inherits last. That the latter win is how ExaBGP does it (`Scope.transfer` of 4.2 and 5.0).
    settings: BTreeMap<String, Vec<Setting>>,
    /// Its static routes.
    pub routes: Vec<StaticRoute>,
    /// Its own statements that a template overrules: the name, and where it stands.
    pub overruled: Vec<(String, At)>,
}

/// A route that ExaBGP announces by itself, as long as it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticRoute {
    /// Its prefix, as the file spells it.
    pub prefix: String,
    /// Where it stands.
    pub at: At,
    /// Everything after the prefix.
    pub words: Vec<Token>,
}

impl Neighbor {
    /// The statement that counts: what it inherits before its own.
    pub fn setting(&self, path: &str) -> Option<&Setting> {
        self.settings.get(path)?.last()
    }

    /// Its first value, and where it stands; where it is absent, where the neighbor begins.
    pub fn value(&self, path: &str) -> (Option<&str>, At) {
        match self.setting(path) {
            Some(setting) => (Some(setting.value()), setting.at),
            None => (None, self.at),
        }
    }

    /// All of them, where several add up.
    pub fn all(&self, path: &str) -> impl Iterator<Item = &Setting> {
        self.settings.get(path).into_iter().flatten()
    }

    /// A boolean, by the words that ExaBGP takes for one.
    pub fn is_on(&self, path: &str) -> Option<bool> {
        let setting = self.setting(path)?;
        match setting.value().to_ascii_lowercase().as_str() {
            // The word alone.
            "" | "true" | "enable" | "enabled" | "yes" | "1" => Some(true),
            "false" | "disable" | "disabled" | "no" | "0" => Some(false),
            _ => Some(true),
        }
    }
}

/// Reads a text.
pub fn parse(text: &str) -> Conf {
    let (items, faults) = items(text);
    let mut conf = Conf { faults, ..Conf::default() };
    let all = templates(&items);
    conf.read(&items, &all, &mut BTreeMap::new(), &[]);
    conf
}

/// The sections by their names.
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
            let (Some(inside), keyword) = (&item.inside, item.keyword()) else { continue };
            match keyword {
                "process" => {
                    let mut settings: BTreeMap<String, Vec<Setting>> = BTreeMap::new();
                    for statement in inside {
                        let setting = setting(statement);
                        settings.entry(statement.keyword().to_owned()).or_default().push(setting);
                    }
                    let name = item.name().map(|name| name.text.clone()).unwrap_or_default();
                    self.processes.push(Process { name, at: item.at(), settings });
                }
                "template" => above.extend(templates(std::slice::from_ref(item))),
                "group" => self.read(inside, all, above, &[around, &[inside.as_slice()]].concat()),
                "neighbor" => {
                    let mut neighbor = Neighbor {
                        name: item.name().map(|name| name.text.clone()).unwrap_or_default(),
                        at: item.at(),
                        settings: BTreeMap::new(),
                        routes: Vec::new(),
                        overruled: Vec::new(),
                    };
                    for around in around {
                        neighbor.take(around, "", false);
                    }
                    neighbor.take(inside, "", true);
                    let own = neighbor.settings.clone();
                    for inherited in inside.iter().filter(|inner| inner.keyword() == "inherit") {
                        for name in setting(inherited).values() {
                            match above.get(name) {
                                Some(template) => neighbor.take(template, "", true),
                                None => self.faults.push(Fault::taken(
                                    inherited.at(),
                                    match all.contains_key(name) {
                                        true => format!(
                                            "template neighbor '{name}' stands below, and ExaBGP inherits nothing of it"
                                        ),
                                        false => format!(
                                            "there is no template neighbor '{name}', and ExaBGP inherits nothing"
                                        ),
                                    },
                                )),
                            }
                        }
                    }
                    neighbor.note_overruled(&own);
                    self.neighbors.push(neighbor);
                }
                _ => {}
            }
        }
    }
}

fn setting(item: &Item) -> Setting {
    Setting { at: item.at(), words: item.words.get(1..).unwrap_or_default().to_vec() }
}

impl Neighbor {
    fn take(&mut self, items: &[Item], way: &str, nested: bool) {
        for item in items {
            let keyword = item.keyword();
            // Not another neighbor of the same group.
            if way.is_empty() && matches!(keyword, "neighbor" | "process" | "group" | "inherit") {
                continue;
            }
            let path = if way.is_empty() { keyword.to_owned() } else { format!("{way}/{keyword}") };
            let announces = matches!(way, "static" | "announce/ipv4" | "announce/ipv6");
            if announces && matches!(keyword, "route" | "unicast" | "attribute" | "attributes" | "multicast")
            {
                self.announce(item);
            } else if let Some(inside) =
                item.inside.as_deref().filter(|_| nested || !way.is_empty() || keyword != "neighbor")
            {
                self.take(inside, &path, nested);
            } else {
                self.settings.entry(path).or_default().push(setting(item));
            }
        }
    }

    fn note_overruled(&mut self, own: &BTreeMap<String, Vec<Setting>>) {
        for (path, own) in own {
            let adds_up =
                ["api/", "family/", "add-path/", "nexthop/"].iter().any(|way| path.starts_with(way));
            let (Some(last), Some(counts)) = (own.last(), self.setting(path)) else { continue };
            if !adds_up && !last.values().eq(counts.values()) {
                self.overruled.push((path.clone(), last.at));
            }
        }
    }

    /// `route P …;`, `route P { … }`, `attributes … nlri P P;`.
    fn announce(&mut self, item: &Item) {
        let mut words: Vec<Token> = item.words.get(1..).unwrap_or_default().to_vec();
        for inner in item.inside.iter().flatten() {
            words.extend(inner.words.iter().cloned());
        }
        let many = item.keyword().starts_with("attribute");
        let nlri = words.iter().position(|word| word.text == "nlri").filter(|_| many);
        let prefixes: Vec<Token> = match nlri {
            Some(at) => words.split_off(at).into_iter().skip(1).collect(),
            None if words.is_empty() => Vec::new(),
            None => vec![words.remove(0)],
        };
        for prefix in prefixes {
            self.routes.push(StaticRoute { prefix: prefix.text, at: prefix.at, words: words.clone() });
        }
    }
}

#[cfg(test)]
mod tests;
