//! Messages to the owners of feeds: hubs, channels, and presence for the streams of users.

use super::port::port;
use crate::backend::{BackendError, Entry};
use crate::probe::Probe;
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::{Address, Position};

/// A publication from a notification or from the log.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Its position.
    pub pos: Position,
    /// The position before it.
    pub prev: Position,
    /// The encoded envelope.
    pub envelope: Bytes,
}

impl From<Entry> for Arrival {
    fn from(entry: Entry) -> Self {
        Arrival { pos: entry.pos, prev: entry.prev, envelope: entry.envelope }
    }
}

/// From the bridge: a publication of a stream.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Arrived {
    /// The stream.
    pub stream: Address,
    /// The publication.
    pub arrival: Arrival,
}

/// From the bridge: an action for a stream's members, or for one session, that is in no log.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Ephemeral {
    /// The address.
    pub to: Address,
    /// The encoded envelope.
    pub envelope: Bytes,
}

/// From the bridge: the last position of a stream's log.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Tail {
    /// The stream.
    pub stream: Address,
    /// The position.
    pub top: Position,
}

port! {
    /// Owner of feeds.
    FeedPort: Arrived, Ephemeral, Tail, Probe
}

/// To a hub or channel: the broker has not confirmed the topic in time, or refuses it. Sessions that wait for it are
/// closed; the bridge keeps trying.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TopicUnconfirmed {
    /// The topic.
    pub topic: Address,
    /// The fault.
    pub error: BackendError,
}

/// To a hub or channel: the subscription to the topic is confirmed; its log ends at `top`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TopicFollowed {
    /// The topic.
    pub topic: Address,
    /// The last position of its log.
    pub top: Position,
}
