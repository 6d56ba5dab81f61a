//! The outcome as metrics: for a timer that asks, and an alert that fires.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use super::compare::{Comparison, Row};
use crate::failure::{self, Failure, Outcome};
use crate::files;
use crate::report::moment::Moment;
use crate::report::{Labels, Page, Series, gauge};

/// Writes the metrics; `None`: nothing could be compared.
pub fn write(path: &Path, comparison: Option<&Comparison>) -> Result<(), Failure> {
    let text = text(comparison, Moment::now());
    let written = files::put(path, Some(0o644), |file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        failure::unknown(format!(
            "failed to write '{}': {}",
            path.display(),
            files::reason(&error)
        ))
    })
}

fn text(comparison: Option<&Comparison>, now: Moment) -> String {
    let mut page = Page::new("verify");
    page.family(
        "haproxy_rhi_verify_time_seconds",
        "gauge",
        "When routes were verified last, in Unix time",
        [(Vec::new(), now.seconds())],
    );
    page.family(
        "haproxy_rhi_verify_could_tell",
        "gauge",
        "Whether everything that was asked could be told",
        [(Vec::new(), gauge(comparison.is_some_and(can_tell)))],
    );
    page.family(
        "haproxy_rhi_verify_as_intended",
        "gauge",
        "Whether a route is at ExaBGP, or at an instance of the Route Server, as it is intended; absent where it cannot be told",
        series(comparison),
    );
    page.done()
}

fn can_tell(comparison: &Comparison) -> bool {
    comparison.outcome != Outcome::Unknown
}

/// Each series once, with the worst of the rows that share its labels.
fn series(comparison: Option<&Comparison>) -> Vec<Series<'_>> {
    let rows = comparison.iter().flat_map(|comparison| &comparison.rows);
    let mut worst: BTreeMap<Labels<'_>, Outcome> = BTreeMap::new();
    for (row, outcome) in rows.filter_map(|row| Some((row, row.agreement?))) {
        let known = worst.entry(labels(row)).or_insert(outcome);
        *known = outcome.max(*known);
    }
    let told = worst
        .into_iter()
        .filter(|(_, outcome)| *outcome != Outcome::Unknown);
    told.map(|(labels, outcome)| (labels, gauge(outcome == Outcome::Best)))
        .collect()
}

fn labels(row: &Row) -> Labels<'_> {
    vec![
        ("prefix", (&row.prefix).into()),
        ("region", (&row.region).into()),
        ("seen_by", (&row.seen_by).into()),
    ]
}
