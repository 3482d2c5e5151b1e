//! Proves that messages of the broker arrive: the link has to receive what the command connections publish.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use tokio::sync::Notify;

/// The start of a probe; no cluster message starts like this.
const MARK: &[u8] = b"? ";

/// The probe of one link that is in flight.
#[derive(Debug, Default)]
pub(super) struct Echo {
    number: AtomicU64,
    missing: AtomicUsize,
    heard: Notify,
}

impl Echo {
    /// Expects a probe that is published `times` times. Returns the message to publish.
    pub(super) fn begin(&self, number: u64, times: usize) -> Vec<u8> {
        self.number.store(number, Relaxed);
        self.missing.store(times, Relaxed);
        [MARK, number.to_string().as_bytes()].concat()
    }

    /// Consumes a message if it is a probe.
    pub(super) fn take(&self, payload: &[u8]) -> bool {
        let Some(number) = payload.strip_prefix(MARK) else { return false };
        // a late probe proves nothing
        if number == self.number.load(Relaxed).to_string().as_bytes()
            && self.missing.fetch_update(Relaxed, Relaxed, |missing| missing.checked_sub(1)) == Ok(1)
        {
            self.heard.notify_one();
        }
        true
    }

    /// Resolves when all copies of the probe have arrived.
    pub(super) async fn heard(&self) {
        self.heard.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[test]
    fn a_probe_is_heard_when_it_came_back_from_every_connection() {
        let echo = Echo::default();
        let old = echo.begin(6, 2);
        let probe = echo.begin(7, 2);
        assert!(echo.take(&old) && echo.take(&probe));
        assert!(echo.heard().now_or_never().is_none());
        assert!(echo.take(&probe));
        assert!(echo.heard().now_or_never().is_some());
        assert!(echo.take(&probe), "one too many is a probe as well");
        assert!(echo.heard().now_or_never().is_none());
    }

    #[test]
    fn a_message_is_no_probe() {
        assert!(!Echo::default().take(b"P user:u1 1-1 0-0\nx"));
    }
}
