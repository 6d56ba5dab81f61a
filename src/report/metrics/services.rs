//! The families of services and of their routes.

use std::collections::BTreeMap;

use super::super::exposition::{Page, count, gauge};
use super::super::moment::Moment;
use super::super::status::{Report, Route, Service};

impl Page<'_> {
    pub(super) fn services(&mut self, report: &Report) {
        let all = &report.status.services;
        let of = |value: fn(&Service) -> f64| {
            all.iter()
                .map(move |service| (vec![("service", service.name.as_str())], value(service)))
        };
        let standings = all.iter().flat_map(|service| {
            let levels = service.levels.iter().map(|level| level.name.as_str());
            let mut names: Vec<&str> = levels.collect();
            for other in [
                "takeover",
                "last standing",
                "down",
                "not known yet",
                service.standing.as_str(),
            ] {
                // A level may have the name of a state.
                if !names.contains(&other) {
                    names.push(other);
                }
            }
            names.into_iter().map(move |name| {
                (
                    vec![("service", service.name.as_str()), ("standing", name)],
                    gauge(name == service.standing),
                )
            })
        });
        self.family(
            "haproxy_rhi_service_standing",
            "gauge",
            "1 for the service's level or state in force, 0 for the others.",
            standings,
        );
        self.family(
            "haproxy_rhi_service_level",
            "gauge",
            "The level in force, from 0, the best; -1: none, or a takeover.",
            of(|service| {
                service
                    .level
                    .and_then(|level| u32::try_from(level).ok())
                    .map_or(-1.0, f64::from)
            }),
        );
        self.family(
            "haproxy_rhi_service_last_change_timestamp_seconds",
            "gauge",
            "When the service moved last, in seconds since 1970.",
            of(|service| service.since.seconds()),
        );
        let moves = all.iter().flat_map(|service| {
            let labels = |to| vec![("service", service.name.as_str()), ("to", to)];
            service
                .moves
                .iter()
                .map(move |(to, moves)| (labels(to.as_str()), count(*moves)))
        });
        self.family(
            "haproxy_rhi_service_transitions_total",
            "counter",
            "Moves of the service, by the level or state that they led to.",
            moves,
        );
        self.family(
            "haproxy_rhi_service_unknown",
            "gauge",
            "1 while the service's state is unknown.",
            of(|service| gauge(service.unknown.is_some() || service.standing == "not known yet")),
        );
        let now = report.heartbeat;
        self.family(
            "haproxy_rhi_service_unknown_seconds_total",
            "counter",
            "How long the service's state was unknown.",
            all.iter().map(|service| {
                (
                    vec![("service", service.name.as_str())],
                    unknown(service, now),
                )
            }),
        );
        let kept = |service: &Service| {
            service
                .pending
                .as_ref()
                .is_some_and(|pending| pending.kept_back_until.is_some())
        };
        self.family(
            "haproxy_rhi_service_kept_back",
            "gauge",
            "1 while damping or the warm-up keeps the service back.",
            all.iter().map(|service| {
                (
                    vec![("service", service.name.as_str())],
                    gauge(kept(service)),
                )
            }),
        );
        self.family(
            "haproxy_rhi_service_drained",
            "gauge",
            "1 while an operator drains the service.",
            of(|service| gauge(service.drain.is_some())),
        );
        let damped = || {
            all.iter().filter_map(|service| {
                Some((
                    vec![("service", service.name.as_str())],
                    service.damping.as_ref()?,
                ))
            })
        };
        self.family(
            "haproxy_rhi_service_falls_remembered",
            "gauge",
            "Falls that damping remembers.",
            damped().map(|(labels, damping)| (labels, f64::from(damping.falls))),
        );
        self.family(
            "haproxy_rhi_service_flaps_absorbed_total",
            "counter",
            "Returns that damping kept the service back from, because it fell again before.",
            damped().map(|(labels, damping)| (labels, count(damping.absorbed))),
        );
        let siblings = all.iter().flat_map(|service| {
            service.siblings.iter().map(|sibling| {
                let name = sibling.sibling.as_str();
                let mut labels = vec![("service", service.name.as_str()), ("sibling", name)];
                labels.extend(sibling.same_region.then_some(("same_region", "yes")));
                (labels, gauge(sibling.healthy))
            })
        });
        self.family(
            "haproxy_rhi_sibling_healthy",
            "gauge",
            "1 where another region's NVA is known to be healthy, or another one of this region (same_region).",
            siblings,
        );
    }

    pub(super) fn routes(&mut self, report: &Report) {
        let services = report.status.services.iter();
        let owned = services.flat_map(|service| {
            service
                .routes
                .iter()
                .map(|one| (service.name.as_str(), one))
        });
        let others = report.status.other_routes.iter().map(|route| ("", route));
        // A route is told from another by its neighbors too, which would make long labels: the worst of them counts.
        let mut routes: BTreeMap<(&str, &str, &str), (bool, bool)> = BTreeMap::new();
        for (service, route) in owned.chain(others) {
            let path = route.path_information.as_deref().unwrap_or_default();
            let entry = routes.entry((service, &route.prefix, path)).or_default();
            entry.0 |= announced(route);
            entry.1 |= route.differs_since.is_some();
        }
        let series = |pick: fn(&(bool, bool)) -> bool| {
            routes.iter().map(move |((service, prefix, path), state)| {
                let mut labels = vec![("service", *service), ("prefix", *prefix)];
                if !path.is_empty() {
                    labels.push(("path_information", *path));
                }
                (labels, gauge(pick(state)))
            })
        };
        self.family(
            "haproxy_rhi_route_announced",
            "gauge",
            "1 where ExaBGP acknowledged the route's announcement last.",
            series(|state| state.0),
        );
        self.family(
            "haproxy_rhi_route_differs",
            "gauge",
            "1 while ExaBGP has not acknowledged the route as it should be.",
            series(|state| state.1),
        );
    }
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
