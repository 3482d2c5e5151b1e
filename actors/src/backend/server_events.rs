//! Server events: what the application's servers are to hear of. Each is written together with the change it tells of,
//! in one step, so that no crash loses it; whoever delivers it removes it.
//!
//! Events lie in [`PARTITIONS`] logs. All events about one user are in one log, and so are all about one channel that
//! are not about a user. One node at a time takes from a log: it holds the log for a while, as with a lease, and when
//! it dies another one goes on where it was.

use super::reply::Reply;
use bytes::Bytes;
use hubwire_protocol::{Address, AddressPattern};
use std::time::Duration;

/// Logs of events. The same in all nodes of a cluster.
pub const PARTITIONS: u8 = 8;

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerEventSettings {
    /// Of what.
    pub subjects: Vec<Subject>,
    /// Publications on these addresses are events too.
    pub marked: Vec<AddressPattern>,
    /// Events that may wait in one log. Beyond it the oldest are lost, and counted.
    pub waiting_max: usize,
    /// Events that may lie among the dead letters. Beyond it the oldest go.
    pub dead_max: usize,
}

/// What events are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// `session.connected`, `session.disconnected`.
    Session,
    /// `channel.occupied`, `channel.vacated`.
    Channel,
    /// `member.joined`, `member.left`.
    Member,
    /// `direct.stored`.
    Direct,
}

impl Subject {
    /// All of them.
    pub const ALL: &'static [Subject] = &[Subject::Session, Subject::Channel, Subject::Member, Subject::Direct];

    /// What the types of its events begin with.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Session => "session",
            Subject::Channel => "channel",
            Subject::Member => "member",
            Subject::Direct => "direct",
        }
    }

    /// The subject of that name.
    pub fn named(name: &str) -> Option<Subject> {
        Subject::ALL.iter().copied().find(|subject| subject.name() == name)
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

/// The log of events about something. The scripts of Redis compute the same.
pub(crate) fn partition_of(about: &str) -> u8 {
    let sum = about.bytes().fold(0u32, |sum, byte| (sum * 31 + u32::from(byte)) % 65_521);
    (sum % u32::from(PARTITIONS)) as u8
}

/// An event as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in its log: `<Unix ms>-<number>`, as written by the broker's clock.
    pub place: String,
    /// Names and values: `type`, and by type `user`, `session`, `device`, `channel`, `reason`, `pos`, `envelope`; of
    /// one that was among the dead letters also `id`, by which it went before.
    pub fields: Vec<(String, Bytes)>,
}

impl StoredEvent {
    /// A field.
    pub fn field(&self, name: &str) -> Option<&Bytes> {
        self.fields.iter().find(|(of, _)| of == name).map(|(_, value)| value)
    }
}

/// What a node took from a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakenEvents {
    /// The oldest ones.
    pub events: Vec<StoredEvent>,
    /// How many wait in the log.
    pub waiting: usize,
    /// How many events were lost since the broker's data began, in all logs, because too many waited.
    pub lost: u64,
}

/// Logs of events, as the node that delivers them sees them.
pub trait ServerEvents {
    /// Holds a log for `hold` and reads its oldest events, as many as `limit`, and none after the one that passes
    /// `bytes_max`. `None`: another node holds it.
    fn take_events(&self, partition: u8, hold: Duration, limit: usize, bytes_max: usize) -> Reply<Option<TakenEvents>>;

    /// Removes events up to a place, if this node still holds the log. Says whether it does.
    fn settle_events(&self, partition: u8, place: String) -> Reply<bool>;

    /// As [`ServerEvents::settle_events`], but they go to the dead letters.
    fn bury_events(&self, partition: u8, place: String) -> Reply<bool>;

    /// Lets go of a log, if this node holds it.
    fn release_events(&self, partition: u8) -> Reply<()>;

    /// The oldest dead letters, and how many there are.
    fn dead_events(&self, limit: usize) -> Reply<(Vec<StoredEvent>, usize)>;

    /// Puts the oldest dead letters back to be delivered, behind what waits. Returns how many.
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
