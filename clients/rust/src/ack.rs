//! The acknowledgement of a sent action.

use hubwire_protocol::Position;

/// The node stored the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ack {
    /// Its position in the receiver's stream.
    pub pos: Option<Position>,
    /// Whether the node had stored it before: an earlier attempt had arrived.
    pub duplicate: bool,
    /// For a direct message: number of sessions it was sent to; 0 = it is stored until the user connects.
    pub sessions: Option<u64>,
    /// For a direct message: number of nodes with these sessions.
    pub nodes: Option<u64>,
    /// How many times it was sent.
    pub attempts: u32,
    /// When it was stored, in Unix milliseconds.
    pub ts: Option<u64>,
}
