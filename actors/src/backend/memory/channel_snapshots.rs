//! Snapshots of channels.

use super::super::{ChannelSnapshot, ChannelSnapshots, Reply};
use super::node::{ready, MemoryBackend};
use bytes::Bytes;
use hubwire_protocol::{Address, Position};
use std::time::Duration;
use tokio::time::Instant;

impl ChannelSnapshots for MemoryBackend {
    fn put_snapshot(&self, channel: Address, snapshot: ChannelSnapshot, keep: Duration) -> Reply<bool> {
        let (broker, now) = (&mut *self.cluster.broker(), Instant::now());
        let known = broker.snapshots.find(now, &channel).map(|known| known.pos.seq);
        let top = broker.topics.top(now, &channel);
        let is_ahead = top != Position::START && top.seq < snapshot.pos.seq;
        if is_ahead || known.is_some_and(|known| known > snapshot.pos.seq) {
            return ready(false);
        }
        let nothing = || ChannelSnapshot { pos: Position::START, ts: 0, payload: Bytes::new() };
        *broker.snapshots.entry(now, channel, keep, nothing) = snapshot;
        ready(true)
    }

    fn snapshot(&self, channel: Address) -> Reply<Option<ChannelSnapshot>> {
        ready(self.cluster.broker().snapshots.find(Instant::now(), &channel).cloned())
    }
}
