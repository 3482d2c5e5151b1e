//! Limits log lines that would repeat: each is written at most once per interval.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// The interval for the same line.
const INTERVAL: Duration = Duration::from_secs(10);
/// How many different complaints are counted separately within that time.
const NAMES_MAX: usize = 16;

/// One line.
#[derive(Debug, Default)]
pub struct Complaint {
    said_at: Cell<Option<Instant>>,
    times: Cell<u64>,
}

impl Complaint {
    /// Counts an occurrence. Returns the number since the last line, when a line is due.
    pub fn due(&self) -> Option<u64> {
        let times = self.times.get() + 1;
        if self.is_fresh() {
            self.times.set(times);
            return None;
        }
        self.said_at.set(Some(Instant::now()));
        self.times.set(0);
        Some(times)
    }

    fn is_fresh(&self) -> bool {
        self.said_at.get().is_some_and(|at| at.elapsed() < INTERVAL)
    }

    /// The condition has ended: its next occurrence is logged at once.
    pub fn end(&self) {
        self.said_at.set(None);
        self.times.set(0);
    }
}

/// Lines of one kind, each with a name. If very many names occur at once, only the first ones are logged.
#[derive(Debug, Default)]
pub struct Complaints {
    by_name: RefCell<HashMap<String, Complaint>>,
}

impl Complaints {
    /// Like [`Complaint::due`], for the line with that name.
    pub fn due(&self, name: &str) -> Option<u64> {
        let mut by_name = self.by_name.borrow_mut();
        if by_name.len() >= NAMES_MAX && !by_name.contains_key(name) {
            by_name.retain(|_, complaint| complaint.is_fresh());
        }
        match by_name.get(name) {
            Some(complaint) => complaint.due(),
            None if by_name.len() >= NAMES_MAX => None,
            None => by_name.entry(name.to_owned()).or_default().due(),
        }
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

    #[tokio::test(start_paused = true)]
    async fn each_name_is_said_for_itself_and_their_number_is_bounded() {
        let complaints = Complaints::default();
        assert_eq!([complaints.due("a"), complaints.due("b"), complaints.due("a")], [Some(1), Some(1), None]);
        let said = (0..100).filter(|number| complaints.due(&number.to_string()).is_some()).count();
        assert_eq!(said, NAMES_MAX - 2);
        tokio::time::advance(INTERVAL).await;
        assert_eq!([complaints.due("a"), complaints.due("new")], [Some(2), Some(1)]);
    }
}
