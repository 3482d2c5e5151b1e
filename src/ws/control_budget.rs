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
    pub fn spend(&mut self) -> Result<(), Violation> {
        if self.per_second == 0 {
            return Ok(());
        }
        let now = Instant::now();
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

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_refused_and_the_same_number_over_time_is_not() {
        let mut budget = ControlBudget::new(3);
        for _ in 0..3 {
            assert_eq!(budget.spend(), Ok(()));
        }
        assert_eq!(budget.spend(), Err(Violation::ControlFlood(3)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(budget.spend(), Ok(()));
    }
}
