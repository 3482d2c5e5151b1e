//! Snapshots of channels: a state that the application keeps beside the log, so that snapshot and later publications
//! make the state of now.

use super::reply::Reply;
use bytes::Bytes;
use hubwire_protocol::{Address, Position};
use std::time::Duration;

/// A snapshot as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelSnapshot {
    /// The last publication that is part of it.
    pub pos: Position,
    /// When it was stored, Unix milliseconds.
    pub ts: u64,
    /// The state, JSON.
    pub payload: Bytes,
}

/// One snapshot for each channel.
pub trait ChannelSnapshots {
    /// Keeps a snapshot for some time, instead of the one before. `false`, and the one before stays: it is newer, or
    /// the log has not come so far.
    fn put_snapshot(&self, channel: Address, snapshot: ChannelSnapshot, keep: Duration) -> Reply<bool>;

    /// The snapshot of a channel. A purge of the whole log removes it, too.
    fn snapshot(&self, channel: Address) -> Reply<Option<ChannelSnapshot>>;
}
