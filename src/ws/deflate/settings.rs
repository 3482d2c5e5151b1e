//! Settings and counters of compression.

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};
use std::ops::RangeInclusive;

/// Compression of a node's sockets.
#[derive(Debug, Clone)]
pub struct Compression {
    /// Shorter payloads are not compressed.
    pub min_bytes: usize,
    /// One of [`Compression::LEVELS`].
    pub level: u8,
    /// Counters.
    pub metrics: CompressionMetrics,
}

impl Compression {
    /// From the fastest to the smallest.
    pub const LEVELS: RangeInclusive<u8> = 1..=9;
}

/// Counts of compression; shared by all workers.
#[derive(Debug, Clone)]
pub struct CompressionMetrics {
    /// Sockets that agreed to compression.
    pub(super) sockets: IntCounter,
    /// Payload bytes that were given to the compressor.
    pub(super) plain_bytes: IntCounter,
    /// The number of bytes after compression.
    pub(super) compressed_bytes: IntCounter,
}

impl CompressionMetrics {
    /// Registers the counters.
    ///
    /// # Errors
    /// When the registry has the names already: a mistake of the caller.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let sockets =
            IntCounter::new("hubwire_compressed_sockets_total", "Sockets that agreed to permessage-deflate.")?;
        let bytes = IntCounterVec::new(
            Opts::new(
                "hubwire_compression_bytes_total",
                "Payload bytes before (plain) and after (compressed) compression, counted once for all receivers.",
            ),
            &["form"],
        )?;
        registry.register(Box::new(sockets.clone()))?;
        registry.register(Box::new(bytes.clone()))?;
        let (plain_bytes, compressed_bytes) =
            (bytes.with_label_values(&["plain"]), bytes.with_label_values(&["compressed"]));
        Ok(CompressionMetrics { sockets, plain_bytes, compressed_bytes })
    }

    /// Counts a socket with compression.
    pub(in crate::ws) fn agreed(&self) {
        self.sockets.inc();
    }
}
