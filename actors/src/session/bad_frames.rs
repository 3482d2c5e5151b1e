//! Counts the recent malformed frames of a client: an occasional one, over days, is no reason to end its session.

use tokio::time::Instant;

/// A leaky counter: the allowed number drains within a minute.
#[derive(Debug, Default)]
pub(super) struct BadFrames {
    count: f32,
    last: Option<Instant>,
}

const MINUTE_S: f32 = 60.0;

impl BadFrames {
    /// Counts a malformed frame. Returns whether it is the `max`-th within a minute.
    pub fn is_too_many(&mut self, max: u32) -> bool {
        let now = Instant::now();
        let elapsed = self.last.map_or(0.0, |last| (now - last).as_secs_f32());
        self.last = Some(now);
        self.count = (self.count - elapsed * max as f32 / MINUTE_S).max(0.0) + 1.0;
        // rounded up, so that what drains during a burst does not excuse the client
        self.count.ceil() >= max as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn many_at_once_are_too_many_and_one_in_a_while_never_is() {
        let mut frames = BadFrames::default();
        assert_eq!((0..20).filter(|_| frames.is_too_many(20)).count(), 1);
        let mut frames = BadFrames::default();
        for _ in 0..1000 {
            assert!(!frames.is_too_many(20));
            tokio::time::advance(Duration::from_secs(4)).await;
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!((0..19).filter(|_| frames.is_too_many(20)).count(), 0, "what ran out is forgotten");
        assert!(frames.is_too_many(20));
        assert!(BadFrames::default().is_too_many(1));
    }
}
