//! Server events in memory: each is written together with the change that it reports, because no other call runs in
//! between.

use super::super::{Reply, ServerEvents, StoredEvent, TakenEvents};
use super::directory::MemoryDirectory;
use super::event_logs::{Attaching, EventLogs, NewEvent};
use super::node::{ready, MemoryBackend};
use super::MemoryBroker;
use crate::environment::Environment;
use bytes::Bytes;
use hubwire_protocol::{Address, Incarnation, Position, SessionId, UserId};
use std::time::Duration;
use tokio::time::Instant;

impl MemoryBroker {
    /// Writes an event, if server events are on.
    pub(super) fn event(&mut self, unix_ms: u64, event: impl FnOnce() -> NewEvent) {
        if let Some(events) = &mut self.events {
            events.write(unix_ms, event());
        }
    }

    /// Changes the members of a channel, and writes an event when it gets its first member or loses its last one.
    pub(super) fn in_channel<T>(
        &mut self,
        unix_ms: u64,
        channel: &Address,
        change: impl FnOnce(&mut MemoryDirectory) -> T,
    ) -> T {
        if self.events.is_none() {
            return change(&mut self.directory);
        }
        let before = self.directory.is_occupied(channel);
        let changed = change(&mut self.directory);
        let after = self.directory.is_occupied(channel);
        if before != after {
            self.event(unix_ms, || NewEvent::occupancy(channel, after));
        }
        changed
    }

    /// Writes an event for each of these channels, which had members, that has none any more.
    pub(super) fn tell_vacated(&mut self, unix_ms: u64, mut channels: Vec<Address>) {
        channels.sort_unstable();
        channels.dedup();
        for channel in channels.iter().filter(|_| self.events.is_some()).collect::<Vec<_>>() {
            if !self.directory.is_occupied(channel) {
                self.event(unix_ms, || NewEvent::occupancy(channel, false));
            }
        }
    }

    /// Writes events for a session that entered, and for those that were closed for it.
    pub(super) fn tell_entered(&mut self, unix_ms: u64, entered: &Attaching, replaced: &[SessionId]) {
        let Attaching { user, session, device, known } = entered;
        for replaced in replaced {
            self.event(unix_ms, || NewEvent::disconnected(user, *replaced, Some("replaced")));
        }
        if !known {
            self.event(unix_ms, || NewEvent::connected(user, *session, device.as_ref()));
        }
    }

    /// Writes events for a publication in a user's stream, and for its receiver being offline.
    pub(super) fn tell_direct(&mut self, clock: &Environment, user: &UserId, pos: Position, envelope: &Bytes) {
        let Some(events) = &mut self.events else { return };
        let unix_ms = clock.unix_ms();
        let live = self.leases.live(Instant::now());
        let is_away = !self.directory.session_ids(user).iter().any(|session| live.contains(&session.incarnation()));
        events.published(unix_ms, &Address::User(user.clone()), pos, envelope);
        if is_away {
            events.write(unix_ms, NewEvent::direct(user, pos, envelope.clone()));
        }
    }
}

impl MemoryBackend {
    /// Runs `work` with the logs of events; returns `absent` if there are none.
    fn with_events<T: 'static>(&self, absent: T, work: impl FnOnce(&mut EventLogs, Incarnation) -> T) -> Reply<T> {
        let incarnation = self.incarnation();
        match &mut self.cluster.broker().events {
            Some(events) => ready(work(events, incarnation)),
            None => ready(absent),
        }
    }
}

impl ServerEvents for MemoryBackend {
    fn take_events(&self, partition: u8, hold: Duration, limit: usize, bytes_max: usize) -> Reply<Option<TakenEvents>> {
        self.with_events(None, |events, node| events.take(partition, node, hold, limit, bytes_max))
    }

    fn settle_events(&self, partition: u8, place: String) -> Reply<bool> {
        self.with_events(false, |events, node| events.settle(partition, node, &place).is_some())
    }

    fn bury_events(&self, partition: u8, place: String) -> Reply<bool> {
        self.with_events(false, |events, node| {
            let settled = events.settle(partition, node, &place);
            let holds = settled.is_some();
            events.bury(partition, settled.unwrap_or_default());
            holds
        })
    }

    fn release_events(&self, partition: u8) -> Reply<()> {
        self.with_events((), |events, node| events.release(partition, node))
    }

    fn dead_events(&self, limit: usize) -> Reply<(Vec<StoredEvent>, usize)> {
        self.with_events((Vec::new(), 0), |events, _| events.dead(limit))
    }

    fn replay_events(&self, limit: usize) -> Reply<usize> {
        let unix_ms = self.cluster.unix_ms();
        self.with_events(0, |events, _| events.replay(unix_ms, limit))
    }
}
