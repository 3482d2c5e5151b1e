//! One encoding for each dialect in use.

use bytes::Bytes;
use hubwire_protocol::{Dialect, PerDialect};

/// Which dialects are in use.
pub type Wanted = PerDialect<bool>;

/// A frame in each dialect that members on the worker use, if the dialect can express it.
#[derive(Debug, Clone, Default)]
pub struct Frames(PerDialect<Option<Bytes>>);

impl Frames {
    /// Encodes once per requested dialect.
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
