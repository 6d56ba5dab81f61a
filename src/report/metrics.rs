//! Metrics for Prometheus, in the text format that the node exporter's textfile collector reads. Pure.
//!
//! Every series has the label `process`: the name of the status file, since several processes may write beside each
//! other, and the collector refuses two series of the same name and labels.

use std::collections::BTreeMap;

use super::exposition::{Page, count, gauge};
use super::histogram::Histogram;
use super::moment::Moment;
use super::status::{Report, Route, Service};

/// Everything that is measured, as text.
pub fn metrics(process: &str, report: &Report, looks: &Histogram, decisions: &Histogram) -> String {
    let mut page = Page::new(process);
    page.process(report);
    page.haproxy(report);
    page.exabgp(report);
    page.services(report);
    page.routes(report);
    page.hooks(report);
    page.histogram(
        "haproxy_rhi_look_duration_seconds",
        "How long looks at HAProxy took, until the loop had the answer.",
        looks,
    );
    page.histogram(
        "haproxy_rhi_decision_duration_seconds",
        "How long it took from a look's answer until ExaBGP's pipe had what follows from it.",
        decisions,
    );
    page.done()
}

impl Page<'_> {
    fn process(&mut self, report: &Report) {
        let status = &report.status;
        self.family(
            "haproxy_rhi_build_info",
            "gauge",
            "Always 1; the version of haproxy-rhi.",
            [(vec![("version", status.process.version.as_str())], 1.0)],
        );
        self.one(
            "haproxy_rhi_start_time_seconds",
            "gauge",
            "When the process started, in seconds since 1970.",
            status.process.started.seconds(),
        );
        self.one(
            "haproxy_rhi_heartbeat_timestamp_seconds",
            "gauge",
            "When this was written, in seconds since 1970; it is written every few seconds.",
            report.heartbeat.seconds(),
        );
        self.one(
            "haproxy_rhi_config_in_force",
            "gauge",
            "1 where a configuration is in force.",
            gauge(status.configuration.since.is_some()),
        );
        self.one(
            "haproxy_rhi_config_faulty",
            "gauge",
            "1 where the configuration's file as it is now cannot be used.",
            gauge(status.configuration.fault.is_some()),
        );
        if let Some(since) = status.configuration.since {
            self.one(
                "haproxy_rhi_config_last_reload_success_timestamp_seconds",
                "gauge",
                "Since when the configuration is in force, in seconds since 1970.",
                since.seconds(),
            );
        }
    }

    fn haproxy(&mut self, report: &Report) {
        let Some(haproxy) = &report.status.haproxy else { return };
        self.family(
            "haproxy_rhi_haproxy_state",
            "gauge",
            "1 for the state in which HAProxy is, 0 for the others.",
            ["readable", "gone", "unreadable"]
                .map(|state| (vec![("state", state)], gauge(state == haproxy.state))),
        );
        self.family(
            "haproxy_rhi_haproxy_info",
            "gauge",
            "Always 1; the version of the HAProxy that answered last.",
            haproxy.version.iter().map(|version| (vec![("version", version.as_str())], 1.0)),
        );
        self.one(
            "haproxy_rhi_haproxy_reloads_total",
            "counter",
            "Other processes of HAProxy that answered, and nobody had seen it away.",
            count(haproxy.reloads),
        );
        self.one(
            "haproxy_rhi_haproxy_restarts_total",
            "counter",
            "Other processes of HAProxy that answered after it was gone.",
            count(haproxy.restarts),
        );
    }

    fn exabgp(&mut self, report: &Report) {
        let exabgp = &report.status.exabgp;
        self.family(
            "haproxy_rhi_exabgp_info",
            "gauge",
            "Always 1; the version of ExaBGP.",
            exabgp.version.iter().map(|version| (vec![("version", version.as_str())], 1.0)),
        );
        self.one(
            "haproxy_rhi_exabgp_answers",
            "gauge",
            "0 while ExaBGP is asked whether it is there, and has not answered.",
            gauge(exabgp.version.is_some() && exabgp.silent_since.is_none()),
        );
        self.one(
            "haproxy_rhi_exabgp_acknowledges",
            "gauge",
            "1 where ExaBGP acknowledges commands; where it does not, a refused one goes unseen.",
            gauge(exabgp.acknowledges),
        );
        for (name, help, value) in [
            ("acknowledged", "Commands that ExaBGP took.", exabgp.acknowledged),
            ("refused", "Commands that ExaBGP refused.", exabgp.refused),
            ("unanswered", "Commands that ExaBGP did not answer.", exabgp.unanswered),
        ] {
            self.one(&format!("haproxy_rhi_exabgp_commands_{name}_total"), "counter", help, count(value));
        }
        self.one(
            "haproxy_rhi_exabgp_routes_mended_total",
            "counter",
            "Routes that ExaBGP held otherwise than it was told, and that were said again.",
            count(exabgp.mended),
        );
        let neighbors =
            || exabgp.neighbors.iter().map(|one| (vec![("neighbor", one.neighbor.as_str())], one));
        self.family(
            "haproxy_rhi_neighbor_up",
            "gauge",
            "1 where ExaBGP reported the neighbor's session as established.",
            neighbors().map(|(labels, one)| (labels, gauge(one.up))),
        );
        self.family(
            "haproxy_rhi_neighbor_last_change_timestamp_seconds",
            "gauge",
            "When the neighbor's session was reported up or down last, in seconds since 1970.",
            neighbors().map(|(labels, one)| (labels, one.since.seconds())),
        );
    }

    fn services(&mut self, report: &Report) {
        let all = &report.status.services;
        let of = |value: fn(&Service) -> f64| {
            all.iter().map(move |service| (vec![("service", service.name.as_str())], value(service)))
        };
        let standings = all.iter().flat_map(|service| {
            let levels = service.levels.iter().map(|level| level.name.as_str());
            let mut names: Vec<&str> = levels.collect();
            for other in ["last standing", "down", "not known yet", service.standing.as_str()] {
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
            "The level in force, from 0, the best; -1: none.",
            of(|service| service.level.and_then(|level| u32::try_from(level).ok()).map_or(-1.0, f64::from)),
        );
        self.family(
            "haproxy_rhi_service_last_change_timestamp_seconds",
            "gauge",
            "When the service moved last, in seconds since 1970.",
            of(|service| service.since.seconds()),
        );
        let moves = all.iter().flat_map(|service| {
            let labels = |to| vec![("service", service.name.as_str()), ("to", to)];
            service.moves.iter().map(move |(to, moves)| (labels(to.as_str()), count(*moves)))
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
            "1 while it cannot be told what the service's state is.",
            of(|service| gauge(service.unknown.is_some() || service.standing == "not known yet")),
        );
        let now = report.heartbeat;
        self.family(
            "haproxy_rhi_service_unknown_seconds_total",
            "counter",
            "How long it could not be told what the service's state is.",
            all.iter().map(|service| (vec![("service", service.name.as_str())], unknown(service, now))),
        );
        let kept = |service: &Service| {
            service.pending.as_ref().is_some_and(|pending| pending.kept_back_until.is_some())
        };
        self.family(
            "haproxy_rhi_service_kept_back",
            "gauge",
            "1 while damping or the warm-up keeps the service back.",
            all.iter().map(|service| (vec![("service", service.name.as_str())], gauge(kept(service)))),
        );
        self.family(
            "haproxy_rhi_service_drained",
            "gauge",
            "1 while an operator drains the service.",
            of(|service| gauge(service.drain.is_some())),
        );
        let damped = || {
            all.iter().filter_map(|service| {
                Some((vec![("service", service.name.as_str())], service.damping.as_ref()?))
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
                (vec![("service", service.name.as_str()), ("sibling", name)], gauge(sibling.healthy))
            })
        });
        self.family(
            "haproxy_rhi_sibling_healthy",
            "gauge",
            "1 where another region is known to be healthy.",
            siblings,
        );
    }

    fn routes(&mut self, report: &Report) {
        let services = report.status.services.iter();
        let owned =
            services.flat_map(|service| service.routes.iter().map(|one| (service.name.as_str(), one)));
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

    fn hooks(&mut self, report: &Report) {
        let hooks = &report.status.hooks;
        let labels: Vec<String> = hooks.iter().map(|hook| hook.argv.join(" ")).collect();
        for (name, help, value) in [
            ("runs", "Runs of the hook.", (|hook| hook.runs) as fn(&super::status::Hook) -> u64),
            ("failures", "Runs of the hook that did not end with status 0.", |hook| hook.failed),
            ("dropped", "Transitions that the hook was not told.", |hook| hook.dropped),
        ] {
            let series = hooks
                .iter()
                .zip(&labels)
                .map(|(hook, label)| (vec![("hook", label.as_str())], count(value(hook))));
            self.family(&format!("haproxy_rhi_hook_{name}_total"), "counter", help, series);
        }
    }
}

fn announced(route: &Route) -> bool {
    route.acknowledged.as_deref().is_some_and(|command| command.contains("announce route "))
}

fn unknown(service: &Service, now: Moment) -> f64 {
    service.unknown_seconds
        + service.unknown.as_ref().map_or(0.0, |unknown| now.since(unknown.since).max(0.0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_series_stands_twice_and_every_family_has_its_help() {
        let mut report: Report = serde_json::from_str(include_str!("status/sample.json")).unwrap();
        // A level may have the name of a state, and another service routes of the same prefix.
        report.status.services[0].levels[1].name = "down".to_owned();
        let again = report.status.services[1].routes[0].clone();
        report.status.services[1].routes.push(Route { neighbors: Vec::new(), ..again });
        report.status.services[0].name = "a \"quoted\\\nname".to_owned();
        let text = metrics("p", &report, &Histogram::default(), &Histogram::default());
        let (mut series, mut families) = (BTreeSet::new(), BTreeSet::new());
        for line in text.lines() {
            match line.strip_prefix("# HELP ") {
                Some(help) => assert!(families.insert(help.split(' ').next().unwrap()), "{line}"),
                None if line.starts_with('#') => {}
                None => assert!(series.insert(line.rsplit_once(' ').unwrap().0), "{line}"),
            }
        }
        assert!(series.len() > 60, "{text}");
        assert!(text.contains(r#"service="a \"quoted\\\nname",standing="down"} 1"#), "{text}");
        assert!(text.contains("haproxy_rhi_route_differs{process=\"p\",service=\"api\",prefix=\"2001:db8::9/128\",path_information=\"0.0.0.5\"} 1\n"), "{text}");
        assert!(
            text.contains("haproxy_rhi_look_duration_seconds_bucket{process=\"p\",le=\"0.00005\"} 0\n"),
            "{text}"
        );
    }
}
