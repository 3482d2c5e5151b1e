//! Decides whether to reconnect after the end of a connection, and how long to wait before.

use crate::options::Reconnect;
use std::time::Duration;

/// After a connection has lasted this long, the pauses start small again.
pub const STEADY_AFTER: Duration = Duration::from_secs(10);
const LONGER_BASE: Duration = Duration::from_secs(2);
const LONGER_CAP: Duration = Duration::from_secs(30);
const AT_ONCE: Duration = Duration::from_millis(500);

/// How a client reacts to a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Reconnect at once.
    AtOnce,
    /// Reconnect with growing pauses.
    BackOff,
    /// Reconnect with growing pauses that start longer.
    BackOffLonger,
    /// Ask the provider for other credentials.
    AskAgain,
    /// Stop until the application acts.
    Stop,
}

impl Verdict {
    /// The reaction to a close code; `None` if there was no connection. Unknown codes are judged by their range.
    pub fn of(code: Option<u16>) -> Self {
        match code {
            Some(4401) => Verdict::AskAgain,
            Some(4400..=4499) => Verdict::Stop,
            Some(4000..=4099) => Verdict::AtOnce,
            Some(4100..=4199 | 1011..=1013) => Verdict::BackOffLonger,
            _ => Verdict::BackOff,
        }
    }
}

/// Exponential backoff with full jitter, so that clients disconnected together do not reconnect together.
#[derive(Debug)]
pub struct Backoff {
    options: Reconnect,
    step: u32,
    failures: u32,
}

impl Backoff {
    /// The state before the first attempt.
    pub fn new(options: Reconnect) -> Self {
        Backoff { options, step: 0, failures: 0 }
    }

    /// Records a *welcome*.
    pub fn welcomed(&mut self) {
        self.failures = 0;
    }

    /// Records that the connection has lasted long enough.
    pub fn steady(&mut self) {
        self.step = 0;
    }

    /// Whether the options allow no further attempt in a row.
    pub fn is_exhausted(&self) -> bool {
        self.options.attempts.is_some_and(|attempts| self.failures >= attempts)
    }

    /// The pause before the next attempt. `at_least` is what the node asked for with `bye.retry_in_ms` or
    /// `Retry-After`; `chance` is a random number from 0 to 1.
    pub fn pause(&mut self, verdict: Verdict, at_least: Option<Duration>, chance: f64) -> Duration {
        self.failures += 1;
        if verdict == Verdict::AtOnce {
            return at_least.unwrap_or_else(|| AT_ONCE.mul_f64(chance));
        }
        let Reconnect { base, cap, .. } = self.options;
        let (base, cap) = match verdict {
            Verdict::BackOffLonger => (base.max(LONGER_BASE), cap.max(LONGER_CAP)),
            _ => (base, cap),
        };
        let longest = cap.min(base.saturating_mul(2_u32.saturating_pow(self.step.min(30))));
        self.step += 1;
        at_least.unwrap_or_default().max(longest.mul_f64(chance))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_the_table_or_its_range_is_the_verdict() {
        for (codes, verdict) in [
            (&[Some(4000), Some(4001), Some(4099)][..], Verdict::AtOnce),
            (&[Some(4100), Some(4199), Some(1011)], Verdict::BackOffLonger),
            (&[None, Some(1006), Some(1001), Some(1009), Some(3000)], Verdict::BackOff),
            (&[Some(4401)], Verdict::AskAgain),
            (&[Some(4400), Some(4403), Some(4409), Some(4499)], Verdict::Stop),
        ] {
            for code in codes {
                assert_eq!(Verdict::of(*code), verdict, "{code:?}");
            }
        }
    }

    #[test]
    fn pauses_double_up_to_their_cap_and_begin_anew() {
        let mut backoff = Backoff::new(Reconnect::default());
        let pauses: Vec<_> = (0..7).map(|_| backoff.pause(Verdict::BackOff, None, 1.0).as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 20_000]);
        backoff.steady();
        assert_eq!(backoff.pause(Verdict::BackOff, None, 1.0).as_millis(), 500);
        assert_eq!(backoff.pause(Verdict::BackOffLonger, None, 1.0).as_millis(), 4000);
        let asked = Some(Duration::from_secs(3));
        assert_eq!(backoff.pause(Verdict::AtOnce, asked, 1.0), Duration::from_secs(3));
    }

    #[test]
    fn attempts_count_until_a_welcome() {
        let mut backoff = Backoff::new(Reconnect { attempts: Some(2), ..Reconnect::default() });
        backoff.pause(Verdict::BackOff, None, 0.0);
        backoff.welcomed();
        backoff.pause(Verdict::BackOff, None, 0.0);
        assert!(!backoff.is_exhausted());
        backoff.pause(Verdict::BackOff, None, 0.0);
        assert!(backoff.is_exhausted());
    }
}
