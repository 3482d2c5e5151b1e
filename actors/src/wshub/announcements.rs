//! Schedules the (repeated) announcements of keys, so that a listener that starts late, or lost its connection at the
//! same time as this node, is still asked.

use bytes::Bytes;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// The first pause when no subscriber received an announcement; doubled each time.
const PAUSE_MIN: Duration = Duration::from_millis(250);
/// The longest pause: a listener is asked after this time at the latest.
const PAUSE_MAX: Duration = Duration::from_secs(8);
/// The first pause when a subscriber received it: enough time for an answer.
const TAKEN_PAUSE_MIN: Duration = Duration::from_secs(2);
/// The longest pause in that case.
const TAKEN_PAUSE_MAX: Duration = Duration::from_secs(60);
/// The most announcements per second after a gap, so that the listener and Redis are not flooded.
const PER_SECOND: u32 = 5000;
/// All keys are announced again at most this often.
const ALL_EVERY: Duration = Duration::from_secs(5);

/// The scheduled announcements; at most one per key.
#[derive(Debug, Default)]
pub(super) struct AnnouncementSchedule {
    due: BTreeSet<(Instant, Bytes)>,
    by_key: HashMap<Bytes, Scheduled>,
    all_begun: Option<Instant>,
}

#[derive(Debug)]
struct Scheduled {
    at: Instant,
    next_pause: Duration,
}

/// An announcement that is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DueAnnouncement {
    pub key: Bytes,
    /// How long to wait for an answer after it; `None`: as after a first announcement.
    pub pause: Option<Duration>,
}

impl AnnouncementSchedule {
    /// A key was not answered: schedules its next announcement after a pause. Without one, after the shortest.
    pub(super) fn again(&mut self, now: Instant, key: Bytes, pause: Option<Duration>, is_taken: bool) {
        let (min, max) = match is_taken {
            true => (TAKEN_PAUSE_MIN, TAKEN_PAUSE_MAX),
            false => (PAUSE_MIN, PAUSE_MAX),
        };
        let pause = pause.unwrap_or(min).clamp(min, max);
        self.schedule(now + pause, key, (pause * 2).min(max));
    }

    /// Schedules all keys again, at a bounded rate. Does nothing while that is already scheduled.
    pub(super) fn all(&mut self, now: Instant, keys: impl Iterator<Item = Bytes>) {
        let from = self.all_begun.map_or(now, |begun| now.max(begun + ALL_EVERY));
        if self.all_begun.is_some_and(|begun| begun > now) {
            return;
        }
        self.all_begun = Some(from);
        for (count, key) in (0..).zip(keys) {
            self.schedule(from + Duration::from_secs(1) * count / PER_SECOND, key, Duration::ZERO);
        }
    }

    /// Removes a key that was answered or has gone.
    pub(super) fn forget(&mut self, key: &Bytes) {
        if let Some(scheduled) = self.by_key.remove(key) {
            self.due.remove(&(scheduled.at, key.clone()));
        }
    }

    /// Removes and returns an announcement that is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<DueAnnouncement> {
        let (_, key) = self.due.first().filter(|(at, _)| *at <= now)?.clone();
        let pause = self.by_key.get(&key).map(|scheduled| scheduled.next_pause).filter(|pause| !pause.is_zero());
        self.forget(&key);
        Some(DueAnnouncement { key, pause })
    }

    /// When the next one is due.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    fn schedule(&mut self, at: Instant, key: Bytes, next_pause: Duration) {
        self.forget(&key);
        self.due.insert((at, key.clone()));
        self.by_key.insert(key, Scheduled { at, next_pause });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound() {
        let mut announcements = AnnouncementSchedule::default();
        let begun = Instant::now();
        let (mut now, mut pause) = (begun, None);
        for _ in 0..8 {
            announcements.again(now, Bytes::from("k"), pause, false);
            assert_eq!(announcements.take_due(now), None);
            now = announcements.next_at().unwrap();
            pause = announcements.take_due(now).unwrap().pause;
        }
        assert_eq!(now - begun, PAUSE_MIN * (1 + 2 + 4 + 8 + 16 + 32 + 32 + 32));
        assert_eq!(announcements.next_at(), None);
    }

    #[test]
    fn what_somebody_took_is_announced_again_after_longer_pauses() {
        let mut announcements = AnnouncementSchedule::default();
        let begun = Instant::now();
        let (mut now, mut pause) = (begun, None);
        for _ in 0..7 {
            announcements.again(now, Bytes::from("k"), pause, true);
            now = announcements.next_at().unwrap();
            pause = announcements.take_due(now).unwrap().pause;
        }
        assert_eq!(now - begun, Duration::from_secs(2 + 4 + 8 + 16 + 32 + 60 + 60));
        // the subscriber that received it is gone
        announcements.again(now, Bytes::from("k"), pause, false);
        assert_eq!(announcements.next_at().unwrap() - now, PAUSE_MAX);
    }

    #[test]
    fn a_key_is_scheduled_once() {
        let mut announcements = AnnouncementSchedule::default();
        let now = Instant::now();
        announcements.again(now, Bytes::from("k"), None, false);
        announcements.again(now, Bytes::from("k"), Some(PAUSE_MAX), false);
        let later = now + PAUSE_MAX;
        assert!(announcements.take_due(later).is_some());
        assert_eq!(announcements.take_due(later), None);
        announcements.again(now, Bytes::from("k"), None, false);
        announcements.forget(&Bytes::from("k"));
        assert_eq!(announcements.take_due(later), None);
    }

    #[test]
    fn all_keys_are_announced_once_and_not_all_at_once() {
        let mut announcements = AnnouncementSchedule::default();
        let now = Instant::now();
        let keys = || (0..10_000).map(|key| Bytes::from(key.to_string()));
        announcements.all(now, keys());
        let taken = |announcements: &mut AnnouncementSchedule, until| {
            std::iter::from_fn(|| announcements.take_due(until)).count()
        };
        assert_eq!(taken(&mut announcements, now + Duration::from_secs(1)), 5001);
        assert_eq!(taken(&mut announcements, now + Duration::from_secs(2)), 4999);
        announcements.all(now + Duration::from_secs(2), keys());
        announcements.all(now + Duration::from_secs(3), keys());
        assert_eq!(announcements.next_at(), Some(now + ALL_EVERY));
    }
}
