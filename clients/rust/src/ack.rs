//! What the node answered to a send.

use hubwire_protocol::Position;

/// The action is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ack {
    /// Its place in the receiver's stream.
    pub pos: Option<Position>,
    /// Whether the node had it already: an earlier attempt had arrived.
    pub duplicate: bool,
    /// Of a direct message: sessions it went to; 0 = it waits for the user.
    pub sessions: Option<u64>,
    /// Of a direct message: nodes these sessions are on.
    pub nodes: Option<u64>,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was stored, in Unix milliseconds.
    pub ts: Option<u64>,
}
