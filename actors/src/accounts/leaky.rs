//! A leaky bucket: actions fill it, and it drains at a constant rate.

use std::time::Duration;
use tokio::time::Instant;

/// The capacity of a bucket and the rate at which it drains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BucketBounds {
    /// Capacity; 0: unlimited.
    pub holds: f64,
    pub per_second: f64,
}

/// The level of a bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaky {
    level: f64,
    at: Instant,
}

impl Leaky {
    pub fn empty(now: Instant) -> Self {
        Leaky { level: 0.0, at: now }
    }

    /// Adds an amount, even beyond the capacity.
    pub fn add(&mut self, now: Instant, bounds: BucketBounds, amount: f64) {
        self.level = self.level(now, bounds) + amount;
        self.at = now;
    }

    /// Replaces the level by that of the broker.
    pub fn set(&mut self, now: Instant, level: f64) {
        (self.level, self.at) = (level, now);
    }

    pub fn level(&self, now: Instant, bounds: BucketBounds) -> f64 {
        (self.level - now.saturating_duration_since(self.at).as_secs_f64() * bounds.per_second).max(0.0)
    }

    /// How long until there is room for this amount; `None` when there is room now. An amount above the capacity needs
    /// an empty bucket.
    pub fn wait(&self, now: Instant, bounds: BucketBounds, amount: f64) -> Option<Duration> {
        if bounds.holds == 0.0 {
            return None;
        }
        let level = self.level(now, bounds);
        let over = (level + amount - bounds.holds).min(level);
        (over > 0.0).then(|| Duration::from_secs_f64(over / bounds.per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_bucket_takes_what_it_holds_and_again_what_ran_out() {
        let bounds = BucketBounds { holds: 100.0, per_second: 10.0 };
        let mut bucket = Leaky::empty(Instant::now());
        assert_eq!(bucket.wait(Instant::now(), bounds, 100.0), None);
        bucket.add(Instant::now(), bounds, 100.0);
        assert_eq!(bucket.wait(Instant::now(), bounds, 10.0), Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(bucket.wait(Instant::now(), bounds, 10.0), None);
        assert_eq!(bucket.wait(Instant::now(), bounds, 1000.0), Some(Duration::from_secs(9)), "once it is empty");
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(bucket.wait(Instant::now(), bounds, 1000.0), None);
        assert_eq!(bucket.wait(Instant::now(), BucketBounds { holds: 0.0, ..bounds }, 1000.0), None, "no bound");
    }
}
