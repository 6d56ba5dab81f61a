//! Percentiles, and how they are written.

/// Figures in their order.
pub struct Figures {
    sorted: Vec<f64>,
}

impl Figures {
    /// Of seconds, as milliseconds.
    pub fn of(seconds: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = seconds.map(|seconds| seconds * 1000.0).collect();
        sorted.sort_by(f64::total_cmp);
        Self { sorted }
    }

    /// The smallest figure that so many percent of all do not exceed.
    pub fn percentile(&self, percent: usize) -> Option<f64> {
        let rank = (self.sorted.len() * percent).div_ceil(100).max(1);
        self.sorted.get(rank - 1).copied()
    }

    /// `p50`, `p90`, `p99` and the maximum, as a table shows them.
    pub fn shown(&self) -> [String; 4] {
        [50, 90, 99, 100].map(|percent| milliseconds(self.percentile(percent)))
    }
}

/// With as many digits as matter.
pub fn milliseconds(figure: Option<f64>) -> String {
    match figure {
        None => "-".to_owned(),
        Some(figure) if figure.abs() < 9.995 => format!("{figure:.2}"),
        Some(figure) if figure.abs() < 99.95 => format!("{figure:.1}"),
        Some(figure) => format!("{figure:.0}"),
    }
}
