//! A bound on ping, pong and close frames: each costs an answer or a wake-up, and no rate limit of actions sees them.

use super::violation::Violation;
use std::time::Duration;
use tokio::time::Instant;

/// Counts one peer's control frames in windows of a second.
#[derive(Debug)]
pub struct ControlBudget {
    per_second: u32,
    spent: u32,
    window: Option<Instant>,
}

impl ControlBudget {
    /// Allows so many control frames per second; 0 allows any number.
    pub fn new(per_second: u32) -> Self {
        ControlBudget { per_second, spent: 0, window: None }
    }

    /// Takes one.
    pub fn spend(&mut self, now: Instant) -> Result<(), Violation> {
        if self.per_second == 0 {
            return Ok(());
        }
        if self.window.is_none_or(|begun| now.duration_since(begun) >= Duration::from_secs(1)) {
            self.window = Some(now);
            self.spent = 0;
        }
        self.spent += 1;
        match self.spent > self.per_second {
            true => Err(Violation::ControlFlood(self.per_second)),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_refused_and_the_same_number_over_time_is_not() {
        let begun = Instant::now();
        let mut budget = ControlBudget::new(3);
        for _ in 0..3 {
            assert_eq!(budget.spend(begun), Ok(()));
        }
        assert_eq!(budget.spend(begun + Duration::from_millis(999)), Err(Violation::ControlFlood(3)));
        assert_eq!(budget.spend(begun + Duration::from_secs(1)), Ok(()));
    }

    #[test]
    fn no_bound_bounds_nothing() {
        let begun = Instant::now();
        let mut budget = ControlBudget::new(0);
        assert!((0..10_000).all(|_| budget.spend(begun).is_ok()));
    }
}
