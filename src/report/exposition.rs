//! The text format of Prometheus: families with their help, series with their labels. Pure.

use std::borrow::Cow;
use std::fmt::Write;

use super::histogram::Histogram;

/// A series' labels; [`Page`] adds `process`.
pub type Labels<'text> = Vec<(&'static str, Cow<'text, str>)>;
/// One series: its labels, and its value.
pub type Series<'text> = (Labels<'text>, f64);

/// A text under construction; each series in it gets the label `process`.
#[derive(Debug)]
pub struct Page<'text> {
    process: &'text str,
    text: String,
}

/// 1 for true, 0 for false.
pub fn gauge(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

/// A count as Prometheus keeps it: exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "Prometheus counts in doubles")]
pub fn count(value: u64) -> f64 {
    value as f64
}

impl<'process> Page<'process> {
    /// An empty page of this process.
    pub fn new(process: &'process str) -> Self {
        Self {
            process,
            text: String::new(),
        }
    }

    /// The finished text.
    pub fn done(self) -> String {
        self.text
    }

    /// Adds a family; one without series is left out.
    pub fn family<'text>(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        series: impl IntoIterator<Item = Series<'text>>,
    ) {
        let mut series = series.into_iter().peekable();
        if series.peek().is_none() {
            return;
        }
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in series {
            self.sample(name, &labels, value);
        }
    }

    fn sample(&mut self, name: &str, labels: &[(&str, Cow<'_, str>)], value: f64) {
        let _ = write!(self.text, "{name}{{process=\"{}\"", escaped(self.process));
        for (label, text) in labels {
            let _ = write!(self.text, ",{label}=\"{}\"", escaped(text));
        }
        let _ = writeln!(self.text, "}} {value}");
    }

    /// Adds a histogram, in seconds.
    pub fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} histogram");
        let (total, sum) = histogram.total();
        let buckets = histogram
            .buckets()
            .map(|(bound, below)| (bound.to_string(), below));
        for (bound, below) in buckets.chain([("+Inf".to_owned(), total)]) {
            self.sample(
                &format!("{name}_bucket"),
                &[("le", bound.into())],
                count(below),
            );
        }
        self.sample(&format!("{name}_sum"), &[], sum);
        self.sample(&format!("{name}_count"), &[], count(total));
    }
}

/// A label's value as the text format writes it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
