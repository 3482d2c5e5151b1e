//! Stays below the rate limit of the node, so that nothing is refused and the order is kept.

use super::limits::Limits;
use std::time::Duration;

/// Share of the node's rate that actions may use; joins, pings and requests need the rest.
const SHARE: f64 = 0.9;

/// A token bucket like the node's.
#[derive(Debug, Default)]
pub struct Pace {
    rate: f64,
    burst: f64,
    tokens: f64,
    at: Duration,
}

impl Pace {
    /// A session begins with a full bucket.
    pub fn begin(&mut self, limits: &Limits, now: Duration) {
        self.rate = f64::from(limits.actions_per_second) * SHARE;
        self.burst = (f64::from(limits.actions_burst.max(limits.actions_per_second)) * SHARE).max(1.0);
        self.tokens = self.burst;
        self.at = now;
    }

    /// Whether one more action may be sent.
    pub fn is_ready(&mut self, now: Duration) -> bool {
        if self.rate == 0.0 {
            return true;
        }
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = self.burst.min(self.tokens + passed * self.rate);
        self.at = now;
        self.tokens >= 1.0
    }

    /// An action was sent.
    pub fn took(&mut self) {
        self.tokens -= 1.0;
    }
}
