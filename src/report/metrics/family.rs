//! A family of metrics: a row of the tables.

use super::super::exposition::Series;
use super::super::status::Report;

/// A family, and how a report becomes its series.
pub struct Family {
    pub name: &'static str,
    pub kind: &'static str,
    pub help: &'static str,
    pub series: Of,
}

/// The series of a report; none: the family is left out.
type Of = fn(&Report) -> Vec<Series<'_>>;

impl Family {
    pub const fn gauge(name: &'static str, help: &'static str, series: Of) -> Self {
        let kind = "gauge";
        Self {
            name,
            kind,
            help,
            series,
        }
    }

    pub const fn counter(name: &'static str, help: &'static str, series: Of) -> Self {
        let kind = "counter";
        Self {
            name,
            kind,
            help,
            series,
        }
    }
}

/// One series without labels of its own.
pub fn one(value: f64) -> Vec<Series<'static>> {
    some(Some(value))
}

/// One series without labels of its own, or none.
pub fn some(value: Option<f64>) -> Vec<Series<'static>> {
    value.map(|value| (Vec::new(), value)).into_iter().collect()
}
