//! The logs of server events in memory.

use super::super::server_events::partition_of;
use super::super::{ServerEventSettings, StoredEvent, TakenEvents, PARTITIONS};
use bytes::Bytes;
use hubwire_protocol::{Address, DeviceId, Incarnation, Position, SessionId, UserId};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// The logs of events; without server events there are none.
#[derive(Debug, Clone)]
pub(super) struct EventLogs {
    settings: ServerEventSettings,
    logs: Vec<EventLog>,
    dead: VecDeque<(u8, StoredEvent)>,
    lost: u64,
    /// The number of the last event; the second half of its place.
    last: u64,
}

#[derive(Debug, Clone, Default)]
struct EventLog {
    events: VecDeque<StoredEvent>,
    holder: Option<(Incarnation, Instant)>,
}

/// An event that has no place yet.
pub(super) struct NewEvent {
    about: String,
    kind: &'static str,
    fields: Vec<(&'static str, Bytes)>,
}

fn text(value: &impl ToString) -> Bytes {
    value.to_string().into()
}

impl NewEvent {
    pub(super) fn connected(user: &UserId, session: SessionId, device: Option<&DeviceId>) -> Self {
        let mut fields = vec![("user", text(user)), ("session", text(&session))];
        fields.extend(device.map(|device| ("device", text(device))));
        NewEvent { about: user.to_string(), kind: "session.connected", fields }
    }

    pub(super) fn disconnected(user: &UserId, session: SessionId, reason: Option<&'static str>) -> Self {
        let mut fields = vec![("user", text(user)), ("session", text(&session))];
        fields.extend(reason.map(|reason| ("reason", Bytes::from_static(reason.as_bytes()))));
        NewEvent { about: user.to_string(), kind: "session.disconnected", fields }
    }

    pub(super) fn occupancy(channel: &Address, occupied: bool) -> Self {
        let kind = if occupied { "channel.occupied" } else { "channel.vacated" };
        NewEvent { about: channel.to_string(), kind, fields: vec![("channel", text(channel))] }
    }

    pub(super) fn member(channel: &Address, user: &UserId, joined: bool) -> Self {
        let kind = if joined { "member.joined" } else { "member.left" };
        NewEvent { about: user.to_string(), kind, fields: vec![("user", text(user)), ("channel", text(channel))] }
    }

    pub(super) fn direct(user: &UserId, pos: Position, envelope: Bytes) -> Self {
        let fields = vec![("user", text(user)), ("pos", text(&pos)), ("envelope", envelope)];
        NewEvent { about: user.to_string(), kind: "direct.stored", fields }
    }

    fn publication(stream: &Address, pos: Position, envelope: Bytes) -> Self {
        let about = match stream {
            Address::User(user) => user.to_string(),
            other => other.to_string(),
        };
        let fields = vec![("stream", text(stream)), ("pos", text(&pos)), ("envelope", envelope)];
        NewEvent { about, kind: "publication", fields }
    }
}

impl EventLogs {
    pub(super) fn new(settings: ServerEventSettings) -> Self {
        let logs = vec![EventLog::default(); PARTITIONS.into()];
        EventLogs { settings, logs, dead: VecDeque::new(), lost: 0, last: 0 }
    }

    pub(super) fn write(&mut self, unix_ms: u64, event: NewEvent) {
        let NewEvent { about, kind, fields } = event;
        if !self.settings.wants(kind) {
            return;
        }
        let kind = ("type".to_owned(), Bytes::from_static(kind.as_bytes()));
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        let fields = std::iter::once(kind).chain(fields).collect();
        self.last += 1;
        let place = format!("{unix_ms}-{}", self.last);
        self.push(partition_of(&about), StoredEvent { place, fields });
    }

    /// Writes an event for a publication, if its stream is marked.
    pub(super) fn published(&mut self, unix_ms: u64, stream: &Address, pos: Position, envelope: &Bytes) {
        if self.settings.marks(stream) {
            self.write(unix_ms, NewEvent::publication(stream, pos, envelope.clone()));
        }
    }

    fn push(&mut self, partition: u8, event: StoredEvent) {
        let Some(log) = self.logs.get_mut(usize::from(partition)) else { return };
        log.events.push_back(event);
        if log.events.len() > self.settings.waiting_max {
            log.events.pop_front();
            self.lost += 1;
        }
    }

    pub(super) fn take(
        &mut self,
        partition: u8,
        node: Incarnation,
        hold: Duration,
        limit: usize,
        bytes_max: usize,
    ) -> Option<TakenEvents> {
        let (now, lost) = (Instant::now(), self.lost);
        let log = self.logs.get_mut(usize::from(partition))?;
        if log.holder.is_some_and(|(holder, until)| holder != node && until > now) {
            return None;
        }
        log.holder = Some((node, now + hold));
        let mut bytes = 0;
        let within = log.events.iter().take(limit).take_while(|event| {
            let is_within = bytes <= bytes_max;
            bytes += event.fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
            is_within
        });
        Some(TakenEvents { events: within.cloned().collect(), waiting: log.events.len(), lost })
    }

    /// Removes events up to a place; `None` when another node owns the log.
    pub(super) fn settle(&mut self, partition: u8, node: Incarnation, place: &str) -> Option<Vec<StoredEvent>> {
        let log = self.logs.get_mut(usize::from(partition))?;
        log.holder.filter(|(holder, until)| *holder == node && *until > Instant::now())?;
        // by number: the event at that place may have been erased meanwhile
        let count = log.events.partition_point(|event| number_of(&event.place) <= number_of(place));
        Some(log.events.drain(..count).collect())
    }

    pub(super) fn bury(&mut self, partition: u8, events: Vec<StoredEvent>) {
        for mut event in events {
            if event.field("id").is_none() {
                event.fields.push(("id".into(), format!("{partition}-{}", event.place).into()));
            }
            self.dead.push_back((partition, event));
            if self.dead.len() > self.settings.dead_max {
                self.dead.pop_front();
            }
        }
    }

    pub(super) fn replay(&mut self, unix_ms: u64, limit: usize) -> usize {
        let count = limit.min(self.dead.len());
        for (partition, mut event) in self.dead.drain(..count).collect::<Vec<_>>() {
            self.last += 1;
            event.place = format!("{unix_ms}-{}", self.last);
            self.push(partition, event);
        }
        count
    }

    /// Removes the events about a user, pending ones and dead letters. Returns how many.
    pub(super) fn erase(&mut self, user: &UserId) -> usize {
        let count = |logs: &Self| logs.dead.len() + logs.logs.iter().map(|log| log.events.len()).sum::<usize>();
        let before = count(self);
        self.dead.retain(|(_, event)| !event.is_about(user));
        for log in &mut self.logs {
            log.events.retain(|event| !event.is_about(user));
        }
        before - count(self)
    }

    /// Releases a log.
    pub(super) fn release(&mut self, partition: u8, node: Incarnation) {
        if let Some(log) = self.logs.get_mut(usize::from(partition)) {
            log.holder.take_if(|(holder, _)| *holder == node);
        }
    }

    pub(super) fn dead(&self, limit: usize) -> (Vec<StoredEvent>, usize) {
        (self.dead.iter().take(limit).map(|(_, event)| event.clone()).collect(), self.dead.len())
    }
}

/// The number in the place of an event; it grows within a log.
fn number_of(place: &str) -> u64 {
    place.split_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
}

/// A session that is being entered into the directory.
pub(super) struct Attaching {
    pub user: UserId,
    pub session: SessionId,
    pub device: Option<DeviceId>,
    /// Whether the directory has it already.
    pub known: bool,
}

#[cfg(test)]
mod tests {
    use super::super::super::server_events::EventSubject;
    use super::*;
    use crate::environment::Environment;

    #[test]
    fn what_was_delivered_before_an_erased_event_is_settled_and_what_follows_stays() {
        let settings =
            ServerEventSettings { subjects: EventSubject::ALL.to_vec(), marked: vec![], waiting_max: 9, dead_max: 9 };
        let (mut logs, node) = (EventLogs::new(settings), Environment::real().incarnation());
        // "c1" and "ag" share a log
        let (erased, other): (UserId, UserId) = ("c1".parse().unwrap(), "ag".parse().unwrap());
        let partition = partition_of("c1");
        assert_eq!(partition, partition_of("ag"));
        let channel: Address = "ch:acme/a".parse().unwrap();
        for user in [&other, &erased, &other] {
            logs.write(5, NewEvent::member(&channel, user, true));
        }
        let hold = Duration::from_secs(60);
        let taken = logs.take(partition, node, hold, 2, 1000).unwrap().events;
        assert_eq!(logs.erase(&erased), 1);
        assert_eq!(logs.settle(partition, node, &taken[1].place).map(|settled| settled.len()), Some(1));
        let left = logs.take(partition, node, hold, 9, 1000).unwrap().events;
        assert_eq!(left.iter().map(|event| &*event.place).collect::<Vec<_>>(), ["5-3"]);
        // a dead letter that is replayed comes after what waits
        logs.bury(partition, taken);
        assert_eq!((logs.erase(&erased), logs.replay(7, 9)), (1, 1));
        let left = logs.take(partition, node, hold, 9, 1000).unwrap().events;
        assert_eq!(left.iter().map(|event| &*event.place).collect::<Vec<_>>(), ["5-3", "7-4"]);
    }
}
