//! The switch that starts a drain, shared by the API, the signals and readiness.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use tokio::sync::Notify;

/// Whether the node drains. A drain is never cancelled.
#[derive(Debug, Clone, Default)]
pub struct Drain {
    begun: Arc<AtomicBool>,
    wake: Arc<Notify>,
}

impl Drain {
    /// Starts the drain. Returns `false` if it had started before.
    pub fn begin(&self) -> bool {
        let first = !self.begun.swap(true, Ordering::SeqCst);
        self.wake.notify_waiters();
        first
    }

    /// Whether the drain has started.
    pub fn is_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    /// Returns once the drain has started.
    pub async fn begun(&self) {
        let wake = self.wake.notified();
        tokio::pin!(wake);
        // registered before the flag is read, so that a start in between is not missed
        wake.as_mut().enable();
        if !self.is_begun() {
            wake.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_rt::test]
    async fn a_drain_begins_once_and_wakes_whoever_waits_before_or_after() {
        let drain = Drain::default();
        let early = tokio::task::spawn_local({
            let drain = drain.clone();
            async move { drain.begun().await }
        });
        tokio::task::yield_now().await;
        assert!(!early.is_finished());
        assert!(drain.begin());
        assert!(!drain.begin());
        early.await.unwrap();
        drain.begun().await;
    }
}
