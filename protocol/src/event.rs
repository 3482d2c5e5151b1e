//! Everything a client can receive apart from publications, independent of its wire protocol.
//!
//!  Protocols with the same fields serialize these types directly; each protocol has its own names for the messages.

pub use crate::ack::Ack;
pub use crate::bye::Bye;
pub use crate::channel_list::{ChannelList, LiveChannel};
pub use crate::conversations::{Conversation, Conversations};
pub use crate::expiring::Expiring;
pub use crate::past::{HistoryPage, Snapshot};
pub use crate::people::{People, Person};
pub use crate::rpc::{Call, Json, Reply};
pub use crate::welcome::{Welcome, WelcomeLimits, WelcomeMembership, WelcomeMemberships};

use crate::{ErrorCode, MemberState, OrgId, Position, Profile, SessionId, UserId};
use serde::Serialize;
use std::collections::BTreeMap;

/// An event for a client. The address it is about and the request it answers are passed separately.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Event<'a> {
    /// The first event after authentication.
    Welcome(Welcome<'a>),
    /// The answer to a join or view; without a request: other users joined.
    Joined(Joined<'a>),
    /// The answer to a leave; without a request: other users left, or the server made the session leave.
    Left(Left<'a>),
    /// Users changed their state or profile; or the channel grew too large for individual announcements, or became
    /// small enough again.
    Changed(Changed<'a>),
    /// Presence: an answer; without a request: watched users came online, went offline or changed their profiles.
    Presence(Presence<'a>),
    /// A page of the user's people: an answer.
    People(People<'a>),
    /// The user's conversations: an answer.
    Conversations(Conversations<'a>),
    /// The occupied channels of an organisation: an answer.
    Channels(ChannelList<'a>),
    /// A page of history: an answer.
    #[serde(skip_serializing)]
    History(HistoryPage<'a>),
    /// Whether a stream is resumed: one event per stream, before the missed publications.
    Resumed(Resumed<'a>),
    /// A refresh changed the user's organisations or teams.
    Orgs(Orgs<'a>),
    /// The stream continues after `pos`; what comes before that and was not delivered is lost.
    Lag(Lag),
    /// The application calls a method of this session.
    Rpc(Call<'a>),
    /// The outcome of a call to the application.
    Reply(Reply<'a>),
    /// The request was carried out.
    Ack(Ack),
    /// The request was refused.
    Error(ErrorBody<'a>),
    /// A ping for clients that cannot see WebSocket pings.
    Ping {},
    /// The credentials of the session expire soon.
    Expiring(Expiring),
    /// The node drains.
    Bye(Bye),
}

impl Event<'_> {
    /// Whether the event contains JSON text that a client wrote.
    pub(crate) fn repeats_json(&self) -> bool {
        let members = match self {
            Event::Conversations(_) => return true,
            Event::People(people) => return people.people.iter().any(|it| it.profile.is_some()),
            Event::Joined(joined) if joined.recent.is_some() || joined.snapshot.is_some() => return true,
            Event::Joined(joined) => &joined.members,
            Event::Resumed(resumed) => &resumed.members,
            Event::Changed(changed) => &changed.members,
            Event::Presence(presence) => {
                return presence.users.iter().any(|it| it.state.is_some() || it.profile.is_some())
            }
            _ => return false,
        };
        members.iter().flatten().any(|it| it.state.is_some() || it.profile.is_some())
    }
}

/// The changes made by a refresh.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Orgs<'a> {
    /// Organisations that the session is subscribed to from now on.
    pub orgs: Vec<&'a OrgId>,
    /// The user's roles and teams in each of them.
    pub memberships: WelcomeMemberships<'a>,
    /// The current positions of the streams that the session newly subscribed to.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<crate::Address, Position>"))]
    pub resume: BTreeMap<String, Position>,
}

/// A join, of this session or of others.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Joined<'a> {
    /// The users who joined; empty in an answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<&'a UserId>,
    /// In an answer: the position that the channel continues after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos: Option<Position>,
    /// In an answer to a join with `pos`: whether everything after it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered: Option<bool>,
    /// In an answer: the last position of the log at that moment, up to which missed publications follow; `0-0` if the
    /// log is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<Position>,
    /// In an answer, if requested: the newest publications up to `pos`, oldest first, as they were delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recent: Option<Vec<Json>>,
    /// In an answer, if requested: the channel's snapshot, or `null` if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::past::snapshot_or_null"))]
    pub snapshot: Option<Option<Snapshot>>,
    /// Members of the channel including the client; absent if there are more than the node lists, or the node does not
    /// know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<PresentMember<'a>>>,
    /// The number of users in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Grows with each change of the channel that this node announces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// A user in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PresentMember<'a> {
    /// The user.
    pub user: &'a UserId,
    /// The user's state in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a MemberState>,
    /// The user's profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'a Profile>,
}

/// A leave, of this session or of others.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Left<'a> {
    /// The users who left; empty in an answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<&'a UserId>,
    /// In a push to the user itself: why the node took the session out of the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<LeftReason>,
    /// The number of users in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Grows with each change of the channel that this node announces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// Why the node took a session out of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeftReason {
    /// The credentials do not allow the channel any more.
    Forbidden,
    /// The server or a user took it out, or the channel was closed.
    Kicked,
    /// The token for this channel has expired.
    Expired,
}

/// Changes in a channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Changed<'a> {
    /// The users that changed, with their current values. If there are as many as `count`, these are all users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<PresentMember<'a>>>,
    /// The number of users in the channel.
    pub count: usize,
    /// Grows with each change of the channel that this node announces.
    pub version: u64,
}

/// Presence of an address.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Presence<'a> {
    /// The users who are present: for a channel its members, for a user that user or none.
    pub users: Vec<PresentUser<'a>>,
    /// For a channel: the number of users on all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Whether there are more users after the last one of this page.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// A user who is present.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PresentUser<'a> {
    /// The user.
    pub user: &'a UserId,
    /// When several users were queried or are watched: whether the user is present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// The number of its sessions.
    pub sessions: usize,
    /// The ids of its sessions in a channel; not every protocol sends them.
    #[serde(skip)]
    pub ids: &'a [SessionId],
    /// The states of those of its sessions that have one; not every protocol sends them.
    #[serde(skip)]
    pub states: &'a [(SessionId, MemberState)],
    /// The user's state in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a MemberState>,
    /// The user's profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'a Profile>,
    /// For a user who is not present: when it was last present, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<u64>,
}

/// Whether and how one stream is resumed.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resumed<'a> {
    /// Whether everything after the client's position follows.
    pub recovered: bool,
    /// The position that the stream continues after: the client's own, or the one it had to be set to. Absent if the
    /// stream was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos: Option<Position>,
    /// The last position of the log at that moment, up to which missed publications follow; `0-0` if the log is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<Position>,
    /// Why this stream is not resumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<StreamError<'a>>,
    /// Members of the channel including the client; absent if there are more than the node lists, or the node does not
    /// know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<PresentMember<'a>>>,
    /// The number of users in the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Grows with each change of the channel that this node announces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// Why one of several streams is refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamError<'a> {
    /// Stable code.
    pub code: ErrorCode,
    /// For people: what is wrong, where, and what to do.
    pub message: &'a str,
}

/// A stream continues after a gap.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Lag {
    /// The stream continues after this position.
    pub pos: Position,
}

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorBody<'a> {
    /// Stable code.
    pub code: ErrorCode,
    /// For people: what is wrong, where, and what to do.
    pub message: &'a str,
    /// Whether the same action may succeed later.
    pub retry: bool,
    /// When to try again, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// If a frame was refused as a whole: the ids of its actions as far as they could be read. None of them was
    /// executed.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub not_done: &'a [String],
    /// Location of the fault in the payload as a JSON Pointer (RFC 6901); `""` is the payload itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<&'a str>,
}
