//! How long something took, counted by classes of duration, as Prometheus wants it.

use std::time::Duration;

/// The upper bounds of the classes, in microseconds: from what a cache answers to what a timeout ends.
const BOUNDS: [u64; 14] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000,
];

/// Durations, counted.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    counts: [u64; BOUNDS.len()],
    count: u64,
    sum: Duration,
}

impl Histogram {
    /// Counts one.
    pub fn observe(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        if let Some(class) = BOUNDS
            .iter()
            .zip(&mut self.counts)
            .find_map(|(bound, class)| (micros <= *bound).then_some(class))
        {
            *class += 1;
        }
        self.count += 1;
        self.sum = self.sum.saturating_add(time);
    }

    /// Upper bound in seconds, and how many took at most so long.
    pub fn classes(&self) -> impl Iterator<Item = (f64, u64)> {
        let bounds = BOUNDS
            .iter()
            .map(|micros| Duration::from_micros(*micros).as_secs_f64());
        bounds.zip(self.counts.iter().scan(0, |total, count| {
            *total += count;
            Some(*total)
        }))
    }

    /// How many there were, and how long they took together, in seconds.
    pub fn total(&self) -> (u64, f64) {
        (self.count, self.sum.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_in_its_class_and_in_all_above() {
        let mut histogram = Histogram::default();
        for micros in [50, 51, 1_000_000, 1_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        let classes: Vec<(f64, u64)> = histogram.classes().collect();
        assert_eq!(classes[..3], [(0.000_05, 1), (0.000_1, 2), (0.000_25, 2)]);
        assert_eq!(classes.last(), Some(&(1.0, 3)));
        assert_eq!(histogram.total(), (4, 2.000_102));
    }
}
