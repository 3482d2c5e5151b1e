//! How far a conversation has been read.

use hubwire_protocol::{Position, UserId};
use serde::Deserialize;

/// The user has read its conversation with another one up to a position of its own stream, in whichever of its
/// sessions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ReadMark {
    /// The other user.
    pub user: UserId,
    /// The last message that was read.
    pub pos: Position,
}
