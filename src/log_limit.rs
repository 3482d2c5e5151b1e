//! Limits log lines that strangers can cause: a client that repeats something a thousand times a second must not fill
//! the disk.

use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// Admits one line per interval and counts the suppressed ones.
pub struct LogLimit {
    every: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: Option<Instant>,
    held_back: u64,
}

impl LogLimit {
    /// At most one line per `every`.
    pub fn new(every: Duration) -> Self {
        LogLimit { every, state: Mutex::default() }
    }

    /// Whether a line may be written now; if so, how many were suppressed since the last one.
    pub fn pass(&self) -> Option<u64> {
        // the two numbers are consistent even if a thread panicked while it held the lock
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let now = Instant::now();
        if state.last.is_some_and(|last| now < last + self.every) {
            state.held_back += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_passes_per_interval_and_says_how_many_did_not() {
        let limit = LogLimit::new(Duration::from_secs(3600));
        assert_eq!(limit.pass(), Some(0));
        assert_eq!((0..9).filter_map(|_| limit.pass()).count(), 0);
        limit.state.lock().unwrap().last = None; // as after an hour
        assert_eq!(limit.pass(), Some(9));
    }
}
