//! Limits ping, pong and close frames: each costs an answer or a wake-up, and no rate limit of actions covers them.
//!
//! The limit is over half a minute, because frames that a stalled network held back arrive at once, and are no abuse.

use super::violation::Violation;
use std::time::Duration;
use tokio::time::Instant;

/// A burst may have as many frames as this time allows.
const WINDOW: Duration = Duration::from_secs(30);

/// A peer that has been above the rate for this long when the bucket is full is not the victim of a stall.
const PERSISTENT: Duration = Duration::from_secs(10);

/// Counts one peer's control frames: a bucket that drains at the rate, and holds one window.
#[derive(Debug)]
pub struct ControlBudget {
    per_second: u32,
    level: f32,
    at: Option<Instant>,
    /// Since when the peer has been above the rate, if it is.
    busy_since: Option<Instant>,
}

impl ControlBudget {
    /// Allows so many control frames per second; 0 allows any number.
    pub fn new(per_second: u32) -> Self {
        ControlBudget { per_second, level: 0.0, at: None, busy_since: None }
    }

    /// Counts a frame. Distinguishes a burst from a peer that stays above the rate.
    pub fn spend(&mut self, now: Instant) -> Result<(), Violation> {
        if self.per_second == 0 {
            return Ok(());
        }
        let per_second = self.per_second as f32;
        let elapsed = self.at.replace(now).map_or(Duration::ZERO, |at| now.duration_since(at));
        self.level = (self.level - elapsed.as_secs_f32() * per_second).max(0.0);
        if self.level == 0.0 {
            self.busy_since = None;
        }
        let busy_since = *self.busy_since.get_or_insert(now);
        self.level += 1.0;
        if self.level <= per_second * WINDOW.as_secs_f32() {
            return Ok(());
        }
        match now.duration_since(busy_since) >= PERSISTENT {
            true => Err(Violation::ControlFlood(self.per_second)),
            false => Err(Violation::ControlBurst),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_a_stall_held_back_passes() {
        let mut budget = ControlBudget::new(20);
        let begun = Instant::now();
        // a ping each second for minutes, then those of half a minute together, then on as before
        assert!((0..200).all(|n| budget.spend(begun + n * SECOND).is_ok()));
        assert!((0..30).all(|_| budget.spend(begun + 230 * SECOND).is_ok()));
        assert!((231..400).all(|n| budget.spend(begun + n * SECOND).is_ok()));
    }

    #[test]
    fn a_burst_may_come_back_and_a_peer_that_goes_on_may_not() {
        let begun = Instant::now();
        let mut budget = ControlBudget::new(3);
        assert!((0..90).all(|_| budget.spend(begun).is_ok()));
        assert_eq!(budget.spend(begun), Err(Violation::ControlBurst));
        // twice the rate
        let mut budget = ControlBudget::new(3);
        let refused = (0..).find_map(|n| budget.spend(begun + n * SECOND / 6).err());
        assert_eq!(refused, Some(Violation::ControlFlood(3)));
    }

    #[test]
    fn no_bound_bounds_nothing() {
        let begun = Instant::now();
        let mut budget = ControlBudget::new(0);
        assert!((0..10_000).all(|_| budget.spend(begun).is_ok()));
    }
}
