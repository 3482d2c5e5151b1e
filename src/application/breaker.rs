//! A circuit breaker: a server that does not answer is left alone for a while,
//! and further requests are refused at once.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// See the module. Shared by all calls to one URL.
pub(super) struct Breaker {
    failures_max: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Failures since the last success.
    failures: u32,
    /// Nothing is asked before.
    open_until: Option<Instant>,
    /// One call is on its way to find out whether the server is back.
    trying: bool,
}

impl Breaker {
    /// Opens for `pause` after `failures_max` failures in a row.
    pub fn new(failures_max: u32, pause: Duration) -> Self {
        Breaker { failures_max, pause, state: Mutex::default() }
    }

    /// Leave to make a call, or for how long there is none. After the pause one call goes ahead, and the others wait
    /// for what becomes of it.
    pub fn enter(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state();
        let Some(open_until) = state.open_until else { return Ok(()) };
        let left = open_until.saturating_duration_since(now);
        if !left.is_zero() || state.trying {
            return Err(left.max(Duration::from_millis(1)));
        }
        state.trying = true;
        Ok(())
    }

    /// A call that had leave is over. Returns whether that opened the circuit.
    pub fn leave(&self, now: Instant, succeeded: bool) -> bool {
        let mut state = self.state();
        if succeeded {
            *state = State::default();
            return false;
        }
        state.failures = state.failures.saturating_add(1);
        state.trying = false;
        if state.failures < self.failures_max {
            return false;
        }
        state.open_until = Some(now + self.pause);
        state.failures == self.failures_max
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // counters are whole even if a thread panicked while it held the lock
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(5);

    #[test]
    fn after_failures_in_a_row_nothing_is_asked_until_the_pause_is_over() {
        let (breaker, mut now) = (Breaker::new(2, PAUSE), Instant::now());
        assert!(!breaker.leave(now, false));
        assert_eq!(breaker.enter(now), Ok(()));
        assert!(breaker.leave(now, false), "the second one opens it");
        assert_eq!(breaker.enter(now), Err(PAUSE));
        now += PAUSE;
        assert_eq!(breaker.enter(now), Ok(()), "one call finds out");
        assert!(breaker.enter(now).is_err(), "the others wait for it");
        assert!(!breaker.leave(now, false), "it was open already");
        assert_eq!(breaker.enter(now), Err(PAUSE));
        now += PAUSE;
        assert_eq!(breaker.enter(now), Ok(()));
        breaker.leave(now, true);
        assert_eq!(breaker.enter(now), Ok(()));
        assert_eq!(breaker.enter(now), Ok(()), "the circuit is whole");
    }

    #[test]
    fn a_success_in_between_begins_the_count_anew() {
        let (breaker, now) = (Breaker::new(2, PAUSE), Instant::now());
        for succeeded in [false, true, false] {
            assert!(!breaker.leave(now, succeeded));
        }
        assert_eq!(breaker.enter(now), Ok(()));
    }
}
