//! All that a channel can be told.

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

/// From the hub: a session leaves, or is over.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave(pub LeaveChannel);

/// From the hub: a session shows something else of itself.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Show(pub ShowState);

/// From the hub, to the list of an organisation or a team: a session is in it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct List {
    /// The member.
    pub member: MemberRef,
}

/// From the hub, to the list of an organisation or a team: a session is in it no more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Unlist {
    /// The member.
    pub member: MemberRef,
    /// The session is over, and its user may be back soon with another one.
    pub over: bool,
}

/// From the hub, to the list of an organisation or a team: a session that is in it wants to know who else is.
#[derive(Message)]
#[rtype(result = "()")]
pub struct WatchList {
    /// The member.
    pub member: MemberRef,
}

/// From the hub: a session wants to know that no more.
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
    ChannelPort(FeedPort): Join, Leave, Show, List, Unlist, WatchList, UnwatchList, PresenceChanged, StateChanged,
        ProfileChanged, LookAgain, TopicFollowed, TopicUnconfirmed,
        Relist, Stop
}
