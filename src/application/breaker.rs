//! A circuit breaker: after repeated failures a server gets no calls for a while, and calls are refused at once.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The breaker of one URL, shared by all calls to it; see the module.
pub(super) struct Breaker {
    failures_max: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Failures since the last success.
    failures: u32,
    /// No call is made before this time.
    open_until: Option<Instant>,
    /// Whether a trial call is in flight to find out if the server is back.
    trying: bool,
}

impl Breaker {
    /// Opens for `pause` after `failures_max` failures in a row.
    pub fn new(failures_max: u32, pause: Duration) -> Self {
        Breaker { failures_max, pause, state: Mutex::default() }
    }

    /// Permission for a call, or the time for which there is none. After the pause one call is made, and the others
    /// wait for its outcome.
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

    /// A permitted call has ended. Returns whether that opened the circuit.
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
        // the counters are consistent even if a thread panicked while it held the lock
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
