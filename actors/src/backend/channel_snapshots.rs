//! Snapshots of channels: a state that the application stores beside the log. A snapshot and the publications after it
//! together are the current state.

use super::reply::Reply;
use bytes::Bytes;
use hubwire_protocol::{Address, Position};
use std::time::Duration;

/// A stored snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelSnapshot {
    /// The last publication that the snapshot includes.
    pub pos: Position,
    /// When it was stored, Unix milliseconds.
    pub ts: u64,
    /// The state, JSON.
    pub payload: Bytes,
}

/// At most one snapshot per channel.
pub trait ChannelSnapshots {
    /// Replaces the snapshot of a channel, for some time. `false` if the present one is newer, or the log has not
    /// reached the position; then nothing changes.
    fn put_snapshot(&self, channel: Address, snapshot: ChannelSnapshot, keep: Duration) -> Reply<bool>;

    /// The snapshot of a channel. A purge of the whole log removes it, too.
    fn snapshot(&self, channel: Address) -> Reply<Option<ChannelSnapshot>>;
}
