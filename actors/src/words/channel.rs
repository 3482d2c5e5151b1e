//! All that a channel can be told.

use super::feed::{Arrival, TopicFollowed};
use super::hub::{JoinChannel, LeaveChannel};
use super::port::port;
use crate::probe::Probe;
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::{Position, UserId};

/// From the hub: a session joins.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Join(pub JoinChannel);

/// From the hub: a session leaves, or is over.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave(pub LeaveChannel);

/// From the bridge: a publication.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Arrived {
    /// The publication.
    pub arrival: Arrival,
}

/// From the bridge: an action that is in no log.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Ephemeral {
    /// The encoded envelope.
    pub envelope: Bytes,
}

/// From the bridge: where the channel's log ends.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Tail {
    /// Its last position.
    pub top: Position,
}

/// From the bridge: a user's first session joined, or its last one left, anywhere in the cluster.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PresenceChanged {
    /// Who.
    pub user: UserId,
    /// Joined or left.
    pub joined: bool,
}

/// From the hub, which let the channel go: end.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Stop;

/// From the hub: the broker may have lost data; the members here are entered again.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Relist;

port! {
    /// A channel.
    ChannelPort: Join, Leave, Arrived, Ephemeral, Tail, PresenceChanged, TopicFollowed, Relist, Stop, Probe
}
