//! When the client reports how far this device has read the user's own stream: one frame for all that was processed
//! within five seconds, and one on close.

use hubwire_protocol::Position;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug, Default)]
pub struct Cursor {
    due_at: Option<Duration>,
    committed: Option<Position>,
}

impl Cursor {
    /// Something was delivered.
    pub fn moved(&mut self, now: Duration) {
        self.due_at.get_or_insert(now + EVERY);
    }

    /// Whether it is time.
    pub fn is_due(&mut self, now: Duration) -> bool {
        self.due_at.take_if(|due_at| now >= *due_at).is_some()
    }

    /// Whether this position is news to the node; it is committed then.
    pub fn takes(&mut self, position: Option<Position>) -> bool {
        let is_news = position.is_some_and(|position| position.seq > 0) && position != self.committed;
        if is_news {
            self.committed = position;
        }
        is_news
    }
}
