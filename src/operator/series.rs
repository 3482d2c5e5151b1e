//! Measurements of a node over the last fifteen minutes, in its own memory: rates for operators without a monitoring
//! database.

use hubwire_actors::metrics::Metrics;
use prometheus::core::Collector;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// Interval of the measurements.
pub const EVERY: Duration = Duration::from_secs(5);
/// Measurements kept: fifteen minutes.
const KEPT: usize = 180;
/// Measurements behind the quantiles of an answer: a minute.
const QUANTILES_OVER: usize = 12;

/// The counters at a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// Time, Unix milliseconds.
    pub at_ms: u64,
    /// Publications stored so far.
    pub published: u64,
    /// Frames handed to outboxes so far.
    pub deliveries: u64,
    /// Sessions that are open.
    pub sessions: i64,
    /// Sessions that lag.
    pub lagging: i64,
    /// Bytes in their outboxes.
    pub outbox_bytes: i64,
    /// Appends so far, as a histogram: upper bound in seconds, and count.
    appends: Vec<(f64, u64)>,
}

/// Rates between two moments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rates {
    /// Publications stored per second.
    pub published_per_second: f64,
    /// Frames handed to outboxes per second.
    pub deliveries_per_second: f64,
    /// Median duration of the appends of the last minute; absent without appends.
    pub append_p50_ms: Option<f64>,
    /// The 99th percentile.
    pub append_p99_ms: Option<f64>,
}

/// One measurement in an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Point {
    at_ms: u64,
    sessions: i64,
    published_per_second: f64,
    deliveries_per_second: f64,
    lagging_sessions: i64,
    outbox_bytes: i64,
}

/// The measurements of one node. Cheap to clone.
#[derive(Clone, Default)]
pub struct Series(Arc<Mutex<VecDeque<Sample>>>);

impl Sample {
    /// Reads the counters.
    pub fn take(metrics: &Metrics, at_ms: u64) -> Self {
        let published = metrics.published.collect();
        let published = published.iter().flat_map(|family| family.get_metric());
        Sample {
            at_ms,
            published: published.map(|metric| metric.get_counter().get_value() as u64).sum(),
            deliveries: metrics.deliveries.get(),
            sessions: metrics.sessions.get(),
            lagging: metrics.lagging.get(),
            outbox_bytes: metrics.outbox_bytes.get(),
            appends: appends(metrics),
        }
    }
}

fn appends(metrics: &Metrics) -> Vec<(f64, u64)> {
    let families = metrics.append_seconds.collect();
    let histogram = families.iter().flat_map(|family| family.get_metric()).next();
    let buckets = histogram.map(|metric| metric.get_histogram().get_bucket()).unwrap_or_default();
    buckets.iter().map(|bucket| (bucket.upper_bound(), bucket.cumulative_count())).collect()
}

impl Series {
    /// Adds a measurement and drops the oldest one.
    pub fn push(&self, sample: Sample) {
        let mut kept = self.kept();
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(sample);
    }

    /// Present rates: since the last measurement but one, so that the span is never too short.
    pub fn rates(&self, now: &Sample) -> Rates {
        let kept = self.kept();
        let Some(before) = kept.iter().nth_back(1).or(kept.back()) else { return Rates::default() };
        let (published_per_second, deliveries_per_second) = per_second(before, now);
        let minute = kept.iter().nth_back(QUANTILES_OVER - 1).or(kept.front()).unwrap_or(before);
        let quantile = |of: f64| quantile(&minute.appends, &now.appends, of);
        Rates {
            published_per_second,
            deliveries_per_second,
            append_p50_ms: quantile(0.5),
            append_p99_ms: quantile(0.99),
        }
    }

    /// All measurements, oldest first; the first one has no rates and is missing.
    pub fn points(&self) -> Vec<Point> {
        let kept = self.kept();
        let pairs = kept.iter().zip(kept.iter().skip(1));
        pairs
            .map(|(before, sample)| {
                let (published_per_second, deliveries_per_second) = per_second(before, sample);
                Point {
                    at_ms: sample.at_ms,
                    sessions: sample.sessions,
                    published_per_second,
                    deliveries_per_second,
                    lagging_sessions: sample.lagging,
                    outbox_bytes: sample.outbox_bytes,
                }
            })
            .collect()
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Sample>> {
        // each change is complete, even if a thread panicked while it held the lock
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn per_second(before: &Sample, after: &Sample) -> (f64, f64) {
    let seconds = after.at_ms.saturating_sub(before.at_ms) as f64 / 1000.0;
    if seconds <= 0.0 {
        return (0.0, 0.0);
    }
    let rate = |before: u64, after: u64| (after.saturating_sub(before) as f64 / seconds * 10.0).round() / 10.0;
    (rate(before.published, after.published), rate(before.deliveries, after.deliveries))
}

/// The upper bound of the bucket with a quantile, in milliseconds; `None` without an append in between.
fn quantile(before: &[(f64, u64)], after: &[(f64, u64)], of: f64) -> Option<f64> {
    let counted = |index: usize| after[index].1.saturating_sub(before.get(index).map_or(0, |bucket| bucket.1));
    let all = counted(after.len().checked_sub(1)?);
    let rank = (all as f64 * of).ceil() as u64;
    let bucket = (0..after.len()).find(|index| all > 0 && counted(*index) >= rank)?;
    Some(after[bucket].0 * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_ms: u64, published: u64) -> Sample {
        Sample { at_ms, published, deliveries: 2 * published, ..Sample::default() }
    }

    #[test]
    fn rates_are_of_the_last_seconds_and_not_of_the_whole_life() {
        let series = Series::default();
        assert_eq!(series.rates(&sample(9, 9)), Rates::default());
        for (at_ms, published) in [(0, 0), (5_000, 100_000), (10_000, 100_000)] {
            series.push(sample(at_ms, published));
        }
        let rates = series.rates(&sample(12_000, 100_070));
        assert_eq!((rates.published_per_second, rates.deliveries_per_second), (10.0, 20.0));
    }

    #[test]
    fn only_so_much_is_kept() {
        let series = Series::default();
        (0..1000).for_each(|n| series.push(sample(n * 5000, n)));
        assert_eq!(series.points().len(), KEPT - 1);
        assert_eq!(series.points()[0].published_per_second, 0.2);
    }

    #[test]
    fn quantiles_are_of_what_came_in_between() {
        let before = [(0.001, 900), (0.01, 1000), (0.1, 1000)];
        let after = [(0.001, 950), (0.01, 1099), (0.1, 1100)];
        assert_eq!(quantile(&before, &after, 0.5), Some(1.0));
        assert_eq!(quantile(&before, &after, 0.99), Some(10.0));
        assert_eq!(quantile(&before, &after, 1.0), Some(100.0));
        assert_eq!(quantile(&after, &after, 0.5), None);
        assert_eq!(quantile(&[], &[], 0.5), None);
    }

    #[test]
    fn a_sample_is_what_the_metrics_say() {
        let metrics = Metrics::new().unwrap();
        metrics.published.with_label_values(&["org"]).inc_by(2);
        metrics.published.with_label_values(&["user"]).inc();
        metrics.append_seconds.observe(0.003);
        let sample = Sample::take(&metrics, 7);
        assert_eq!((sample.at_ms, sample.published), (7, 3));
        assert_eq!(quantile(&[], &sample.appends, 0.99), Some(5.0));
    }
}
