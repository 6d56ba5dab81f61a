//! The families of the process itself, of HAProxy and of ExaBGP.

use super::super::exposition::{Series, count, gauge};
use super::super::status::Report;
use super::super::status::shape::{ExaBgp, Haproxy, Neighbor};
use super::family::{Family, one, some};

pub const PROCESS: [Family; 6] = [
    Family::gauge(
        "haproxy_rhi_build_info",
        "Always 1; the version of haproxy-rhi.",
        |report| versions([&report.status.process.version]),
    ),
    Family::gauge(
        "haproxy_rhi_start_time_seconds",
        "When the process started, in seconds since 1970.",
        |report| one(report.status.process.started.seconds()),
    ),
    Family::gauge(
        "haproxy_rhi_heartbeat_timestamp_seconds",
        "When this was written, in seconds since 1970; it is written every ten seconds.",
        |report| one(report.heartbeat.seconds()),
    ),
    Family::gauge(
        "haproxy_rhi_config_in_force",
        "1 where a configuration is in force.",
        |report| one(gauge(report.status.configuration.since.is_some())),
    ),
    Family::gauge(
        "haproxy_rhi_config_faulty",
        "1 where the configuration's file as it is now cannot be used.",
        |report| one(gauge(report.status.configuration.fault.is_some())),
    ),
    Family::gauge(
        "haproxy_rhi_config_last_reload_success_timestamp_seconds",
        "Since when the configuration is in force, in seconds since 1970.",
        |report| {
            some(
                report
                    .status
                    .configuration
                    .since
                    .map(|since| since.seconds()),
            )
        },
    ),
];

pub const HAPROXY: [Family; 5] = [
    Family::gauge(
        "haproxy_rhi_haproxy_state",
        "1 for the state in which HAProxy is, 0 for the others.",
        |report| {
            let states = ["readable", "gone", "unreadable"];
            let of = |haproxy: &Haproxy| {
                states.map(|state| {
                    (
                        vec![("state", state.into())],
                        gauge(state == haproxy.state.word()),
                    )
                })
            };
            report.status.haproxy.iter().flat_map(of).collect()
        },
    ),
    Family::gauge(
        "haproxy_rhi_haproxy_info",
        "Always 1; the version of the HAProxy that answered last.",
        |report| {
            versions(
                report
                    .status
                    .haproxy
                    .iter()
                    .flat_map(|haproxy| &haproxy.version),
            )
        },
    ),
    Family::counter(
        "haproxy_rhi_haproxy_reloads_total",
        "Reloads of HAProxy: another process answered, and no outage was seen.",
        |report| haproxy(report, |haproxy| Some(count(haproxy.reloads))),
    ),
    Family::counter(
        "haproxy_rhi_haproxy_restarts_total",
        "Restarts of HAProxy: another process answered after an outage.",
        |report| haproxy(report, |haproxy| Some(count(haproxy.restarts))),
    ),
    Family::gauge(
        "haproxy_rhi_haproxy_followed",
        "1 where the end of HAProxy's process is seen at once, 0 where the next poll sees it.",
        |report| haproxy(report, |haproxy| haproxy.followed.map(gauge)),
    ),
];

pub const EXABGP: [Family; 10] = [
    Family::gauge(
        "haproxy_rhi_exabgp_info",
        "Always 1; the version of ExaBGP.",
        |report| versions(&report.status.exabgp.version),
    ),
    Family::gauge(
        "haproxy_rhi_exabgp_answers",
        "0 while ExaBGP has not answered the last question.",
        |report| {
            exabgp(report, |it| {
                gauge(it.version.is_some() && it.silent_since.is_none())
            })
        },
    ),
    Family::gauge(
        "haproxy_rhi_exabgp_acknowledges",
        "1 where ExaBGP acknowledges commands; where it does not, a refused one goes unseen.",
        |report| exabgp(report, |it| gauge(it.acknowledges)),
    ),
    Family::counter(
        "haproxy_rhi_exabgp_commands_acknowledged_total",
        "Commands that ExaBGP took.",
        |report| exabgp(report, |it| count(it.acknowledged)),
    ),
    Family::counter(
        "haproxy_rhi_exabgp_commands_refused_total",
        "Commands that ExaBGP refused.",
        |report| exabgp(report, |it| count(it.refused)),
    ),
    Family::counter(
        "haproxy_rhi_exabgp_commands_unanswered_total",
        "Commands that ExaBGP did not answer.",
        |report| exabgp(report, |it| count(it.unanswered)),
    ),
    Family::counter(
        "haproxy_rhi_exabgp_routes_corrected_total",
        "Routes that ExaBGP held differently from what was sent, and that were sent again.",
        |report| exabgp(report, |it| count(it.corrected)),
    ),
    Family::gauge(
        "haproxy_rhi_neighbor_up",
        "1 where ExaBGP reported the neighbor's session as established.",
        |report| neighbors(report, |neighbor| Some(gauge(neighbor.up))),
    ),
    Family::gauge(
        "haproxy_rhi_neighbor_refuses_hold_time",
        "1 where the neighbor's sessions ended about 30 s after they came up, several in a row: it may not keep to hold-time 30.",
        |report| neighbors(report, |neighbor| Some(gauge(neighbor.refuses_hold_time))),
    ),
    Family::gauge(
        "haproxy_rhi_neighbor_last_change_timestamp_seconds",
        "When the neighbor's session was reported up or down last, in seconds since 1970.",
        |report| neighbors(report, |neighbor| Some(neighbor.since?.seconds())),
    ),
];

fn versions<'r>(versions: impl IntoIterator<Item = &'r String>) -> Vec<Series<'r>> {
    let series = |version: &'r String| (vec![("version", version.into())], 1.0);
    versions.into_iter().map(series).collect()
}

fn haproxy(report: &Report, value: fn(&Haproxy) -> Option<f64>) -> Vec<Series<'_>> {
    some(report.status.haproxy.as_ref().and_then(value))
}

fn exabgp(report: &Report, value: fn(&ExaBgp) -> f64) -> Vec<Series<'_>> {
    one(value(&report.status.exabgp))
}

fn neighbors<'r>(report: &'r Report, value: fn(&Neighbor) -> Option<f64>) -> Vec<Series<'r>> {
    let series =
        |one: &'r Neighbor| Some((vec![("neighbor", (&one.neighbor).into())], value(one)?));
    let neighbors = report.status.exabgp.neighbors.iter();
    neighbors.filter_map(series).collect()
}
