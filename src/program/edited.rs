//! What an edit does to the routes, for the log: no change of health says it.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{Config, Service};
use crate::decide::Intent;
use crate::note::Notes;
use crate::route::{Neighbor, PathId, Prefix, Route, RouteKey};
use crate::value::Joined;

/// Of each service the routes that should be out.
pub(super) type ByService = BTreeMap<String, Routes>;
type Routes = BTreeMap<Prefix, Announced>;

/// A route that should be out.
#[derive(Debug)]
pub(super) struct Announced {
    /// The neighbors that it is for; empty: every neighbor.
    neighbors: BTreeSet<Neighbor>,
    path_information: Option<PathId>,
    /// Its address must be seen on this host first, unless it is out.
    waits: bool,
    route: Route,
}

/// The routes of a service that should be out.
pub(super) fn announced(
    service: &Service,
    intents: impl Iterator<Item = (RouteKey, Intent)>,
) -> Routes {
    let announced = intents.filter_map(|(key, intent)| match intent {
        Intent::Announce(route) => {
            let announced = Announced {
                neighbors: key.neighbors.into_iter().collect(),
                path_information: key.path_information,
                waits: service.require_address && key.prefix.host().is_some(),
                route,
            };
            Some((key.prefix, announced))
        }
        Intent::Withdraw | Intent::Leave => None,
    });
    announced.collect()
}

/// The prefixes that should not be out.
pub(super) fn withdrawn(intents: impl Iterator<Item = (RouteKey, Intent)>) -> BTreeSet<Prefix> {
    let withdrawn = intents.filter(|(_, intent)| *intent == Intent::Withdraw);
    withdrawn.map(|(key, _)| key.prefix).collect()
}

/// Logs the prefixes that no service has any more, or only one that withdraws them, and what is announced otherwise than before.
pub(super) fn note(
    before: &Config,
    after: &Config,
    (was, is): (&ByService, &ByService),
    withdrawn: &BTreeSet<Prefix>,
    notes: &mut Notes,
) {
    let now = prefixes(after);
    for service in &before.services {
        let all = service.prefixes.iter().map(|(prefix, _)| prefix);
        let gone = all.filter(|prefix| !now.contains(prefix)).few();
        if !gone.is_empty() {
            let name = &service.name;
            notes.info(format!(
                "service {name}: {gone} not configured any more, withdrawing"
            ));
        }
    }
    for (name, routes) in was {
        let lost = lost(name, routes, after, is).into_iter();
        let lost = lost.filter(|prefix| withdrawn.contains(prefix)).few();
        if !lost.is_empty() {
            notes.info(format!(
                "service {name}: edited, withdrawing {lost}: another service has it now, and does not announce it"
            ));
        }
    }
    for name in is.keys() {
        for (words, prefixes) in differing(name, (was, is)) {
            let prefixes = prefixes.into_iter().few();
            notes.info(format!(
                "service {name}: edited, announcing {prefixes} {words}"
            ));
        }
    }
}

/// What this service announced, and neither it has any more nor any other one announces.
fn lost<'was>(
    name: &str,
    routes: &'was Routes,
    after: &Config,
    is: &ByService,
) -> Vec<&'was Prefix> {
    let mut services = after.services.iter();
    let service = services.find(|service| service.name == name);
    let kept: BTreeSet<&Prefix> = service
        .into_iter()
        .flat_map(|service| service.prefixes.iter().map(|(prefix, _)| prefix))
        .chain(is.values().flat_map(BTreeMap::keys))
        .collect();
    let all = routes.keys();
    all.filter(|prefix| !kept.contains(prefix)).collect()
}

fn prefixes(config: &Config) -> BTreeSet<&Prefix> {
    let services = config.services.iter();
    let all = services.flat_map(|service| &service.prefixes);
    all.map(|(prefix, _)| prefix).collect()
}

/// How the routes of a service that was announced differ, and whose do so.
fn differing<'is>(
    name: &str,
    (was, is): (&ByService, &'is ByService),
) -> BTreeMap<String, Vec<&'is Prefix>> {
    let of_name = |all: &'is ByService| all.get(name).into_iter().flatten();
    let before = was.get(name).filter(|was| !was.is_empty());
    let mut differing = BTreeMap::<_, Vec<_>>::new();
    // What was not announced before is said by the change of health that announces it.
    for (prefix, after) in of_name(is).filter(|_| before.is_some()) {
        let words = match before.and_then(|before| before.get(prefix)) {
            Some(before) => difference(before, after),
            None => Some(added(left(prefix, (was, is)), after)),
        };
        if let Some(words) = words {
            differing.entry(words).or_default().push(prefix);
        }
    }
    differing
}

/// The route of a service that does not announce the prefix any more.
fn left<'was>(
    prefix: &Prefix,
    (was, is): (&'was ByService, &ByService),
) -> Option<&'was Announced> {
    let has = |all: &ByService, name| all.get(name).is_some_and(|one| one.contains_key(prefix));
    let mut left = was.iter().filter(|(name, _)| !has(is, *name));
    left.find_map(|(_, routes)| routes.get(prefix))
}

/// It is new to its service, and was another one's or nobody's.
fn added(before: Option<&Announced>, after: &Announced) -> String {
    match before.map(|before| difference(before, after)) {
        Some(Some(words)) => format!("too, {words}"),
        None if after.waits => "too, once its address is seen on this host".to_owned(),
        Some(None) | None => "too".to_owned(),
    }
}

fn difference(before: &Announced, after: &Announced) -> Option<String> {
    let next_hop = (after.route.next_hop != before.route.next_hop).then(|| {
        let (is, was) = (after.route.next_hop, before.route.next_hop);
        format!("with another next-hop ({is}, was {was})")
    });
    let neighbors = (after.neighbors != before.neighbors).then(|| {
        let (is, was) = (listed(&after.neighbors), listed(&before.neighbors));
        format!("to {is} (was {was})")
    });
    let path_information = (after.path_information != before.path_information)
        .then(|| "with another path-information".to_owned());
    let attributes = after.route.attributes.difference(&before.route.attributes);
    let all = [attributes, next_hop, path_information, neighbors];
    let all = all.into_iter().flatten();
    Some(all.joined(", ")).filter(|words| !words.is_empty())
}

fn listed(neighbors: &BTreeSet<Neighbor>) -> String {
    match neighbors.is_empty() {
        true => "every neighbor".to_owned(),
        false => neighbors.iter().joined(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use crate::decide::intents;
    use crate::standing::Standing;

    /// What the log says of an edit of these services, which are up.
    fn said(before: &str, after: &str) -> Vec<String> {
        said_while(before, after, |_| Standing::Level(0))
    }

    fn said_while(before: &str, after: &str, standing: fn(&str) -> Standing) -> Vec<String> {
        let [before, after] = [before, after]
            .map(|services| parse(&format!(r#"{{"services": {{{services}}}}}"#)).unwrap());
        let out = |config: &Config| -> ByService {
            let services = config.services.iter();
            let routes = |one: &Service| announced(one, intents(one, standing(&one.name), None));
            services
                .map(|one| (one.name.clone(), routes(one)))
                .collect()
        };
        let mut notes = Notes::default();
        let services = after.services.iter();
        let all = services.flat_map(|one| intents(one, standing(&one.name), None));
        let gone = withdrawn(all);
        let both = (&out(&before), &out(&after));
        note(&before, &after, both, &gone, &mut notes);
        notes.take().iter().map(ToString::to_string).collect()
    }

    fn service(name: &str, rest: &str) -> String {
        format!(
            r#""{name}": {{"next_hop": "192.0.2.1", "levels": [{{"name": "up", "when": {{"backend": {{"name": "b"}}}}}}], {rest}}}"#
        )
    }

    #[test]
    fn what_waits_for_its_address_is_not_said_to_be_announced() {
        let web = |rest: &str| service("web", rest);
        let [one, two] = [
            r#""prefixes": ["192.0.2.9/32"]"#,
            r#""prefixes": ["192.0.2.9/32", "192.0.2.10/32"]"#,
        ];
        let line = "info service web: edited, announcing 192.0.2.10/32 too";
        assert_eq!(
            said(&web(one), &web(two)),
            [format!("{line}, once its address is seen on this host")]
        );
        let anyway = |rest| web(&format!(r#"{rest}, "require_address": false"#));
        assert_eq!(said(&anyway(one), &anyway(two)), [line]);
    }

    #[test]
    fn neighbors_in_another_order_are_the_same_and_another_path_is_not() {
        let web = |rest: &str| service("web", &format!(r#""prefixes": ["192.0.2.9/32"], {rest}"#));
        let [one, other] = [
            r#"["192.0.2.4", "192.0.2.5"]"#,
            r#"["192.0.2.5", "192.0.2.4"]"#,
        ];
        let to = |neighbors| web(&format!(r#""neighbors": {neighbors}"#));
        assert_eq!(said(&to(one), &to(other)), [""; 0]);
        let path = |id| web(&format!(r#""path_information": "{id}""#));
        assert_eq!(
            said(&path(1), &path(2)),
            ["info service web: edited, announcing 192.0.2.9/32 with another path-information"]
        );
    }

    #[test]
    fn a_prefix_of_another_service_differs_from_what_that_announced() {
        let [one, two, three] = ["192.0.2.7/32", "192.0.2.8/32", "192.0.2.9/32"];
        let services = |web: &[&str], api: &[&str]| {
            let web = format!(r#""prefixes": {web:?}, "as_path": [65010]"#);
            let api = format!(r#""prefixes": {api:?}, "as_path": [65010, 65010]"#);
            format!("{}, {}", service("web", &web), service("api", &api))
        };
        assert_eq!(
            said(
                &services(&[one, two], &[three]),
                &services(&[one], &[two, three])
            ),
            [
                "info service api: edited, announcing 192.0.2.8/32 too, with a longer AS path (2, was 1)"
            ]
        );
    }

    #[test]
    fn a_prefix_that_a_service_has_now_which_is_down_is_withdrawn() {
        let [one, two] = ["192.0.2.8/32", "192.0.2.9/32"];
        let services = |web: &[&str], api: &[&str]| {
            let [web, api] = [web, api].map(|all| format!(r#""prefixes": {all:?}"#));
            format!("{}, {}", service("web", &web), service("api", &api))
        };
        let three = "192.0.2.10/32";
        let (before, after) = (
            services(&[one, two], &[three]),
            services(&[one], &[two, three]),
        );
        let line = "info service web: edited, withdrawing 192.0.2.9/32: another service has it now, and does not announce it";
        let said = said_while(&before, &after, |name| match name {
            "web" => Standing::Level(0),
            _ => Standing::Down,
        });
        assert_eq!(said, [line]);
    }
}
