//! An axis of time: where a time lies on it, and at which times it has ticks.

/// Seconds between two ticks that are easy to read.
const STEPS: [f64; 36] = [
    0.0001,
    0.0002,
    0.0005,
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    1200.0,
    1800.0,
    3600.0,
    7200.0,
    10_800.0,
    21_600.0,
    43_200.0,
    86_400.0,
    172_800.0,
    604_800.0,
    1_209_600.0,
    2_419_200.0,
    7_862_400.0,
    31_449_600.0,
];

/// An axis from the left to the right.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    /// The first time, in seconds.
    pub from: f64,
    /// The last time, in seconds.
    pub until: f64,
    /// The x of the first time.
    pub left: f64,
    /// The x of the last time.
    pub right: f64,
}

impl Axis {
    /// The x of a time; a time beyond an end lies at that end.
    pub fn x(&self, seconds: f64) -> f64 {
        let share = (seconds - self.from) / (self.until - self.from).max(f64::MIN_POSITIVE);
        self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
    }

    /// The smallest step with at most so many ticks.
    pub fn step(&self, most: f64) -> f64 {
        let span = self.until - self.from;
        let fits = |step: &f64| span / step <= most;
        // A span of decades is one step.
        STEPS.into_iter().find(fits).unwrap_or(span.max(1.0))
    }

    /// The ticks of this step, at its multiples; `zero` is where their count begins.
    pub fn ticks(&self, step: f64, zero: f64) -> Vec<f64> {
        let first = ((self.from - zero) / step).ceil();
        let at = |number: u32| zero + (first + f64::from(number)) * step;
        let within = |tick: &f64| *tick <= self.until + step / 1e6;
        (0..1000).map(at).take_while(within).collect()
    }
}

/// A tick's label, by the step between ticks: `0`, `200 ms`, `1.5 s`, `10 min`, `6 h`.
pub fn time(seconds: f64, step: f64) -> String {
    let (unit, name) = match step {
        ..0.1 => (0.001, "ms"),
        ..60.0 => (1.0, "s"),
        ..3600.0 => (60.0, "min"),
        ..86_400.0 => (3600.0, "h"),
        _ => (86_400.0, "d"),
    };
    let count = format!("{:.1}", seconds / unit);
    let count = count.strip_suffix(".0").unwrap_or(&count);
    match count {
        "0" | "-0" => "0".to_owned(),
        _ => format!("{count} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(until: f64) -> Vec<String> {
        let axis = Axis {
            from: 0.0,
            until,
            left: 0.0,
            right: 700.0,
        };
        let step = axis.step(6.0);
        let ticks = axis.ticks(step, 0.0).into_iter();
        ticks.map(|tick| time(tick, step)).collect()
    }

    #[test]
    fn ticks_are_easy_to_read() {
        assert_eq!(labels(0.0016), ["0", "0.5 ms", "1 ms", "1.5 ms"]);
        assert_eq!(
            labels(0.28),
            ["0", "50 ms", "100 ms", "150 ms", "200 ms", "250 ms"]
        );
        assert_eq!(
            labels(1.2),
            ["0", "0.2 s", "0.4 s", "0.6 s", "0.8 s", "1 s", "1.2 s"]
        );
        assert_eq!(labels(35.0), ["0", "10 s", "20 s", "30 s"]);
        assert_eq!(labels(400.0), ["0", "2 min", "4 min", "6 min"]);
        assert_eq!(labels(86_400.0), ["0", "6 h", "12 h", "18 h", "24 h"]);
        assert_eq!(labels(1e6), ["0", "2 d", "4 d", "6 d", "8 d", "10 d"]);
    }

    #[test]
    fn no_axis_has_many_ticks() {
        for until in [0.0, 1e-9, 1e-3, 1.0, 7.0, 1e5, 1e12, 1e300] {
            assert!(labels(until).len() <= 8, "{until}");
        }
    }

    #[test]
    fn what_lies_beyond_an_end_lies_there() {
        let axis = Axis {
            from: 1.0,
            until: 3.0,
            left: 100.0,
            right: 200.0,
        };
        assert_eq!(
            [0.0, 1.0, 2.0, 9.0].map(|time| axis.x(time)),
            [100.0, 100.0, 150.0, 200.0]
        );
    }
}
