//! All messages to a channel.

use super::feed::{FeedPort, TopicFollowed, TopicUnconfirmed};
use super::hub::{JoinChannel, LeaveChannel, ShowState};
use super::member::MemberRef;
use super::port::port;
pub use super::roster::{PresenceChanged, ProfileChanged, StateChanged};
use actix::prelude::*;
use hubwire_protocol::SessionId;

/// From the hub: a session joins.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Join(pub JoinChannel);

/// From the hub: a session leaves, or has ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave(pub LeaveChannel);

/// From the hub: a session changes its presence state.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Show(pub ShowState);

/// From the hub, to the list of an organisation or a team: a session has entered.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ListSession {
    /// The member.
    pub member: MemberRef,
}

/// From the hub, to the list of an organisation or a team: a session has left.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Unlist {
    /// The member.
    pub member: MemberRef,
    /// The session has ended, and its user may soon be back with another one.
    pub over: bool,
}

/// From the hub, to the list of an organisation or a team: a session in it starts to watch the members.
#[derive(Message)]
#[rtype(result = "()")]
pub struct WatchList {
    /// The member.
    pub member: MemberRef,
}

/// From the hub: a session stops watching the members.
#[derive(Message)]
#[rtype(result = "()")]
pub struct UnwatchList {
    /// The session.
    pub session: SessionId,
}

/// From the bridge: announcements of joins and leaves may be missing; read the members.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LookAgain;

/// From the hub, which has released the channel: end.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Stop;

/// From the hub: the broker may have lost data; enter the members here again.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Relist;

port! {
    /// A channel.
    ChannelPort(FeedPort): Join, Leave, Show, ListSession, Unlist, WatchList, UnwatchList, PresenceChanged,
        StateChanged, ProfileChanged, LookAgain, TopicFollowed, TopicUnconfirmed,
        Relist, Stop
}
