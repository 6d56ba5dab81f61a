//! Metrics for Prometheus, in the text format that the node exporter's textfile collector reads. Pure.
//!
//! Every series has the label `process`: the name of the status file, since several processes may write beside each
//! other, and the collector refuses two series of the same name and labels.

mod services;

use super::exposition::{Page, count, gauge};
use super::histogram::Histogram;
use super::status::{Means, Report};

/// Everything that is measured, as text.
pub fn metrics(process: &str, report: &Report, looks: &Histogram, decisions: &Histogram) -> String {
    let mut page = Page::new(process);
    page.process(report);
    page.haproxy(report);
    page.exabgp(report);
    page.services(report);
    page.routes(report);
    page.hooks(report);
    page.means(report);
    page.histogram(
        "haproxy_rhi_look_duration_seconds",
        "How long looks at HAProxy took, from the question to the answer.",
        looks,
    );
    page.histogram(
        "haproxy_rhi_decision_duration_seconds",
        "Time from HAProxy's answer until the commands were written to ExaBGP.",
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
            "When this was written, in seconds since 1970; it is written every ten seconds.",
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
        let Some(haproxy) = &report.status.haproxy else {
            return;
        };
        self.family(
            "haproxy_rhi_haproxy_state",
            "gauge",
            "1 for the state in which HAProxy is, 0 for the others.",
            ["readable", "gone", "unreadable"]
                .map(|state| (vec![("state", state)], gauge(state == haproxy.state.word()))),
        );
        self.family(
            "haproxy_rhi_haproxy_info",
            "gauge",
            "Always 1; the version of the HAProxy that answered last.",
            haproxy
                .version
                .iter()
                .map(|version| (vec![("version", version.as_str())], 1.0)),
        );
        self.one(
            "haproxy_rhi_haproxy_reloads_total",
            "counter",
            "Reloads of HAProxy: another process answered, and no outage was seen.",
            count(haproxy.reloads),
        );
        self.one(
            "haproxy_rhi_haproxy_restarts_total",
            "counter",
            "Restarts of HAProxy: another process answered after an outage.",
            count(haproxy.restarts),
        );
        if let Some(followed) = haproxy.followed {
            self.one(
                "haproxy_rhi_haproxy_followed",
                "gauge",
                "1 where the end of HAProxy's process is seen at once, 0 where the next poll sees it.",
                gauge(followed),
            );
        }
    }

    fn exabgp(&mut self, report: &Report) {
        let exabgp = &report.status.exabgp;
        self.family(
            "haproxy_rhi_exabgp_info",
            "gauge",
            "Always 1; the version of ExaBGP.",
            exabgp
                .version
                .iter()
                .map(|version| (vec![("version", version.as_str())], 1.0)),
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
            (
                "acknowledged",
                "Commands that ExaBGP took.",
                exabgp.acknowledged,
            ),
            ("refused", "Commands that ExaBGP refused.", exabgp.refused),
            (
                "unanswered",
                "Commands that ExaBGP did not answer.",
                exabgp.unanswered,
            ),
        ] {
            self.one(
                &format!("haproxy_rhi_exabgp_commands_{name}_total"),
                "counter",
                help,
                count(value),
            );
        }
        self.one(
            "haproxy_rhi_exabgp_routes_corrected_total",
            "counter",
            "Routes that ExaBGP held differently from what was sent, and that were sent again.",
            count(exabgp.corrected),
        );
        let neighbors = || {
            exabgp
                .neighbors
                .iter()
                .map(|one| (vec![("neighbor", one.neighbor.as_str())], one))
        };
        self.family(
            "haproxy_rhi_neighbor_up",
            "gauge",
            "1 where ExaBGP reported the neighbor's session as established.",
            neighbors().map(|(labels, one)| (labels, gauge(one.up))),
        );
        self.family(
            "haproxy_rhi_neighbor_refuses_hold_time",
            "gauge",
            "1 where the neighbor's sessions ended about 30 s after they came up, several in a row: it may not keep to hold-time 30.",
            neighbors().map(|(labels, one)| (labels, gauge(one.refuses_hold_time))),
        );
        self.family(
            "haproxy_rhi_neighbor_last_change_timestamp_seconds",
            "gauge",
            "When the neighbor's session was reported up or down last, in seconds since 1970.",
            neighbors().map(|(labels, one)| (labels, one.since.seconds())),
        );
    }

    fn hooks(&mut self, report: &Report) {
        let hooks = &report.status.hooks;
        let labels: Vec<String> = hooks.iter().map(|hook| hook.argv.join(" ")).collect();
        for (name, help, value) in [
            (
                "runs",
                "Runs of the hook.",
                (|hook| hook.runs) as fn(&super::status::Hook) -> u64,
            ),
            (
                "failures",
                "Runs of the hook that did not end with status 0.",
                |hook| hook.failed,
            ),
            (
                "dropped",
                "Moves of a service that the hook was not told of.",
                |hook| hook.dropped,
            ),
        ] {
            let series = hooks
                .iter()
                .zip(&labels)
                .map(|(hook, label)| (vec![("hook", label.as_str())], count(value(hook))));
            self.family(
                &format!("haproxy_rhi_hook_{name}_total"),
                "counter",
                help,
                series,
            );
        }
        let series = hooks.iter().zip(&labels);
        self.family(
            "haproxy_rhi_hook_works",
            "gauge",
            "0 where the hook's last run did not end with status 0.",
            series
                .map(|(hook, label)| (vec![("hook", label.as_str())], gauge(hook.fault.is_none()))),
        );
    }

    fn means(&mut self, report: &Report) {
        let all = || report.means.iter().map(|means| (labels(means), means));
        self.family(
            "haproxy_rhi_means_works",
            "gauge",
            "0 where something that haproxy-rhi works with does not work; of a sibling, where it is not healthy.",
            all().map(|(labels, means)| (labels, gauge(means.fault.is_none()))),
        );
        self.family(
            "haproxy_rhi_means_uses_total",
            "counter",
            "Events that came, settings of variables, files that were written.",
            all().filter_map(|(labels, means)| Some((labels, count(means.uses?)))),
        );
        self.family(
            "haproxy_rhi_means_last_use_timestamp_seconds",
            "gauge",
            "When that was the case last, or when a sibling was asked last, in seconds since 1970.",
            all().filter_map(|(labels, means)| Some((labels, means.last_use?.seconds()))),
        );
    }
}

fn labels(means: &Means) -> Vec<(&'static str, &str)> {
    vec![("means", &means.name), ("place", &means.place)]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::status::Route;
    use super::*;

    #[test]
    fn no_series_stands_twice_and_every_family_has_its_help() {
        let mut report: Report = serde_json::from_str(include_str!("status/sample.json")).unwrap();
        // A level may have the name of a state, and another service routes of the same prefix.
        report.status.services[0].levels[1].name = "down".to_owned();
        let again = report.status.services[1].routes[0].clone();
        report.status.services[1].routes.push(Route {
            neighbors: Vec::new(),
            ..again
        });
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
        assert!(
            text.contains(r#"service="a \"quoted\\\nname",standing="down"} 1"#),
            "{text}"
        );
        assert!(text.contains("haproxy_rhi_route_differs{process=\"p\",service=\"api\",prefix=\"2001:db8::9/128\",path_information=\"0.0.0.5\"} 1\n"), "{text}");
        assert!(
            text.contains(
                "haproxy_rhi_look_duration_seconds_bucket{process=\"p\",le=\"0.00005\"} 0\n"
            ),
            "{text}"
        );
    }
}
