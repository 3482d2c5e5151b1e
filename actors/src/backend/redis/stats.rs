//! Counters of the Redis backend.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// Counters and gauges of one backend; read them whenever you like.
#[derive(Debug, Default)]
pub struct BackendStats {
    /// Commands sent, scripts included.
    pub commands: AtomicU64,
    /// Connections to servers that were made, first ones included.
    pub connects: AtomicU64,
    /// Calls waiting in the append lane now.
    pub lane_depth: AtomicU64,
    /// Their bytes.
    pub lane_bytes: AtomicU64,
    /// How often messages were or may have been lost: connections of subscriptions made anew, messages dropped because
    /// the event queue was full.
    pub lossy: AtomicU64,
    /// 1 while every connection of subscriptions has proven that what is published arrives.
    pub link_proven: AtomicU64,
    /// Probes that did not come back.
    pub probes_lost: AtomicU64,
    /// 1 while the broker takes no writes: its memory is full, or it cannot save.
    pub writes_refused: AtomicU64,
    /// By how many milliseconds the clock of the broker is ahead of this machine's.
    pub clock_ahead_ms: AtomicI64,
    /// Bytes the fullest server takes, as of the last look.
    pub memory_used: AtomicU64,
    /// Bytes that server may take; 0 = no bound is known.
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
