//! A place in a stream.

use crate::Position;

/// Where a publication stands in one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamPlace<'a> {
    /// The stream's address as text.
    pub stream: &'a str,
    /// Its position there.
    pub pos: Position,
    /// The position before it in the log; `0-0` at the start of a stream.
    pub prev: Position,
}
