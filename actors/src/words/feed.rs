//! What whoever owns a feed is told of its stream.

use crate::backend::Entry;
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

/// To a hub or channel: the topic is followed; its log ends at `top`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TopicFollowed {
    /// The topic.
    pub topic: Address,
    /// Where its log ends.
    pub top: Position,
}
