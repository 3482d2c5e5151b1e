//! One encoding for each dialect that somebody speaks.

use bytes::Bytes;
use hubwire_protocol::{Dialect, PerDialect};

/// Whether anybody speaks a dialect.
pub type Wanted = PerDialect<bool>;

/// A frame in each dialect that somebody on the worker speaks, where the dialect has one.
#[derive(Debug, Clone, Default)]
pub struct Frames(PerDialect<Option<Bytes>>);

impl Frames {
    /// Encodes once per dialect wanted.
    pub fn encode(wanted: Wanted, encode: impl Fn(Dialect) -> Option<Bytes>) -> Frames {
        Frames(PerDialect::each(|dialect| wanted.of(dialect).then(|| encode(dialect)).flatten()))
    }

    /// The frame in a dialect.
    pub fn get(&self, dialect: Dialect) -> Option<&Bytes> {
        self.0.of(dialect).as_ref()
    }
}

impl From<PerDialect<Option<Bytes>>> for Frames {
    fn from(frames: PerDialect<Option<Bytes>>) -> Self {
        Frames(frames)
    }
}

impl From<Frames> for PerDialect<Option<Bytes>> {
    fn from(frames: Frames) -> Self {
        frames.0
    }
}
