//! Server events: notifications for the application's servers. Each is written together with the change that it
//! reports, in one step, so that no crash loses it; the node that delivers it removes it.
//!
//! Events are in [`PARTITIONS`] logs. All events about one user are in one log, and so are all events about one channel
//! that are not about a user. One node at a time takes events from a log: it holds the log for a while, like a lease,
//! and when it dies another node continues.

use super::reply::Reply;
use bytes::Bytes;
use hubwire_protocol::{Address, AddressPattern, UserId};
use std::time::Duration;

/// Number of event logs. The same on all nodes of a cluster.
pub const PARTITIONS: u8 = 8;

/// Which events are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerEventSettings {
    /// The subjects.
    pub subjects: Vec<EventSubject>,
    /// Publications at these addresses are events, too.
    pub marked: Vec<AddressPattern>,
    /// Pending events of one log. Beyond it the oldest are dropped, and counted.
    pub waiting_max: usize,
    /// Dead letters. Beyond it the oldest are dropped.
    pub dead_max: usize,
}

/// The subject of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventSubject {
    /// `session.connected`, `session.disconnected`.
    Session,
    /// `channel.occupied`, `channel.vacated`.
    Channel,
    /// `member.joined`, `member.left`.
    Member,
    /// `direct.stored`.
    Direct,
}

impl EventSubject {
    /// All subjects.
    pub const ALL: &'static [EventSubject] =
        &[EventSubject::Session, EventSubject::Channel, EventSubject::Member, EventSubject::Direct];

    /// The prefix of the types of its events.
    pub fn name(self) -> &'static str {
        match self {
            EventSubject::Session => "session",
            EventSubject::Channel => "channel",
            EventSubject::Member => "member",
            EventSubject::Direct => "direct",
        }
    }

    /// Parses the name.
    pub fn named(name: &str) -> Option<EventSubject> {
        EventSubject::ALL.iter().copied().find(|subject| subject.name() == name)
    }
}

impl ServerEventSettings {
    /// Whether events of a type are written.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        kind == "publication" || self.subjects.iter().any(|subject| kind.split('.').next() == Some(subject.name()))
    }

    /// Whether publications on a stream are events.
    pub(crate) fn marks(&self, stream: &Address) -> bool {
        self.marked.iter().any(|pattern| pattern.covers(stream))
    }
}

/// The log for events about `about`. The scripts of Redis compute the same.
pub(crate) fn partition_of(about: &str) -> u8 {
    let sum = about.bytes().fold(0u32, |sum, byte| (sum * 31 + u32::from(byte)) % 65_521);
    (sum % u32::from(PARTITIONS)) as u8
}

/// A stored event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in its log: `<Unix ms>-<number>`, by the broker's clock.
    pub place: String,
    /// Names and values: `type`, and by type `user`, `session`, `device`, `channel`, `reason`, `pos`, `envelope`; an
    /// event from the dead letters also has `id`, its former id.
    pub fields: Vec<(String, Bytes)>,
}

impl StoredEvent {
    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&Bytes> {
        self.fields.iter().find(|(of, _)| of == name).map(|(_, value)| value)
    }

    /// Whether it reports what happened to a user or in the user's stream. The scripts of Redis decide the same.
    pub(crate) fn is_about(&self, user: &UserId) -> bool {
        let is_stream = |stream: &Bytes| stream.strip_prefix(b"user:") == Some(user.as_str().as_bytes());
        self.field("user").is_some_and(|of| of == user.as_str()) || self.field("stream").is_some_and(is_stream)
    }
}

/// Events that a node took from a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenEvents {
    /// The oldest events.
    pub events: Vec<StoredEvent>,
    /// How many events are pending in the log.
    pub waiting: usize,
    /// How many events were dropped because too many were pending, in all logs, since the broker's data began.
    pub lost: u64,
}

/// Logs of events, from the view of the node that delivers them.
pub trait ServerEvents {
    /// Holds a log for `hold` and reads its oldest events, at most `limit`, and stops with the one that exceeds
    /// `bytes_max`. `None`: another node holds it.
    fn take_events(&self, partition: u8, hold: Duration, limit: usize, bytes_max: usize) -> Reply<Option<TakenEvents>>;

    /// Removes events up to a place, if this node still holds the log. Returns whether it does.
    fn settle_events(&self, partition: u8, place: String) -> Reply<bool>;

    /// Like [`ServerEvents::settle_events`], but moves the events to the dead letters.
    fn bury_events(&self, partition: u8, place: String) -> Reply<bool>;

    /// Releases a log, if this node holds it.
    fn release_events(&self, partition: u8) -> Reply<()>;

    /// The oldest dead letters, and how many there are.
    fn dead_events(&self, limit: usize) -> Reply<(Vec<StoredEvent>, usize)>;

    /// Queues the oldest dead letters for delivery, after the pending events. Returns how many.
    fn replay_events(&self, limit: usize) -> Reply<usize>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logs_share_users_evenly() {
        let mut counts = [0; PARTITIONS as usize];
        for number in 0..8_000 {
            counts[usize::from(partition_of(&format!("user-{number}")))] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }
}
