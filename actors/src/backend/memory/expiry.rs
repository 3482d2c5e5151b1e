//! Finds expired things without examining the others.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use tokio::time::Instant;

/// Reminders to look at a key again, earliest first. If a thing lives on, a new reminder is set when the old one is
/// due, so there is one reminder per thing however often its life is prolonged.
#[derive(Debug, Clone)]
pub(super) struct Expiry<K>(BinaryHeap<Reverse<Reminder<K>>>);

#[derive(Debug, Clone)]
struct Reminder<K> {
    at: Instant,
    key: K,
}

impl<K> Expiry<K> {
    pub(super) fn remind(&mut self, at: Instant, key: K) {
        self.0.push(Reverse(Reminder { at, key }));
    }

    /// Removes and returns a key whose reminder is due.
    pub(super) fn due(&mut self, now: Instant) -> Option<K> {
        let Reverse(first) = self.0.peek()?;
        if first.at > now {
            return None;
        }
        self.0.pop().map(|Reverse(reminder)| reminder.key)
    }
}

impl<K> Default for Expiry<K> {
    fn default() -> Self {
        Expiry(BinaryHeap::new())
    }
}

// ordered by time alone, so that keys need no order
impl<K> Ord for Reminder<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}

impl<K> PartialOrd for Reminder<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> PartialEq for Reminder<K> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl<K> Eq for Reminder<K> {}
