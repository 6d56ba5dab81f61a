//! Which frontends lead to which backends, from the text of haproxy.cfg (configuration.txt sections 2 and 4). Pure.
//!
//! The reader is tolerant, since HAProxy has checked the file. Lines that it skips do not say where a frontend leads.

use std::collections::{BTreeMap, BTreeSet};

use super::outline::{Line, Outline, Section};

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
        let (outline, mut ways) = (Outline::read(texts), Self::default());
        for section in outline.of(&["frontend", "listen"]) {
            let way = ways.0.entry(section.name.clone()).or_default();
            for backend in backends(&outline, section) {
                if backend.contains(['%', '$']) {
                    way.made = Some(backend.to_owned());
                } else {
                    way.backends.insert(backend.to_owned());
                }
            }
        }
        ways
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

/// The backends of a section's rules, and its default ones: several where conditional blocks (`.if`) have one each.
fn backends<'cfg>(
    outline: &'cfg Outline,
    section: &'cfg Section,
) -> impl Iterator<Item = &'cfg str> {
    let mut default = BTreeSet::new();
    for line in outline.lines(section) {
        let Some(name) = named(line, "default_backend") else {
            continue;
        };
        // The last one counts; one in a conditional block may count.
        if !line.conditional {
            default.clear();
        }
        default.insert(name);
    }
    // A `listen` section's own servers are its default.
    if section.kind == "listen" && default.is_empty() {
        default.insert(&section.name);
    }
    let rules = section.lines.iter();
    let used: BTreeSet<&str> = rules
        .filter_map(|line| named(line, "use_backend"))
        .collect();
    used.into_iter().chain(default)
}

fn named<'line>(line: &'line Line, rule: &str) -> Option<&'line str> {
    line.after(rule).filter(|_| line.begins(&[rule]))
}

#[cfg(test)]
#[path = "ways_tests.rs"]
mod tests;
