//! What was scraped: series, each with its value at every scrape.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Between two scrapes, in seconds.
pub const SCRAPE: u64 = 15;

/// Series by their name and labels, as Prometheus writes them.
#[derive(Debug, Default)]
pub struct Scraped {
    series: BTreeMap<String, Vec<Option<String>>>,
    scrapes: usize,
}

impl Scraped {
    /// Another scrape of all instances begins.
    pub fn begin(&mut self) {
        self.scrapes += 1;
    }

    /// A file of the textfile collector's, as Prometheus has it from this instance.
    pub fn add(&mut self, instance: &str, page: &str) {
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, value)) = line.rsplit_once(' ') else {
                continue;
            };
            let values = self.series.entry(labelled(name, instance)).or_default();
            values.resize(self.scrapes, None);
            if let Some(last) = values.last_mut() {
                *last = Some(value.to_owned());
            }
        }
    }

    fn values<'s>(
        &'s self,
        values: &'s [Option<String>],
    ) -> impl Iterator<Item = Option<&'s String>> {
        (0..self.scrapes).map(|scrape| values.get(scrape).and_then(Option::as_ref))
    }

    /// In OpenMetrics, for `promtool tsdb create-blocks-from openmetrics`.
    pub fn open_metrics(&self, begin: u64) -> String {
        let mut text = String::new();
        for (name, values) in &self.series {
            for (scrape, value) in self.values(values).enumerate() {
                let at = begin + scrape as u64 * SCRAPE;
                if let Some(value) = value {
                    let _ = writeln!(text, "{name} {value} {at}");
                }
            }
        }
        text + "# EOF\n"
    }

    /// As `input_series` of `promtool test rules`, whose day begins in 1970: those whose name `is_asked`.
    pub fn input_series(&self, begin: u64, is_asked: impl Fn(&str) -> bool) -> String {
        let mut text = String::new();
        for (name, values) in &self.series {
            let family = name.split('{').next().unwrap_or_default();
            if !is_asked(family) {
                continue;
            }
            let is_time = family.ends_with("time_seconds") || family.ends_with("timestamp_seconds");
            let values = self.values(values).map(|value| match value {
                Some(value) if is_time => dated(value, begin),
                Some(value) => value.clone(),
                None => "_".to_owned(),
            });
            let values = shortened(&values.collect::<Vec<_>>());
            let _ = writeln!(text, "      - series: '{name}'\n        values: '{values}'");
        }
        text
    }
}

fn labelled(name: &str, instance: &str) -> String {
    let (family, labels) = name.split_once('{').unwrap_or((name, "}"));
    let comma = if labels == "}" { "" } else { "," };
    format!("{family}{{instance=\"{instance}\",job=\"node\"{comma}{labels}")
}

fn dated(value: &str, begin: u64) -> String {
    let value: f64 = value.parse().unwrap_or(f64::NAN);
    (value - begin as f64).to_string()
}

/// What comes again and again is written once; what ends is stale, as a scrape makes it.
fn shortened(values: &[String]) -> String {
    let mut text = String::new();
    let mut before = "_";
    for run in values.chunk_by(|one, other| one == other) {
        let (Some(value), again) = (run.first(), run.len() - 1) else {
            continue;
        };
        let _ = match (value.as_str(), before) {
            ("_", "_") => write!(text, "_x{} ", again + 1),
            ("_", _) if again == 0 => write!(text, "stale "),
            ("_", _) => write!(text, "stale _x{again} "),
            _ => write!(text, "{value}x{again} "),
        };
        before = value;
    }
    text.trim_end().to_owned()
}
