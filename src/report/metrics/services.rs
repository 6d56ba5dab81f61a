//! The families of services and of their routes.

use std::collections::BTreeMap;

use super::super::exposition::{Labels, Series, count, gauge};
use super::super::moment::Moment;
use super::super::status::shape::Damping;
use super::super::status::{Report, Route, Service};
use super::family::Family;
use crate::failure::Outcome;

pub const SERVICES: [Family; 11] = [
    Family::gauge(
        "haproxy_rhi_service_standing",
        "1 for the service's level or state in force, 0 for the others.",
        |report| report.status.services.iter().flat_map(standings).collect(),
    ),
    Family::gauge(
        "haproxy_rhi_service_level",
        "The level in force, from 0, the best; -1: none, or a takeover.",
        |report| {
            services(report, |service| {
                let level = service.level.and_then(|level| u32::try_from(level).ok());
                level.map_or(-1.0, f64::from)
            })
        },
    ),
    Family::gauge(
        "haproxy_rhi_service_last_change_timestamp_seconds",
        "When the service moved last, in seconds since 1970.",
        |report| services(report, |service| service.since.seconds()),
    ),
    Family::counter(
        "haproxy_rhi_service_transitions_total",
        "Moves of the service, by the level or state that they led to.",
        |report| report.status.services.iter().flat_map(moves).collect(),
    ),
    Family::gauge(
        "haproxy_rhi_service_unknown",
        "1 while the service's state is unknown.",
        |report| services(report, |it| gauge(it.outcome() == Outcome::Unknown)),
    ),
    Family::counter(
        "haproxy_rhi_service_unknown_seconds_total",
        "How long the service's state was unknown.",
        |report| {
            let all = report.status.services.iter();
            all.map(|service| (named(service), unknown(service, report.heartbeat)))
                .collect()
        },
    ),
    Family::gauge(
        "haproxy_rhi_service_kept_back",
        "1 while damping or the warm-up keeps the service back.",
        |report| {
            services(report, |service| {
                let pending = service.pending.as_ref();
                gauge(pending.is_some_and(|pending| pending.kept_back_until.is_some()))
            })
        },
    ),
    Family::gauge(
        "haproxy_rhi_service_drained",
        "1 while an operator drains the service.",
        |report| services(report, |service| gauge(service.drain.is_some())),
    ),
    Family::gauge(
        "haproxy_rhi_service_falls_remembered",
        "Falls that damping remembers.",
        |report| damped(report, |damping| f64::from(damping.falls)),
    ),
    Family::counter(
        "haproxy_rhi_service_flaps_absorbed_total",
        "Returns that damping suppressed: the service fell again before it was announced.",
        |report| damped(report, |damping| count(damping.absorbed)),
    ),
    Family::gauge(
        "haproxy_rhi_sibling_healthy",
        "1 where a sibling is known to be healthy; same_region: an NVA of this region.",
        |report| report.status.services.iter().flat_map(siblings).collect(),
    ),
];

pub const ROUTES: [Family; 2] = [
    Family::gauge(
        "haproxy_rhi_route_announced",
        "1 where ExaBGP acknowledged the route's announcement last.",
        |report| routes(report, announced),
    ),
    Family::gauge(
        "haproxy_rhi_route_differs",
        "1 while ExaBGP has not acknowledged the route as it should be.",
        |report| routes(report, |route| route.differs_since.is_some()),
    ),
];

fn named(service: &Service) -> Labels<'_> {
    vec![("service", (&service.name).into())]
}

fn with<'r>(service: &'r Service, label: &'static str, text: &'r str, value: f64) -> Series<'r> {
    let mut labels = named(service);
    labels.push((label, text.into()));
    (labels, value)
}

fn services(report: &Report, value: fn(&Service) -> f64) -> Vec<Series<'_>> {
    let all = report.status.services.iter();
    all.map(|service| (named(service), value(service)))
        .collect()
}

fn damped(report: &Report, value: fn(&Damping) -> f64) -> Vec<Series<'_>> {
    let all = report.status.services.iter();
    all.filter_map(|service| Some((named(service), value(service.damping.as_ref()?))))
        .collect()
}

fn standings(service: &Service) -> Vec<Series<'_>> {
    let own = service.standing.as_str();
    names(
        service,
        ["takeover", "last standing", "down", "not known yet", own],
    )
    .into_iter()
    .map(|name| with(service, "standing", name, gauge(name == own)))
    .collect()
}

/// A series for each standing from the start, also at 0: Prometheus sees no increase from an absent series to 1.
fn moves(service: &Service) -> Vec<Series<'_>> {
    let of = |to: &str| service.moves.get(to).copied().unwrap_or_default();
    let led = service.moves.keys().map(String::as_str);
    names(
        service,
        ["takeover", "last standing", "down"].into_iter().chain(led),
    )
    .into_iter()
    .map(|to| with(service, "to", to, count(of(to))))
    .collect()
}

/// The levels' names and the others, each once: a level may have the name of a state.
fn names<'r>(service: &'r Service, others: impl IntoIterator<Item = &'r str>) -> Vec<&'r str> {
    let levels = service.levels.iter().map(|level| level.name.as_str());
    let mut names: Vec<&str> = levels.collect();
    for other in others {
        if !names.contains(&other) {
            names.push(other);
        }
    }
    names
}

fn siblings(service: &Service) -> impl Iterator<Item = Series<'_>> {
    let siblings = service.siblings.iter();
    siblings.map(|one| {
        let (mut labels, healthy) = with(service, "sibling", &one.sibling, gauge(one.healthy));
        labels.extend(one.same_region.then(|| ("same_region", "yes".into())));
        (labels, healthy)
    })
}

/// Routes that differ only in their neighbors share a series, since a list of neighbors makes a long label: 1 where `is` is true
/// of any of them.
fn routes(report: &Report, is: fn(&Route) -> bool) -> Vec<Series<'_>> {
    let services = report.status.services.iter();
    let owned = services.flat_map(|service| {
        let routes = service.routes.iter();
        routes.map(|route| (service.name.as_str(), route))
    });
    let others = report.status.other_routes.iter().map(|route| ("", route));
    let mut routes: BTreeMap<(&str, &str, &str), bool> = BTreeMap::new();
    for (service, route) in owned.chain(others) {
        let path = route.path_information.as_deref().unwrap_or_default();
        *routes.entry((service, &route.prefix, path)).or_default() |= is(route);
    }
    let series = |((service, prefix, path), is)| (route_labels(service, prefix, path), gauge(is));
    routes.into_iter().map(series).collect()
}

fn route_labels<'r>(service: &'r str, prefix: &'r str, path: &'r str) -> Labels<'r> {
    let mut labels: Labels<'_> = vec![("service", service.into()), ("prefix", prefix.into())];
    if !path.is_empty() {
        labels.push(("path_information", path.into()));
    }
    labels
}

fn announced(route: &Route) -> bool {
    route
        .acknowledged
        .as_deref()
        .is_some_and(|command| command.contains("announce route "))
}

fn unknown(service: &Service, now: Moment) -> f64 {
    service.unknown_seconds
        + service
            .unknown
            .as_ref()
            .map_or(0.0, |unknown| now.since(unknown.since).max(0.0))
}
