//! How far a conversation was read.

use hubwire_protocol::{Position, UserId};
use serde::Deserialize;

/// One of the user's sessions marked a conversation as read up to a position in the user's own stream.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ReadMark {
    /// The other user.
    pub user: UserId,
    /// The position of the last message read.
    pub pos: Position,
}
