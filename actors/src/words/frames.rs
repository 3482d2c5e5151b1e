//! One encoding for each dialect in use.

use bytes::Bytes;
use hubwire_protocol::{Dialect, PerDialect};
use smallvec::SmallVec;

/// Which dialects are in use.
pub type Wanted = PerDialect<bool>;

/// A frame in each dialect that members on the worker use, if the dialect can express it.
///
/// The members of most feeds speak one dialect, so one frame has no allocation, and moving the frames copies no room
/// for those of the other dialects.
#[derive(Debug, Clone, Default)]
pub struct Frames(SmallVec<[(Dialect, Bytes); 1]>);

impl Frames {
    /// Encodes once per requested dialect.
    pub fn encode(wanted: Wanted, encode: impl Fn(Dialect) -> Option<Bytes>) -> Frames {
        let in_use = wanted.iter().zip(Dialect::all()).filter(|(wanted, _)| **wanted);
        Frames(in_use.filter_map(|(_, dialect)| Some((dialect, encode(dialect)?))).collect())
    }

    /// The frame in a dialect.
    pub fn get(&self, dialect: Dialect) -> Option<&Bytes> {
        self.0.iter().find(|(of, _)| *of == dialect).map(|(_, frame)| frame)
    }
}

impl FromIterator<(Dialect, Bytes)> for Frames {
    fn from_iter<I: IntoIterator<Item = (Dialect, Bytes)>>(frames: I) -> Self {
        Frames(frames.into_iter().collect())
    }
}

impl IntoIterator for Frames {
    type Item = (Dialect, Bytes);
    type IntoIter = smallvec::IntoIter<[(Dialect, Bytes); 1]>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
