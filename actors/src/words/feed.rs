//! What the owner of a feed learns of its stream. Owners are hubs, channels, and presence for the streams of users.

use super::port::port;
use crate::backend::{BackendError, Entry};
use crate::probe::Probe;
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::{Address, Position};

/// A publication as a notification or the log brings it.
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

/// From the bridge: an action to a stream's members, or to one session, that is in no log.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Ephemeral {
    /// Where it goes.
    pub to: Address,
    /// The encoded envelope.
    pub envelope: Bytes,
}

/// From the bridge: where the log of a stream ends.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Tail {
    /// The stream.
    pub stream: Address,
    /// Its last position.
    pub top: Position,
}

port! {
    /// Owner of feeds.
    FeedPort: Arrived, Ephemeral, Tail, Probe
}

/// To a hub or channel: the broker has not confirmed the topic in time, or not at all. Sessions that wait for it are
/// closed; the bridge tries on.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TopicUnconfirmed {
    /// The topic.
    pub topic: Address,
    /// Why.
    pub error: BackendError,
}

/// To a hub or channel: the topic is followed; its log ends at `top`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TopicFollowed {
    /// The topic.
    pub topic: Address,
    /// Where its log ends.
    pub top: Position,
}
