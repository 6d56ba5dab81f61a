//! A neighbor, with what it inherits, and its static routes.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::statement::Setting;
use super::{At, Fault, Item, Token};

/// A neighbor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbor {
    /// Its address, as the file spells it.
    pub name: String,
    /// Where it begins.
    pub at: At,
    /// Its statements by their path in the section, such as `capability/route-refresh`: its own first, inherited ones
    /// last. The last one counts, as in ExaBGP (`Scope.transfer` of 4.2 and 5.0).
    settings: BTreeMap<String, Vec<Setting>>,
    /// Its static routes.
    pub routes: Vec<StaticRoute>,
    /// Its own statements that a template overrules: the path, and the place.
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
    /// The statement that counts: an inherited one wins over its own.
    pub fn setting(&self, path: &str) -> Option<&Setting> {
        self.settings.get(path)?.last()
    }

    /// The first value and its place; without the statement, the place of the neighbor.
    pub fn value(&self, path: &str) -> (Option<&str>, At) {
        match self.setting(path) {
            Some(setting) => (Some(setting.value()), setting.at),
            None => (None, self.at),
        }
    }

    /// All statements of a path: lists add up.
    pub fn all(&self, path: &str) -> impl Iterator<Item = &Setting> {
        self.settings.get(path).into_iter().flatten()
    }

    /// A boolean; the keyword alone is true.
    pub fn is_on(&self, path: &str) -> Option<bool> {
        self.setting(path).map(|setting| !setting.is_off())
    }
}

impl Neighbor {
    /// Reads a section, with its groups and the templates above it. Faults: templates that are missing or below, and addresses
    /// that do not fit.
    pub(super) fn read(
        item: &Item,
        groups: &[&[Item]],
        templates: &BTreeMap<String, &[Item]>,
        all_templates: &BTreeMap<String, &[Item]>,
    ) -> (Self, Vec<Fault>) {
        let inside = item.inside.as_deref().unwrap_or_default();
        let mut neighbor = Self {
            name: item
                .name()
                .map(|name| name.text.clone())
                .unwrap_or_default(),
            at: item.at(),
            settings: BTreeMap::new(),
            routes: Vec::new(),
            overruled: Vec::new(),
        };
        for group in groups {
            neighbor.take(group, "");
        }
        neighbor.take(inside, "");
        let own = neighbor.settings.clone();
        let mut faults = Vec::new();
        for inherited in inside.iter().filter(|inner| inner.keyword() == "inherit") {
            for name in Setting::of(inherited).values() {
                match templates.get(name) {
                    Some(template) => neighbor.take(template, ""),
                    None => faults.push(Fault::taken(
                        inherited.at(),
                        match all_templates.contains_key(name) {
                            true => {
                                format!("template neighbor '{name}' stands below, and ExaBGP inherits nothing of it")
                            }
                            false => {
                                format!("there is no template neighbor '{name}', and ExaBGP inherits nothing")
                            }
                        },
                    )),
                }
            }
        }
        neighbor.note_overruled(&own);
        faults.extend(neighbor.of_addresses());
        (neighbor, faults)
    }

    /// ExaBGP refuses a session between addresses of two families, and one of IPv6 without a router-id.
    fn of_addresses(&self) -> Option<Fault> {
        let address = |text: &str| text.split('/').next()?.parse::<IpAddr>().ok();
        let (local, at) = self.value("local-address");
        let (local, peer) = (
            address(local?)?,
            address(self.value("peer-address").0.unwrap_or(&self.name))?,
        );
        if local.is_ipv4() != peer.is_ipv4() {
            let what = format!("local-address {local} and neighbor {peer} are not of one family");
            return Some(Fault::refused(at, what));
        }
        let what = format!("neighbor {peer} has no router-id, which a session over IPv6 must have");
        (local.is_ipv6() && self.setting("router-id").is_none())
            .then(|| Fault::refused(self.at, what))
    }

    /// Adds the statements at `way`, the path from the top of the section, such as `announce/ipv4`.
    fn take(&mut self, items: &[Item], way: &str) {
        for item in items {
            let keyword = item.keyword();
            // These are read elsewhere; a group holds other neighbors, too.
            if way.is_empty() && matches!(keyword, "neighbor" | "process" | "group" | "inherit") {
                continue;
            }
            let path = if way.is_empty() {
                keyword.to_owned()
            } else {
                format!("{way}/{keyword}")
            };
            let announces = matches!(way, "static" | "announce/ipv4" | "announce/ipv6");
            if announces
                && matches!(
                    keyword,
                    "route" | "unicast" | "attribute" | "attributes" | "multicast"
                )
            {
                self.announce(item);
            } else if let Some(inside) = &item.inside {
                self.take(inside, &path);
            } else {
                self.settings
                    .entry(path)
                    .or_default()
                    .push(Setting::of(item));
            }
        }
    }

    /// Finds its own statements that a template overrules. Lists add up, and are left out.
    fn note_overruled(&mut self, own: &BTreeMap<String, Vec<Setting>>) {
        for (path, own) in own {
            let adds_up = ["api/", "family/", "add-path/", "nexthop/"]
                .iter()
                .any(|way| path.starts_with(way));
            let (Some(last), Some(counts)) = (own.last(), self.setting(path)) else {
                continue;
            };
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
        let nlri = words
            .iter()
            .position(|word| word.text == "nlri")
            .filter(|_| many);
        let prefixes: Vec<Token> = match nlri {
            Some(at) => words.split_off(at).into_iter().skip(1).collect(),
            None if words.is_empty() => Vec::new(),
            None => vec![words.remove(0)],
        };
        for prefix in prefixes {
            self.routes.push(StaticRoute {
                prefix: prefix.text,
                at: prefix.at,
                words: words.clone(),
            });
        }
    }
}
