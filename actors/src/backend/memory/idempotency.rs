//! Remembers idempotency keys for at least their window and at most twice as long.

use crate::id_map::KeyedMap;
use hubwire_protocol::Position;
use std::time::Duration;
use tokio::time::Instant;

/// What the first call with a key stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct Remembered {
    pub pos: Position,
    pub ts: u64,
    pub digest: Option<u64>,
}

/// Two generations of keys: all keys older than a window are dropped together, so no key needs a timer.
#[derive(Debug, Clone)]
pub(super) struct Generations {
    current: KeyedMap<String, Remembered>,
    former: KeyedMap<String, Remembered>,
    since: Instant,
    window: Duration,
}

impl Generations {
    pub(super) fn new(now: Instant, window: Duration) -> Self {
        Generations { current: KeyedMap::default(), former: KeyedMap::default(), since: now, window }
    }

    /// What the first call with this key stored.
    pub(super) fn find(&mut self, now: Instant, window: Duration, key: &str) -> Option<Remembered> {
        self.turn(now, window);
        self.current.get(key).or_else(|| self.former.get(key)).copied()
    }

    pub(super) fn remember(&mut self, key: String, first: Remembered) {
        self.current.insert(key, first);
    }

    /// When the last key expires.
    pub(super) fn expires(&self) -> Instant {
        self.since + 2 * self.window
    }

    fn turn(&mut self, now: Instant, window: Duration) {
        self.window = window;
        let age = now.saturating_duration_since(self.since);
        if age < window {
            return;
        }
        self.former = std::mem::take(&mut self.current);
        if age >= 2 * window {
            self.former.clear();
        }
        self.since = now;
    }
}
