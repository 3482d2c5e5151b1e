//! Detects a client that stays above its rate for a long time although its actions are refused. A burst after a stall
//! of the network does not count, because it ends within moments.

use std::time::Duration;
use tokio::time::Instant;

/// A client without a refusal for this long has reacted.
const PAUSE: Duration = Duration::from_secs(5);

/// A run of refusals without a pause. Most sessions never have one.
#[derive(Debug)]
pub(super) struct Persistence {
    since: Instant,
    latest: Instant,
    refused: u64,
}

impl Persistence {
    /// Counts a refusal. Returns whether the client has sent at least twice its rate, without a pause, for `after`;
    /// zero: never.
    pub fn is_abuse(run: &mut Option<Box<Self>>, per_second: u32, after: Duration) -> bool {
        let now = Instant::now();
        if run.as_ref().is_some_and(|run| now - run.latest > PAUSE) {
            *run = None;
        }
        let run = run.get_or_insert_with(|| Box::new(Persistence { since: now, latest: now, refused: 0 }));
        run.latest = now;
        run.refused += 1;
        let lasted = now - run.since;
        !after.is_zero() && lasted >= after && run.refused as f64 >= f64::from(per_second) * lasted.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AFTER: Duration = Duration::from_secs(60);

    /// Whether a client with this many refusals per second is disconnected within this many seconds.
    async fn is_cut(run: &mut Option<Box<Persistence>>, per_second: u32, seconds: u32) -> bool {
        for _ in 0..seconds * per_second {
            if Persistence::is_abuse(run, 10, AFTER) {
                return true;
            }
            tokio::time::advance(Duration::from_secs(1) / per_second).await;
        }
        false
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_twice_the_rate_for_a_minute_is_cut_and_who_sends_less_is_not() {
        assert!(!is_cut(&mut None, 11, 59).await);
        assert!(is_cut(&mut None, 11, 61).await);
        assert!(!is_cut(&mut None, 5, 600).await, "it is refused, and no more than that");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_is_no_abuse_however_much_arrives_after_it() {
        let mut run = None;
        for _ in 0..20 {
            for _ in 0..100_000 {
                assert!(!Persistence::is_abuse(&mut run, 10, AFTER));
            }
            tokio::time::advance(PAUSE + Duration::from_secs(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn zero_cuts_nobody() {
        let mut run = None;
        for _ in 0..10_000 {
            assert!(!Persistence::is_abuse(&mut run, 1, Duration::ZERO));
            tokio::time::advance(Duration::from_millis(100)).await;
        }
    }
}
