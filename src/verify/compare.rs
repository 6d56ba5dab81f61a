//! What is intended beside what is seen, and which region clients reach. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::intended::{IntendedRoute, Intent, Out, Wire};
use super::learned::{Learned, LearnedRoute, short};
use crate::failure::Outcome;
use crate::route::{Family, Prefix};
use crate::validate::is_private;
use crate::value::Joined;

/// A region, as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// What is intended there; absent: nobody said.
    pub intent: Option<Intent>,
    /// What its Route Server learned; absent: nobody asked.
    pub learned: Option<Learned>,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The prefix.
    pub prefix: String,
    /// The region's name.
    pub region: String,
    /// `intended`, `ExaBGP`, `IN_0`, `IN_1`.
    pub seen_by: String,
    /// The next hop; absent: withdrawn, or not there.
    pub next_hop: Option<String>,
    /// The AS path, with blanks.
    pub as_path: Option<String>,
    /// Whether it is as intended; absent: it is what is intended, or nobody said what is.
    pub agreement: Option<Outcome>,
    /// In words.
    pub words: String,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The worst of all rows.
    pub outcome: Outcome,
    /// In the order of the prefixes, then the regions.
    pub rows: Vec<Row>,
    /// What is not as intended, in words.
    pub problems: Vec<String>,
    /// Which region clients reach, by prefix.
    pub preferences: Vec<String>,
    /// What else there is to know.
    pub notes: Vec<String>,
}

/// Compares all regions.
pub fn compare(regions: &[Region]) -> Comparison {
    let mut course = Comparison {
        outcome: Outcome::Best,
        rows: Vec::new(),
        problems: Vec::new(),
        preferences: Vec::new(),
        notes: Vec::new(),
    };
    let intended = || regions.iter().filter_map(|region| region.intent.as_ref());
    let mut prefixes: BTreeSet<Prefix> = intended()
        .flat_map(|intent| intent.routes.iter().map(|route| route.prefix))
        .collect();
    let seen = || {
        regions
            .iter()
            .filter_map(|region| region.learned.as_ref())
            .flat_map(|learned| learned.values())
    };
    let of_all = || {
        seen()
            .flatten()
            .filter_map(|route| route.network.parse::<Prefix>().ok())
    };
    if intended().next().is_none() {
        prefixes = of_all().collect();
        course.cannot_tell(
            "it is not known what is intended, so only the instances are compared".to_owned(),
        );
    }
    for region in regions {
        for doubt in region.intent.iter().flat_map(|intent| &intent.doubts) {
            course.cannot_tell(format!("{}: {doubt}", region.name));
        }
        if let Some(learned) = region.learned.as_ref().filter(|learned| learned.len() < 2) {
            let known: Vec<&str> = learned.keys().map(|key| short(key)).collect();
            course.cannot_tell(format!(
                "{}: only {} is there, and a Route Server has two instances",
                region.name,
                known.join(", ")
            ));
        }
    }
    for prefix in &prefixes {
        for region in regions {
            course.of_region(*prefix, region);
        }
        course.preferences.extend(preference(*prefix, regions));
    }
    // What differs is known all the same.
    let unsaid = |region: &&Region| region.intent.is_none() && intended().next().is_some();
    let is_certain = course.outcome == Outcome::Worse;
    for region in regions.iter().filter(unsaid).filter(|_| !is_certain) {
        let name = &region.name;
        course.cannot_tell(format!(
            "{name}: it is not known what is intended there; add --config {name}=FILE"
        ));
    }
    let others: BTreeSet<String> = seen()
        .flatten()
        .filter(|route| {
            route
                .network
                .parse()
                .map_or(true, |prefix: Prefix| !prefixes.contains(&prefix))
        })
        .map(|route| route.network.clone())
        .collect();
    let is_compared = |route: &&LearnedRoute| {
        route.as_path.len() > 1
            && route
                .network
                .parse()
                .is_ok_and(|prefix: Prefix| prefixes.contains(&prefix))
    };
    let stripped = |route: &LearnedRoute| route.as_path.iter().copied().all(is_private);
    if seen().flatten().filter(is_compared).any(stripped) && regions.len() > 1 {
        course.notes.push(
            "Microsoft strips private AS numbers towards on-premises, which sees which path is longer only inside one ExpressRoute circuit".to_owned(),
        );
    }
    if !others.is_empty() {
        let list: Vec<String> = others.into_iter().collect();
        course.notes.push(format!(
            "also learned, and of no service: {}",
            list.join(", ")
        ));
    }
    course
}

impl Comparison {
    fn cannot_tell(&mut self, what: String) {
        self.outcome = Outcome::Unknown;
        self.problems.push(what);
    }

    fn push(&mut self, row: Row) {
        if let Some(agreement) = row
            .agreement
            .filter(|agreement| *agreement != Outcome::Best)
        {
            self.outcome = self.outcome.max(agreement);
            self.problems.push(format!(
                "{}: {} at {}: {}",
                row.region, row.prefix, row.seen_by, row.words
            ));
        }
        self.rows.push(row);
    }

    fn of_region(&mut self, prefix: Prefix, region: &Region) {
        let row =
            |seen_by: &str, out: Option<&Wire>, agreement: Option<Outcome>, words: &str| Row {
                prefix: prefix.to_string(),
                region: region.name.clone(),
                seen_by: seen_by.to_owned(),
                next_hop: out.map(|wire| {
                    wire.next_hop
                        .map_or("self".to_owned(), |hop| hop.to_string())
                }),
                as_path: out.map(|wire| {
                    wire.as_path
                        .as_deref()
                        .map_or("(local-as)".to_owned(), blanks)
                }),
                agreement,
                words: words.to_owned(),
            };
        let routes = region.intent.iter().flat_map(|intent| &intent.routes);
        let intended: Option<&IntendedRoute> = routes.clone().find(|route| route.prefix == prefix);
        if let Some(route) = intended {
            let service = route
                .service
                .as_ref()
                .map(|name| format!("service {name}: "))
                .unwrap_or_default();
            let (wire, words) = match &route.wanted {
                Some(Out::Announced(wire)) => (Some(wire), format!("{service}{}", route.standing)),
                Some(Out::Withdrawn) => (None, format!("{service}{}, withdrawn", route.standing)),
                None => (None, format!("{service}{}", route.standing)),
            };
            let unknown = route.wanted.is_none().then_some(Outcome::Unknown);
            self.push(row("intended", wire, unknown, &words));
        }
        if let Some(held) = intended.and_then(|route| route.held.as_ref()) {
            let wire = match &held.out {
                Some(Out::Announced(wire)) => Some(wire),
                _ => None,
            };
            match &held.differs {
                None => self.push(row("ExaBGP", wire, Some(Outcome::Best), "as intended")),
                Some(why) => self.push(row("ExaBGP", wire, Some(Outcome::Worse), why)),
            }
        }
        let Some(learned) = &region.learned else {
            return;
        };
        let all: Vec<Vec<&LearnedRoute>> =
            learned.values().map(|routes| of(prefix, routes)).collect();
        for (instance, found) in learned.keys().zip(&all) {
            let local = learned
                .get(instance)
                .into_iter()
                .flatten()
                .find_map(|route| route.local_address);
            let (agreement, words) = match intended {
                Some(route) if is_for(route, local) => judged(route, found),
                Some(_) if found.is_empty() => {
                    (Some(Outcome::Best), "not for this Route Server".to_owned())
                }
                Some(_) => (
                    Some(Outcome::Worse),
                    "not meant for this neighbor".to_owned(),
                ),
                // Nobody said what is intended: both instances must have the same at least.
                None if all.iter().any(|other| wires(other) != wires(found)) => {
                    (Some(Outcome::Worse), "the instances differ".to_owned())
                }
                None if found.is_empty() => (None, "not there".to_owned()),
                None => (None, String::new()),
            };
            if found.is_empty() {
                self.push(row(short(instance), None, agreement, &words));
            }
            for route in found {
                let wire = Wire {
                    next_hop: route.next_hop,
                    as_path: Some(route.as_path.clone()),
                };
                self.push(row(short(instance), Some(&wire), agreement, &words));
            }
        }
    }
}

/// Whether a route goes to the neighbor that an instance is, as far as its address is known. Azure's Route Server takes
/// no IPv6.
fn is_for(route: &IntendedRoute, instance: Option<IpAddr>) -> bool {
    route.prefix.family() == Family::V4
        && (route.neighbors.is_empty()
            || instance.is_none_or(|address| route.neighbors.contains(&address)))
}

fn of(prefix: Prefix, routes: &[LearnedRoute]) -> Vec<&LearnedRoute> {
    routes
        .iter()
        .filter(|route| route.network.parse() == Ok(prefix))
        .collect()
}

fn wires(routes: &[&LearnedRoute]) -> Vec<(Option<IpAddr>, Vec<u32>)> {
    routes
        .iter()
        .map(|route| (route.next_hop, route.as_path.clone()))
        .collect()
}

fn judged(intended: &IntendedRoute, found: &[&LearnedRoute]) -> (Option<Outcome>, String) {
    let differs = |what: String| (Some(Outcome::Worse), what);
    match (&intended.wanted, found) {
        (None, _) => (
            Some(Outcome::Unknown),
            "it is not known yet what is intended".to_owned(),
        ),
        (Some(Out::Withdrawn), []) => (Some(Outcome::Best), "as intended".to_owned()),
        (Some(Out::Withdrawn), _) => differs("still there, and should be withdrawn".to_owned()),
        (Some(Out::Announced(_)), []) => differs("not there".to_owned()),
        (Some(Out::Announced(wire)), [route]) => {
            let mut faults = Vec::new();
            let next_hop = wire.next_hop.or(route.source_peer);
            if next_hop.is_some() && route.next_hop != next_hop {
                let wanted = next_hop.map(|hop| hop.to_string()).unwrap_or_default();
                faults.push(format!("the next hop should be {wanted}"));
            }
            match &wire.as_path {
                Some(path) if *path != route.as_path => {
                    faults.push(format!("the AS path should be {}", blanks(path)));
                }
                None if route.as_path.len() != 1 => {
                    faults.push("the AS path should be ExaBGP's local-as alone".to_owned());
                }
                _ => {}
            }
            if faults.is_empty() {
                (Some(Outcome::Best), "as intended".to_owned())
            } else {
                differs(faults.join(", "))
            }
        }
        (Some(Out::Announced(_)), several) => {
            differs(format!("{} routes, and one is intended", several.len()))
        }
    }
}

fn blanks(path: &[u32]) -> String {
    path.iter().joined(" ")
}

/// Which region clients reach, where several were looked at: the shortest AS path wins, equal ones share.
fn preference(prefix: Prefix, regions: &[Region]) -> Option<String> {
    let looked: Vec<(&str, &Learned)> = regions
        .iter()
        .filter_map(|region| Some((region.name.as_str(), region.learned.as_ref()?)))
        .collect();
    if looked.len() < 2 {
        return None;
    }
    let mut by_length: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (name, learned) in &looked {
        let routes: Vec<&LearnedRoute> = learned
            .values()
            .flat_map(|routes| of(prefix, routes))
            .collect();
        if let Some(length) = routes.iter().map(|route| route.as_path.len()).min() {
            by_length.entry(length).or_default().push(name);
        }
    }
    let numbers =
        |length: usize| format!("{length} AS number{}", if length == 1 { "" } else { "s" });
    let mut groups = by_length.into_iter();
    let words = match (groups.next(), groups.next()) {
        (None, _) => "no region announces it, so clients do not reach it".to_owned(),
        (Some((_, names)), None) if names.len() == 1 => {
            format!(
                "only {} announces it, so clients reach that",
                names.join("")
            )
        }
        (Some((length, names)), None) => format!(
            "{} have equal AS paths ({}), so clients are spread over them (ECMP)",
            names.join(" and "),
            numbers(length)
        ),
        (Some((length, names)), Some((next, others))) => {
            let spread = if names.len() > 1 { " (ECMP)" } else { "" };
            let verb = if names.len() > 1 { "are" } else { "is" };
            format!(
                "{} {verb} preferred{spread}: {}, {} at {}",
                names.join(" and "),
                numbers(length),
                next,
                others.join(" and ")
            )
        }
    };
    Some(format!("{prefix}: {words}"))
}
