//! Compares what is intended with what was learned, and says which region clients reach. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::intended::{Holds, IntendedRoute, Intent};
use super::learned::{LearnedRoute, short};
use super::output::{Output, Said};
use super::own;
use crate::failure::Outcome;
use crate::report::status::{Out, Wire};
use crate::route::{Family, Prefix};
use crate::validate::is_private;
use crate::value::Joined;

/// A region, as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// What is intended there; `None`: unknown.
    pub intent: Option<Intent>,
    /// What its route server learned; `None`: no output was given.
    pub learned: Option<Output>,
}

impl Region {
    /// Adds an intent.
    pub fn intend(&mut self, intent: &Intent) {
        match &mut self.intent {
            Some(known) => known.join(intent.clone()),
            None => self.intent = Some(intent.clone()),
        }
    }
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
    /// Whether it is as intended; `None`: the row is the intent itself, the intent is unknown, or the process is gone that told.
    pub agreement: Option<Outcome>,
    /// In words.
    pub words: String,
}

/// The comparison of all regions.
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
    /// Notes.
    pub notes: Vec<String>,
}

/// Compares all regions.
pub fn compare(regions: &[Region]) -> Comparison {
    let regions: &[Region] = &regions.iter().map(own).collect::<Vec<_>>();
    let mut comparison = Comparison {
        outcome: Outcome::Best,
        rows: Vec::new(),
        problems: Vec::new(),
        preferences: Vec::new(),
        notes: Vec::new(),
    };
    let intended = || regions.iter().filter_map(|region| region.intent.as_ref());
    let routes = intended().flat_map(|intent| &intent.routes);
    let mut prefixes: BTreeSet<Prefix> = routes.map(|route| route.prefix).collect();
    let has_intent = intended().next().is_some();
    if !has_intent {
        prefixes = seen(regions)
            .filter_map(|route| route.network.parse().ok())
            .collect();
        comparison
            .cannot_tell("it is not known what is intended, so only the instances are compared");
    }
    comparison.doubt(regions);
    for prefix in &prefixes {
        for region in regions {
            comparison.of_region(*prefix, region);
        }
        comparison.preferences.extend(preference(*prefix, regions));
    }
    // A difference is certain, even where an intent is unknown.
    if has_intent && comparison.outcome != Outcome::Worse {
        for Region { name, .. } in regions.iter().filter(|region| region.intent.is_none()) {
            comparison.cannot_tell(format!(
                "{name}: it is not known what is intended there; add --config {name}=FILE"
            ));
        }
    }
    comparison.note(regions, &prefixes);
    comparison
}

/// A region with the routes of its own NVA.
fn own(region: &Region) -> Region {
    let output = region.learned.as_ref();
    Region {
        learned: output.map(|output| own::only(region.intent.as_ref(), output)),
        ..region.clone()
    }
}

/// Every route that was learned.
fn seen(regions: &[Region]) -> impl Iterator<Item = &LearnedRoute> {
    let learned = regions.iter().filter_map(|region| region.learned.as_ref());
    learned.flat_map(|output| output.learned.values().flatten())
}

fn is_default(route: &LearnedRoute) -> bool {
    matches!(route.network.as_str(), "0.0.0.0/0" | "::/0")
}

/// The most strange prefixes that are named.
const MOST: usize = 10;

/// The first of them, and how many there are.
fn first(prefixes: &BTreeSet<&String>) -> String {
    let shown = prefixes.iter().take(MOST).joined(", ");
    match prefixes.len() {
        all if all > MOST => format!("{shown}, … ({all} prefixes)"),
        _ => shown,
    }
}

/// Whether a region's output is Azure's.
fn of_azure(region: &&Region) -> bool {
    let output = region.learned.as_ref();
    output.is_some_and(|output| output.said == Said::Peering)
}

impl Comparison {
    /// Adds a problem that makes the outcome unknown.
    pub fn cannot_tell(&mut self, what: impl Into<String>) {
        self.outcome = Outcome::Unknown;
        self.problems.push(what.into());
    }

    /// Adds the doubts, faults and notes of each region.
    fn doubt(&mut self, regions: &[Region]) {
        for Region {
            name,
            intent,
            learned,
        } in regions
        {
            for doubt in intent.iter().flat_map(|intent| &intent.doubts) {
                self.cannot_tell(format!("{name}: {doubt}"));
            }
            let Some(output) = learned else { continue };
            if output.said == Said::Peering && output.learned.len() < 2 {
                let known = output.learned.keys().map(|key| short(key)).joined(", ");
                self.cannot_tell(format!(
                    "{name}: only {known} is there, and a Route Server has two instances"
                ));
            }
            for doubt in &output.doubts {
                self.cannot_tell(format!("{name}: {doubt}"));
            }
            let own_routes = matches!(output.said, Said::Peering | Said::Session);
            let by_default = output.learned.iter().filter(|_| own_routes);
            for (by, route) in by_default.flat_map(|(by, all)| all.iter().map(move |one| (by, one)))
            {
                if is_default(route) {
                    self.outcome = self.outcome.max(Outcome::Worse);
                    self.problems.push(format!(
                        "{name}: {} at {}: a default route from this NVA captures the NVA's own traffic, and everybody else's; withdraw it",
                        route.network, short(by)
                    ));
                }
            }
            for fault in &output.faults {
                self.outcome = self.outcome.max(Outcome::Worse);
                self.problems.push(format!("{name}: {fault}"));
            }
            let words = output.words.iter();
            self.notes
                .extend(words.map(|words| format!("{name}: {words}")));
        }
    }

    /// Notes on private AS numbers and on routes of no service.
    fn note(&mut self, regions: &[Region], prefixes: &BTreeSet<Prefix>) {
        let is_compared = |route: &&LearnedRoute| {
            route
                .network
                .parse()
                .is_ok_and(|prefix: Prefix| prefixes.contains(&prefix))
        };
        let is_stripped = |route: &LearnedRoute| {
            route.as_path.len() > 1 && route.as_path.iter().copied().all(is_private)
        };
        let azure: Vec<Region> = regions.iter().filter(of_azure).cloned().collect();
        if azure.len() > 1 && seen(&azure).filter(is_compared).any(is_stripped) {
            self.notes.push(
                "Microsoft strips private AS numbers towards on-premises, which sees which path is longer only inside one ExpressRoute circuit".to_owned(),
            );
        }
        let others = seen(regions).filter(|route| !is_compared(route) && !is_default(route));
        let others: BTreeSet<&String> = others.map(|route| &route.network).collect();
        if !others.is_empty() {
            let list = first(&others);
            self.notes
                .push(format!("also learned, and of no service: {list}"));
        }
    }

    fn push(&mut self, row: Row, agreement: Option<Outcome>, words: String) {
        if let Some(outcome) = agreement.filter(|outcome| *outcome != Outcome::Best) {
            self.outcome = self.outcome.max(outcome);
            self.problems.push(format!(
                "{}: {} at {}: {words}",
                row.region, row.prefix, row.seen_by
            ));
        }
        self.rows.push(Row {
            agreement,
            words,
            ..row
        });
    }

    fn of_region(&mut self, prefix: Prefix, region: &Region) {
        let mut routes = region.intent.iter().flat_map(|intent| &intent.routes);
        let intended = routes.find(|route| route.prefix == prefix);
        if let Some(route) = intended {
            let row = row(prefix, region, "intended", Out::wire(route.wanted.as_ref()));
            let unknown = route.wanted.is_none().then_some(Outcome::Unknown);
            self.push(row, unknown, route.words());
        }
        if let Some(held) = intended.and_then(|route| route.held.as_ref()) {
            let row = row(prefix, region, "ExaBGP", Out::wire(held.out.as_ref()));
            // What a router has of it tells more.
            let (outcome, words) = match &held.state {
                Holds::Otherwise(words) => (Some(Outcome::Worse), words.as_str()),
                Holds::Untold(words) if region.learned.is_none() => {
                    (Some(Outcome::Unknown), words.as_str())
                }
                Holds::Untold(_) | Holds::AsIntended => (Some(Outcome::Best), AS_INTENDED),
                // The doubt in the process is said once.
                Holds::Past => (None, "as it was told last"),
            };
            self.push(row, outcome, words.to_owned());
        }
        if let Some(output) = &region.learned {
            self.of_learned(prefix, region, intended, output);
        }
    }

    fn of_learned(
        &mut self,
        prefix: Prefix,
        region: &Region,
        intended: Option<&IntendedRoute>,
        output: &Output,
    ) {
        let (said, learned) = (output.said, &output.learned);
        let others = of(prefix, &output.others);
        let all: Vec<Vec<&LearnedRoute>> =
            learned.values().map(|routes| of(prefix, routes)).collect();
        for ((instance, routes), found) in learned.iter().zip(&all) {
            let local = routes.iter().find_map(|route| route.local_address);
            let differ =
                || said == Said::Peering && all.iter().any(|other| wires(other) != wires(found));
            let (agreement, words) = match intended {
                Some(route) if said != Said::Peering || is_for(route, local) => {
                    judged(said, route, found, &others)
                }
                Some(_) if found.is_empty() => {
                    (Some(Outcome::Best), "not for this Route Server".to_owned())
                }
                Some(_) => (
                    Some(Outcome::Worse),
                    "not meant for this neighbor".to_owned(),
                ),
                // The intent is unknown: both instances must at least have the same.
                None if differ() => (Some(Outcome::Worse), "the instances differ".to_owned()),
                None if found.is_empty() => (None, "not there".to_owned()),
                None => (None, String::new()),
            };
            let wires = found.iter().map(|route| Wire {
                next_hop: route.next_hop,
                as_path: Some(route.as_path.clone()),
            });
            let mut wires: Vec<Option<Wire>> = wires.map(Some).collect();
            if wires.is_empty() {
                wires.push(None);
            }
            for wire in wires {
                let mut row = row(prefix, region, short(instance), wire.as_ref());
                row.next_hop = row.next_hop.filter(|_| said != Said::Session);
                self.push(row, agreement, words.clone());
            }
        }
    }
}

const AS_INTENDED: &str = "as intended";

/// A row, before its agreement is known.
fn row(prefix: Prefix, region: &Region, seen_by: &str, wire: Option<&Wire>) -> Row {
    let hop = |wire: &Wire| {
        wire.next_hop
            .map_or("self".to_owned(), |hop| hop.to_string())
    };
    let path = |wire: &Wire| {
        wire.as_path
            .as_deref()
            .map_or("(local-as)".to_owned(), blanks)
    };
    Row {
        prefix: prefix.to_string(),
        region: region.name.clone(),
        seen_by: seen_by.to_owned(),
        next_hop: wire.map(hop),
        as_path: wire.map(path),
        agreement: None,
        words: String::new(),
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

fn judged(
    said: Said,
    intended: &IntendedRoute,
    found: &[&LearnedRoute],
    others: &[&LearnedRoute],
) -> (Option<Outcome>, String) {
    let differs = |what: String| (Some(Outcome::Worse), what);
    let unknown = |what: &str| (Some(Outcome::Unknown), what.to_owned());
    let is_whole = matches!(said, Said::Database | Said::BestRoutes);
    match (&intended.wanted, found) {
        (None, _) => (
            Some(Outcome::Unknown),
            "it is not known yet what is intended".to_owned(),
        ),
        (Some(Out::Withdrawn), []) => (Some(Outcome::Best), AS_INTENDED.to_owned()),
        (Some(Out::Withdrawn), _) if is_whole && intended.next_hop.is_none() => {
            unknown("there, of this NVA or of another one; name the next hop with --config")
        }
        (Some(Out::Withdrawn), _) => differs("still there, and should be withdrawn".to_owned()),
        (Some(Out::Announced(_)), []) if said == Said::BestRoutes && !others.is_empty() => {
            unknown("another next hop is preferred; ask list-bgp-routes of this NVA's session")
        }
        (Some(Out::Announced(_)), []) => differs("not there".to_owned()),
        (Some(Out::Announced(wire)), [route]) => {
            let mut faults = Vec::new();
            let next_hop = wire.next_hop.or(route.source_peer);
            if next_hop.is_some() && route.next_hop != next_hop && said != Said::Session {
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
            faults.extend(route.fault.clone());
            if faults.is_empty() {
                (Some(Outcome::Best), AS_INTENDED.to_owned())
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

/// The NVAs that announce the prefix: the names of the outputs that show its route, and the length of its AS path. An NVA that
/// is a neighbor of both hubs' Route Servers is in two outputs.
fn by_nva<'a>(prefix: Prefix, looked: &[(&'a str, &Output)]) -> Vec<(Vec<&'a str>, usize)> {
    let mut nvas: Vec<(Option<IpAddr>, Vec<&str>, usize)> = Vec::new();
    for (name, output) in looked {
        let routes = || {
            output
                .learned
                .values()
                .flat_map(|routes| of(prefix, routes))
        };
        let Some(length) = routes().map(|route| route.as_path.len()).min() else {
            continue;
        };
        let peer = routes().find_map(|route| route.source_peer);
        match nvas
            .iter_mut()
            .find(|(known, ..)| known.is_some() && *known == peer)
        {
            Some((_, names, shortest)) => {
                names.push(name);
                *shortest = length.min(*shortest);
            }
            None => nvas.push((peer, vec![name], length)),
        }
    }
    nvas.into_iter()
        .map(|(_, names, length)| (names, length))
        .collect()
}

/// Whether all outputs show one NVA: then there is no preference.
fn is_one_nva(prefix: Prefix, looked: &[(&str, &Output)]) -> bool {
    let nvas = by_nva(prefix, looked);
    matches!(nvas.as_slice(), [(names, _)] if names.len() == looked.len())
}

/// Which region clients reach, where several were looked at: the shortest AS path wins, equal ones share.
fn preference(prefix: Prefix, regions: &[Region]) -> Option<String> {
    let looked: Vec<(&str, &Output)> = regions
        .iter()
        .filter(of_azure)
        .filter_map(|region| Some((region.name.as_str(), region.learned.as_ref()?)))
        .collect();
    if looked.len() < 2 || is_one_nva(prefix, &looked) {
        return None;
    }
    let mut by_length: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (names, length) in by_nva(prefix, &looked) {
        by_length.entry(length).or_default().push(names.join("/"));
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
