//! Counters of the Redis backend.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// Counters and gauges of one backend; any thread may read them at any time.
#[derive(Debug, Default)]
pub struct BackendStats {
    /// Commands sent, scripts included.
    pub commands: AtomicU64,
    /// Connections to servers that were established, first ones included.
    pub connects: AtomicU64,
    /// Calls waiting in the append lane now.
    pub lane_depth: AtomicU64,
    /// The size of these calls in bytes.
    pub lane_bytes: AtomicU64,
    /// How often messages were or may have been lost: reconnects of subscriptions, and messages dropped because the
    /// event queue was full.
    pub lossy: AtomicU64,
    /// 1 while every connection of subscriptions has proven that messages arrive.
    pub link_proven: AtomicU64,
    /// Probes that did not come back.
    pub probes_lost: AtomicU64,
    /// 1 while the broker accepts no writes: its memory is full, or it cannot save.
    pub writes_refused: AtomicU64,
    /// By how many milliseconds the clock of the broker is ahead of this machine's.
    pub clock_ahead_ms: AtomicI64,
    /// Bytes in use on the fullest server, at the last check.
    pub memory_used: AtomicU64,
    /// Bytes that server may use; 0: no limit is known.
    pub memory_max: AtomicU64,
}

impl BackendStats {
    pub(super) fn note_memory(&self, used: u64, max: u64) {
        self.memory_used.store(used, Relaxed);
        self.memory_max.store(max, Relaxed);
    }

    pub(super) fn add(counter: &AtomicU64, count: usize) {
        counter.fetch_add(count as u64, Relaxed);
    }
}
