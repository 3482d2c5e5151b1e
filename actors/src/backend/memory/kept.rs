//! Cursors and tickets of the broker in memory.

use super::super::*;
use super::node::{failed, ready, MemoryBackend};
use bytes::Bytes;
use hubwire_protocol::{Address, DeviceId, Position, UserId};
use std::time::Duration;
use tokio::time::Instant;

impl Cursors for MemoryBackend {
    fn put_cursors(
        &self,
        user: UserId,
        device: DeviceId,
        positions: Vec<(Address, Position)>,
        limits: CursorLimits,
    ) -> Reply<()> {
        let (broker, now) = (&mut *self.cluster.broker(), Instant::now());
        // ordered by the time of the last move: the last entry moved last
        let devices = broker.devices.entry(now, user.clone(), limits.ttl, Vec::new);
        devices.retain(|known| *known != device && broker.cursors.holds(now, &(user.clone(), known.clone())));
        devices.push(device.clone());
        let excess = devices.len().saturating_sub(limits.devices_max.max(1));
        for forgotten in devices.drain(..excess) {
            broker.cursors.take(now, &(user.clone(), forgotten));
        }
        let cursors = broker.cursors.entry(now, (user, device), limits.ttl, Default::default);
        for (stream, position) in positions {
            let cursor = cursors.entry(stream).or_insert(position);
            if position.seq >= cursor.seq {
                *cursor = position;
            }
        }
        while cursors.len() > CURSORS_MAX {
            let Some(stalest) = cursors.iter().min_by_key(|(_, position)| **position).map(|(stream, _)| stream.clone())
            else {
                break;
            };
            cursors.remove(&stalest);
        }
        ready(())
    }

    fn cursors(&self, user: UserId, device: DeviceId) -> Reply<Vec<(Address, Position)>> {
        let broker = self.cluster.broker();
        let cursors = broker.cursors.find(Instant::now(), &(user, device));
        ready(cursors.into_iter().flatten().map(|(stream, position)| (stream.clone(), *position)).collect())
    }
}

impl Tickets for MemoryBackend {
    fn put_ticket(&self, digest: String, content: Bytes, ttl: Duration) -> Reply<()> {
        let broker = &mut *self.cluster.broker();
        let now = Instant::now();
        if broker.tickets.holds(now, &digest) {
            return failed(BackendError::Refused { reason: "a ticket with this digest exists".into() });
        }
        *broker.tickets.entry(now, digest, ttl, Bytes::new) = content;
        ready(())
    }

    fn has_ticket(&self, digest: String) -> Reply<bool> {
        ready(self.cluster.broker().tickets.holds(Instant::now(), &digest))
    }

    fn take_ticket(&self, digest: String) -> Reply<Option<Bytes>> {
        ready(self.cluster.broker().tickets.take(Instant::now(), &digest))
    }
}
