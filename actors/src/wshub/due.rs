//! Deadlines of a worker's connections. Each kind has one constant delay, so a queue per kind is sorted by itself: it
//! needs no wheel and no timer per connection, and the times are exact.

use crate::words::ids::MemberKey;
use std::collections::VecDeque;
use tokio::time::Instant;

/// The kind of a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deadline {
    /// Send a ping.
    Ping,
    /// The ping must have been answered.
    Pong,
    /// The outbox must have made progress.
    Stall,
}

const KINDS: [Deadline; 3] = [Deadline::Ping, Deadline::Pong, Deadline::Stall];

/// The deadlines; see the module. Holds at most one of each kind per connection, and those of connections that ended
/// recently.
#[derive(Debug, Default)]
pub(super) struct DueQueue([VecDeque<(Instant, MemberKey)>; 3]);

impl DueQueue {
    /// Adds a deadline, which must not be earlier than the former ones of its kind. Returns whether it is the earliest
    /// of all.
    pub(super) fn push(&mut self, deadline: Deadline, at: Instant, place: MemberKey) -> bool {
        let is_earliest = self.next_at().is_none_or(|next| at < next);
        let queue = &mut self.0[deadline as usize];
        debug_assert!(queue.back().is_none_or(|(last, _)| *last <= at));
        queue.push_back((at, place));
        is_earliest
    }

    /// Removes and returns one that is due, with its time.
    pub(super) fn take(&mut self, now: Instant) -> Option<(Deadline, Instant, MemberKey)> {
        KINDS.iter().zip(&mut self.0).find_map(|(kind, queue)| {
            queue.front().filter(|(at, _)| *at <= now)?;
            queue.pop_front().map(|(at, place)| (*kind, at, place))
        })
    }

    /// When the next one is due.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.0.iter().filter_map(|queue| queue.front()).map(|(at, _)| *at).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn deadlines_come_when_they_are_due() {
        let (mut queue, now, place) = (DueQueue::default(), Instant::now(), MemberKey { index: 1, generation: 1 });
        let after = |ms| now + Duration::from_millis(ms);
        assert!(queue.push(Deadline::Ping, after(9), place));
        assert!(!queue.push(Deadline::Pong, after(10), place));
        assert!(queue.push(Deadline::Stall, after(5), place));
        assert_eq!(queue.take(after(4)), None);
        assert_eq!(queue.next_at(), Some(after(5)));
        assert_eq!(queue.take(after(5)), Some((Deadline::Stall, after(5), place)));
        assert_eq!(queue.take(after(10)), Some((Deadline::Ping, after(9), place)));
        assert_eq!(queue.take(after(10)), Some((Deadline::Pong, after(10), place)));
        assert_eq!(queue.next_at(), None);
    }
}
