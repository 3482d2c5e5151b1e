//! Schedules the reports of how far this device has processed the user's own stream: one per five seconds with changes,
//! and one on close.

use hubwire_protocol::Position;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(5);

/// See the module documentation.
#[derive(Debug, Default)]
pub struct Cursor {
    due_at: Option<Duration>,
    committed: Option<Position>,
}

impl Cursor {
    /// A publication was delivered.
    pub fn moved(&mut self, now: Duration) {
        self.due_at.get_or_insert(now + EVERY);
    }

    /// Whether a report is due.
    pub fn is_due(&mut self, now: Duration) -> bool {
        self.due_at.take_if(|due_at| now >= *due_at).is_some()
    }

    /// Whether the node does not know this position yet; records it as committed.
    pub fn takes(&mut self, position: Option<Position>) -> bool {
        let is_news = position.is_some_and(|position| position.seq > 0) && position != self.committed;
        if is_news {
            self.committed = position;
        }
        is_news
    }
}
