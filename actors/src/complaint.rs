//! A log line that would come again and again, said once in a while.

use std::cell::Cell;
use std::time::Duration;
use tokio::time::Instant;

/// How often the same thing is said.
const INTERVAL: Duration = Duration::from_secs(10);

/// One thing there is to complain about.
#[derive(Debug, Default)]
pub struct Complaint {
    said_at: Cell<Option<Instant>>,
    times: Cell<u64>,
}

impl Complaint {
    /// It happened again. Returns how often since it was last said, when it is to be said.
    pub fn due(&self) -> Option<u64> {
        let times = self.times.get() + 1;
        if self.said_at.get().is_some_and(|at| at.elapsed() < INTERVAL) {
            self.times.set(times);
            return None;
        }
        self.said_at.set(Some(Instant::now()));
        self.times.set(0);
        Some(times)
    }

    /// It is over: the next time it is said at once.
    pub fn end(&self) {
        self.said_at.set(None);
        self.times.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_same_is_said_every_ten_seconds_and_at_once_when_it_was_over() {
        let complaint = Complaint::default();
        let said = [complaint.due(), complaint.due(), complaint.due()];
        assert_eq!(said, [Some(1), None, None]);
        tokio::time::advance(INTERVAL).await;
        assert_eq!(complaint.due(), Some(3));
        complaint.end();
        assert_eq!(complaint.due(), Some(1));
    }
}
