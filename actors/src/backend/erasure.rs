//! Erasure: removes the data of a stream or of a user before it expires.

use super::reply::Reply;
use hubwire_protocol::{Address, Position, UserId};

/// What an erasure removed of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Publications in the user's stream.
    pub publications: usize,
    /// Devices with cursors.
    pub devices: usize,
    /// Other things that were kept under the user's name: its profile, when it was there last, what was noted of its
    /// organisations, its people, channels it is in for good, messages that were half sent.
    pub others: usize,
}

/// Removes what is kept.
pub trait Erasure {
    /// Removes publications of a stream: those up to a position, that one included, or all. The positions go on where
    /// they were, so who follows the stream goes on, and who comes back from before hears of a gap, as when retention
    /// took them. Returns how many publications went.
    fn purge(&self, stream: Address, up_to: Option<Position>) -> Reply<usize>;

    /// Removes what is kept of a user: stream, cursors, devices, profile, organisations. Not its sessions, and not what
    /// it sent
    /// to others, which is theirs. Ids of idempotency are forgotten within twice their window by themselves.
    fn erase(&self, user: UserId) -> Reply<Erased>;
}
