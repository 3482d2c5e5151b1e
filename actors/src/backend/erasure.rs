//! Erasure: removes the data of a stream or of a user before it expires.

use super::reply::Reply;
use hubwire_protocol::{Address, Position, UserId};

/// What an erasure removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Publications in the user's stream.
    pub publications: usize,
    /// Devices with cursors.
    pub devices: usize,
    /// Other entries of the user: profile, time of the last session, organisations, contacts, persistent memberships,
    /// half-sent messages.
    pub others: usize,
    /// Server events about the user: pending ones and dead letters.
    pub events: usize,
}

/// Removes stored data.
pub trait Erasure {
    /// Removes publications of a stream: up to and including a position, or all. Positions do not change: sessions that
    /// follow the stream continue, and a client that resumes from an earlier position learns of a gap, as with
    /// retention. Returns the number of removed publications.
    fn purge(&self, stream: Address, up_to: Option<Position>) -> Reply<usize>;

    /// Removes the data of a user: stream, cursors, devices, profile, organisations, server events. It does not remove
    /// the user's sessions, nor messages to others, which belong to the receivers. An event that a node is delivering
    /// at the moment may still arrive. Idempotency keys expire within twice their
    /// window.
    fn erase(&self, user: UserId) -> Reply<Erased>;
}
