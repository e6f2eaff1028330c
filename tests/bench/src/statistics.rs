//! Percentiles of measured times.

use std::time::Duration;

/// Measured times, in order.
#[derive(Debug, Clone)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// Sorts what was measured.
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The time that so many percent of the measurements do not exceed (nearest rank); zero of none.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    /// The median.
    pub(crate) fn median(&self) -> Duration {
        self.percentile(50)
    }
}

/// Milliseconds of a time.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_values() {
        let times = Times::new((1..=20).rev().map(Duration::from_millis).collect());
        assert_eq!(times.median(), Duration::from_millis(10));
        assert_eq!(times.percentile(90), Duration::from_millis(18));
        assert_eq!(times.percentile(99), Duration::from_millis(20));
        assert_eq!(Times::new(Vec::new()).median(), Duration::ZERO);
    }
}
