//! All that an organisation's hub can be told.

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

/// From the bridge: a session takes part in the organisation. Answered with `session::Entered`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Enter {
    /// The member.
    pub member: MemberRef,
    /// Its teams.
    pub teams: Vec<TeamId>,
    /// Where it resumes the organisation's and the teams' streams.
    pub resume: BTreeMap<Address, Start>,
}

/// From the bridge: a session that entered is over.
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
    /// Teams it is not in any more.
    pub lost: Vec<TeamId>,
    /// Teams it is in now.
    pub gained: Vec<TeamId>,
}

/// From a session: go on from another position of the organisation's or a team's stream.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Resume {
    /// The stream.
    pub stream: Address,
    /// The member.
    pub member: MemberRef,
    /// From where.
    pub start: Start,
    /// The action's id.
    pub re: Option<Box<str>>,
}

/// From a session: join a channel. Goes on to the channel, which is started if need be.
#[derive(Message)]
#[rtype(result = "()")]
pub struct JoinChannel {
    /// The channel.
    pub path: ChannelPath,
    /// The member.
    pub member: MemberRef,
    /// Go on from there; absent: from now, without a read of the log.
    pub resume: Option<Start>,
    /// Whether it wants to know who joins and leaves.
    pub presence: bool,
    /// What it shows of itself from now on, if it says so.
    pub state: Option<Option<MemberState>>,
    /// What comes with the answer.
    pub beginning: Option<Arc<Beginning>>,
    /// The action's id.
    pub re: Option<Box<str>>,
    /// Whether it is answered with `resumed` instead of `joined`.
    pub as_resume: bool,
}

/// From a session in a channel: it shows something else of itself there.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ShowState {
    /// The channel.
    pub path: ChannelPath,
    /// The member.
    pub member: MemberRef,
    /// What it shows from now on.
    pub state: Option<MemberState>,
    /// Returned when the client has been answered.
    pub permit: Permit,
    /// The action's id.
    pub re: Option<Box<str>>,
}

/// From a session: leave a channel, joined or about to be.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LeaveChannel {
    /// The channel.
    pub path: ChannelPath,
    /// The member.
    pub member: MemberRef,
    /// The answer to its action, encoded.
    pub reply: Option<Bytes>,
    /// The session is over, and its user may be back soon with another one.
    pub over: bool,
}

/// From a channel without members: let it go, unless someone joined meanwhile.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ChannelIdle {
    /// The channel, or the list of an organisation or a team.
    pub channel: Address,
    /// How many joins it has seen.
    pub joins: u64,
}

/// From a session: it wants to know who comes to the organisation and goes.
#[derive(Message)]
#[rtype(result = "()")]
pub struct WatchOrg {
    /// The member.
    pub member: MemberRef,
}

/// From a session: it wants to know that no more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct UnwatchOrg {
    /// The session.
    pub session: SessionId,
}

/// From the bridge: something about who is in the organisation or a team changed, anywhere in the cluster.
#[derive(Message)]
#[rtype(result = "()")]
pub struct OfList<M: Message<Result = ()>> {
    /// The organisation or the team.
    pub list: Address,
    /// What.
    pub change: M,
}

/// From the bridge: announcements of joins and leaves may be missing; read the members.
#[derive(Message)]
#[rtype(result = "()")]
pub struct LookAgain;

/// From the bridge, which let the hub go: end.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Stop;

/// From the bridge: the broker may have lost data; channels enter their members again.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Relist;

port! {
    /// An organisation's hub.
    HubPort(FeedPort): Enter, Exit, ChangeTeams, Resume, JoinChannel, LeaveChannel, ShowState, ChannelIdle,
        TopicFollowed, TopicUnconfirmed, WatchOrg, UnwatchOrg, OfList<PresenceChanged>, OfList<StateChanged>,
        OfList<ProfileChanged>, LookAgain, Relist, Stop
}
