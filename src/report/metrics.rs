//! Metrics for Prometheus, in the text format that the node exporter's textfile collector reads. Pure.
//!
//! Each family is a row of a table: its name, its help, and how a report becomes its series. Every series has the label `process`: the
//! name of the status file, since several processes may write beside each other, and the collector refuses two series of the same
//! name and labels.

mod family;
mod means;
mod process;
mod services;

use super::exposition::Page;
use super::histogram::Histogram;
use super::status::Report;
use family::Family;

/// All families, in their order; the histograms follow.
const TABLES: [&[Family]; 7] = [
    &process::PROCESS,
    &process::HAPROXY,
    &process::EXABGP,
    &services::SERVICES,
    &services::ROUTES,
    &means::HOOKS,
    &means::MEANS,
];

/// Everything that is measured, as text.
pub fn metrics(process: &str, report: &Report, looks: &Histogram, decisions: &Histogram) -> String {
    let mut page = Page::new(process);
    for family in TABLES.into_iter().flatten() {
        let series = (family.series)(report);
        page.family(family.name, family.kind, family.help, series);
    }
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
