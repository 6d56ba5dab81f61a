//! A histogram of durations, in cumulative buckets as Prometheus reads them.

use std::time::Duration;

/// The buckets' upper bounds, in microseconds.
const BOUNDS: [u64; 14] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000,
];

/// Durations, counted by bucket.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    counts: [u64; BOUNDS.len()],
    count: u64,
    sum: Duration,
}

impl Histogram {
    /// Counts one duration.
    pub fn observe(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = BOUNDS
            .iter()
            .zip(&mut self.counts)
            .find_map(|(bound, bucket)| (micros <= *bound).then_some(bucket))
        {
            *bucket += 1;
        }
        self.count += 1;
        self.sum = self.sum.saturating_add(time);
    }

    /// Each bucket: its upper bound in seconds, and the count of durations up to it.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        let bounds = BOUNDS
            .iter()
            .map(|micros| Duration::from_micros(*micros).as_secs_f64());
        bounds.zip(self.counts.iter().scan(0, |total, count| {
            *total += count;
            Some(*total)
        }))
    }

    /// The count of all durations, and their sum in seconds.
    pub fn total(&self) -> (u64, f64) {
        (self.count, self.sum.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_in_its_bucket_and_in_all_above() {
        let mut histogram = Histogram::default();
        for micros in [50, 51, 1_000_000, 1_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        let buckets: Vec<(f64, u64)> = histogram.buckets().collect();
        assert_eq!(buckets[..3], [(0.000_05, 1), (0.000_1, 2), (0.000_25, 2)]);
        assert_eq!(buckets.last(), Some(&(1.0, 3)));
        assert_eq!(histogram.total(), (4, 2.000_102));
    }
}
