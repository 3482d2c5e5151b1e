//! Durations as percentiles.

use hdrhistogram::Histogram;
use serde_json::{json, Value};
use std::time::Duration;

/// Longest duration with a bucket of its own.
const LONGEST_NS: u64 = 600_000_000_000;

/// A histogram of durations, exact to three digits.
pub struct Latency(Histogram<u64>);

impl Default for Latency {
    fn default() -> Self {
        // these bounds are valid; an auto-resizing histogram gives the same results more slowly
        let histogram = Histogram::new_with_bounds(100, LONGEST_NS, 3);
        Latency(histogram.unwrap_or_else(|_| unreachable!("constant bounds")))
    }
}

impl Latency {
    /// Adds a duration.
    pub fn record(&mut self, duration: Duration) {
        self.0.saturating_record(u64::try_from(duration.as_nanos()).unwrap_or(LONGEST_NS));
    }

    /// The number of durations.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// In microseconds, for scripts.
    pub fn document(&self) -> Value {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1000.0;
        json!({
            "count": self.count(),
            "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "p99_9": at(0.999),
            "max": self.0.max() as f64 / 1000.0,
        })
    }

    /// In milliseconds, for people.
    pub fn text(&self) -> String {
        let shown = |ns: u64| format!("{:.3}", ns as f64 / 1e6);
        let at = |quantile| shown(self.0.value_at_quantile(quantile));
        format!(
            "p50 {}  p90 {}  p99 {}  p99.9 {}  max {} ms",
            at(0.5),
            at(0.9),
            at(0.99),
            at(0.999),
            shown(self.0.max())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_what_was_added() {
        let mut latency = Latency::default();
        (1..=1000).for_each(|ms| latency.record(Duration::from_millis(ms)));
        let document = latency.document();
        let near =
            |key: &str, us: f64| assert!((document[key].as_f64().unwrap() / us - 1.0).abs() < 0.002, "{document}");
        near("p50", 500_000.0);
        near("p99_9", 999_000.0);
        near("max", 1_000_000.0);
        assert_eq!(document["count"], 1000);
        assert!(latency.text().starts_with("p50 500.") || latency.text().starts_with("p50 499."), "{}", latency.text());
    }

    #[test]
    fn what_is_beyond_counts_as_the_longest() {
        let mut latency = Latency::default();
        latency.record(Duration::from_secs(10_000));
        latency.record(Duration::ZERO);
        assert_eq!(latency.count(), 2);
    }
}
