//! The families of the hooks, and of what else the process works with.

use super::super::exposition::{Labels, Series, count, gauge};
use super::super::status::{Hook, Means, Report};
use super::family::Family;

pub const HOOKS: [Family; 4] = [
    Family::counter(
        "haproxy_rhi_hook_runs_total",
        "Runs of the hook.",
        |report| hooks(report, |hook| count(hook.runs)),
    ),
    Family::counter(
        "haproxy_rhi_hook_failures_total",
        "Runs of the hook that did not end with status 0.",
        |report| hooks(report, |hook| count(hook.failed)),
    ),
    Family::counter(
        "haproxy_rhi_hook_dropped_total",
        "Moves of a service that the hook was not told of.",
        |report| hooks(report, |hook| count(hook.dropped)),
    ),
    Family::gauge(
        "haproxy_rhi_hook_works",
        "0 where the hook's last run did not end with status 0.",
        |report| hooks(report, |hook| gauge(hook.fault.is_none())),
    ),
];

pub const MEANS: [Family; 3] = [
    Family::gauge(
        "haproxy_rhi_means_works",
        "0 where something that haproxy-rhi works with does not work; of a sibling, where it is not healthy.",
        |report| means(report, |means| Some(gauge(means.fault.is_none()))),
    ),
    Family::counter(
        "haproxy_rhi_means_uses_total",
        "Events that came, settings of variables, files that were written.",
        |report| means(report, |means| means.uses.map(count)),
    ),
    Family::gauge(
        "haproxy_rhi_means_last_use_timestamp_seconds",
        "When it was used last, or when a sibling was asked last, in seconds since 1970.",
        |report| means(report, |means| means.last_use.map(|at| at.seconds())),
    ),
];

fn hooks(report: &Report, value: fn(&Hook) -> f64) -> Vec<Series<'_>> {
    let hooks = report.status.hooks.iter();
    hooks
        .map(|hook| (vec![("hook", hook.argv.join(" ").into())], value(hook)))
        .collect()
}

fn means(report: &Report, value: fn(&Means) -> Option<f64>) -> Vec<Series<'_>> {
    let series = |one| Some((labels(one), value(one)?));
    report.means.iter().filter_map(series).collect()
}

fn labels(of: &Means) -> Labels<'_> {
    vec![("means", (&of.name).into()), ("place", (&of.place).into())]
}
