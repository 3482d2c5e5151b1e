//! Limits the rate at which sockets are opened: a storm of reconnecting clients is admitted in waves.
//!
//! Each socket costs a handshake, a signature, and several calls to the broker. One above the rate waits for its turn,
//! which costs nothing; if the wait would be long it is refused, so that a load balancer takes it elsewhere and the
//! client backs off.
//!
//! Clients without credentials in the request wait in a separate line with the same rate: anybody can fill that one,
//! and nobody with good credentials is in it.

use prometheus::{IntCounter, Registry};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The pace of a node; see the module. Shared by all workers.
#[derive(Debug, Clone)]
pub struct Pace(Option<Arc<[Turns; 2]>>);

/// The line in which a socket waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// Its request has credentials that are valid, or may be.
    Known,
    /// It will authenticate later.
    Unknown,
}

#[derive(Debug)]
struct Turns {
    interval: Duration,
    /// How far ahead of the rate sockets may be.
    burst: Duration,
    wait_max: Duration,
    /// When the rate will have caught up with all admitted sockets (the generic cell rate algorithm).
    caught_up: Mutex<Option<Instant>>,
    waited: IntCounter,
    refused: IntCounter,
}

/// The wait would be too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many sockets are being opened; come back in a moment")]
pub struct TooMany {
    /// When it would have been admitted.
    pub free_in: Duration,
}

impl Pace {
    /// No limit.
    pub fn free() -> Self {
        Pace(None)
    }

    /// A rate per second and line (0: no limit), with `burst` at once, and a longest wait. Counts waiting and refused
    /// sockets.
    ///
    /// # Errors
    /// When the registry has the names already: a mistake of the caller.
    pub fn new(
        per_second: u32,
        burst: u32,
        wait_max: Duration,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let waited = IntCounter::new("hubwire_accept_waited_total", "Sockets that waited to be let in.")?;
        let refused =
            IntCounter::new("hubwire_accept_refused_total", "Sockets refused because too many came at once.")?;
        registry.register(Box::new(waited.clone()))?;
        registry.register(Box::new(refused.clone()))?;
        if per_second == 0 {
            return Ok(Pace::free());
        }
        let interval = Duration::from_secs(1) / per_second;
        let burst = interval * burst.saturating_sub(1);
        let line = || Turns {
            interval,
            burst,
            wait_max,
            caught_up: Mutex::default(),
            waited: waited.clone(),
            refused: refused.clone(),
        };
        Ok(Pace(Some(Arc::new([line(), line()]))))
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self, line: Line) -> Result<(), TooMany> {
        let Some(turns) = self.0.as_deref().map(|lines| &lines[line as usize]) else { return Ok(()) };
        let wait = turns.take(Instant::now())?;
        if !wait.is_zero() {
            turns.waited.inc();
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }
}

impl Turns {
    /// Takes a turn; returns how long until then.
    fn take(&self, now: Instant) -> Result<Duration, TooMany> {
        // a single value: it is consistent even if a panic elsewhere poisoned the lock
        let mut caught_up = self.caught_up.lock().unwrap_or_else(PoisonError::into_inner);
        let from = caught_up.map_or(now, |at| at.max(now));
        let wait = from.duration_since(now).saturating_sub(self.burst);
        if wait > self.wait_max {
            self.refused.inc();
            return Err(TooMany { free_in: wait });
        }
        *caught_up = Some(from + self.interval);
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(per_second: u32, burst: u32, wait_ms: u64) -> Arc<[Turns; 2]> {
        Pace::new(per_second, burst, Duration::from_millis(wait_ms), &Registry::new()).unwrap().0.unwrap()
    }

    #[test]
    fn a_burst_enters_the_rest_waits_by_turns_and_what_would_wait_for_long_is_refused() {
        let turns = &turns(10, 3, 200)[0];
        let now = Instant::now();
        let ms = |wait: Result<Duration, TooMany>| wait.map(|wait| wait.as_millis());
        let waits: Vec<_> = (0..6).map(|_| ms(turns.take(now))).collect();
        assert_eq!(waits[..5], [Ok(0), Ok(0), Ok(0), Ok(100), Ok(200)]);
        assert_eq!(waits[5], Err(TooMany { free_in: Duration::from_millis(300) }));
        assert_eq!((turns.refused.get(), turns.waited.get()), (1, 0));
        // a refused socket took no turn
        assert_eq!(ms(turns.take(now + Duration::from_millis(100))), Ok(200));
        // a rest restores the burst, and no more
        let later = now + Duration::from_secs(60);
        let waits: Vec<_> = (0..4).map(|_| ms(turns.take(later))).collect();
        assert_eq!(waits, [Ok(0), Ok(0), Ok(0), Ok(100)]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_not_shown_who_it_is_keeps_nobody_out_who_has() {
        let pace = Pace::new(1, 1, Duration::ZERO, &Registry::new()).unwrap();
        assert_eq!(pace.turn(Line::Unknown).await, Ok(()));
        for _ in 0..100 {
            assert!(pace.turn(Line::Unknown).await.is_err());
        }
        assert_eq!(pace.turn(Line::Known).await, Ok(()));
        assert!(pace.turn(Line::Known).await.is_err());
    }

    #[test]
    fn a_thousand_at_once_come_in_at_the_rate() {
        let turns = &turns(100, 1, 60_000)[0];
        let now = Instant::now();
        let waits: Vec<u128> = (0..1000).map(|_| turns.take(now).unwrap().as_millis()).collect();
        assert!(waits.iter().enumerate().all(|(number, wait)| *wait == 10 * number as u128), "{waits:?}");
    }
}
