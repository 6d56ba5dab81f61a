//! Lines for ExaBGP, in the words of a dialect.

use std::fmt;

use super::dialect::Form;
use super::{Command, Dialect};
use crate::route::{Neighbor, Route, RouteKey};

impl Dialect {
    /// The line that says it.
    pub fn line(&self, command: &Command) -> String {
        Line(self, command).to_string()
    }

    /// How a statement for these neighbors begins.
    fn form(&self, neighbors: &[Neighbor]) -> &Form {
        match neighbors {
            [] => &self.to_all,
            [_] => &self.to_one,
            _ => &self.to_some,
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Line(Dialect::SHOWN, self).fmt(f)
    }
}

struct Line<'line>(&'line Dialect, &'line Command);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(dialect, command) = self;
        match command {
            Command::Announce(key, route) => {
                let form = dialect.form(&key.neighbors);
                select(form, &key.neighbors, f)?;
                let words = form.announce;
                write!(f, "{words} {} next-hop {}", key.prefix, route.next_hop)?;
                attributes(route, f)?;
                path_information(key, f)
            }
            Command::Withdraw(key) => {
                let form = dialect.form(&key.neighbors);
                select(form, &key.neighbors, f)?;
                write!(f, "{} {}", form.withdraw, key.prefix)?;
                path_information(key, f)
            }
            Command::Flush(neighbor) => write!(f, "neighbor {neighbor} flush adj-rib out"),
            Command::Version => f.write_str("system version"),
            Command::Acknowledge => f.write_str(dialect.acknowledge.unwrap_or("system version")),
            Command::ReadBack => f.write_str(dialect.read_back),
            Command::Established => f.write_str(dialect.established),
        }
    }
}

fn select(form: &Form, neighbors: &[Neighbor], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let [first, between, last] = form.selection;
    f.write_str(first)?;
    for (index, neighbor) in neighbors.iter().enumerate() {
        write!(f, "{}{neighbor}", if index == 0 { "" } else { between })?;
    }
    f.write_str(last)
}

fn attributes(route: &Route, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let attributes = &route.attributes;
    // Brackets, blanks and plain decimals: the one form that every version takes.
    if let Some(path) = &attributes.as_path {
        write!(f, " as-path [ {path} ]")?;
    }
    if let Some(med) = attributes.med {
        write!(f, " med {med}")?;
    }
    if let Some(preference) = attributes.local_preference {
        write!(f, " local-preference {preference}")?;
    }
    if let Some(origin) = attributes.origin {
        write!(f, " origin {origin}")?;
    }
    list("community", &attributes.community, f)?;
    list("large-community", &attributes.large_community, f)?;
    list("extended-community", &attributes.extended_community, f)
}

fn list(word: &str, values: &[impl fmt::Display], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if values.is_empty() {
        return Ok(());
    }
    write!(f, " {word} [")?;
    for value in values {
        write!(f, " {value}")?;
    }
    f.write_str(" ]")
}

fn path_information(key: &RouteKey, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match key.path_information {
        Some(id) => write!(f, " path-information {id}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_repeat_the_word() {
        let key = |neighbors: &[&str]| RouteKey {
            prefix: "9.9.9.9/32".parse().unwrap(),
            path_information: None,
            neighbors: neighbors.iter().map(|name| name.parse().unwrap()).collect(),
        };
        assert_eq!(
            Command::Withdraw(key(&[])).to_string(),
            "withdraw route 9.9.9.9/32"
        );
        assert_eq!(
            Command::Withdraw(key(&["172.16.159.4", "172.16.159.5"])).to_string(),
            "neighbor 172.16.159.4, neighbor 172.16.159.5 withdraw route 9.9.9.9/32"
        );
    }
}
