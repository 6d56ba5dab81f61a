//! Which frontends lead to which backends, from the text of haproxy.cfg (configuration.txt sections 2 and 4). Pure.
//!
//! The reader is tolerant, since HAProxy has checked the file. Lines that it skips do not say where a frontend leads.

use std::collections::{BTreeMap, BTreeSet};

use super::words::words;

/// Where each frontend and `listen` section leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways(BTreeMap<String, Way>);

/// Where one frontend leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Way {
    backends: BTreeSet<String>,
    /// A backend's name that HAProxy makes at run time or from its environment, as it is written: `%[req.hdr(host)]`.
    made: Option<String>,
}

/// Whether a frontend leads to a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads<'cfg> {
    /// A rule of the frontend names the backend.
    Yes,
    /// No rule of the frontend can name it.
    No,
    /// Not known: a rule makes the backend's name at run time, or from the environment.
    Perhaps(&'cfg str),
}

impl Ways {
    /// Reads the files' texts, in HAProxy's order.
    pub fn read<'text>(texts: impl IntoIterator<Item = &'text str>) -> Self {
        let mut reader = Reader::default();
        for text in texts {
            text.lines().for_each(|line| reader.line(&words(line)));
            reader.end_of_file();
        }
        reader.ways
    }

    /// Whether a frontend leads to a backend; `None`: the files have no such frontend.
    pub fn leads(&self, frontend: &str, backend: &str) -> Option<Leads<'_>> {
        let way = self.0.get(frontend)?;
        Some(match &way.made {
            _ if way.backends.contains(backend) => Leads::Yes,
            Some(made) => Leads::Perhaps(made),
            None => Leads::No,
        })
    }

    /// Every frontend and `listen` section.
    pub fn frontends(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The section that lines belong to.
#[derive(Debug, Default)]
enum Section {
    #[default]
    Other,
    Defaults(String),
    Proxy(Proxy),
}

/// A frontend or `listen` section.
#[derive(Debug, Default)]
struct Proxy {
    name: String,
    listen: bool,
    /// The backends of `use_backend`.
    used: BTreeSet<String>,
    default: Backends,
}

/// The backends of `default_backend`: several where conditional blocks (`.if`) have one each.
type Backends = BTreeSet<String>;

#[derive(Debug, Default)]
struct Reader {
    ways: Ways,
    section: Section,
    /// The default backends of each `defaults` section, by its name.
    defaults: BTreeMap<String, Backends>,
    /// The name of the last `defaults` section.
    last: String,
    /// Conditional blocks that are open.
    blocks: usize,
}

/// The other sections, which lead nowhere. Lines of an unknown section count as those of the section before it.
pub(super) const OTHERS: [&str; 13] = [
    "global",
    "backend",
    "userlist",
    "peers",
    "mailers",
    "resolvers",
    "cache",
    "program",
    "ring",
    "http-errors",
    "log-forward",
    "fcgi-app",
    "crt-store",
];

impl Reader {
    fn line(&mut self, words: &[String]) {
        let word = |index: usize| words.get(index).map(String::as_str);
        match (word(0), word(1)) {
            (Some(".if"), _) => self.blocks += 1,
            (Some(".endif"), _) => self.blocks = self.blocks.saturating_sub(1),
            (Some("defaults"), _) => self.begin_defaults(words),
            (Some(kind @ ("frontend" | "listen")), Some(name)) => {
                self.begin_proxy(name, kind == "listen", words)
            }
            (Some(kind), _) if OTHERS.contains(&kind) => self.end_section(),
            (Some("default_backend"), Some(name)) => self.default_backend(name),
            (Some("use_backend"), Some(name)) => {
                if let Section::Proxy(proxy) = &mut self.section {
                    proxy.used.insert(name.to_owned());
                }
            }
            _ => {}
        }
    }

    fn begin_defaults(&mut self, words: &[String]) {
        self.end_section();
        // A section without a name has the empty name.
        let name = words
            .get(1)
            .filter(|word| *word != "from")
            .cloned()
            .unwrap_or_default();
        let inherited = from(words)
            .and_then(|from| self.defaults.get(from))
            .cloned()
            .unwrap_or_default();
        self.defaults.insert(name.clone(), inherited);
        self.last.clone_from(&name);
        self.section = Section::Defaults(name);
    }

    fn begin_proxy(&mut self, name: &str, listen: bool, words: &[String]) {
        self.end_section();
        let defaults = from(words).unwrap_or(&self.last);
        let default = self.defaults.get(defaults).cloned().unwrap_or_default();
        self.section = Section::Proxy(Proxy {
            name: name.to_owned(),
            listen,
            default,
            ..Proxy::default()
        });
    }

    fn default_backend(&mut self, name: &str) {
        let default = match &mut self.section {
            Section::Proxy(proxy) => &mut proxy.default,
            Section::Defaults(defaults) => self.defaults.entry(defaults.clone()).or_default(),
            Section::Other => return,
        };
        // The last one counts; one in a conditional block may count.
        if self.blocks == 0 {
            default.clear();
        }
        default.insert(name.to_owned());
    }

    fn end_section(&mut self) {
        let Section::Proxy(mut proxy) = std::mem::take(&mut self.section) else {
            return;
        };
        // A `listen` section's own servers are its default.
        if proxy.listen && proxy.default.is_empty() {
            proxy.default.insert(proxy.name.clone());
        }
        let way = self.ways.0.entry(proxy.name).or_default();
        for backend in proxy.used.into_iter().chain(proxy.default) {
            if backend.contains(['%', '$']) {
                way.made = Some(backend);
            } else {
                way.backends.insert(backend);
            }
        }
    }

    fn end_of_file(&mut self) {
        self.end_section();
        self.blocks = 0;
    }
}

/// `frontend NAME from DEFAULTS`.
fn from(words: &[String]) -> Option<&String> {
    let place = words.iter().position(|word| word == "from")?;
    words.get(place + 1)
}

#[cfg(test)]
#[path = "ways_tests.rs"]
mod tests;
