//! The deadline of the lease, readable from any thread at the cost of an atomic load.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// The validity of this node's lease. Instants are stored as nanoseconds after the node's start.
#[derive(Debug)]
pub struct Validity {
    base: Instant,
    /// 0: there is no valid lease.
    until: AtomicU64,
    /// When the core thread had its last turn.
    pulse: AtomicU64,
}

impl Default for Validity {
    fn default() -> Self {
        Validity { base: Instant::now(), until: AtomicU64::new(0), pulse: AtomicU64::new(0) }
    }
}

impl Validity {
    /// Whether the lease is valid now, by the monotonic clock.
    pub fn holds(&self) -> bool {
        let until = self.until.load(Ordering::Acquire);
        until != 0 && self.nanos(Instant::now()) < until
    }

    /// Extends the lease until then, unless it is known to last longer. Returns whether it had ended before.
    pub(crate) fn extend(&self, until: Instant) -> bool {
        let had_ended = !self.holds();
        self.until.fetch_max(self.nanos(until), Ordering::AcqRel);
        had_ended
    }

    /// Ends the lease: the cluster removed this node.
    pub(crate) fn end(&self) {
        self.until.store(0, Ordering::Release);
    }

    /// Records a turn of the core thread.
    pub(crate) fn beat(&self) {
        self.pulse.store(self.nanos(Instant::now()), Ordering::Relaxed);
    }

    /// How long ago the last turn was.
    pub(crate) fn since_beat(&self) -> Duration {
        let now = self.nanos(Instant::now());
        Duration::from_nanos(now.saturating_sub(self.pulse.load(Ordering::Relaxed)))
    }

    fn nanos(&self, instant: Instant) -> u64 {
        u64::try_from(instant.saturating_duration_since(self.base).as_nanos()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_valid_until_its_instant_and_an_older_answer_shortens_nothing() {
        let validity = Validity::default();
        assert!(!validity.holds());
        let (second, now) = (Duration::from_secs(1), Instant::now());
        assert!(validity.extend(now + 2 * second), "there was none");
        assert!(!validity.extend(now + second), "it went on");
        tokio::time::advance(second + second / 2).await;
        assert!(validity.holds());
        tokio::time::advance(second).await;
        assert!(!validity.holds());
        assert!(validity.extend(Instant::now() + second), "it had ended");
        validity.end();
        assert!(!validity.holds());
    }
}
