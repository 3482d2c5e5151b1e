//! A place in a stream.

use crate::Position;

/// The place of a publication in one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamPlace<'a> {
    /// The stream's address as text.
    pub stream: &'a str,
    /// Its position there.
    pub pos: Position,
    /// The position before it in the log; `0-0` if it is the first of the stream.
    pub prev: Position,
}
