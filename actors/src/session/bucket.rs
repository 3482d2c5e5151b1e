//! A token bucket: a number of actions per second on average, and a number at once.

use crate::settings::Settings;
use std::time::Duration;
use tokio::time::Instant;

/// The token bucket of a session; see the module. It costs nothing without a limit.
pub(super) struct TokenBucket {
    tokens: f32,
    filled_at: Option<Instant>,
}

impl TokenBucket {
    /// A full bucket of the configured size.
    pub fn full(settings: &Settings) -> Self {
        TokenBucket { tokens: size(settings).1, filled_at: None }
    }

    /// Takes one token, or returns how long it takes until there is one.
    pub fn take(&mut self, settings: &Settings) -> Result<(), Duration> {
        let (per_second, burst) = size(settings);
        if per_second == 0.0 {
            return Ok(());
        }
        let now = Instant::now();
        let elapsed = self.filled_at.map_or(0.0, |at| (now - at).as_secs_f32());
        self.filled_at = Some(now);
        self.tokens = (self.tokens + elapsed * per_second).min(burst);
        if self.tokens < 1.0 {
            return Err(Duration::from_secs_f32((1.0 - self.tokens) / per_second));
        }
        self.tokens -= 1.0;
        Ok(())
    }

    /// Takes tokens for the further cost of an action. The balance may become negative, by at most a bucket's size.
    pub fn charge(&mut self, settings: &Settings, tokens: usize) {
        self.tokens = (self.tokens - tokens as f32).max(-size(settings).1);
    }
}

/// Tokens per second, and the capacity.
fn size(settings: &Settings) -> (f32, f32) {
    let per_second = settings.actions_per_second as f32;
    (per_second, (settings.actions_burst as f32).max(per_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_the_average_holds() {
        let settings = Settings { actions_per_second: 10, actions_burst: 20, ..Settings::default() };
        let mut bucket = TokenBucket::full(&settings);
        assert_eq!((0..30).filter(|_| bucket.take(&settings).is_ok()).count(), 20);
        let wait = bucket.take(&settings).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_millis(101), "{wait:?}");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!((0..30).filter(|_| bucket.take(&settings).is_ok()).count(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn what_an_action_cost_beyond_the_others_is_waited_for() {
        let settings = Settings { actions_per_second: 10, actions_burst: 20, ..Settings::default() };
        let mut bucket = TokenBucket::full(&settings);
        bucket.take(&settings).unwrap();
        bucket.charge(&settings, 29);
        let wait = bucket.take(&settings).unwrap_err();
        assert!(wait > Duration::from_millis(1090) && wait <= Duration::from_millis(1110), "{wait:?}");
        // at most the time to repay a full debt and to fill the bucket
        bucket.charge(&settings, 1_000_000);
        assert!(bucket.take(&settings).unwrap_err() <= Duration::from_millis(2110));
        let unlimited = Settings { actions_per_second: 0, actions_burst: 0, ..settings };
        bucket.charge(&unlimited, 1_000_000);
        assert!(bucket.take(&unlimited).is_ok());
    }
}
