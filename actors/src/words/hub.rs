//! All messages to an organisation's hub.

use super::beginning::Beginning;
use super::delivery::Start;
use super::feed::{FeedPort, TopicFollowed, TopicUnconfirmed};
use super::member::{MemberRef, Permit};
use super::port::port;
use super::roster::{PresenceChanged, ProfileChanged, StateChanged};
use actix::prelude::*;
use bytes::Bytes;
use hubwire_protocol::{Address, ChannelPath, MemberState, SessionId, TeamId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// From the bridge: a session enters the organisation. Answered with `session::Entered`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct EnterHub {
    /// The member.
    pub member: MemberRef,
    /// Its teams.
    pub teams: Vec<TeamId>,
    /// The start positions of resumed streams of the organisation and its teams.
    pub resume: BTreeMap<Address, Start>,
}

/// From the bridge: a session that entered has ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Exit {
    /// The member.
    pub member: MemberRef,
    /// Its teams.
    pub teams: Vec<TeamId>,
}

/// From a session whose credentials were refreshed: its teams changed. Answered with `session::Entered`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ChangeTeams {
    /// The member.
    pub member: MemberRef,
    /// Teams it is no longer in.
    pub lost: Vec<TeamId>,
    /// Teams it has entered.
    pub gained: Vec<TeamId>,
}

/// From a session: continue from another position of the organisation's or a team's stream.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ResumeStream {
    /// The stream.
    pub stream: Address,
    /// The member.
    pub member: MemberRef,
    /// The start.
    pub start: Start,
    /// The action's id.
    pub re: Option<Box<str>>,
}

/// From a session: join a channel. Passed on to the channel, which is started if necessary.
#[derive(Message)]
#[rtype(result = "()")]
pub struct JoinChannel {
    /// The channel.
    pub path: ChannelPath,
    /// The member.
    pub member: MemberRef,
    /// The position to continue from; absent: from now, without a read of the log.
    pub resume: Option<Start>,
    /// Whether it receives joins and leaves of others.
    pub presence: bool,
    /// Its new presence state, if one is given.
    pub state: Option<Option<MemberState>>,
    /// The requested past of the channel.
    pub beginning: Option<Arc<Beginning>>,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// Whether the answer is `resumed` instead of `joined`.
    pub as_resume: bool,
}

/// From a session in a channel: change its presence state there.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ShowState {
    /// The channel.
    pub path: ChannelPath,
    /// The member.
    pub member: MemberRef,
    /// The new state.
    pub state: Option<MemberState>,
    /// Returned when the client has been answered.
    pub permit: Permit,
    /// The action's id.
    pub re: Option<Box<str>>,
}

/// From a session: leave a channel, even one that it is still joining.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LeaveChannel {
    /// The channel.
    pub path: ChannelPath,
    /// The member.
    pub member: MemberRef,
    /// The encoded answer to its action.
    pub reply: Option<Bytes>,
    /// The session has ended, and its user may soon be back with another one.
    pub over: bool,
}

/// From a channel without members: end it, unless a session has joined meanwhile.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ChannelIdle {
    /// The channel, or the list of an organisation or a team.
    pub channel: Address,
    /// The number of joins it has seen.
    pub joins: u64,
}

/// From a session: start to watch the members of the organisation.
#[derive(Message)]
#[rtype(result = "()")]
pub struct WatchOrg {
    /// The member.
    pub member: MemberRef,
}

/// From a session: stop watching them.
#[derive(Message)]
#[rtype(result = "()")]
pub struct UnwatchOrg {
    /// The session.
    pub session: SessionId,
}

/// From the bridge: a change of the members of the organisation or a team, anywhere in the cluster.
#[derive(Message)]
#[rtype(result = "()")]
pub struct OfList<M: Message<Result = ()>> {
    /// The organisation or the team.
    pub list: Address,
    /// The change.
    pub change: M,
}

/// From the bridge: announcements of joins and leaves may be missing; read the members.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LookAgain;

/// From the bridge, which has released the hub: end.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Stop;

/// From the bridge: the broker may have lost data; channels enter their members again.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Relist;

port! {
    /// An organisation's hub.
    HubPort(FeedPort): EnterHub, Exit, ChangeTeams, ResumeStream, JoinChannel, LeaveChannel, ShowState, ChannelIdle,
        TopicFollowed, TopicUnconfirmed, WatchOrg, UnwatchOrg, OfList<PresenceChanged>, OfList<StateChanged>,
        OfList<ProfileChanged>, LookAgain, Relist, Stop
}
